"""The digit pad and a kernel that has a network: in JupyterLab and on a slide."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.alive import draw_on, pad_of, settle
from tests.browser.jupyter import (
    Lab,
    contrast,
    hears,
    in_kernel,
    open_notebook,
    output,
    present_and_run,
    run_all,
    set_theme,
)
from tests.browser.slides import look

SETUP = """\
import time
import keras
import numpy as np
from course_utils import models
from course_utils.widgets import DigitPad, digit_pad
keras.utils.set_random_seed(0)
calls, pause, honest = [], 0, digit_pad.answer
def slow(probing, picture):
    calls.append((time.time(), picture))
    time.sleep(pause)
    return honest(probing, picture)
digit_pad.answer = slow
carried, digit_pad.carried = digit_pad.carried, lambda model: {}  # none that it can run
pad = DigitPad(models.mnist_small_cnn(), strokes=[[(4, 4), (9, 4), (6, 11)]])"""
SHOW = "pad  # the explorer"
DONE = "pad.asked == pad.answered and bool(np.array_equal(calls[-1][1], pad.picture()))"


@pytest.fixture
def notebook(lab: Lab) -> Iterator[str]:
    name = "96_digit_pad.ipynb"
    lab.add(name, [SETUP, SHOW, "print('the next slide')"])
    yield name
    (lab.folder / "notebooks" / name).unlink()


@pytest.mark.timeout(300)
def test_in_jupyterlab_the_network_follows_the_pen(
    page: Page, lab: Lab, notebook: str
) -> None:
    open_notebook(page, lab, notebook)
    run_all(page)
    root = output(page, SHOW).locator(".cx-digit-pad")
    bars = root.locator(".cx-chance i")
    shown = "all => all.map(bar => bar.style.width)"
    before = bars.evaluate_all(shown)
    # A kernel that takes half a second for each answer: the newest drawing comes next.
    in_kernel(page, "globals().update(pause=0.5)")
    in_kernel(page, "calls.clear()")
    for points in ([(5, 15), (20, 15)], [(20, 5), (20, 24)]):
        draw_on(page, pad_of(root), points, steps=60)
    lifted = page.evaluate("Date.now()") / 1000
    drawn = root.evaluate("root => root.explorer.drawing.strokes.flat().length")
    hears(page, f"sum(map(len, pad.strokes)) == {drawn} and {DONE}")
    # One may be under way to the kernel; the other is for all that came since.
    late = f"sum(start > {lifted} for start, _ in calls)"
    assert int(in_kernel(page, late)) <= 2
    assert int(in_kernel(page, "len(calls)")) >= 2
    expect(root.locator(".cx-advice")).to_have_text("")
    # What is shown is the answer for what is drawn.
    expected = json.loads(in_kernel(page, "pad.probabilities"))
    words = ", ".join(f"{n}: {100 * value:.0f} %" for n, value in enumerate(expected))
    spoken = root.get_by_role("img", name="The network says")
    expect(spoken).to_have_attribute("aria-label", f"The network says {words}")
    after = bars.evaluate_all(shown)
    assert after != before
    widths = [float(width.rstrip("%")) / 100 for width in after]
    assert widths == pytest.approx(expected, abs=1e-4)
    # With a network that the page can run it waits for nobody.
    in_kernel(page, "setattr(pad, '_network', carried(pad.model))")
    page.wait_for_function(
        """() => document.querySelector(".cx-digit-pad").explorer.answer.own"""
    )
    draw_on(page, pad_of(root), [(8, 4), (8, 24)])
    own = root.evaluate("root => root.explorer.answer")
    assert own["own"]["probabilities"] == own["probabilities"]
    assert not own["waiting"]
    drawn = root.evaluate("root => root.explorer.drawing.strokes.flat().length")
    hears(page, f"sum(map(len, pad.strokes)) == {drawn} and {DONE}")
    told = json.loads(in_kernel(page, "pad.probabilities"))
    assert own["probabilities"] == pytest.approx(told, abs=1e-4)
    in_kernel(page, "globals().update(pause=0)")
    in_kernel(page, "setattr(pad, 'strokes', [[(14, 4), (14, 24)]])")
    page.wait_for_function(
        """() => document.querySelector(".cx-digit-pad").explorer
            .drawing.strokes.length === 1"""
    )
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert contrast(root) > 4.5, theme


def test_on_a_slide_pen_and_keys_draw_and_the_page_stays(
    page: Page, lab: Lab, notebook: str
) -> None:
    present_and_run(page, lab, notebook)
    page.keyboard.press("PageDown")
    slide = page.locator("section.present")
    root = slide.locator(".cx-digit-pad")
    root.wait_for()
    number = "root => root.explorer.drawing.strokes.length"
    draw_on(page, pad_of(root), [(5, 20), (24, 20)])
    assert root.evaluate(number) == 2
    for key in ("Space", "ArrowRight", "ArrowDown", "Space", "ArrowLeft"):
        page.keyboard.press(key)
    settle(page)
    assert root.evaluate(number) == 3
    expect(root.locator(".cx-says")).to_contain_text("it says")
    assert root.is_visible()
    assert not look(page).complaints
    page.keyboard.press("PageDown")
    following = page.locator("section.present section.present")
    expect(following).to_contain_text("the next slide")
