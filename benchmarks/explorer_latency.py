"""How long from moving a slider to the new picture on the screen?

python -m benchmarks.explorer_latency

Measured in one browser run: (a) ipywidgets' `interact` with a new matplotlib figure,
as most courses do it, and (b) the course's explorer. Both show the same: a digit, the
window, the output so far. A time ends with the animation frame after the one in which
the picture changed: then it is on the screen.
"""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import launched
from tests.browser.conftest import SIZE
from tests.browser.jupyter import Lab, open_notebook, run_all

INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import IntSlider, interact
from course_utils import datasets, filters

image = datasets.mnist("sample").test.images[0] / 255
output = filters.convolve(image, filters.KERNELS["vertical Sobel"], padding="same")

@interact(step=IntSlider(300, 0, 783))
def draw(step):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4))
    row, column = divmod(step, 28)
    left.imshow(image, cmap="gray")
    left.add_patch(plt.Rectangle((column - 1.5, row - 1.5), 3, 3, fill=False))
    reached = np.arange(784).reshape(28, 28) <= step
    right.imshow(np.where(reached, output, np.nan), cmap="RdBu", vmin=-4, vmax=4)
    plt.show()
"""
EXPLORER = """
from course_utils.widgets import ConvolutionExplorer
ConvolutionExplorer(image, step=300)
"""
MOVES = 60

# Both return the milliseconds of each move, measured inside the page.
MEASURE = """async ([moves, move, picture]) => {
    const act = new Function(move), look = new Function(picture);
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    for (let i = 0; i < moves; i++) {
        const before = look();
        await frame();
        // Hands know no frames.
        await new Promise(r => setTimeout(r, 17 * Math.random()));
        const start = performance.now();
        act();
        while (look() === before) await frame();
        await frame();
        times.push(performance.now() - start);
        await new Promise(r => setTimeout(r, 100)); // let the kernel come to rest
    }
    return times;
}"""
KEY = """document.querySelector('.jp-OutputArea .noUi-handle').dispatchEvent(
    new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"""
IMAGE = """const image = document.querySelector('.jp-OutputArea .widget-output img');
    return image && image.complete ? image.src : 'none'"""
RANGE = """const range = document.querySelector('.cx input[type=range]');
    range.value = range.valueAsNumber + 1;
    range.dispatchEvent(new Event('input', {bubbles: true}))"""
# Written by the same redraw as the canvas, which itself takes milliseconds to read.
CANVAS = "return document.querySelector('.cx-total').textContent"
FRAME = """async () => {
    const times = [];
    for (let i = 0; i < 60; i++) times.push(await new Promise(requestAnimationFrame));
    return times.slice(1).map((time, i) => time - times[i]);
}"""


def measure(page: Page, move: str, picture: str) -> list[float]:
    page.evaluate(MEASURE, [5, move, picture])  # warm up
    return page.evaluate(MEASURE, [MOVES, move, picture])


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launched(playwright)
        lab = Lab(Path(folder))
        try:
            lab.add("bench.ipynb", [INTERACT, EXPLORER])
            page = browser.new_page(viewport=SIZE | {"height": 1600})
            open_notebook(page, lab, "bench.ipynb")
            run_all(page)
            page.locator(".jp-OutputArea .widget-output img").wait_for()
            page.locator(".cx canvas").first.wait_for()
            theirs = measure(page, KEY, IMAGE)
            ours = measure(page, RANGE, CANVAS)
            frame = statistics.median(page.evaluate(FRAME))
        finally:
            lab.stop()
    print(f"{'from input to picture':<36}{'median':>10}{'p95':>10}")
    for name, times in (
        ("interact, new matplotlib figure", theirs),
        ("explorer", ours),
    ):
        print(f"{name:<36}{statistics.median(times):>7.0f} ms{p95(times):>7.0f} ms")
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"ratio of the medians {ratio:.1f}; one frame takes {frame:.1f} ms here")


if __name__ == "__main__":
    main()
