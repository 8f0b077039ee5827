"""The environment of the hub in `.hub`: the course's, JupyterHub, and its proxy."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from tools.launcher.environment import Environment
from tools.launcher.machine import LauncherError, Machine
from tools.launcher.pythons import as_typed

PLACE = "deploy/one-machine"
LOWEST_NODE = 18  # tried: what Debian 12 and Ubuntu 24.04 have
# What to resolve into which lock, in agreement with the course's.
LOCKED = ["-c", "requirements.lock", "-o", f"{PLACE}/requirements.lock"]
LOCKED += [f"{PLACE}/requirements.in"]


class HubEnvironment(Environment):
    """`.hub` and whether it can be used; made as `.venv` is, with more in it."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.folder = machine.root / ".hub"
        self.python: PurePath = self.folder / "bin" / "python"
        self.place = machine.root.joinpath(*PLACE.split("/"))

    def mark(self) -> PurePath:
        """As for `.venv`, and from what the hub adds."""
        machine = self.machine
        digest = hashlib.sha256(super().mark().name.encode())
        for name in (
            "requirements.lock",
            "package-lock.json",
            "ipython_kernel_config.py",
        ):
            digest.update(b"\0" + machine.read(self.place / name))
        return self.folder / f"ready-{digest.hexdigest()[:16]}"

    def finish(self) -> None:
        """Add JupyterHub, from its own hashed lock, and the proxy, from npm's."""
        machine, own = self.machine, str(self.python)
        self.install(self.place / "requirements.lock")
        for name in ("package.json", "package-lock.json"):
            machine.write(self.folder / name, machine.read(self.place / name))
        npm = str(machine.which("npm"))
        quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        self.step([npm, "ci", *quiet, "--prefix", str(self.folder)])
        nice = "ipython_kernel_config.py"
        etc = self.folder / "etc" / "ipython" / nice
        machine.write(etc, machine.read(self.place / nice))
        # As root starts it: compiled once, since students cannot write it there.
        self.step([own, "-m", "compileall", "-q", "-j", "0", str(self.folder / "lib")])


def refuse_old_node(machine: Machine) -> None:
    """On an old Node the proxy ends at once, with lines that nobody understands."""
    said = (machine.ask([str(machine.which("node")), "--version"]) or "").strip()
    first = said.lstrip("v").partition(".")[0]
    if first.isdigit() and int(first) < LOWEST_NODE:
        raise LauncherError(
            f"The hub needs Node.js {LOWEST_NODE} or newer; here it is {said}. "
            "https://nodejs.org/en/download has newer ones."
        )


def command(machine: Machine, rest: list[str]) -> list[str]:
    """What runs the hub, in an environment that is ready.

    Raises
    ------
    LauncherError
        On Windows, and where git or Node are not there, or Node is too old.
    """
    if machine.windows:
        raise LauncherError(
            "JupyterHub does not run on Windows. Start it in WSL, or on a Linux "
            "server; docs/hub.md tells how."
        )
    missing = [name for name in ("git", "node", "npm") if not machine.which(name)]
    if missing:
        raise LauncherError(
            f"The hub also needs {' and '.join(missing)}. On Debian and Ubuntu: "
            f"sudo apt install git nodejs npm. Then again: {as_typed(machine, 'hub')}"
        )
    refuse_old_node(machine)
    python = HubEnvironment(machine).ready(machine.environ.get("COURSE_PYTHON", ""))
    return [python, str(machine.root.joinpath(*PLACE.split("/"), "run.py")), *rest]
