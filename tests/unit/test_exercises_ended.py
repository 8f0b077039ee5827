"""A grader that is ended from outside: what it knows is written, nothing is left."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows ends without a word")

CHECK = "check('00.pixels', 784)"
ENDED = """
import os, sys
from course_utils.exercises import grading
def run(*_):
    os.kill(os.getpid(), int(sys.argv[1]))
    grading.stopped.wait(60)
grading.run = run
grading.main([sys.argv[2], "--no-sandbox"])
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_system_that_shuts_down_is_answered_as_ctrl_c(
    name: str, tmp_path: Path
) -> None:
    number = int(getattr(signal, name))
    work, rooms = tmp_path / "work", tmp_path / "rooms"
    work.mkdir()
    rooms.mkdir()
    cells = [{"cell_type": "code", "source": CHECK, "metadata": {}}]
    (work / "a.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    done = subprocess.run(
        [sys.executable, "-c", ENDED, str(number), str(work)],
        env={**os.environ, "TMPDIR": str(rooms)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + number
    assert "Go on with --resume" in done.stdout
    assert "Traceback" not in done.stderr
    assert not list(rooms.iterdir())
    table = (work / "grades.csv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1
