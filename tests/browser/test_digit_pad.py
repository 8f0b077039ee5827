"""The digit pad: drawn on with everything, its arithmetic, its talk with the kernel."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from course_utils import datasets
from course_utils.widgets import DigitPad, digit_pad
from tests.browser.alive import draw_on, get_state, pad_of, set_state, settle, show

DIGIT = datasets.mnist("sample").test.images[0]
SEVEN = [(6, 5), (20, 5), (12, 24)]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Digit pads over a network that costs nothing: the browser does not see which."""

    def answer(_: object, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shares = (
            picture.reshape(28, 28)[:, :20].reshape(28, 10, 2).sum(axis=(0, 2)) + 1.0
        )
        return shares / shares.sum(), np.stack([picture, picture.T], axis=-1) / 255

    monkeypatch.setattr(digit_pad, "probe", lambda model: (model, "conv"))
    monkeypatch.setattr(digit_pad, "answer", answer)
    return lambda **arguments: DigitPad(None, **arguments)


def now(page: Page) -> dict:
    """What stands on the pad, and what the network would get."""
    state = page.evaluate(
        """() => {
            const { ink, picture, drawing } = document.querySelector(".cx").explorer;
            return JSON.stringify({ ...drawing, ink: [...ink], picture: [...picture] });
        }"""
    )
    return json.loads(state)


def strokes(page: Page) -> list:
    return now(page)["strokes"]


points = st.tuples(st.floats(-3, 31), st.floats(-3, 31))
drawings = st.fixed_dictionaries(
    {
        "strokes": st.lists(st.lists(points, min_size=1, max_size=4), max_size=3),
        "centred": st.booleans(),
        "show_example": st.booleans(),
    }
)


def test_browser_and_python_compute_the_same(
    page: Page, tmp_path: Path, make: Any
) -> None:
    pad = make(example=DIGIT)
    show(page, tmp_path, pad)

    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(drawings)
    def same(state: dict) -> None:
        for name, value in state.items():
            setattr(pad, name, value)
        set_state(page, **state)
        seen = now(page)
        np.testing.assert_allclose(seen["ink"], pad.ink().ravel(), atol=1e-9)
        small = (digit_pad.centre if pad.centred else digit_pad.as_drawn)(pad.ink())
        np.testing.assert_allclose(seen["picture"], small.ravel(), atol=1e-9)

    same()


def test_the_mouse_draws_and_lines_are_taken_back(
    page: Page, tmp_path: Path, make: Any
) -> None:
    show(page, tmp_path, make(example=DIGIT))
    undo, clear = page.get_by_label("Take back"), page.get_by_label("Clear the pad")
    expect(undo).to_be_disabled()
    clear.click()
    settle(page)
    assert not any(now(page)["ink"])
    expect(clear).to_be_disabled()
    undo.click()  # the example comes back
    settle(page)
    assert any(now(page)["ink"])
    clear.click()
    draw_on(page, pad_of(page), SEVEN)
    draw_on(page, pad_of(page), [(8, 14), (19, 14)])
    first, second = strokes(page)
    for point in SEVEN:  # each corner is near a point of the line
        assert np.abs(np.array(first) - point).sum(axis=1).min() < 0.6
    assert second[0] == pytest.approx([8, 14], abs=0.1)
    ink = np.reshape(now(page)["ink"], (140, 140))
    assert ink[70, 70] == 1
    assert ink[100, 20] == 0
    undo.click()
    settle(page)
    assert strokes(page) == [first]
    undo.click()
    settle(page)
    assert strokes(page) == []
    expect(undo).to_be_disabled()


def test_a_tap_is_a_dot_and_other_buttons_draw_nothing(
    page: Page, tmp_path: Path, make: Any
) -> None:
    show(page, tmp_path, make())
    pad_of(page).click(button="right")
    assert strokes(page) == []
    pad_of(page).click()
    settle(page)
    ((dot,),) = strokes(page)
    assert dot == pytest.approx([14, 14], abs=0.2)
    page.mouse.move(3, 3)  # no button is down
    assert len(strokes(page)[0]) == 1


def test_the_switch_shows_what_centring_does(
    page: Page, tmp_path: Path, make: Any
) -> None:
    show(page, tmp_path, make())
    draw_on(page, pad_of(page), [(4, 4), (9, 4), (6, 11)])
    centred = np.reshape(now(page)["picture"], (28, 28))
    rows, columns = np.nonzero(centred)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    page.get_by_label("Leave the drawing").click()
    settle(page)
    drawn = np.reshape(now(page)["picture"], (28, 28))
    rows, columns = np.nonzero(drawn)
    assert rows.max() < 14
    assert columns.max() < 14
    expect(page.get_by_label("Leave the drawing")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_label("Scale and centre").click()
    settle(page)
    np.testing.assert_array_equal(np.reshape(now(page)["picture"], (28, 28)), centred)


def test_the_keyboard_draws(page: Page, tmp_path: Path, make: Any) -> None:
    show(page, tmp_path, make())
    canvas = pad_of(page)
    canvas.focus()
    keys = page.keyboard
    for key in ["ArrowLeft"] * 2 + ["Space"] + ["ArrowDown"] * 3 + ["Space"]:
        keys.press(key)
    keys.press("ArrowRight")  # the pen is up
    settle(page)
    assert strokes(page) == [[[12, 5], [12, 6], [12, 7], [12, 8]]]
    expect(canvas).to_have_attribute(
        "aria-label",
        "A drawing; pen up, cursor at 13, 8."
        " Arrow keys move the cursor, space sets the pen down and lifts it.",
    )
    keys.press("Space")
    keys.press("ArrowUp")
    keys.press("Escape")
    keys.press("ArrowUp")
    settle(page)
    assert strokes(page)[1] == [[13, 8], [13, 7]]


def test_buttons_draw(page: Page, tmp_path: Path, make: Any) -> None:
    show(page, tmp_path, make())
    pen = page.get_by_label("Set the pen down")
    for word in ("left", "up", "right", "down"):
        pen.click()
        expect(pen).to_have_attribute("aria-pressed", "true")
        page.get_by_label(f"Cursor {word}").click()
        pen.click()
    settle(page)
    moves = [np.subtract(line[1], line[0]).tolist() for line in strokes(page)]
    assert moves == [[-1, 0], [0, -1], [1, 0], [0, 1]]


def test_a_finger_draws_and_the_page_stays(
    browser: Browser, tmp_path: Path, make: Any
) -> None:
    context = browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 500}
    )
    page = context.new_page()
    show(page, tmp_path, make())
    box = pad_of(page).bounding_box()
    assert box
    client = context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        fingers = [
            {
                "x": box["x"] + x * box["width"] / 28,
                "y": box["y"] + y * box["width"] / 28,
            }
            for x, y in places
        ]
        message = {"type": kind, "touchPoints": fingers}
        client.send("Input.dispatchTouchEvent", message)

    touch("touchStart", (14, 24))
    for y in range(23, 3, -1):
        touch("touchMove", (14, y))
    touch("touchMove", (14, 4), (20, 20))  # a second finger draws nothing
    touch("touchEnd")
    settle(page)
    (line,) = strokes(page)
    assert line[0] == pytest.approx([14, 24], abs=0.2)
    assert line[-1][1] < 6
    assert np.ptp([x for x, _ in line]) < 0.2
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_without_a_kernel_it_says_so_and_draws(
    page: Page, tmp_path: Path, make: Any
) -> None:
    pad = make(example=DIGIT)
    show(page, tmp_path, pad)
    best = int(np.argmax(pad.probabilities))
    says, words = page.locator(".cx-says"), "needs a running notebook"
    expect(says).to_have_text(f"it says {best}")
    draw_on(page, pad_of(page), SEVEN)
    expect(page.locator(".cx-advice")).to_contain_text(words)
    expect(page.get_by_role("status")).to_contain_text(words)
    expect(says).to_have_text("\N{EN DASH}")
    page.get_by_label("Take back").click()  # this answer is known
    expect(says).to_have_text(f"it says {best}")
    page.get_by_label("Clear the pad").click()
    expect(says).to_have_text("draw a digit")


def test_a_sure_answer_stays_on_its_line(page: Page, tmp_path: Path, make: Any) -> None:
    show(page, tmp_path, make(strokes=[SEVEN]))
    set_state(page, probabilities=[0.0, 1.0] + [0.0] * 8)
    sure = page.locator(".cx-chance.cx-best > :last-child")
    expect(sure).to_have_text("100 %")
    lines = """number => {
        const text = document.createRange();
        text.selectNodeContents(number);
        return text.getClientRects().length;
    }"""
    assert sure.evaluate(lines) == 1


def test_bars_and_maps_show_the_answer(page: Page, tmp_path: Path, make: Any) -> None:
    pad = make(strokes=[SEVEN])
    show(page, tmp_path, pad)
    widths = page.locator(".cx-chance i").evaluate_all(
        "all => all.map(bar => parseFloat(bar.style.width) / 100)"
    )
    assert widths == pytest.approx(pad.probabilities, abs=1e-4)
    spoken = page.get_by_role("img", name="The network says").get_attribute(
        "aria-label"
    )
    assert spoken
    for digit, value in enumerate(pad.probabilities):
        assert f"{digit}: {round(100 * value)} %" in spoken
    # Two maps beside each other, each with a border of one pixel.
    sheet = page.locator(".cx-sheet").evaluate(
        """canvas => [canvas.width, canvas.height, ...canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data]"""
    )
    assert sheet[:2] == [60, 30]
    drawn = np.reshape(sheet[2:], (30, 60, 4))
    assert pad.maps is not None
    for left, values in ((1, pad.maps[:, :, 0]), (31, pad.maps[:, :, 1])):
        yellow = drawn[1:29, left : left + 28, 0] > 200  # from 0.8 on
        sure = np.abs(values - 0.8) > 0.02
        np.testing.assert_array_equal(yellow[sure], values[sure] > 0.8)
    assert not drawn[:, 29:31, 3].any()
    set_state(page, _trouble="the network is broken", probabilities=[])
    expect(page.locator(".cx-advice")).to_have_text("No answer: the network is broken")


def test_questions_wait_for_answers_and_never_for_each_other(
    page: Page, tmp_path: Path, make: Any
) -> None:
    """A kernel that answers when the test wants it to."""
    show(page, tmp_path, make())
    page.evaluate(
        """() => {
            const { model } = document.querySelector("div.explorer");
            window.sent = [];
            model.widget_manager = {};
            model.save_changes = () => sent.push({
                at: performance.now(), strokes: JSON.stringify(model.get("strokes")) });
            window.answer = () => model.set("answered", model.get("asked"));
        }"""
    )
    draw_on(page, pad_of(page), SEVEN, steps=30)
    page.wait_for_timeout(250)
    assert page.evaluate("sent.length") == 1  # the kernel is busy with the first
    page.evaluate("answer()")
    page.wait_for_function("sent.length >= 2")
    assert page.evaluate("sent.length") == 2  # one for all that came since
    newest = json.loads(page.evaluate("sent.at(-1).strokes"))
    assert newest == strokes(page)
    page.evaluate("answer()")
    page.wait_for_timeout(150)
    assert page.evaluate("sent.length") == 2  # nothing is new
    expect(page.locator(".cx-advice")).to_have_text("")
    # A kernel that answers at once is asked ten times a second, no more.
    page.evaluate(
        """() => {
            sent.length = 0;
            const { model } = document.querySelector("div.explorer");
            const save = model.save_changes;
            model.save_changes = () => (save(), setTimeout(answer, 1));
        }"""
    )
    box = pad_of(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(box["x"] + 20 + 4 * i, box["y"] + 40 + 3 * (i % 7))
        page.wait_for_timeout(15)
    page.mouse.up()
    settle(page)
    page.wait_for_function(
        "drawn => sent.at(-1).strokes === JSON.stringify(drawn)", arg=strokes(page)
    )
    times = np.array(page.evaluate("sent.map(one => one.at)"))
    assert len(times) >= 4
    # The clock is read a little later than the pad reads it.
    assert np.diff(times).min() >= 90
    newest = json.loads(page.evaluate("sent.at(-1).strokes"))
    assert newest == strokes(page)
    # And one that does not answer is named.
    page.evaluate(
        "() => (document.querySelector('div.explorer').model.save_changes = () => {})"
    )
    draw_on(page, pad_of(page), SEVEN)
    expect(page.locator(".cx-advice")).to_contain_text("Waiting for the kernel")


def test_what_python_sets_is_shown(page: Page, tmp_path: Path, make: Any) -> None:
    show(page, tmp_path, make())
    set_state(page, strokes=[SEVEN], centred=False)
    assert strokes(page) == [[list(point) for point in SEVEN]]
    assert get_state(page, "centred") is False
    expect(page.get_by_label("Leave the drawing")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_everything_has_a_name_and_fits(page: Page, tmp_path: Path, make: Any) -> None:
    show(page, tmp_path, make(example=DIGIT))
    unnamed = page.locator(".cx").evaluate(
        """root => [...root.querySelectorAll("button, input, select, canvas")]
            .filter(e => !e.getAttribute("aria-label"))
            .map(e => e.outerHTML)"""
    )
    assert unnamed == []
    box = page.locator(".cx").bounding_box()
    assert box
    assert box["height"] < 460
