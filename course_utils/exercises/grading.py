"""For instructors: run a folder of students' notebooks and count what they solved.

python -m course_utils.exercises FOLDER

writes grades.csv, summary.html, summary.md and gradescope.json in FOLDER. Each notebook
runs in a sandbox of its own, where no answer and no judge is; what it answers is judged
outside. Each row is on disk before the next notebook is waited for: a run that was
stopped goes on with --resume. Quizzes do not count: no notebook stores a click.

How to, what is safe and what is not: docs/grading.md.
"""

import argparse
import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from course_utils.exercises.attempts import newest, read_roster
from course_utils.exercises.gradebook import Gradebook, Row, counted, shown
from course_utils.exercises.one_notebook import Way, end_all, run, stopped
from course_utils.exercises.reports import gradescope, page
from course_utils.exercises.sandbox import (
    WARNING,
    Limits,
    Sandbox,
    bubblewrap_works,
    room_without_answers,
)
from course_utils.exercises.submissions import (
    UnreadableError,
    find_notebooks,
)


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
        Leave out the notebooks that have a row from the run before.
    roster : dict
        What students are called -> their id; who is missing has a row, too.
    """
    last = newest(find_notebooks(folder), folder)
    names = {_key(path, folder): path for path in last}
    if not names:
        return []
    lessons = sorted({lesson for _, lesson, _ in last.values()} - {""})
    reports = {"summary.html": page, "gradescope.json": gradescope}
    book = Gradebook(folder, lessons, resume=resume, reports=reports)
    known = {row.file for row in book.rows}
    todo = {name: path for name, path in names.items() if name not in known}
    if known:
        print(f"{len(names) - len(todo)} of {len(names)} have their row already")
    begun = time.monotonic()
    stopped.clear()
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting = {
            pool.submit(run, path, _id(last[path][0], roster), way): name
            for name, path in todo.items()
        }
        for done, future in enumerate(as_completed(waiting), 1):
            row = future.result()
            row.file = waiting[future]
            notes = [row.note, last[todo[row.file]][2]]
            if roster and last[todo[row.file]][0].casefold() not in roster:
                notes.append("is not on the roster")
            row.note = "; ".join(filter(None, notes))
            book.add(row)
            left = (time.monotonic() - begun) / done * (len(todo) - done)
            print(f"{_line(row)} [{done} of {len(todo)}, {_time(left)}]", flush=True)
    finally:  # also after Ctrl-C: what runs is ended, what is known is written
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        end_all()
        pool.shutdown()
        book.sort(list(names))
    _add_missing(book, roster or {})
    return book.rows


def _id(student: str, roster: dict[str, str] | None) -> str:
    return (roster or {}).get(student.casefold(), student)


def _add_missing(book: Gradebook, roster: dict[str, str]) -> None:
    """A row for each student on the roster who handed in nothing."""
    known = {row.student for row in book.rows}
    for student in dict.fromkeys(roster.values()):
        if student not in known:
            book.add(Row(student, note="handed in nothing", file=f"roster: {student}"))
    book.write()


def _key(notebook: Path, folder: Path) -> str:
    """A notebook's name in the files; no two share one."""
    return shown(notebook.relative_to(folder).as_posix().replace("\\", "\\\\"))


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
        "--cell-seconds", type=float, default=300, help="limit for a cell (default 300)"
    )
    parser.add_argument(
        "--memory", type=float, default=4, help="limit in GB (default 4)"
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
        print(f"WARNING: everything is {WARNING.replace('this', 'a')}.", flush=True)
        return Sandbox("none")
    if chosen.container:
        return Sandbox(chosen.container, chosen.image)
    if why := bubblewrap_works():
        parser.error(
            f"{why}. Install it, or use --container docker (or podman); what that is "
            "and what --no-sandbox risks stands in docs/grading.md"
        )
    return Sandbox("bubblewrap", hidden=chosen.folder.resolve())


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
    roster = None
    try:
        roster = read_roster(chosen.roster) if chosen.roster else None
    except UnreadableError as error:
        parser.error(f"--roster: {shown(str(chosen.roster))} {error}")
    sandbox = _sandbox(chosen, parser)
    limits = Limits(
        seconds=chosen.seconds,
        cell_seconds=min(chosen.cell_seconds, chosen.seconds),
        memory=int(chosen.memory * 2**30),
    )
    try:
        with room_without_answers() as room:
            rows = grade_folder(
                folder.resolve(),
                Way(sandbox, limits, room),
                jobs=chosen.jobs,
                resume=chosen.resume,
                roster=roster,
            )
    except KeyboardInterrupt:
        print(f"Stopped; what was graded is in {name}. Go on with --resume.")
        raise SystemExit(130) from None
    if not rows:
        parser.error(f"there is no notebook in {name}")
    print(f"Written: grades.csv, summary.html and others in {name}")
