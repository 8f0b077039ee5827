"""A folder of students' notebooks: good, broken and hostile ones, a row for each."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import exercises
from course_utils.exercises import grading, one_notebook
from course_utils.exercises.gradebook import Row, summary

pytestmark = pytest.mark.kernel

START = "from course_utils.exercises import check, find, grade, quiz, registry"
PIXELS = "check('00.pixels', 784)"
SCREEN = "%matplotlib inline\n%autosave 60\n!pip install x\n%conda install x\nx = !ls\n"
SCREEN += "%store -r\n%store x\n%notebook x.ipynb\n%edit x.py\n%subshell\n"
STRICT = """
import numpy as np
np.seterr(all="raise")
check("00.to-unit", lambda i: np.where(i == 0, 0, 1 / (255 * (1 / i))))
"""
AS_IN_A_KERNEL = (
    "480, 320, 3",
    "import asyncio\nasync def later():\n    check('00.pixels', 784)",
    "task = asyncio.create_task(later())",
    """print("Title: " + find("00.photo-shape").title, f"{len(registry()):3}")
assert "00.photo-shape" in registry()
print({"correct": 1, "wrong": 0}[grade("00.photo-shape", Out[2]).status])
if grade("00.photo-shape", Out[2]).status == "correct":
    check("00.photo-shape", Out[2])""",
    "await task; import getpass; getpass.getuser()",
    "for each in asyncio.all_tasks():\n    each.cancel()",
    """q = quiz("00.order"); q.choice = 2; print(q.question, _i5)
%less README.md
def to_unit(image):
    check("00.wrap-around", 44)  # of another exercise, while this one is asked
    return image / 255
check("00.to-unit", to_unit)""",
)
ON_ANOTHER_COMPUTER = """from google.colab import drive
drive.mount("/content/drive")
import subprocess, os; subprocess.check_call(["pip", "install", "x"])
os.chdir("/content/course")
if get_ipython().__class__.__name__ == "ZMQInteractiveShell":
    assert "IPKernelApp" in get_ipython().config
    check("00.photo-shape", (480, 320, 3))
answer = []
answer.append(0); answer.append(784); os.chdir("/content/course"); print()
""" + PIXELS.replace("784", "sum(answer)")
SHAPE = "check('00.photo-shape', (320, 480, 3))"
# Endless, and leaves the processor to the other tests.
ENDLESS = "import time\nprint('x' * 10**8)\nwhile True: time.sleep(0.01)"
HOSTILE = """
import os, socket, subprocess, shutil, time
from pathlib import Path
def nothing():
    raise OSError("it did nothing")
tries = [
    lambda: socket.create_connection(("127.0.0.1", {port}), timeout=2),
    lambda: subprocess.run(["touch", "{target}"]),
    lambda: os.system("touch {target}") and nothing(),
    lambda: Path("{target}").write_text("mine"),
    lambda: open("{target}", "a"),
    lambda: os.open("{target}", os.O_CREAT | os.O_WRONLY),
    lambda: os.remove("{victim}"),
    lambda: os.rename("{victim}", "gone"),
    lambda: shutil.rmtree("{folder}"),
    lambda: os.symlink("{folder}", "link") or Path("link/new").write_text("mine"),
    lambda: os.kill(os.getppid(), 9) or time.sleep(1) or nothing(),
    lambda: os.fork(),
]
refused = 0
# No pages of 2 MB, of which one byte is kept and the rest counted nowhere.
assert "THP_enabled:\\t0" in Path("/proc/self/status").read_text()
for attempt in tries:
    try:
        attempt()
    except OSError:
        refused += 1
check("00.pixels", 784 if refused == len(tries) else refused)
"""


def write(path: Path, *cells: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [new_code_cell(source) for source in (START, *cells)]
    nbformat.write(new_notebook(cells=made), path)


@pytest.fixture(scope="module")
def graded(
    tmp_path_factory: pytest.TempPathFactory, sandbox: None
) -> tuple[Path, dict[str, dict]]:
    """The folder after grading, and its table: student -> column -> cell."""
    import socket

    folder, slow = (tmp_path_factory.mktemp(name) for name in ("submitted", "slow"))
    victim = tmp_path_factory.mktemp("instructor") / "marks.txt"
    victim.write_text("keep me")
    write(
        folder / "ada" / "lesson00" / "00.ipynb",
        SCREEN + PIXELS,
        "1 / 0",
        SHAPE,
        "quiz('00.order')",
    )
    write(folder / "ada" / ".ipynb_checkpoints" / "00.ipynb", SHAPE)
    right = "check('00.photo-shape', (480, 320, 3))"
    write(folder / "bob.ipynb", SHAPE, right, SHAPE, STRICT)
    write(folder / "=1+1.ipynb", PIXELS, "import os; os._exit(0)", SHAPE)
    write(folder / "kernel.ipynb", *AS_IN_A_KERNEL)
    write(slow / "loop.ipynb", f"import nowhere\n{PIXELS}", ENDLESS, SHAPE)
    stale = "number = open('x').read()\ncheck('00.pixels', number)"
    newer = "check('00.pixels', 784)\nx = [1"
    write(slow / "far.ipynb", ON_ANOTHER_COMPUTER, "number = 784", stale, newer)
    (folder / "broken.ipynb").write_text('{"cells": ')
    write(folder / "empty.ipynb", "1 + 1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = {"target": victim.parent / "new", "victim": victim}
        text = HOSTILE.format(port=port, folder=victim.parent, **places)
        write(folder / "mallory.ipynb", text)
        command = [sys.executable, "-m", "course_utils.exercises"]
        # Only the endless one is waited for to the limit, while the others run.
        waiting = [*command, str(slow), "--seconds=12"]
        with subprocess.Popen(waiting, stdout=DEVNULL) as waits:
            subprocess.run([*command, folder], check=True, capture_output=True)
        assert waits.returncode == 0
    assert victim.read_text() == "keep me"
    assert list(victim.parent.iterdir()) == [victim]
    rows: dict[str, dict] = {}
    for done in (folder, slow):
        with (done / "grades.csv").open(newline="", encoding="utf-8") as file:
            rows |= {row["student_id"]: row for row in csv.DictReader(file)}
    return folder, rows


def test_each_notebook_has_its_row(graded: tuple[Path, dict[str, dict]]) -> None:
    _, rows = graded
    expected = ["'=1+1", "ada", "bob", "broken", "empty", "far"]
    expected += ["kernel", "loop", "mallory"]
    assert sorted(rows) == expected
    assert {row["max_score"] for row in rows.values() if row["assignment"]} == {"4"}


def test_an_error_in_a_cell_ends_that_cell_only(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    row = graded[1]["ada"]
    assert (row["score"], row["note"], row["assignment"]) == ("1", "", "00")
    assert row["00.pixels"] == "correct"
    assert row["00.photo-shape"] == "wrong"
    assert row["00.to-unit"] == "missing"
    assert "00.order" not in row  # a quiz


def test_cells_have_what_they_have_in_a_kernel(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    row = graded[1]["kernel"]
    assert (row["score"], row["note"]) == ("4", "")


def test_what_a_notebook_says_leaves_out_no_word_of_its_judge() -> None:
    said: list[dict[str, Any]] = [{"lacking": f"cell {i}"} for i in range(9)]
    said += [{"many": "00.pixels"}, {"slow": 3}, {"end": True}]
    process = SimpleNamespace(stdout=[json.dumps(each) for each in said])
    row = Row("ada", "00")
    one_notebook._listen(row, SimpleNamespace(process=process))  # type: ignore[arg-type]
    ten = "only 10 answers to 00.pixels count"
    assert row.note == f"{ten}; cell 3 took too long; cell 0; cell 1"


def test_what_is_on_another_computer_costs_its_own_line(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    row = graded[1]["far"]
    assert row["score"] == "2"
    assert row["note"] == (
        "cell 2 said \"ModuleNotFoundError: No module named 'google.colab'\"; "
        "cell 4 said \"FileNotFoundError: [Errno 2] No such file or directory: 'x'\""
    )


def test_numbers_raise_as_little_as_where_check_judges(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    assert graded[1]["bob"]["00.to-unit"] == "correct"


def test_what_was_right_once_counts(graded: tuple[Path, dict[str, dict]]) -> None:
    assert graded[1]["bob"]["00.photo-shape"] == "correct"


def test_what_was_done_before_the_end_counts(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    lacks = "ModuleNotFoundError: No module named 'nowhere'"
    for student, note in (
        ("'=1+1", "ended before its last cell"),
        ("loop", f'stopped after 12 s; cell 2 said "{lacks}"'),
    ):
        row = graded[1][student]
        assert (row["score"], row["note"]) == ("1", note)
        assert row["00.photo-shape"] == "missing"


def test_what_is_no_notebook_is_named(graded: tuple[Path, dict[str, dict]]) -> None:
    assert graded[1]["broken"]["note"] == "is not a notebook that can be read"
    assert graded[1]["empty"]["note"] == "no exercises found"


def test_a_hostile_notebook_reaches_nothing(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    assert graded[1]["mallory"]["00.pixels"] == "correct"  # all its tries were refused


def test_the_summary_tells_what_went_wrong(
    graded: tuple[Path, dict[str, dict]],
) -> None:
    text = (graded[0] / "summary.md").read_text(encoding="utf-8")
    assert "| ada | 00 | 1 of 4 |" in text
    advice = dict(exercises.find("00.photo-shape").mistakes)[320, 480, 3]
    assert f"| 00.photo-shape | 2 of 5 | 1x {advice} |" in text


@pytest.mark.parametrize(
    "words",
    [
        *("a$x", "&#97;da", "a@b.c", r"\(x\)", r"\begin{x}", r"\input x"),
        *("[ ]{onmouseover='x'}", "a^[b]"),
    ],
)
def test_where_formulas_are_shown_students_write_none(words: str) -> None:
    """Between two dollars Jupyter shows no row."""
    lines = summary([Row(words), Row("b`", note="c`")]).splitlines()
    assert lines[4:6] == [
        f"| `{words}` |  | 0 of 0 | 0 |  |",
        "| `b'` |  | 0 of 0 | 0 | `c'` |",
    ]


def test_no_code_of_a_student_goes_on_in_another_row() -> None:
    """Two backticks are ended by two others only: for pandoc by those of any row."""
    rows = [Row("``a"), Row("b", note="``` c"), Row("`d`")]
    lines = summary(rows).splitlines()
    assert lines[4:7] == [
        "| `''a` |  | 0 of 0 | 0 |  |",
        "| b |  | 0 of 0 | 0 | `''' c` |",
        "| `d` |  | 0 of 0 | 0 |  |",
    ]


def test_a_folder_without_notebooks_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for folder, words in ((tmp_path, "no notebook"), (tmp_path / "x", "not a folder")):
        with pytest.raises(SystemExit):
            grading.main([str(folder)])
        assert words in capsys.readouterr().err
