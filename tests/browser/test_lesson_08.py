"""Lesson 08: its animation moves without a kernel, and rests for who asks for rest."""

from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.jupyter import ROOT, Lab, open_notebook, output

NOTEBOOK = "08_cnn_from_the_inside.ipynb"
CELL = "plotting.animate("


def moves(image: Locator, looks: int = 120) -> bool:
    """Whether the picture changes between looks, four a second at most."""
    first = image.screenshot()
    for _ in range(looks):
        image.page.wait_for_timeout(250)
        if image.screenshot() != first:
            return True
    return False


def test_the_filter_learns_on_a_page_without_kernel(page: Page, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    (cell,) = [cell for cell in notebook.cells if CELL in cell.source]
    file = tmp_path / "page.html"
    file.write_text(cell.outputs[0].data["text/html"], encoding="utf-8")

    page.emulate_media(reduced_motion="no-preference")
    page.goto(file.as_uri())
    image = page.get_by_role("img", name="5x5 weights")
    assert moves(image)
    page.get_by_text("click to hide").click()
    expect(image).not_to_be_visible()

    page.emulate_media(reduced_motion="reduce")
    page.reload()
    expect(image).to_be_visible()
    assert not moves(image, looks=10)


def test_jupyterlab_shows_the_stored_animation(page: Page, lab: Lab) -> None:
    open_notebook(page, lab, NOTEBOOK)  # nothing is run
    image = output(page, CELL).get_by_role("img", name="5x5 weights")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") % 990 == 0
