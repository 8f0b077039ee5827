"""What a student makes is kept apart from data, whatever the home folder is like."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import full_run, user_folder
from course_utils.exercises import remembered

SOLVED = {"01.output-size": "correct"}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The data folder and the user's; neither is there yet."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_USER_DIR", str(tmp_path / "own"))
    monkeypatch.setattr(remembered, "session", {})
    return tmp_path / "data", tmp_path / "own"


def test_progress_goes_into_the_users_folder(folders: tuple[Path, Path]) -> None:
    data, own = folders
    remembered.remember("01.output-size", "correct")
    assert json.loads((own / "progress.json").read_text()) == SOLVED
    assert not data.exists()


def test_what_an_earlier_version_kept_moves_along_once(
    folders: tuple[Path, Path],
) -> None:
    data, own = folders
    (data / "runs").mkdir(parents=True)
    (data / "runs" / "cats_dogs_150_plain.zip").write_text("a run")
    (data / "progress.json").write_text(json.dumps(SOLVED))
    assert remembered.known() == SOLVED
    assert full_run.place("plain") == own / "runs" / "cats_dogs_150_plain.zip"
    assert full_run.place("plain").read_text() == "a run"
    assert list(data.iterdir()) == []
    (data / "progress.json").write_text("{}")  # of an older version, still in use
    assert remembered.known() == SOLVED


@pytest.mark.parametrize("owner", ["somebody else", "the user"])
def test_a_shared_folder_keeps_its_progress_and_lends_its_runs(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    data, own = folders
    (data / "runs").mkdir(parents=True)
    shared = data / "runs" / "cats_dogs_150_plain.zip"
    shared.write_text("a run")
    (data / "progress.json").write_text(json.dumps(SOLVED))
    if owner == "somebody else":  # root may write anywhere, so the system is asked
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    mine = owner == "the user"
    assert remembered.known() == (SOLVED if mine else {})
    assert (data / "progress.json").exists() is not mine
    assert full_run.found("plain") == (own / "runs" / shared.name if mine else shared)


@pytest.mark.parametrize(
    "surroundings",
    [
        {"HOME": "/nowhere/at/all"},
        {"HOME": "/proc"},  # a folder in which nobody can write
        {},
    ],
    ids=["a home that is not there", "a home that is read-only", "no home"],
)
def test_without_a_home_a_check_still_answers(surroundings: dict[str, str]) -> None:
    """As a user whom the system does not know, where the test may become one."""
    code = (
        "from course_utils.exercises import check, remembered\n"
        "check('01.output-size', (14, 14, 20))\nprint(remembered.known())"
    )
    root = os.name == "posix" and os.geteuid() == 0
    stranger = 54321 if root and readable_by_all(Path(sys.executable)) else None
    kept = ("PATH", "SYSTEMROOT", "PYTHONPATH")
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={k: os.environ[k] for k in kept if k in os.environ} | surroundings,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        user=stranger,
    )
    assert done.returncode == 0, done.stderr
    assert "01.output-size" in done.stdout.splitlines()[-1]


def readable_by_all(path: Path) -> bool:
    folders = [path, *path.resolve().parents, *Path(__file__).resolve().parents]
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in folders)


def test_no_home_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_USER_DIR")
    monkeypatch.setattr(
        "platformdirs.user_data_dir", lambda *_, **__: "~/.local/share/cnn-course"
    )
    monkeypatch.setattr(Path, "expanduser", _refuse)
    with pytest.raises(FileNotFoundError, match="Set COURSE_USER_DIR"):
        user_folder.user_dir()


def _refuse(self: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")
