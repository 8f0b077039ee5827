"""Explorers alive in a plain page, as the tests see them."""

from pathlib import Path

from playwright.sync_api import Locator, Page

from course_utils.widgets.explorer import Explorer
from tools import standalone

TWO_FRAMES = (
    "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
)


def show(page: Page, folder: Path, *explorers: Explorer) -> None:
    """Open a page with these explorers and wait until they live."""
    file = folder / "explorer.html"
    file.write_text(standalone.page(*explorers), encoding="utf-8")
    page.goto(file.as_uri())
    for place in page.locator("div.explorer").all():
        place.and_(page.locator("[data-alive]")).wait_for()
    settle(page)


def settle(page: Page) -> None:
    """Wait until what was changed is drawn."""
    page.evaluate(TWO_FRAMES)


def set_state(page: Page, **state: object) -> None:
    """Change traits of the first explorer, as the kernel would."""
    page.evaluate(
        """state => {
            const { model } = document.querySelector("div.explorer");
            for (const [name, value] of Object.entries(state)) model.set(name, value);
        }""",
        state,
    )
    settle(page)


def get_state(page: Page, name: str) -> object:
    """Read a trait of the first explorer in the browser."""
    return page.evaluate(
        'name => document.querySelector("div.explorer").model.get(name)', name
    )


def pictures(page: Page) -> list[str]:
    """What the canvases show now, to compare with later."""
    return page.locator("canvas").evaluate_all("all => all.map(c => c.toDataURL())")


def pad_of(place: Page | Locator) -> Locator:
    return place.locator(".cx-pad")


def draw_on(page: Page, canvas: Locator, points: list, steps: int = 8) -> None:
    """Draw one line with the mouse, in pixels of the network's picture."""
    box = canvas.bounding_box()
    assert box
    places = [
        (box["x"] + x * box["width"] / 28, box["y"] + y * box["height"] / 28)
        for x, y in points
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()
    settle(page)


def draws(page: Page, name: str, values: list[float]) -> int:
    """How often canvases are drawn on while a trait takes these values in one frame."""
    count = page.evaluate(
        """async ([name, values]) => {
            const { model } = document.querySelector("div.explorer");
            const painter = CanvasRenderingContext2D.prototype;
            const { putImageData, drawImage } = painter;
            let count = 0;
            painter.putImageData = function (...given) {
                count++; return putImageData.apply(this, given); };
            painter.drawImage = function (...given) {
                count++; return drawImage.apply(this, given); };
            for (const value of values) model.set(name, value);
            for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
            Object.assign(painter, { putImageData, drawImage });
            return count;
        }""",
        [name, values],
    )
    return int(count)
