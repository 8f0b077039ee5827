"""A grader that is ended from outside: what it knows is written, nothing is left."""

import json
import os
import runpy
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_utils.exercises import grading, one_notebook, watching
from course_utils.exercises.as_data import Channel
from course_utils.exercises.in_sandbox import limit_threads
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.submissions import Notebook
from course_utils.exercises.watching import Limits, Running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows ends without a word")

CHECK = "from course_utils.exercises import check; check('00.pixels', 784)"
ENDED = """
import os, sys, threading
from course_utils.exercises import grading
from course_utils.exercises.in_sandbox import limit_threads
class Again(threading.Event):  # the signal, before what runs is ended
    def set(self):
        super().set()
        os.kill(os.getpid(), int(sys.argv[1]))
def run(*_):
    os.kill(os.getpid(), int(sys.argv[1]))
    grading.stopped.wait(60)
grading.stopped = Again()
grading.run, grading.end_all = run, lambda: print("all are ended")
grading.main([sys.argv[2], "--no-sandbox"])
"""
UNREAD = """
import sys
from course_utils.exercises import grading
from course_utils.exercises.in_sandbox import limit_threads
grading.run = lambda notebook, student, way: grading.Row(student, "00", digest="1")
grading.main([sys.argv[1], "--no-sandbox"])
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of two students' work."""
    cells = [{"cell_type": "code", "source": CHECK, "metadata": {}}]
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("ada", "bob"):
        text = json.dumps({"cells": cells, "nbformat": 4})
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return folder


def rows(work: Path) -> int:
    table = (work / "grades.csv").read_text(encoding="utf-8")
    return len(table.splitlines()) - 1


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_system_that_shuts_down_is_answered_as_ctrl_c_once_and_again(
    name: str, work: Path, tmp_path: Path
) -> None:
    number, rooms = int(getattr(signal, name)), tmp_path / "rooms"
    rooms.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ENDED, str(number), str(work)],
        env={**os.environ, "TMPDIR": str(rooms)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + number
    assert "all are ended" in done.stdout
    assert "Go on with --resume" in done.stdout
    assert "Traceback" not in done.stderr
    assert not list(rooms.iterdir())
    assert rows(work) == 0


@pytest.mark.parametrize("there", [True, False])
def test_nothing_waits_where_the_grader_was_gone_before(
    there: bool, tmp_path: Path
) -> None:
    """Who is started by what is killed meanwhile would not be told to die with it."""
    marker = tmp_path / "ran"
    order = {"cells": [f"open({str(marker)!r}, 'w')"], "cell_seconds": 60}
    order |= {"filtered": False, "memory": 2**32, "file": 2**20, "seconds": 60}
    alone, alive = os.pipe()
    reading, writing = os.pipe()  # which its judge holds, too
    if there:
        Channel(-1, writing).send(order)
    else:
        os.close(alive)
    subprocess.run(
        [sys.executable, "-m", "course_utils.exercises.in_sandbox"],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=alone,
        timeout=100,
        check=False,
    )
    for end in (alone, reading, writing, *([alive] if there else [])):
        os.close(end)
    assert marker.exists() == there


def test_a_service_may_start_it_without_descriptors_and_children(
    work: Path, sandbox: None
) -> None:
    command = [sys.executable, "-m", "course_utils.exercises", str(work)]
    script = f"trap '' CHLD; exec {shlex.join(command)} <&- >&- 2>&-"
    subprocess.run(["sh", "-c", script], check=True, timeout=100)
    table = (work / "grades.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(",")[2] for row in table] == ["1", "1"]


@pytest.mark.skipif(sys.platform != "linux", reason="threads are bounded there")
@pytest.mark.parametrize(("hard", "most"), [(640, 640), (5000, 1000), (-1, 1000)])
def test_a_shared_computer_may_allow_fewer_threads(
    hard: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    assert resource.RLIM_INFINITY == -1
    told = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (hard, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda *given: told.append(given))
    limit_threads()
    assert told == [(resource.RLIMIT_NPROC, (most, most))]


def test_a_run_goes_on_when_nobody_reads_what_it_says(work: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `| head` does
    try:
        done = subprocess.run(
            [sys.executable, "-c", UNREAD, str(work)],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rows(work) == 2


def test_who_ran_out_of_time_beside_others_is_graded_anew_alone(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook beside can slow what works in memory: eight times, as measured."""
    ran: list[str] = []
    beside = threading.Barrier(2)

    def run(notebook: Notebook, student: str, _: Way) -> grading.Row:
        ran.append(student)
        if len(ran) <= 2:
            beside.wait(30)
        if len(ran) == 3:  # Ctrl-C
            raise KeyboardInterrupt
        note = "slow" if student == "ada" and len(ran) == 2 else ""
        return grading.Row(student, "00", 0, note, digest=notebook.digest, late=True)

    monkeypatch.setattr(grading, "run", run)
    command = [str(work), "--no-sandbox", "--jobs=2"]
    with pytest.raises(SystemExit):
        grading.main(command)
    assert (
        "2 ran out of time or ended early beside others: once more, alone"
        in capsys.readouterr().out
    )
    assert sorted(ran[:2]) == ["ada", "bob"]
    assert rows(work) == 2
    grading.main([*command, "--resume"])
    assert ran[3:] == ["ada", "bob"]
    table = (work / "grades.csv").read_text(encoding="utf-8")
    assert rows(work) == 2
    assert "slow" not in table
    grading.main([*command, "--resume"])
    assert len(ran) == 5


@pytest.mark.parametrize("fails", [True, False])
def test_who_ended_early_beside_others_is_graded_anew_alone(
    fails: bool, work: Path, monkeypatch: pytest.MonkeyPatch, sandbox: None
) -> None:
    """A neighbour can take the threads that a user may start."""
    listen, ran = one_notebook._listen, []

    def first_ends_early(row: grading.Row, judge: Running) -> bool:
        ran.append(row.student)
        if (first := len(ran) == 1) and fails:
            raise RuntimeError("can't start new thread")
        return listen(row, judge) and not first

    monkeypatch.setattr(one_notebook, "_listen", first_ends_early)
    grading.main([str(work), "--jobs=2"])
    assert len(ran) == 3
    table = (work / "grades.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(",")[2] for row in table] == ["1", "1"]
    assert "ended" not in str(table)


def test_what_was_right_counts_where_it_is_wrong_the_second_time(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever trains a network has luck, too."""
    ran: list[str] = []

    def run(notebook: Notebook, student: str, _: Way) -> grading.Row:
        first = student not in ran
        ran.append(student)
        results = {
            "00.pixels": "correct" if first else "wrong",
            "00.to-unit": "wrong" if first else "correct",
        }
        said = dict.fromkeys(results, "first" if first else "second")
        row = grading.Row(student, "00", 0, "", results, said, digest=notebook.digest)
        row.late = first
        return row

    monkeypatch.setattr(grading, "run", run)
    grading.main([str(work), "--no-sandbox", "--jobs=2"])
    assert sorted(ran) == ["ada", "ada", "bob", "bob"]
    lines = (work / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        assert row["results"] == {"00.pixels": "correct", "00.to-unit": "correct"}
        assert row["said"] == {"00.pixels": "first", "00.to-unit": "second"}


@pytest.mark.parametrize(
    "option", ["--memory=nan", "--memory=0", "--seconds=inf", "--cell-seconds=x"]
)
def test_limits_are_numbers(
    option: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        grading.main([str(work), "--no-sandbox", option])
    assert "is no number between 0 and 1000000" in capsys.readouterr().err


def test_a_folder_that_cannot_be_opened_is_said(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(SystemExit):
        grading.main([str(work), "--no-sandbox"])
    assert "cannot be opened: Permission denied" in capsys.readouterr().err


def test_ctrl_c_before_it_begins_is_answered_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grading, "main", pressed)
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("course_utils.exercises", run_name="__main__")
    assert caught.value.code == 130
    assert "Go on with --resume" in capsys.readouterr().out


@pytest.mark.tensorflow
def test_a_judge_without_a_sandbox_reads_nothing_of_a_folder_that_all_write_in(
    work: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Python reads `.local` there, Keras `keras.json`, Matplotlib `matplotlibrc`."""
    shared = tmp_path_factory.mktemp("shared")
    settings = '{"backend": "of a neighbour", "floatx": "float16"}'
    (shared / "keras.json").write_text(settings, encoding="utf-8")
    cell = """from course_utils.exercises import check
import keras
model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten()])
check("03.deep-and-narrow", model)"""
    for notebook in work.rglob("*.ipynb"):
        notebook.unlink()
    written = {"cell_type": "code", "source": cell, "metadata": {}}
    text = json.dumps({"cells": [written], "nbformat": 4, "metadata": {}})
    (work / "ada.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "course_utils.exercises", str(work)]
    env = {**os.environ, "TMPDIR": str(shared)}
    subprocess.run([*command, "--no-sandbox"], check=True, env=env)
    (row,) = (work / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row)["results"] == {"03.deep-and-narrow": "wrong"}
    assert [path.name for path in shared.iterdir()] == ["keras.json"]


def test_who_could_not_be_graded_is_graded_when_the_run_goes_on(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(one_notebook, "start", start)
    grading.main([str(work), "--no-sandbox"])
    ran = []

    def run(notebook: Notebook, student: str, way: Way) -> grading.Row:
        ran.append(student)
        return grading.Row(student, "00", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", run)
    grading.main([str(work), "--no-sandbox", "--resume"])
    assert sorted(ran) == ["ada", "bob"]


def test_the_number_of_what_ended_is_nobody_elses_before_it_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program of that number would be killed for it, with its group."""
    killed: list[int] = []
    monkeypatch.setattr(watching.os, "killpg", lambda pid, _: killed.append(pid))
    running = Running([sys.executable, "-c", ""], Limits())
    pid = running.process.pid
    running._watch.join(60)  # it has seen the end
    assert os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    running.end()
    running.end()
    assert killed == [pid]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
