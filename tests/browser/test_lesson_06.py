"""Lesson 06 in JupyterLab: its explorer hears Python, and the kernel paints."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.jupyter import (
    Lab,
    contrast,
    hears,
    in_kernel,
    open_notebook,
    output,
    run_all,
    set_theme,
)

CELLS = [
    "import numpy as np\n"
    "from course_utils import datasets, models\n"
    "from course_utils.widgets import FeatureMapExplorer",
    "photos = datasets.cats_vs_dogs('sample').validation.images[:3]\n"
    "some = dict(zip('abc', photos))\n"
    "explorer = FeatureMapExplorer(models.cats_dogs_cnn(32), some)\n"
    "explorer",
]


@pytest.mark.timeout(300)
def test_the_explorer_of_lesson_06_lives_and_the_kernel_paints(
    page: Page, lab: Lab
) -> None:
    lab.add("06_cells.ipynb", CELLS)
    open_notebook(page, lab, "06_cells.ipynb")
    run_all(page)
    root = output(page, "explorer = FeatureMapExplorer(").locator(".cx-features")
    root.get_by_role("button", name="layer: next").click()
    root.get_by_role("button", name="filter: next", exact=True).click()
    root.get_by_role("button", name="picture: next").click()
    heard = "(explorer.layer_name, explorer.filter, explorer.image_name)"
    hears(page, heard, "('conv_2', 1, 'b')")
    shown = root.evaluate("root => [...root.explorer.map(1)].reduce((a, b) => a + b)")
    scale = float(in_kernel(page, "explorer.strongest()"))
    computed = float(in_kernel(page, "explorer.map().sum().item()"))
    assert shown * scale / 255 == pytest.approx(computed, rel=1e-5)

    in_kernel(page, "setattr(explorer, 'filter', 7)")
    expect(root.locator(".cx-title").nth(1)).to_contain_text("filter 7")
    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert contrast(root) > 4.5, theme

    ask = root.get_by_role("button", name="Compute the preferred input")
    ask.click()
    expect(ask).to_be_hidden(timeout=90_000)
    assert in_kernel(page, "list(explorer.liked)") == "[('conv_2', 7)]"
