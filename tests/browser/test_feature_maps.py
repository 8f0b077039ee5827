"""The feature map explorer: its numbers, every control."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from playwright.sync_api import Browser, Page

from course_utils.widgets import FeatureMapExplorer
from tests.browser.alive import draws, get_state, pictures, set_state, settle, show

RNG = np.random.default_rng(9)
PICTURE, MAP, BEST, LIKED, MOSAIC = range(5)  # canvases as they stand on the page


@pytest.fixture(scope="module")
def explorer() -> FeatureMapExplorer:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            layers.Conv2D(5, 3, name="signed"),
            layers.Conv2D(70, 3, activation="relu", name="positive"),
        ]
    )
    images = {name: RNG.integers(0, 256, (24, 24, 3), np.uint8) for name in "abc"}
    known = {("signed", k): RNG.uniform(0, 255, (8, 8, 3)) for k in range(2)}
    return FeatureMapExplorer(model, images, preferred=known)


@pytest.fixture
def opened(page: Page, tmp_path: Path, explorer: FeatureMapExplorer) -> Page:
    explorer.layer_name, explorer.filter, explorer.image_name = "signed", 0, "a"
    show(page, tmp_path, explorer)
    return page


def in_browser(page: Page) -> dict:
    return page.evaluate(
        """() => {
            const { map, filter, strongest, best, layer } =
                document.querySelector(".cx").explorer;
            const bytes = [...map(filter)];
            const value = v => layer.signed ? (v - 128) / 127 : v / 255;
            return { map: bytes.map(v => strongest * value(v)), best, strongest };
        }"""
    )


def test_browser_and_python_show_the_same(
    opened: Page, explorer: FeatureMapExplorer
) -> None:
    for layer, count in (("signed", 5), ("positive", 70)):
        for name in "abc":
            for channel in (0, 3, count - 1):
                choice = {"layer_name": layer, "filter": channel, "image_name": name}
                set_state(opened, **choice)
                explorer.layer_name = layer
                explorer.filter, explorer.image_name = channel, name
                drawn = in_browser(opened)
                np.testing.assert_allclose(
                    drawn["map"], explorer.map().ravel(), atol=1e-6
                )
                assert "abc"[drawn["best"]] == explorer.best_image()
                assert drawn["strongest"] == pytest.approx(explorer.strongest())


@pytest.mark.parametrize(
    ("label", "trait", "value", "changed"),
    [
        ("layer: next", "layer_name", "positive", {MAP, BEST, LIKED, MOSAIC}),
        ("layer: previous", "layer_name", "positive", {MAP, BEST, LIKED, MOSAIC}),
        ("filter: next", "filter", 1, {MAP, LIKED, MOSAIC}),
        ("filter: previous", "filter", 4, {MAP, LIKED, MOSAIC}),
        ("picture: next", "image_name", "b", {PICTURE, MAP, MOSAIC}),
        ("picture: previous", "image_name", "c", {PICTURE, MAP, MOSAIC}),
    ],
)
def test_each_button_changes_state_and_pictures(
    opened: Page, label: str, trait: str, value: object, changed: set[int]
) -> None:
    before = pictures(opened)
    opened.get_by_role("button", name=label, exact=True).click()
    settle(opened)
    after = pictures(opened)
    assert get_state(opened, trait) == value
    differ = {i for i in range(5) if before[i] != after[i]}
    assert differ - {BEST} == changed - {BEST}


def test_lists_choose_and_pages_of_filters_turn(opened: Page) -> None:
    opened.get_by_role("combobox", name="layer").select_option("positive (20×20×70)")
    assert get_state(opened, "layer_name") == "positive"
    opened.get_by_role("combobox", name="filter", exact=True).select_option("40")
    opened.get_by_role("combobox", name="picture").select_option("c")
    assert (get_state(opened, "filter"), get_state(opened, "image_name")) == (40, "c")
    settle(opened)
    opened.get_by_role("button", name="filters: next").click()
    assert get_state(opened, "filter") == 64
    settle(opened)
    before = pictures(opened)[MOSAIC]
    opened.get_by_role("button", name="filters: next").click()
    settle(opened)
    assert get_state(opened, "filter") == 0
    assert pictures(opened)[MOSAIC] != before
    opened.get_by_role("combobox", name="layer").select_option("signed (22×22×5)")
    settle(opened)
    assert not opened.get_by_role("combobox", name="filters").is_visible()
    assert get_state(opened, "filter") == 0


def test_the_mosaic_chooses_by_mouse_and_keys(opened: Page) -> None:
    set_state(opened, layer_name="positive")
    canvas = opened.locator("canvas").nth(MOSAIC)
    box = canvas.bounding_box()
    assert box
    # Third row is missing: 32 filters in two rows of 16.
    opened.mouse.click(
        box["x"] + 3.5 / 16 * box["width"], box["y"] + 0.75 * box["height"]
    )
    settle(opened)
    assert get_state(opened, "filter") == 19
    for key, expected in (
        ("ArrowRight", 20),
        ("ArrowUp", 4),
        ("ArrowLeft", 3),
        ("ArrowUp", 3),
        ("ArrowDown", 19),
        ("ArrowDown", 35),
    ):
        canvas.press(key)
        settle(opened)
        assert get_state(opened, "filter") == expected
    assert "filter 35" in opened.locator("[role=status]").inner_text()


def test_known_preferred_inputs_are_shown_and_others_are_asked_for(
    opened: Page,
) -> None:
    ask = opened.get_by_role("button", name="Compute the preferred input")
    assert not ask.is_visible()
    known = pictures(opened)[LIKED]
    set_state(opened, filter=3)
    assert ask.is_visible()
    assert pictures(opened)[LIKED] != known
    ask.click()
    settle(opened)
    assert get_state(opened, "asked") == "signed 3"
    assert ask.is_disabled()
    assert "working" in ask.inner_text()
    set_state(opened, asked="", trouble="It did not work")
    assert opened.get_by_text("It did not work").is_visible()


def test_what_changes_within_a_frame_is_drawn_once(opened: Page) -> None:
    set_state(opened, layer_name="positive")
    once = draws(opened, "filter", [3])
    assert once > 0
    assert draws(opened, "filter", [*range(4, 14)]) == once


def test_it_fits_a_slide_and_a_phone(
    browser: Browser, tmp_path: Path, explorer: FeatureMapExplorer
) -> None:
    for width, height in ((1180, 560), (390, 2000)):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        show(page, tmp_path, explorer)
        box = page.locator(".cx").bounding_box()
        assert box
        assert box["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_everything_has_a_name_for_screen_readers(opened: Page) -> None:
    unnamed = opened.locator(".cx").evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas")]
            .filter(e => e.checkVisibility())
            .filter(e => !e.getAttribute("aria-label") && !e.closest("label"))
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []
