"""Every slide of every notebook in RISE: as stored, and after all cells have run."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from playwright.sync_api import Page, expect

from course_utils.plotting import picture
from tests.browser import exported
from tests.browser.jupyter import (
    NOTEBOOKS,
    Lab,
    command,
    open_notebook,
    open_slides,
    present_and_run,
)
from tests.browser.living import HEIGHT, LIVING, SETUP, keep_their_place, with_heights
from tests.browser.slides import look, walk_slides
from tools.contract import WIDGET_VIEW, slide_type
from tools.notebooks import METADATA

# One lesson whole. The others compute for longer and are run by `make notebooks-test`;
# tests of each lesson and explorer bring their widgets to life.
QUICK = [path for path in NOTEBOOKS if path.name.startswith("01")]

# Cells that make one bad slide each, and what must be said about it.
BAD = {
    "print('fits')": None,
    "print('tall\\n' * 60)": "outside the page",
    "from IPython.display import HTML\n"
    "HTML('<b style=\"position: fixed; left: 1264px; top: 670px\">b</b>')": "is under",
    f"wide = '{'long ' * 40}'": "needs scrolling",
    "view = {'model_id': 'gone', 'version_major': 2, 'version_minor': 0}\n"
    f"display({{'{WIDGET_VIEW}': view}}, raw=True)": "a widget that did not load",
    "import sys\nprint('said', file=sys.stderr)": "an error output",
    "1 / 0": "an error output",
}


def widgets_of(path: Path) -> int:
    """How many widgets the slides of an executed notebook must show."""
    return sum(
        WIDGET_VIEW in output.get("data", {})
        for cell in nbformat.read(path, as_version=4).cells
        if slide_type(cell) not in ("skip", "notes")
        for output in cell.get("outputs", [])
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_every_slide_fits_and_lives(
    path: Path, page: Page, lab: Lab, tmp_path: Path
) -> None:
    present_and_run(page, lab, path.name)
    slides = walk_slides(page, tmp_path)
    complaints = [line for slide in slides for line in slide.complaints]
    assert not complaints, "\n".join([*complaints, f"Pictures are in {tmp_path}"])
    alive = page.locator(".jp-OutputArea-output.lm-Panel > .lm-Widget").count()
    assert alive == widgets_of(lab.folder / "notebooks" / path.name)
    assert len(slides) > 5
    assert "#" not in page.url  # the browser's Back leads out of the slides


@pytest.mark.parametrize(
    "path", [p for p in NOTEBOOKS if p not in QUICK], ids=lambda path: path.stem
)
def test_stored_outputs_show_on_slides_before_any_cell_has_run(
    path: Path, page: Page, lab: Lab, tmp_path: Path
) -> None:
    notebook = with_heights(nbformat.read(path, as_version=4))
    nbformat.write(notebook, lab.folder / lab.fresh(path.name))
    open_slides(page, lab, path.name)
    keep_their_place(page, notebook)
    slides = walk_slides(page, tmp_path)
    complaints = [line for slide in slides for line in slide.complaints]
    assert not complaints, "\n".join([*complaints, f"Pictures are in {tmp_path}"])
    pictures = page.locator(".jp-OutputArea img").evaluate_all(
        "images => images.map(image => image.naturalWidth)"
    )
    assert pictures
    assert all(pictures)


def test_living_widgets_need_as_much_place_as_is_kept_for_them(
    page: Page, lab: Lab
) -> None:
    lab.add("97_living.ipynb", [SETUP, *(source for source, _ in LIVING.values())])
    present_and_run(page, lab, "97_living.ipynb")
    stored = nbformat.read(lab.folder / "notebooks" / "97_living.ipynb", as_version=4)
    for cell, (pattern, (_, height)) in zip(stored.cells[1:], LIVING.items()):
        assert re.match(pattern, cell.outputs[0].data["text/plain"])
        page.keyboard.press("PageDown")
        look(page)
        needed = page.locator("section.present .cx").evaluate(HEIGHT)
        assert needed == pytest.approx(height, abs=2), pattern


def test_a_figure_takes_the_room_that_is_left(page: Page, lab: Lab) -> None:
    source = (
        "import matplotlib.pyplot as plt\nfrom course_utils import plotting\n"
        "plotting.show(plt.figure(figsize=(8, 3)), 'words')"
    )
    html = picture(plt.figure(figsize=(8, 3)), "words")
    plt.close("all")
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    cells = [
        exported.markdown("## Why?"),
        exported.slide(nbformat.v4.new_code_cell(source, outputs=[output]), "-"),
        exported.markdown("The answer.", "fragment"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.write(notebook, lab.folder / "notebooks" / "96_room.ipynb")
    open_slides(page, lab, "96_room.ipynb")
    image = page.get_by_role("img", name="words")
    code = page.locator("section.present .jp-CodeCell .cm-content")
    answer = page.locator("section.present .fragment p")

    def place() -> tuple[float, float, float]:
        picture, above, below = (
            node.evaluate("node => node.getBoundingClientRect().toJSON()")
            for node in (image, code, answer)
        )
        assert above["bottom"] < picture["top"]
        assert picture["bottom"] < below["top"]
        assert below["bottom"] < 720
        return picture["left"], picture["width"], picture["height"]

    as_stored = place()
    assert as_stored[1] > 1200
    assert as_stored[2] > 460  # without it, 300 pixels, as it was drawn
    first = image.get_attribute("src")
    image.evaluate("image => image.dataset.stored = 'yes'")
    code.click()
    page.keyboard.press("Shift+Enter")
    fresh = page.locator("section.present img[alt=words]:not([data-stored])")
    expect(fresh).to_have_attribute("src", first or "")
    assert place() == as_stored


def test_bad_slides_are_found(page: Page, lab: Lab, problems: list[str]) -> None:
    lab.add("98_bad.ipynb", list(BAD))
    open_notebook(page, lab, "98_bad.ipynb")
    command(page, "notebook:run-all-cells")
    command(page, "docmanager:save")
    open_slides(page, lab, "98_bad.ipynb")
    slides = walk_slides(page)
    assert len(slides) == len(BAD)
    for slide, wanted in zip(slides, BAD.values()):
        found = "\n".join(slide.complaints)
        assert wanted in found if wanted else not found
    assert problems
    assert all("widget model not found" in problem for problem in problems)
    problems.clear()
