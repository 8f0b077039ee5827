"""Exercises on an exported page give the verdicts that Python gives."""

import random
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from course_utils import exercises
from course_utils.exercises import answer_on_page, as_html
from tests.browser.exported import lesson, open_file, slide
from tests.browser.test_pages import OUTSIDE

FORMS = {
    id_: found
    for id_, exercise in exercises.registry().items()
    if (found := answer_on_page(exercise))
}


def checked(id_: str) -> nbformat.NotebookNode:
    """A cell that was run with the blank."""
    verdict = exercises.grade(id_)
    output = nbformat.v4.new_output(
        "display_data",
        data={"text/html": verdict.html(), "text/plain": str(verdict)},
        metadata={"exercise": {"id": id_, "status": verdict.status}},
    )
    source = f'answer = ...\ncheck("{id_}", answer)'
    return slide(nbformat.v4.new_code_cell(source, outputs=[output]))


def plain(value: Any) -> Any:
    """Nested tuples of Python's own numbers: what a student would type."""
    if np.ndim(value):
        return tuple(plain(item) for item in value)
    return np.asarray(value)[()].item()


def answers(id_: str) -> list[Any]:
    """Blank, right, each known mistake, and 20 others, the same ones each time."""
    exercise = exercises.find(id_)
    right = plain(exercise.solution())
    made = [..., right]
    made += [plain(exercise.stored(wrong)) for wrong, _ in exercise.mistakes]
    chance = random.Random(id_)
    numbers = np.array(right, float)
    for _ in range(8):
        few = numbers * np.array(
            [chance.choice([1, 1, 2, 0.5, -1]) for _ in range(numbers.size)]
        ).reshape(numbers.shape)
        made.append(plain(few))
    made += [chance.uniform(-3, 3), chance.randrange(4000) + 0.5, 10**-7, 10**16]
    made += [float(f"{numbers.flat[0]:.{digits}g}") for digits in (1, 2, 3, 5)]
    made += [(1,), [2, 3], [[1, 2], [3, 4.5]], tuple(range(8))]
    return made


def expected(id_: str, answer: Any) -> dict[str, str]:
    verdict = exercises.grade(id_, answer)
    # The page has buttons for what this line tells to type.
    lines = [line for line in verdict.lines if not line.startswith("Stuck?")]
    return {"status": verdict.status, "line": as_html(" ".join(lines))}


def test_verdicts_are_those_of_python(page: Page, tmp_path: Path) -> None:
    open_file(page, tmp_path, lesson(*map(checked, FORMS)), "page")
    assert page.locator(".exercise form").count() == len(FORMS) >= 39
    asked = [(id_, answer) for id_ in FORMS for answer in answers(id_)]
    typed = [[id_, "..." if a is ... else repr(a)] for id_, a in asked]
    came = page.evaluate(
        """all => all.map(([id, typed]) => judge(JSON.parse(document.querySelector(
            `[data-exercise="${id}"] script`).textContent), typed))""",
        typed,
    )
    apart = [
        (what, got, wanted)
        for what, got, (id_, answer) in zip(typed, came, asked)
        if got != (wanted := expected(id_, answer))
    ]
    assert apart == []


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("14 x 14 x 20", "correct"),
        ("[14, 28/2, 2e1]", "correct"),
        ("14, 14, 2000 %", "correct"),
        ("13, 13, 20", "wrong"),
        ("14, 14", "wrong"),
        ("fourteen", "wrong"),
        ("1/0", "wrong"),
        ("  ", "blank"),
    ],
)
def test_forms_read_what_people_write(
    page: Page, tmp_path: Path, typed: str, status: str
) -> None:
    open_file(page, tmp_path, lesson(checked("01.output-size")), "page")
    field = page.get_by_label("Your answer")
    field.fill(typed)
    field.press("Enter")
    word = {"correct": "Correct", "wrong": "Not yet", "blank": "Not attempted"}[status]
    expect(page.locator(".exercise").get_by_role("status")).to_contain_text(word)
    expect(page.get_by_text("A solution")).to_be_visible(visible=status != "blank")


def test_a_lesson_with_forms_is_for_everybody(page: Page, tmp_path: Path) -> None:
    functions = [i for i, e in exercises.registry().items() if e.asks_for_function]
    cells = map(checked, ["01.output-size", "03.conv2d", functions[0]])
    open_file(page, tmp_path, lesson(*cells), "page")
    assert page.locator(".exercise form").count() == 2
    assert page.get_by_text("Runs in JupyterLab").count() == 1
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_text("Hint 1").first.click()
    page.get_by_text("A solution").first.click()
    assert page.evaluate(OUTSIDE) == []
