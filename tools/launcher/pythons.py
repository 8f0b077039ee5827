"""Which Python the course runs on: found, fetched by uv, or told what to get."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Iterator

from tools.launcher.machine import LauncherError, Machine

LOWEST, HIGHEST = (3, 11), (3, 13)
WANTED = "Python 3.11, 3.12 or 3.13"
OTHER = f"the course needs {WANTED}"
# What a Python says of itself. Of one in a virtual environment: of the one behind it.
PROBE = """
import json, platform, struct, sys, sysconfig
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "version": sys.version_info[:3],
    "bits": struct.calcsize("P") * 8,
    "system": sys.platform,
    "kind": sysconfig.get_platform(),
    "chip": platform.machine(),
    "host": sysconfig.get_config_var("HOST_GNU_TYPE") or "",
}))
"""
ELSEWHERE = "docs/elsewhere.md tells how to open the course in a browser instead."


@dataclass
class Python:
    """A Python of this machine, and what it said of itself."""

    path: str
    version: tuple[int, ...]
    bits: int
    system: str
    kind: str
    chip: str
    host: str

    @property
    def words(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def probe(machine: Machine, command: list[str]) -> Python | None:
    """Ask a Python about itself; None where it is none or does not start."""
    answer = machine.ask([*command, "-c", PROBE])
    try:
        facts = json.loads(answer or "")
    except ValueError:
        return None
    return Python(**{**facts, "version": tuple(facts["version"])})


def objection(python: Python, apple_chip: bool = False) -> str | None:
    """Why the course cannot run on it, in a sentence; None where it can.

    apple_chip : whether the Mac has one, which a Python made for Intel does not say.
    """
    if python.bits != 64:
        return "it is a 32-bit Python, and TensorFlow has none for it: get a 64-bit one"
    if python.system == "darwin" and python.chip == "x86_64":
        if apple_chip:
            return (
                "it was made for Intel and this Mac has an Apple chip: get one made "
                "for that (the installer of python.org, or Homebrew in /opt/homebrew)"
            )
        return (
            "TensorFlow has no version for Macs with an Intel processor any more (2.16 "
            "was the last, the course needs 2.18). " + ELSEWHERE
        )
    if python.kind == "win-arm64":
        return (
            "TensorFlow has no version for ARM on Windows: get the installer named "
            "'Windows installer (64-bit)', not '(ARM64)'; Windows translates it"
        )
    if python.system.startswith("linux") and (
        "musl" in python.host or python.kind not in ("linux-x86_64", "linux-aarch64")
    ):
        return (
            f"TensorFlow has no version for {python.host or python.kind}. {ELSEWHERE}"
        )
    return None if LOWEST <= python.version[:2] <= HIGHEST else OTHER


def candidates(machine: Machine) -> Iterator[list[str]]:
    """Commands that may start a Python, the one that runs this first."""
    yield [machine.python]
    minors = range(HIGHEST[1], LOWEST[1] - 1, -1)
    if machine.windows:
        for minor in minors:
            yield ["py", f"-3.{minor}"]
    for name in (*(f"python3.{minor}" for minor in minors), "python3", "python"):
        found = machine.which(name)
        if found:
            yield [found]


def suitable(machine: Machine, named: str = "") -> Python:
    """A Python for the course: the named one, or the first that fits.

    Raises
    ------
    LauncherError
        Where there is none, saying what was found and what to get.
    """
    apple_chip = machine.platform == "darwin" and (
        (machine.ask(["sysctl", "-n", "hw.optional.arm64"]) or "").strip() == "1"
    )
    refused: dict[str, str] = {}
    for command in [[named]] if named else candidates(machine):
        python = probe(machine, command)
        if python is None:
            continue
        found = objection(python, apple_chip)
        if not found:
            return python
        refused.setdefault(python.words, found)
    if named:
        why = "; ".join(refused.values()) or "it does not start"
        raise LauncherError(f"{named}: {why}.")
    # Where the machine or the kind of Python is the trouble, no version is a help.
    python = from_uv(machine) if set(refused.values()) <= {OTHER} else None
    if python and not objection(python, apple_chip):
        return python
    lines = [
        f"{WANTED} (64-bit) is needed, and none was found here.",
        *(f"  {words}: {why}" for words, why in refused.items()),
        f"Get one: {advice(machine)}",
        f"Or name it: {as_typed(machine, 'lab', '/path/to/python3')}",
    ]
    raise LauncherError("\n".join(lines))


def advice(machine: Machine) -> str:
    if machine.windows:
        return (
            "'winget install Python.Python.3.12', or https://www.python.org/downloads"
        )
    if machine.platform == "darwin":
        return "https://www.python.org/downloads/macos, or 'brew install python@3.12'"
    return "'sudo apt install python3 python3-venv', or https://docs.astral.sh/uv"


def as_typed(machine: Machine, command: str, python: str = "") -> str:
    """A command as the reader types it: for make, or for Python."""
    if machine.environ.get("COURSE_AS") == "make":
        return f"make {command}" + (f" PYTHON={python}" if python else "")
    name = "py" if machine.windows else "python3"
    return f"{name} course.py {command}" + (f" --python {python}" if python else "")


def from_uv(machine: Machine) -> Python | None:
    """A Python that uv has or may fetch; None where uv can neither be had nor fetch."""
    uv = machine.which("uv") or own_uv(machine)
    if not uv:
        return None
    ask = [uv, "python", "find", "--no-project", "--system", ">=3.11,<3.14"]
    found = machine.ask(ask)
    if not found:
        machine.say("No Python fits the course: asking uv for Python 3.12 ...")
        machine.ask([uv, "python", "install", "3.12"], seconds=600)
        found = machine.ask(ask)
    return probe(machine, [found.strip()]) if found else None


def own_uv(machine: Machine) -> str | None:
    """The uv of the lock, in `build/uv`, where the Python that runs this can get it."""
    folder = machine.root / "build" / "uv"
    place = ("Scripts", "python.exe") if machine.windows else ("bin", "python")
    python = str(folder.joinpath(*place))
    uv = folder.joinpath(place[0], "uv.exe" if machine.windows else "uv")
    if not machine.exists(uv):
        machine.write(machine.root / "build" / "uv.txt", uv_lines(machine))
        listed = str(machine.root / "build" / "uv.txt")
        get = [*PIP, "--require-hashes", "-r", listed]
        made = machine.ask([machine.python, "-m", "venv", str(folder)], seconds=300)
        if made is None or machine.ask([python, *get], seconds=300) is None:
            return None
    return str(uv)


PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def uv_lines(machine: Machine) -> bytes:
    """What the lock says of uv, its hashes too."""
    lines = machine.read(machine.root / "requirements.lock").splitlines(keepends=True)
    inside, kept = False, []
    for line in lines:
        if not line.startswith((b" ", b"#")):
            inside = line.startswith(b"uv==")
        if inside:
            kept.append(line)
    return b"".join(kept)
