"""course.py on made-up machines, and on this one: what each command runs and tells."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.launched import ROOTS, Fake, modules
from tools.launcher import commands
from tools.launcher.commands import COMMANDS, DryRun, main
from tools.launcher.environment import Environment
from tools.launcher.machine import Machine
from tools.launcher.pythons import as_typed, suitable

ROOT = Path(__file__).parents[2]
SYSTEMS = ["linux", "darwin", "win32"]


# --- What is run ----------------------------------------------------------------------


def test_what_it_starts_keeps_compiled_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = (
        "import os, sys; sys.exit(sys.dont_write_bytecode or 'PATH' not in os.environ)"
    )
    assert Machine(ROOT).run([sys.executable, "-c", code]) == 0


@pytest.mark.parametrize("system", SYSTEMS)
def test_lab_opens_lesson_00_from_the_root(system: str) -> None:
    machine = Fake(system)
    assert main(["lab"], machine) == 0
    *_, last = machine.ran
    assert last[1:] == [
        *("-m", "jupyterlab", "--ServerApp.root_dir=."),
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
    ]
    assert machine.environs[-1]["PYTHONUTF8"] == "1"
    # The .pth of an editable install is read in the code page of Windows.
    named = machine.environs[-1].get("PYTHONPATH")
    assert named == (str(machine.root) if system == "win32" else None)


@pytest.mark.parametrize(
    ("system", "environ", "root", "flags"),
    [
        ("linux", {}, False, ["--no-browser"]),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True, ["--allow-root"]),
        ("darwin", {}, False, []),
        ("win32", {}, False, []),
        ("linux", {"LAB_FLAGS": "--port 9000"}, True, ["--port", "9000"]),
    ],
)
def test_lab_without_a_display_opens_no_browser(
    system: str, environ: dict[str, str], root: bool, flags: list[str]
) -> None:
    machine = Fake(system)
    machine.environ, machine.is_root = environ, root
    main(["lab"], machine)
    assert machine.ran[-1][3:-2] == flags


@pytest.mark.parametrize("number", ["1", "01"])
def test_slides_of_a_lesson(number: str) -> None:
    machine = Fake("win32")
    main(["slides", number], machine)
    assert machine.ran[-1][-1].endswith("=/rise/notebooks/01_convolution.ipynb")


def test_a_lesson_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slides", "7"], Fake()) == 1
    assert "'07'. There are: 00, 01" in capsys.readouterr().err


def test_test_runs_all_and_stops_at_the_first_failure() -> None:
    machine = Fake()
    assert main(["test"], machine) == 0
    assert [line.split()[0] for line in modules(machine)[4:]] == [
        *("ruff", "ruff", "mypy", *["check_jsonschema"] * 3, "pytest"),
    ]
    assert machine.told[-1] == "All checks passed."
    machine.ran.clear()
    machine.told.clear()
    machine.fails = ["mypy"]
    assert main(["test"], machine) == 3
    assert modules(machine)[-1] == "mypy"
    assert not machine.told


@pytest.mark.parametrize("name", ["notebooks", "decks", "pages"])
def test_lessons_are_executed_as_on_a_new_machine(name: str) -> None:
    machine = Fake()
    main([name, "1"], machine)
    assert machine.ran[-1][-1] == "01"
    cache = str(machine.root / "build" / "cache")
    assert machine.environs[-1]["COURSE_DATA_DIR"] == cache


def test_fuzz_goes_on_until_a_failure() -> None:
    machine = Fake()
    run, codes = machine.run, [0, 0, 1]

    def run_fuzz(command: list[str], **environ: str) -> int:
        run(command, **environ)
        return codes.pop(0) if "hypothesis" in command else 0

    machine.run = run_fuzz  # type: ignore[method-assign, assignment]
    assert main(["fuzz"], machine) == 1
    assert not codes
    assert "@reproduce_failure" in machine.told[-1]


def test_clean_removes_what_was_made() -> None:
    machine = Fake()
    Environment(machine).ready()
    machine.files[machine.root / "build" / "pages" / "index.html"] = b""
    assert main(["clean"], machine) == 0
    inside = (path for path in machine.files if machine.root in path.parents)
    left = {path.relative_to(machine.root).parts[0] for path in inside}
    assert left == {"requirements.lock", "pyproject.toml", "course_utils", "notebooks"}


def test_what_is_open_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = Fake("win32")
    machine.fails = ["remove"]
    assert main(["clean"], machine) == 1
    assert "is open" in capsys.readouterr().err


def test_every_command_is_listed_and_does_something() -> None:
    machine = Fake()
    assert main([], machine) == 0
    for name in COMMANDS:
        assert f" course.py {name} " in machine.told[0]
        if name not in ("setup", "help", "clean", "doctor", "fuzz", "hub"):
            assert commands.steps(name, [], machine), name
    assert main(["nonsense"], machine) == 2


def test_commands_are_named_as_the_reader_typed_them() -> None:
    machine = Fake("win32")
    assert as_typed(machine, "lab") == "py course.py lab"
    machine.environ["COURSE_AS"] = "make"
    assert as_typed(machine, "lab", "C:/p") == "make lab PYTHON=C:/p"


# --- The real machine -----------------------------------------------------------------


def test_ctrl_c_is_left_to_the_command(tmp_path: Path) -> None:
    """JupyterLab asks back; its answer is ours."""
    script = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
        "os.killpg(0, signal.SIGINT)\ntime.sleep(60)"
    )
    starts = (
        "import sys\nfrom pathlib import Path\n"
        "from tools.launcher.machine import Machine\n"
        f"sys.exit(Machine(Path({str(tmp_path)!r})).run("
        f"[sys.executable, '-c', {script!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", starts], cwd=ROOT, process_group=0)
    assert done.returncode == 7


def test_real_files_are_removed_also_links_and_read_only_ones(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    machine.remove(tmp_path / "link")
    assert (tmp_path / "kept").is_dir()
    machine.write(tmp_path / "deep" / "er" / "file", b"1")
    (tmp_path / "deep" / "er" / "file").chmod(0o400)
    machine.remove(tmp_path / "deep")
    machine.remove(tmp_path / "deep")
    assert not machine.exists(tmp_path / "deep")


def test_this_python_answers_about_itself() -> None:
    python = suitable(Machine(ROOT))
    assert python.version[:2] >= (3, 11)
    assert Path(python.path).exists()


def test_a_dry_run_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert DryRun(ROOT).run(["false"]) == 0
    assert main(["--dry-run", "bench"]) == 0
    assert "-m benchmarks.explorer_latency" in capsys.readouterr().out


@pytest.mark.parametrize("system", SYSTEMS)
def test_roots_have_what_breaks_careless_commands(system: str) -> None:
    assert " " in str(ROOTS[system])
