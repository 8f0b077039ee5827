"""A student's copy of the lessons: what is new arrives, what was written stays."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

LESSONS = "cnn-course"
FIRST = f"{LESSONS}/notebooks/00_start_here.ipynb"
# Bytes that must be free: the lessons with their history take a third of that.
ROOM = 40 * 1024**2
NO_ROOM = ("No space left on device", "Disk quota exceeded")  # as git says it


def bring(source: str, home: Path) -> str:
    """Bring the lessons in `home`/cnn-course up to date; prints what git says.

    Parameters
    ----------
    source : str
        Folder of the git repository that the hub keeps, or address of another.
    home : Path
        The student's.

    Returns
    -------
    str : what went wrong: ``"full"`` home, some ``"other"`` trouble, or nothing.
    """
    if shutil.disk_usage(home).free < ROOM:
        return "full"
    trouble = ""
    try:
        for line in fetch(source, home):
            print(line, end="", file=sys.stderr)
            if any(words in line for words in NO_ROOM):
                trouble = "full"
    except Exception as why:  # no git, a full disk, what nbgitpuller thinks of
        print(f"The lessons were not fetched: {why}", file=sys.stderr)
        return trouble or "other"
    return ""


def fetch(source: str, home: Path) -> Iterator[str]:
    """What git says while nbgitpuller brings the lessons.

    Raises
    ------
    OSError, subprocess.CalledProcessError, RuntimeError
        Where that does not go.
    """
    folder, part = home / LESSONS, home / f".{LESSONS}.part"
    with contextlib.suppress(OSError):
        folder.rmdir()  # empty: git would not fill it
    if folder.exists():
        yield from pull(source, folder)
        return
    # Under another name until it is whole: half of it would never be filled.
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield from pull(source, part)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def pull(source: str, folder: Path) -> Iterator[str]:
    """By nbgitpuller's rules, with git's settings of ours."""
    from nbgitpuller.pull import GitPuller  # type: ignore[import-not-found]

    before = os.environ.get("GIT_CONFIG_GLOBAL")
    os.environ["GIT_CONFIG_GLOBAL"] = str(Path(__file__).with_name("gitconfig"))
    try:
        # Whole and from a path, git copies files; else it packs them for each student.
        depth = 0 if Path(source).is_dir() else 1
        yield from GitPuller(source, str(folder), branch="main", depth=depth).pull()
    finally:
        del os.environ["GIT_CONFIG_GLOBAL"]
        if before is not None:
            os.environ["GIT_CONFIG_GLOBAL"] = before
