"""For instructors: run a folder of students' notebooks and count what they solved.

python -m course_utils.exercises FOLDER

writes FOLDER/grades.csv and FOLDER/summary.md. Each notebook runs in a process of its
own, with a time limit and without network, in an empty folder: a broken or a hostile
one spoils only its own row. Quizzes do not count: a click is not stored in a notebook.

For nbgrader: the columns are named as in its export, and its folder ``submitted`` with
``STUDENT/ASSIGNMENT/*.ipynb`` is understood. Its locked cells are not: our notebooks
are the same for students and instructors and hold no metadata of grading. A locked cell
of your own can assert ``exercises.grade(id, answer).status == "correct"``.
"""

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.exercises.catalogue import lesson as exercises_of
from course_utils.exercises.catalogue import numbers
from course_utils.exercises.grade_one import DONE

CALL = re.compile(r"""check\(\s*\\?["'](\d\d)\.""")

LARGEST = 50_000_000  # bytes of a notebook


@dataclass
class Row:
    """One notebook: the status of each exercise, and a note if something happened."""

    student: str
    lesson: str = ""
    seconds: float = 0
    note: str = ""
    results: dict[str, str] = field(default_factory=dict)  # id -> status
    said: dict[str, str] = field(default_factory=dict)  # id -> first line of a verdict

    @property
    def solved(self) -> int:
        return list(self.results.values()).count("correct")


def counted(lesson: str) -> list[str]:
    """The ids that count in a lesson: all but the quizzes."""
    there = exercises_of(lesson) if lesson else {}
    return [id_ for id_, exercise in there.items() if not exercise.choices]


def run(notebook: Path, student: str, seconds: float) -> Row:
    """Run a notebook apart from everything else and return what it solved."""
    row = Row(student)
    try:
        if notebook.stat().st_size > LARGEST:
            raise ValueError
        text = notebook.read_text(encoding="utf-8")
        json.loads(text)["cells"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        row.note = "is not a notebook that can be read"
        return row
    known = Counter(n for n in CALL.findall(text) if n in numbers())
    if not known:
        row.note = "no exercises found"
        return row
    row.lesson = known.most_common(1)[0][0]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "notebook.ipynb").write_text(text, encoding="utf-8")
        row.note = _execute(folder, seconds)
        lines = _lines(folder / "results")
        if not row.note and lines[-1:] != [DONE]:
            row.note = "ended before its last cell"
        for id_, status, said in _verdicts(lines):
            if id_ in counted(row.lesson) and row.results.get(id_) != "correct":
                row.results[id_], row.said[id_] = status, said
    row.seconds = time.monotonic() - begun
    return row


def _execute(folder: Path, seconds: float) -> str:
    """Run the notebook in a folder; say what went wrong, if anything did."""
    places = ("HOME", "COURSE_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME")
    # No more of the instructor's environment than Python needs to start.
    needed = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in needed if name in os.environ}
    environment |= dict.fromkeys((*places, "TMPDIR", "TEMP"), str(folder))
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    process = subprocess.Popen(
        [
            *_without_network(),
            *(sys.executable, "-m", "course_utils.exercises.grade_one"),
            *("notebook.ipynb", "results"),
        ],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"stopped after {seconds:g} s"
    finally:
        _kill(process)
    return ""


def _kill(process: subprocess.Popen) -> None:
    """End a process and all that it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _without_network() -> list[str]:
    """A command that cuts off the network, where the system has one that works.

    Elsewhere the audit hook of `_grade_one` alone refuses connections.
    """
    command = ["unshare", "--map-root-user", "--net"]
    if not shutil.which(command[0]):
        return []
    works = subprocess.run([*command, "true"], capture_output=True, check=False)
    return [] if works.returncode else command


def _lines(results: Path) -> list[str]:
    try:
        with results.open(encoding="utf-8", errors="replace") as file:
            return file.read(LARGEST).splitlines(keepends=True)
    except OSError:
        return []


def _verdicts(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """What was written down, as far as it makes sense: the student could reach it."""
    for line in lines:
        with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
            found = json.loads(line)
            if found["status"] in ("correct", "wrong", "blank"):
                yield str(found["id"]), found["status"], str(found["said"])[:300]


def name_of(notebook: Path, folder: Path) -> str:
    """The student: the folder (nbgrader's layout), or the notebook's own name."""
    parts = notebook.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else notebook.stem


def grade_folder(folder: Path, seconds: float) -> list[Row]:
    """Run all notebooks under a folder, print a line for each, write both files."""
    notebooks = sorted(
        path
        for path in folder.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )
    rows = []
    for notebook in notebooks:
        rows.append(run(notebook, name_of(notebook, folder), seconds))
        print(_line(rows[-1]), flush=True)
    _write_csv(folder / "grades.csv", rows)
    (folder / "summary.md").write_text(_summary(rows), encoding="utf-8")
    return rows


def _line(row: Row) -> str:
    score = f"{row.solved} of {len(counted(row.lesson))}"
    note = f" ({row.note})" if row.note else ""
    return f"{row.student}: lesson {row.lesson or '?'}: {score}{note}"


def _write_csv(path: Path, rows: list[Row]) -> None:
    ids = [i for lesson in sorted({r.lesson for r in rows}) for i in counted(lesson)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        columns = ("student_id", "assignment", "score", "max_score", "seconds", "note")
        writer.writerow([*columns, *ids])
        for row in rows:
            # A spreadsheet would take a name that begins so for a formula.
            student = "'" + row.student if row.student[0] in "=+-@" else row.student
            most = len(counted(row.lesson))
            first = [
                student,
                row.lesson,
                row.solved,
                most,
                round(row.seconds),
                row.note,
            ]
            own = counted(row.lesson)
            each = [row.results.get(i, "missing" if i in own else "") for i in ids]
            writer.writerow([*first, *each])


def _summary(rows: list[Row]) -> str:
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
            wrong = (r.said[id_] for r in group if r.results.get(id_) == "wrong")
            worst = ", ".join(f"{n}x {s}" for s, n in Counter(wrong).most_common(1))
            lines.append(_markdown_row(id_, f"{solved} of {len(group)}", worst))
    return "\n".join(lines) + "\n"


def _markdown_row(*cells: str) -> str:
    clean = (" ".join(cell.replace("|", "\\|").split()) for cell in cells)
    return f"| {' | '.join(clean)} |"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.exercises",
        description="Run a folder of students' notebooks and count what they solved.",
    )
    parser.add_argument("folder", type=Path, help="searched for .ipynb, also below")
    parser.add_argument(
        "--seconds", type=float, default=600, help="limit for a notebook (default 600)"
    )
    chosen = parser.parse_args(arguments)
    if not chosen.folder.is_dir():
        parser.error(f"{chosen.folder} is not a folder")
    if not grade_folder(chosen.folder.resolve(), chosen.seconds):
        parser.error(f"there is no notebook in {chosen.folder}")
    print(f"Written: grades.csv and summary.md in {chosen.folder}")
