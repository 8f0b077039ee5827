"""The commands of the course, and what each of them runs."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from tools.launcher import doctor, hub
from tools.launcher.environment import Environment
from tools.launcher.machine import LauncherError, Machine
from tools.launcher.pythons import as_typed

ROOT = Path(__file__).resolve().parents[2]
# Three at a time for two processors: one of them mostly waits, for a page, a limit or
# the disk. Each computes with one thread (conftest.py).
THREE = ["-n", "3"]
# Lessons, unit and browser tests in one run, so that no processor waits for the last of
# a kind. Who shares a process, and who comes first, says conftest.py.
FILES = [*THREE, "--dist", "loadscope", "--no-loadscope-reorder"]
NBVAL = ["--nbval", "--nbval-sanitize-with", "tests/sanitize.cfg"]
NBVAL += ["--nbval-cell-timeout", "240"]
WORKFLOWS = ("newest", "pages", "test")
# What GitHub reads, and the schema of each that comes with check-jsonschema.
SERVICES = (
    ("vendor.github-workflows", *(f".github/workflows/{n}.yml" for n in WORKFLOWS)),
    ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/trouble.yml"),
    ("vendor.citation-file-format", "CITATION.cff"),
)
WITHOUT_TENSORFLOW = "not tensorflow and not kernel"


@dataclass
class Command:
    """What `course.py NAME` does: a line of help, and what may stand behind it."""

    about: str
    takes: str = ""


COMMANDS = {
    "setup": Command("make the environment in .venv, if it is not ready"),
    "lab": Command("open the course in JupyterLab"),
    "slides": Command("open a lesson as live slides", "NN"),
    "doctor": Command("what a helper needs to know of this machine, and what to do"),
    "test": Command("run every check"),
    "quick": Command("format, lint, types, tests without TensorFlow: a minute"),
    "fuzz": Command("property tests on new random input, until one fails or Ctrl-C"),
    "lint": Command("formatting, lint, types, and the files that services read"),
    "unit": Command("tests of the package"),
    "notebooks-test": Command("execute every notebook and compare its outputs"),
    "browser": Command("drive the explorers in a real browser"),
    "notebooks": Command("execute notebooks and store their outputs", "[NN ...]"),
    "decks": Command("slides as one HTML file a lesson, in build/decks", "[NN ...]"),
    "pages": Command("lessons as HTML pages, in build/pages", "[NN ...]"),
    "site": Command("the whole course for a web server", "[--repository ADDRESS]"),
    "handout": Command("chosen lessons as one file, build/handout.zip", "NN ..."),
    "handout-pdf": Command("two slides a page with the notes, as PDF", "[NN ...]"),
    "full": Command("lesson 05's large network on full photographs; can be resumed"),
    "hub": Command("a class on this machine, with JupyterHub", "[--state FOLDER]"),
    "bench": Command("input to picture, learning in a page, thirty students on a hub"),
    "lock": Command("resolve requirements.lock anew from pyproject.toml"),
    "clean": Command("remove the environment and what the tools left"),
    "help": Command("this list"),
}
BENCHMARKS = ("explorer_latency", "redraw", "learning", "class_load")
# Lessons are executed as on a new user's machine: with the bundled samples, none
# solved. (Tests see to that themselves, in conftest.py.)
AS_NEW = ("notebooks", "decks", "pages", "site", "handout", "handout-pdf")
LEFT = (
    ".venv",
    ".hub",
    "build",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
)


def lint() -> list[list[str]]:
    return [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        *(
            ["check_jsonschema", "-qq", "--builtin-schema", *check]
            for check in SERVICES
        ),
    ]


def pytest(*arguments: str) -> list[str]:
    return ["pytest", *arguments]


def steps(name: str, arguments: Sequence[str], machine: Machine) -> list[list[str]]:
    """Modules to call with `python -m`, one after the other, and their arguments."""
    rest = list(arguments)
    browser = pytest(*THREE, "--maxschedchunk", "1", "tests/browser")
    quick = ["-n", "2", "--dist", "worksteal", "-m", WITHOUT_TENSORFLOW, "tests/unit"]
    lock = ["uv", "pip", "compile", "--quiet", "--universal"]
    lock += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    lock += ["--no-annotate", "--upgrade", "--custom-compile-command", "make lock"]
    ours = ["--all-extras", "-o", "requirements.lock", "pyproject.toml"]
    table = {
        "lab": lambda: [[*lab(machine, "/lab/tree/" + lesson(machine, "00")), *rest]],
        "slides": lambda: [lab(machine, "/rise/" + lesson(machine, *rest or ["00"]))],
        "test": lambda: [*lint(), pytest(*FILES, *NBVAL, "notebooks", "tests")],
        "quick": lambda: [*lint(), pytest(*quick)],
        "lint": lint,
        "unit": lambda: [pytest(*FILES, "tests/unit", *rest)],
        "notebooks-test": lambda: [pytest(*FILES, *NBVAL, "notebooks", *rest)],
        "browser": lambda: [[*browser, *rest]],
        "notebooks": lambda: [["tools.notebooks", *rest]],
        "decks": lambda: [["tools.export", "decks", *rest]],
        "pages": lambda: [["tools.export", "pages", *rest]],
        "site": lambda: [["tools.export", "site", *rest]],
        "handout": lambda: [["tools.export", "handout", *rest]],
        "handout-pdf": lambda: [["tools.export", "handout-pdf", *rest]],
        "full": lambda: [["course_utils.full_run"]],
        "bench": lambda: [[f"benchmarks.{one}"] for one in BENCHMARKS],
        "lock": lambda: [[*lock, *ours], [*lock, *hub.LOCKED]],
    }
    return table[name]() if name in table else []


def lab(machine: Machine, page: str) -> list[str]:
    """JupyterLab, served from the course's root, where prose finds its pictures."""
    flags = shlex.split(machine.environ.get("LAB_FLAGS", ""))
    if "LAB_FLAGS" not in machine.environ:
        flags = ["--allow-root"] if machine.is_root else []
        seen = machine.windows or machine.platform == "darwin"
        screens = ("DISPLAY", "WAYLAND_DISPLAY")
        if not seen and not any(machine.environ.get(name) for name in screens):
            flags.append("--no-browser")
    address = f"--LabApp.default_url={page}"
    return ["jupyterlab", *flags, "--ServerApp.root_dir=.", address]


def lesson(machine: Machine, number: str, *_: str) -> str:
    """The path of a lesson from the root: notebooks/01_convolution.ipynb."""
    found = machine.glob(f"notebooks/{number}_*.ipynb")
    if not found:
        there = ", ".join(
            p.name[:2] for p in machine.glob("notebooks/[0-9][0-9]_*.ipynb")
        )
        raise LauncherError(f"No lesson has the number {number!r}. There are: {there}")
    return f"notebooks/{found[0].name}"


def run_all(machine: Machine, python: str, name: str, rest: Sequence[str]) -> int:
    """Run the steps of a command until one fails, and return its code."""
    environ = {"PYTHONUTF8": "1"}  # Windows would read our files in its code page
    if machine.windows:
        # What makes the package importable is read in the code page there too, and
        # fails in a folder with other letters.
        environ["PYTHONPATH"] = str(machine.root)
    if name in AS_NEW:
        environ["COURSE_DATA_DIR"] = str(machine.root / "build" / "cache")
        environ["COURSE_USER_DIR"] = str(machine.root / "build" / "nobody")
    if name == "lock":
        environ["VIRTUAL_ENV"] = str(machine.root / ".venv")
    for step in steps(name, rest, machine):
        code = machine.run([python, "-m", *step], **environ)
        if code:
            return code
    if name == "test":
        machine.say("All checks passed.")
    return 0


def fuzz(machine: Machine, python: str) -> int:
    command = [python, "-m", "pytest", "-x", "-q", "-m", "hypothesis"]
    command += ["--hypothesis-profile=fuzz", "tests/unit"]
    code = 0
    while code == 0:
        code = machine.run(command)
    machine.say(
        f"To see a failure again: {as_typed(machine, 'fuzz')} tries it first. "
        "Elsewhere: put the line\n@reproduce_failure(...) from above over the test, "
        f"and run {python} -m pytest FILE::TEST"
    )
    return code


def helped(machine: Machine) -> str:
    lines = ["Commands, each of which sets everything up first where that is needed:"]
    made = machine.environ.get("COURSE_AS") == "make"
    for name, command in COMMANDS.items():
        takes = "NB=" + command.takes.strip("[.] ") if made else command.takes
        call = f"{name} {takes if command.takes else ''}"
        start = "make" if made else as_typed(machine, "").rstrip()
        lines.append(f"  {start} {call:18} {command.about}")
    if not made:
        lines.append(
            "\n--python PATH chooses the Python; --dry-run only says what would run."
        )
    return "\n".join(lines)


class DryRun(Machine):
    """Says what would be run, and runs nothing."""

    def run(self, command: Sequence[str], **environ: str) -> int:
        shown = [f"{k}={shlex.quote(v)}" for k, v in environ.items()]
        self.say(" ".join([*shown, *map(shlex.quote, command)]))
        return 0


def carry_out(machine: Machine, name: str, rest: list[str], named: str) -> int:
    environment = Environment(machine)
    if name == "help":
        machine.say(helped(machine))
    elif name == "clean":
        for left in LEFT:
            machine.remove(machine.root / left)
    elif name == "doctor":
        return doctor.main(machine, environment)
    else:
        dry = isinstance(machine, DryRun)
        if name == "hub":
            return machine.run(hub.command(machine, rest), PYTHONUTF8="1")
        python = str(environment.python) if dry else environment.ready(named)
        if name == "fuzz" and not dry:
            return fuzz(machine, python)
        return run_all(machine, python, name, rest)
    return 0


def main(arguments: list[str], machine: Machine | None = None) -> int:
    """Carry out a command and return its exit code."""
    dry = "--dry-run" in arguments
    machine = machine or (DryRun(ROOT) if dry else Machine(ROOT))
    rest = [argument for argument in arguments if argument != "--dry-run"]
    if hasattr(sys.stdout, "reconfigure"):  # letters that a code page has not
        sys.stdout.reconfigure(errors="replace")
    named = machine.environ.get("COURSE_PYTHON", "")
    if "--python" in rest[:-1]:
        at = rest.index("--python")
        named = rest[at + 1]
        del rest[at : at + 2]
    name, *rest = rest or ["help"]
    if name in COMMANDS and COMMANDS[name].takes:
        rest = [a.zfill(2) if a.isdigit() else a for a in rest]
    if name not in COMMANDS:
        machine.say(f"{name!r} is no command.\n{helped(machine)}")
        return 2
    try:
        return carry_out(machine, name, rest, named)
    except LauncherError as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
