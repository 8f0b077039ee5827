"""The lock can be installed on every system that the README names.

Asks the package index; without a network it is skipped, with the reason.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
SYSTEMS = {
    "Windows": "x86_64-pc-windows-msvc",
    "macOS, Apple chip": "aarch64-apple-darwin",
    "Linux": "x86_64-manylinux_2_28",
    "Linux on ARM": "aarch64-manylinux_2_28",
}
PYTHONS = ["3.11", "3.12", "3.13"]


def resolve(lock: Path, system: str, python: str, folder: Path) -> str:
    """What uv says against installing it there; "" when nothing is. Builds nothing."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet"),
        *("--require-hashes", "--only-binary", ":all:"),
        *("--python-platform", system, "--python-version", python),
        *("--target", str(folder), "-r", str(lock)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.stderr if done.returncode else ""


def index_answers() -> bool:
    """Whether a short question to the index is answered."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "-"]
    done = subprocess.run(
        command,
        input="uv",
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"},
    )
    return done.returncode == 0


def test_it_resolves_for_every_system_and_python(tmp_path: Path) -> None:
    if not index_answers():
        pytest.skip("no package index answers: the lock cannot be resolved")
    cases = [(s, p) for s in SYSTEMS for p in PYTHONS]

    def against(case: tuple[str, str]) -> str:
        system, python = case
        lock, folder = ROOT / "requirements.lock", tmp_path / system / python
        return resolve(lock, SYSTEMS[system], python, folder)

    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(cases, pool.map(against, cases)))
    assert {case: why for case, why in found.items() if why} == {}


def test_what_is_there_for_one_system_only_is_found(tmp_path: Path) -> None:
    if not index_answers():
        pytest.skip("no package index answers: the lock cannot be resolved")
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("tensorflow-cpu"))
    end = next(i for i in range(start + 1, len(lines)) if lines[i][0] != " ")
    entry = [lines[start].split(" ;")[0] + " \\", *lines[start + 1 : end]]
    lock = tmp_path / "one.lock"
    lock.write_text("\n".join(entry) + "\n", encoding="utf-8")
    # Of the CPU build there is none for macOS: the marker in the lock keeps it away.
    why = resolve(lock, SYSTEMS["macOS, Apple chip"], "3.12", tmp_path / "t")
    assert "tensorflow-cpu" in why
