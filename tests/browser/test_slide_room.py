"""On an exported slide, what is shown takes the room that is left."""

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Page, expect

from course_utils.plotting import picture
from tests.browser.alive import settle
from tests.browser.exported import lesson, markdown, open_file, slide

VISIBLE = re.compile("visible")
WIDE = "print(" + ", ".join(f"answer_{i}" for i in range(7)) + ")  # computes\n"
CODE = "answer = compute()\nplotting.show(figure, 'words')\nprint(answer)"


def figure_cell(width: float, height: float, source: str = CODE) -> NotebookNode:
    html = picture(plt.figure(figsize=(width, height)), "words")
    plt.close("all")
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    return slide(nbformat.v4.new_code_cell(source, outputs=[output]), "-")


def boxes(page: Page, number: int) -> dict[str, Any]:
    """Edges of picture, code and answer of a slide, in pixels of 1280x720."""
    page.evaluate("h => Reveal.slide(h, 0, -1)", number)
    settle(page)
    found: dict[str, Any] = page.evaluate(
        """() => Object.fromEntries(
            ["img", ".highlight", ".fragment p"].map(name => [name,
            Reveal.getCurrentSlide().querySelector(name).getBoundingClientRect()]))"""
    )
    return found


@pytest.fixture
def slides(page: Page, tmp_path: Path) -> Page:
    shapes = [(8, 2), (4, 6), (8, 6)]
    cells = [
        part
        for width, height in shapes
        for part in (
            markdown("## Why?"),
            figure_cell(width, height),
            markdown("The answer.", "fragment"),
        )
    ]
    open_file(page, tmp_path, lesson(*cells), "deck")
    return page


def test_a_picture_grows_until_the_slide_is_full(slides: Page) -> None:
    flat, tall, large = (boxes(slides, number) for number in (1, 2, 3))
    for found, ratio in ((flat, 4), (tall, 4 / 6), (large, 8 / 6)):
        image = found["img"]
        assert image["width"] / image["height"] == pytest.approx(ratio, rel=0.01)
        assert image["right"] <= 1261
        assert image["bottom"] <= 720
    assert flat["img"]["width"] == pytest.approx(1232, abs=1)
    assert flat["img"]["top"] >= flat[".highlight"]["bottom"]
    for found in (tall, large):  # beside code and answer
        assert found["img"]["left"] >= found[".highlight"]["right"]
        assert found["img"]["left"] >= found[".fragment p"]["right"]
        assert found["img"]["bottom"] > 690 or found["img"]["right"] > 1230
    assert tall["img"]["height"] > 600


def test_below_wide_code_the_answer_stands_beside_the_picture(
    page: Page, tmp_path: Path
) -> None:
    code = WIDE * 9 + CODE
    cells = [markdown("## Why?"), figure_cell(8, 4, code)]
    cells.append(markdown("The answer. " * 20, "fragment"))
    open_file(page, tmp_path, lesson(*cells), "deck")
    found = boxes(page, 1)
    image, answer = found["img"], found[".fragment p"]
    assert image["top"] > found[".highlight"]["bottom"]
    assert answer["top"] > found[".highlight"]["bottom"]
    assert answer["right"] < image["left"]
    assert found[".highlight"]["width"] > 1150
    assert 690 < image["bottom"] <= 720


def test_without_a_picture_results_become_larger(page: Page, tmp_path: Path) -> None:
    def printed(line: str, count: int) -> NotebookNode:
        output = nbformat.v4.new_output("stream", text=f"{line}\n" * count)
        return slide(nbformat.v4.new_code_cell("show()", outputs=[output]))

    few, many, wide = printed("3 of 4", 3), printed("3 of 4", 22), printed("3 " * 47, 3)
    table = markdown("| a | b |\n| - | - |\n| 1 | 2 |")
    full = markdown(f"| a | b |\n| - | - |\n| {'so ' * 18} | {'so ' * 18} |")
    open_file(page, tmp_path, lesson(few, many, wide, table, full), "deck")
    zooms = []
    for number in range(1, 6):
        page.evaluate("h => Reveal.slide(h, 0)", number)
        settle(page)
        zooms.append(
            page.evaluate(
                """() => parseFloat(getComputedStyle(Reveal.getCurrentSlide()
                    .querySelector(".jp-RenderedText pre, table")).zoom)"""
            )
        )
    assert zooms[0] == zooms[3] == 1.4
    assert 1 <= zooms[1] < 1.4  # else it would leave the page below
    assert 1 <= zooms[2] < 1.4  # and on its right
    assert 1 <= zooms[4] < 1.4  # and need a further line


def test_nothing_moves_when_the_answer_comes(slides: Page) -> None:
    before = boxes(slides, 3)
    slides.keyboard.press("PageDown")
    expect(slides.locator("section.present .fragment")).to_have_class(VISIBLE)
    after = slides.evaluate(
        "() => Reveal.getCurrentSlide().querySelector('img').getBoundingClientRect()"
    )
    assert after == before["img"]


def test_folded_code_opens_by_key_and_click_and_the_picture_makes_room(
    slides: Page,
) -> None:
    before = boxes(slides, 1)
    assert before[".highlight"]["height"] < 60  # two lines: it stands behind the first
    here = slides.locator("section.present section.present")
    hidden = here.get_by_text("plotting.show")
    expect(hidden).to_be_hidden()
    slides.keyboard.press("c")
    expect(hidden).to_be_visible()
    after = boxes(slides, 1)
    assert after[".highlight"]["height"] > before[".highlight"]["height"]
    assert after["img"]["bottom"] <= 720
    here.get_by_role("button", name="1 line draws").click()
    expect(hidden).to_be_hidden()
    slides.keyboard.press("PageDown")  # the button has not kept the keys
    expect(here.locator(".fragment")).to_have_class(VISIBLE)


def test_a_deck_is_dark_by_key_and_by_address(slides: Page) -> None:
    ground = slides.locator(".reveal-viewport")
    expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
    slides.keyboard.press("d")
    expect(ground).to_have_css("background-color", "rgb(18, 18, 18)")
    slides.goto(slides.url.partition("#")[0] + "?dark")
    expect(ground).to_have_css("background-color", "rgb(18, 18, 18)")
