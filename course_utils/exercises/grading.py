"""For instructors: run a folder of students' notebooks and count what they solved.

python -m course_utils.exercises FOLDER

writes FOLDER/grades.csv and FOLDER/summary.md. Each notebook runs in a process of its
own, with a time limit and without network, in an empty folder. Each row is on disk
before the next notebook is waited for: a run that was stopped goes on with --resume.
Quizzes do not count: a click is not stored in a notebook.

What this stops is accidents and simple mischief, not forgery: a student's code runs in
the process that judges it. Look at an unlikely result yourself.

For nbgrader: the columns are named as in its export, and its folder ``submitted`` with
``STUDENT/ASSIGNMENT/*.ipynb`` is understood. Its locked cells are not: our notebooks
are the same for students and instructors and hold no metadata of grading. A locked cell
of your own can assert ``exercises.grade(id, answer).status == "correct"``.
"""

import argparse
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from course_utils.exercises.clearing import remove_tree
from course_utils.exercises.grade_one import DONE
from course_utils.exercises.gradebook import Gradebook, Row, counted, shown
from course_utils.exercises.submissions import (
    LARGEST,
    UnreadableError,
    find_notebooks,
    lesson_of,
    read_regular,
    read_sources,
    student_of,
)

_running: set[subprocess.Popen] = set()  # to be ended with the grader
_stopped = threading.Event()


def run(notebook: Path, student: str, seconds: float) -> Row:
    """Run a notebook apart from everything else and return what it solved."""
    row = Row(student)
    begun = time.monotonic()
    try:
        sources = read_sources(notebook)
        row.lesson = lesson_of(sources)
        if row.lesson:
            _fill(row, sources, seconds)
        else:
            row.note = "no exercises found"
    except UnreadableError as error:
        row.note = str(error)
    except Exception as error:  # one notebook must not cost the others their rows
        row.note = f"could not be graded: {type(error).__name__}: {error}"[:300]
    row.seconds = time.monotonic() - begun
    return row


def _fill(row: Row, sources: list[str], seconds: float) -> None:
    folder = Path(tempfile.mkdtemp()).resolve()
    try:
        (folder / "cells.json").write_text(json.dumps(sources), encoding="utf-8")
        row.note = _execute(folder, seconds)
        lines = _lines(folder / "results")
        if not row.note and lines[-1:] != [DONE]:
            row.note = "ended before its last cell"
        for id_, status, said in _verdicts(lines):
            if id_ in counted(row.lesson) and row.results.get(id_) != "correct":
                row.results[id_], row.said[id_] = status, said
    finally:
        remove_tree(folder)


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
            *("cells.json", "results"),
        ],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _running.add(process)
    if _stopped.is_set():  # it began while the others were ended
        _kill(process)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"stopped after {seconds:g} s"
    finally:
        _kill(process)
        _running.discard(process)
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
        text = read_regular(results, LARGEST).decode("utf-8", errors="replace")
    except UnreadableError:  # the student could put anything in its place
        return []
    return text.splitlines(keepends=True)


def _verdicts(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """What was written down, as far as it makes sense: the student could reach it."""
    for line in lines:
        with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
            found = json.loads(line)
            if found["status"] in ("correct", "wrong", "blank"):
                yield str(found["id"]), found["status"], str(found["said"])[:300]


def grade_folder(
    folder: Path, seconds: float, *, jobs: int = 1, resume: bool = False
) -> list[Row]:
    """Run all notebooks under a folder, print a line for each, write the files.

    Parameters
    ----------
    folder : Path
        Searched for notebooks; the files are written here.
    seconds : float
        Limit for a notebook.
    jobs : int
        How many run at a time.
    resume : bool
        Leave out the notebooks that have a row from the run before.
    """
    names = {_key(path, folder): path for path in find_notebooks(folder)}
    if not names:
        return []
    book = Gradebook(folder, _lessons(list(names.values())), resume=resume)
    known = {row.file for row in book.rows}
    todo = {name: path for name, path in names.items() if name not in known}
    if known:
        print(f"{len(names) - len(todo)} of {len(names)} have their row already")
    begun = time.monotonic()
    _stopped.clear()
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting = {
            pool.submit(run, path, student_of(path, folder), seconds): name
            for name, path in todo.items()
        }
        for done, future in enumerate(as_completed(waiting), 1):
            row = future.result()
            row.file = waiting[future]
            book.add(row)
            left = (time.monotonic() - begun) / done * (len(todo) - done)
            print(f"{_line(row)} [{done} of {len(todo)}, {_time(left)}]", flush=True)
    finally:  # also after Ctrl-C: what runs is ended, what is known is written
        _stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(_running):
            _kill(process)
        pool.shutdown()
        book.sort(list(names))
    return book.rows


def _key(notebook: Path, folder: Path) -> str:
    """A notebook's name in the files; no two share one."""
    return shown(notebook.relative_to(folder).as_posix().replace("\\", "\\\\"))


def _lessons(notebooks: list[Path]) -> list[str]:
    """The lessons that need columns, before anything has run."""
    found = set()
    for notebook in notebooks:
        with contextlib.suppress(UnreadableError):
            found.add(lesson_of(read_sources(notebook)))
    return sorted(found - {""})


def _line(row: Row) -> str:
    score = f"{row.solved} of {len(counted(row.lesson))}"
    note = f" ({shown(row.note)})" if row.note else ""
    return f"{shown(row.student)}: lesson {row.lesson or '?'}: {score}{note}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min left" if minutes else f"about {rest} s left"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.exercises",
        description="Run a folder of students' notebooks and count what they solved.",
    )
    parser.add_argument("folder", type=Path, help="searched for .ipynb, also below")
    parser.add_argument(
        "--seconds", type=float, default=600, help="limit for a notebook (default 600)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="how many run at a time (default 1)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with a run that was stopped"
    )
    return parser


def main(arguments: list[str] | None = None) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console code page may lack a letter of a name; that must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = _parser()
    chosen = parser.parse_args(arguments)
    folder, name = chosen.folder, shown(str(chosen.folder))
    if not folder.is_dir():
        parser.error(f"{name} is not a folder")
    if chosen.jobs < 1:
        parser.error(f"--jobs: {chosen.jobs} is less than 1")
    try:
        rows = grade_folder(
            folder.resolve(), chosen.seconds, jobs=chosen.jobs, resume=chosen.resume
        )
    except KeyboardInterrupt:
        print(f"Stopped; what was graded is in {name}. Go on with --resume.")
        raise SystemExit(130) from None
    if not rows:
        parser.error(f"there is no notebook in {name}")
    print(f"Written: grades.csv and summary.md in {name}")
