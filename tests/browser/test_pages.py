"""Exported pages: contents, light and dark, the width of a telephone, the index."""

from pathlib import Path
from typing import Literal

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from course_utils.widgets import ConvolutionExplorer, GaborExplorer, PoolingExplorer
from tests.browser.accessible import found_by_axe
from tests.browser.alive import settle, show
from tests.browser.exported import lesson, markdown, open_file, shown
from tests.browser.jupyter import NOTEBOOKS
from tools.export.files import index

PHONE, DESKTOP = 360, 1280
# What sticks out to the right, but for what is scrolled in its own box.
OUTSIDE = """() => [...document.querySelectorAll("body *")].filter(element => {
    for (let box = element.parentElement; box; box = box.parentElement)
        if (getComputedStyle(box).overflowX === "auto") return false;
    const { right, width } = element.getBoundingClientRect();
    return width > 1 && right > innerWidth + 1;
}).map(element => element.outerHTML.slice(0, 80))"""

# Of an element's words to the nearest ground behind them, as WCAG counts it.
CONTRAST = """element => {
    const luminance = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let ground = element;
    while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)")
        ground = ground.parentElement;
    const both = [getComputedStyle(element).color,
                  getComputedStyle(ground).backgroundColor].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lesson_fits_a_telephone_and_a_desk(
    path: Path, page: Page, tmp_path: Path
) -> None:
    open_file(page, tmp_path, nbformat.read(path, as_version=4), "page")
    for width in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(OUTSIDE) == []
    broken = page.locator("main img").evaluate_all(
        "all => all.filter(i => !(i.naturalWidth && i.alt)).map(i => i.alt)"
    )
    assert broken == []
    for scheme in ("light", "dark"):
        width = PHONE if scheme == "light" else DESKTOP
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert found_by_axe(page) == ""


def test_on_a_telephone_a_picture_and_its_answer_are_on_one_screen(
    page: Page, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    explorer = ConvolutionExplorer(np.eye(28))
    show(page, tmp_path, explorer)
    for picture in page.locator(".cx-convolution .cx-map").all():
        box = picture.bounding_box()
        assert box
        assert box["y"] + box["height"] < 400
    assert page.locator(".cx-convolution .cx-map").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_explorers_fit_a_telephone(page: Page, tmp_path: Path) -> None:
    name = "a picture with a long name"
    images = {name: np.eye(28), f"{name}, too": np.eye(12)}
    kinds = (ConvolutionExplorer, GaborExplorer, PoolingExplorer)
    explorers = [kind(images) for kind in kinds]
    cells = map(shown, explorers)
    page.set_viewport_size({"width": PHONE, "height": 800})
    open_file(page, tmp_path, lesson(*cells, widgets=explorers), "page")
    assert page.locator(".cx").count() == 3
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_what_is_too_wide_is_found(page: Page, tmp_path: Path) -> None:
    wide = markdown('<div style="width: 700px">wide</div>')
    open_file(page, tmp_path, lesson(wide), "page")
    page.set_viewport_size({"width": PHONE, "height": 800})
    (found,) = page.evaluate(OUTSIDE)
    assert "700px" in found


def test_contents_lead_to_the_headings(page: Page, tmp_path: Path) -> None:
    far = markdown("## Far\n\n" + "\n\n".join(["line"] * 60) + "\n\n## Farther")
    open_file(page, tmp_path, lesson(far), "page")
    heading = page.get_by_role("heading", name="Farther")
    expect(heading).not_to_be_in_viewport()
    page.get_by_role("link", name="Farther", exact=True).click()
    expect(heading).to_be_in_viewport()


# After the page's own listener, as it is added later.
TOLD_OF_CHANGES = """async () => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    while (!dark.matches) await new Promise(requestAnimationFrame);
    const tell = () => (window.told = dark.matches ? "dark" : "light");
    dark.addEventListener("change", tell);
}"""


def test_light_and_dark_follow_the_system_and_the_button(
    page: Page, tmp_path: Path
) -> None:
    words = markdown(
        "Words and [a link](01_x.ipynb).\n\n```python\nx = 'text'  # why\n```"
    )
    file = open_file(page, tmp_path, lesson(words), "page")
    root, button = (
        page.locator("html"),
        page.get_by_role("button", name="Dark / light"),
    )
    parts = [
        "main p",
        "main a[href$=html]",
        ".highlight .s1",
        ".highlight .c1",
        "#theme",
    ]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(root).to_have_attribute("data-theme", scheme)
        for part in parts:
            assert page.locator(part).first.evaluate(CONTRAST) >= 4.5, (scheme, part)
    button.click()
    expect(root).to_have_attribute("data-theme", "light")
    page.goto(file.as_uri())  # remembered, although the system is dark
    expect(root).to_have_attribute("data-theme", "light")
    page.evaluate(TOLD_OF_CHANGES)
    again: list[Literal["light", "dark"]] = ["light", "dark"]
    for scheme in again:  # and although it changes, as in the evening
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"() => window.told === '{scheme}'")
        expect(root).to_have_attribute("data-theme", "light")


def test_index_leads_to_a_lesson_and_back(page: Page, tmp_path: Path) -> None:
    notebook = lesson(markdown("Here it is."))
    open_file(page, tmp_path, notebook, "page").rename(tmp_path / "99_test.html")
    listed = tmp_path / "index.html"
    listed.write_text(index({"99_test.html": notebook}), encoding="utf-8")
    page.goto(listed.as_uri())
    assert page.evaluate(OUTSIDE) == []
    page.get_by_role("link", name="99 Test").click()
    expect(page.get_by_text("Here it is.")).to_be_visible()
    page.get_by_role("link", name="All lessons").click()
    assert page.url == listed.as_uri()
