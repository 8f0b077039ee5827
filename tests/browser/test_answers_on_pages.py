"""Exercises on exported pages and decks give the verdicts that Python gives."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from course_utils import exercises
from course_utils.exercises import answer_on_page
from course_utils.exercises.words import Verdict
from tests.browser.exported import checked, lesson, markdown, open_file
from tests.browser.slides import LOOK
from tests.browser.test_pages import OUTSIDE

FORMS = {
    id_: found
    for id_, exercise in exercises.registry().items()
    if (found := answer_on_page(exercise))
}
WITH_CASES = [id_ for id_, found in FORMS.items() if "cases" in found]
TEXTS = ["fourteen", "14 apples", "it's", "\"quoted'", "a, b", "x" * 60, "tab\there"]


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
    factors = [1, 1, 2, 0.5, -1] if id_ != "02.tune" else [1, 1.05, 0.9, 0.5, -1]
    for _ in range(8):
        few = numbers * np.array(
            [chance.choice(factors) for _ in range(numbers.size)]
        ).reshape(numbers.shape)
        made.append(plain(few))
    if id_ in WITH_CASES:
        made += [plain(-numbers), plain(3 * numbers), plain(numbers + 0.004)]
        made += [plain(numbers.T), plain(numbers[::-1]), plain(numbers[:-1])]
    made += [chance.uniform(-3, 3), chance.randrange(4000) + 0.5, 10**-7, 10**16]
    made += [float(f"{numbers.flat[0]:.{digits}g}") for digits in (1, 2, 3, 5)]
    made += [(1,), [2, 3], [[1, 2], [3, 4.5]], tuple(range(8)), (1, (2, 3))]
    return [*made, *TEXTS, (1, "two"), repr(right)]


def as_typed(answer: Any) -> str | list[str]:
    """As one line or, where there are words among numbers, in fields."""
    if answer is ...:
        return "..."
    if answer == (1, "two"):
        return ["1", "two"]
    # Words as they are, numbers in quotes: Python sees a text both times.
    return answer if answer in TEXTS else repr(answer)


def expected(id_: str, answer: Any) -> Verdict:
    verdict = exercises.grade(id_, answer)
    # The page has buttons for what this line tells to type.
    lines = [line for line in verdict.lines if not line.startswith("Stuck?")]
    return Verdict(verdict.status, verdict.title, lines, verdict.tables)


def test_verdicts_are_those_of_python(page: Page, tmp_path: Path) -> None:
    open_file(page, tmp_path, lesson(*map(checked, FORMS)), "page")
    assert page.locator(".exercise form").count() == len(FORMS) >= 45
    asked = [(id_, answer) for id_ in FORMS for answer in answers(id_)]
    came = page.evaluate(
        """all => all.map(([id, typed]) => {
            const data = JSON.parse(document.querySelector(
                `[data-exercise="${id}"] script`).textContent);
            const judged = judge(data, typed);
            const { head, rest } = verdictHtml(data.title, COURSE.signs, judged);
            return head + rest;
        })""",
        [[id_, as_typed(answer)] for id_, answer in asked],
    )
    apart = [
        (id_, answer, got, wanted)
        for got, (id_, answer) in zip(came, asked)
        if f">{got}</div>" not in (wanted := expected(id_, answer).html())
    ]
    assert apart == []


WORDS = {"correct": "Correct", "wrong": "Not yet", "blank": "Not attempted"}


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
def test_a_line_and_fields_are_read_alike(
    page: Page, tmp_path: Path, typed: str, status: str
) -> None:
    open_file(page, tmp_path, lesson(checked("01.output-size")), "page")
    verdict = page.locator(".exercise").get_by_role("status")
    fields = page.locator(".grid input")
    fields.first.fill(typed)  # a whole answer, in the first of the fields
    fields.first.press("Enter")
    told = page.locator(".told").inner_text()
    if "," in typed or " x " in typed:
        expect(verdict).to_contain_text(WORDS[status])
    page.get_by_role("button", name="In one line").click()
    page.get_by_label("Your answer", exact=True).fill(typed)
    page.keyboard.press("Enter")
    expect(verdict).to_contain_text(WORDS[status])
    if typed.count(",") == 2:
        in_line = page.locator(".told").inner_text()
        assert in_line == told
        page.get_by_role("button", name="In fields").click()
        for place, number in zip(fields.all(), typed.strip("[]").split(",")):
            place.fill(number)
        page.get_by_role("button", name="Check").click()
        expect(verdict).to_contain_text(WORDS[status])
        assert page.locator(".told").inner_text() == in_line


@pytest.mark.parametrize("theta", ["pi/4", "np.pi / 4", "π/4", "45 * math.pi / 180"])
def test_angles_are_typed_as_in_a_cell(page: Page, tmp_path: Path, theta: str) -> None:
    open_file(page, tmp_path, lesson(checked("02.tune")), "page")
    verdict = page.locator(".exercise").get_by_role("status")
    fields = page.locator(".grid input")
    for word, status in (("s" + theta, "wrong"), (theta, "correct")):
        for place, number in zip(fields.all(), ("1/5", word, "4")):
            place.fill(number)
        fields.first.press("Enter")
        expect(verdict).to_contain_text(WORDS[status])


def test_numbers_that_the_blank_gives_stand_in_the_fields(
    page: Page, tmp_path: Path
) -> None:
    source = (
        "answer = [(..., ..., 32), (..., ..., 64), (..., ..., 128), (..., ..., 128)]"
    )
    cell = checked("06.map-shapes", f'{source}\ncheck("06.map-shapes", answer)')
    open_file(page, tmp_path, lesson(cell), "page")
    fields = page.locator(".grid input")
    given = fields.evaluate_all("all => all.map(({ value }) => value)")
    assert given == ["", "", "32", "", "", "64", "", "", "128", "", "", "128"]
    page.get_by_label("row 0, column 1").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Not attempted")


@pytest.mark.parametrize("kind", ["deck", "page"])
def test_hints_come_one_by_one_and_the_solution_last(
    page: Page, tmp_path: Path, kind: str
) -> None:
    bug = next(i for i, e in exercises.registry().items() if e.start)
    for id_ in ("01.weights-shared", bug):
        open_file(page, tmp_path, lesson(checked(id_), markdown("next")), kind)
        if kind == "deck":
            page.keyboard.press("PageDown")
        place = page.locator(".exercise")
        hints = exercises.find(id_).hints
        solution = page.get_by_role("button", name="Show a solution")
        expect(solution).to_be_hidden()
        for i in range(1, len(hints) + 1):
            page.get_by_role("button", name="Hint" if i == 1 else "Next hint").click()
            expect(place.get_by_text(f"Hint {i} of {len(hints)}:")).to_be_visible()
            expect(place.locator(".hints p")).to_have_count(i)
        expect(page.get_by_role("button", name="Next hint")).to_be_hidden()
        expect(solution).to_be_focused()
        page.keyboard.press("Enter")
        code = place.locator(".solution pre")
        expect(code).to_contain_text(f'check("{id_}"')
        expect(code).to_be_in_viewport()


def test_a_try_offers_the_solution_and_counts(page: Page, tmp_path: Path) -> None:
    file = open_file(
        page, tmp_path, lesson(*map(checked, ["01.corner", "01.by-hand"])), "page"
    )
    total = sum(id_.startswith("01.") for id_ in exercises.registry())
    first = page.locator("[data-exercise='01.corner']")
    solution = first.get_by_role("button", name="Show a solution")
    first.get_by_label("Your answer").press("Enter")
    expect(solution).to_be_hidden()
    expect(first).not_to_contain_text("in this lesson")
    for typed, solved in (("9", 0), ("4", 1), ("9", 1)):
        first.get_by_label("Your answer").fill(typed)
        first.get_by_label("Your answer").press("Enter")
        expect(first).to_contain_text(f"{solved} of {total} in this lesson")
        expect(solution).to_be_visible()
    solution.click()
    expect(first.locator(".solution")).to_contain_text("It gives 4.")
    page.goto(file.as_uri())
    expect(solution).to_be_visible()
    expect(page.locator("[data-exercise='01.by-hand'] .show")).to_be_hidden()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Forget").click()
    page.reload()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_role("button", name="Forget")).to_be_hidden()
    page.reload()
    expect(solution).to_be_hidden()


REFUSE = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("refused", "SecurityError"); } });"""


def test_where_storage_is_refused_it_says_so(page: Page, tmp_path: Path) -> None:
    page.add_init_script(REFUSE)
    open_file(page, tmp_path, lesson(*map(checked, ["01.corner", "01.shift"])), "page")
    expect(page.get_by_text("This browser stores nothing")).to_be_visible()
    field = page.get_by_label("Your answer").first
    field.fill("4")
    field.press("Enter")
    count = page.locator("[data-exercise='01.corner'] .count")
    expect(count).to_contain_text("in this lesson, kept while this page is open")
    expect(count).to_contain_text("1 of")


def test_on_a_slide_fields_and_keys_do_not_get_in_each_others_way(
    page: Page, tmp_path: Path
) -> None:
    far = markdown("\n\n".join(["line"] * 9))
    low = checked("01.anti-diagonal")
    low.metadata["slideshow"]["slide_type"] = "-"
    open_file(page, tmp_path, lesson(far, low, checked("01.corner")), "deck")
    at = "Reveal.getIndices().h"
    page.keyboard.press("PageDown")
    slide = page.locator("section.present section.present")
    fields, told = slide.locator(".grid input"), slide.locator(".told.open")
    fields.first.fill("1")
    for key in ("Space", "ArrowRight", "ArrowLeft", "n", "b", "Home", "Backspace"):
        page.keyboard.press(key)
        assert page.evaluate(at) == 1, key
    for field in fields.all():
        field.fill("1")
    slide.get_by_role("button", name="Check").press("Space")
    expect(told).to_contain_text("This adds all pixels")
    assert page.evaluate(at) == 1
    assert page.evaluate(LOOK)["outside"] == []
    box, form = told.bounding_box(), slide.locator("form").bounding_box()
    assert box
    assert form
    assert box["y"] + box["height"] <= form["y"] + 1
    page.keyboard.press("Escape")
    expect(told).to_have_count(0)
    assert not page.evaluate("Reveal.isOverview()")
    slide.get_by_role("button", name="Hint").click()
    expect(told).to_contain_text("Hint 1 of")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(at) == 2
    expect(page.locator(".told.open")).to_have_count(0)


@pytest.mark.parametrize("kind", ["deck", "page"])
def test_on_paper_forms_are_empty_boxes(page: Page, tmp_path: Path, kind: str) -> None:
    cells = map(checked, ["01.corner", "01.by-hand"])
    file = open_file(page, tmp_path, lesson(*cells), kind)
    if kind == "deck":
        page.goto(f"{file.as_uri()}?print-pdf")
        expect(page.locator(".pdf-page")).to_have_count(3)
    else:
        page.get_by_role("button", name="Hint").first.click()
    page.emulate_media(media="print")
    expect(page.locator(".exercise input:visible")).to_have_count(10)
    expect(page.locator(".exercise :is(button, .told):visible")).to_have_count(0)
    expect(page.locator(".exercise input").first).to_have_css(
        "color", "rgba(0, 0, 0, 0)"
    )


def test_forms_fit_a_telephone(page: Page, tmp_path: Path) -> None:
    ids = ["01.output-size", "03.conv2d", "08.strides", "06.map-shapes", "07.order"]
    page.set_viewport_size({"width": 360, "height": 800})
    open_file(page, tmp_path, lesson(*map(checked, ids)), "page")
    for place in page.locator(".exercise").all():
        place.get_by_role("button", name="Hint").click()
        place.get_by_role("button", name="Show a solution").click()
    assert page.evaluate(OUTSIDE) == []
    sizes = page.locator(".exercise :is(input, button):visible").evaluate_all(
        "all => all.map(part => part.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 40
    for field in page.locator(".grid input").all():
        field.fill("0.7853981633974483")
    cut_off = "all => all.filter(({ scrollWidth: w, clientWidth: c }) => w > c).length"
    assert page.locator(".grid input").evaluate_all(cut_off) == 0
    assert page.evaluate(OUTSIDE) == []
