"""Processes that are killed or work at the same time."""

import contextlib
import signal
import threading
import time

import filelock
import pytest

from course_utils.datasets.whole import fetch, state
from tests.unit.downloads.stand_ins import FILES, leftovers, load, other_process


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)  # time.sleep is out of order here


def holds(folder, size):
    """Whether a file is being written there and has this size already.

    Some come and go at once: pooch tries whether it may write.
    """
    for file in folder.glob("tmp*"):
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_size >= size:
                return True
    return False


def test_a_process_killed_in_mid_download_leaves_nothing_trusted(sets, cache):
    sets.faults = ["stall"]
    process = other_process(sets, cache)
    work = cache / "downloads" / "svhn"
    half = len(FILES["train.mat"]) // 2
    wait_for(lambda: holds(work, half - 2**16))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert leftovers(cache)
    assert state("svhn") == "absent"
    sets.faults = ["404"]
    with pytest.raises(OSError, match="404"):
        load("svhn")
    assert leftovers(cache) == []
    load("svhn")
    assert not work.exists()
    assert leftovers(cache) == ["svhn.npz"]


def test_a_process_killed_in_mid_extraction_leaves_nothing_trusted(sets, cache):
    code = (
        "import os\nfrom course_utils.datasets import download\nopened = []\n"
        "class Killed(download.zipfile.ZipFile):\n"
        "    def extract(self, *arguments):\n"
        "        opened.append(0)\n"
        "        if len(opened) == 9: os.kill(os.getpid(), 9)\n"
        "        return super().extract(*arguments)\n"
        "download.zipfile.ZipFile = Killed\n"
        "whole.fetch('cats_and_dogs_filtered')"
    )
    process = other_process(sets, cache, code)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(list(cache.rglob("*.jpg"))) == 8
    assert state("cats_and_dogs_filtered") == "absent"
    assert len(load("cats_and_dogs_filtered").train) == 24
    assert sets.requests == ["/pets.zip"]  # the archive had passed its check


def test_two_processes_at_once_download_once(sets, cache):
    sets.faults = ["slow"]
    processes = [other_process(sets, cache) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sorted(sets.requests) == ["/test.mat", "/train.mat"]
    assert state("svhn") == "whole"


def test_waiting_for_another_process_is_told(sets, cache, capsys):
    (cache / "downloads").mkdir(parents=True)
    held = threading.Event()

    def hold():
        with filelock.FileLock(cache / "downloads" / "svhn.lock"):
            held.set()
            threading.Event().wait(2)

    threading.Thread(target=hold).start()
    held.wait()
    fetch("svhn")
    assert "svhn: another process is fetching it; waiting" in capsys.readouterr().out
