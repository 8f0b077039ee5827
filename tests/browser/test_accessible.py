"""axe-core on explorers and forms that live, and on what is certainly wrong."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from course_utils import exercises, models
from course_utils.exercises import quiz
from course_utils.widgets import DigitPad, TrainingExplorer
from course_utils.widgets.training_monitor import TrainingMonitor
from tests.browser.accessible import found_by_axe, pale_in_the_dark
from tests.browser.exported import checked, lesson, markdown, open_file, shown
from tests.browser.test_decks import EXPLORERS


@pytest.mark.parametrize("kind", ["deck", "page"])
def test_explorers_and_forms_are_for_everybody(
    page: Page, tmp_path: Path, kind: str
) -> None:
    monitor = TrainingMonitor(title="a network", epochs=2)
    monitor.tell(history={"loss": [1.0, 0.5]}, phase="done")
    living = [make() for make, _, _ in EXPLORERS.values()]
    living += [quiz("01.flip"), DigitPad(models.mnist_small_cnn())]
    living += [TrainingExplorer(examples=100, blocks=1, filters=2)]
    bug = next(i for i, e in exercises.registry().items() if e.start)
    forms = [checked(i) for i in ("01.corner", "01.shift", "06.map-shapes", bug)]
    cells = [*map(shown, [*living, monitor]), *forms]
    open_file(page, tmp_path, lesson(*cells, widgets=[*living, monitor]), kind)
    # What came after a try, two hints and the solution, too.
    page.evaluate(
        """() => {
            for (const input of document.querySelectorAll(".exercise input"))
                input.value = "2";
            for (const name of ["[type=submit]", ".more", ".more", ".show", ".change"])
                document.querySelectorAll(`.exercise ${name}`).forEach(b => b.click());
        }"""
    )
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert found_by_axe(page) == ""


@pytest.mark.parametrize("kind", ["deck", "page"])
def test_what_keeps_people_out_is_found(page: Page, tmp_path: Path, kind: str) -> None:
    cells = [
        markdown("first"),
        markdown('<p style="color: #aaa; background: #fff">pale</p>'),
        markdown('<button aria-label="another">words</button>'),
    ]
    open_file(page, tmp_path, lesson(*cells), kind)
    found = found_by_axe(page)
    assert "color-contrast" in found
    assert "label-content-name-mismatch" in found


def test_what_is_pale_only_in_the_dark_is_found(page: Page, tmp_path: Path) -> None:
    dark = markdown('<p style="color: #444">dark</p>')
    open_file(page, tmp_path, lesson(dark), "deck")
    assert found_by_axe(page) == ""
    assert "color-contrast" in pale_in_the_dark(page)
