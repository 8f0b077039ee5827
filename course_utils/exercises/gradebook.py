"""What a run of grading has found so far, on disk after every notebook.

``grades.csv`` is for the instructor; ``grades.jsonl`` holds the same rows with what was
said of each answer, so that a run that was stopped can go on.
"""

import contextlib
import csv
import io
import json
import os
import re
import secrets
import stat
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

from course_utils.exercises.catalogue import lesson as exercises_of
from course_utils.exercises.catalogue import numbers
from course_utils.exercises.submissions import UnreadableError, kind, read_regular
from course_utils.exercises.words import as_code

COLUMNS = ("student_id", "assignment", "score", "max_score", "seconds", "note")
FORMULA = "=+@＝＋－＠-"  # spreadsheets of some languages take the wide ones, too
# Where numbers have a comma, a spreadsheet divides a line at semicolons.
NEXT_CELL = re.compile(rf""";(?=[\s"']*[{FORMULA}])""")
BEFORE_CELL = re.compile(r"\\*\|")
ADDRESS = re.compile(r"(?i)(?<=[a-z])(?=://)|(?<=www)(?=\.)|(?<!:)(?=//)")
# Mathematics and other TeX, letters by their number, addresses of mail; with pandoc
# attributes, in which scripts may be, and footnotes; two backticks, which no single one
# ends, but, for pandoc, the next two of another row.
ONLY_AS_CODE = re.compile(r"[$&@{}\\]|\^\[|``")
LARGEST = 500_000_000  # bytes of a table that is read again
TEXTS = ("student", "lesson", "note", "file", "digest", "happened")
MOST_ANSWERS = 10  # to one exercise: who tries more is guessing
STATUSES = {"correct", "wrong", "blank", "by hand"}


@dataclass
class Row:
    """One notebook: the status of each exercise, and a note if something happened."""

    student: str
    lesson: str = ""
    seconds: float = 0
    note: str = ""
    results: dict[str, str] = field(default_factory=dict)  # id -> status
    said: dict[str, str] = field(default_factory=dict)  # id -> first line of a verdict
    file: str = ""  # the notebook, from the folder on
    lines: dict[str, list[str]] = field(default_factory=dict)  # id -> a whole verdict
    peak: int = 0  # bytes of memory
    digest: str = ""  # of the notebook's bytes
    happened: str = ""  # of the note, what is said of the run
    late: bool = False  # something in it ran out of time, while others ran
    # id -> digests of what came, until it was right
    answers: dict[str, list[str]] = field(default_factory=dict)

    def belongs_to(self, student: str, note: str) -> None:
        """Say whose it is, and with `note` what is to be said of that."""
        self.student = student
        self.note = "; ".join(filter(None, (self.happened, note)))

    def keep_right(self, before: "Row") -> None:
        """Keep what was right when it was graded before: training throws dice.

        Of both together the first ten different answers count. A notebook sees which
        run it is, and by the clock that nothing was right: it would have ten more.
        """
        for id_, status in before.results.items():
            came = [*before.answers.get(id_, []), *(own := self.answers.get(id_, []))]
            self.answers[id_] = list(dict.fromkeys(came))
            more = own[-1:] and self.answers[id_].index(own[-1]) >= MOST_ANSWERS
            many = more and self.results.get(id_) == "correct" != status
            # What was not handed over again stays as it was.
            if many or status == "correct" or id_ not in self.results:
                self.results[id_], self.said[id_] = status, before.said[id_]
                self.lines[id_] = before.lines.get(id_, [])
            if many:
                said = f"only {MOST_ANSWERS} answers to {id_} count"
                self.happened = "; ".join(filter(None, (said, self.happened)))
                self.note = "; ".join(filter(None, (said, self.note)))

    @property
    def solved(self) -> int:
        return list(self.results.values()).count("correct")


def _sound(row: Row) -> bool:
    """Whether a row that was read holds what rows do; a disk or an editor may err."""
    texts = [*(getattr(row, name) for name in TEXTS), *row.results, *row.said.values()]
    texts += [line for lines in row.lines.values() for line in lines]
    return (
        all(type(each) is str for each in texts)
        and all(type(each) in (int, float) for each in (row.seconds, row.peak))
        and type(row.late) is bool
        and all(type(each) is list for each in row.answers.values())
        and all(type(each) is str for came in row.answers.values() for each in came)
        and row.answers.keys() <= row.results.keys()
        and row.lesson in ("", *numbers())
        and set(row.results.values()) <= STATUSES
        and row.results.keys() <= row.said.keys()
    )


def counted(lesson: str) -> list[str]:
    """The ids that count in a lesson: all but the quizzes."""
    there = exercises_of(lesson) if lesson else {}
    return [id_ for id_, exercise in there.items() if not exercise.choices]


def shown(text: str) -> str:
    """A name on one line, in characters that every file and most screens can take.

    Bytes that are no UTF-8, tabs and marks that turn the writing round are escaped.
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def cell(text: str) -> str:
    """A name or a note as a spreadsheet takes it for text, not for a formula.

    Who has an apostrophe there already gets one more: no two names become one.
    """
    clean = NEXT_CELL.sub(";'", shown(text))
    return f"'{clean}" if clean.lstrip(" '")[:1] in tuple(FORMULA) else clean


def written_as(folder: Path, name: str) -> str:
    """What a file is called there: a folder of that name, a student's, stays."""
    stem, _, ending = name.partition(".")
    names = (f"{stem}-{n}.{ending}" if n > 1 else name for n in count(1))
    return next(n for n in names if not _folder(folder / n))


def _folder(path: Path) -> bool:
    return kind(path) == stat.S_IFDIR


class Gradebook:
    """The files of one run. `add` has a row on disk before it returns.

    Parameters
    ----------
    folder : Path
        Where the files are written.
    lessons : list of str
        Whose exercises have a column.
    resume : bool
        Keep the rows of the run before; they are in `rows`.
    reports : dict
        Further files, by name: each is made from all rows, at the end.

    Attributes
    ----------
    files : dict
        Where each file is written, by name: beside a folder that is called so.
    """

    def __init__(
        self,
        folder: Path,
        lessons: list[str],
        *,
        resume: bool = False,
        reports: Mapping[str, Callable[[list[Row]], str]] | None = None,
    ) -> None:
        self.folder, self.reports = folder, reports or {}
        files = ("grades.jsonl", "grades.csv", "summary.md", *self.reports)
        self.files = {name: folder / written_as(folder, name) for name in files}
        self.rows = self._earlier() if resume else []
        every = {*lessons, *(row.lesson for row in self.rows)}
        self.ids = [id_ for number in sorted(every) for id_ in counted(number)]
        self.write()

    def add(self, row: Row) -> None:
        if before := [each for each in self.rows if each.file == row.file]:
            row.keep_right(before[0])  # it was graded anew
            self.rows = [row if each.file == row.file else each for each in self.rows]
            self.write()
            return
        self.rows.append(row)
        for name, line in (
            ("grades.jsonl", json.dumps(asdict(row)) + "\n"),
            ("grades.csv", self._csv([self._cells(row)])),
        ):
            with self.files[name].open("a", encoding="utf-8", newline="") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())

    def keep(self, digests: Mapping[str, str]) -> None:
        """Keep only the rows of notebooks that are there as they were."""
        there = digests.get
        self.rows = [r for r in self.rows if r.digest and there(r.file) == r.digest]
        self.write()

    def sort(self, files: list[str]) -> None:
        """Put the rows in the order of the notebooks, and write the files anew."""
        place = {name: number for number, name in enumerate(files)}
        self.rows.sort(key=lambda row: place.get(row.file, len(place)))
        self.write()

    def write(self) -> None:
        """Write all files anew; at no time is one of them half written."""
        header: list[object] = [*COLUMNS, *self.ids]
        table: list[list[object]] = [header]
        table += [self._cells(row) for row in self.rows]
        journal = "".join(json.dumps(asdict(row)) + "\n" for row in self.rows)
        self._replace("grades.jsonl", journal)
        self._replace("grades.csv", self._csv(table))
        self._replace("summary.md", summary(self.rows))
        for name, make in self.reports.items():
            self._replace(name, make(self.rows))

    def _replace(self, name: str, text: str) -> None:
        # A new file in place of the old: a link or a pipe of that name, which a student
        # could have handed in, is neither followed nor waited for.
        # Nobody else's has the name of that one.
        new = self.folder / f".{name}.{secrets.token_hex(8)}"
        try:
            with new.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.files[name])
        finally:
            new.unlink(missing_ok=True)  # half of it, on a full disk

    def _earlier(self) -> list[Row]:
        try:
            lines = read_regular(self.files["grades.jsonl"], LARGEST).splitlines()
        except UnreadableError:
            return []
        rows = {}
        for line in lines:  # the last may be cut off
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                row = Row(**json.loads(line))
                if _sound(row):  # else it is graded anew
                    rows[row.file] = row
        return list(rows.values())

    def _cells(self, row: Row) -> list[object]:
        own = counted(row.lesson)
        first = [cell(row.student), row.lesson, row.solved, len(own)]
        each = [row.results.get(i, "missing" if i in own else "") for i in self.ids]
        return [*first, round(row.seconds), cell(row.note), *each]

    @staticmethod
    def _csv(rows: list[list[object]]) -> str:
        text = io.StringIO()
        # In quotes a semicolon divides nothing: some spreadsheets take it for a comma.
        csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
        return text.getvalue()


def mistakes(id_: str, rows: list[Row], most: int) -> list[tuple[str, int]]:
    """What was said of wrong answers to an exercise, and how often, so many at most."""
    wrong = (row.said[id_] for row in rows if row.results.get(id_) == "wrong")
    return Counter(wrong).most_common(most)


def summary(rows: list[Row]) -> str:
    """Who solved how much; then, a line an exercise, what most went wrong with."""
    lines = ["# Exercises", "", "| student | lesson | solved | seconds | note |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for row in rows:
        score = f"{row.solved} of {len(counted(row.lesson))}"
        cells = (row.student, row.lesson, score, f"{row.seconds:.0f}", row.note)
        lines.append(_markdown_row(*cells))
    lines += [
        "",
        "| exercise | solved | most frequent mistake |",
        "| --- | --- | --- |",
    ]
    for lesson in sorted({row.lesson for row in rows}):
        group = [row for row in rows if row.lesson == lesson]
        for id_ in counted(lesson):
            solved = sum(row.results.get(id_) == "correct" for row in group)
            worst = ", ".join(f"{n}x {said}" for said, n in mistakes(id_, group, 1))
            lines.append(_markdown_row(id_, f"{solved} of {len(group)}", worst))
    return "\n".join(lines) + "\n"


def _markdown_row(*cells: str) -> str:
    return f"| {' | '.join(map(_markdown, cells))} |"


def _markdown(words: str) -> str:
    """Of what students wrote, nothing becomes a cell, a picture, a link, a tag.

    Nor mathematics, which hides all rows between two dollars and may hold links. No
    way to escape them holds everywhere: such words are code as a whole.
    """
    plain = shown(" ".join(words.split()))
    clean = BEFORE_CELL.sub(r"\|", plain)
    if ONLY_AS_CODE.search(plain) or plain.count("`") % 2:
        return as_code(clean)
    clean = clean.replace("<", "&lt;").replace("![", "!\\[")
    return ADDRESS.sub(r"\\", clean.replace("](", "]\\("))
