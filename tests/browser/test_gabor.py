"""The Gabor explorer: its arithmetic, every control, its numbers."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from course_utils.widgets import GaborExplorer
from course_utils.widgets.gabor import PHOTO, RANGES, rings
from tests.browser.alive import draws, get_state, pictures, set_state, settle, show
from tests.browser.jupyter import (
    Lab,
    command,
    contrast,
    hears,
    in_kernel,
    open_notebook,
    open_slides,
    output,
    run_all,
    set_theme,
)
from tests.browser.slides import PLACE

RNG = np.random.default_rng(8)
IMAGES = {
    "gray 28x28": RNG.random((28, 28)),
    "gray 40x23": RNG.random((40, 23)),
    "gray 5x4": RNG.random((5, 4)),  # far smaller than the largest kernel
    "colour 32x32": RNG.random((32, 32, 3)),
    "rings": rings(PHOTO),
}
MINUS = "\N{MINUS SIGN}"

states = st.fixed_dictionaries(
    {
        "image_name": st.sampled_from(list(IMAGES)),
        "fit": st.booleans(),
        **{name: st.floats(*limits) for name, limits in RANGES.items()},
    }
)


def in_browser(page: Page) -> dict:
    return page.evaluate(
        """() => {
            const { kernel, response, limit } = document.querySelector(".cx").explorer;
            const { size, re, im } = kernel;
            return { size, re: [...re], im: [...im], limit,
                magnitude: [...response.magnitude] };
        }"""
    )


def test_browser_and_filters_compute_the_same(page: Page, tmp_path: Path) -> None:
    explorer = GaborExplorer(IMAGES)
    show(page, tmp_path, explorer)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(states)
    def same(state: dict) -> None:
        for name, value in state.items():
            setattr(explorer, name, value)
        set_state(page, **state)
        drawn, kernel = in_browser(page), explorer.kernel()
        assert drawn["size"] == len(kernel)
        weights = np.array(drawn["re"]) + 1j * np.array(drawn["im"])
        np.testing.assert_allclose(weights, kernel.ravel(), rtol=0, atol=1e-12)
        expected = explorer.response().ravel()
        np.testing.assert_allclose(drawn["magnitude"], expected, rtol=0, atol=1e-11)
        assert drawn["limit"] == pytest.approx(explorer.limit(), abs=1e-11)

    same()


PICTURE, KERNEL, IMAGINARY, RESPONSE = 2, 0, 1, 3  # canvases as they stand on the page
CONTROLS = [
    ("picture: next", "image_name", {PICTURE, RESPONSE}),
    ("picture: previous", "image_name", {PICTURE, RESPONSE}),
    *(
        (f"{name}: {way}", name, {PICTURE, KERNEL, IMAGINARY, RESPONSE})
        for name in RANGES
        for way in ("more", "less")
    ),
    *(
        (
            f"{f} · {t} · {s}: Preset: frequency {f}, theta {t}, sigma {s}",
            "sigma",
            set(range(4)),
        )
        for f, t, s in ((0.16, 1.2, 4), (0.31, 0, 3.6), (0.36, 1.6, 1.3))
    ),
]


@pytest.mark.parametrize(("label", "trait", "changed"), CONTROLS)
def test_each_button_changes_state_and_pictures(
    page: Page, tmp_path: Path, label: str, trait: str, changed: set[int]
) -> None:
    explorer = GaborExplorer(IMAGES, frequency=0.26, theta=0.8, sigma=2.2)
    show(page, tmp_path, explorer)
    state, before = get_state(page, trait), pictures(page)
    page.get_by_role("button", name=label, exact=True).click()
    settle(page)
    after = pictures(page)
    assert get_state(page, trait) != state
    assert {i for i in range(4) if before[i] != after[i]} == changed


def test_sliders_keep_to_their_steps_and_never_offer_zero(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, GaborExplorer(IMAGES))
    for name, lowest, step, highest in (
        ("frequency", 0.01, 0.05, 1.0),
        ("theta", 0.0, 0.1, 3.14),
        ("sigma", 0.1, 0.1, 5.0),
    ):
        slider = page.get_by_role("slider", name=name)
        slider.press("Home")
        assert get_state(page, name) == lowest
        less = page.get_by_role("button", name=f"{name}: less")
        more = page.get_by_role("button", name=f"{name}: more")
        less.click()
        assert get_state(page, name) == lowest
        slider.press("ArrowRight")
        assert get_state(page, name) == pytest.approx(lowest + step)
        slider.press("End")
        more.click()
        assert get_state(page, name) == highest
        less.click()
        below = lowest + step * round((highest - step - lowest) / step)
        assert get_state(page, name) == pytest.approx(below)


def test_presets_are_exact_and_marked(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, GaborExplorer(IMAGES, frequency=0.5))
    buttons = page.get_by_role("button", name="Preset")
    for i, preset in enumerate([(0.16, 1.2, 4.0), (0.31, 0, 3.6), (0.36, 1.6, 1.3)]):
        buttons.nth(i).click()
        settle(page)
        assert tuple(get_state(page, name) for name in RANGES) == preset
        pressed = [b.get_attribute("aria-pressed") for b in buttons.all()]
        assert pressed == [str(i == j).lower() for j in range(3)]
        for name, value in zip(RANGES, preset):  # the slider's thumb stands there too
            shown = page.get_by_role("slider", name=name).input_value()
            assert float(shown) == pytest.approx(value)


def test_colours_can_show_what_the_kernel_could_reach(
    page: Page, tmp_path: Path
) -> None:
    explorer = GaborExplorer(IMAGES)
    show(page, tmp_path, explorer)
    before = pictures(page)
    page.get_by_label("colours fit this response").uncheck()
    settle(page)
    assert get_state(page, "fit") is False
    after = pictures(page)
    assert after[:3] == before[:3]
    assert after[3] != before[3]


def number(text: str) -> float:
    return float(text.replace(MINUS, "-"))


def formula(page: Page) -> tuple[int, int, float, float, float]:
    """Row, column, real, imaginary and magnitude, as written under the pictures."""
    text = page.locator(".cx-formula").inner_text()
    row, column = (
        int(text.split(f"{n} ")[1].split(",")[0].split(":")[0])
        for n in ("row", "column")
    )
    real, imaginary = (
        number(part.split(")")[0])
        for part in text.split("((")[1:2] + text.split("+ (")[1:2]
    )
    return row, column, real, imaginary, number(text.split("= ")[-1])


def test_pointing_shows_both_answers_and_the_kernel_in_place(
    page: Page, tmp_path: Path
) -> None:
    explorer = GaborExplorer(IMAGES["gray 28x28"])
    show(page, tmp_path, explorer)
    response = explorer.response()
    strongest = np.unravel_index(response.argmax(), response.shape)
    assert formula(page)[:2] == strongest
    image, kernel = explorer.images["image"].astype(float), explorer.kernel()
    padded = np.pad(image, len(kernel) // 2, mode="symmetric")
    before = pictures(page)
    for canvas in (PICTURE, RESPONSE):
        box = page.locator("canvas").nth(canvas).bounding_box()
        assert box
        side = box["width"] / 28
        page.mouse.move(box["x"] + 11.5 * side, box["y"] + 20.5 * side)
        settle(page)
        row, column, real, imaginary, magnitude = formula(page)
        assert (row, column) == (20, 11)
        window = padded[20 : 20 + len(kernel), 11 : 11 + len(kernel)]
        answer = (window * kernel).sum()
        assert real == pytest.approx(answer.real, rel=0.06, abs=1e-4)
        assert imaginary == pytest.approx(answer.imag, rel=0.06, abs=1e-4)
        assert magnitude == pytest.approx(abs(answer), rel=0.06, abs=1e-4)
        assert pictures(page)[PICTURE] != before[PICTURE]
    page.mouse.move(0, 0)
    settle(page)
    assert formula(page)[:2] == strongest


def test_keys_move_the_place_and_home_returns(page: Page, tmp_path: Path) -> None:
    explorer = GaborExplorer(IMAGES["gray 28x28"])
    show(page, tmp_path, explorer)
    strongest = formula(page)[:2]
    box = page.locator("canvas").nth(PICTURE).bounding_box()
    assert box
    side = box["width"] / 28
    page.mouse.click(box["x"] + 3.5 * side, box["y"] + 1.5 * side)
    page.mouse.move(0, 0)
    canvas = page.locator("canvas").nth(RESPONSE)
    for key, expected in (
        ("ArrowRight", (1, 4)),
        ("ArrowDown", (2, 4)),
        ("ArrowLeft", (2, 3)),
        ("ArrowUp", (1, 3)),
        ("ArrowUp", (0, 3)),
        ("ArrowUp", (0, 3)),
        ("Home", strongest),
    ):
        canvas.press(key)
        settle(page)
        assert formula(page)[:2] == expected
        assert f"row {expected[0]}, column {expected[1]}" in (
            page.locator("[role=status]").inner_text()
        )


@pytest.mark.parametrize(
    ("frequency", "theta", "hidden"),
    [(0.36, 0.7, False), (0.66, 0, True), (0.96, 0.8, True), (0.6, math.pi / 4, False)],
)
def test_it_says_when_pixels_are_too_coarse_for_the_wave(
    page: Page, tmp_path: Path, frequency: float, theta: float, hidden: bool
) -> None:
    """The frequency that pixels see is where the kernel's Fourier transform peaks."""
    explorer = GaborExplorer(
        IMAGES["gray 28x28"], frequency=frequency, theta=theta, sigma=5
    )
    show(page, tmp_path, explorer)
    note = page.locator(".cx-wide .cx-note").inner_text()
    assert ("Too fast for pixels" in note) is hidden
    if hidden:
        n = 512
        spectrum = np.abs(np.fft.fft2(explorer.kernel(), (n, n)))
        place = np.unravel_index(spectrum.argmax(), spectrum.shape)
        peak = np.hypot(*(np.fft.fftfreq(n)[i] for i in place))
        seen = float(note.split("frequency of ")[1].rstrip("."))
        assert seen == pytest.approx(peak, abs=0.01)


def test_what_changes_within_a_frame_is_drawn_once(page: Page, tmp_path: Path) -> None:
    """A 31x31 kernel on the largest picture costs more than a hand moves in a frame."""
    show(page, tmp_path, GaborExplorer(IMAGES, image_name="rings", sigma=5, theta=0))
    assert in_browser(page)["size"] == 31
    once = draws(page, "frequency", [0.2])
    assert once > 0
    assert draws(page, "frequency", [0.2 + k / 100 for k in range(20)]) == once


def test_touch_picks_a_place_and_the_page_fits_a_phone(
    browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 900}
    )
    page = context.new_page()
    show(page, tmp_path, GaborExplorer(IMAGES["gray 28x28"]))
    canvas = page.locator("canvas").nth(RESPONSE)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    side = box["width"] / 28
    page.touchscreen.tap(box["x"] + 6.5 * side, box["y"] + 9.5 * side)
    settle(page)
    assert formula(page)[:2] == (9, 6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_everything_has_a_name_for_screen_readers(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, GaborExplorer(IMAGES))
    unnamed = page.locator(".cx").evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas, svg")]
            .filter(e => e.checkVisibility())
            .filter(e => !e.getAttribute("aria-label") && !e.closest("label"))
            .filter(e => e.getAttribute("aria-hidden") !== "true")
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.timeout(600)
def test_lesson_02_hears_the_sliders_in_jupyterlab_and_on_a_slide(
    page: Page, lab: Lab
) -> None:
    name = lab.part("02_gabor_filter_banks.ipynb", "explorer = GaborExplorer(")
    open_notebook(page, lab, name)
    run_all(page)
    root = output(page, "explorer = GaborExplorer(").locator(".cx-gabor")
    root.get_by_role("slider", name="theta").press("ArrowRight")
    root.get_by_role("button", name="sigma: less").click()
    root.get_by_role("button", name="picture: next").click()
    heard = "(explorer.theta, explorer.sigma, explorer.image_name)"
    hears(page, heard, "(0.8, 2.9, 'photograph: bricks')")
    shown = root.evaluate("root => Math.max(...root.explorer.response.magnitude)")
    computed = float(in_kernel(page, "explorer.response().max().item()"))
    assert shown == pytest.approx(computed, abs=1e-11)

    in_kernel(page, "setattr(explorer, 'frequency', 0.5)")
    expect(root.locator("output").first).to_have_text("0.5")
    for theme in ("dark", "light"):
        set_theme(page, theme)
        assert contrast(root) > 4.5, theme

    command(page, "docmanager:save")
    open_slides(page, lab, name)
    root = page.locator("section.present .cx-gabor")
    for _ in range(60):
        if root.is_visible():
            break
        page.keyboard.press("PageDown")
        settle(page)
    place, box = page.evaluate(PLACE), root.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720
    before = root.locator(".cx-formula").inner_text()
    for key in ("ArrowRight", "ArrowDown"):
        root.locator("canvas").last.press(key)
        root.get_by_role("slider", name="sigma").press(key)
    root.get_by_role("button", name="theta: more").press(" ")
    expect(root.locator(".cx-formula")).not_to_have_text(before)
    assert page.evaluate(PLACE) == place  # the same slide
    page.keyboard.press("PageDown")
    assert page.evaluate(PLACE) != place
