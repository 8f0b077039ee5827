"""What was solved on exported pages, as the list of lessons and the site show it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from course_utils import exercises
from course_utils.exercises import quiz
from tests.browser.exported import checked, lesson, open_file, shown
from tools.export.files import index
from tools.export.site import site

TOTAL = sum(id_.startswith("01.") for id_ in exercises.registry())


def solve(page: Page, typed: str = "4") -> None:
    page.get_by_label("Your answer").fill(typed)
    page.get_by_label("Your answer").press("Enter")


@pytest.mark.parametrize("kind", ["list", "site"])
def test_lessons_are_listed_with_what_was_solved(
    page: Page, tmp_path: Path, kind: str
) -> None:
    notebook = lesson(checked("01.corner"))
    notebook.cells[0].source = "# 01 A\n\nIn it you\n\n- *learn*."
    open_file(page, tmp_path, notebook, "page").rename(tmp_path / "01_a.html")
    texts = {"index.html": index({"01_a.html": notebook})}
    if kind == "site":
        texts = site({"01_a": notebook})
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    listed = (tmp_path / "index.html").as_uri()
    line, forget = page.locator("article .progress"), page.locator(".forget")
    page.goto(listed)
    expect(line).to_have_text(f"{TOTAL} exercises")
    expect(forget).to_be_hidden()
    page.get_by_role("link", name="01 A").click()
    solve(page)
    expect(page.locator("nav .progress")).to_have_text(f"1 of {TOTAL} exercises solved")
    solve(page, "9")  # what was solved stays solved
    page.go_back()
    expect(line).to_have_text(f"1 of {TOTAL} exercises solved")
    page.once("dialog", lambda dialog: dialog.accept())
    forget.click()
    expect(line).to_have_text(f"{TOTAL} exercises")


@pytest.mark.parametrize("kind", ["deck", "page"])
def test_a_quiz_counts(page: Page, tmp_path: Path, kind: str) -> None:
    question = quiz("01.flip")
    cell = shown(question, source='quiz("01.flip")')
    open_file(page, tmp_path, lesson(cell, widgets=[question]), kind)
    if kind == "deck":
        page.keyboard.press("PageDown")
    rights = [option["right"] for option in question.options]
    solved = page.locator(".quiz .feedback").last
    wrong, right = rights.index(False), rights.index(True)
    for choice, count in ((wrong, 0), (right, 1), (wrong, 1)):
        page.locator(".quiz button").nth(choice).click()
        expect(solved).to_have_text(f"{count} of {TOTAL} in this lesson")


@pytest.mark.parametrize("spoilt", ["{", "null", "[1]", '{"01.corner": 3}'])
def test_spoilt_storage_counts_as_nothing(
    page: Page, tmp_path: Path, spoilt: str
) -> None:
    file = open_file(page, tmp_path, lesson(checked("01.corner")), "page")
    page.evaluate(
        "text => localStorage.setItem(`course-progress-${COURSE.version}`, text)",
        spoilt,
    )
    page.goto(file.as_uri())
    solve(page)
    expect(page.locator(".count")).to_have_text(f"1 of {TOTAL} in this lesson")
