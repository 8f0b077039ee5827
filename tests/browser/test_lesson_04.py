"""Lesson 04 in JupyterLab: a training is stopped, and its network reads a drawing."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser.jupyter import ROOT, Lab, open_notebook, output

NOTEBOOK = "04_mnist_from_mlp_to_cnn.ipynb"
# The lesson's own cells, by words in them; the others would train for minutes.
NEEDED = [
    "from course_utils import datasets",
    "import keras\n",
    "digits = datasets.mnist()",
    "small_cnn = keras.Sequential",
    "small_run = training.fit(",
    "DigitPad(",
]
GIVEN = {  # what left-out cells would have made
    "small_run = training.fit(": """\
sample = digits.train.images[:20_000], digits.train.labels[:20_000]
loss = "sparse_categorical_crossentropy\"""",
    "DigitPad(": """\
network = small_cnn
print(small_run.stopped, small_run.epochs, small_run.best_epoch + 1)""",
}


@pytest.fixture
def short(lab: Lab) -> Iterator[str]:
    """A notebook of the lesson's cells that this test needs."""
    stored = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    code = [cell.source for cell in stored.cells if cell.cell_type == "code"]
    sources = []
    for words in NEEDED:
        sources += [GIVEN[words]] if words in GIVEN else []
        sources += [next(source for source in code if words in source)]
    lab.add("94_short.ipynb", sources)
    yield "94_short.ipynb"
    (lab.folder / "notebooks" / "94_short.ipynb").unlink()


@pytest.mark.timeout(300)
def test_train_stop_and_draw(page: Page, lab: Lab, short: str) -> None:
    open_notebook(page, lab, short)
    page.evaluate(  # and do not wait
        "() => void window.jupyterapp.commands.execute('notebook:run-all-cells')"
    )
    monitor = output(page, NEEDED[4]).locator(".cx-training-monitor")
    status = monitor.locator(".tm-status")
    expect(status).to_have_text(re.compile("epoch 2 of 6, batch"), timeout=120_000)
    monitor.get_by_role("button", name="Stop training").click()
    expect(status).to_have_text(re.compile("stopped in epoch"), timeout=60_000)
    told = re.search(r"stopped in epoch (\d) .*; weights of epoch (\d) kept",
                     status.inner_text())  # fmt: skip
    assert told, status.inner_text()
    expect(output(page, "print(small_run.stopped")).to_have_text(
        f"True {told[1]} {told[2]}\n", timeout=30_000
    )

    pad = output(page, "DigitPad(").locator(".cx").first
    says = pad.locator(".cx-says")
    expect(says).to_have_text("it says 7", timeout=30_000)  # the example
    pad.get_by_role("button", name="Clear the pad").click()
    expect(says).to_have_text("draw a digit")
    box = pad.locator("canvas.cx-pad").bounding_box()
    assert box
    across, top, bottom = box["x"] + box["width"] / 2, box["y"] + 30, box["y"] + 200
    page.mouse.move(across, top)
    page.mouse.down()
    page.mouse.move(across, bottom, steps=12)
    expect(says).to_have_text("it says 1")  # while the pen is still down
    page.mouse.up()
    maps = pad.locator("canvas.cx-sheet")
    assert maps.evaluate("sheet => sheet.width * sheet.height") > 32 * 26 * 26
