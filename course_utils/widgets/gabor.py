"""GaborExplorer: a wave under a bell, and where a picture answers to it."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from skimage import data
from skimage.color import rgb2gray
from skimage.transform import resize

from course_utils import datasets, filters, plotting
from course_utils.widgets.explorer import ImageExplorer, as_unit_image, script

RANGES = {"frequency": (0.01, 1.0), "theta": (0.0, math.pi), "sigma": (0.1, 5.0)}
PHASES = np.exp(2j * np.pi * np.arange(16) / 16)
PHOTO = 160  # pixels: the largest kernel answers on it within a frame


class GaborExplorer(ImageExplorer):
    """Turn, stretch and widen a Gabor kernel and see where a picture answers.

    Parameters
    ----------
    images : array or mapping of name to array, optional
        Pictures (H, W) or (H, W, 3), uint8 or 0..1; colour is made gray. Default: a
        photograph, a brick wall, a house number, a piece of clothing, a digit, rings.
    frequency : float
        Waves per pixel, 0.01 to 1.
    theta : float
        Direction in which the wave runs, 0 (to the right) to pi, in radians.
    sigma : float
        Standard deviation of the bell in pixels, 0.1 to 5.
    fit : bool
        Whether colours span what this response reaches, instead of what the kernel
        can reach on any picture in 0..1.

    All of them, and `image_name`, can be read and set while the explorer is shown.

    Examples
    --------
    >>> stripes = np.tile([1.0, 1.0, 0.0, 0.0], (28, 7))
    >>> explorer = GaborExplorer(stripes, frequency=0.25, theta=0, sigma=3)
    >>> along = explorer.response().mean()
    >>> explorer.theta = np.pi / 2
    >>> bool(along > 1000 * explorer.response().mean())
    True
    """

    _esm = script("gabor_filter", "gabor")

    frequency = traitlets.Float(0.16).tag(sync=True)
    theta = traitlets.Float(1.2).tag(sync=True)
    sigma = traitlets.Float(4.0).tag(sync=True)
    fit = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        images: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(default_images() if images is None else images, **traits)

    @staticmethod
    def prepare(image: npt.ArrayLike) -> np.ndarray:
        """Return a picture as the explorer holds it: see `as_gray`."""
        return as_gray(image)

    @traitlets.validate("frequency", "theta", "sigma")
    def _in_range(self, proposal: Any) -> float:
        low, high = RANGES[proposal.trait.name]
        if not low <= proposal.value <= high:  # NaN fails too
            raise ValueError(
                f"{proposal.trait.name}: {proposal.value}; allowed: {low:g} to {high:g}"
            )
        return proposal.value

    def kernel(self) -> np.ndarray:
        """Return the kernel, complex (h, h), from `filters.gabor_kernel`."""
        return filters.gabor_kernel(self.frequency, self.theta, self.sigma)

    def response(self) -> np.ndarray:
        """Return the magnitude of the answer at each pixel of the picture, (H, W)."""
        return filters.gabor_magnitude(self.images[self.image_name], self.kernel())

    def limit(self) -> float:
        """Return the magnitude that has the strongest colour; see `fit`."""
        if self.fit:
            return float(self.response().max()) or 1.0
        # The best picture is white where the wave is positive, for the best place of
        # its crest.
        waves = (self.kernel()[..., np.newaxis] * PHASES).real
        return float(np.maximum(waves, 0).sum(axis=(0, 1)).max())

    def summary(self) -> str:
        """Say the present state in one line."""
        rows, columns = self.images[self.image_name].shape
        return (
            f"frequency {self.frequency:g}, theta {self.theta:g}, sigma {self.sigma:g} "
            f"on {self.image_name} ({rows}x{columns}), largest answer "
            f"{self.response().max():.2g}"
        )

    def figure(self) -> Figure:
        """Draw kernel, picture and response with matplotlib."""
        image, kernel = self.images[self.image_name], self.kernel()
        size, largest = len(kernel), np.abs(kernel).max()
        figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
        part = functools.partial(plotting.show_image, limit=largest, signed=True)
        part(axes[0], kernel.real, f"real part, {size}×{size}")
        part(axes[1], kernel.imag, "imaginary part")
        _draw_wave(axes[0], self.frequency, self.theta, self.sigma, size)
        plotting.show_image(axes[2], image, self.image_name)
        drawn = plotting.show_image(
            axes[3],
            self.response(),
            "response magnitude",
            limit=self.limit(),
            cmap="cividis",
        )
        figure.colorbar(drawn, ax=axes[3], shrink=0.8)
        return figure


def _draw_wave(
    ax: Axes, frequency: float, theta: float, sigma: float, size: int
) -> None:
    """Draw one wavelength in the wave's direction, and the bell's width as a circle."""
    middle, length = size // 2, min(1 / frequency, size / 2)
    tip = (middle + length * math.cos(theta), middle + length * math.sin(theta))
    ax.add_patch(Circle((middle, middle), sigma, fill=False, ls=":", lw=1.5))
    ax.annotate("", tip, (middle, middle), arrowprops={"arrowstyle": "->", "lw": 2})


def as_gray(image: npt.ArrayLike) -> np.ndarray:
    """Return an image as the kernel sees it: gray, float32 (H, W) in 0..1."""
    values = as_unit_image(image)
    return np.clip(rgb2gray(values), 0, 1) if values.ndim == 3 else values


def default_images() -> dict[str, np.ndarray]:
    """Return two photographs, a house number, clothing, a digit, rings."""
    numbers, digits = datasets.svhn("sample").test, datasets.mnist("sample").test
    clothes = datasets.fashion_mnist("sample")
    clothing = clothes.class_names[clothes.test.labels[0]]
    size = (PHOTO, PHOTO)
    return {
        "photograph: cat": resize(
            as_gray(data.chelsea()[:, 75:375]), size, anti_aliasing=True
        ),
        "photograph: bricks": resize(as_gray(data.brick()), size, anti_aliasing=True),
        f"house number {numbers.labels[0]} (drawn)": numbers.images[0],
        f"clothing: {clothing}": clothes.test.images[0],
        f"digit {digits.labels[0]}": digits.images[0],
        "rings: every wave": rings(PHOTO),
    }


def rings(size: int) -> np.ndarray:
    """Return rings around the middle, (size, size) in 0..1: every wave is somewhere.

    The wave runs outward in each direction. Its frequency grows with the distance,
    from 0 to half a wave per pixel at the middle of each side.
    """
    middle = np.arange(size) - (size - 1) / 2
    squared = middle[:, np.newaxis] ** 2 + middle**2
    return 0.5 + 0.5 * np.cos(np.pi * squared / size)
