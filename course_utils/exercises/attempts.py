"""Whose a notebook is, as learning platforms name files, and which is the newest."""

import csv
import io
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

from course_utils.exercises.gradebook import shown
from course_utils.exercises.submissions import (
    NOTEBOOK,
    Notebook,
    UnreadableError,
    archive,
    kind,
    read_notebook,
    read_regular,
)

# Ada Lovelace_12345_assignsubmission_file_  (a folder, or the beginning of a file). The
# last number counts: who is called like such a folder hands in for nobody else.
MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_", re.DOTALL)
# Twice, of the same student: a file that came from there was handed in once more. Whose
# name only looks so has a number behind it.
AGAIN = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_"
    r"(?:[a-z]+_(?P=name)_(?P=id)_assignsubmission_)+(?!(?:.*_)?\d+_assignsubmission_)",
    re.DOTALL,
)
# lovelaceada_LATE_123_456_01.ipynb, and 01-1.ipynb for the second attempt
CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<attempt>\d+)_.*?(?:-(?P<again>\d+))?",
    re.DOTALL | re.IGNORECASE,
)
ROSTER = 10_000_000  # bytes
# What may stand above the names of a roster's columns: blank lines, and Excel's sep=;
ABOVE = re.compile(r'[\s,;"]*(?:sep=(?P<between>[^\w\s"]|\t)[\s,;"]*)?', re.IGNORECASE)
JOINED = 12  # cells of a student with a word in them, of which names are put together
BESIDE = 4  # such cells that may be one name
WORDS = 12  # of a name in one cell: de la Fuente y García, Ana María
# What stands before a name that a student gave a file, and that looks so, too.
BY_CANVAS = re.compile(r"[^_]+_(?:(?i:LATE)_)?\d+(?=_\d+_)", re.DOTALL)
BY_MOODLE = re.compile(r".+?_\d+(?=_assignsubmission_)", re.DOTALL)
NBGRADER = {
    *("source", "release", "submitted", "autograded", "feedback", "solution"),
    "downloaded",
}
FILES = (stat.S_IFREG, stat.S_IFLNK)  # no student's folder, at the top
OF_NBGRADER = ("gradebook.db", "nbgrader_config.py")  # in its course's folder
MOST = 50  # notebooks of one student that are read, the newest
# What Moodle leaves out of a name that it gives a folder; for _ it writes a space.
LEFT_OUT = re.compile(r"""[&<>"`|':\\/]""")
HIDDEN = "hidden: a name on the way to it begins with a dot"
EXACTLY = "\n"  # before an id, among names that are `folded` and so have none


@dataclass(frozen=True)
class Handed:
    """A notebook, whose it is, and what orders it among its student's attempts."""

    path: Path
    student: str
    number: str = ""  # the platform's own, where names are shared
    order: tuple[float, ...] = ()
    hidden: bool = False  # a history of an editor, a bin, what is being saved


def handed_in(
    path: Path, folder: Path, *, course: bool = True, moodle: bool = False
) -> Handed:
    """Read a path as a platform wrote it, or as STUDENT/..., or STUDENT.ipynb.

    Only in a `course` of nbgrader is `submitted` at the top no student. Where all files
    there are called as on `moodle`, none of them is Canvas'.
    """
    parts = list(path.relative_to(folder).parts)
    if course and parts[0] == "submitted" and len(parts) > 2:
        parts = parts[1:]
    try:
        time = path.lstat().st_mtime
    except OSError:
        time = 0
    again = AGAIN.match(parts[0]) if len(parts) == 1 else None
    if found := again or MOODLE.match(parts[0]):
        before, own = parts[0][: found.end("id") + 1], None
        if len(parts) == 1:
            own = (not moodle and BY_CANVAS.match(before)) or BY_MOODLE.match(before)
        if own:  # neither who is named there nor, by each of many files, another one
            return Handed(path, own[0], "", (time,))
        return Handed(path, found["name"], found["id"], (time,))
    if len(parts) > 1:
        return Handed(path, parts[0], "", (time,))
    name = re.sub(r"\.tar\Z", "", path.stem) if archive(path) else parts[0]
    name = NOTEBOOK.sub(r"\g<again>", name)
    if found := CANVAS.fullmatch(name):
        order = (float(found["attempt"]), float(found["again"] or 0), time)
        return Handed(path, found["name"], found["id"], order)
    return Handed(path, name, "", (time,))


@dataclass(frozen=True)
class Chosen:
    """A notebook to be graded: whose it is, as shown, and a note.

    Attributes
    ----------
    student : str
        As shown: no two students of a folder are shown alike.
    called : str
        As the platform wrote it, which several students may be.
    unclear : bool
        Whether the roster has a student whose it could be, and another's as well.
    """

    path: Path
    student: str
    notebook: Notebook = field(repr=False)
    note: str = ""
    called: str = ""
    unclear: bool = False


def newest(paths: list[Path], folder: Path) -> list[Chosen]:
    """The notebooks to be graded: of a student's in one lesson the newest alone.

    Each is read once, here. An archive counts where its student has no notebook.
    """
    groups: dict[tuple[str, str], list[Handed]] = {}
    # Beside students' folders one called `submitted` is a student's, too: what is below
    # it must not stand for a classmate's.
    parts = {path: path.relative_to(folder).parts for path in paths}
    tops = {path: names[0] for path, names in parts.items()}
    alone = (path for path, names in parts.items() if not names[1:])
    loose = {path for path in alone if kind(path) in FILES}
    course = NBGRADER.issuperset(
        top for path, top in tops.items() if path not in loose and top[0] != "."
    ) and (not loose or any(kind(folder / name) in FILES for name in OF_NBGRADER))
    if course and "submitted" in tops.values():  # the rest is the teacher's
        paths = [path for path in paths if tops[path] == "submitted"]
    moodle = all(MOODLE.match(path.name) for path in loose if not archive(path))
    for path in paths:
        each = handed_in(path, folder, course=course, moodle=moodle)
        hidden = any(name.startswith(".") for name in parts[each.path][1:])
        each = replace(each, hidden=hidden)
        # A platform's number is one student's, however a Mac writes the name.
        name = _composed(each.student) if each.number else each.student
        groups.setdefault((name, each.number), []).append(each)
    names = _apart(groups)
    found: list[Chosen] = []
    for key, attempts in groups.items():
        each_of_it = _newest_of(_worth_reading(attempts, folder), names[key])
        found += [replace(each, called=key[0]) for each in each_of_it]
    return sorted(found, key=lambda each: each.path)


def left_out(paths: list[Path], chosen: list[Chosen], folder: Path) -> str:
    """Loose notebooks that are nobody's, where nbgrader's files lie beside them.

    Who grades a file drop sees by their names that they are students'.
    """
    if any(each.path.relative_to(folder).parts[0] != "submitted" for each in chosen):
        return ""
    loose = [path for path in paths if path.parent == folder and not archive(path)]
    names = [shown(path.name) for path in loose[:3]]
    more = len(loose) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _composed(name: str) -> str:
    """A name with each accent in its letter, as screens show it anyway."""
    return unicodedata.normalize("NFC", name)


def _apart(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """How each student is shown, by name and number: no two alike."""
    names = {key: key[0] for key in keys}
    for turn in count():
        seen = {key: _composed(shown(name)) for key, name in names.items()}
        often = Counter(seen.values())
        alike = sorted(key for key in names if often[seen[key]] > 1)
        if not alike:
            break
        for place, key in enumerate(alike, 1):
            if mark := str(place) if turn else key[1]:
                names[key] += f" ({mark})"
    return names


def _worth_reading(attempts: list[Handed], folder: Path) -> list[Handed]:
    last = sorted(attempts, key=lambda each: (not each.hidden, each.order, each.path))
    notebooks = [x for x in last if not archive(x.path)]
    # An archive beside the students' folders is what the platform handed out.
    own = [x for x in last if x.number or x.path.parent != folder]
    return notebooks[-MOST:] or own[-1:]


def _newest_of(attempts: Iterable[Handed], student: str) -> list[Chosen]:
    """One student's by lesson: the hidden first, then the oldest."""
    last: dict[str, tuple[Handed, Notebook, int]] = {}
    for each in attempts:
        notebook = read_notebook(each.path)
        if not notebook.lesson:  # it is not run, and fifty such may be kept
            notebook = replace(notebook, sources=[])
        # What is no notebook of the course stands for itself: nothing is newer.
        key = notebook.lesson or str(each.path)
        before, _, count = last.get(key, (each, None, 0))
        count = count + 1 if before.hidden == each.hidden else 1
        last[key] = (each, notebook, count)
    return [
        Chosen(each.path, student, notebook, _said(each, count))
        for each, notebook, count in last.values()
    ]


def _said(each: Handed, count: int) -> str:
    """What is to be known of a student's notebook that counts."""
    found = [f"the newest of {count}"] if count > 1 else []
    # Else who opens the student's folder looks in vain for what is graded.
    return "; ".join([*found, HIDDEN] if each.hidden else found)


def on_roster(chosen: list[Chosen], roster: Mapping[str, str]) -> list[Chosen]:
    """The same, each as the student whose id the roster has, or with a note.

    A name is chosen freely on most platforms. So an id that two of them could mean
    stands for neither: a person sees which row is whose.
    """
    if not roster:
        return chosen
    ids = [
        roster.get(EXACTLY + each.called) or roster.get(folded(each.called))
        for each in chosen
    ]
    taken = set(map(folded, roster.values()))
    claims: dict[str, set[str]] = {}
    for each, id_ in zip(chosen, ids):
        claims.setdefault(id_ or "", set()).add(each.student)
    found = []
    for each, id_ in zip(chosen, ids):
        student, said, unclear = each.student, "", True
        if id_ and len(claims[id_]) == 1:
            student, unclear = id_, False
        elif id_:
            said = f"{len(claims[id_])} here could be {id_} of the roster"
            if folded(student) in taken:  # it is no id here
                student = f"{student} (?)"
        elif id_ == "":
            said = "more than one on the roster is called so"
        else:
            said, unclear = "is not on the roster", False
        note = "; ".join(filter(None, (each.note, said)))
        found.append(replace(each, student=student, note=note, unclear=unclear))
    return found


def folded(name: str) -> str:
    """A name as it is looked up: letters, however they are written and spaced."""
    small = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", small).split())


def read_roster(path: Path) -> dict[str, str]:
    """What a student may be called, as `folded` -> the id: the first column.

    What several may be called stands for none of them: "" is its id. Of ids that only
    capitals tell apart each stands for its student as it is written, behind `EXACTLY`.

    Raises
    ------
    UnreadableError
        Where it is no table.
    """
    try:
        text = read_regular(path, ROSTER).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("is no text in UTF-8") from None
    try:
        table = _table(text)
    except csv.Error as error:
        raise UnreadableError(f"is no table: {error}") from None
    known: dict[str, str] = {}
    for id_, *cells in table:
        called = [*_called(id_, [*filter(None, cells)])]
        # Else O'Brien is nobody on Moodle, or who has OBrien in a field of their own.
        called += [LEFT_OUT.sub("", x.replace("_", " ")) for x in (id_, *called)]
        for name in set(filter(None, map(folded, called))):
            known[name] = "" if known.get(name, id_) != id_ else id_
    ids = dict.fromkeys(cells[0] for cells in table)
    often = Counter(map(folded, ids))
    for id_ in ids:
        if alike := often[folded(id_)] > 1:
            known[EXACTLY + id_] = id_
        known[folded(id_)] = "" if alike else id_
    return known


def _table(text: str) -> list[list[str]]:
    """The rows that have an id, below the names of the columns."""
    lines = io.StringIO(text, newline=None)
    between = header = ""
    above_all = 0  # lines above the names of the columns
    for above_all, header in enumerate(lines):  # noqa: B007 - it stays
        if not (above := ABOVE.fullmatch(header)):
            break
        between = above["between"] or between
    # Guessing more than this takes the apostrophes of 't Hooft and Jones' for quotes.
    between = between or max(",;\t", key=header.count)
    rows = csv.reader(
        chain([header], lines), delimiter=between, skipinitialspace=True, strict=True
    )
    table: list[list[str]] = []
    begun = above_all  # the last line that was read as a whole
    try:
        for row in rows:
            # Of a quote behind a backslash not every platform writes two. Then all rows
            # up to the next one would be one cell, and their students on no roster.
            if any("\n" in cell and '\\"' in cell for cell in row):
                raise csv.Error("a quote behind a backslash is not doubled")
            table.append([cell.strip() for cell in row])
            begun = above_all + rows.line_num
    except csv.Error as error:
        raise csv.Error(f"{error}, from line {begun + 1} on") from None
    # Below the names of its columns Canvas says how many points there are.
    return [x for x in table[1:] if x and x[0] not in ("", "Points Possible")]


def _called(id_: str, cells: list[str]) -> Iterator[str]:
    """What a student may be called: each cell, and what platforms make of several.

    Of a mail address no part: it may be somebody else's name.
    """
    yield from cells
    names = [cell for cell in cells if _is_name(cell)][:JOINED]
    for cell in names if re.search(r"\d", id_) else filter(_is_name, [id_, *names]):
        parts = [part.strip() for part in cell.split(",") if part.strip()]
        if len(parts) > 1:  # Lovelace, Ada
            yield from map(" ".join, _turned(parts))
        words = cell.replace(",", " ").split()
        if 1 < len(words) <= WORDS:  # Canvas: no spaces, and the last name first
            letters = [*map(_letters, words)]
            for i in range(len(words)):
                yield "".join(letters[i:] + letters[:i])
    yield from map(" ".join, _joined(names))
    yield from map("".join, _joined([*map(_letters, names)]))


def _is_name(cell: str) -> bool:
    return "@" not in cell and any(map(str.isalpha, cell))


def _joined(cells: list[str]) -> Iterator[list[str]]:
    """The cells that may together be a name: those beside one another, or all.

    Of more than two also the first and the last: not all write a middle name.
    """
    for start in range(len(cells)):
        near = cells[start : start + BESIDE]
        for end in range(1, len(near)):
            yield from ([near[0], near[end]], [near[end], near[0]])
            if end > 1:
                yield from _turned(near[: end + 1])
    if len(cells) > BESIDE:
        yield from _turned(cells)


def _turned(parts: list[str]) -> list[list[str]]:
    """As they are, and with the last or the first at the other end."""
    return [parts, parts[-1:] + parts[:-1], parts[1:] + parts[:1]]


def _letters(name: str) -> str:
    """Letters, with their accents, and digits: what Canvas leaves of a name."""
    return "".join(c for c in folded(name) if unicodedata.category(c)[0] in "LMN")
