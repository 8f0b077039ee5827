"""A training watched, stopped and resumed in a real browser, as a class does it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from course_utils.widgets.training_monitor import TrainingMonitor
from tests.browser.alive import show
from tests.browser.jupyter import (
    Lab,
    command,
    open_notebook,
    open_slides,
    output,
    set_theme,
)
from tests.browser.slides import look

# Small pictures and wide batches: epochs of a few seconds with many batches.
SETUP = """\
import keras
import numpy as np
from course_utils import models, training
keras.utils.set_random_seed(0)
labels = np.random.default_rng(0).integers(0, 10, 6_000)
images = np.random.default_rng(1).integers(0, 99, (6_000, 28, 28), np.uint8)
images[np.arange(6_000), labels + 4] += 100
train, validation = (images[:5_500], labels[:5_500]), (images[5_500:], labels[5_500:])
model = models.mnist_small_cnn()"""
FIT = "run = training.fit(model, train, validation, epochs=50, batch_size=32)"
RESUME = (
    "run = training.fit(model, train, validation, epochs=run.epochs + 1, resume=run)"
)
ASK = (
    "best = np.argmin(run.history['val_loss'])\n"
    "print(run.stopped, run.epochs, run.best_epoch == best)"
)
LOSS = (
    "print(np.isclose(model.evaluate(*validation, verbose=0)[0], "
    "min(run.history['val_loss']), rtol=1e-3))"
)


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"90_{request.node.name}.ipynb"
    lab.add(name, [SETUP, FIT, ASK, LOSS, RESUME, "print('resumed', run.epochs)"])
    yield name
    (lab.folder / "notebooks" / name).unlink()


def monitor(place: Locator) -> Locator:
    return place.locator(".cx-training-monitor")


def epochs_done(place: Locator) -> int:
    """Marks of finished epochs in the first panel."""
    return place.locator("svg[role='img']").first.locator(".tm-validation-dot").count()


def watch_and_stop(place: Locator) -> int:
    """Wait for the second epoch or a later one, press stop; in which epoch it ended.

    On a fast computer an epoch may be over between two looks.
    """
    status = place.locator(".tm-status")
    later = r"epoch ([2-9]|[1-4]\d) of 50, batch \d+ of 172, \d+:\d\d left"
    expect(status).to_have_text(re.compile(later), timeout=240_000)
    done = epochs_done(place)
    assert done >= 1
    bar = place.get_by_role("progressbar", name="training progress")
    assert done / 50 <= bar.evaluate("bar => bar.value") < 1
    picture = place.get_by_role("img").first
    expect(picture).to_have_attribute(
        "aria-label", re.compile(r"loss by epoch; latest: training [\d.]+, validation")
    )
    stop = place.get_by_role("button", name="Stop training")
    stop.click()
    expect(status).to_have_text(re.compile("stopped in epoch"), timeout=60_000)
    expect(stop).to_be_hidden()
    expect(bar).to_be_hidden()
    words = status.inner_text()
    found = re.search(r"stopped in epoch (\d+) .*; weights of epoch \d+ kept", words)
    assert found, words
    assert epochs_done(place) == int(found[1])
    return int(found[1])


def test_stop_and_resume_in_jupyterlab(page: Page, lab: Lab, notebook: str) -> None:
    open_notebook(page, lab, notebook)
    page.evaluate(  # and do not wait
        "() => void window.jupyterapp.commands.execute('notebook:run-all-cells')"
    )
    first = monitor(output(page, FIT))
    ended = watch_and_stop(first)
    # The cells after it have run as usual: the run came back with its best weights.
    expect(output(page, ASK)).to_have_text(f"True {ended} True\n", timeout=120_000)
    expect(output(page, LOSS)).to_have_text("True\n", timeout=60_000)
    expect(output(page, "print('resumed'")).to_have_text(
        f"resumed {ended + 1}\n", timeout=120_000
    )
    second = monitor(output(page, "resume=run"))
    expect(second.locator(".tm-status")).to_have_text(re.compile("finished after"))
    assert epochs_done(second) == ended + 1
    # Light and dark: the curves must stand out from the page.
    for theme in ("light", "dark"):
        set_theme(page, theme)
        assert contrast(second) >= 3


def test_stop_on_a_slide(page: Page, lab: Lab, notebook: str) -> None:
    open_notebook(page, lab, notebook)
    command(page, "docmanager:save")
    open_slides(page, lab, notebook)
    run_slide(page)
    prompt = page.locator("section.present .jp-InputPrompt").first
    expect(prompt).to_have_text("[1]:", timeout=120_000)
    next_slide(page)
    run_slide(page)
    slide = monitor(page.locator("section.present"))
    ended = watch_and_stop(slide)
    assert not look(page).complaints
    next_slide(page)
    run_slide(page)
    expect(page.locator("section.present .jp-OutputArea-output")).to_have_text(
        f"True {ended} True\n", timeout=60_000
    )


def run_slide(page: Page) -> None:
    page.locator("section.present .cm-content").first.click()
    page.keyboard.press("Control+Enter")


def next_slide(page: Page) -> None:
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("PageDown")


def contrast(place: Locator) -> float:
    """The lower contrast of the two curves against the page, as WCAG counts it."""
    return place.evaluate(
        """root => {
            const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const back = light(getComputedStyle(root).backgroundColor);
            const ratios = ['.tm-train', '.tm-validation'].map(name => {
                const line = light(getComputedStyle(root.querySelector(name)).stroke);
                return (Math.max(line, back) + 0.05) / (Math.min(line, back) + 0.05);
            });
            return Math.min(...ratios);
        }"""
    )


def test_where_no_server_can_stop_the_kernel_it_says_who_can(
    page: Page, tmp_path: Path
) -> None:
    curves = {
        "loss": [2.0],
        "val_loss": [2.0],
        "accuracy": [0.1],
        "val_accuracy": [0.1],
    }
    watched = TrainingMonitor(title="a network", epochs=2)
    watched.tell(history=curves, epoch=2, batch=1, batches=9, phase="training")
    show(page, tmp_path, watched)
    stop = page.get_by_role("button", name="Stop training")
    hint = page.get_by_text("To stop, interrupt the kernel")
    expect(hint).to_be_hidden()
    stop.click()
    expect(hint).to_be_visible()
    expect(stop).to_be_enabled()  # it has not pretended to stop
