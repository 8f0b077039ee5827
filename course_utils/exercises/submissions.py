"""Find the notebooks that were handed in, and read them whatever lies in their place.

A folder of two hundred students holds links, pipes, resource files of a Mac and files
of any size sooner or later. Each has its row with a clear word; none stops the run.
"""

import hashlib
import json
import os
import re
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.exercises.catalogue import numbers

ID = re.compile(r"""["'](\d\d)\.[a-z]""")
ID_IN_PIECES = re.compile(r"""["'](\d\d)(?:\.[{%]|\.?["'])""")  # f"01.{name}"
CONFLICT = re.compile(r"^(<<<<<<< |>>>>>>> )", re.MULTILINE)
LARGEST = 50_000_000  # bytes of a notebook
MOST_CODE = 2_000_000  # characters as JSON; the longest lesson has 60,000
MOST_PARTS = 4_000_000  # lists, objects and what is in them: a gigabyte once read
# As browsers save, also where there is one already: 01.ipynb (1).json. Canvas: -1.json
NOTEBOOK = re.compile(
    r"\.ipynb(?:(?P<again> ?\(\d+\)|-\d+)?\.(?:json|txt))?\Z", re.IGNORECASE
)
ARCHIVES = (".zip", ".zipx", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")
DEEPEST = 30  # folders below one another; archives of students have three or four


class UnreadableError(ValueError):
    """What lies there is no notebook; the message completes the sentence `it ...`."""


@dataclass(frozen=True)
class Notebook:
    """What is graded of a notebook: it is read once, whatever becomes of its file.

    Attributes
    ----------
    sources : the code cells, in their order
    lesson : its number, or ""
    unreadable : why it cannot be read, completing the sentence `it ...`
    digest : of its bytes, by which `--resume` knows it again
    """

    sources: list[str] = field(default_factory=list)
    lesson: str = ""
    unreadable: str = ""
    digest: str = ""


def find_notebooks(folder: Path) -> list[Path]:
    """All notebooks and archives under a folder, sorted; no link is followed.

    Left out are copies that Jupyter keeps, and what a Mac adds to its archives. A
    folder that cannot be looked into is in it: else its student would have no row.
    """
    found, todo = [], [(folder, 0)]
    while todo:  # no recursion: folders can be nested deeper than Python's stack
        here, depth = todo.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    path = here / entry.name
                    if entry.name in (".ipynb_checkpoints", "__MACOSX"):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        todo += [(path, depth + 1)] if depth < DEEPEST else []
                    elif path.name[:2] != "._" and (
                        NOTEBOOK.search(path.name) or path.suffix.lower() in ARCHIVES
                    ):
                        found.append(path)
        except FileNotFoundError:
            continue  # gone meanwhile
        except OSError:
            found += [here] if depth else []
    return sorted(found)


def kind(path: Path) -> int:
    """What lies there, as in `stat.S_IFMT`, a link too; 0 where nobody can say.

    `is_dir` and `is_file` fail in a locked folder, and where a name is too long. Past a
    student's link another computer may be asked, and long be waited for.
    """
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except OSError:
        return 0


def archive(path: Path) -> bool:
    return path.suffix.lower() in ARCHIVES and kind(path) != stat.S_IFDIR


def read_regular(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a regular file; neither a link, a pipe nor a device is opened.

    Raises
    ------
    UnreadableError
        Saying what lies there instead, or that it is larger than `largest` bytes.
    """
    try:
        if path.is_symlink():  # where a system has no O_NOFOLLOW
            raise UnreadableError("is a link, not a file")
        # A pipe would be waited for without O_NONBLOCK, and for ever.
        careful = ("O_NONBLOCK", "O_NOFOLLOW", "O_NOCTTY", "O_BINARY")
        flags = sum(getattr(os, name, 0) for name in careful)
        descriptor = os.open(path, os.O_RDONLY | flags)
    except OSError as error:
        raise UnreadableError(f"cannot be opened: {error.strerror}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        folder = stat.S_ISDIR(mode)  # it was a file when it was found
        what = "a folder" if folder else "a pipe or a device"
        raise UnreadableError(f"is {what}, not a file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise UnreadableError(
            f"is larger than {largest // 10**6} MB; without its outputs it can be read"
        )
    return data


def read_notebook(path: Path) -> Notebook:
    """A notebook of format 3 or 4, or why it is none."""
    try:
        if archive(path) and kind(path) != stat.S_IFLNK:
            raise UnreadableError("is an archive: unpack it first")
        data = read_regular(path)
        sources = read_sources(data)
    except UnreadableError as error:
        return Notebook(unreadable=str(error))
    digest = hashlib.sha256(data).hexdigest()
    return Notebook(sources, lesson_of(sources), digest=digest)


def read_sources(data: bytes) -> list[str]:
    """The code cells of a notebook, in their order.

    Raises
    ------
    UnreadableError
        Saying why it is no notebook.
    """
    if sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise UnreadableError(
            "holds too many numbers; without its outputs it can be read"
        )
    try:
        utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("is not a notebook that can be read") from None
    try:
        sources = _sources(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        words = "is not a notebook that can be read"
        if CONFLICT.search(text):
            words = "holds conflict marks of Git (<<<<<<<)"
        raise UnreadableError(words) from None
    if sum(map(len, sources)) > MOST_CODE or len(json.dumps(sources)) > MOST_CODE:
        raise UnreadableError("holds more than 2 MB of code")
    return sources


def _sources(content: Any) -> list[str]:
    """Code where Jupyter looks for it: whoever opens the notebook sees what is graded.

    What stands beside it under the names of another format is shown nowhere.
    """
    old = content["nbformat"] < 4  # of format 3, which had sheets of cells
    if old and content["nbformat"] != 3:
        raise ValueError("a format that no notebook of the course ever had")
    sheets = content["worksheets"] if old else [content]
    cells = [cell for sheet in sheets for cell in sheet["cells"]]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return [_text(cell["input" if old else "source"], old=old) for cell in code]


def _text(source: Any, *, old: bool) -> str:
    # To join a text makes an object of each letter: two gigabytes of 50 million bytes.
    if isinstance(source, str):
        return source
    if not isinstance(source, list):
        raise TypeError("neither a text nor lines")
    ended = not old or (source[:1] and source[0].endswith(("\n", "\r")))
    return ("" if ended else "\n").join(source)


def lesson_of(sources: list[str]) -> str:
    """The lesson most of whose ids stand in the code; "" where nothing is checked.

    Ids count wherever they stand: `check(answer=3, id="01.x")` names its exercise too.
    """
    if not any("check" in source for source in sources):
        return ""
    code = "\n".join(sources)
    for ids in (ID, ID_IN_PIECES):
        if known := Counter(n for n in ids.findall(code) if n in numbers()):
            return known.most_common(1)[0][0]
    return ""
