"""Paths that a student made: what cannot be asked, and who is not graded for them."""

import json
import os
from pathlib import Path

import pytest

from course_utils.exercises import grading
from course_utils.exercises.gradebook import Row
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.submissions import Notebook, kind

NO_NAME = "n" * 300  # longer than any may be

needs_posix = pytest.mark.skipif(
    os.name == "nt", reason="links need a privilege on Windows"
)


@needs_posix
def test_what_cannot_be_asked_is_nothing(tmp_path: Path) -> None:
    assert kind(tmp_path / NO_NAME) == 0
    if os.geteuid():  # root may look into each folder
        tmp_path.chmod(0o600)
        assert kind(tmp_path / "notebook.ipynb") == 0
        tmp_path.chmod(0o700)


@needs_posix
def test_nobody_asks_what_lies_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a host of the student's choice, which answers late or never."""
    (tmp_path / "eve").mkdir()
    links = [tmp_path / name for name in ("a.ipynb", "eve/a.zip", "grades.csv")]
    for link in links:
        link.symlink_to("/net/host.example.org/x")
    asked: list[object] = []
    stat = os.stat

    def look(path: object, **how: object) -> os.stat_result:
        asked.extend([path] if how.get("follow_symlinks", True) else [])
        return stat(path, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", look)
    monkeypatch.setattr(grading, "run", graded)
    grading.main([str(tmp_path), "--no-sandbox"])
    assert not {*links} & {*asked}
    rows = (tmp_path / "grades.csv").read_text(encoding="utf-8")
    assert rows.count("is a link, not a file") == 2


def graded(notebook: Notebook, student: str, way: Way) -> Row:
    return Row(student, "00", note=notebook.unreadable, digest=notebook.digest)


def put(path: Path) -> None:
    code = 'check("00.pixels", 784)'
    cell = {"cell_type": "code", "source": code, "metadata": {}, "outputs": []}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4}), encoding="utf-8")


@needs_posix
@pytest.mark.parametrize(
    "name",
    ["eve.ipynb", "eve.zip", "eve_1_2_a.zip", "eve/a.zip", "eve/a.ipynb", "grades.csv"],
)
def test_a_link_to_no_name_ends_no_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "run", graded)
    link = tmp_path / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(NO_NAME)
    put(tmp_path / "ada.ipynb")
    grading.main([str(tmp_path), "--no-sandbox"])
    rows = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert any(row.startswith('"ada"') for row in rows)
    if link.suffix == ".ipynb":
        assert any("is a link, not a file" in row for row in rows)


def test_who_is_not_graded_beside_a_course_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """In a file drop a student may hand in what makes it look like nbgrader's."""
    monkeypatch.setattr(grading, "run", graded)
    for name in ("ada", "bob", "cleo", "dan", "submitted/eve/00/00"):
        put(tmp_path / f"{name}.ipynb")
    grading.main([str(tmp_path), "--no-sandbox"])
    assert "NOT" not in capsys.readouterr().out
    (tmp_path / "nbgrader_config.py").touch()
    grading.main([str(tmp_path), "--no-sandbox"])
    said = "beside nbgrader's `submitted`: ada.ipynb, bob.ipynb, cleo.ipynb and 1 more"
    assert said in capsys.readouterr().out
