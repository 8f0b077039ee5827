"""The course's environment in `.venv`: made from the hashed lock, or known as ready."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from tools.launcher.machine import LauncherError, Machine
from tools.launcher.pythons import PIP, Python, as_typed, objection, probe, uv_lines
from tools.launcher.pythons import suitable as suitable_python

# The longest path below the course's folder that the lock installs (of TensorFlow), and
# the longest that Windows takes without its switch for long ones.
LONGEST, WINDOWS_LIMIT = 198, 259


class Environment:
    """`.venv` and whether it can be used."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.folder = machine.root / ".venv"
        place = ("Scripts", "python.exe") if machine.windows else ("bin", "python")
        # Programs in this folder break in a path with spaces: all is called as -m.
        self.python: PurePath = self.folder.joinpath(*place)

    def settings(self) -> dict[str, str]:
        """What pyvenv.cfg says: `home` and `version` of the Python behind it."""
        path = self.folder / "pyvenv.cfg"
        if not self.machine.exists(path):
            return {}
        lines = self.machine.read(path).decode("utf-8", "replace").splitlines()
        pairs = (line.partition("=") for line in lines)
        return {name.strip(): value.strip() for name, _, value in pairs}

    def mark(self) -> PurePath:
        """The file that says it is ready, named after all it was made from.

        A change of the lock, the project file, the settings it installs, the Python or
        the folder gives another name; a set-up that was interrupted leaves none.
        """
        machine, digest = self.machine, hashlib.sha256()
        names = ["requirements.lock", "pyproject.toml"]
        files = [machine.root / name for name in names]
        files += machine.glob("course_utils/*_settings.json")
        digest.update(str(machine.root).encode("utf-8", "surrogateescape"))
        digest.update(self.settings().get("version", "").encode())
        for file in files:
            digest.update(b"\0" + machine.read(file))
        return self.folder / f"ready-{digest.hexdigest()[:16]}"

    def is_ready(self) -> bool:
        there = self.machine.exists(self.python) and self.machine.exists(self.mark())
        return there and self.home_is_there()

    def home_is_there(self) -> bool:
        """Whether the Python it was made with is still installed.

        On Windows `.venv` has a program that starts it; elsewhere a link, which does
        not exist when it leads nowhere.
        """
        home = type(self.folder)(self.settings().get("home", ""))
        return not self.machine.windows or self.machine.exists(home / "python.exe")

    def ready(self, named: str = "") -> str:
        """The path of its Python, after a set-up where one is needed.

        named : the Python to make it with, where the reader says which.
        """
        if self.is_ready():
            if not named:
                return str(self.python)
            wished = probe(self.machine, [named])
            version = ".".join(map(str, wished.version)) if wished else ""
            if version == self.settings().get("version"):
                return str(self.python)
        python = suitable_python(self.machine, named)
        self.make(python)
        return str(self.python)

    def make(self, python: Python) -> None:
        """Make it anew.

        Raises
        ------
        LauncherError
            When a step fails: what is half made has no mark and is not used.
        """
        machine, own = self.machine, str(self.python)
        assert objection(python) is None
        self.refuse_long_paths()
        machine.say(f"Setting up {self.folder.name} with {python.words} ...")
        machine.remove(self.folder)
        if machine.run([python.path, "-m", "venv", str(self.folder)]):
            machine.remove(self.folder)
            raise LauncherError(
                f"'{python.path} -m venv' failed. On Debian and Ubuntu: "
                "sudo apt install python3-venv"
            )
        # uv comes from the lock too; where it cannot reach the index, pip may know how.
        listed = self.folder / "uv.txt"
        machine.write(listed, uv_lines(machine))
        self.step([own, *PIP, "--require-hashes", "-r", str(listed)])
        self.install(machine.root / "requirements.lock")
        self.step([own, *PIP, "--no-deps", "--no-build-isolation", "-e", "."])
        self.step([own, "-c", "import course_utils"])
        self.finish()
        machine.write(self.mark(), b"")

    def install(self, lock: PurePath) -> None:
        """Install what a hashed lock lists, with uv or, where that fails, with pip."""
        own, hashed = str(self.python), ["--require-hashes", "-r", str(lock)]
        uv = [own, "-m", "uv", "pip", "install", "--quiet"]
        if self.machine.run([*uv, *hashed], VIRTUAL_ENV=str(self.folder)):
            # All of them are listed. An older pip, asked for what they need, takes the
            # newest version of what is named with extras, which has no hash here.
            self.step([own, *PIP, "--no-deps", *hashed])

    def finish(self) -> None:
        """What else an environment of another kind needs; nothing here."""

    def step(self, command: list[str]) -> None:
        if self.machine.run(command):
            raise LauncherError(
                "The set-up stopped; the lines above say why. It needs a network the "
                "first time, and about 3 GB of disk. It begins anew with the next "
                f"'{as_typed(self.machine, 'lab')}'; "
                f"'{as_typed(self.machine, 'doctor')}' looks for the reason."
            )

    def refuse_long_paths(self) -> None:
        if self.paths_too_long():
            raise LauncherError(
                f"{self.machine.root} is too deep in the disk: Windows here takes "
                f"paths of {WINDOWS_LIMIT} letters, and TensorFlow adds {LONGEST}. "
                r"Move the course to a short folder, such as C:\cnn, or switch long "
                "paths on: https://docs.python.org/3/using/windows.html"
                "#removing-the-max-path-limitation"
            )

    def paths_too_long(self) -> bool:
        if not self.machine.windows:
            return False
        if len(str(self.machine.root)) + 1 + LONGEST <= WINDOWS_LIMIT:
            return False
        key = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
        answer = self.machine.ask(["reg", "query", key, "/v", "LongPathsEnabled"])
        return "0x1" not in (answer or "")
