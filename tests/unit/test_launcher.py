"""course.py on made-up machines: which Python it takes, and when it sets up anew."""

import sys
from pathlib import Path, PureWindowsPath

import pytest

from tests.launched import Fake, modules, said
from tools.launcher import environment
from tools.launcher.environment import Environment
from tools.launcher.machine import LauncherError
from tools.launcher.pythons import objection, probe, suitable

SYSTEMS = ["linux", "darwin", "win32"]
OWN = {"linux": "bin/python", "darwin": "bin/python", "win32": "Scripts/python.exe"}


# --- Which Python ---------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_python_that_runs_is_taken_when_it_fits(system: str) -> None:
    machine = Fake(system)
    machine.programs = ["python3.13"]
    machine.pythons["python3.13"] = said("3.13.1", system)
    assert suitable(machine).version == (3, 12, 4)


def test_windows_asks_its_launcher_py() -> None:
    machine = Fake("win32")
    machine.pythons = {
        machine.python: said("3.14.0", "win32"),
        "py -3.12": said("3.12.9", "win32"),
        "py -3.11": said("3.11.9", "win32"),
    }
    assert suitable(machine).version == (3, 12, 9)


def test_a_name_that_starts_nothing_is_passed_over() -> None:
    """Such as pyenv's and the one that opens the shop of Windows."""
    machine = Fake("linux")
    machine.programs = ["python3.13", "python3.11"]
    machine.pythons = {"python3.11": said("3.11.2", "linux")}
    assert suitable(machine).version == (3, 11, 2)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (said("3.10.1", "linux"), "needs Python 3.11, 3.12 or 3.13"),
        (said("3.14.0", "linux"), "needs Python 3.11, 3.12 or 3.13"),
        (said("3.12.0", "win32", bits=32, kind="win32"), "32-bit"),
        (said("3.12.0", "win32", kind="win-arm64"), "ARM on Windows"),
        (said("3.12.0", "darwin", chip="x86_64"), "Intel processor"),
        (said("3.12.0", "linux", host="x86_64-alpine-linux-musl"), "linux-musl"),
        (said("3.12.0", "linux", kind="linux-armv7l"), "linux-armv7l"),
    ],
)
def test_what_cannot_run_the_course_is_told_why(
    facts: dict[str, object], words: str
) -> None:
    machine = Fake(str(facts["system"]))
    machine.pythons = {machine.python: facts}
    with pytest.raises(LauncherError, match=words) as told:
        Environment(machine).ready()
    assert "Get one: " in str(told.value)
    assert not machine.ran


@pytest.mark.parametrize("version", ["3.11.0", "3.12.4", "3.13.9"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_what_can_run_the_course_is_taken(version: str, system: str) -> None:
    machine = Fake(system)
    machine.pythons = {machine.python: said(version, system)}
    python = probe(machine, [machine.python])
    assert python
    assert objection(python) is None


def test_an_intel_python_on_an_apple_chip_is_told_to_be_exchanged() -> None:
    machine = Fake("darwin")
    machine.pythons = {machine.python: said("3.12.0", "darwin", chip="x86_64")}
    machine.answers["sysctl -n hw.optional.arm64"] = "1\n"
    with pytest.raises(LauncherError, match="this Mac has an Apple chip"):
        suitable(machine)


def test_a_named_python_is_taken_or_refused() -> None:
    machine = Fake("linux")
    machine.pythons["/old/python"] = said("3.9.1", "linux")
    machine.pythons["/new/python"] = said("3.13.1", "linux")
    assert suitable(machine, "/new/python").version == (3, 13, 1)
    with pytest.raises(LauncherError, match=r"/old/python: the course needs"):
        suitable(machine, "/old/python")
    with pytest.raises(LauncherError, match=r"/no/python: it does not start"):
        suitable(machine, "/no/python")


def test_uv_is_asked_for_a_python_where_only_the_version_is_wrong() -> None:
    machine = Fake("linux")
    machine.programs = ["uv"]
    machine.pythons = {
        machine.python: said("3.14.0", "linux"),
        "/uv/python": said("3.12.1", "linux", path="/uv/python"),
    }
    find = "uv python find --no-project --system >=3.11,<3.14"
    assert machine.ask(find.split()) is None
    asked = []
    ask = machine.ask

    def fetching(command: list[str], seconds: float = 60) -> str | None:
        asked.append(" ".join(command))
        if "install" in command:
            machine.answers[find] = "/uv/python\n"
            return ""
        return ask(command, seconds)

    machine.ask = fetching  # type: ignore[method-assign, assignment]
    assert suitable(machine).path == "/uv/python"
    assert "uv python install 3.12" in asked


def test_without_uv_the_one_of_the_lock_is_made_with_its_hashes() -> None:
    machine = Fake("win32")
    machine.pythons = {machine.python: said("3.14.0", "win32")}
    with pytest.raises(LauncherError, match="winget"):
        suitable(machine)
    listed = machine.files[machine.root / "build" / "uv.txt"].decode()
    assert "sha256:bb" in listed
    assert "sha256:cc" in listed
    assert "numpy" not in listed
    assert "widgets" not in listed


# --- The environment ------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_set_up_once_from_the_hashed_lock(system: str) -> None:
    machine = Fake(system)
    own = str(machine.root / ".venv" / OWN[system])
    assert Environment(machine).ready() == own
    made, uv, packages, project, tried = machine.ran
    assert made == ["/opt/3.12.4/python", "-m", "venv", str(machine.root / ".venv")]
    assert {command[0] for command in machine.ran[1:]} == {own}
    assert "--require-hashes" in uv
    assert "--require-hashes" in packages
    assert packages[1:5] == ["-m", "uv", "pip", "install"]
    assert machine.environs[2] == {"VIRTUAL_ENV": str(machine.root / ".venv")}
    assert project[-2:] == ["-e", "."]
    assert "--no-deps" in project
    assert tried[1:] == ["-c", "import course_utils"]
    machine.ran.clear()
    assert Environment(machine).ready() == own
    assert not machine.ran


def test_pip_takes_over_where_uv_cannot_reach_the_index() -> None:
    machine = Fake()
    machine.fails = ["-m uv pip"]
    Environment(machine).ready()
    assert modules(machine) == [
        f"venv {machine.root / '.venv'}",
        *("pip install", "uv pip", "pip install", "pip install"),
    ]
    by_pip = machine.ran[3]
    assert by_pip[-1] == str(machine.root / "requirements.lock")
    assert {"--no-deps", "--require-hashes"} < set(by_pip)


@pytest.mark.parametrize("word", ["-m venv", "uv.txt", "-e .", "import course_utils"])
def test_a_half_made_environment_is_not_used(word: str) -> None:
    machine = Fake()
    machine.fails = [word]
    with pytest.raises(LauncherError):
        Environment(machine).ready()
    assert not Environment(machine).is_ready()
    machine.fails = []
    machine.ran.clear()
    Environment(machine).ready()
    assert len(machine.ran) == 5
    assert Environment(machine).is_ready()


@pytest.mark.parametrize(
    "name", ["requirements.lock", "pyproject.toml", "course_utils/kernel_settings.json"]
)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_changed_ingredient_makes_it_anew(name: str, system: str) -> None:
    machine = Fake(system)
    Environment(machine).ready()
    machine.ran.clear()
    machine.files[machine.root / name] += b"\n# changed"
    Environment(machine).ready()
    assert len(machine.ran) == 5


def test_another_folder_or_a_python_that_went_makes_it_anew() -> None:
    machine = Fake("win32")
    Environment(machine).ready()
    there = Fake("win32", root=PureWindowsPath("D:/elsewhere"))
    there.files |= {
        there.root / path.relative_to(machine.root): data
        for path, data in machine.files.items()
        if machine.root in path.parents
    }
    there.files[PureWindowsPath("C:/Python/python.exe")] = b""
    assert Environment(machine).is_ready()
    assert not Environment(there).is_ready()
    del machine.files[PureWindowsPath("C:/Python/python.exe")]
    assert not Environment(machine).is_ready()


def test_another_python_counts_only_when_it_is_named() -> None:
    machine = Fake()
    Environment(machine).ready()
    machine.ran.clear()
    machine.pythons[machine.python] = said("3.11.9", "linux")
    Environment(machine).ready()
    assert not machine.ran
    Environment(machine).ready(machine.python)
    assert machine.ran[0][0] == "/opt/3.11.9/python"


def test_windows_is_told_of_paths_that_are_too_long() -> None:
    deep = PureWindowsPath("C:/" + "/".join(["a long name of a folder"] * 4))
    machine = Fake("win32", root=deep)
    with pytest.raises(LauncherError, match="too deep"):
        Environment(machine).ready()
    key = r"reg query HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
    machine.answers[f"{key} /v LongPathsEnabled"] = "LongPathsEnabled REG_DWORD 0x1"
    Environment(machine).ready()


def test_the_longest_path_of_the_lock_is_no_longer_than_said() -> None:
    folder = Path(sys.prefix)
    files = (path for path in folder.rglob("*") if path.suffix != ".pyc")
    inside = (str(path.relative_to(folder.parent)) for path in files)
    assert 150 < max(map(len, inside)) <= environment.LONGEST
