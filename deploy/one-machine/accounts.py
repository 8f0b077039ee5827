"""Users of the operating system for students, with homes that nobody else can read."""

import hashlib
import os
import pwd
import re
import subprocess
from pathlib import Path

PREFIX = "cnn-"
LONGEST = 31  # letters in the name of a Linux user
# Digits of a hash, with which accounts of names that are not plain end. With eight a
# name that has the account of another is found within the hour.
DIGITS = 16
HASHED = re.compile(rf"-[0-9a-f]{{{DIGITS}}}\Z")
TOOLS = ("/usr/sbin", "/sbin")  # "su" keeps the path of a user who needs none of them
SOCKETS = Path("/run/cnn-hub")


def account(name: str) -> str:
    """The operating system's name of a student: never one that is there for others.

    Parameters
    ----------
    name : str
        The hub's name of the student, such as an address; two names give two accounts.

    Returns
    -------
    str : letters, digits and hyphens, 31 at most, starting with ``cnn-``.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    short = PREFIX + plain
    if plain == name and len(short) <= LONGEST and not HASHED.search(name):
        return short
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGITS]
    return f"{PREFIX}{plain[: LONGEST - len(PREFIX) - DIGITS - 1]}-{digest}"


def ensure_account(name: str, homes: Path) -> pwd.struct_passwd:
    """The user of a student, made where there is none yet, with a home of its own.

    Parameters
    ----------
    name : str
        As `account` gives it.
    homes : Path
        The folder of all homes.

    Raises
    ------
    RuntimeError
        Where the system does not make the user, with its words.
    """
    homes.mkdir(parents=True, exist_ok=True)
    homes.chmod(0o711)  # passed through, not listed
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        words = administer(
            *("useradd", "--no-create-home", "--home-dir", str(homes / name)),
            *("--user-group", "--shell", "/usr/sbin/nologin", "--no-log-init"),
            name,
        )
        if words:
            raise RuntimeError(f"useradd {name}: {words}") from None
        user = pwd.getpwnam(name)
    home = homes / name
    if not home.exists():  # new, or of a hub whose state was moved
        home.mkdir()
        os.chown(home, user.pw_uid, user.pw_gid)
    if home.stat().st_uid != user.pw_uid:
        raise RuntimeError(f"{home} belongs to another user than {name}.")
    home.chmod(0o700)
    return user


def limit_disk(name: str, homes: Path, gigabytes: float) -> None:
    """Let the files of a user take so much where the homes are; 0 is no limit.

    Raises
    ------
    RuntimeError
        Where that file system counts nothing, or the tools for it are missing.
    """
    place = homes.resolve()
    while not place.is_mount():
        place = place.parent
    limits = ["0", str(int(gigabytes * 1024**2)), "0", "0"]  # KiB; none for files
    words = administer("setquota", "-u", name, *limits, str(place))
    if words:
        raise RuntimeError(f"disk_gb needs user quotas on {place}: {words}")


def administer(*command: str) -> str:
    """Run one of the system's tools; what it says where it fails, else nothing."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *TOOLS])
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return f"{command[0]} is not installed"
    return done.stderr.strip() or "it failed" if done.returncode else ""


def own_sockets(user: pwd.struct_passwd) -> Path:
    """A folder of the student's for the sockets of kernels: paths must be short."""
    SOCKETS.mkdir(exist_ok=True)
    SOCKETS.chmod(0o711)
    folder = SOCKETS / str(user.pw_uid)
    folder.mkdir(exist_ok=True)
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)
    return folder
