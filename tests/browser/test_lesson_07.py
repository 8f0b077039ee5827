"""Lesson 07 in JupyterLab: diagrams come with words, and its questions answer."""

import re

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab, open_notebook, output, run_all
from tests.lessons import code

NAME = "97_lesson_07.ipynb"


def test_diagrams_have_words_and_exercises_answer(page: Page, lab: Lab) -> None:
    cells = code(
        "07",
        "plotting.use_style()",
        "keras.utils.set_random_seed",
        "diagrams.stack(vgg",
        'check("07.preprocess"',
        'quiz("07.four-cases")',
    )
    mended = cells[3].replace("images / 255", "images[..., ::-1]")
    assert mended != cells[3]
    lab.add(NAME, [*cells, mended.replace("def ", "# mended\ndef ")])
    open_notebook(page, lab, NAME)
    run_all(page)

    figure = output(page, "diagrams.stack(vgg").get_by_role("img")
    expect(figure).to_have_attribute("alt", re.compile("five blocks"))
    assert figure.evaluate("image => image.naturalWidth") > 1000

    blank = output(page, 'check("07.preprocess"').get_by_role("status")
    expect(blank).to_contain_text("Not attempted")
    right = output(page, "# mended").get_by_role("status")
    expect(right).to_contain_text("Correct")

    quiz = output(page, 'quiz("07').get_by_role("group")
    quiz.get_by_role("button").first.click()
    expect(quiz.get_by_role("status")).to_contain_text("✗ Not this one: Millions")
    quiz.get_by_role("button").nth(2).click()
    expect(quiz.get_by_role("status")).to_contain_text("✓ Right: Few weights")
