"""For instructors: run a folder of students' notebooks and count what they solved.

python -m course_utils.exercises FOLDER

writes grades.csv, summary.html, summary.md and gradescope.json in FOLDER. Each notebook
runs in a sandbox of its own, where no answer and no judge is; what it answers is judged
outside. Each row is on disk before the next notebook is waited for: a run that was
stopped goes on with --resume. Quizzes do not count: no notebook stores a click.

How to, what is safe and what is not: docs/grading.md.
"""

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from course_utils.exercises.attempts import (
    Chosen,
    left_out,
    newest,
    on_roster,
    read_roster,
)
from course_utils.exercises.gradebook import (
    Gradebook,
    Row,
    counted,
    shown,
    written_as,
)
from course_utils.exercises.one_notebook import Way, end_all, run, stopped
from course_utils.exercises.reports import gradescope, page
from course_utils.exercises.sandbox import (
    WARNING,
    Sandbox,
    bubblewrap_works,
    room_without_answers,
)
from course_utils.exercises.submissions import (
    UnreadableError,
    find_notebooks,
)
from course_utils.exercises.watching import BY_CLOCK, Limits, threads_of_each

MOST = 1_000_000  # seconds or GB of a limit


def grade_folder(
    folder: Path,
    way: Way,
    *,
    jobs: int = 1,
    resume: bool = False,
    roster: dict[str, str] | None = None,
) -> list[Row]:
    """Run all notebooks under a folder, print a line for each, write the files.

    Parameters
    ----------
    folder : Path
        Searched for notebooks; the files are written here.
    way : Way
        Sandbox and limits.
    jobs : int
        How many run at a time.
    resume : bool
        Leave out the notebooks that have a row from the run before, and are the same.
    roster : dict
        What students are called -> their id; who is missing has a row, too.
    """
    paths = find_notebooks(folder)
    chosen = on_roster(newest(paths, folder), roster or {})
    names = {_key(each.path, folder): each for each in chosen}
    if not names:
        return []
    lessons = sorted({each.notebook.lesson for each in chosen} - {""})
    reports = {"summary.html": page, "gradescope.json": gradescope}
    book = Gradebook(folder, lessons, resume=resume, reports=reports)
    for wanted, path in book.files.items():  # a student can be called so
        if path.name != wanted:
            _tell(f"{wanted} is a folder here: the file is called {path.name}")
    if loose := left_out(paths, chosen, folder):  # a student can hand both in
        _tell(f"NOT graded, as they lie beside nbgrader's `submitted`: {loose}")
    digests = {name: each.notebook.digest for name, each in names.items()}
    book.keep(digests)
    for row in book.rows:  # the roster may be another today, and who handed in
        row.belongs_to(names[row.file].student, names[row.file].note)
    known = {row.file for row in book.rows}
    if known:
        _tell(f"{len(known)} of {len(names)} have their row already")
    try:
        todo = {name: each for name, each in names.items() if name not in known}
        _grade(book, todo, way, jobs)
        # A notebook can slow the memory that all processors share.
        late = {row.file: names[row.file] for row in book.rows if row.late}
        if late:
            said = "ran out of time or ended early beside others: once more, alone"
            _tell(f"{len(late)} {said}")
            _grade(book, late, way, 1)
    finally:
        book.sort(list(names))
    _add_missing(book, roster or {}, unclear=any(each.unclear for each in chosen))
    return book.rows


def _grade(book: Gradebook, todo: Mapping[str, Chosen], way: Way, jobs: int) -> None:
    """Run notebooks, so many at a time, and write down and print each row at once."""
    begun = time.monotonic()
    stopped.clear()
    shares: SimpleQueue[set[int]] = SimpleQueue()
    for share in processors(jobs):
        shares.put(share)
    pool = ThreadPoolExecutor(jobs, initializer=lambda: _stay_on(shares.get()))
    try:
        waiting = {
            pool.submit(run, each.notebook, each.student, way): name
            for name, each in todo.items()
        }
        for done, future in enumerate(_as_they_end(waiting), 1):
            row = future.result()
            row.file = waiting[future]
            row.happened, row.late = row.note, row.late and jobs > 1
            row.belongs_to(todo[row.file].student, todo[row.file].note)
            book.add(row)
            left = (time.monotonic() - begun) / done * (len(todo) - done)
            _tell(f"{_line(row)} [{done} of {len(todo)}, {_time(left)}]")
    finally:  # also after Ctrl-C: what runs is ended, what is known is written
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
        pool.shutdown()


def _as_they_end(futures: Iterable[Future[Row]]) -> Iterator[Future[Row]]:
    """Each as it ends, in short waits.

    Python hears a signal that comes just before a wait when it is over.
    """
    left = set(futures)
    while left:
        done, left = wait(left, timeout=1, return_when=FIRST_COMPLETED)
        yield from done


def processors(jobs: int) -> list[set[int]]:
    """Of the processors that there are, the share of each job; without end none.

    Else a notebook with hundreds of threads takes the time that others are given.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [set()] * jobs
    all_ = sorted(os.sched_getaffinity(0))
    if jobs > len(all_):
        return [{all_[job % len(all_)]} for job in range(jobs)]
    ends = [job * len(all_) // jobs for job in range(jobs + 1)]
    return [set(all_[i:j]) for i, j in pairwise(ends)]


def _stay_on(share: set[int]) -> None:
    """Bind this thread, and what it starts, to some processors."""
    if share:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, share)


def _add_missing(book: Gradebook, roster: dict[str, str], *, unclear: bool) -> None:
    """A row for each student on the roster who handed in nothing."""
    known = {row.student for row in book.rows}
    note = "handed in nothing"
    if unclear:
        note += " that is surely this student's"
    for student in dict.fromkeys(roster.values()):
        if student and student not in known:
            book.add(Row(student, note=note, file=f"roster: {student}"))
    book.write()


def _key(notebook: Path, folder: Path) -> str:
    """A notebook's name in the files; no two share one."""
    return shown(notebook.relative_to(folder).as_posix().replace("\\", "\\\\"))


def _tell(line: str) -> None:
    """Print a line. A window that was closed, or a `| head`, does not end a run."""
    try:
        print(line, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _line(row: Row) -> str:
    score = f"{row.solved} of {len(counted(row.lesson))}"
    note = f" ({shown(row.note)})" if row.note else ""
    return f"{shown(row.student)}: lesson {row.lesson or '?'}: {score}{note}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min left" if minutes else f"about {rest} s left"


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number between 0 and {MOST}")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.exercises",
        description="Run a folder of students' notebooks and count what they solved.",
    )
    parser.add_argument("folder", type=Path, help="searched for .ipynb, also below")
    parser.add_argument(
        "--seconds",
        type=_positive,
        default=600,
        help="limit for a notebook, on a free computer (default 600)",
    )
    parser.add_argument(
        "--cell-seconds",
        type=_positive,
        default=300,
        help="limit for a cell (default 300)",
    )
    parser.add_argument(
        "--memory", type=_positive, default=6, help="limit in GB (default 6)"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="how many run at a time (default 1)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with a run that was stopped"
    )
    parser.add_argument(
        "--roster", type=Path, help="CSV: its first column is a student's id"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--container", choices=("docker", "podman"), help="instead of bubblewrap"
    )
    where.add_argument(
        "--no-sandbox",
        action="store_true",
        help="let students' code do whatever you can do: for notebooks you have read",
    )
    parser.add_argument(
        "--image", default="cnn-course", help="of the container (default cnn-course)"
    )
    return parser


def _sandbox(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> Sandbox:
    if chosen.no_sandbox:
        _tell(f"WARNING: everything is {WARNING.replace('this', 'a')}.")
        return Sandbox("none")
    if chosen.container:
        return Sandbox(chosen.container, chosen.image)
    if why := bubblewrap_works():
        parser.error(
            f"{why}, or use --container docker (or podman). docs/grading.md says how, "
            "and what --no-sandbox risks"
        )
    return Sandbox("bubblewrap", hidden=chosen.folder.resolve())


class _Ended(KeyboardInterrupt):
    """What ends the grader from outside, Ctrl-C or another signal."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextlib.contextmanager
def _ended_as_stopped() -> Iterator[None]:
    """Leave nothing behind after Ctrl-C, and where a system shuts down.

    Whoever is in a hurry presses twice: the second one must not stop the clearing up.
    """
    before: dict[int, Any] = {}

    def end(number: int, _: object) -> None:
        for each in before:  # once: what is left to do is to clear up
            signal.signal(each, signal.SIG_IGN)
        raise _Ended(number)

    if threading.current_thread() is threading.main_thread():
        usual = (signal.SIG_DFL, signal.default_int_handler)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Who started it with `nohup` wants it to go on.
            if number and signal.getsignal(number) in usual:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _as_from_a_shell() -> None:
    """Undo what services may start a program with.

    What ends would not be noticed; and what is opened would be input and output.
    """
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def main(arguments: list[str] | None = None) -> None:
    _as_from_a_shell()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console code page may lack a letter of a name; that must not end the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = _parser()
    chosen = parser.parse_args(arguments)
    folder, name = chosen.folder, shown(str(chosen.folder))
    if not folder.is_dir():
        parser.error(f"{name} is not a folder")
    try:
        os.scandir(folder).close()
    except OSError as error:
        parser.error(f"{name} cannot be opened: {error.strerror}")
    if chosen.jobs < 1:
        parser.error(f"--jobs: {chosen.jobs} is less than 1")
    roster = None
    try:
        roster = read_roster(chosen.roster) if chosen.roster else None
    except UnreadableError as error:
        parser.error(f"--roster: {shown(str(chosen.roster))} {error}")
    sandbox = _sandbox(chosen, parser)
    threads = threads_of_each(chosen.jobs)
    if not threads:
        parser.error(
            f"--jobs: {chosen.jobs} notebooks at a time need more processes than you "
            "may have: take fewer, or a larger `ulimit -u`"
        )
    limits = Limits(
        threads=threads,
        seconds=chosen.seconds,
        # As long as the whole notebook: then it is the notebook that is stopped.
        cell_seconds=chosen.cell_seconds
        if chosen.cell_seconds < chosen.seconds
        else BY_CLOCK * chosen.seconds,
        memory=int(chosen.memory * 2**30),
    )
    try:
        with _ended_as_stopped(), room_without_answers() as room:
            rows = grade_folder(
                folder.resolve(),
                Way(sandbox, limits, room),
                jobs=chosen.jobs,
                resume=chosen.resume,
                roster=roster,
            )
    except OSError as error:  # a full disk
        parser.error(
            f"cannot write in {name}: {error.strerror}. Rows that were written stay: "
            "go on with --resume when that is mended"
        )
    except KeyboardInterrupt as stop:
        code = 128 + (stop.number if isinstance(stop, _Ended) else signal.SIGINT)
        _tell(f"Stopped; what was graded is in {name}. Go on with --resume.")
        raise SystemExit(code) from None
    if not rows:
        parser.error(f"there is no notebook in {name}")
    table, page_ = (written_as(folder, each) for each in ("grades.csv", "summary.html"))
    _tell(f"Written: {table}, {page_} and others in {name}")
