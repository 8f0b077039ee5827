"""A machine that is made up, for the launcher: its system, files and Pythons."""

import json
from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from tools.launcher.machine import LauncherError, Machine

LOCK = (
    b"# made by make lock\n"
    b"numpy==2.3.1 \\\n    --hash=sha256:aa\n"
    b"uv==0.13.9 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    b"widgetsnbextension==4.0.10 \\\n    --hash=sha256:dd\n"
)
ROOTS: dict[str, PurePath] = {
    "win32": PureWindowsPath(r"C:\Users\Jörg Żak\cnn course"),
    "darwin": PurePosixPath("/Users/jo/cnn course"),
    "linux": PurePosixPath("/home/jo/cnn course"),
}
KINDS = {"win32": "win-amd64", "darwin": "macosx-14.0-arm64", "linux": "linux-x86_64"}


def said(version: str, system: str, **other: object) -> dict[str, object]:
    """What a Python of this version answers when it is asked about itself."""
    return {
        "path": f"/opt/{version}/python",
        "version": [*map(int, version.split("."))],
        "bits": 64,
        "system": system,
        "kind": KINDS[system],
        "chip": "arm64" if system == "darwin" else "AMD64",
        "host": "",
        **other,
    }


class Fake(Machine):
    """Records what it is told to run; `fails` names words of commands that fail.

    pythons : a command, as words -> what that Python says of itself
    answers : other commands -> what they print
    """

    def __init__(self, system: str = "linux", root: PurePath | None = None) -> None:
        self.platform = system
        self.root = root or ROOTS[system]
        self.environ = {"DISPLAY": ":0"}
        self.is_root = False
        self.python = "python-that-runs"
        self.pythons = {self.python: said("3.12.4", system)}
        self.programs: list[str] = []
        self.answers: dict[str, str] = {}
        self.files: dict[PurePath, bytes] = {
            self.root / "requirements.lock": LOCK,
            self.root / "pyproject.toml": b"[project]",
            self.root / "course_utils" / "kernel_settings.json": b"{}",
            self.root / "notebooks" / "00_start_here.ipynb": b"",
            self.root / "notebooks" / "01_convolution.ipynb": b"",
        }
        self.ran: list[list[str]] = []
        self.environs: list[dict[str, str]] = []
        self.told: list[str] = []
        self.fails: list[str] = []

    def run(self, command: Sequence[str], **environ: str) -> int:
        self.ran.append([str(word) for word in command])
        self.environs.append(environ)
        line = " ".join(self.ran[-1])
        if any(word in line for word in self.fails):
            return 3
        if command[1:3] == ["-m", "venv"]:
            self.made(PurePath(command[3]), command[0])
        return 0

    def made(self, folder: PurePath, python: str) -> None:
        """What `python -m venv` leaves."""
        folder = self.root / folder.name
        facts = next(p for p in self.pythons.values() if p["path"] == python)
        version = ".".join(map(str, facts["version"]))  # type: ignore[call-overload]
        home = "C:\\Python" if self.windows else "/usr/bin"
        place = ("Scripts", "python.exe") if self.windows else ("bin", "python")
        self.files[folder.joinpath(*place)] = b""
        self.files[type(self.root)(home, "python.exe")] = b""
        text = f"home = {home}\nversion = {version}\n"
        self.files[folder / "pyvenv.cfg"] = text.encode()

    def ask(self, command: Sequence[str], seconds: float = 60) -> str | None:
        line = " ".join(command)
        if len(command) > 1 and command[-2] == "-c":
            facts = self.pythons.get(" ".join(command[:-2]))
            return json.dumps(facts) if facts else None
        return self.answers.get(line)

    def which(self, name: str) -> str | None:
        return name if name in self.programs else None

    def exists(self, path: PurePath) -> bool:
        return any(path == file or path in file.parents for file in self.files)

    def read(self, path: PurePath) -> bytes:
        return self.files[path]

    def write(self, path: PurePath, data: bytes) -> None:
        self.files[path] = data

    def glob(self, pattern: str) -> list[PurePath]:
        inside = (path for path in self.files if self.root in path.parents)
        return sorted(p for p in inside if p.relative_to(self.root).match(pattern))

    def remove(self, path: PurePath) -> None:
        if "remove" in self.fails:
            raise LauncherError(f"{path} is open")
        for file in list(self.files):
            if path == file or path in file.parents:
                del self.files[file]

    def say(self, text: str = "") -> None:
        self.told.append(text)


def modules(machine: Fake) -> list[str]:
    """What was run with -m, and the word behind it."""
    return [" ".join(command[2:4]) for command in machine.ran if command[1] == "-m"]
