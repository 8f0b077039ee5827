"""What several tests of the package need."""

from pathlib import Path

import comm
import matplotlib
import pytest

from course_utils import exercises
from course_utils.exercises import remembered

matplotlib.use("agg")  # no windows, whatever screen there is


@pytest.fixture(autouse=True)
def _own_data_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a test solves or downloads is nothing that lessons find, nor the user."""
    folder = tmp_path_factory.getbasetemp() / "course-data"
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder))


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
