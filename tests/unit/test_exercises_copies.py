"""Which code runs: of the course's copies this one, and nothing of students'."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from course_utils.exercises import sandbox
from course_utils.exercises.sandbox import Sandbox
from course_utils.exercises.watching import Limits


def command() -> list[str]:
    return Sandbox("bubblewrap").command(Limits(), Path("/room"), "name", 3)


def test_an_installed_course_beside_this_one_knows_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python would even begin with it: a package comes before what is edited."""
    copy = tmp_path / "lib/python3.12/site-packages/course_utils/exercises"
    copy.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    made = command()
    masked = [made[i + 1] for i, word in enumerate(made) if word == "/room"]
    assert masked == [str(sandbox.PACKAGE / sandbox.ROOM), str(copy)]
    own = ("PYTHONPATH", str(sandbox.PACKAGE.parent))
    assert own in pairwise(made)


def test_a_project_in_an_environment_shows_its_package_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `pip install -e git+...` puts it there, with its tests and their answers."""
    assert str(sandbox.PACKAGE.parent) not in [
        made for word, made in pairwise(command()) if word == "--tmpfs"
    ]
    project = tmp_path / "src" / "course"
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sandbox, "PACKAGE", project / "course_utils")
    made = command()
    hidden = list(pairwise(made)).index(("--tmpfs", str(project)))
    package = str(project / "course_utils")
    shown = list(pairwise(made)).index(("--ro-bind", package), hidden)
    assert made.index(str(tmp_path)) < hidden < shown < made.index("/room")


def test_what_is_an_instructors_own_beside_python_is_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passwords of a package index, of Jupyter's server; other projects."""
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://me:secret@there/")
    for name in ("etc/jupyter", "envs/mine", "lib"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "envs" / "mine"))
    made = command()
    steps = list(pairwise(made))
    assert made[made.index(str(tmp_path / "pip.conf")) - 1] == "/dev/null"
    assert ("--tmpfs", str(tmp_path / "etc/jupyter")) in steps
    covered = steps.index(("--tmpfs", str(tmp_path / "envs")))
    assert ("--ro-bind-try", str(tmp_path)) in steps[:covered]
    assert ("--ro-bind", str(tmp_path / "envs" / "mine")) in steps[covered:]


def test_an_environment_that_is_called_by_a_link_is_seen_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its other name, what is hidden in it could be read."""
    (tmp_path / "env" / "work").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "env")
    (link / "pip.conf").write_text("secret")
    monkeypatch.setattr(sys, "prefix", str(link))
    limits, room, work = Limits(), Path("/room"), tmp_path / "env" / "work"
    made = Sandbox("bubblewrap", hidden=work).command(limits, room, "name", 3)
    assert [word for word in made if word.startswith(str(link))] == [str(link)]
    steps = list(pairwise(made))
    known = steps.index((str(tmp_path / "env"), str(link)))
    assert made[known - 1] == "--symlink"
    assert ("/dev/null", str(tmp_path / "env" / "pip.conf")) in steps[known:]
    assert ("--tmpfs", str(work)) in steps[known:]


def test_a_course_in_the_folder_for_temporary_files_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sandbox has an empty /tmp of its own, and the course may lie in /tmp."""
    monkeypatch.setattr(sandbox, "_places", lambda: [Path("/tmp/course")])
    command = sandbox._bubblewrap(Limits(), [], None, None)
    own = list(pairwise(command)).index(("--tmpfs", "/tmp"))
    assert own < command.index("/tmp/course")


@pytest.mark.parametrize("module", ["exercises", "exercises.grade_one"])
def test_who_grades_where_the_work_lies_imports_nothing_of_it(
    module: str, tmp_path: Path
) -> None:
    for student in ("json", "numpy", "pathlib", "argparse"):
        (tmp_path / student).mkdir()
        evil = "raise SystemExit('a student was here')"
        (tmp_path / student / "__init__.py").write_text(evil)
    done = subprocess.run(
        [sys.executable, "-m", f"course_utils.{module}", "01", "2", "9"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(sandbox.PACKAGE.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "a student was here" not in done.stderr
    own = "unrecognized arguments: 2 9" if module == "exercises" else ""
    assert own in done.stderr


@pytest.mark.usefixtures("sandbox")
def test_libraries_that_the_sandbox_does_not_see_end_grading_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `pip install --user`: each student would have nothing right."""
    (tmp_path / "of_a_user.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sandbox, "LIBRARIES", ("numpy", "of_a_user"))
    said = sandbox.bubblewrap_works()
    assert said.startswith(f"the sandbox does not see of_a_user, {tmp_path}")
