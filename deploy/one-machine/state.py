"""The hub's state folder: settings, secrets, the lessons to hand out. Mode 700.

It needs nothing but the standard library and git, so that it can be tested apart.
"""

import os
import secrets
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GIB = 1024**3
# One student with a server and the kernel of lesson 04, measured, and what the system
# and the hub keep. docs/hub.md has the table.
GB_A_STUDENT, GB_FOR_US = 0.55, 2.0
LOCAL = ("127.0.0.1", "localhost", "::1")


def usual_place() -> Path:
    """The state folder where none is named: not in the course, which is removed."""
    if os.geteuid() == 0:
        return Path("/srv/cnn-hub")
    return Path.home() / ".local" / "share" / "cnn-hub"


def prepare(state: Path) -> None:
    """Make the folder and what is missing in it: settings, secrets.

    Raises
    ------
    PermissionError
        Where it, or a secret in it, belongs to somebody else or can be read by others.
    """
    state.mkdir(parents=True, exist_ok=True)
    if state.stat().st_uid != os.geteuid():
        raise PermissionError(f"{state} belongs to another user.")
    # Others pass through to the lessons and to their homes, and list nothing.
    state.chmod(0o711)
    _keep(state / "settings.toml", (HERE / "settings.toml").read_bytes())
    _keep(state / "proxy_token", secrets.token_hex(32).encode())


def _keep(file: Path, first: bytes) -> None:
    """A file that its owner alone reads; what is there stays."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(first)
    if file.stat().st_mode & 0o077:
        raise PermissionError(f"{file} can be read by others. Run: chmod 600 {file}")


def settings(state: Path) -> dict[str, dict[str, Any]]:
    """What the instructor decided: the example's values where a line is missing.

    Raises
    ------
    ValueError
        For a section or a line that is none, a value of another kind, or an address
        that would send passwords in the open.
    """
    given = tomllib.loads((state / "settings.toml").read_text(encoding="utf-8"))
    return checked(given)


def checked(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """`given` on top of the example's values; see `settings`."""
    known = tomllib.loads((HERE / "settings.toml").read_text(encoding="utf-8"))
    for section, lines in given.items():
        if section not in known:
            raise ValueError(f"settings.toml: [{section}] is none of {list(known)}.")
        for name, value in lines.items():
            if name not in known[section]:
                allowed = ", ".join(known[section])
                raise ValueError(
                    f"settings.toml: [{section}] has {allowed}; no {name}."
                )
            kind = type(known[section][name])
            fits = isinstance(value, (int, float) if kind is int else kind)
            if not fits or isinstance(value, bool):
                raise ValueError(
                    f"settings.toml: {name} is {value!r}; like "
                    f"{known[section][name]!r} it must be."
                )
            known[section][name] = value
    hub = known["hub"]
    if bool(hub["certificate"]) != bool(hub["key"]):
        raise ValueError("settings.toml: certificate and key belong together.")
    if hub["address"] not in LOCAL and not hub["certificate"]:
        raise ValueError(
            f"settings.toml: on the address {hub['address']!r} passwords would cross "
            "the network in the open. Name a certificate and its key, or keep "
            "127.0.0.1 behind a proxy with TLS."
        )
    if not known["people"]["admins"]:
        raise ValueError(
            "settings.toml: admins must name somebody who approves others."
        )
    return known


def closed_to_others(path: Path) -> Path | None:
    """The folder on the way to `path` that others cannot pass; None if they can."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def places(memory: int) -> int:
    """How many students fit into so many bytes of memory, one at least."""
    return max(1, int((memory / GIB - GB_FOR_US) / GB_A_STUDENT))


def publish(state: Path, root: Path = ROOT) -> str:
    """Put the lessons as they are now into the repository that students' servers pull.

    Parameters
    ----------
    state : Path
        The hub's folder; the repository is `lessons` in it.
    root : Path
        The course.

    Returns
    -------
    str : its newest commit.

    Raises
    ------
    subprocess.CalledProcessError
        When git refuses.
    FileNotFoundError
        Where there is no git.
    """
    folder = state / "lessons"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for name in ("notebooks", "imgs"):
        shutil.rmtree(folder / name, ignore_errors=True)
        left_out = shutil.ignore_patterns(".*", "__pycache__", "*.py")
        shutil.copytree(root / name, folder / name, ignore=left_out)
    shutil.copy2(root / "LICENSE", folder)
    for path in folder.rglob("*"):
        if ".git" not in path.parts:
            path.chmod(0o755 if path.is_dir() else 0o644)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    if git(folder, "status", "--porcelain"):
        git(folder, "commit", "--quiet", "--message", "The lessons as they are now")
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """What git prints, run as nobody in particular."""
    who = ["-c", "user.name=hub", "-c", "user.email=hub@localhost"]
    settings = {
        "GIT_CONFIG_GLOBAL": str(HERE / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=folder,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        umask=0o022,  # students read it
    )
    return done.stdout.strip()
