"""The pooling explorer: its arithmetic, every control, its numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from course_utils.widgets import PoolingExplorer
from course_utils.widgets.pooling import KERNELS
from tests.browser.alive import get_state, pictures, set_state, settle, show
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

RNG = np.random.default_rng(11)
IMAGES = {
    "signed 9x7": RNG.normal(size=(9, 7)),
    "gray 28x28": RNG.random((28, 28)),
    "numbers 4x4": np.arange(16.0).reshape(4, 4) % 7,
    "colour 12x15": RNG.integers(0, 256, (12, 15, 3), dtype=np.uint8),
    "black": np.zeros((5, 5)),
    "one pixel": np.array([[-2.5]]),
}
MINUS = "\N{MINUS SIGN}"

states = st.fixed_dictionaries(
    {
        "image_name": st.sampled_from(list(IMAGES)),
        "kind": st.sampled_from(["max", "average", "l2"]),
        "size": st.integers(1, 7),
        "stride": st.none() | st.integers(1, 7),
        "padding": st.sampled_from(["valid", "same"]),
        "shift": st.lists(st.integers(-4, 4), min_size=2, max_size=2),
        "kernel": st.sampled_from(KERNELS),
    }
)


def in_browser(page: Page) -> dict:
    return page.evaluate(
        """() => {
            const { before, after, distances } = document.querySelector(".cx").explorer;
            const lists = ({ picture, pooled, strided }) => ({
                picture: [...picture], pooled: [...pooled], strided: [...strided] });
            // NaN and infinity do not survive the way to Python.
            const words = Object.entries(distances).map(([k, v]) => [k, String(v)]);
            return { before: lists(before), after: lists(after),
                     distances: Object.fromEntries(words) };
        }"""
    )


def test_browser_and_filters_compute_the_same(page: Page, tmp_path: Path) -> None:
    explorer = PoolingExplorer(IMAGES)
    show(page, tmp_path, explorer)

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(states)
    def same(state: dict) -> None:
        for name, value in state.items():
            setattr(explorer, name, value)
        set_state(page, **state)
        drawn = in_browser(page)
        try:
            expected = explorer.distances()
        except ValueError:  # the window does not fit
            assert drawn["before"]["pooled"] == []
            assert "no output" in page.locator(".cx").inner_text()
            return
        for when, shifted in (("before", False), ("after", True)):
            for name, make in (
                ("picture", explorer.picture),
                ("pooled", explorer.output),
                ("strided", explorer.strided),
            ):
                np.testing.assert_allclose(
                    drawn[when][name], make(shifted=shifted).ravel(), atol=1e-9
                )
        distances = {
            name: float(words.replace("Infinity", "inf"))
            for name, words in drawn["distances"].items()
        }
        assert distances == pytest.approx(expected, rel=1e-5, abs=1e-6, nan_ok=True)

    same()


def numbers(page: Page, selector: str) -> list[float]:
    """The numbers in the text of these elements, the last of each."""
    texts = page.locator(selector).all_inner_texts()
    return [float(text.split()[-1].replace(MINUS, "-")) for text in texts]


def test_window_answer_and_distance_are_shown_in_numbers(
    page: Page, tmp_path: Path
) -> None:
    image = np.round(RNG.normal(size=(12, 12)), 2)
    explorer = PoolingExplorer(image, size=3, shift=(2, -1), place=(1, 2))
    show(page, tmp_path, explorer)
    half = 0.005 + 1e-6  # two decimals are shown
    for kind in ("max", "average", "l2"):
        explorer.kind = kind
        set_state(page, kind=kind)
        pooled = [explorer.output(shifted=after)[1, 2] for after in (False, True)]
        strided = [explorer.strided(shifted=after)[1, 2] for after in (False, True)]
        for group, expected in (
            ("pooled", pooled),
            ("window", pooled),
            ("strided", strided),
        ):
            seen = numbers(page, f".cx-group-{group} .cx-caption")
            assert seen == pytest.approx(expected, abs=half), (kind, group)
        meters = numbers(page, ".cx-meter span")
        assert meters == pytest.approx(list(explorer.distances().values()), abs=half)
    words = page.locator("[role=status]").inner_text()
    assert "Row 1, column 2" in words
    assert f"distance {explorer.distances()['pooled']:.2f}" in words


def yellow(page: Page, group: str, rows: int, columns: int) -> set[tuple[int, int]]:
    """The cells with a coloured outline in the group's first map."""
    found = page.locator(f".cx-group-{group} canvas").first.evaluate(
        """(canvas, [rows, columns]) => {
            const context = canvas.getContext("2d");
            const [h, w] = [canvas.height / rows, canvas.width / columns];
            const found = [];
            for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) {
                const { data } = context.getImageData(j * w, i * h, w, h);
                for (let p = 0; p < data.length; p += 4)
                    if (data[p] > 200 && data[p + 1] > 120 && data[p + 2] < 80) {
                        found.push([i, j]);
                        break;
                    }
            }
            return found;
        }""",
        [rows, columns],
    )
    return {(row, column) for row, column in found}


def test_the_winner_of_the_window_is_outlined(page: Page, tmp_path: Path) -> None:
    image = np.full((6, 6), 0.2)
    image[4, 5] = 0.9
    show(page, tmp_path, PoolingExplorer(image, size=3, place=(1, 1)))
    # Window rows 3..5, columns 3..5; neighbours touch the outline's outer half.
    assert (1, 2) in yellow(page, "window", 3, 3)
    assert (0, 0) not in yellow(page, "window", 3, 3)
    set_state(page, kind="average")
    assert yellow(page, "window", 3, 3) == set()


CONTROLS = {
    "picture: next": "image_name",
    "picture: previous": "image_name",
    "pooling: next": "kind",
    "pooling: previous": "kind",
    "window: more": "size",
    "window: less": "size",
    "stride: next": "stride",
    "stride: previous": "stride",
    "padding: next": "padding",
    "padding: previous": "padding",
    "shift right: more": "shift",
    "shift right: less": "shift",
    "shift down: more": "shift",
    "shift down: less": "shift",
    "0: Move the picture back": "shift",
    "convolution: next": "kernel",
    "convolution: previous": "kernel",
}


@pytest.mark.parametrize("label", CONTROLS)
def test_each_button_changes_state_and_picture(
    page: Page, tmp_path: Path, label: str
) -> None:
    explorer = PoolingExplorer(IMAGES, image_name="gray 28x28", size=3, shift=(1, 1))
    show(page, tmp_path, explorer)
    state, drawn = get_state(page, CONTROLS[label]), pictures(page)
    page.get_by_role("button", name=label, exact=True).click()
    settle(page)
    assert get_state(page, CONTROLS[label]) != state
    assert pictures(page) != drawn


def test_lists_and_sliders_work_too(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES))
    for label, choice, trait, value in (
        ("picture", "gray 28x28", "image_name", "gray 28x28"),
        ("pooling", "L2", "kind", "l2"),
        ("stride", "3", "stride", 3),
        ("stride", "= window", "stride", None),
        ("padding", "same", "padding", "same"),
        ("convolution", "blur", "kernel", "blur"),
    ):
        page.locator(f"select[aria-label='{label}']").select_option(choice)
        assert get_state(page, trait) == value
    page.get_by_role("slider", name="shift right").fill("-4")
    page.get_by_role("slider", name="shift down").fill("3")
    assert get_state(page, "shift") == [3, -4]
    settle(page)
    assert "4 left, 3 down" in page.locator(".cx-group-picture").inner_text()


def test_a_shift_by_whole_strides_is_said_to_move_the_map(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES["gray 28x28"], size=3, shift=(-3, 3)))
    note = page.locator(".cx-note")
    assert "moved by 1 right, 1 up" in note.inner_text()
    for shift in ([-2, 2], [-3, 2], [0, 0]):
        set_state(page, shift=shift)
        assert "moved by" not in note.inner_text()


def test_a_black_picture_has_no_distance(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES["black"], shift=(1, 0)))
    assert page.locator(".cx-group-pooled b").inner_text() == "not defined"


def test_pointing_shows_a_window_and_clicking_keeps_it(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES["gray 28x28"], place=(0, 0)))
    caption = page.locator(".cx-group-pooled .cx-caption").first
    box = page.locator(".cx-group-pooled canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 9.5 / 14 * box["width"], box["y"] + 4.5 / 14 * 190)
    settle(page)
    assert caption.inner_text().startswith("[4, 9]")
    assert get_state(page, "place") == [0, 0]  # pointing keeps nothing
    page.mouse.down()
    page.mouse.up()
    assert get_state(page, "place") == [4, 9]
    # On the picture: the window in whose middle the pixel lies.
    box = page.locator(".cx-group-picture canvas").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 6.5 / 28 * box["width"], box["y"] + 21.5 / 28 * 190)
    assert get_state(page, "place") in ([10, 3], [11, 3])
    page.mouse.move(0, 0)
    settle(page)
    assert caption.inner_text().startswith("[1")


def test_keys_move_the_window_and_stay_inside(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES["gray 28x28"], place=(12, 12)))
    for group in ("picture", "pooled", "strided"):
        set_state(page, place=[12, 12])
        canvas = page.locator(f".cx-group-{group} canvas").last
        for key, place in (
            ("ArrowRight", [12, 13]),
            ("ArrowRight", [12, 13]),
            ("ArrowDown", [13, 13]),
            ("ArrowLeft", [13, 12]),
            ("ArrowUp", [12, 12]),
        ):
            canvas.press(key)
            assert get_state(page, "place") == place


def test_touch_and_a_narrow_page(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    show(page, tmp_path, PoolingExplorer(IMAGES, image_name="gray 28x28"))
    canvas = page.locator(".cx-group-pooled canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.touchscreen.tap(
        box["x"] + 10.5 * box["width"] / 14, box["y"] + 4.5 * box["height"] / 14
    )
    assert get_state(page, "place") == [4, 10]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_it_fits_a_slide_and_everything_has_a_name(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, PoolingExplorer(IMAGES, image_name="gray 28x28", size=7))
    box = page.locator(".cx").bounding_box()
    assert box
    assert box["height"] < 620
    unnamed = page.locator(".cx").evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas")]
            .filter(e => !e.getAttribute("aria-label") && !e.closest("label"))
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []


CELL = """from course_utils.widgets import PoolingExplorer

explorer = PoolingExplorer(image_name="sixteen numbers", place=(0, 1))
explorer"""


@pytest.mark.timeout(300)
def test_in_jupyterlab_browser_and_kernel_hear_each_other(page: Page, lab: Lab) -> None:
    lab.add("97_pooling.ipynb", [CELL])
    open_notebook(page, lab, "97_pooling.ipynb")
    run_all(page)
    root = output(page, "PoolingExplorer(").locator(".cx-pooling")
    caption = root.locator(".cx-group-pooled .cx-caption")
    expect(caption.first).to_have_text("[0, 1] = 8")
    root.get_by_label("shift right: more").click()
    expect(caption.last).to_have_text("[0, 1] = 6")
    # The kernel is told a moment later; then Python computes the same.
    heard = "explorer.shift, explorer.output(shifted=True)[0, 1].item()"
    hears(page, heard, "((0, 1), 6.0)")
    in_kernel(page, "setattr(explorer, 'kind', 'average')")
    expect(caption.first).to_have_text("[0, 1] = 4.75")
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert contrast(root) > 4.5, theme


def test_on_a_slide_keys_move_the_window_and_not_the_page(page: Page, lab: Lab) -> None:
    lab.add("97_pooling.ipynb", [CELL, "print('the next slide')"])
    present_and_run(page, lab, "97_pooling.ipynb")
    root = page.locator("section.present .cx-pooling")
    caption = root.locator(".cx-group-pooled .cx-caption").first
    root.locator(".cx-group-pooled canvas").first.press("ArrowDown")
    expect(caption).to_have_text("[1, 1] = 3")
    root.get_by_label("pooling: next").click()
    expect(caption).to_have_text("[1, 1] = 2")
    box = root.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720
