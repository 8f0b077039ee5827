"""What a page without network learns in the training explorer, and what it is worth."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from skimage.morphology import skeletonize

from course_utils import datasets
from course_utils.widgets import DigitPad, TrainingExplorer
from course_utils.widgets.training_explorer import unpacked
from tests.browser.alive import pad_of, show
from tests.browser.exported import lesson, open_file, shown

pytestmark = pytest.mark.tensorflow
RUN = 'document.querySelector(".cx-training-explorer").explorer.run'
EPOCHS = 8  # at most, of 94 steps
LEARN = f"""async epochs => {{
    const run = {RUN};
    const rest = async steps => {{
        run.learn(steps);
        const to = run.now.steps + steps;
        while (run.now.steps < to || run.now.busy)
            await new Promise(r => setTimeout(r, 30));
        return run.validation.at(-1)[2];
    }};
    while (!run.answers || run.now.busy) await new Promise(r => setTimeout(r, 30));
    let best = 0;
    for (let epoch = 0; epoch < epochs && best < 0.95; epoch++) best = await rest(94);
    const {{ index, probabilities }} = run.now.look;
    const {{ model }} = document.querySelector("div.explorer");
    const told = await new Promise(done => {{
        model.on("change:_learned", () => done(model.get("_learned")));
        run.tellWeights();
    }});
    return {{ best, told, index, probabilities: [...probabilities] }};
}}"""


def neighbours(points: set[tuple[int, int]], at: tuple[int, int]) -> list:
    y, x = at
    around = [
        (y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
    ]
    # Straight ones first, so that a line does not leave its corners behind.
    around.sort(key=lambda p: abs(p[0] - y) + abs(p[1] - x))
    return [point for point in around if point in points]


def strokes_of(digit: np.ndarray) -> Iterator[list[tuple[float, float]]]:
    """Lines (x, y) along the middle of a digit's ink, as a pen would draw them."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(skeletonize(digit > 100)))}
    while left:
        at = min(left, key=lambda point: (len(neighbours(left, point)), point))
        line = [at]
        left.remove(at)
        while following := neighbours(left, at):
            at = following[0]
            line.append(at)
            left.remove(at)
        yield [(x + 0.5, y + 0.5) for y, x in line]


def test_a_page_learns_to_read_and_reads_what_is_drawn(
    page: Page, tmp_path: Path
) -> None:
    explorer = TrainingExplorer("good")
    page.context.set_offline(True)
    cells = lesson(shown(explorer), widgets=[explorer])
    file = open_file(page, tmp_path, cells, "page")
    assert file.stat().st_size < 3e6
    found: dict[str, Any] = page.evaluate(LEARN, EPOCHS)
    assert found["best"] >= 0.95
    # The same network in Python.
    explorer._learned = found["told"]
    model = explorer.model()
    assert model.count_params() == explorer.weights()
    image = unpacked(explorer._digits)[3_000 + found["index"]]
    answer = model(image[None, :, :, None].astype("float32"))[0]
    np.testing.assert_allclose(answer, found["probabilities"], atol=1e-4)
    # And at work, on a page again: digits of others, drawn with a pen.
    show(page, tmp_path, DigitPad(model))
    test = datasets.mnist("sample").test
    pad_of(page).wait_for()
    says = []
    for digit in range(10):
        lines = list(strokes_of(test.images[np.flatnonzero(test.labels == digit)[0]]))
        says.append(page.evaluate(DRAW, lines))
    assert sum(int(said == digit) for digit, said in enumerate(says)) >= 9, says


# Draws lines with a pen, as the browser tells of one, and reads what is answered.
DRAW = """async lines => {
    const pad = document.querySelector(".cx-pad");
    const frames = async () => { for (let i = 0; i < 3; i++)
        await new Promise(requestAnimationFrame); };
    const clear = document.querySelector("[aria-label='Clear the pad']");
    if (!clear.disabled) { clear.click(); await frames(); }
    const box = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {}; // there is no real pointer behind these events
    const tell = (type, [x, y]) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 7, pointerType: "pen", button: 0, buttons: 1, bubbles: true,
        clientX: box.left + x * box.width / 28,
        clientY: box.top + y * box.height / 28 }));
    for (const line of lines) {
        tell("pointerdown", line[0]);
        for (const point of line.slice(1)) tell("pointermove", point);
        tell("pointerup", line.at(-1));
    }
    await frames();
    return document.querySelector(".cx-digit-pad").explorer.answer.best;
}"""
