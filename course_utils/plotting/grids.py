"""Many pictures side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from course_utils.plotting.numbers import show_numbers
from course_utils.plotting.pictures import show_image


def show_grid(
    images: Sequence[ArrayLike] | Mapping[Any, ArrayLike] | NDArray[Any],
    titles: Sequence[Any] | None = None,
    columns: int = 8,
    *,
    numbers: bool = False,
    panel: float = 1.5,
    limit: float | None = None,
    signed: bool | None = None,
    cmap: str = "gray",
    title_size: float = 11,
) -> Figure:
    """Draw images side by side, in rows.

    Parameters
    ----------
    images : list of images, array (N, H, W[, C]), or dict title -> image
        Each as in `show_image`.
    titles : list, optional
        One for each image; by default the keys of a dict, else none.
    columns : int
        Images in a row.
    numbers : bool
        Whether to write the numbers in, as `show_numbers` does.
    panel : float
        Width and height for each image, in inches (100 pixels).
    limit, signed, cmap
        As in `show_image`. Give a `limit` to all to make their colours comparable.
    title_size : float
        Height of the titles, in points; there is room for 16.
    """
    if isinstance(images, Mapping):
        titles = list(images) if titles is None else titles
        images = list(images.values())
    if not len(images):
        raise ValueError("images is empty: there is nothing to draw")
    if titles is None:
        titles = [""] * len(images)
    if len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    height = panel + 0.35 * any(titles)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(columns * panel, rows * height),
        squeeze=False,
        layout="constrained",
    )
    for ax, image, title in zip(axes.flat, images, titles):
        if numbers:
            show_numbers(ax, image, str(title), limit=limit, signed=signed)
        else:
            show_image(ax, image, str(title), limit=limit, signed=signed, cmap=cmap)
        ax.set_title(str(title), size=title_size)
    for ax in axes.flat[len(images) :]:
        ax.set_axis_off()
    return figure


def show_kernels(
    kernels: Sequence[ArrayLike] | Mapping[Any, ArrayLike] | NDArray[Any],
    titles: Sequence[Any] | None = None,
    columns: int = 5,
    *,
    limit: float | None = None,
) -> Figure:
    """Draw kernels (h, w) in signed colours, with their weights if they are small.

    The arguments are those of `show_grid`. Without `limit` each kernel has its own
    strongest colour.
    """
    images = list(kernels.values() if isinstance(kernels, Mapping) else kernels)
    small = all(np.size(kernel) <= 25 for kernel in images)
    return show_grid(
        kernels, titles, columns, numbers=small, panel=1.9, limit=limit, signed=True
    )
