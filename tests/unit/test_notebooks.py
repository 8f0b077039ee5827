"""The stored notebooks keep to the contract, and each rule of it can say no."""

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tools import contract, notebooks

pytestmark = pytest.mark.kernel

SANITIZE = Path(__file__).parents[1] / "sanitize.cfg"
PATHS = sorted(notebooks.FOLDER.glob("*.ipynb"))
WARNING = "/usr/lib/x.py:3: DeprecationWarning: old\n"
TENSORFLOW = (
    "2026-01-02 03:04:05.678901: I tensorflow/core/cpu_feature_guard.cc:210] x\n"
)
ABSL = "I0000 00:00:1765432100.123456    4242 port.cc:153] oneDNN\n"


def good() -> NotebookNode:
    """A small notebook that keeps to every rule."""
    cells = [
        new_markdown_cell("# Title\n\n- do this\n- do that\n\nAbout 30 minutes."),
        new_code_cell("check('a', 1)", outputs=[stream("right\n")]),
        new_code_cell("check('b', 2)", outputs=[image(alt="a cat")]),
        new_code_cell("train()", metadata={"tags": [contract.IGNORE]}),
        new_markdown_cell('![a dog](dog.png) <img alt="a fox" src="fox.png">'),
        new_code_cell("check('c', 3)\nassert accuracy > 0.9"),
    ]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    metadata = nbformat.from_dict(notebooks.METADATA)
    return new_notebook(cells=cells, metadata=metadata)


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def image(alt: str) -> NotebookNode:
    data = {"image/png": "iVBORw0K", "text/plain": "picture"}
    return new_output("display_data", data=data, metadata={"image/png": {"alt": alt}})


def html(text: str) -> NotebookNode:
    return new_output("display_data", data={"text/html": text, "text/plain": "x"})


def put(*outputs: NotebookNode) -> Callable[[NotebookNode], None]:
    return lambda notebook: setattr(notebook.cells[1], "outputs", list(outputs))


def write(cell: int, source: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: setattr(notebook.cells[cell], "source", source)


def tag(cell: int, *tags: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[cell].metadata.update(tags=list(tags))


def count(cell: int, number: int | None) -> Callable[[NotebookNode], None]:
    return lambda notebook: setattr(notebook.cells[cell], "execution_count", number)


def slide(kind: str | None) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[4].metadata.update(
        slideshow={"slide_type": kind} if kind else {}
    )


BREAKS: dict[str, tuple[Callable[[NotebookNode], object], str]] = {
    "not executed": (count(1, None), "not executed"),
    "executed out of order": (count(1, 7), "not executed"),
    "empty cell": (write(3, " \n"), "empty code cell"),
    "error": (
        put(new_output("error", ename="ValueError", evalue="bad", traceback=[])),
        "error ValueError: bad",
    ),
    "stderr": (put(stream("hm", "stderr")), "writes to stderr"),
    "Python warning": (put(stream(WARNING)), "log line"),
    "TensorFlow log": (put(stream("fine\n" + TENSORFLOW)), "log line"),
    "absl log": (put(stream(ABSL)), "log line"),
    "logging": (put(stream("WARNING:tensorflow:5 out of the last 5\n")), "log line"),
    "progress bar": (put(stream("1/9\b\b\b2/9")), "control characters"),
    "redrawn line": (put(stream("10 %\r20 %")), "control characters"),
    "widget only": (
        put(new_output("display_data", data={contract.WIDGET_VIEW: {}})),
        "stored widget",
    ),
    "widget state": (
        lambda notebook: notebook.metadata.update(widgets={}),
        "widget state",
    ),
    "no slide type": (slide(None), "slide type None"),
    "unknown slide type": (slide("slides"), "slide type 'slides'"),
    "note not folded": (slide("notes"), "cell 4: a note is Markdown inside <details>"),
    "image without alt": (put(image(" ")), "image/png without alternative text"),
    "HTML image without alt": (put(html('<img src="x.png">')), "<img> without"),
    "HTML image, empty alt": (put(html('<img alt="" src="x.png">')), "<img> without"),
    "Markdown image without alt": (write(4, "![](dog.png)"), "Markdown image without"),
    "HTML image in prose": (write(4, '<img src="dog.png">'), "cell 4: <img> without"),
    "no language_info": (
        lambda notebook: notebook.metadata.pop("language_info"),
        "language_info",
    ),
    "too large": (put(stream("x\n" * 500_000)), "at most 1,000,000"),
    "path in code": (write(3, "open('/home/ann/x')"), 'absolute path "/home/ann/x\')"'),
    "path on Windows": (write(3, r"open('C:\data')"), "absolute path"),
    "path in output": (put(stream("saved to /tmp/run\n")), "absolute path '/tmp/run'"),
    "path in HTML": (put(html("<b>/Users/ann</b>")), "absolute path"),
    "long line printed": (put(stream("ok\n" + "x" * 96)), "prints 96 characters"),
    "long code": (write(3, "x = 1\n" * 19), "19 lines of code"),
    "no title": (write(0, "- a\n- b\n\n30 minutes"), "no title"),
    "no goals": (write(0, "# T\n\n30 minutes"), "lists no goals"),
    "no minutes": (write(0, "# T\n\n- a\n- b"), "how many minutes"),
    "part without heading": (write(4, "*Part 1 of 1: one*\n\nx"), "opens no slide"),
    "part inside a slide": (write(4, "x\n\n*Part 1 of 1: one*\n\n## y"), "opens no"),
    "part miscounted": (write(4, "*Part 1 of 2: one*\n\n## x"), "is part 1 of 1"),
    "code first": (
        lambda notebook: notebook.cells.pop(0),
        "first cell must be Markdown",
    ),
    "ignored, not asserted": (write(5, "check('c', 3)"), "no assert follows"),
    "skipped by tag": (tag(1, "nbval-skip"), "switches nbval off"),
    "may raise": (tag(1, "raises-exception"), "switches nbval off"),
    "skipped by comment": (
        write(1, "# NBVAL_IGNORE_OUTPUT\ncheck(1)"),
        "switches nbval",
    ),
    "two exercises": (write(1, "print()"), "2 cells call check"),
    "silent after a training": (
        write(5, "check('c', training.fit(net))\nassert min(net.losses) < 1"),
        "no message, though it depends on a training: assert min(net",
    ),
}


def test_a_good_notebook_has_no_complaints() -> None:
    assert contract.complaints(good()) == []


@pytest.mark.parametrize("name", BREAKS)
def test_each_rule_can_say_no(name: str) -> None:
    break_it, expected = BREAKS[name]
    notebook = good()
    break_it(notebook)
    found = contract.complaints(notebook)
    assert len(found) == 1, found
    assert expected in found[0]


def test_notebook_00_needs_no_three_exercises() -> None:
    notebook = good()
    notebook.cells[1].source = "print()"
    assert contract.complaints(notebook, lesson=False) == []


def test_pictures_inside_html_are_not_read_as_text() -> None:
    notebook = good()
    # Base64 may spell anything, also a path.
    hidden = '<img alt="a cat" src="data:image/png;base64,AAA/home/abcd/tmp/aaaa">'
    notebook.cells[1].outputs = [html(hidden)]
    assert contract.complaints(notebook) == []


def test_names_are_sorted_and_unique() -> None:
    numbers = [path.name[:2] for path in PATHS]
    assert len(set(numbers)) == len(numbers)
    for path in PATHS:
        assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name), path.name


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_stored_notebook_keeps_to_the_contract(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    found = contract.complaints(notebook, lesson=not path.name.startswith("00"))
    assert not found, "\n".join(found)
    assert notebook.metadata == notebooks.METADATA, "make notebooks"


# --- make notebooks ---


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def stored(folder: Path, *sources: str) -> Path:
    path = folder / "07_small.ipynb"
    cells = [new_code_cell(s, id=f"cell-{i}") for i, s in enumerate(sources)]
    for cell in cells:
        cell.metadata = nbformat.from_dict({"collapsed": True, "tags": ["kept"]})
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_execution_is_clean_and_repeatable(tmp_path: Path) -> None:
    picture = base64.b64encode(png(np.zeros((8, 8, 3), np.uint8))).decode()
    path = stored(
        tmp_path,
        "print('hello')",
        "import ipywidgets\nslider = ipywidgets.IntSlider()\n"
        f"data = dict(slider._repr_mimebundle_()) | {{'image/png': '{picture}'}}\n"
        "display(data, raw=True)",
    )
    assert notebooks.execute(path) == []
    first = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    assert [cell.id for cell in notebook.cells] == ["cell-0", "cell-1"]
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert all(cell.metadata == {"tags": ["kept"]} for cell in notebook.cells)
    assert notebook.metadata == notebooks.METADATA
    assert set(notebook.cells[1].outputs[0].data) == {"image/png", "text/plain"}
    assert notebooks.execute(path) == []
    assert path.read_bytes() == first


def test_what_is_printed_is_stored_in_one_piece_and_in_its_place(
    tmp_path: Path,
) -> None:
    source = "print(1, flush=True)\nprint(2, flush=True)\ndisplay('x')\nprint(3)"
    path = stored(tmp_path, source)
    assert notebooks.execute(path) == []
    outputs = nbformat.read(path, as_version=4).cells[0].outputs
    assert [output.get("text") for output in outputs] == ["1\n2\n", None, "3\n"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings; warnings.warn('careful')", "stderr"),
        ("import ipywidgets; ipywidgets.IntSlider()", "stored widget"),
        ("print('x' * 1_000_000)", "at most 1,000,000"),
    ],
)
def test_unclean_outputs_are_not_stored(
    tmp_path: Path, source: str, expected: str
) -> None:
    path = stored(tmp_path, source)
    before = path.read_bytes()
    found = notebooks.execute(path)
    assert expected in "\n".join(found)
    assert path.read_bytes() == before


def test_what_libraries_write_past_python_stays_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where a kernel sees this variable, it never forwards the file descriptor.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    source = "import os, time\n_ = os.write(2, b'oneDNN is on\\n')\ntime.sleep(2)"
    path = stored(tmp_path, source)
    assert notebooks.execute(path) == [], "kernel_settings.json is not installed"
    assert nbformat.read(path, as_version=4).cells[0].outputs == []


FIGURE = """figure, ax = plt.subplots()
ax.plot(np.random.normal(size=9))
plotting.show(figure, "a line")"""
EXPLORER = """png = io.BytesIO()
Image.frombytes("L", (9, 9), np.random.bytes(81)).save(png, "PNG")
data = ipywidgets.IntSlider()._repr_mimebundle_() | {"image/png": png.getvalue()}
display(data | {"text/plain": "a slider"}, raw=True)"""
IMPORTS = """import io
import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from course_utils import plotting"""


def change(cell: NotebookNode, old: str, new: str) -> None:
    """Replace text in all stored outputs of a cell."""
    outputs = json.dumps(cell.outputs)
    assert old in outputs
    cell.outputs = [
        nbformat.from_dict(o) for o in json.loads(outputs.replace(old, new))
    ]


def test_nbval_compares_all_but_pixels_and_widgets(tmp_path: Path) -> None:
    sources = {
        IMPORTS: "PASSED",
        f"{FIGURE}\n# other pixels": "PASSED",
        f"{FIGURE}\n# other alternative text": "FAILED",
        f"{EXPLORER}\n# other pixels, no view": "PASSED",
        f"{EXPLORER}\n# other text beside the picture": "FAILED",
        "print('one')": "PASSED",
        "print('two')": "FAILED",
        "print('three')  # nothing stored": "FAILED",
        "1 + 1  # other result": "FAILED",
        "np.random.normal()  # ignored": "PASSED",
    }
    path = stored(tmp_path, *sources)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata.tags = [contract.IGNORE]
    nbformat.write(notebook, path)
    assert notebooks.execute(path) == []
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells[2], "a line", "a curve")
    change(notebook.cells[4], "a slider", "a knob")
    change(notebook.cells[6], "two", "2")
    notebook.cells[7].outputs = []
    change(notebook.cells[8], '"2"', '"3"')
    nbformat.write(notebook, path)
    flags = ["--nbval", "--nbval-sanitize-with", str(SANITIZE), "-rA", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *flags, "-p", "no:cacheprovider", path.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = re.findall(r"^(PASSED|FAILED) .*::Cell (\d+)", done.stdout, re.MULTILINE)
    verdicts = {int(cell): verdict for verdict, cell in said}
    assert [verdicts.get(i) for i in range(len(sources))] == list(sources.values())
