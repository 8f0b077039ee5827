"""Remove a folder whatever a student's code left in it."""

import contextlib
import os
import secrets
import shutil
import stat
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Remove a folder, however deep folders are nested in it and whatever they permit.

    Thousands of them end Python's stack in `shutil.rmtree`, and their path is longer
    than the system takes. So what lies in a folder below is moved up, beside it, until
    nothing lies deeper than one folder. Links are removed, not followed.
    """
    if os.rename not in os.supports_dir_fd:  # Windows
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            moved = 0
            while names := _names(top):
                before = moved, len(names)
                for name in names:
                    moved = _lift(name, top, moved)
                if (moved, len(_names(top))) == before:
                    return  # something that even its owner may not remove
        finally:
            os.close(top)
        folder.rmdir()


def _lift(name: str, top: int, moved: int) -> int:
    """Remove an entry of `top`; first move the folders in it there, and count them."""
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode):
            os.unlink(name, dir_fd=top)
            return moved
        os.chmod(name, 0o700, dir_fd=top)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        here = os.open(name, flags, dir_fd=top)
        try:
            for inner in _names(here):
                if stat.S_ISDIR(os.lstat(inner, dir_fd=here).st_mode):
                    os.chmod(inner, 0o700, dir_fd=here)
                    moved += 1
                    above = f"moved-{moved}-{secrets.token_hex(8)}"  # unlike any other
                    os.rename(inner, above, src_dir_fd=here, dst_dir_fd=top)
                else:
                    os.unlink(inner, dir_fd=here)
        finally:
            os.close(here)
        os.rmdir(name, dir_fd=top)
    return moved


def _names(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as entries:
        return [entry.name for entry in entries]
