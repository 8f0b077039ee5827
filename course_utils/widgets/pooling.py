"""PoolingExplorer: pool a picture, move it by a pixel, and compare the maps."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import ndimage
from skimage import data, transform
from skimage.color import rgb2gray

from course_utils import datasets, filters, plotting
from course_utils.widgets.explorer import ImageExplorer, no_output, script

INT = traitlets.Int()
LARGEST = 7
FARTHEST = 4
KERNELS = ["one pixel", "blur", "vertical edge"]


class PoolingExplorer(ImageExplorer):
    """Pool a picture before and after a small shift, beside a strided convolution.

    Parameters
    ----------
    images : array or mapping of name to array, optional
        Pictures or feature maps (H, W) of any finite numbers, or (H, W, 3), which are
        made gray; uint8 is divided by 255. Default: a digit, one of its feature maps,
        a house number, a photograph and sixteen small numbers.
    kind : "max", "average" or "l2"
        What pooling makes of a window, as in `filters.pool`.
    size : int
        Height and width of the window, 1 to 7 pixels; also of the convolution's kernel.
    stride : int, optional
        Pixels from one window to the next, 1 to 7; None is the window's size.
    padding : "valid" or "same"
        As in `filters.pool`. The convolution takes padding as zeros.
    shift : (int, int)
        How far the picture is moved down and to the right, -4 to 4 pixels. Zeros
        enter where it leaves the border.
    kernel : "one pixel", "blur" or "vertical edge"
        Weights of the strided convolution; see `strided_kernel`.
    place : (int, int)
        Row and column of the output whose window is in sight.

    All of them, and `image_name`, can be read and set while the explorer is shown.

    Examples
    --------
    >>> explorer = PoolingExplorer(np.eye(4), shift=(0, 1))
    >>> explorer.output().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> explorer.output(shifted=True).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """

    _esm = script("pooling")

    kind = traitlets.Unicode("max").tag(sync=True)
    size = traitlets.Int(2, min=1, max=LARGEST).tag(sync=True)
    stride = traitlets.Int(None, min=1, max=LARGEST, allow_none=True).tag(sync=True)
    padding = traitlets.Unicode("valid").tag(sync=True)
    shift = traitlets.Tuple(INT, INT, default_value=(0, 0)).tag(sync=True)
    kernel = traitlets.Unicode("one pixel").tag(sync=True)
    # On the strokes of most digits.
    place = traitlets.Tuple(INT, INT, default_value=(5, 6)).tag(sync=True)
    _kernels = traitlets.List(KERNELS).tag(sync=True)

    def __init__(
        self,
        images: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(default_images() if images is None else images, **traits)

    @staticmethod
    def prepare(image: npt.ArrayLike) -> np.ndarray:
        """Return a picture as the explorer holds it: see `as_map`."""
        return as_map(image)

    @traitlets.validate("kind", "padding", "kernel")
    def _known(self, proposal: Any) -> str:
        name = proposal.trait.name
        allowed = {
            "kind": ["max", "average", "l2"],
            "padding": ["valid", "same"],
            "kernel": KERNELS,
        }[name]
        if proposal.value not in allowed:
            raise ValueError(
                f"{name}: {proposal.value!r}; allowed are "
                f"{', '.join(map(repr, allowed))}"
            )
        return proposal.value

    @traitlets.validate("shift", "place")
    def _in_range(self, proposal: Any) -> tuple[int, int]:
        name = proposal.trait.name
        low, high = (-FARTHEST, FARTHEST) if name == "shift" else (0, math.inf)
        if not all(low <= number <= high for number in proposal.value):
            raise ValueError(
                f"{name}: {proposal.value}; allowed are two whole numbers "
                f"from {low} to {high}"
            )
        return proposal.value

    def picture(self, *, shifted: bool = False) -> np.ndarray:
        """Return the picture, (H, W), before or after the shift."""
        image = self.images[self.image_name]
        return shifted_image(image, self.shift) if shifted else image

    def output(self, *, shifted: bool = False) -> np.ndarray:
        """Return the pooled map, (H', W'), computed by `filters.pool`."""
        return filters.pool(
            self.picture(shifted=shifted),
            self.size,
            stride=self.stride,
            padding=self.padding,
            kind=self.kind,
        )

    def strided(self, *, shifted: bool = False) -> np.ndarray:
        """Return the strided convolution with the same window, stride and padding."""
        return filters.convolve(
            self.picture(shifted=shifted),
            strided_kernel(self.kernel, self.size),
            stride=self.stride or self.size,
            padding=self.padding,
        )

    def distances(self) -> dict[str, float]:
        """Return how far the shift moves the picture and each of the two maps.

        See `relative_distance`; the keys are "picture", "pooled" and "strided".
        """
        maps = {"picture": self.picture, "pooled": self.output, "strided": self.strided}
        return {
            name: relative_distance(make(), make(shifted=True))
            for name, make in maps.items()
        }

    def summary(self) -> str:
        """Say the present state in one line."""
        rows, columns = self.picture().shape
        down, right = self.shift
        state = (
            f"{self.kind} pooling of {self.image_name} ({rows}x{columns}), window "
            f"{self.size}, stride {self.stride or self.size}, padding {self.padding}, "
            f"beside a strided {self.kernel} convolution; shift {down} down, "
            f"{right} right"
        )
        try:
            far = self.distances()
        except ValueError:
            return f"{state}; the window does not fit"
        return state + "; distance " + ", ".join(f"{n} {d:.2f}" for n, d in far.items())

    def figure(self) -> Figure:
        """Draw picture, maps and window, before and after the shift."""
        try:
            far = self.distances()
        except ValueError as error:
            return no_output(error)
        stride = self.stride or self.size
        row, column = (min(at, n - 1) for at, n in zip(self.place, self.output().shape))
        top, left = (
            at * stride - filters.padding_amounts(n, self.size, stride, self.padding)[0]
            for at, n in zip((row, column), self.picture().shape)
        )
        figure, axes = plt.subplots(2, 4, figsize=(11, 5.4), layout="constrained")
        here = row, column
        boxes = (top, left, (self.size, self.size)), here, here
        makers = self.picture, self.output, self.strided
        titles = "picture", f"{self.kind} pooling", "strided convolution"
        for pair, make, title, box, name in zip(axes.T, makers, titles, boxes, far):
            maps = make(), make(shifted=True)
            size = "×".join(map(str, maps[0].shape))
            for axis, values, words in zip(
                pair, maps, (f"{title} {size}", f"distance {far[name]:.2f}")
            ):
                small = max(values.shape) <= LARGEST
                draw = plotting.show_numbers if small else plotting.show_image
                draw(axis, values, words, **_common_colours(maps))
                plotting.mark(axis, *box)
        for axis, shifted in zip(axes[:, 3], (False, True)):
            pooled = self.output(shifted=shifted)[row, column]
            self._draw_window(axis, self.picture(shifted=shifted), top, left)
            axis.set_title(f"window, {self.kind} {pooled:.2f}")
        axes[0, 0].set_ylabel("before")
        axes[1, 0].set_ylabel("{} down, {} right".format(*self.shift))
        return figure

    def _draw_window(self, axis: Axes, image: np.ndarray, top: int, left: int) -> None:
        """Draw the numbers of one window; what is padding stays gray."""
        drawn = plotting.show_image(axis, image, **_common_colours([image]))
        axis.set_facecolor("0.85")
        axis.set_xlim(left - 0.5, left + self.size - 0.5)
        axis.set_ylim(top + self.size - 0.5, top - 0.5)
        for i in range(max(top, 0), min(top + self.size, image.shape[0])):
            for j in range(max(left, 0), min(left + self.size, image.shape[1])):
                light = np.dot(drawn.to_rgba(image[i, j])[:3], (0.3, 0.59, 0.11)) > 0.55
                axis.text(
                    j,
                    i,
                    f"{image[i, j]:.2g}",
                    color="black" if light else "white",
                    size=13 - self.size,
                    ha="center",
                    va="center",
                )


def as_map(image: npt.ArrayLike) -> np.ndarray:
    """Return a picture or feature map as float32 (H, W).

    uint8 is taken as 0..255 and divided by 255; colours are made gray.

    Raises
    ------
    ValueError
        For another shape, an empty image, NaN or infinity.
    """
    array = np.asarray(image)
    if array.dtype == np.uint8:
        array = array / 255
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 3 and array.shape[2] == 3:
        array = rgb2gray(array.astype(float))  # which would rescale whole numbers
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"image: shape {array.shape}; allowed are (H, W) and (H, W, 3), not empty"
        )
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("image: a number is NaN, infinite or too large for float32")
    return values


def shifted_image(image: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """Move an image (H, W) by (down, right) whole pixels; zeros enter at the border."""
    return ndimage.shift(image, shift, order=0)


def strided_kernel(name: str, size: int) -> np.ndarray:
    """Return the weights (size, size) of the strided convolution.

    "blur" is the average of the window; "vertical edge" is its right half minus its
    left half, divided by its size; "one pixel" keeps the middle one of the window: on
    a feature map, that is what the filter that made it gives when it takes strides.
    """
    if name == "blur":
        return np.full((size, size), 1 / size**2)
    if name == "vertical edge":
        halves = np.sign(np.arange(size) - (size - 1) / 2)
        return np.tile(halves / size, (size, 1))
    if name == "one pixel":
        kernel = np.zeros((size, size))
        kernel[(size - 1) // 2, (size - 1) // 2] = 1
        return kernel
    raise ValueError(f"name: {name!r}; allowed are {', '.join(map(repr, KERNELS))}")


def relative_distance(before: np.ndarray, after: np.ndarray) -> float:
    """Return ||after - before|| / ||before||, Euclidean, over all pixels of two maps.

    0 means that nothing changed; the square root of 2 is what two maps of equal norm
    give that overlap nowhere. NaN or infinite where `before` is all zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(
            np.linalg.norm(after - before) / np.float64(np.linalg.norm(before))
        )


def default_images() -> dict[str, np.ndarray]:
    """Return a digit and what an edge filter makes of it, 28x28, and other pictures."""
    digits, numbers = datasets.mnist("sample").test, datasets.svhn("sample").test
    digit = as_map(digits.images[0])
    edges = filters.convolve(digit, filters.KERNELS["vertical Sobel"], padding="same")
    face = data.camera()[60:316, 100:356]
    return {
        f"digit {digits.labels[0]}": digit,
        f"edges of the {digits.labels[0]}": np.maximum(edges, 0),
        f"house number {numbers.labels[0]}": numbers.images[0],
        "photograph": transform.resize(face, (128, 128), anti_aliasing=True),
        "sixteen numbers": np.array(
            [[1.0, 0, 2, 3], [4, 6, 6, 8], [1, 1, 3, 2], [5, 6, 1, 2]]
        ),
    }


def _common_colours(maps: Sequence[np.ndarray]) -> dict[str, Any]:
    """Make maps that are drawn side by side comparable."""
    limit = max(float(np.abs(m).max()) for m in maps) or 1
    return {"limit": limit, "signed": any(m.min() < 0 for m in maps)}
