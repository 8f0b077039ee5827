"""Lesson 01 in JupyterLab and on slides: the explorer is alive and Python hears it."""

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from course_utils import datasets, filters
from tests.browser.alive import settle
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
from tests.browser.jupyter import open_slides as show_slides
from tests.browser.slides import PLACE

NOTEBOOK = "01_convolution.ipynb"


def state(root: Locator) -> dict:
    return root.evaluate(
        """root => ({
            output: [...root.explorer.output],
            shape: [root.explorer.layout.h, root.explorer.layout.w],
            pictures: [...root.querySelectorAll("canvas")].map(c => c.toDataURL()),
            text: root.innerText,
        })"""
    )


NEGATE = "negate: Change the sign of every weight"


@pytest.mark.timeout(300)
def test_each_control_is_heard_in_python_and_computes_as_filters(
    page: Page, lab: Lab
) -> None:
    name = lab.part(NOTEBOOK, "explorer = ConvolutionExplorer(")
    open_notebook(page, lab, name)
    run_all(page)
    root = output(page, "explorer = ConvolutionExplorer(").locator(".cx")
    root.locator("canvas").first.wait_for()
    digit = datasets.mnist("sample").test.images[0] / 255
    sobel = filters.KERNELS["vertical Sobel"]
    last = state(root)
    np.testing.assert_allclose(
        last["output"],
        filters.convolve(digit, sobel, padding="same").ravel(),
        atol=1e-6,
    )

    def press(name: str) -> None:
        root.get_by_role("button", name=name, exact=True).click()

    def flip() -> None:
        root.get_by_label("flip (true convolution)").check()

    moves = [
        (lambda: press("stride: more"), "explorer.stride", "2"),
        (lambda: press("padding: next"), "explorer.padding", "0"),
        (lambda: press("step: less"), "explorer.step", "167"),
        (flip, "explorer.flip", "True"),
        (lambda: press("kernel: next"), "explorer.kernel_name", "'diagonal'"),
        (lambda: press("size: more"), "explorer.weights().shape", "(4, 4)"),
        (lambda: press(NEGATE), "explorer.limit()", "3.0"),
        (lambda: press("image: next"), "explorer.image().shape", "(32, 32)"),
        (lambda: root.get_by_label("three colours").check(), "explorer.colour", "True"),
        (lambda: press("speed: more"), "explorer.stride", "2"),
    ]
    for move, expression, expected in moves:
        move()
        settle(page)
        now = state(root)
        assert now["text"] + now["pictures"][1] != last["text"] + last["pictures"][1]
        last = now
        hears(page, expression, expected)
        python = in_kernel(page, "explorer.output().ravel().tolist()")
        np.testing.assert_allclose(
            now["output"], np.fromstring(python.strip("[]"), sep=","), atol=1e-5
        )

    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert contrast(root) >= 4.5  # as the guidelines (WCAG 2, AA) ask for

    # The other way round: Python changes it, the picture follows.
    in_kernel(page, "explorer.set_trait('stride', 1)")
    for _ in range(300):
        if state(root)["shape"] == [29, 29]:
            break
        page.wait_for_timeout(100)
    assert state(root)["shape"] == [29, 29]


@pytest.mark.timeout(300)
def test_the_explorer_answers_on_a_slide_and_keeps_its_keys(
    page: Page, lab: Lab
) -> None:
    name = lab.part(NOTEBOOK, "explorer = ConvolutionExplorer(")
    open_notebook(page, lab, name)
    run_all(page)
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    show_slides(page, lab, name)
    for _ in range(30):
        if page.locator("section.present .cx canvas").first.is_visible():
            break
        page.keyboard.press("PageDown")
        settle(page)
    root = page.locator("section.present .cx").first
    place = page.evaluate(PLACE)
    before = state(root)
    root.get_by_role("button", name="step: more").click()
    settle(page)
    after = state(root)
    assert after["text"] != before["text"]
    root.locator("canvas").first.press("ArrowRight")
    root.locator("canvas").first.press("ArrowDown")
    settle(page)
    assert state(root)["text"] != after["text"]
    assert page.evaluate(PLACE) == place  # the same slide
    pressed = root.get_by_role("button", name="step: more")
    for key in (" ", "Enter"):
        pressed.press(key)
    root.locator("select[aria-label=kernel]").press("ArrowDown")
    root.get_by_role("slider").first.press("ArrowLeft")
    settle(page)
    assert page.evaluate(PLACE) == place
    weight = root.get_by_label("kernel, row 1, column 1")
    weight.fill("5")
    settle(page)
    assert state(root)["output"] != before["output"]
    page.keyboard.press("PageDown")  # what a presenter's remote control sends
    settle(page)
    assert page.evaluate(PLACE) != place
