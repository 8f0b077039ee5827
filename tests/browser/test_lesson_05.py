"""Lesson 05 in JupyterLab: its own cells train a network, and its questions answer."""

import re

from playwright.sync_api import Page, expect

from tests.browser.jupyter import Lab, open_notebook, output, run_all
from tests.lessons import code

NAME = "97_lesson_05.ipynb"
# A few photographs instead of all, so that the training takes seconds.
FEW = """\
from dataclasses import replace
def few(split):
    return replace(split, images=split.images[:128], labels=split.labels[:128])
parts = {name: few(getattr(pets, name)) for name in ("train", "validation", "test")}
pets = replace(pets, **parts)"""


def test_its_cells_train_with_a_live_monitor_and_its_quiz_answers(
    page: Page, lab: Lab
) -> None:
    cells = code(
        "05",
        "plotting.use_style()",
        "keras.utils.set_random_seed",
        "pets = full_run.photographs()",
        "SIZE = 32 if",
        "def trained",
        "scratch = long_run",
        "loss: validation",
        'quiz("05.overfit")',
    )
    cells.insert(3, FEW)
    cells[6] = cells[6].replace("epochs=15", "epochs=2").split("assert")[0]
    lab.add(NAME, cells)
    open_notebook(page, lab, NAME)
    run_all(page)

    monitor = output(page, "scratch = long_run").locator(".cx-training-monitor")
    expect(monitor.locator(".tm-status")).to_have_text(re.compile("finished after"))
    dots = monitor.locator("svg[role='img']").first.locator(".tm-validation-dot")
    expect(dots).to_have_count(2)

    figure = output(page, "loss: validation").get_by_role("img")
    expect(figure).to_have_attribute("alt", re.compile("validation loss"))
    assert figure.evaluate("image => image.naturalWidth") > 500

    quiz = output(page, 'quiz("05').get_by_role("group", name="Predict: many weights")
    quiz.get_by_role("button").first.click()
    expect(quiz.get_by_role("status")).to_contain_text("✗ Not this one: That takes")
    quiz.get_by_role("button").nth(1).click()
    expect(quiz.get_by_role("status")).to_contain_text(
        "✓ Right: The network can memorise"
    )
