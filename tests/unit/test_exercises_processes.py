"""Threads that a sandbox begins: how many, those that have ended among them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.exercises import processes
from course_utils.exercises.grading import grade_folder
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.processes import Started
from course_utils.exercises.sandbox import Sandbox, room_without_answers
from course_utils.exercises.watching import Limits

NUMBERS = 200  # of processes, in the kernel that is drawn
ENDLESS = """
import ctypes, os, threading, time
def begin_threads():
    while True:
        thread = threading.Thread(target=time.sleep, args=(0.001,))
        thread.start()
        thread.join()
threading.Thread(target=begin_threads).start()
time.sleep({seconds})
ctypes.CDLL(None).syscall({{"x86_64": 60}}.get(os.uname().machine, 93), 0)
"""
# At each look: threads begun, which of all end, and how many clock ticks have passed.
LOOKS = st.lists(
    st.tuples(
        st.integers(0, 60), st.lists(st.integers(0, 20), max_size=40), st.integers(0, 2)
    ),
    max_size=30,
)


@given(looks=LOOKS)
def test_threads_are_counted_up_to_the_newest_one_that_was_seen(
    looks: list[tuple[int, list[int], int]],
) -> None:
    started, place, tick, newest = Started(0.0), 1, 1, 1
    alive = [(1, 1)]  # place in the row of all, and when it began; the first one stays
    for begun, ending, ticks in looks:
        for _ in range(begun):
            place += 1
            while place % NUMBERS in {each % NUMBERS for each, _ in alive}:
                place += 1
            alive.append((place, tick))
        alive = [x for i, x in enumerate(alive) if i == 0 or i not in ending]
        alive = [alive[0], *alive[1:][-50:]]
        last, start = alive[-1]
        newest = max(newest, last)
        started.count(last % NUMBERS, start, NUMBERS)
        assert started.lately == newest
        tick += ticks


@pytest.mark.kernel
@pytest.mark.parametrize("seconds", [1000, 1], ids=["first stays", "first ends"])
def test_threads_that_end_at_once_are_counted_too(
    seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: None
) -> None:
    """What the kernel keeps of them grew to 13 GB in 20 s: no limit counted it."""
    first = "from course_utils.exercises import check; check('00.pixels', 784)"
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}}
        for source in (first, ENDLESS.format(seconds=seconds))
    ]
    text = json.dumps({"cells": cells, "nbformat": 4})
    (tmp_path / "ada.ipynb").write_text(text, encoding="utf-8")
    monkeypatch.setattr(processes, "CALM", 0)
    with room_without_answers() as room:
        way = Way(Sandbox("bubblewrap"), Limits(starts=2000), room)
        (row,) = grade_folder(tmp_path, way)
    assert row.note == "stopped: it began 2000 threads within seconds"
    assert row.results == {"00.pixels": "correct"}
