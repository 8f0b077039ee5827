"""Images as what they are: their numbers, each in its pixel."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from course_utils.plotting.pictures import checked_pixels, show_image


def show_numbers(
    ax: Axes,
    array: ArrayLike,
    title: str = "",
    *,
    limit: float | None = None,
    signed: bool | None = None,
) -> AxesImage:
    """Draw an image (H, W) as `show_image` does, with its numbers written in.

    For up to about 28 x 28 pixels on a figure 7 inches high.
    """
    numbers = checked_pixels(array)
    if numbers.ndim == 3:
        raise ValueError(
            f"array of shape {numbers.shape} has colours: choose one channel, for "
            "example array[:, :, 0]"
        )
    drawn = show_image(ax, numbers, title, limit=limit, signed=signed)
    texts = [_short(number) for number in numbers.flat]
    box = ax.get_window_extent()  # before the layout: roughly its size
    pixel = min(box.width / numbers.shape[1], box.height / numbers.shape[0])
    cell = pixel * 72 / ax.figure.dpi  # in points
    size = min(14, 0.5 * cell, 1.5 * cell / max(map(len, texts)))
    for (row, column), text in zip(np.ndindex(numbers.shape), texts):
        red, green, blue, _ = drawn.to_rgba(numbers[row, column])
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        ax.text(
            column,
            row,
            text,
            size=size,
            color="white" if dark else "black",
            ha="center",
            va="center_baseline",
        )
    return drawn


def _short(number: float) -> str:
    """Two decimals at most, and no more characters than needed: .25, -1, 0.5 as .5."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return "0" if text in ("-0", "-") else text.replace("-", "−")
