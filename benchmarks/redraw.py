"""How long do the heaviest explorers reckon and draw before a frame can be shown?

python -m benchmarks.redraw

The largest case of two explorers in one browser run: a Gabor kernel of 31 x 31 on the
largest picture, and a page of 32 maps of 56 x 56. At 60 frames a second there are
16.7 ms for a frame, for all that a page does.
"""

import statistics
import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import launched
from course_utils.widgets import FeatureMapExplorer, GaborExplorer
from course_utils.widgets.explorer import Explorer
from course_utils.widgets.gabor import PHOTO, rings
from tests.browser.alive import show
from tests.browser.conftest import SIZE

MOVES = 120
# Milliseconds from the beginning of a frame to the end of what the explorer does in it.
SPENT = """async ([moves, name, values]) => {
    const { model } = document.querySelector("div.explorer");
    const spent = [];
    for (let k = 0; k < moves; k++) {
        model.set(name, values[k % values.length]);
        // Registered after the explorer's own callback, so it runs after it.
        spent.push(await new Promise(r => requestAnimationFrame(
            start => r(performance.now() - start))));
    }
    return spent;
}"""


def gabor() -> Explorer:
    return GaborExplorer({"rings": rings(PHOTO)}, image_name="rings", sigma=5, theta=0)


def feature_maps() -> Explorer:
    model = keras.Sequential(
        [keras.Input((58, 58, 3)), layers.Conv2D(64, 3, activation="relu", name="conv")]
    )
    images = np.random.default_rng(0).integers(0, 256, (2, 58, 58, 3), np.uint8)
    return FeatureMapExplorer(model, dict(zip("ab", images)))


HEAVIEST = {
    "Gabor, 31 x 31": (gabor, "frequency", [0.01 + k / 100 for k in range(60)]),
    "feature maps, 32 of 56 x 56": (feature_maps, "filter", [*range(1, 64, 7)]),
}


def measure(page: Page, folder: Path, case: str) -> list[float]:
    make, name, values = HEAVIEST[case]
    show(page, folder, make())
    page.evaluate(SPENT, [10, name, values])  # warm up
    return page.evaluate(SPENT, [MOVES, name, values])


def main() -> None:
    print(f"{'work for one frame':<36}{'median':>12}{'p95':>12}{'of a frame':>14}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = launched(playwright).new_page(viewport=SIZE)
        for case in HEAVIEST:
            spent = measure(page, Path(folder), case)
            median, late = statistics.median(spent), statistics.quantiles(spent, n=20)
            print(
                f"{case:<36}{median:>9.1f} ms{late[-1]:>9.1f} ms"
                f"{median * 60 / 1000:>14.0%}"
            )


if __name__ == "__main__":
    main()
