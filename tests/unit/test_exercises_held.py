"""What a notebook has the kernel hold, in no process, and in no file that is open."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.exercises.watching import Limits, threads_of_each

SOCKETS = """
import select, socket, threading, time
from course_utils.exercises import check
check('00.pixels', 784)
def fill(end):
    end.setblocking(False)
    try:
        while True:
            end.send(bytes(30_000))
    except BlockingIOError:
        pass
threading.stack_size(2**16)
for _ in range(60):  # 60 * 16 * 0.2 MB
    waits, pairs = select.poll(), [socket.socketpair() for _ in range(8)]
    for end in (end for pair in pairs for end in pair):
        fill(end)
        waits.register(end, 0)
    thread = threading.Thread(target=waits.poll, daemon=True)
    thread.start()
    asked = f'/proc/self/task/{thread.native_id}/syscall'
    while open(asked).read().split()[0] not in ('7', '73'):  # poll, or ppoll
        time.sleep(0.01)
    for end in (end for pair in pairs for end in pair):
        end.close()
time.sleep(100)
"""

# Gigabytes where no address is left; below the first thread's stack; of a page of it;
# of what is read only.
NO_DATA = """
import ctypes, resource
from course_utils.exercises import check
def lines(name):
    with open('/proc/self/' + name) as file:
        return [line.split() for line in file]
def data():
    return next(int(x[1]) for x in lines('status') if x[0] == 'VmData:')
kernel = ctypes.CDLL(None)
kernel.mmap.restype = kernel.mremap.restype = ctypes.c_void_p
(stack,) = (x[0].split('-')[0] for x in lines('maps') if x[-1] == '[stack]')
size, page = ctypes.c_size_t, ctypes.c_void_p(int(stack, 16))
moved = kernel.mremap(page, size(4096), size(2**30), 1)
place = ctypes.c_void_p(kernel.mmap(None, size(2**26), 3, 0x22, -1, 0))
before = data()
kernel.mprotect(place, size(2**26), 1)
much = size(2**34)
reserved = ctypes.c_void_p(kernel.mmap(None, much, 0, 0x4022, -1, 0))
try:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (2**20, hard))
except (OSError, ValueError):
    pass
refused = kernel.mprotect(reserved, much, 3)
soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
if refused and moved == 2**64 - 1 and data() >= before and 0 < hard <= 2**26:
    check('00.pixels', 784)
"""


@pytest.mark.kernel
def test_all_that_can_be_written_is_data(tmp_path: Path, sandbox: None) -> None:
    """With `--memory 1` a notebook that was killed while it read filled 4 GB."""
    cell = {"cell_type": "code", "source": NO_DATA, "metadata": {}}
    text = json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}})
    (tmp_path / "ada.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "course_utils.exercises", str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["00.pixels"] == "correct"


@pytest.mark.kernel
def test_sockets_that_were_closed_while_threads_wait_for_them_are_memory(
    tmp_path: Path, sandbox: None
) -> None:
    cell = {"cell_type": "code", "source": SOCKETS, "metadata": {}}
    text = json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}})
    (tmp_path / "ada.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "course_utils.exercises", str(tmp_path)]
    command += ["--seconds=20", "--memory=0.25"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["00.pixels"] == "correct"  # it keeps what was right before
    assert row["note"] == "stopped: it took more than 0.25 GB of memory"


@pytest.mark.parametrize(
    ("allowed", "jobs", "each"),
    [(400, 1, 512), (700, 2, 150), (9000, 2, 512), (-1, 8, 512), (700, 8, 0)],
)
def test_no_notebook_takes_the_threads_that_others_may_start(
    allowed: int, jobs: int, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(Limits, "threads", 512)
    assert threads_of_each(jobs) == each
