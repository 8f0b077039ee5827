"""What several tests of the package need."""

from pathlib import Path

import pytest

from course_utils import exercises
from course_utils.exercises import remembered


@pytest.fixture
def empty_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new student's place for progress, and nothing known from before."""
    monkeypatch.setattr(remembered, "session", {})
    monkeypatch.setattr(exercises, "_hints_given", {})
    file = tmp_path / "cache" / "progress.json"
    monkeypatch.setattr(remembered, "progress_file", lambda: file)
    return file
