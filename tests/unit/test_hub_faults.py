"""What students notice of a clock that jumps and of a home that is full: a sentence."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tornado.ioloop import IOLoop, PeriodicCallback
from traitlets import HasTraits

PLACE = Path(__file__).resolve().parents[2] / "deploy" / "one-machine"
HOUR, MINUTE = 3600.0, 60.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="no hub on Windows")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of deploy/one-machine import each other, and are no package."""
    monkeypatch.syspath_prepend(str(PLACE))


@pytest.fixture
def clock(files: None) -> ModuleType:
    return import_module("clock")


@pytest.fixture
def lessons(files: None) -> ModuleType:
    return import_module("lessons")


# --- A clock that jumps ---------------------------------------------------------------


def test_an_hour_that_did_not_pass_makes_nobody_idle(clock: ModuleType) -> None:
    passed = 0.0
    idle = clock.Patience(lambda: passed)

    def ask(seconds: float, last: str = "10:00") -> bool:
        server = {"url": "/user/anna/", "last_activity": last}
        return bool(idle(timedelta(seconds=seconds), HOUR, server))

    assert not ask(MINUTE)
    passed += 2 * MINUTE
    assert not ask(25 * HOUR)  # set forward by a day
    passed += HOUR - 3 * MINUTE
    assert not ask(26 * HOUR)
    assert not ask(0, last="next day 10:59")  # she did something
    passed += HOUR - MINUTE
    assert not ask(2 * HOUR, last="next day 10:59")
    passed += MINUTE
    assert ask(2 * HOUR, last="next day 10:59")
    assert not ask(-HOUR, last="next day 10:59")  # set back


def test_each_server_is_counted_for_itself(clock: ModuleType) -> None:
    passed = 0.0
    idle = clock.Patience(lambda: passed)
    long = timedelta(days=1)
    anna, ben = ({"url": u, "last_activity": None} for u in ("/user/a/", "/user/b/"))
    idle(long, HOUR, anna)
    passed = HOUR
    assert not idle(long, HOUR, ben)
    assert idle(long, HOUR, anna)


def test_a_kernel_is_not_idle_for_a_day_that_did_not_pass(
    files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop is closed, and the clock set forward: what was computed stays."""
    from jupyter_server._tz import utcnow

    kernels, passed = import_module("kernels").PatientKernels(), 0.0
    kernels.patience = import_module("clock").Patience(lambda: passed)
    kernels.cull_idle_timeout = int(2 * HOUR)
    kernel = SimpleNamespace(
        execution_state="idle",
        last_activity=utcnow() - timedelta(days=1),
        kernel_name="python3",
        kernel_spec=SimpleNamespace(metadata={}),
        connections=0,
    )
    kernels._kernels["k"] = kernel
    kernels._kernel_connections["k"] = 0
    ended: list[str] = []

    async def end(kernel_id: str) -> None:
        ended.append(kernel_id)

    monkeypatch.setattr(kernels, "shutdown_kernel", end)
    for passed in (0.0, 1.9 * HOUR):  # noqa: B007  what the culler sees
        asyncio.run(kernels.cull_kernel_if_idle("k"))
        assert ended == []
    passed = 2.1 * HOUR
    asyncio.run(kernels.cull_kernel_if_idle("k"))
    assert ended == ["k"]


def test_timers_go_on_when_the_clock_is_set_back(
    clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IOLoop, "time", IOLoop.time)  # put back at the end
    clock.steady_timers()

    async def count() -> None:
        beats: asyncio.Queue[None] = asyncio.Queue()
        timer = PeriodicCallback(lambda: beats.put_nowait(None), 10)
        timer.start()
        await beats.get()
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - HOUR)
        for _ in range(3):
            await asyncio.wait_for(beats.get(), 30)
        timer.stop()

    asyncio.run(count())


# --- A home that is full --------------------------------------------------------------


class Git:
    """In the place of nbgitpuller: says `lines`, makes the folder, and may fail."""

    def __init__(self, *lines: str, fails: bool = False) -> None:
        self.lines, self.fails = lines, fails

    def __call__(self, source: str, folder: Path) -> Iterator[str]:
        yield from self.lines
        folder.mkdir(exist_ok=True)
        (folder / "new.ipynb").write_text(source)
        if self.fails:
            raise subprocess.CalledProcessError(128, "git clone")


@pytest.mark.parametrize("there", [None, "empty", "half"])
def test_lessons_arrive_whole(
    lessons: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    there: str | None,
) -> None:
    """Also where an earlier start was cut off."""
    if there == "empty":
        (tmp_path / "cnn-course").mkdir()
    if there == "half":
        (tmp_path / ".cnn-course.part" / ".git").mkdir(parents=True)
    monkeypatch.setattr(lessons, "pull", Git())
    assert lessons.bring("here", tmp_path) == ""
    assert [p.name for p in tmp_path.iterdir()] == ["cnn-course"]
    assert [p.name for p in (tmp_path / "cnn-course").iterdir()] == ["new.ipynb"]


def test_what_is_there_is_updated_in_its_place(
    lessons: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cnn-course").mkdir()
    (tmp_path / "cnn-course" / "mine.ipynb").write_text("mine")
    monkeypatch.setattr(lessons, "pull", Git(fails=True))
    assert lessons.bring("here", tmp_path) == "other"
    assert (tmp_path / "cnn-course" / "mine.ipynb").read_text() == "mine"


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("fatal: write error: No space left on device\n", "full"),
        ("error: unable to write file: Disk quota exceeded\n", "full"),
        ("fatal: repository 'x' does not exist\n", "other"),
    ],
)
def test_what_did_not_arrive_leaves_no_half_of_it(
    lessons: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    said: str,
    trouble: str,
) -> None:
    monkeypatch.setattr(lessons, "pull", Git(said, fails=True))
    assert lessons.bring("here", tmp_path) == trouble
    assert list(tmp_path.iterdir()) == []


def test_a_full_home_is_not_written_to(
    lessons: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = SimpleNamespace(free=lessons.ROOM - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: left)
    monkeypatch.setattr(lessons, "pull", Git())
    assert lessons.bring("here", tmp_path) == "full"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("trouble", "lessons_there", "page"),
    [
        ("", True, "/lab"),
        ("other", True, "/lab"),  # yesterday's lessons are better than none
        ("other", False, "/lessons"),
        ("full", True, "/lessons"),
        ("full", False, "/lessons"),
    ],
)
def test_the_first_page_says_what_is_missing(
    lessons: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    trouble: str,
    lessons_there: bool,
    page: str,
) -> None:
    start = import_module("start_student")
    if lessons_there:
        (tmp_path / "cnn-course").mkdir()
    opened: list[str] = []
    served = SimpleNamespace(
        main=lambda: opened.append(os.environ["JUPYTERHUB_DEFAULT_URL"])
    )
    monkeypatch.setitem(sys.modules, "jupyterhub", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "jupyterhub.singleuser", served)
    monkeypatch.setattr(lessons, "bring", lambda source, home: trouble)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(start, "start_quickly", lambda: None)
    monkeypatch.setattr(IOLoop, "time", IOLoop.time)
    monkeypatch.setenv("COURSE_LESSONS", "here")
    monkeypatch.setenv("JUPYTERHUB_DEFAULT_URL", "/lab")
    start.main()
    assert opened == [page]


def test_the_page_says_how_much_room_is_missing_and_where_to_go(files: None) -> None:
    page = import_module("lessons_page").page
    full = page("full", "/user/anna/", 3 * 1024**2 + 5)
    assert "<h1>Your home folder is full</h1>" in full
    assert "need 40 MB to arrive, and 3 MB are free" in full
    for place in ("lab", "lessons"):
        assert f'href="/user/anna/{place}"' in full
    assert "could not be fetched</h1>" in page("other", "/", 0)


@pytest.fixture
def classroom(files: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    spawner = SimpleNamespace(LocalProcessSpawner=HasTraits)
    monkeypatch.setitem(sys.modules, "jupyterhub", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "jupyterhub.spawner", spawner)
    return import_module("classroom")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux drops what has no place")
def test_a_server_that_lets_connections_wait_keeps_no_other_waiting(
    classroom: Any,
) -> None:
    async def ask(port: int) -> bool:
        return bool(await asyncio.wait_for(classroom.answers(port), 30))

    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        assert asyncio.run(ask(port))
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        assert not asyncio.run(ask(port))
        for each in waiting:
            each.close()
    assert not asyncio.run(ask(port))


# --- A disk with room for each --------------------------------------------------------


@posix
def test_a_home_is_limited_in_kib_where_it_is_mounted(
    files: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    accounts = import_module("accounts")
    limit = accounts.limit_disk
    monkeypatch.setattr(accounts, "TOOLS", ())
    said, program = tmp_path / "said", tmp_path / "setquota"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(Path, "is_mount", lambda self: self == tmp_path.parent)
    program.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    program.chmod(0o700)
    limit("cnn-anna", tmp_path / "homes", 1.5)
    assert said.read_text() == f"-u cnn-anna 0 1572864 0 0 {tmp_path.parent}\n"
    program.write_text("#!/bin/sh\necho not here >&2\nexit 1\n")
    with pytest.raises(RuntimeError, match=f"user quotas on {tmp_path.parent}: not"):
        limit("cnn-anna", tmp_path / "homes", 1.5)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(RuntimeError, match="setquota is not installed"):
        limit("cnn-anna", tmp_path / "homes", 1.5)


# --- A hub that is alone --------------------------------------------------------------


@posix
def test_two_hubs_do_not_share_a_folder(files: None, tmp_path: Path) -> None:
    hold = import_module("alone").hold
    first = hold(tmp_path)
    with pytest.raises(BlockingIOError, match="another hub runs with"):
        hold(tmp_path, seconds=0)
    first.close()
    hold(tmp_path, seconds=0).close()


@posix
@pytest.mark.parametrize("address", ["127.0.0.1", ""])
def test_an_address_that_somebody_has_is_named(files: None, address: str) -> None:
    check = import_module("alone").check_address
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f":{port} cannot be had"):
            check(address, port)
    check(address, port)


@posix
def test_servers_find_a_hub_that_was_started_anew(files: None, tmp_path: Path) -> None:
    ports = import_module("alone").ports
    first = ports(tmp_path)
    assert len(set(first)) == 2
    assert ports(tmp_path) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first[0]))
        taken.listen()
        other = ports(tmp_path)
    assert first[0] not in other
    assert ports(tmp_path) == other


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells children")
def test_what_a_hub_started_ends_with_it(files: None) -> None:
    """However it ended: here it is killed."""
    sleeper = "import time; time.sleep(20); print('still here')"
    parent = (
        "import subprocess, sys, time, alone\n"
        f"child = subprocess.Popen([sys.executable, '-c', {sleeper!r}],"
        " preexec_fn=alone.end_with_parent)\n"
        "print(flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PLACE)},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        assert process.stdout.read() == b""  # to its end, which is the child's
