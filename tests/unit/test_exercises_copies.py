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


def environment(folder: Path) -> Path:
    """What `python -m venv` puts there, and what somebody keeps beside it."""
    for name in ("bin", "lib/python3.11/site-packages", "share/zoneinfo"):
        (folder / name).mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    (folder / "bin" / "python3.11").touch()
    (folder / "bin" / "python").symlink_to("python3.11")
    (folder / "lib64").symlink_to("lib")
    return folder


def own(folder: Path) -> list[Path]:
    """What somebody keeps beside Python: passwords, rosters, other projects."""
    names = ["pip.conf", ".env", "roster.csv", "bin/postactivate", "bin/python-keys"]
    names += ["etc/jupyter/jupyter_server_config.json", "etc/conda/activate.d/env.sh"]
    names += ["share/jupyter/kernels/mine/kernel.json", "envs/other/secret", "src/a"]
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret", encoding="utf-8")
    return paths


def sees(made: list[str], path: Path) -> bool:
    """Whether a command shows a path, or what it lies in."""
    shown = [made[i + 2] for i, word in enumerate(made) if word.startswith("--ro-bind")]
    return any(path.is_relative_to(place) for place in shown if place != "/dev/null")


def test_a_project_in_an_environment_shows_its_package_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `pip install -e git+...` puts it there, with its tests and their answers."""
    assert str(sandbox.PACKAGE.parent) not in [
        made for word, made in pairwise(command()) if word == "--tmpfs"
    ]
    package = environment(tmp_path) / "src" / "course" / "course_utils"
    package.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sandbox, "PACKAGE", package)
    assert sees(command(), package / "layers.py")
    assert not sees(command(), package.parent / "tests" / "answers.py")
    monkeypatch.setattr(sandbox, "PACKAGE", tmp_path / "lib/course/course_utils")
    (tmp_path / "lib/course/course_utils").mkdir(parents=True)
    made = command()
    hidden = list(pairwise(made)).index(("--tmpfs", str(tmp_path / "lib/course")))
    shown = [
        i for i, word in enumerate(made) if word.endswith("lib/course/course_utils")
    ]
    assert made.index(str(tmp_path / "lib")) < hidden < shown[-1] < made.index("/room")


def test_of_python_what_it_needs_is_shown_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment may lie in a folder of one's own, as after `python -m venv .`."""
    base = environment(tmp_path)
    mine = environment(tmp_path / "envs" / "mine")
    secrets = own(base) + own(mine)
    monkeypatch.setattr(sys, "base_prefix", str(base))
    monkeypatch.setattr(sys, "prefix", str(mine))
    monkeypatch.setattr(sys, "executable", str(mine / "bin" / "python"))
    made = command()
    assert [path for path in secrets if sees(made, path)] == []
    for prefix in (base, mine):
        for name in ("bin/python3.11", "lib/python3.11/os.py", "pyvenv.cfg"):
            assert sees(made, prefix / name)
        assert ("python3.11", str(prefix / "bin" / "python")) in pairwise(made)
        assert ("lib", str(prefix / "lib64")) in pairwise(made)


def test_an_environment_in_a_folder_that_is_shown_shows_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /usr/local/lib/course/env, or in the folder of another Python's libraries."""
    outer = environment(tmp_path)
    inner = environment(tmp_path / "lib" / "env")
    own(inner)
    monkeypatch.setattr(sys, "base_prefix", str(outer))
    monkeypatch.setattr(sys, "prefix", str(inner))
    made = command()
    hidden = list(pairwise(made)).index(("--tmpfs", str(inner)))
    end = made.index("--remount-ro", hidden)
    assert made.index(str(outer / "lib")) < hidden
    kinds = ("--ro-bind", "--symlink")
    behind = [made[i + 2] for i in range(hidden, end) if made[i] in kinds]
    names = ["bin/python", "bin/python3.11", "lib", "lib64", "pyvenv.cfg"]
    assert {*behind} == {str(inner / name) for name in (*names, "share/zoneinfo")}


def test_of_usr_the_system_is_shown_and_no_home() -> None:
    made = command()
    assert sees(made, Path("/usr/bin/env"))
    assert not sees(made, Path("/usr/users/ada/.ssh/id_rsa"))
    assert not sees(made, Path("/usr/local/etc/jupyter/jupyter_server_config.json"))


def test_an_environment_that_is_called_by_a_link_is_seen_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its other name, what is hidden in it could be read."""
    work = environment(tmp_path / "env") / "lib" / "work"
    work.mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "env")
    monkeypatch.setattr(sys, "prefix", str(link))
    monkeypatch.setattr(sys, "executable", str(link / "bin" / "python"))
    limits, room = Limits(), Path("/room")
    made = Sandbox("bubblewrap", hidden=work).command(limits, room, "name", 3)
    called = [word for word in made if word.startswith(str(link))]
    assert called == [str(link), str(link / "bin" / "python")]
    steps = list(pairwise(made))
    known = steps.index((str(tmp_path / "env"), str(link)))
    assert made[known - 1] == "--symlink"
    assert ("--tmpfs", str(work)) in steps[known:]


def test_a_course_in_the_folder_for_temporary_files_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox has an empty /tmp of its own, and the course may lie in /tmp."""
    monkeypatch.setattr(sandbox, "_places", lambda: [tmp_path])
    command = sandbox._bubblewrap(Limits(), [], None, None)
    empty = list(pairwise(command)).index(("--tmpfs", "/tmp"))
    assert empty < command.index(str(tmp_path))


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
