"""How tall the widgets are that live on a slide; their stored pictures are lower."""

import re

from nbformat import NotebookNode
from playwright.sync_api import Page

SETUP = """\
import keras
import numpy as np
from course_utils import models
from course_utils.widgets import *
from course_utils.widgets.training_monitor import TrainingMonitor
from course_utils.widgets.turning import TurningExplorer

gray = np.eye(32)
colour = np.dstack([gray, gray[::-1], gray / 3])
network = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(40, 3)])
answers = {name: np.full((1, 7, 10), 0.1) for name in "abcd"}
monitor = TrainingMonitor(title="a network", epochs=2)
curves = {"loss": [2, 1], "accuracy": [0, 1]}
curves |= {f"val_{name}": values for name, values in curves.items()}
monitor.tell(history=curves, best_epoch=1, phase="done")"""

# What the widget says of itself: one like in the lessons, and pixels of 720.
LIVING = {
    r"ConvolutionExplorer: .*\(\d+x\d+\)": ("ConvolutionExplorer(gray)", 487),
    r"ConvolutionExplorer: .*x3\)": (
        "ConvolutionExplorer({'house number 6': colour}, colour=True)",
        496,
    ),
    "GaborExplorer": ("GaborExplorer()", 480),
    "PoolingExplorer": ("PoolingExplorer()", 561),
    "FeatureMapExplorer": ("FeatureMapExplorer(network, {'a': colour})", 485),
    "TurningExplorer": (
        "TurningExplorer({'a': [gray] * 7}, answers, range(0, 181, 30), '0123456789')",
        341,
    ),
    "TrainingExplorer: .* 44,826 weights": (
        "TrainingExplorer('sigmoid in depth')",
        611,
    ),
    "TrainingExplorer": ("TrainingExplorer()", 571),
    "DigitPad": ("DigitPad(models.mnist_small_cnn())", 398),
    "TrainingMonitor": ("monitor", 305),
}

# From its upper edge to the end of what is seen.
HEIGHT = """explorer => Math.max(
    ...[...explorer.querySelectorAll(":scope > :not(.cx-hidden)")]
        .map(part => part.getBoundingClientRect().bottom)
) - explorer.getBoundingClientRect().top"""


def with_heights(notebook: NotebookNode) -> NotebookNode:
    """Note at each stored picture of a widget how tall the living one is."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            says = output.get("data", {}).get("text/plain", "")
            for pattern, (_, height) in LIVING.items():
                if re.match(pattern, says):
                    output.metadata.setdefault("image/png", {})["height"] = height
    return notebook


def keep_their_place(page: Page, notebook: NotebookNode) -> None:
    """Make the noted pictures as tall as the living widgets, whatever their ratio."""
    heights = [
        output.metadata["image/png"]["height"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "height" in output.get("metadata", {}).get("image/png", {})
    ]
    drawn = page.locator("img[height]").evaluate_all(
        """pictures => pictures.map(picture => {
            picture.style.cssText +=
                `max-height: none; width: 1100px; margin-bottom: 10px; ` +
                `height: ${picture.getAttribute("height")}px`;
            return picture.height;
        })"""
    )
    assert drawn == heights
    # In a deck it grows as what it stands for will grow.
    page.evaluate(
        """() => {
            if (!window.arrangeSlide) return;
            for (const picture of document.querySelectorAll("img[height]")) {
                const explorer = document.createElement("div");
                explorer.className = "explorer";
                picture.replaceWith(explorer);
                explorer.append(picture);
                picture.style.maxWidth = "none";
            }
            arrangeSlide(Reveal.getCurrentSlide());
        }"""
    )
