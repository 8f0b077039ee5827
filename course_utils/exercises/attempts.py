"""Whose a notebook is, as learning platforms name files, and which is the newest."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.exercises.submissions import (
    ARCHIVES,
    Notebook,
    UnreadableError,
    read_notebook,
    read_regular,
)

# Ada Lovelace_12345_assignsubmission_file_  (a folder, or the beginning of a file)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_", re.DOTALL)
# lovelaceada_LATE_123_456_01.ipynb, and 01-1.ipynb for the second attempt
CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<attempt>\d+)_.*?(?:-(?P<again>\d+))?"
    r"\.ipynb",
    re.DOTALL | re.IGNORECASE,
)
ROSTER = 10_000_000  # bytes
NBGRADER = {"submitted", "source", "release", "autograded", "feedback"}
MOST = 50  # notebooks of one student that are read, the newest


@dataclass(frozen=True)
class Handed:
    """A notebook, whose it is, and what orders it among its student's attempts."""

    path: Path
    student: str
    number: str = ""  # the platform's own, where names are shared
    order: tuple[float, ...] = ()


def handed_in(path: Path, folder: Path, *, course: bool = True) -> Handed:
    """Read a path as a platform wrote it, or as STUDENT/..., or STUDENT.ipynb.

    Only in a `course` of nbgrader is `submitted` at the top no student.
    """
    parts = list(path.relative_to(folder).parts)
    if course and parts[0] == "submitted" and len(parts) > 2:
        parts = parts[1:]
    try:
        time = path.lstat().st_mtime
    except OSError:
        time = 0
    if found := MOODLE.match(parts[0]):
        return Handed(path, found["name"], found["id"], (time,))
    if len(parts) > 1:
        return Handed(path, parts[0], "", (time,))
    if found := CANVAS.fullmatch(parts[0]):
        order = (float(found["attempt"]), float(found["again"] or 0), time)
        return Handed(path, found["name"], found["id"], order)
    return Handed(path, path.stem, "", (time,))


@dataclass(frozen=True)
class Chosen:
    """A notebook to be graded: whose it is, as shown, and a note."""

    path: Path
    student: str
    notebook: Notebook = field(repr=False)
    note: str = ""


def newest(paths: list[Path], folder: Path) -> list[Chosen]:
    """The notebooks to be graded: of a student's in one lesson the newest alone.

    Each is read once, here. An archive counts where its student has no notebook.
    """
    groups: dict[tuple[str, str], list[Handed]] = {}
    numbers: dict[str, set[str]] = {}
    # Beside students' folders one called `submitted` is a student's, too: what is below
    # it must not stand for a classmate's.
    course = {path.relative_to(folder).parts[0] for path in paths} <= NBGRADER
    for each in (handed_in(path, folder, course=course) for path in paths):
        groups.setdefault((each.student, each.number), []).append(each)
        numbers.setdefault(each.student, set()).add(each.number)
    found: list[Chosen] = []
    for (student, number), attempts in groups.items():
        shared = len(numbers[student]) > 1
        name = f"{student} ({number})" if shared else student
        found += _newest_of(_worth_reading(attempts, folder), name)
    return sorted(found, key=lambda each: each.path)


def _worth_reading(attempts: list[Handed], folder: Path) -> list[Handed]:
    last = sorted(attempts, key=lambda each: (each.order, each.path))
    notebooks = [x for x in last if x.path.suffix.lower() not in ARCHIVES]
    # An archive beside the students' folders is what the platform handed out.
    own = [x for x in last if x.number or x.path.parent != folder]
    return notebooks[-MOST:] or own[-1:]


def _newest_of(attempts: Iterable[Handed], student: str) -> list[Chosen]:
    """One student's, the oldest first, by lesson."""
    last: dict[str, tuple[Path, Notebook, int]] = {}
    for each in attempts:
        notebook = read_notebook(each.path)
        # What is no notebook of the course stands for itself: nothing is newer.
        key = notebook.lesson or str(each.path)
        count = last[key][2] + 1 if key in last else 1
        last[key] = (each.path, notebook, count)
    return [
        Chosen(path, student, notebook, f"the newest of {count}" if count > 1 else "")
        for path, notebook, count in last.values()
    ]


def read_roster(path: Path) -> dict[str, str]:
    """What a student may be called, in small letters -> the id: the first column.

    What several may be called stands for none of them: "" is its id.

    Raises
    ------
    UnreadableError
        Where it is no table.
    """
    try:
        text = read_regular(path, ROSTER).decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:5000], ",;\t") if "\n" in text else "excel"
    except UnicodeDecodeError:
        raise UnreadableError("is no text in UTF-8") from None
    except csv.Error:
        dialect = "excel"
    try:
        rows = list(csv.reader(io.StringIO(text), dialect))
    except csv.Error as error:
        raise UnreadableError(f"is no table: {error}") from None
    known: dict[str, str] = {}
    table = [[cell.strip() for cell in row] for row in rows[1:]]
    for cells in (cells for cells in table if cells and cells[0]):
        called = [*filter(None, cells[1:])]
        if len(cells) > 2:  # id, first name, last name
            called.append(f"{cells[1]} {cells[2]}")
        for name in {each.casefold() for each in called}:
            known[name] = "" if known.get(name, cells[0]) != cells[0] else cells[0]
    return known | {cells[0].casefold(): cells[0] for cells in table if cells}
