"""Students who want a better grade, or mean harm: nothing outside changes, none forges.

One notebook tries all that reaches for what lies outside: a start costs seconds.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.exercises import system_calls
from course_utils.exercises.catalogue import lesson, numbers
from course_utils.exercises.sandbox import Sandbox, environment
from course_utils.exercises.watching import Limits, Running
from tests.unit.test_exercises_system_calls import known

START = "from course_utils.exercises import check"
REACH = r"""
import ctypes, fcntl, glob, importlib, mmap, multiprocessing.util, os, select, shutil
import signal, socket, struct, subprocess, sys, time
from itertools import pairwise
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def prctl(*arguments):
    if libc.prctl(*arguments):
        raise OSError("refused")

def write(path):
    with open(path, "w") as file:
        file.write("0")

def found(*paths):
    if not any(map(os.path.exists, paths)):
        raise OSError("not there")

def texts():
    for top in {tops}:
        for folder, _, names in os.walk(top):
            if "site-packages" not in folder:
                yield from (os.path.join(folder, name) for name in names)

def holds(words):
    for path in texts():
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue
        if words in data:
            return
    raise OSError("nowhere")

def other_processes():
    if [name for name in os.listdir("/proc") if name.isdigit()] == [str(os.getpid())]:
        raise OSError("none")

def secret():
    for name in glob.glob("/proc/[0-9]*/environ"):
        if b"SECRET" in Path(name).read_bytes():
            return
    raise OSError("not told")

def whole_disk():
    for number in range(4):
        with open(f"/tmp/{{number}}", "wb") as file:
            for _ in range(200):
                file.write(bytes(2**20))

def at(folder, path):
    os.close(os.open(path, os.O_WRONLY, dir_fd=os.open(folder, os.O_RDONLY)))

def unlimited():
    import resource
    if resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 1000:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 1))  # no more than before

def changed(path, change, *arguments):
    before = os.stat(path)
    change(path, *arguments)
    if os.stat(path) == before:
        raise OSError("it was not changed")

def lock():
    write("/tmp/lock")
    with open("/tmp/lock", "r+") as one, open("/tmp/lock", "r+") as other:
        whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0)
        fcntl.fcntl(one, fcntl.F_SETLK, whole)
        held = fcntl.fcntl(other, 36, whole)  # F_OFD_GETLK
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody has the first
    if struct.unpack_from("h", held)[0] == fcntl.F_UNLCK:
        raise OSError("it was not taken")

tries = [
    lock, lambda: call(444, 0, 0, 1),  # neither has a limit in the kernel
    lambda: call(436, 900, 999, 2),  # for a thread, as many descriptors again
    lambda: found("{victim}", "{folder}"),
    lambda: at("/", "{victim}"[1:]),
    lambda: importlib.import_module("course_utils.exercises.lessons.nb00"),
    lambda: importlib.import_module("course_utils.exercises.judging"),
    lambda: holds(b"height " + b"before width"),
    lambda: write("{package}/filters.py"),
    lambda: changed("{package}/filters.py", os.chmod, 0o777),
    lambda: changed("/dev/full", os.utime),
    lambda: write("{package}/exercises/in_sandbox.py"),
    lambda: write("/new"), lambda: write("/usr/new"), lambda: write("/dev/new"),
    lambda: write("/proc/sys/kernel/core_pattern"),
    lambda: at("/proc/sys/kernel", "core_pattern"),
    lambda: write("/proc/sysrq-trigger"), lambda: write("/proc/self/autogroup"),
    lambda: Path("/proc/self/oom_score_adj").read_text() == "1000\n" and found(),
    other_processes, secret, unlimited, whole_disk,
    os.fork, lambda: subprocess.run(["true"]),
    lambda: os.posix_spawn("/bin/true", ["true"], {{}}),
    lambda: multiprocessing.util.spawnv_passfds(b"/bin/true", [b"true"], []),
    lambda: os.system("true") and found("/nowhere"),
    lambda: os.setuid(0),
    lambda: socket.create_connection(("127.0.0.1", {port}), timeout=2),
    lambda: socket.getaddrinfo("localhost.example", 80),
    lambda: os.kill(1 if os.getpid() != 1 else 2, 9),
    lambda: bytearray(5 * 2**30),
    lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    lambda: socket.socket(socket.AF_UNIX), lambda: socket.socket(socket.AF_INET),
    # A filter of its own: memory without number. Another program: so can a thread
    # shed its death signal.
    lambda: prctl(22, 2, 0), lambda: os.execv("/bin/true", ["true"]),
    # Memory that is in no process.
    lambda: mmap.mmap(-1, 4096), select.epoll,
    lambda: Path("/dev/zero").open("rb").read(1) or found(),
    lambda: [os.pipe() for _ in range(200)],
    lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    lambda: fcntl.fcntl(os.pipe()[1], 1031, 2**20),
    lambda: prctl(1, 0),  # to outlive bubblewrap
    lambda: os.open("/dev/ptmx", os.O_RDWR),  # on which the kernel works
    lambda: write("/proc/pressure/memory"), lambda: write("/proc/mtrr"),
    lambda: Path("/proc/slabinfo").read_bytes() or found(),
]
if os.uname().machine == "x86_64":
    tries += [
        lambda: call(56, 17, 0, 0, 0, 0), lambda: call(435, 0, 0), lambda: call(58),
        lambda: call(272, 0x10000000), lambda: call(101, 16, 1, 0, 0),
        lambda: call(319, b"a", 0), lambda: call(29, 0, 1 << 20, 0o1666),
        lambda: call(248, b"user", b"k", b"v", 1, -3), lambda: call(425, 8, 0),
        lambda: call(165, b"none", b"/tmp", b"tmpfs", 0, 0),
        lambda: call(0x40000000 + 57), lambda: call(161, b"/tmp"),
    ]
# All that is not on the list, and one it has never heard of.
tries += [lambda n=n: call(n, -1, -1, -1, -1, -1, -1) for n in {others}]
done = []
for number, attempt in enumerate(tries):
    try:
        attempt()
        done.append(number)
    except (OSError, ImportError, MemoryError, ValueError):
        pass
check("00.pixels", 784 if not done else [1000 + number for number in done])
"""
FORGE = r"""
import builtins, gc, json, os, struct, sys
import numpy as np
class Equal(float):
    __eq__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = float.__hash__
    __array__ = lambda self, *_, **__: np.full((), self)
check("00.photo-shape", Equal(1))
np.allclose = np.array_equal = lambda *_, **__: True
for module in list(sys.modules.values()):
    for name in ("grade", "wrong_places", "same"):
        if hasattr(module, name):
            try: setattr(module, name, lambda *_, **__: True)
            except Exception: pass
check("00.to-unit", lambda *_: Equal(1))
check("00.wrap-around", type("Verdict", (), {"status": "correct"})())
verdict = {"id": "00.wrap-around", "status": "correct", "said": "", "lines": []}
for forged in (verdict, {"kind": "verdict", **verdict}):
    text = json.dumps({**forged, "sizes": []}).encode()
    for number in range(3, 20):
        try: os.write(number, struct.pack(">IQ", len(text), 0) + text)
        except OSError: pass
for number in range(3, 20):
    try: os.write(number, (json.dumps(verdict) + "\n").encode() * 100)
    except OSError: pass
"""
GUESS = "for number in range(700, 900):\n    check('00.pixels', number)"
WAIT = """
import signal, threading, time
signal.signal(signal.SIGALRM, signal.SIG_IGN)
def wait():
    while True:
        time.sleep(1)
threading.Thread(target=wait).start()
check('00.pixels', 784)
wait()
"""
SHARED = """
import mmap, time
check('00.pixels', 784)
memory = bytearray(1750 * 2**20)
for name in ("one", "other"):
    file = open(f"/tmp/{name}", "w+b")
    file.truncate(240 * 2**20)
    shared = mmap.mmap(file.fileno(), 0)
    for i in range(0, len(shared), 4096):
        shared[i] = 1
    memory = memory, shared
time.sleep(100)
"""
# In both places, and after the first thread, in whose name files are read, has ended.
FILES = """
import ctypes, os, threading, time
def work():
    for place in ("tmp", "dev/shm"):
        for i in range(60_000):
            open(f"/{place}/{i}", "w").close()
    time.sleep(100)
check('00.pixels', 784)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
"""


def write(folder: Path, student: str, *sources: str) -> None:
    cells = [
        {"cell_type": "code", "source": s, "metadata": {}} for s in (START, *sources)
    ]
    (folder / student).mkdir()
    text = json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})
    (folder / student / "00.ipynb").write_text(text, encoding="utf-8")


def everything(folder: Path) -> str:
    """All names and contents under a folder, in one number."""
    mark = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        mark.update(os.fsencode(path.relative_to(folder)))
        mark.update(path.read_bytes() if path.is_file() else b"")
    return mark.hexdigest()


@pytest.fixture(scope="module")
def graded(
    tmp_path_factory: pytest.TempPathFactory, sandbox: None
) -> dict[str, dict[str, str]]:
    import socket

    import course_utils

    place = tmp_path_factory.mktemp("instructor")
    folder, mine = place / "submitted", place / "mine"
    folder.mkdir()
    mine.mkdir()
    (mine / "marks.txt").write_text("keep me")
    package = Path(course_utils.__file__).parent
    for number in numbers():
        lesson(number)  # compiled now: later, that would look like a change
    before = everything(mine), everything(package / "exercises" / "lessons")
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"victim": mine / "marks.txt", "folder": folder, "package": package}
        tops = [str(package.parent), str(place), sys.prefix, "/tmp", "/root", "/home"]
        allowed = known(os.uname().machine)
        # 335 and 336 are the kernel's own, unfiltered: who calls them is ended.
        others = [n for n in range(500) if n not in allowed | {335, 336}]
        port = server.getsockname()[1]
        reach = REACH.format(tops=tops, port=port, others=others, **places)
        for student, source in (
            ("reach", reach),
            ("forge", FORGE),
            ("guess", GUESS),
            ("wait", WAIT),
            ("shared", SHARED),
            ("files", FILES),
        ):
            write(folder, student, source)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "course_utils.exercises", folder),
                *("--jobs=3", "--seconds=12", "--memory=2"),
            ],
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "SECRET": "of the instructor"},
        )
    after = everything(mine), everything(package / "exercises" / "lessons")
    assert after == before
    with (folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    said = b"\n1 ran out of time or ended early beside others: once more, alone\nwait:"
    assert said in done.stdout, done.stdout.decode()
    return rows


pytestmark = pytest.mark.kernel


def test_nothing_outside_is_reached(graded: dict[str, dict[str, str]]) -> None:
    assert graded["reach"]["00.pixels"] == "correct"  # all its tries were refused
    assert graded["reach"]["note"] == ""


def test_no_grade_is_forged(graded: dict[str, dict[str, str]]) -> None:
    assert graded["forge"]["score"] == "0"
    assert graded["forge"]["00.photo-shape"] == "wrong"
    assert graded["forge"]["00.to-unit"] == "wrong"


def test_guessing_all_numbers_is_no_answer(graded: dict[str, dict[str, str]]) -> None:
    assert graded["guess"]["score"] == "0"
    assert graded["guess"]["note"] == "only 10 answers to 00.pixels count"


@pytest.mark.parametrize(
    ("student", "note"),
    [
        ("wait", "stopped after 12 s"),
        ("shared", "stopped: it took more than 2 GB of memory"),
        ("files", "stopped: it made more than 100000 files"),
    ],
)
def test_what_never_ends_costs_its_limit_and_keeps_what_was_right(
    graded: dict[str, dict[str, str]], student: str, note: str
) -> None:
    assert (graded[student]["score"], graded[student]["note"]) == ("1", note)


# --- Without starting anything --------------------------------------------------------


def test_the_command_of_a_container_leaves_nothing_open() -> None:
    limits = Limits(seconds=100, memory=2**30)
    for kind in ("docker", "podman"):
        sandbox = Sandbox(kind, "image")
        command = sandbox.command(limits, Path("/room"), "name", None)
        words = " ".join(command)
        assert command[:3] == [kind, "run", "--rm"]
        for part in (
            "--network none --read-only --cap-drop ALL",
            "--security-opt no-new-privileges --pids-limit 512",
            f"--memory {2**30} --memory-swap {2**30}",
            "--volume /room:/home/student/course/course_utils/exercises:ro",
            "--tmpfs /home/student/course/tests:ro",
            "image timeout --signal=KILL 160 /home/student/course/.venv/bin/python -m",
        ):
            assert part in words
        assert "--env PATH" not in words  # the image has its own
        assert "--env HOME=/tmp" in words
        assert "privileged " not in words.replace("no-new-privileges ", "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux' /proc")
def test_what_left_the_group_ends_too() -> None:
    """As a student's process would that took back its death signal."""
    inner = "import time; print(flush=True); time.sleep(20); print('still there')"
    code = (
        "import subprocess, sys, time\n"
        f"inner = [sys.executable, '-c', {inner!r}]\n"
        "subprocess.Popen(inner, start_new_session=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    running = Running(command, Limits(), stdout=subprocess.PIPE)
    with running.process.stdout as said:
        assert said.readline() == b"\n"
        running.end()
        assert said.read() == b""  # whoever could write is gone


def test_a_sandbox_is_given_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "of the instructor")
    assert "SECRET" not in environment("/somewhere")
    command = Sandbox("bubblewrap").command(Limits(), Path("/room"), "name", 3)
    assert "of the instructor" not in " ".join(command)
    assert "--clearenv" in command


def test_students_work_is_hidden_wherever_it_lies() -> None:
    inside = Path(sys.prefix).resolve() / "lib" / "submitted"
    box = Sandbox("bubblewrap", hidden=inside)
    command = box.command(Limits(), Path("/room"), "name", 3)
    where = command.index(str(inside))
    assert command[where - 3 : where] == ["--size", "4096", "--tmpfs"]
    assert command[where + 1 : where + 3] == ["--remount-ro", str(inside)]


def test_an_unknown_machine_has_no_filter() -> None:
    assert system_calls.program("pdp11") is None
    command = Sandbox("bubblewrap").command(Limits(), Path("/room"), "name", None)
    assert "--disable-userns" in command
