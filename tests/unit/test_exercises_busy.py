"""On a busy computer: what others take of it costs no answer and no notebook its time.

Nothing here makes the computer busy. Who gets no processor looks to the clocks like who
waits, and where more must be told apart, the clocks are made up.
"""

import mmap
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_utils import clocks
from course_utils.exercises import limits, watching
from course_utils.exercises.as_data import Channel
from course_utils.exercises.grade_one import Far, Judge
from course_utils.exercises.limits import TimeUp, limited
from course_utils.exercises.watching import Account, Limits, Running, Used

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs Linux' /proc"
)


# --- An answer ------------------------------------------------------------------------


def apart(work: Any) -> Any:
    """What `limited` gives outside the main thread, or the exception."""
    results: list[Any] = []

    def target() -> None:
        try:
            results.append(limited(work, 0.1))
        except TimeUp as late:
            results.append(late)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    return results[0]


def here(work: Any) -> Any:
    try:
        return limited(work, 0.1)
    except TimeUp as late:
        return late


@pytest.fixture(params=["main thread", "thread", "thread of unknown time"])
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both ways to limit; the second also as on Windows, where less can be known."""
    if request.param == "thread of unknown time":
        monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)
    return here if request.param == "main thread" else apart


def test_a_slow_answer_on_a_busy_computer_is_waited_for(
    ways: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where others have the processors, an answer that works hardly gets on."""
    monkeypatch.setattr(limits, "PATIENCE", 10**6)

    def slow() -> str:
        time.sleep(0.4)
        return "done"

    assert ways(slow) == "done"


def waits() -> None:
    while True:
        time.sleep(0.01)


def test_what_waits_for_ever_is_stopped_all_the_same(
    ways: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 2)
    late = ways(waits)
    assert isinstance(late, TimeUp)
    assert (late.waited, late.seconds) == (True, 0.2)


def test_a_cell_that_waits_leaves_the_next_ones_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 10**6)
    for limit in (limited, limits._limited_by_thread):
        with pytest.raises(TimeUp):
            limit(waits, 0.1, idle=0.9)


def endless() -> None:
    while True:
        pass


def test_what_works_too_long_is_stopped_by_its_work(
    ways: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 10**6)  # whatever else the computer does
    late = ways(endless)
    assert isinstance(late, TimeUp)
    assert (late.waited, late.seconds) == (False, 0.1)


@pytest.mark.parametrize(
    ("thread", "of_all", "by_clock", "counts"),
    [
        (3.0, 3.0, 3.0, 3.0),  # alone on a free computer
        (0.3, 0.3, 3.0, 0.3),  # the same, and nine others want the processor
        (0.1, 48.0, 3.0, 3.0),  # the threads of TensorFlow, on 16 free processors
        (0.1, 4.8, 3.0, 0.3),  # the same on a busy computer
        (None, 48.0, 3.0, 3.0),  # nobody can say what a single thread had
        (None, 0.3, 3.0, 0.3),
    ],
)
def test_work_is_never_more_than_the_clock_shows(
    thread: float | None,
    of_all: float,
    by_clock: float,
    counts: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = {"thread": 100.0, "process": 200.0, "clock": 300.0}
    monkeypatch.setattr(clocks, "processors", lambda: 16)
    asked = {"process_time": "process", "perf_counter": "clock"}
    made = {name: lambda key=key: times[key] for name, key in asked.items()}
    monkeypatch.setattr(clocks, "time", SimpleNamespace(**made))
    clock = clocks.Clock(None if thread is None else lambda: times["thread"])
    times["thread"] += thread or 0
    times["process"] += of_all
    times["clock"] += by_clock
    assert clock.work() == pytest.approx(counts)
    assert limits.left(clock, 5) == pytest.approx(5 - counts)


class Sandbox(Channel):
    """The channel to a student's process that says how long its function worked."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        self.allowed: list[float] = []
        self.replies = list(replies)

    def send(self, message: dict[str, Any], blobs: Any = None) -> None:
        self.allowed.append(message["seconds"])
        self.number = message["number"]

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        reply = {"kind": "reply", "number": self.number, "value": ["int", "0x7"]}
        return {**reply, **self.replies.pop(0)}, []


def test_all_cases_share_the_seconds_of_an_exercise_in_the_sandbox_too() -> None:
    spent = [{"spent": s} for s in (1.5, 0.0, 3.0, 9.0, float("nan"), -3.0)]
    sandbox = Sandbox(*spent)
    judge = Judge("01", sandbox)
    for _ in spent:
        judge.call(0, ())
    assert sandbox.allowed == [5, 3.5, 3.5, 0.5, limits.SHORT, limits.SHORT]


@pytest.mark.parametrize(("waited", "seconds"), [(False, 5), (True, 100)])
def test_the_judge_is_told_why_a_function_was_stopped(
    waited: bool, seconds: float
) -> None:
    judge = Judge("01", Sandbox({"late": [3.5, False, waited]}))
    judge.asks = True
    function = Far(judge, 0, {"unfilled": False, "dots": False, "written": ""})
    with pytest.raises(TimeUp) as late:
        function(1)
    assert (late.value.seconds, late.value.took) == (seconds, 3.5)
    assert late.value.waited is waited


# --- A notebook -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "wants", "counts"),
    [
        (0.0, False, 10.0),  # it sleeps, or waits for its threads
        (10.0, True, 10.0),  # it works on a free processor
        (1.0, True, 1.0),  # it works, and nine others do
        (160.0, True, 10.0),  # TensorFlow on 16 processors
        (20.0, True, 10.0),  # 460 threads on two
    ],
)
def test_waiting_counts_by_the_clock_and_working_by_what_it_got(
    got: float, wants: bool, counts: float
) -> None:
    account = Account(now=1000.0)
    for tick in range(1, 101):
        account.add(1000 + tick / 10, got * tick / 100, wants)
    assert account.seconds == pytest.approx(counts)


def test_what_ended_gives_no_time_back() -> None:
    account = Account(now=0.0)
    account.add(1.0, 1.0, wants=True)
    account.add(2.0, 0.25, wants=True)  # a process of it is gone
    account.add(3.0, 0.75, wants=True)
    assert account.seconds == 1.5


@pytest.fixture
def python(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", request.param]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        yield process
        process.kill()


def becomes(process: subprocess.Popen, wants: bool) -> bool:
    for _ in range(1000):
        if (watching.used(process.pid).running > 0) is wants:
            return True
        time.sleep(0.01)
    return False


@needs_proc
@pytest.mark.parametrize("python", ["input()"], indirect=True)
def test_who_waits_wants_no_processor(python: subprocess.Popen) -> None:
    assert becomes(python, wants=False)


@needs_proc
@pytest.mark.parametrize(
    "python",
    [
        "import time\nprint(flush=True)\ntime.sleep(0.1)\n"
        "while time.process_time() < 0.3: pass\nprint(flush=True)\nwhile True: pass",
        "import threading\ndef work():\n while True: pass\n"
        "threading.Thread(target=work).start()\nprint(flush=True)\n"
        "import time\nwhile time.process_time() < 0.3: time.sleep(0.01)\n"
        "print(flush=True)\ntime.sleep(1000)",
    ],
    indirect=True,
    ids=["alone", "in a thread"],
)
def test_who_works_wants_one_and_its_time_is_known(python: subprocess.Popen) -> None:
    assert python.stdout
    python.stdout.readline()
    before = watching.used(python.pid).processor
    python.stdout.readline()
    assert becomes(python, wants=True)
    assert 0 <= before < watching.used(python.pid).processor
    assert watching.used(python.pid).processor >= 0.25


FAR_APART = """
import mmap
memory = mmap.mmap(-1, 2**34, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
memory.madvise(15)  # no huge pages
for place in range(0, 2**34, 2**21):
    memory[place]
print(flush=True)
input()
"""


@needs_proc
@pytest.mark.parametrize("python", [FAR_APART], indirect=True)
def test_tables_of_pages_are_memory(python: subprocess.Popen) -> None:
    """Nothing was written: 8192 tables of 4 kB each are all it takes."""
    assert python.stdout
    python.stdout.readline()
    pages = int(Path(f"/proc/{python.pid}/statm").read_text().split()[1])
    rest = watching.used(python.pid).memory - pages * mmap.PAGESIZE
    assert rest > 8192 * 4096


def test_what_was_moved_to_the_disk_is_memory(tmp_path: Path) -> None:
    lines = ("Name:\tpython", "VmRSS:\t  5 kB", "VmPTE:\t  2 kB", "VmSwap:\t  30 kB")
    (tmp_path / "status").write_text("\n".join(lines))
    assert watching._memory(tmp_path) == 37 * 1024


def test_much_that_may_be_run_is_memory(tmp_path: Path) -> None:
    """What was written, and may be run then, is in no limit of data."""
    lines = ("Name:\tpython", "VmRSS:\t  5 kB", f"VmLib:\t {2**20 + 3} kB")
    (tmp_path / "status").write_text("\n".join(lines))
    assert watching._memory(tmp_path) == 8 * 1024


def test_gigabytes_that_were_only_read_are_memory(tmp_path: Path) -> None:
    """Who is ended while the kernel goes through them is gone when it is through."""
    lines = ("Name:\tpython", "VmRSS:\t  128 kB", f"VmPTE:\t {2**15 + 2} kB")
    (tmp_path / "status").write_text("\n".join(lines))
    assert watching._memory(tmp_path) == 1024 * (128 + 2**15 + 2 + 512)


ENDED = """
import ctypes, os, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
number = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
print(flush=True)
ctypes.CDLL(None).syscall(number, 0)
"""


@needs_proc
@pytest.mark.parametrize("python", [ENDED], indirect=True)
def test_a_process_is_seen_after_its_first_thread_has_ended(
    python: subprocess.Popen,
) -> None:
    assert python.stdout
    python.stdout.readline()
    state = Path(f"/proc/{python.pid}/stat")
    while state.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    use = watching.used(python.pid)
    assert use.memory > 2**20
    assert use.threads == 2
    # Who has more than it may is not gone through: meanwhile it starts thousands.
    some = watching.used(python.pid, Limits(threads=1))
    assert (some.threads, some.memory) == (2, 0)


@needs_proc
@pytest.mark.parametrize(
    "python",
    ["import ctypes\nctypes.CDLL(None).prctl(15, b'\\x0bVmRSS: -9999999')\ninput()"],
    indirect=True,
)
def test_the_name_of_a_process_is_no_number_of_it(python: subprocess.Popen) -> None:
    assert becomes(python, wants=False)
    assert watching.used(python.pid).memory > 2**20


def why_ended(
    monkeypatch: pytest.MonkeyPatch,
    own: Used,
    beside: Used,
    lasts: float,
    over: bool = False,
) -> str:
    """Why a process was ended that lasts so many seconds and is allowed 0.2."""
    monkeypatch.setattr(watching, "used", lambda pid, _=0: own if pid else beside)
    command = [sys.executable, "-c", f"import time; time.sleep({lasts})"]
    running = Running(command, Limits(seconds=0.2))
    process = SimpleNamespace(pid=0)
    running.beside = SimpleNamespace(process=process, over=over)  # type: ignore[assignment]
    running.process.wait()
    running.end()
    return running.why


STARVED = Used(running=1)


@pytest.mark.parametrize(("own", "beside"), [(STARVED, Used()), (Used(), STARVED)])
def test_a_notebook_is_not_ended_for_what_others_take(
    own: Used, beside: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor for what they take of the judge that it waits for."""
    monkeypatch.setattr(watching, "BY_CLOCK", 10**6)
    assert why_ended(monkeypatch, own, beside, lasts=1) == ""


def test_a_notebook_that_waits_is_ended_at_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "BY_CLOCK", 10**6)
    said = why_ended(monkeypatch, Used(), Used(), lasts=20)
    assert said == "stopped after 0.2 s"


def test_who_was_ended_does_not_work_beside_its_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who does is another process, by now, of the same number."""
    monkeypatch.setattr(watching, "BY_CLOCK", 10**6)
    said = why_ended(monkeypatch, Used(), STARVED, lasts=20, over=True)
    assert said == "stopped after 0.2 s"


def test_no_notebook_lasts_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BY_CLOCK", 2)
    said = why_ended(monkeypatch, STARVED, Used(), lasts=20)
    assert said == "stopped after 0.4 s by the clock"
