"""Faults of the disk: a clear message, nothing half-done, then success."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from course_utils.datasets.whole import fetch, state
from tests.unit.downloads.stand_ins import (
    FILES,
    READ_ONLY,
    leftovers,
    load,
    namespace,
    other_process,
)


def test_too_little_space_is_told_before_the_download(sets, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match=r"no space left .* MB are needed.*COURSE_DATA_D"):
        load("svhn")
    assert sets.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("limit", [200, 100_000, len(FILES["train.mat"]) + 9_000])
def test_a_disk_that_fills_up(sets, cache, limit):
    """With the limit on file sizes as a full disk, while loading or while storing."""
    code = (
        f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)\n"
        "whole.fetch('svhn')"
    )
    process = other_process(sets, cache, code)
    _, errors = process.communicate(timeout=60)
    message = r"svhn was not stored: there is no space left in .* Set COURSE_DATA_DIR"
    assert re.search(message, errors)
    assert state("svhn") == "absent"
    assert leftovers(cache) == []
    load("svhn")


def test_a_real_disk_that_is_full(sets, cache):
    cache.mkdir()
    before, code = namespace(
        cache,
        "mount -t tmpfs -o size=64k none '{}'",
        "import shutil\nusage = shutil.disk_usage('/')._replace(free=10**12)\n"
        "shutil.disk_usage = lambda path: usage\n"  # let it begin
        "whole.fetch('svhn')",
    )
    _, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    message = r"svhn was not stored: there is no space left .*No space left on device"
    assert re.search(message, errors)


@pytest.mark.parametrize("folder", ["", "downloads", "downloads/svhn"])
def test_a_read_only_cache_says_what_to_do(sets, cache, folder):
    (cache / folder).mkdir(parents=True)
    before, code = namespace(cache, READ_ONLY, "whole.fetch('svhn')")
    _, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    assert "cannot be written. Set COURSE_DATA_DIR to another folder" in errors


def test_what_is_in_a_read_only_cache_can_be_used(sets, cache):
    fetch("cats_and_dogs_filtered")
    code = (
        "from course_utils import datasets\ndata = datasets.cats_vs_dogs()\n"
        "print(data.source, len(data.train), data.train.images[0].shape[2])\n"
        "print(datasets.svhn().source)"
    )
    before, code = namespace(cache, READ_ONLY, code)
    output, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    assert "full 24 3" in output, errors
    assert output.strip().endswith("sample")


def test_an_unwritable_folder_is_told_as_such(sets, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(PermissionError, match=r"cannot be written\. Set COURSE_DATA"):
        load("svhn")
