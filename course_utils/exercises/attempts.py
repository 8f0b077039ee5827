"""Whose a notebook is, as learning platforms name files, and which is the newest."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from course_utils.exercises.submissions import (
    UnreadableError,
    lesson_of,
    read_regular,
    read_sources,
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


@dataclass(frozen=True)
class Handed:
    """A notebook, whose it is, and what orders it among its student's attempts."""

    path: Path
    student: str
    number: str = ""  # the platform's own, where names are shared
    order: tuple[float, ...] = ()


def handed_in(path: Path, folder: Path) -> Handed:
    """Read a path as a platform wrote it, or as STUDENT/..., or STUDENT.ipynb."""
    parts = list(path.relative_to(folder).parts)
    if parts[0] == "submitted" and len(parts) > 2:  # nbgrader's course folder
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


def newest(paths: list[Path], folder: Path) -> dict[Path, tuple[str, str, str]]:
    """The notebooks to be graded: of a student's in one lesson the newest alone.

    Returns
    -------
    dict
        Path -> the student as shown, the lesson ("" where it has none), and a note.
    """
    all_ = [handed_in(path, folder) for path in paths]
    numbers: dict[str, set[str]] = {}
    for each in all_:
        numbers.setdefault(each.student, set()).add(each.number)
    groups: dict[tuple[str, str, str], list[Handed]] = {}
    for each in all_:
        try:
            lesson = lesson_of(read_sources(each.path))
        except UnreadableError:
            lesson = ""
        # What is no notebook of the course stands for itself: nothing is newer.
        own = lesson or str(each.path)
        groups.setdefault((each.student, each.number, own), []).append(each)
    found = {}
    for (student, number, lesson), attempts in groups.items():
        last = max(attempts, key=lambda each: (each.order, each.path))
        shared = len(numbers[student]) > 1
        name = f"{student} ({number})" if shared else student
        several = f"the newest of {len(attempts)}" if attempts[1:] else ""
        found[last.path] = (name, lesson if len(lesson) == 2 else "", several)
    return dict(sorted(found.items()))


def read_roster(path: Path) -> dict[str, str]:
    """What a student may be called, in small letters -> the id: the first column.

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
    for row in rows[1:]:
        cells = [cell.strip() for cell in row]
        for cell in filter(None, cells if cells and cells[0] else []):
            known.setdefault(cell.casefold(), cells[0])
        if len(cells) > 2 and cells[0]:  # id, first name, last name
            known.setdefault(f"{cells[1]} {cells[2]}".casefold(), cells[0])
    return known
