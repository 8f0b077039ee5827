"""Threads that a sandbox begins: how many, those that have ended among them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.exercises import processes, watching
from course_utils.exercises.grading import grade_folder
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.processes import Started, below
from course_utils.exercises.sandbox import Sandbox, room_without_answers
from course_utils.exercises.watching import Kept, Limits, Running, Used, used

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
# At each look: threads begun, which of all end, whether the last one ends just then,
# and how many clock ticks have passed.
LOOKS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.lists(st.integers(0, 20), max_size=40),
        st.booleans(),
        st.integers(0, 2),
    ),
    max_size=30,
)


@given(looks=LOOKS)
def test_of_threads_that_ended_no_more_are_counted_than_there_were(
    looks: list[tuple[int, list[int], bool, int]],
) -> None:
    started, place, tick, newest = Started(0.0), 1, 1, 1
    alive = [(1, 1)]  # place in the row of all, and when it began; the first one stays
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "_now", lambda: tick)
        for begun, ending, ends_now, ticks in looks:
            for _ in range(begun):
                place += 1
                while place % NUMBERS in {each % NUMBERS for each, _ in alive}:
                    place += 1
                alive.append((place, tick))
            alive = [x for i, x in enumerate(alive) if i == 0 or i not in ending]
            alive = [alive[0], *alive[1:][-50:]]
            last, start = alive[-1]
            newest = max(newest, last)
            listed = [str(each % NUMBERS) for each, _ in alive]
            gone = ends_now and len(alive) > 1
            started.count(listed, None if gone else start, NUMBERS)
            if gone:
                alive.pop()
            assert started.lately <= place
            assert started.lately == newest
            tick += ticks


def test_more_threads_than_the_computer_has_numbers_are_counted_too() -> None:
    """In a busy second; a sandbox has numbers of its own, and more."""
    started = Started(0.0)
    started.count(["10"], 1, NUMBERS)
    started.count([str(10 + 3 * NUMBERS)], 2, NUMBERS)
    assert started.lately == 10 + 3 * NUMBERS


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


def why_ended(limits: Limits) -> str:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    running = Running(sleep, limits)
    running.process.wait()
    return running.why


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(0.5, "stopped after 0.5 s"), (60, "it kept its threads from being counted")],
)
def test_who_keeps_threads_from_being_counted_has_limits_all_the_same(
    seconds: float, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of threads that make a folder there, in vain, hold its lock."""
    for_ever = threading.Event()
    monkeypatch.setattr(Started, "look", lambda *_: for_ever.wait(600))
    monkeypatch.setattr(watching, "UNCOUNTED", 20, raising=False)
    assert why in why_ended(Limits(seconds=seconds))
    for_ever.set()


@pytest.mark.parametrize(
    ("held", "running", "why"),
    [
        (13, 0, "it held files that others wait for"),
        (2, 47, "more than 48 threads wanted a processor at once"),
        (12, 36, ""),
    ],
)
def test_who_keeps_a_folder_from_others_is_stopped(
    held: int, running: int, why: str
) -> None:
    """One outside looked for a name for 7.5 s, or listed it for 14 s, again and again.

    Hundreds asked for its lock; or few had it and were put off the processor with it.
    """
    kept = Kept(4, apart=True)
    said = [kept.look(Used(held=held, running=running)) for _ in range(11)]
    assert said == [""] * 10 + [why]


def test_what_others_keep_for_a_moment_stops_nobody() -> None:
    kept = Kept(4, apart=True)
    for _ in range(5):
        assert [kept.look(Used(held=13)) for _ in range(9)] == [""] * 9
        assert [kept.look(Used()) for _ in range(90)] == [""] * 90


def test_a_crowd_of_threads_is_stopped_at_the_first_look() -> None:
    """Within ten, each of 480 stood in a call that it did not end for a minute."""
    few, many = Kept(2, apart=True), Kept(2, apart=True)
    assert not any(few.look(Used(running=80)) for _ in range(10))
    assert few.look(Used(running=80))
    assert many.look(Used(running=480)) == (
        "more than 40 threads wanted a processor at once"
    )


@pytest.mark.parametrize(
    ("apart", "turns", "why"),
    [
        (True, ["7 1"] * 12, "it held files that others wait for"),
        (False, ["7 1"] * 12, ""),  # outside of a sandbox its folders may be slow
        (True, [f"7 {turn}" for turn in range(12)], ""),  # it had its turn
    ],
)
def test_who_keeps_a_folder_by_a_single_thread_is_stopped(
    apart: bool, turns: list[str], why: str
) -> None:
    """A list of it outside took 3.6 s: another one listed it, slowly, meanwhile."""
    kept = Kept(4, apart=apart)
    assert [kept.look(Used(held=1, making={turn})) for turn in turns][-1] == why


def test_who_is_seen_to_keep_something_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = Used(held=watching.HELD + watching.processors() + 1)
    monkeypatch.setattr(watching, "used", lambda *_: many)
    assert why_ended(Limits()) == "stopped: it held files that others wait for"


@pytest.mark.skipif(sys.platform == "win32", reason="calls of Linux")
@pytest.mark.parametrize(
    ("said", "makes"),
    [
        ("258 0xffffff9c 0x7f 0x1ff 0x0 0x0 0x0 0x7ffd 0x7f38", True),  # mkdirat
        ("257 0xffffff9c 0x7f 0x80241 0x1b6 0x0 0x0 0x7ffd 0x7f38", True),  # openat
        ("257 0xffffff9c 0x7f 0x80000 0x0 0x0 0x0 0x7ffd 0x7f38", False),  # to read
        ("2 0x7f 0x41 0x1b6 0x0 0x0 0x0 0x7ffd 0x7f38", True),  # open
        ("0 0x3 0x7f 0x1000 0x0 0x0 0x0 0x7ffd 0x7f38", False),  # read
        ("-1 0x7ffd 0x7f38", False),
        ("running", False),
        ("", False),
    ],
)
def test_what_a_thread_waits_for(
    said: str, makes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes.platform, "machine", lambda: "x86_64")
    (tmp_path / "syscall").write_text(said + "\n", encoding="ascii")
    assert processes.makes(tmp_path) is makes


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_a_thread_has_another_turn_after_it_waited() -> None:
    task = Path("/proc/thread-self").resolve()
    before = processes.turn(task)
    time.sleep(0.01)
    assert before != processes.turn(task)


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_a_thread_that_waits_in_the_kernel_is_seen() -> None:
    """So waits who started a program that has not yet begun."""
    waits = "import ctypes, time; ctypes.CDLL(None).vfork() or time.sleep(10)"
    with subprocess.Popen([sys.executable, "-c", waits]) as process:
        end = time.monotonic() + 20
        while not (seen := used(process.pid).held) and time.monotonic() < end:
            time.sleep(0.05)
        for pid in below(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.kill()
    assert seen == 1


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no such descriptors here")
def test_what_was_ended_is_gone_before_the_next_one_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threads deep in the kernel took 20 s to end: three notebooks' memory at once."""
    shell = ["/bin/sh", "-c", "sleep 600 & echo $!; wait"]
    running = Running(shell, Limits(), stdout=subprocess.PIPE)
    assert running.process.stdout
    deaf, kill = int(running.process.stdout.readline()), os.kill
    kills = threading.Timer(0.5, kill, (deaf, signal.SIGKILL))
    monkeypatch.setattr(os, "killpg", kill)
    monkeypatch.setattr(os, "kill", lambda *_: kills.start())
    begun = time.monotonic()
    running.end()
    assert time.monotonic() - begun > 0.4
    kills.join()
