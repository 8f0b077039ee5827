"""Ready-made machines and services take the same lock and call the same launcher."""

import json
import re
from pathlib import Path

import yaml

from tools.launcher.commands import COMMANDS, SERVICES

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_lint_looks_at_every_file_that_github_reads() -> None:
    looked_at = {name for _, *names in SERVICES for name in names}
    there = [*WORKFLOWS, *(ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]
    assert {p.relative_to(ROOT).as_posix() for p in there} <= looked_at
    assert all((ROOT / name).exists() for name in looked_at)


def test_whoever_calls_the_launcher_calls_what_it_knows() -> None:
    names = ["README.md", "docs/elsewhere.md", "Dockerfile", "CONTRIBUTING.md"]
    names += [".devcontainer/devcontainer.json", ".github/ISSUE_TEMPLATE/trouble.yml"]
    sources = [text(name) for name in names]
    sources += [path.read_text(encoding="utf-8") for path in WORKFLOWS]
    called = re.findall(r'course\.py(?: |", ")([a-z-]+)', "\n".join(sources))
    assert {"lab", "test", "setup", "doctor"} <= set(called) <= {*COMMANDS, "on", "too"}


def test_the_full_run_is_the_one_of_ci() -> None:
    jobs = yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]
    assert {"run": ".ci/run"} in jobs["everything"]["steps"]
    assert jobs["everything"]["env"] == {"CI": "true"}
    (lessons,) = [s for s in jobs["elsewhere"]["steps"] if "notebooks" in str(s)]
    left_out = re.findall(r"--deselect (\S+)", lessons["run"])
    there = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("notebooks/0*"))
    assert left_out == there[4:]
    assert jobs["elsewhere"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]


def test_every_workflow_may_only_read() -> None:
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_machines_install_the_hashed_lock() -> None:
    assert text(".binder/requirements.txt").split() == ["-r", "../requirements.lock"]
    assert (ROOT / ".binder" / "postBuild").stat().st_mode & 0o100
    machine = json.loads(text(".devcontainer/devcontainer.json"))
    assert machine["postCreateCommand"] == "python course.py setup"
    docker = text("Dockerfile")
    assert "RUN python course.py setup" in docker
    # The last stage runs as a user without rights, and is asked whether it lives.
    last = docker.split("\nFROM ")[-1]
    assert "USER student" in last
    assert "HEALTHCHECK" in last


def test_the_citation_is_of_this_version() -> None:
    version = yaml.safe_load(text("CITATION.cff"))["version"]
    assert f'version = "{version}"' in text("pyproject.toml")
    assert f"## {version}" in text("CHANGELOG.md")
