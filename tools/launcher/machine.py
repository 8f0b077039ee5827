"""The machine that the launcher runs on: its files, processes and surroundings.

Everything that the launcher does to the outside goes through here, so that tests can
put a machine with another system in its place and read what it was told.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path, PurePath
from typing import Any, Sequence


class LauncherError(Exception):
    """What the reader has to do; shown without a traceback."""


class Machine:
    """The real one.

    Attributes
    ----------
    root : the folder of the course
    platform : as in `sys.platform`
    environ : the variables for what it starts: those that the launcher was started with
    python : the interpreter that runs the launcher
    """

    def __init__(self, root: PurePath) -> None:
        self.root = root
        self.platform = sys.platform
        # Without compiled files TensorFlow takes twice as long to start, each time.
        kept = (name for name in os.environ if name != "PYTHONDONTWRITEBYTECODE")
        self.environ = {name: os.environ[name] for name in kept}
        self.python = sys.executable
        self.is_root = hasattr(os, "geteuid") and os.geteuid() == 0

    @property
    def windows(self) -> bool:
        return self.platform == "win32"

    # --- Processes

    def run(self, command: Sequence[str], **environ: str) -> int:
        """Run it to its end in the course's folder, and return its exit code."""
        process = subprocess.Popen(
            list(command), cwd=self.root, env={**self.environ, **environ}
        )
        # Ctrl-C reaches the command too, which may ask back, as JupyterLab does: its
        # answer counts, not ours. A handler, unlike SIG_IGN, is not handed on to it.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def ask(self, command: Sequence[str], seconds: float = 60) -> str | None:
        """What it prints; None where it is not there, fails or does not end."""
        try:
            done = subprocess.run(
                list(command),
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return None if done.returncode else done.stdout.decode("utf-8", "replace")

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=self.environ.get("PATH"))

    # --- Files

    def exists(self, path: PurePath) -> bool:
        return Path(path).exists()

    def read(self, path: PurePath) -> bytes:
        return Path(path).read_bytes()

    def write(self, path: PurePath, data: bytes) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)

    def glob(self, pattern: str) -> list[PurePath]:
        """Paths below the course's folder, sorted."""
        return sorted(Path(self.root).glob(pattern))

    def remove(self, path: PurePath) -> None:
        """Remove a file or a folder, if it is there.

        Raises
        ------
        LauncherError
            When Windows does not give a file free because a program has it open.
        """
        there = Path(path)
        try:
            if there.is_dir() and not there.is_symlink():
                late = "onexc" if sys.version_info >= (3, 12) else "onerror"
                handlers: dict[str, Any] = {late: make_writable}
                shutil.rmtree(there, **handlers)
            elif there.is_symlink() or there.exists():
                there.unlink()
        except PermissionError as error:
            raise LauncherError(
                f"{error.filename or path} cannot be removed: a program has it open, "
                "or it belongs to another user. Close JupyterLab and every Python that "
                "runs from this folder, then try again."
            ) from error

    # --- Words

    def say(self, text: str = "") -> None:
        print(text, flush=True)


def make_writable(function: Any, path: str, _: object) -> None:
    """Windows removes nothing that is marked read-only."""
    Path(path).chmod(stat.S_IWRITE | stat.S_IREAD)
    function(path)
