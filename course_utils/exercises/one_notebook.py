"""One notebook from its file to its row: a student's process and a judge, two pipes."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course_utils.exercises.as_data import Channel
from course_utils.exercises.clearing import remove_tree
from course_utils.exercises.gradebook import MOST_ANSWERS, Row
from course_utils.exercises.sandbox import (
    WARNING,
    Sandbox,
    environment,
    start,
)
from course_utils.exercises.submissions import Notebook
from course_utils.exercises.watching import Limits, Running

# Where others may have taken what it lacked: time, files, room for its threads.
BY_OTHERS = ("stopped after", "held files", "wanted a processor", "ended before")


@dataclass(frozen=True)
class Way:
    """How a run grades: in which sandbox, with which limits."""

    sandbox: Sandbox
    limits: Limits
    room: Path  # stands in place of `exercises` where students' code runs


_running: set[Running] = set()  # to be ended with the grader
stopped = threading.Event()


def end_all() -> None:
    """End what runs; what begins after `stopped` was set ends by itself."""
    for process in list(_running):
        process.end()


def run(notebook: Notebook, student: str, way: Way) -> Row:
    """Run a notebook apart from everything else and return what it solved."""
    row = Row(student, notebook.lesson, digest=notebook.digest)
    row.note = notebook.unreadable or ("" if row.lesson else "no exercises found")
    begun = time.monotonic()
    try:
        if row.lesson:
            _fill(row, notebook.sources, way)
    except Exception as error:  # one notebook must not cost the others their rows
        row.note = f"could not be graded: {type(error).__name__}: {error}"[:300]
        row.digest, row.late = "", True  # `--resume` grades it anew
    if left := [id_ for id_, status in row.results.items() if status == "by hand"]:
        row.note = f"{row.note}; look at {', '.join(left)} yourself".removeprefix("; ")
    if row.lesson and way.sandbox.kind == "none":
        row.note = f"{row.note}; {WARNING}".removeprefix("; ")
    row.seconds = time.monotonic() - begun
    return row


def _fill(row: Row, sources: list[str], way: Way) -> None:
    """Let student and judge talk with each other, and write down what the judge says.

    Two processes with a pipe each way between them; what is written here to the first
    pipe are the cells, what is read here are the judge's verdicts.
    """
    limits = way.limits
    to_student, from_judge = os.pipe()
    to_judge, from_student = os.pipe()
    alone, alive = os.pipe()  # whose other end only this process has
    ends = {to_student, from_judge, to_judge, from_student, alone, alive}
    running: list[Running] = []
    clear: list[Callable[[], None]] = []
    try:
        student, clearing = start(
            *(way.sandbox, limits, way.room),
            stdin=to_student,
            stdout=from_student,
            # See `end_if_alone`; a container's own errors need a place to go.
            stderr=alone if way.sandbox.kind == "bubblewrap" else subprocess.DEVNULL,
        )
        running.append(student)
        clear.append(clearing)
        home = Path(tempfile.mkdtemp())  # others write in the computer's own
        clear.append(lambda: remove_tree(home))
        judge = Running(
            way.sandbox.judge(
                limits, [row.lesson, str(from_judge), str(limits.memory)]
            ),
            _for_judge(limits),
            stdin=to_judge,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(from_judge,),
            env=environment(str(home)),
        )
        running.append(judge)
        student.beside, judge.beside = judge, student
        _running.update(running)
        if stopped.is_set():  # it began while the others were ended
            raise InterruptedError
        for end in (to_student, from_student, to_judge, alone):
            os.close(end)
            ends.discard(end)
        with contextlib.suppress(OSError):  # it ended before it began
            Channel(-1, from_judge).send(_order(sources, way))
        os.close(from_judge)
        ends.discard(from_judge)
        ended = _listen(row, judge)
        row.peak = student.peak
        student.end("" if ended else _ended_early(row.peak, limits.memory))
        why = student.why or judge.why
        # Of a limit always; that it came to no end where nothing else is said.
        if not row.note or why.startswith("stopped"):
            row.note = "; ".join(filter(None, (why, row.note)))
        said = f"{judge.why} {row.note}"
        row.late = row.late or any(words in said for words in BY_OTHERS)
    finally:
        for end in ends:
            os.close(end)
        for each in running:
            each.end()
            _running.discard(each)
        for each_clear in clear:
            each_clear()


def _ended_early(peak: int, most: int) -> str:
    """Words for a notebook that came to no end; libraries crash without memory."""
    note = "ended before its last cell"
    if peak > 0.8 * most:
        note += f": it had {peak / 2**30:.1f} of {most / 2**30:g} GB of memory"
    return note


def _for_judge(limits: Limits) -> Limits:
    own = {"files": sys.maxsize, "threads": Limits.threads}
    # Those of the notebook count for both; what is right is decided behind its end.
    return replace(limits, seconds=1.5 * limits.seconds + 30, **own)


def _order(sources: list[str], way: Way) -> dict[str, Any]:
    limits = way.limits
    return {
        "filtered": way.sandbox.kind == "bubblewrap",
        "cells": sources,
        "memory": limits.memory,
        "file": limits.file,
        "threads": limits.threads,
        "seconds": limits.seconds,
        "cell_seconds": limits.cell_seconds,
    }


def _listen(row: Row, judge: Running) -> bool:
    """Take the judge's lines as they come; whether the notebook came to its end."""
    ended = False
    notes: list[str] = []
    lacking: list[str] = []
    assert judge.process.stdout
    for line in judge.process.stdout:
        found = json.loads(line)
        if "id" in found:
            id_ = found["id"]
            if row.results.get(id_) != "correct":  # what was right once counts
                # Who was too slow has learnt nothing, and may have been held up.
                came = [] if found["late"] else [found["came"]]
                row.answers.setdefault(id_, []).extend(came)
                row.results[id_], row.said[id_] = found["status"], found["said"]
                row.lines[id_] = found["lines"]
        ended = ended or "end" in found
        if "many" in found:
            notes.append(f"only {MOST_ANSWERS} answers to {found['many']} count")
        row.late = row.late or "slow" in found or found.get("late", False)
        if "slow" in found:
            notes.append(f"cell {found['slow']} took too long")
        if "note" in found:
            notes.append(found["note"])
        if "lacking" in found and len(lacking) < 2:
            lacking.append(found["lacking"])
    # The student's own words come last, and leave no judge's out.
    row.note = "; ".join([*notes[:5], *lacking])[:300]
    return ended
