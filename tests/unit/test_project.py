"""What installs, starts and checks the course agrees with itself."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.launcher.commands import COMMANDS
from tools.launcher.pythons import HIGHEST, LOWEST

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
# One entry a package and marker: "name==1.2 ; marker" and its hashes.
ENTRIES = [
    " ".join(line.strip() for line in entry.split("\\\n"))
    for entry in re.findall(r"^[a-zA-Z0-9](?:.*\\\n)*.*$", LOCK, re.MULTILINE)
]
LOCKED = [Requirement(entry.split(" --hash")[0]) for entry in ENTRIES]
DIRECT = [
    Requirement(line)
    for group in (
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
    )
    for line in group
]
SETTINGS = {
    "course_utils/jupyter_settings.json": (
        "etc/jupyter/labconfig/default_setting_overrides.json"
    ),
    "course_utils/kernel_settings.json": "etc/ipython/ipython_kernel_config.json",
    "course_utils/server_settings.json": ("etc/jupyter/jupyter_server_config.json"),
}
needs_make = pytest.mark.skipif(
    not shutil.which("make"), reason="make is not installed"
)


def versions(name: str) -> list[str]:
    """The locked versions of a package; more than one where markers differ."""
    wanted = canonicalize_name(name)
    found = [entry for entry in LOCKED if canonicalize_name(entry.name) == wanted]
    return [specifier.version for entry in found for specifier in entry.specifier]


def test_the_lock_was_read_whole() -> None:
    names = re.findall(r"^([a-zA-Z0-9._-]+)==", LOCK, re.MULTILINE)
    assert [entry.name for entry in LOCKED] == names
    assert len(names) > len(DIRECT)


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_direct_dependency_is_locked_within_its_bounds(
    requirement: Requirement,
) -> None:
    found = versions(requirement.name)
    assert found, "not in requirements.lock: make lock"
    assert all(requirement.specifier.contains(v, prereleases=True) for v in found)


def test_lock_is_exact_hashed_and_without_addresses() -> None:
    for entry, text in zip(LOCKED, ENTRIES):
        assert [specifier.operator for specifier in entry.specifier] == ["=="]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", text), entry.name
    assert "://" not in LOCK
    assert not re.search(r"^-", LOCK, re.MULTILINE)


def test_pins_that_keep_widgets_alive_on_slides() -> None:
    assert versions("ipywidgets") == ["8.1.2"]
    assert versions("jupyterlab_widgets") == ["3.0.10"]


def test_notebooks_are_read_without_parsers_of_addresses() -> None:
    # Built at import, they cost JupyterLab's start, and each tool, more than a second.
    code = (
        "import sys, nbformat, jupyter_events; print('rfc3987_syntax' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_installer_is_locked() -> None:
    assert len(versions("uv")) == 1  # the launcher takes it from the lock


def test_conda_installs_the_lock_on_a_python_that_is_allowed() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-r requirements.lock"]}
    assert environment["name"] == PROJECT["project"]["name"]
    python = next(line for line in conda if line.startswith("python="))
    allowed = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert allowed.contains(Version(python.removeprefix("python=")))
    assert "pip" in conda
    # The lock was resolved for every Python that is allowed.
    lowest = re.search(r">=([\d.]+)", PROJECT["project"]["requires-python"])
    assert lowest
    assert f"--python-version {lowest[1]}" in dry_run("lock")
    assert lowest[1] == ".".join(map(str, LOWEST))
    assert not allowed.contains(Version(f"{HIGHEST[0]}.{HIGHEST[1] + 1}"))
    assert allowed.contains(Version(f"{HIGHEST[0]}.{HIGHEST[1]}"))


@pytest.mark.parametrize(
    "module", ["", ".filters", ".datasets", ".widgets", ".plotting", ".exercises"]
)
def test_import_loads_nothing_that_takes_long(module: str) -> None:
    slow = {"tensorflow", "keras", "torch", "jax", "scipy.signal", "scipy.stats"}
    code = f"import sys, course_utils{module}\nprint(*({slow} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("source", SETTINGS)
def test_settings_are_installed(source: str) -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"].get(source) == SETTINGS[source]
    installed = Path(sys.prefix) / SETTINGS[source]
    assert installed.read_text() == (ROOT / source).read_text(), (
        "pip install -e . again"
    )


def make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    # What was said to a `make test` around this is not said to this one.
    said = ("PYTHON", "NB", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")
    environ = {name: value for name, value in os.environ.items() if name not in said}
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    ).stdout


@needs_make
def test_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    listed = re.findall(r"^  make (\S+) +\S", make("help"), re.MULTILINE)
    assert set(listed) == set(phony[1].split()) == set(COMMANDS)
    assert {"lab", "test", "notebooks", "lock", "lint", "bench", "help"} <= set(listed)


def dry_run(*arguments: str) -> str:
    """What a command would run."""
    command = [sys.executable, "course.py", "--dry-run", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


@needs_make
def test_make_hands_every_target_to_the_launcher() -> None:
    recipes = make("-n", *COMMANDS).splitlines()
    for target in COMMANDS:
        assert any(f"course.py {target}" in line for line in recipes), target
    assert "course.py slides 01" in make("-n", "slides", "NB=01")
    python = "COURSE_PYTHON="
    assert python not in make("-n", "lab")
    assert f'{python}"/of/mine"' in make("-n", "lab", "PYTHON=/of/mine")


def test_commands_call_what_is_there() -> None:
    names = [("test",), ("lab",), ("notebooks", "01"), ("bench",)]
    recipes = "\n".join(dry_run(*words) for words in names)
    modules = re.findall(r"-m ([a-z_.]+)", recipes)
    assert {"jupyterlab", "pytest", "ruff", "mypy", "tools.notebooks"} <= set(modules)
    for module in modules:
        assert find_spec(module), module
    assert "--nbval-sanitize-with tests/sanitize.cfg" in recipes
    # Prose shows pictures from imgs/, which JupyterLab serves only from the root.
    assert "--ServerApp.root_dir" in recipes


@pytest.mark.parametrize("code", [0, 3])
def test_ci_fails_exactly_when_make_test_fails(tmp_path: Path, code: int) -> None:
    stub = tmp_path / "make"
    stub.write_text(f'#!/bin/sh\necho "make $* with CI=$CI"\nread -r _\nexit {code}\n')
    stub.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env=os.environ | {"PATH": path, "CHROMIUM": "/bin/true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "make test with CI=true\n"
    assert done.returncode == code


def test_the_plan_names_files_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    plan = text.split("## The plan")[1].split("\n## ")[0]
    paths = re.findall(r"`((?:course_utils|tests|notebooks)/[\w/.*]+)`", plan)
    assert len(paths) > 15
    for path in paths:
        pattern = path.rstrip("/").replace("nbNN", "nb*").replace("NAME", "*")
        assert list(ROOT.glob(pattern)), path
    rooms = {path.stem for path in (ROOT / "course_utils").glob("[a-z]*")}
    for room in rooms - {Path(name).stem for name in SETTINGS}:
        assert re.search(rf"`{room}[/.`]", plan), f"{room} is not in the plan"
    for file in (ROOT / "course_utils").glob("*/[a-z]*.py"):
        if file.parent.name not in ("widgets", "plotting"):  # named by what they show
            assert f"`{file.stem}`" in plan, f"{file.stem} is not in the plan"


@pytest.mark.skipif(
    not (ROOT / ".git").exists() or not shutil.which("git"),
    reason="not a clone, or git is not installed",
)
def test_nothing_that_is_left_out_is_stored_and_nothing_leads_elsewhere() -> None:
    """A link to somebody's environment would be everybody's, and lead nowhere."""

    def listed(*arguments: str) -> list[str]:
        git = ["git", "-c", "safe.directory=*", "ls-files", *arguments]
        return subprocess.check_output(git, cwd=ROOT, text=True).splitlines()

    assert listed("-ci", "--exclude-standard") == []
    assert [line for line in listed("-s") if line.startswith("120000")] == []
