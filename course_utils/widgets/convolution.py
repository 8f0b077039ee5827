"""ConvolutionExplorer: a kernel slides over a picture, every number in sight."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.figure import Figure
from skimage.color import rgb2gray

from course_utils import datasets, filters, plotting
from course_utils.widgets.explorer import ImageExplorer, no_output, script

LARGEST_KERNEL = 7
LARGEST_STRIDE = 5


class ConvolutionExplorer(ImageExplorer):
    """Slide a kernel over a picture and see each product, the sum and the output.

    Parameters
    ----------
    images : array or mapping of name to array, optional
        Pictures (H, W) or (H, W, 3), uint8 or 0..1. Default: a digit, a house number.
    kernel : str or (h, w) or (h, w, 3), optional
        A name from `filters.KERNELS`, or weights, at most 7x7.
    stride : int
        Pixels from one window to the next, 1 to 5.
    padding : "valid", "same" or int
        Zeros around the picture, as in `filters.convolve`.
    flip : bool
        True turns the kernel by 180 degrees: the convolution of mathematics.
    step : int
        The output position in sight, counted row by row from 0.
    colour : bool
        Whether a picture (H, W, 3) meets a kernel with three slices, or is made gray.
    fit : bool
        Whether colours span what this output reaches, instead of what the kernel can
        reach on any picture in 0..1.

    All of them, and `image_name`, can be read and set while the explorer is shown.

    Examples
    --------
    >>> explorer = ConvolutionExplorer(np.eye(5), kernel="diagonal", padding="valid")
    >>> explorer.output()[0, 0]
    np.float64(3.0)
    """

    _esm = script("convolution_kernels", "convolution_numbers", "convolution")

    kernel = traitlets.Any().tag(sync=True)
    kernel_name = traitlets.Unicode("custom").tag(sync=True)
    stride = traitlets.Int(1, min=1, max=LARGEST_STRIDE).tag(sync=True)
    padding = traitlets.Any("same").tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)
    colour = traitlets.Bool(False).tag(sync=True)
    fit = traitlets.Bool(False).tag(sync=True)
    _kernels = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        images: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
        *,
        kernel: str | npt.ArrayLike = "vertical Sobel",
        **traits: Any,
    ) -> None:
        super().__init__(
            default_images() if images is None else images,
            kernel=kernel,
            _kernels={name: k.tolist() for name, k in filters.KERNELS.items()},
            **traits,
        )

    @traitlets.validate("kernel")
    def _valid_kernel(self, proposal: Any) -> list:
        value = proposal.value
        if isinstance(value, str):
            if value not in filters.KERNELS:
                raise ValueError(
                    f"kernel: there is no kernel named {value!r}; "
                    f"there are {', '.join(map(repr, filters.KERNELS))}"
                )
            value = filters.KERNELS[value]
        weights = np.asarray(value, dtype=float)
        if (
            weights.ndim not in (2, 3)
            or weights.shape[2:] not in ((), (3,))
            or min(weights.shape[:2]) < 1
            or max(weights.shape[:2]) > LARGEST_KERNEL
        ):
            raise ValueError(
                f"kernel: shape {weights.shape}; allowed are (h, w) and (h, w, 3) with "
                f"h and w from 1 to {LARGEST_KERNEL}"
            )
        if not np.isfinite(weights).all():
            raise ValueError("kernel: a weight is NaN or infinite")
        return weights.tolist()

    @traitlets.validate("padding")
    def _valid_padding(self, proposal: Any) -> str | int:
        value = proposal.value
        whole = isinstance(value, int | np.integer) and value >= 0
        if value not in ("valid", "same") and not whole:
            raise ValueError(
                f"padding: {value!r}; allowed are 'valid', 'same' and whole numbers "
                "from 0"
            )
        return int(value) if whole else value

    @traitlets.observe("kernel")
    def _name_kernel(self, change: Any) -> None:
        """Weights that equal a named kernel carry its name."""
        if change.new != self._kernels.get(self.kernel_name):
            named = (name for name, k in self._kernels.items() if k == change.new)
            self.kernel_name = next(named, "custom")

    def image(self) -> np.ndarray:
        """Return the picture as the kernel sees it: (H, W), or (H, W, 3) in colour."""
        image = self.images[self.image_name]
        if image.ndim == 3 and not self.colour:
            # The three terms in the explorer's own order: rgb2gray's weights.
            return rgb2gray(image)
        return image

    def weights(self) -> np.ndarray:
        """Return the kernel that meets the picture: (h, w), or (h, w, 3) in colour."""
        kernel = np.array(self.kernel)
        if self.image().ndim == 3:
            return kernel if kernel.ndim == 3 else np.dstack([kernel] * 3)
        return kernel if kernel.ndim == 2 else kernel.mean(axis=2)

    def output(self) -> np.ndarray:
        """Return the whole output, (H', W'), computed by `filters.convolve`."""
        return filters.convolve(
            self.image(),
            self.weights(),
            stride=self.stride,
            padding=self.padding,
            flip=self.flip,
        )

    def limit(self) -> float:
        """Return the |answer| that has the strongest colour; see `fit`."""
        if self.fit:
            return float(np.abs(self.output()).max()) or 1.0
        weights = self.weights()
        largest = max(weights[weights > 0].sum(), -weights[weights < 0].sum())
        return float(largest) or 1.0

    def summary(self) -> str:
        """Say the present state in one line."""
        shape = "x".join(map(str, self.image().shape))
        return (
            f"{self.kernel_name} kernel on {self.image_name} ({shape}), "
            f"stride {self.stride}, padding {self.padding}"
            f"{', flipped' if self.flip else ''}, step {self.step}"
        )

    def figure(self) -> Figure:
        """Draw input, window, products and the output so far with matplotlib."""
        image, weights = self.image(), self.weights()
        try:
            output = self.output()
        except ValueError as error:
            return no_output(error)
        size = weights.shape[:2]
        step = min(self.step, output.size - 1)
        row, column = divmod(step, output.shape[1])
        pads = [
            filters.padding_amounts(n, k, self.stride, self.padding)
            for n, k in zip(image.shape, size)
        ]
        colour_axis = [(0, 0)] * (image.ndim - 2)
        padded = np.pad(image, pads + colour_axis)
        top, left = row * self.stride, column * self.stride
        window = padded[top : top + size[0], left : left + size[1]]
        used = weights[::-1, ::-1] if self.flip else weights
        products = window * used + 0.0  # no "-0"
        if image.ndim == 3:  # the table has room for one slice: their sum
            products, used = products.sum(axis=2), used.sum(axis=2)

        figure, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
        axes[0].imshow(padded, cmap="gray", vmin=0, vmax=1)
        plotting.mark(axes[0], top, left, size)
        axes[0].set_title(f"input {image.shape[0]}×{image.shape[1]}, and the window")
        turned = ", turned" if self.flip else ""
        for axis, numbers, title in (
            (axes[1], used, f"{self.kernel_name} kernel{turned}"),
            (axes[2], products, f"products, sum {output[row, column]:.2f}"),
        ):
            largest = np.abs(used).max() or 1
            axis.imshow(numbers, cmap=plotting.SIGNED, vmin=-largest, vmax=largest)
            for (i, j), number in np.ndenumerate(numbers):
                ink = "white" if abs(number) > 0.7 * largest else "black"
                axis.text(j, i, f"{number:.2g}", ha="center", va="center", color=ink)
            axis.set_title(title)
        reached = np.arange(output.size).reshape(output.shape) <= step
        limit = self.limit()
        axes[3].set_facecolor("0.85")  # empty: not reached yet
        drawn = axes[3].imshow(
            np.ma.masked_where(~reached, output),
            cmap=plotting.SIGNED,
            vmin=-limit,
            vmax=limit,
        )
        plotting.mark(axes[3], row, column)
        axes[3].set_title(f"output {output.shape[0]}×{output.shape[1]} so far")
        figure.colorbar(drawn, ax=axes[3], shrink=0.8)
        for axis in axes:
            axis.set(xticks=[], yticks=[])
        return figure


def default_images() -> dict[str, np.ndarray]:
    """Return a digit (28, 28) and a house number (32, 32, 3)."""
    digits, numbers = datasets.mnist("sample").test, datasets.svhn("sample").test
    return {
        f"digit {digits.labels[0]}": digits.images[0],
        f"house number {numbers.labels[0]}": numbers.images[0],
    }
