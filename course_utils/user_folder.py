"""The folder of what a student makes: progress and long runs.

Data sets and converted networks are the same for everybody and live in the data folder
(`datasets.data_dir`), which a class may share, read-only. What is one's own does not.
"""

import contextlib
import os
import shutil
from pathlib import Path

from course_utils.datasets import data_dir


def user_dir() -> Path:
    """The user's folder: $COURSE_USER_DIR, or what the system keeps for such data.

    It is made when something is first stored, and may be read-only until then.

    Returns
    -------
    Path : absolute.

    Raises
    ------
    FileNotFoundError
        Where the user has no home folder.
    """
    import platformdirs

    chosen = os.environ.get("COURSE_USER_DIR")
    folder = Path(chosen or platformdirs.user_data_dir("cnn-course", appauthor=False))
    with contextlib.suppress(RuntimeError):  # "~" of a user whom the system not knows
        folder = folder.expanduser()
    if not folder.is_absolute() and not chosen:
        raise FileNotFoundError(
            "There is no home folder. Set COURSE_USER_DIR to a folder of yours."
        )
    return folder.resolve()


def own(name: str) -> Path:
    """The place of a file or folder of the user's, which need not be there.

    Earlier versions kept it in the data folder: what is there moves to its new place,
    once, unless that folder cannot be written, and so is not the user's alone.

    Parameters
    ----------
    name : str
        Such as ``"progress.json"``.
    """
    place = user_dir() / name
    with contextlib.suppress(OSError, RuntimeError):  # then it begins anew
        before = data_dir() / name
        ours = before != place and before.exists() and os.access(before.parent, os.W_OK)
        if ours and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(before, place)
    return place
