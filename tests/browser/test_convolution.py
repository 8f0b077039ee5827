"""The convolution explorer: its arithmetic, every control, its numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from course_utils import filters
from course_utils.widgets import ConvolutionExplorer
from tests.browser.alive import get_state, pictures, set_state, settle, show

RNG = np.random.default_rng(7)
IMAGES = {
    "gray 9x7": RNG.random((9, 7)),
    "gray 28x28": RNG.random((28, 28)),
    "colour 12x15": RNG.random((12, 15, 3)),
    "colour 64x64": RNG.random((64, 64, 3)),
    "one pixel": np.array([[0.5]]),
}
MINUS = "\N{MINUS SIGN}"


@st.composite
def states(draw: st.DrawFn) -> dict:
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    slices = draw(st.sampled_from([(), (3,)]))
    weights = np.random.default_rng(draw(st.integers(0, 10**6)))
    return {
        "image_name": draw(st.sampled_from(list(IMAGES))),
        "kernel": weights.normal(size=(rows, columns, *slices)).tolist(),
        "stride": draw(st.integers(1, 5)),
        "padding": draw(st.sampled_from(["valid", "same", 0, 1, 2, 5])),
        "flip": draw(st.booleans()),
        "colour": draw(st.booleans()),
        "fit": draw(st.booleans()),
    }


def in_browser(page: Page) -> dict:
    return page.evaluate(
        """() => {
            const { output, layout, limit } = document.querySelector(".cx").explorer;
            return { output: [...output], shape: [layout.h, layout.w], limit };
        }"""
    )


def test_browser_and_filters_compute_the_same(page: Page, tmp_path: Path) -> None:
    explorer = ConvolutionExplorer(IMAGES)
    show(page, tmp_path, explorer)

    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(states())
    def same(state: dict) -> None:
        for name, value in state.items():
            setattr(explorer, name, value)
        set_state(page, **state)
        drawn = in_browser(page)
        try:
            expected = explorer.output()
        except ValueError:  # the kernel does not fit
            assert drawn["output"] == []
            assert "no output" in page.locator(".cx").inner_text()
            return
        np.testing.assert_array_equal(drawn["shape"], expected.shape)
        # Pictures are float32 on both sides, gray values rounded in between.
        np.testing.assert_allclose(drawn["output"], expected.ravel(), atol=1e-5)
        assert drawn["limit"] == pytest.approx(explorer.limit(), rel=1e-5)

    same()


def number(text: str) -> float:
    return float(text.replace(MINUS, "-"))


def table(page: Page, label: str) -> np.ndarray:
    """The numbers of a table as shown, fields included."""
    rows = page.get_by_role("table", name=label, exact=True).evaluate(
        """table => [...table.rows].map(row => [...row.cells].map(
            cell => cell.querySelector("input")?.value ?? cell.textContent))"""
    )
    return np.array([[number(text) for text in row] for row in rows])


@given(step=st.integers(0, 783), flip=st.booleans())
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def check_numbers(page: Page, step: int, flip: bool) -> None:
    set_state(page, step=step, flip=flip)
    row, column = divmod(step, 28)
    padded = np.pad(IMAGES["gray 28x28"], 1)
    window = padded[row : row + 3, column : column + 3]
    kernel = filters.KERNELS["sharpen"] + np.arange(9).reshape(3, 3) / 10
    used = kernel[::-1, ::-1] if flip else kernel
    half = 0.005 + 1e-6  # two decimals are shown
    np.testing.assert_allclose(table(page, "window"), window, atol=half)
    np.testing.assert_allclose(table(page, "kernel"), kernel, atol=half)
    np.testing.assert_allclose(table(page, "products"), window * used, atol=half)
    answer = number(page.locator(".cx-answer").inner_text())
    assert answer == pytest.approx((window * used).sum(), abs=half)
    assert f"output[{row}, {column}]" in page.locator(".cx-total").inner_text()


def test_window_products_and_sum_are_shown_in_numbers(
    page: Page, tmp_path: Path
) -> None:
    kernel = filters.KERNELS["sharpen"] + np.arange(9).reshape(3, 3) / 10
    image = IMAGES["gray 28x28"]
    show(page, tmp_path, ConvolutionExplorer(image, kernel=kernel))
    check_numbers(page)


CONTROLS = {
    "image: next": "image_name",
    "image: previous": "image_name",
    "kernel: next": "kernel",
    "kernel: previous": "kernel",
    "size: more": "kernel",
    "size: less": "kernel",
    "rotate: Turn the kernel by a quarter": "kernel",
    "negate: Change the sign of every weight": "kernel",
    "Random weights around zero": "kernel",
    "stride: more": "stride",
    "padding: next": "padding",
    "padding: previous": "padding",
    "step: more": "step",
    "step: less": "step",
    "Back to the first step": "step",
    "To the last step": "step",
}


@pytest.mark.parametrize("label", CONTROLS)
def test_each_button_changes_state_and_picture(
    page: Page, tmp_path: Path, label: str
) -> None:
    explorer = ConvolutionExplorer(IMAGES, image_name="gray 28x28", step=400)
    show(page, tmp_path, explorer)
    state, drawn = get_state(page, CONTROLS[label]), pictures(page)
    page.get_by_role("button", name=label, exact=True).click()
    settle(page)
    assert get_state(page, CONTROLS[label]) != state
    assert pictures(page) != drawn


@pytest.mark.parametrize(
    ("label", "trait"),
    [
        ("three colours", "colour"),
        ("flip (true convolution)", "flip"),
        ("colours fit this output", "fit"),
    ],
)
def test_each_switch_changes_state_and_picture(
    page: Page, tmp_path: Path, label: str, trait: str
) -> None:
    explorer = ConvolutionExplorer(IMAGES, image_name="colour 12x15", step=100)
    show(page, tmp_path, explorer)
    drawn = pictures(page)
    page.get_by_label(label).check()
    settle(page)
    assert get_state(page, trait) is True
    assert pictures(page) != drawn


def test_lists_and_slider_work_too(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES, image_name="gray 28x28"))
    page.locator("select[aria-label=image]").select_option("gray 9x7")
    page.locator("select[aria-label=kernel]").select_option("outline")
    page.locator("select[aria-label=padding]").select_option("2 on each side")
    settle(page)
    assert get_state(page, "image_name") == "gray 9x7"
    assert get_state(page, "kernel") == filters.KERNELS["outline"].tolist()
    assert get_state(page, "padding") == 2
    assert in_browser(page)["limit"] == 8
    page.get_by_role("slider", name="step").fill("40")
    assert get_state(page, "step") == 40


def test_every_weight_can_be_typed_and_stepped(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 28x28"], kernel="blur"))
    expected = filters.KERNELS["blur"].copy()
    for (i, j), value in np.ndenumerate(np.arange(9.0).reshape(3, 3) - 4.25):
        field = page.get_by_label(f"kernel, row {i + 1}, column {j + 1}")
        field.fill(str(value))
        expected[i, j] = value
        np.testing.assert_allclose(np.array(get_state(page, "kernel")), expected)
    assert get_state(page, "kernel_name") == "custom"
    page.get_by_role("button", name="chosen weight: more").click()
    page.keyboard.press("Tab")
    expected[2, 2] += 0.5
    np.testing.assert_allclose(np.array(get_state(page, "kernel")), expected)
    field.press("ArrowDown")
    expected[2, 2] -= 0.5
    np.testing.assert_allclose(np.array(get_state(page, "kernel")), expected)
    assert number(field.input_value()) == expected[2, 2]


def test_a_weight_that_is_no_number_changes_nothing(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 28x28"], kernel="blur"))
    field = page.get_by_label("kernel, row 1, column 1")
    for text in ("", "abc", "1e999"):
        field.fill(text)
        assert get_state(page, "kernel") == filters.KERNELS["blur"].tolist()
        assert "a number is needed" in (field.get_attribute("title") or "")
    field.fill("0,5")  # as much of the world writes it
    assert get_state(page, "kernel")[0][0] == 0.5  # type: ignore[index]


def test_pointing_at_an_output_pixel_shows_its_window(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 28x28"], step=783))
    box = page.locator("canvas").nth(1).bounding_box()
    assert box
    side = box["width"] / 28
    page.mouse.move(box["x"] + 10.5 * side, box["y"] + 5.5 * side)
    settle(page)
    window = IMAGES["gray 28x28"][4:7, 9:12]
    np.testing.assert_allclose(table(page, "window"), window, atol=0.006)
    assert get_state(page, "step") == 783  # pointing moves nothing
    page.mouse.down()
    page.mouse.up()
    assert get_state(page, "step") == 5 * 28 + 10
    page.mouse.move(0, 0)
    settle(page)
    np.testing.assert_allclose(table(page, "window"), window, atol=0.006)


def test_dragging_on_the_input_moves_the_window(page: Page, tmp_path: Path) -> None:
    explorer = ConvolutionExplorer(IMAGES["gray 28x28"], padding="valid")
    show(page, tmp_path, explorer)
    box = page.locator("canvas").first.bounding_box()
    assert box
    side = box["width"] / 28
    page.mouse.move(box["x"] + 3.5 * side, box["y"] + 3.5 * side)
    page.mouse.down()
    assert get_state(page, "step") == 2 * 26 + 2
    page.mouse.move(box["x"] + 20.5 * side, box["y"] + 8.5 * side)
    page.mouse.up()
    assert get_state(page, "step") == 7 * 26 + 19


def test_keys_move_the_window_and_space_plays(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 28x28"], step=100))
    canvas = page.locator("canvas").first
    for key, step in (
        ("ArrowRight", 101),
        ("ArrowDown", 129),
        ("ArrowLeft", 128),
        ("ArrowUp", 100),
        ("End", 783),
        ("Home", 0),
    ):
        canvas.press(key)
        assert get_state(page, "step") == step
    canvas.press(" ")
    page.wait_for_function(
        "() => document.querySelector('div.explorer').model.get('step') > 2"
    )
    canvas.press(" ")
    settle(page)
    stopped = get_state(page, "step")
    page.wait_for_timeout(200)
    assert get_state(page, "step") == stopped


def test_play_runs_to_the_end_and_speed_matters(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 9x7"]))
    for _ in range(2):
        page.get_by_role("button", name="speed: more").click()
    page.get_by_role("button", name="Play or pause").click()
    page.wait_for_function(
        "() => document.querySelector('div.explorer').model.get('step') === 62"
    )
    settle(page)
    assert "play" in page.get_by_role("button", name="Play or pause").inner_text()


def test_pixels_not_reached_yet_are_empty(page: Page, tmp_path: Path) -> None:
    """Zero is white and opaque; what is not reached yet is see-through."""
    show(page, tmp_path, ConvolutionExplorer(np.zeros((10, 10)), step=49))

    def opacity(row: int, column: int) -> int:
        return (
            page.locator("canvas")
            .nth(1)
            .evaluate(
                """(canvas, [row, column]) => canvas.getContext("2d").getImageData(
                (column + 0.3) * canvas.width / 10, (row + 0.3) * canvas.height / 10,
                1, 1).data[3]""",
                [row, column],
            )
        )

    assert opacity(2, 2) == 255
    assert opacity(7, 2) == 0


def test_touch_moves_the_window(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    show(page, tmp_path, ConvolutionExplorer(IMAGES["gray 28x28"], padding="valid"))
    box = page.locator("canvas").first.bounding_box()
    assert box
    page.touchscreen.tap(
        box["x"] + 10.5 * box["width"] / 28, box["y"] + 4.5 * box["height"] / 28
    )
    assert get_state(page, "step") == 3 * 26 + 9
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_everything_has_a_name_for_screen_readers(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, ConvolutionExplorer(IMAGES, image_name="colour 12x15"))
    unnamed = page.locator(".cx").evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas, table")]
            .filter(e => e.checkVisibility())
            .filter(e => !e.getAttribute("aria-label") && !e.closest("label"))
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []
    canvas = page.locator("canvas").nth(1)
    canvas.press("End")
    settle(page)
    assert "row 11, column 14" in page.locator("[role=status]").inner_text()
