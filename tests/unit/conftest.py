"""What several tests of the package need."""

import os
from pathlib import Path

import comm
import matplotlib
import pytest

from course_utils import exercises
from course_utils.exercises import remembered
from course_utils.exercises.sandbox import bubblewrap_works

matplotlib.use("agg")  # no windows, whatever screen there is


@pytest.fixture(autouse=True)
def _own_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a test solves or downloads is nothing that lessons find, nor the user."""
    folder = tmp_path_factory.getbasetemp() / "course-data"
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder))
    monkeypatch.setenv("COURSE_USER_DIR", str(folder))


@pytest.fixture
def empty_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new student's place for progress, and nothing known from before."""
    monkeypatch.setattr(remembered, "session", {})
    monkeypatch.setattr(exercises, "_hints_given", {})
    file = tmp_path / "cache" / "progress.json"
    monkeypatch.setattr(remembered, "progress_file", lambda: file)
    return file


@pytest.fixture(autouse=True)
def _messages_without_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Widgets send as in an import without ipykernel, whichever test has loaded it.

    Once loaded it makes comms of its own, and those are silent without a kernel.
    """
    monkeypatch.setattr(comm, "create_comm", comm.DummyComm)


@pytest.fixture(scope="session")
def sandbox() -> None:
    """Needs bubblewrap: that it is missing fails in CI, that it is forbidden skips."""
    if why := bubblewrap_works():
        installed = "is not installed" not in why
        say = (
            pytest.skip if installed or os.environ.get("CI") != "true" else pytest.fail
        )
        say(f"students' code cannot be run: {why}")
