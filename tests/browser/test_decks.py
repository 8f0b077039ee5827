"""Exported decks and pages, opened from the disk with the network cut off."""

from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from course_utils.exercises import quiz
from course_utils.widgets import (
    ConvolutionExplorer,
    FeatureMapExplorer,
    GaborExplorer,
    PoolingExplorer,
)
from course_utils.widgets.training_monitor import TrainingMonitor
from course_utils.widgets.turning import TurningExplorer
from tests.browser.accessible import found_by_axe, pale_in_the_dark
from tests.browser.alive import settle
from tests.browser.exported import lesson, markdown, open_file, shown
from tests.browser.jupyter import NOTEBOOKS
from tests.browser.living import keep_their_place, with_heights
from tests.browser.slides import LOOK
from tests.lessons import starts_a_slide

RNG = np.random.default_rng(12)
IMAGES = {"gray": RNG.random((12, 10)), "colour": RNG.random((9, 11, 3))}
ANGLES = range(0, 181, 30)
TURNED = {name: RNG.integers(0, 256, (7, 6, 6)).astype(np.uint8) for name in "xy"}
SHARES = RNG.dirichlet([0.5, 0.5], (2, 7))


def filter_browser() -> FeatureMapExplorer:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((9, 9, 3)),
            layers.Conv2D(40, 3, name="signed"),
            layers.Conv2D(40, 3, activation="relu", name="positive"),
        ]
    )
    images = {name: RNG.integers(0, 256, (9, 9, 3), np.uint8) for name in "abc"}
    return FeatureMapExplorer(model, images)


# Explorer; what it computed in the browser; the same in Python, with `filters`.
EXPLORERS: dict[str, tuple[Any, str, Any]] = {
    "convolution": (
        lambda: ConvolutionExplorer(IMAGES, step=40),
        "explorer.output",
        lambda explorer: explorer.output(),
    ),
    "gabor": (
        lambda: GaborExplorer(IMAGES),
        "explorer.response.magnitude",
        lambda explorer: explorer.response(),
    ),
    "pooling": (
        lambda: PoolingExplorer(IMAGES, shift=(1, 0)),
        "explorer.after.pooled",
        lambda explorer: explorer.output(shifted=True),
    ),
    "features": (
        filter_browser,
        """[...explorer.map(explorer.filter)].map(byte => explorer.strongest *
            (explorer.layer.signed ? (byte - 128) / 127 : byte / 255))""",
        lambda explorer: explorer.map(),
    ),
    "turning": (
        lambda: TurningExplorer(
            TURNED, {"a": SHARES}, range(0, 181, 30), "ab", angle=90
        ),
        """[...document.querySelectorAll(".cx-track i")]
            .map(bar => parseFloat(bar.style.width) / 100)""",
        lambda explorer: np.concatenate(list(explorer.now().values())),
    ),
}
KINDS = ["deck", "page"]


def state_of(page: Page) -> dict[str, Any]:
    """What can be changed in the explorer, as the browser has it."""
    return page.evaluate(
        """() => Object.fromEntries(Object.entries(
            document.querySelector("div.explorer").model.state)
            .filter(([name, value]) => !/^_|^(layout|tabbable|tooltip)$/.test(name)))"""
    )


def check_numbers(page: Page, name: str, explorer: Any) -> None:
    """The browser's numbers are those of `filters` in the same state."""
    for trait, value in state_of(page).items():
        setattr(explorer, trait, value)
    _, place, compute = EXPLORERS[name]
    drawn = page.evaluate(
        f'() => {{ const {{ explorer }} = document.querySelector(".cx");'
        f" return [...{place}]; }}"
    )
    try:
        expected = compute(explorer)
    except ValueError:  # the window does not fit
        assert drawn == []
        return
    np.testing.assert_allclose(drawn, expected.ravel(), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_answers_without_kernel(
    page: Page, tmp_path: Path, name: str, kind: str
) -> None:
    explorer = EXPLORERS[name][0]()
    notebook = lesson(shown(explorer), widgets=[explorer])
    open_file(page, tmp_path, notebook, kind)
    if kind == "deck":
        page.keyboard.press("PageDown")
    check_numbers(page, name, explorer)
    place, moved = page.locator(".cx"), 0
    controls = "select:visible, button:visible:enabled, input:not([type=text])"
    there = place.locator(controls).count()

    def moves(action: Any) -> None:
        nonlocal moved
        before = state_of(page), place.inner_text()
        action()
        settle(page)
        check_numbers(page, name, explorer)
        assert (state_of(page), place.inner_text()) != before
        moved += 1

    for choice in place.locator("select:visible").all():
        count = choice.locator("option").count()
        now = choice.evaluate("list => list.selectedIndex")
        moves(lambda c=choice, i=(now + 1) % count: c.select_option(index=i))
    step = "slider => slider.value < slider.max ? 'ArrowRight' : 'ArrowLeft'"
    for slider in place.locator("input[type=range]").all():
        moves(lambda s=slider: s.press(s.evaluate(step)))
    for box in place.locator("input[type=checkbox]").all():
        moves(lambda b=box: b.click())
        moves(lambda b=box: b.click())
    for button in place.locator("button").all():
        if button.is_visible() and button.is_enabled():
            moves(lambda b=button: b.click())
    for field in place.locator("input[type=text]").all()[:1]:
        moves(lambda f=field: f.fill("0.5"))
    assert moved >= there > 5
    if kind == "deck":
        assert page.evaluate("Reveal.getIndices().h") == 1
        page.keyboard.press("PageUp")
        assert page.evaluate("Reveal.getIndices().h") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_quiz_answers_without_kernel(page: Page, tmp_path: Path, kind: str) -> None:
    question = quiz("01.flip")
    notebook = lesson(shown(question), widgets=[question])
    open_file(page, tmp_path, notebook, kind)
    if kind == "deck":
        page.keyboard.press("PageDown")
    feedback = page.locator(".quiz .feedback").first
    for button, option in zip(page.locator(".quiz button").all(), question.options):
        button.click()
        sign = "✓ Right" if option["right"] else "✗ Not this one"
        expect(feedback).to_contain_text(sign)


@pytest.mark.parametrize("kind", KINDS)
def test_what_needs_a_kernel_shows_its_picture_and_says_so(
    page: Page, tmp_path: Path, kind: str
) -> None:
    monitor = TrainingMonitor(title="a network", epochs=2)
    monitor.tell(history={"loss": [1.0, 0.5]}, phase="done")
    verdict = nbformat.v4.new_output("stream", text="Not attempted")
    exercise = nbformat.v4.new_code_cell('check("01.x", answer)', outputs=[verdict])
    notebook = lesson(shown(monitor), exercise, markdown("end"), widgets=[monitor])
    open_file(page, tmp_path, notebook, kind)
    if kind == "deck":
        page.keyboard.press("PageDown")
    picture = page.get_by_role("img", name="TrainingMonitor: a network")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    notes = page.locator(".kernel", has_text="Runs in JupyterLab: make lab")
    expect(notes).to_have_count(2)
    expect(notes.first).to_be_visible()


# As LOOK judges the present slide, for all slides, each with all its fragments.
ALL_SLIDES = f"""async () => {{
    await document.fonts.ready;
    await Promise.all([...document.images].map(image => image.decode()));
    const found = [];
    for (const slide of document.querySelectorAll("section section")) {{
        const {{ h, v }} = Reveal.getIndices(slide);
        Reveal.slide(h, v, 99);
        const {{ id, outside, clipped, broken, empty }} = ({LOOK})();
        const wrong = [...outside.slice(-2), ...clipped, ...broken];
        if (empty) wrong.push("is empty");
        const name = `${{id}} (${{slide.innerText.slice(0, 30)}})`;
        found.push(...wrong.map(what => `${{name}}: ${{what}}`));
    }}
    return found;
}}"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_slide_of_a_lesson_fits(path: Path, page: Page, tmp_path: Path) -> None:
    notebook = with_heights(nbformat.read(path, as_version=4))
    file = open_file(page, tmp_path, notebook, "deck")
    keep_their_place(page, notebook)
    found = page.evaluate(ALL_SLIDES)
    assert not found, "\n".join(found)
    starts = sum(map(starts_a_slide, notebook.cells[1:]))
    assert page.locator("section section").count() == 1 + starts
    assert file.stat().st_size < 6e6
    assert found_by_axe(page) == ""
    assert pale_in_the_dark(page) == ""


def test_a_slide_that_does_not_fit_is_found(page: Page, tmp_path: Path) -> None:
    tall = markdown("\n\n".join(["line"] * 30))
    wide = markdown("    " + "long " * 60)
    open_file(page, tmp_path, lesson(tall, wide, markdown("fits")), "deck")
    found = page.evaluate(ALL_SLIDES)
    assert {line.split()[0] for line in found} == {"slide-2", "slide-3"}


def test_fragments_skipped_cells_and_speaker_notes(page: Page, tmp_path: Path) -> None:
    cells = [
        markdown("question"),
        markdown("answer", "fragment"),
        markdown("left out", "skip"),
        markdown("say this", "notes"),
        markdown("next"),
    ]
    open_file(page, tmp_path, lesson(*cells), "deck")
    page.keyboard.press("PageDown")
    expect(page.locator("section p", has_text="question")).to_be_visible()
    answer = page.locator(".fragment", has_text="answer")
    expect(answer).not_to_have_class("visible")
    page.keyboard.press("PageDown")
    expect(answer).to_have_css("opacity", "1")
    expect(page.locator("section p", has_text="left out")).to_have_count(0)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    expect(popup.value.locator(".speaker-controls-notes .value")).to_contain_text(
        "say this"
    )
    for frame in ("#current-slide iframe", "#upcoming-slide iframe"):
        inner = popup.value.frame_locator(frame)
        expect(inner.locator("section section.present")).to_be_visible()


def test_prints_a_page_for_each_slide(page: Page, tmp_path: Path) -> None:
    explorer = EXPLORERS["convolution"][0]()
    cells = [shown(explorer), markdown("end"), markdown("of it", "fragment")]
    file = open_file(page, tmp_path, lesson(*cells, widgets=[explorer]), "deck")
    page.goto(f"{file.as_uri()}?print-pdf")
    expect(page.locator(".pdf-page")).to_have_count(3)
    starts = page.locator(
        ".pdf-page h1, .pdf-page .highlight, .pdf-page p"
    ).evaluate_all("all => all.map(text => text.getBoundingClientRect().left)")
    assert set(starts) == {28}
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") == 3
    assert b"/MediaBox [0 0 960 540]" in pdf  # 1280x720 pixels, in points
