"""Lesson 09: a picture is turned in a page without a kernel, and on a slide."""

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from course_utils.widgets.turning import TurningExplorer
from tests.browser.alive import get_state, pictures, set_state, settle, show
from tests.browser.jupyter import Lab, command, open_notebook, open_slides, run_all

RNG = np.random.default_rng(9)
ANGLES = list(range(0, 181, 30))


def made() -> TurningExplorer:
    frames = RNG.integers(0, 256, (2, 7, 28, 28)).astype(np.uint8)
    shares = RNG.dirichlet(np.full(10, 0.4), (3, 2, 7))
    return TurningExplorer(
        {"a digit": frames[0], "a boot": frames[1]},
        dict(zip(["one network", "dropout", "ensemble"], shares)),
        ANGLES,
        "0123456789",
    )


def said(page: Page) -> str:
    return page.evaluate("document.querySelector('.cx').explorer.said()")


def test_browser_and_python_say_the_same_in_every_state(
    page: Page, tmp_path: Path
) -> None:
    explorer = made()
    show(page, tmp_path, explorer)
    seen = set()
    for picture in ("a digit", "a boot"):
        for angle in ANGLES:
            set_state(page, picture=picture, angle=angle)
            explorer.picture, explorer.angle = picture, angle
            assert explorer.summary().split(". ", 1)[1] == said(page)
            widths = page.locator(".cx-track i").evaluate_all(
                "all => all.map(bar => parseFloat(bar.style.width))"
            )
            wanted = 100 * np.concatenate(list(explorer.now().values()))
            np.testing.assert_allclose(widths, wanted, atol=0.01)
            seen.add(pictures(page)[0])
    assert len(seen) == 2 * len(ANGLES)


def test_each_control_turns_it(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, made())
    before = said(page), pictures(page)
    page.get_by_role("button", name="angle: more").click()
    settle(page)
    assert get_state(page, "angle") == 30
    assert said(page) != before[0]
    assert pictures(page) != before[1]
    page.get_by_role("slider").press("ArrowRight")
    assert get_state(page, "angle") == 60
    page.get_by_role("button", name="angle: less").click()
    assert get_state(page, "angle") == 30
    page.get_by_role("button", name="picture: next").click()
    assert get_state(page, "picture") == "a boot"
    page.get_by_role("combobox").select_option("a digit")
    assert get_state(page, "picture") == "a digit"


@pytest.mark.timeout(120)
def test_it_lives_on_a_slide(page: Page, lab: Lab) -> None:
    frames, shares = np.full((2, 28, 28), 0.5).tolist(), np.eye(10)[[3, 8]].tolist()
    source = (
        "import numpy as np\n"
        "from course_utils.widgets.turning import TurningExplorer\n"
        f"frames, shares = np.array({json.dumps(frames)}), np.array({shares})\n"
        "TurningExplorer({'it': frames}, {'one': [shares]}, [0, 90], '0123456789')"
    )
    lab.add("90_turning.ipynb", [source])
    open_notebook(page, lab, "90_turning.ipynb")
    run_all(page)
    command(page, "docmanager:save")
    open_slides(page, lab, "90_turning.ipynb")
    root = page.locator("section.present .cx-turning")
    root.get_by_role("button", name="angle: more").click()
    expect(root.locator(".cx-note")).to_contain_text("says 8")
    root.get_by_role("slider").press("ArrowLeft")
    expect(root.locator(".cx-note")).to_contain_text("says 3")
    assert root.is_visible()  # the arrow did not turn the page
