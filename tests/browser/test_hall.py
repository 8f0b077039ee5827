"""What a lecturer has at hand: pen, red point, black screen, pace; keys in peace."""

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from course_utils.widgets import PoolingExplorer
from tests.browser.exported import lesson, markdown, open_file, shown

NOTE = "<details><summary>For the presenter</summary>\n\n{}\n\n</details>"


@pytest.fixture
def deck(page: Page, tmp_path: Path) -> Page:
    """Slides with a planned time: 3 minutes, of which the second takes two."""
    note = markdown(NOTE.format("Two minutes in pairs."), "notes")
    notebook = lesson(markdown("one"), markdown("two"), note)
    notebook.cells[0].source += "\n\n**Time:** 2 minutes"
    open_file(page, tmp_path, notebook, "deck")
    return page


def draw(page: Page) -> None:
    page.mouse.move(200, 300)
    page.mouse.down()
    page.mouse.move(500, 400, steps=4)
    page.mouse.up()


def test_what_is_written_belongs_to_its_slide_until_it_is_erased(deck: Page) -> None:
    lines = deck.locator("section.present > section.present > .ink polyline")
    draw(deck)
    expect(lines).to_have_count(0)  # no pen in the hand
    deck.keyboard.press("w")
    draw(deck)
    expect(lines).to_have_count(1)
    box = lines.bounding_box()
    assert box is not None
    assert [box[side] for side in ("x", "y", "width", "height")] == pytest.approx(
        [200, 300, 300, 100], abs=5
    )
    # On another screen it lies on the same place of the slide.
    for width, left in ((640, 98), (1280, 198)):
        deck.set_viewport_size({"width": width, "height": width * 9 // 16})
        deck.wait_for_function(
            "left => Math.abs(document.querySelector('.ink polyline')"
            ".getBoundingClientRect().left - left) < 3",
            arg=left,
        )
    deck.keyboard.press("PageDown")
    expect(lines).to_have_count(0)
    draw(deck)
    draw(deck)
    expect(lines).to_have_count(2)
    deck.keyboard.press("e")
    expect(lines).to_have_count(0)
    deck.keyboard.press("PageUp")
    expect(lines).to_have_count(1)
    deck.keyboard.press("w")
    draw(deck)
    expect(lines).to_have_count(1)


def test_a_finger_writes_and_turns_no_page(deck: Page) -> None:
    deck.keyboard.press("w")
    touch = deck.context.new_cdp_session(deck)

    def send(kind: str, *at: int) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 800, 300)
    for x in range(790, 190, -20):
        send("touchMove", x, 300)
    send("touchEnd")
    touch.detach()
    expect(deck.locator(".ink polyline")).to_have_count(1)
    assert deck.evaluate("Reveal.getIndices().h") == 0


def test_a_red_point_follows_the_pointer(deck: Page) -> None:
    point = deck.locator(".point")
    expect(point).to_be_hidden()
    deck.keyboard.press("r")
    deck.mouse.move(640, 200)
    box = point.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == (640, 200)
    deck.keyboard.press("r")
    expect(point).to_be_hidden()


def test_the_screen_is_black_and_help_lists_the_keys(deck: Page) -> None:
    deck.keyboard.press("b")
    expect(deck.locator(".reveal")).to_have_class(re.compile("paused"))
    deck.keyboard.press("b")
    deck.keyboard.press("Shift+?")
    for about in ("Write on", "Erase", "red point", "Dark or light", "Folded code"):
        expect(deck.locator(".r-overlay-help")).to_contain_text(about)


def test_the_speaker_view_says_the_planned_and_the_real_pace(deck: Page) -> None:
    timings = "all => all.map(slide => Number(slide.dataset.timing))"
    slides = deck.locator("[data-timing]")
    assert slides.evaluate_all(timings) == [30, 30, 120]
    deck.goto(f"{deck.url.partition('#')[0]}?minutes=6")
    assert slides.evaluate_all(timings) == [60, 60, 240]
    with deck.expect_popup() as popup:
        deck.keyboard.press("s")
    view = popup.value
    pace = view.locator("#pace")
    expect(pace).to_contain_text("As planned. As planned from here on")
    deck.keyboard.press("PageDown")
    deck.keyboard.press("PageDown")
    expect(pace).to_contain_text("2 min ahead of the plan")
    view.close()
    deck.goto(f"{deck.url.partition('?')[0]}?minutes=0.1")  # over before it has begun
    with deck.expect_popup() as popup:
        deck.keyboard.press("s")
    expect(popup.value.locator("#pace")).to_contain_text("behind the plan")


def test_letters_choose_in_a_list_and_are_no_keys_then(
    page: Page, tmp_path: Path
) -> None:
    explorer = PoolingExplorer()
    open_file(page, tmp_path, lesson(shown(explorer), widgets=[explorer]), "deck")
    page.keyboard.press("PageDown")
    choice = page.locator("select:visible").first
    choice.focus()
    for key in "dwcerb":
        page.keyboard.press(key)
    expect(page.locator("body")).to_have_attribute("data-theme", "light")
    expect(page.locator(".writing, .pointing, .paused")).to_have_count(0)
    choice.press("PageUp")  # a remote control is heard all the same
    assert page.evaluate("Reveal.getIndices().h") == 0


def test_a_notebook_without_a_time_has_no_plan(page: Page, tmp_path: Path) -> None:
    open_file(page, tmp_path, lesson(nbformat.v4.new_markdown_cell("one")), "deck")
    expect(page.locator("[data-timing]")).to_have_count(0)


def test_a_handout_has_two_slides_a_page_and_the_notes(
    deck: Page, tmp_path: Path
) -> None:
    file = tmp_path / "deck.html"
    deck.goto(f"{file.as_uri()}?print-pdf&handout")
    sheets = deck.locator(".sheet")
    expect(sheets).to_have_count(2)
    slides = sheets.first.locator(".pdf-page")
    boxes = slides.evaluate_all("all => all.map(one => one.getBoundingClientRect())")
    assert [box["width"] / box["height"] for box in boxes] == pytest.approx(
        [16 / 9] * 2, rel=0.01
    )
    assert boxes[0]["bottom"] < boxes[1]["top"] < boxes[1]["bottom"] < 1123
    expect(sheets.nth(1)).to_contain_text("Two minutes in pairs.")
    expect(sheets.nth(1)).to_contain_text("99 Test · page 2 of 2")
    pdf = deck.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 2
    size = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert size
    assert [float(side) for side in size.groups()] == pytest.approx([595, 842], abs=1)
