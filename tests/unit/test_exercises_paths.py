"""Where a path that a student made cannot be asked what lies there."""

import json
import os
from pathlib import Path

import pytest

from course_utils.exercises import grading
from course_utils.exercises.gradebook import Row
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.submissions import Notebook, kind

NO_NAME = "n" * 300  # longer than any may be

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="links need a privilege on Windows"
)


def test_what_cannot_be_asked_is_nothing(tmp_path: Path) -> None:
    assert kind(tmp_path / NO_NAME) == 0
    if os.geteuid():  # root may look into each folder
        tmp_path.chmod(0o600)
        assert kind(tmp_path / "notebook.ipynb") == 0
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "name",
    ["eve.ipynb", "eve.zip", "eve_1_2_a.zip", "eve/a.zip", "eve/a.ipynb", "grades.csv"],
)
def test_a_link_to_no_name_ends_no_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def graded(notebook: Notebook, student: str, way: Way) -> Row:
        return Row(student, "00", note=notebook.unreadable, digest=notebook.digest)

    monkeypatch.setattr(grading, "run", graded)
    link = tmp_path / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(NO_NAME)
    code = 'check("00.pixels", 784)'
    cell = {"cell_type": "code", "source": code, "metadata": {}, "outputs": []}
    notebook = json.dumps({"cells": [cell], "nbformat": 4})
    (tmp_path / "ada.ipynb").write_text(notebook, encoding="utf-8")
    grading.main([str(tmp_path), "--no-sandbox"])
    rows = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert any(row.startswith('"ada"') for row in rows)
    if link.suffix == ".ipynb":
        assert any("is a link, not a file" in row for row in rows)
