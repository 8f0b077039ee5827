"""A student does exercises: blank, wrong, right; and answers a quiz without a mouse."""

from playwright.sync_api import Locator, Page, expect

from course_utils import exercises
from tests.browser.jupyter import (
    Lab,
    command,
    open_notebook,
    open_slides,
    output,
    run_all,
)
from tests.browser.slides import PLACE

COUNT = len([id_ for id_ in exercises.registry() if id_.startswith("01.")])
NAME = "98_exercises.ipynb"
CELLS = [
    "import os, tempfile\nos.environ['COURSE_USER_DIR'] = tempfile.mkdtemp()\n"
    "import numpy as np\nfrom course_utils.exercises import check, quiz",
    "answer = ...  # blank\ncheck('01.output-size', answer)",
    "answer = (13, 13, 20)\ncheck('01.output-size', answer)",
    "answer = (14, 14, 20)\ncheck('01.output-size', answer)",
    "def my_convolve(image, kernel):\n    return image[1:, 1:] * kernel[0, 0]\n\n"
    "check('01.my-convolve', my_convolve)",
    "quiz('01.flip')",
]


def test_exercises_answer_in_jupyterlab_and_on_slides(page: Page, lab: Lab) -> None:
    lab.add(NAME, CELLS)
    open_notebook(page, lab, NAME)
    run_all(page)

    def says(code: str, *words: str) -> None:
        verdict = output(page, code).get_by_role("status")
        for each in words:
            expect(verdict).to_contain_text(each)

    says("# blank", "○ Not attempted: The shape that leaves a layer")
    says(
        "(13, 13, 20)", "✗ Not yet:", "what comes out without padding", f"0 of {COUNT}"
    )
    says("(14, 14, 20)", "✓ Correct:", f"1 of {COUNT} in this lesson")
    says("my_convolve", "9 of 9 numbers are wrong", "Case 1 of 8")
    tables = output(page, "my_convolve").get_by_role("table")
    captions = tables.locator("caption").all_text_contents()
    assert captions == ["image", "kernel", "expected", "yours", "difference"]
    expect(tables.nth(2).get_by_role("cell").first).to_have_text("34")

    quiz = output(page, "quiz('01").get_by_role(
        "group", name="Which kernels do not care?"
    )
    answer_without_mouse(page, quiz.get_by_role("button").first)
    expect(quiz.get_by_role("status")).to_contain_text("✗ Not this one: Turned by 180")
    expect(quiz).to_contain_text(f"1 of {COUNT} in this lesson")
    answer_without_mouse(page, quiz.get_by_role("button").nth(1))
    expect(quiz.get_by_role("status")).to_contain_text("✓ Right:")
    expect(quiz).to_contain_text(f"2 of {COUNT} in this lesson")
    pressed = quiz.get_by_role("button", pressed=True)
    expect(pressed).to_have_count(1)
    expect(pressed).to_contain_text("outline")

    command(page, "docmanager:save")
    open_slides(page, lab, NAME)
    for _ in range(len(CELLS) - 1):
        page.keyboard.press("PageDown")
    slide = page.evaluate(PLACE)
    quiz = page.get_by_role("group", name="Which kernels do not care?")
    answer_without_mouse(page, quiz.get_by_role("button").nth(2))
    expect(quiz.get_by_role("status")).to_contain_text("✗ Not this one: Its corners")
    assert page.evaluate(PLACE) == slide  # the space bar did not turn the page


def answer_without_mouse(page: Page, button: Locator) -> None:
    button.focus()
    page.keyboard.press("Space")
