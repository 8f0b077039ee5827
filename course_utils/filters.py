"""Kernels, convolution and pooling with NumPy and SciPy, small enough to read.

Lessons 01 to 03 teach with these functions, and the explorers are tested against them.
An image is an array (H, W), or (H, W, C) with C channels, of numbers in any range;
all results are float64.
"""

import functools
import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_utils import checks
from course_utils.checks import pair, real, whole_number

Array = NDArray[np.float64]
Pair = int | tuple[int, int]
Padding = str | int | tuple[Any, Any]


def _named(weights: dict[str, list[list[float]]]) -> dict[str, Array]:
    kernels = {name: np.array(rows, float) for name, rows in weights.items()}
    for kernel in kernels.values():
        kernel.setflags(write=False)  # all lessons share them: change a copy
    return kernels


KERNELS = _named(
    {
        # Named after the edges they find. Positive where it gets brighter downwards,
        "horizontal Sobel": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        # and where it gets brighter to the right.
        "vertical Sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "diagonal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        "blur": [[1 / 9] * 3] * 3,
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        "do nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    }
)
"""Named 3x3 kernels, read-only, meant for `convolve` with ``flip=False``."""


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Padding = "valid",
    flip: bool = False,
) -> NDArray[Any]:
    """Slide a kernel over an image; each answer is the sum of products under it.

    Parameters
    ----------
    image : (H, W) or (H, W, C)
        Real numbers in any range, of any type; 8-bit images do not overflow.
    kernel : (h, w), (h, w, C) or (h, w, C, F)
        The weights: one filter, or F of them as `keras.layers.Conv2D` stores them.
        An image or a kernel without channel axis has one channel.
    stride : int or (int, int)
        Steps down and to the right, in pixels.
    padding : "valid", "same", int or ((top, bottom), (left, right))
        Zeros around the image: none, as many as TensorFlow adds for an output of
        ceil(n / stride), or this many on each side.
    flip : bool
        False gives the cross-correlation, which deep learning calls convolution.
        True turns the kernel by 180 degrees first: the convolution of mathematics.

    Returns
    -------
    (H', W') or, for a stack of filters, (H', W', F)
        float64, or complex128 for a complex kernel. `output_size` tells H' and W'.

    Raises
    ------
    ValueError
        When shapes do not fit together or numbers are NaN or infinite.
    TypeError
        When the image or the kernel holds no numbers.
    """
    pixels, weights = checks.image(image), checks.filters(kernel, image)
    if flip:
        weights = weights[::-1, ::-1]
    size = weights.shape[:2]
    padded = _pad(pixels, size, stride, padding, 0)
    # A loop over the few weights, not over the many pixels: each step multiplies all
    # pixels that one weight meets, and sums over the channels.
    answer = sum(
        seen @ weights[place] for place, seen in _shifted(padded, size, stride)
    )
    return answer if np.ndim(kernel) == 4 else answer[..., 0]


def output_size(n: int, kernel: int, *, stride: int = 1, padding: Padding = 0) -> int:
    """Count the places of a window: (n - kernel + 2 * padding) // stride + 1.

    Rounded down, because a last step that would leave the image is not made.

    Parameters
    ----------
    n, kernel, stride : int
        Pixels along the axis, in the window, and from one place to the next.
    padding : int, (before, after), "valid" or "same"
        Zeros on each side, as in `convolve`.

    Raises
    ------
    ValueError
        When the window is larger than the padded image.

    Examples
    --------
    >>> output_size(32, 8, stride=2, padding=1)
    14
    >>> output_size(32, 8, stride=2, padding="valid")
    13
    """
    before, after = padding_amounts(n, kernel, stride, padding)
    padded = before + n + after
    if kernel > padded:
        raise ValueError(
            f"a window of {kernel} does not fit on {padded} pixels ({n} and {before} + "
            f"{after} of padding): use a smaller window or more padding"
        )
    return (padded - kernel) // stride + 1


def padding_amounts(
    n: int, kernel: int, stride: int = 1, padding: Padding = "valid"
) -> tuple[int, int]:
    """Count the zeros before and after n pixels along one axis.

    "same" is TensorFlow's rule: as many as make ceil(n / stride) places, and the odd
    one goes after the image. The other arguments are those of `output_size`.
    """
    n, kernel, stride = (
        whole_number("n", n),
        whole_number("kernel", kernel),
        whole_number("stride", stride),
    )
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(
                f"padding must be 'valid', 'same' or whole numbers, not {padding!r}"
            )
        if padding == "valid":
            return 0, 0
        places = -(-n // stride)
        total = max((places - 1) * stride + kernel - n, 0)
        return total // 2, total - total // 2
    before, after = pair("padding", padding, least=0)
    return before, after


def parameter_count(
    kernel_size: Pair,
    channels_in: int,
    filters: int,
    *,
    bias: bool = True,
    positions: int = 1,
) -> int:
    """Count the numbers that a convolution layer learns.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Height and width of the kernels, in pixels.
    channels_in, filters : int
        Channels that come in, and maps that go out.
    bias : bool
        Whether each filter adds a learned number of its own.
    positions : int
        Places that each have weights of their own. The default shares one set of
        weights over the whole image, which is what makes a layer convolutional.

    Examples
    --------
    >>> parameter_count(8, 3, 20)
    3860
    >>> parameter_count(8, 3, 20, positions=14 * 14)
    756560
    """
    height, width = pair("kernel_size", kernel_size)
    weights = height * width * whole_number("channels_in", channels_in) + bool(bias)
    weights *= whole_number("filters", filters)
    return weights * whole_number("positions", positions)


def pool(
    image: ArrayLike,
    size: Pair = 2,
    *,
    stride: Pair | None = None,
    padding: Padding = "valid",
    kind: str = "max",
) -> Array:
    """Replace each window of an image by one number, channel by channel.

    Parameters
    ----------
    image : (H, W) or (H, W, C)
        Real numbers in any range.
    size : int or (int, int)
        Height and width of the window, in pixels.
    stride : int or (int, int), optional
        Steps down and to the right; by default the window's size: no overlap.
    padding : "valid", "same", int or ((top, bottom), (left, right))
        As in `convolve`, but padding is never the maximum and never counts in an
        average.
    kind : "max", "average" or "l2"
        The largest number, the mean, or the square root of the sum of squares.

    Returns
    -------
    (H', W') or (H', W', C)
        float64. `output_size` tells H' and W'.

    Raises
    ------
    ValueError
        For an unknown kind, or a window that does not fit or sees only padding.
    """
    checks.one_of("kind", kind, ("max", "average", "l2"))
    pixels, window = checks.image(image), pair("size", size)
    steps = window if stride is None else pair("stride", stride)

    def seen(values: Array, fill: float = 0) -> Iterator[Array]:
        padded = _pad(values, window, steps, padding, fill)
        return (view for _, view in _shifted(padded, window, steps))

    count = sum(seen(np.ones_like(pixels)))
    if not np.all(count):
        raise ValueError(
            f"padding {padding!r} leaves windows of {window} with nothing but padding: "
            "use less than the window's size"
        )
    if kind == "max":
        answer = functools.reduce(np.maximum, seen(pixels, -np.inf))
    elif kind == "average":
        answer = np.divide(sum(seen(pixels)), count)
    else:
        answer = np.sqrt(sum(view**2 for view in seen(pixels)))
    return answer if np.ndim(image) == 3 else answer[..., 0]


def sobel_kernel(theta: float) -> Array:
    """Return the 3x3 Sobel kernel for any direction: a mixture of the two named ones.

    Parameters
    ----------
    theta : float
        Direction in which it must get brighter for a positive answer, in radians:
        0 is to the right (a vertical edge), pi/2 is down (a horizontal edge).
    """
    theta = real("theta", theta)
    right, down = KERNELS["vertical Sobel"], KERNELS["horizontal Sobel"]
    return math.cos(theta) * right + math.sin(theta) * down


def haar_kernels(block: int = 4) -> dict[str, Array]:
    """Return the Haar-like kernels: black and white blocks that cancel on flat areas.

    Parameters
    ----------
    block : int
        Side of one block, in pixels. Edges and the checkerboard are two blocks wide
        and high, lines three.

    References
    ----------
    Viola and Jones, Rapid object detection using a boosted cascade of simple features,
    CVPR 2001.
    """
    patterns = {
        "horizontal edge": [[-1, -1], [1, 1]],
        "vertical edge": [[-1, 1], [-1, 1]],
        "horizontal line": [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]],
        "vertical line": [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
        "checkerboard": [[1, -1], [-1, 1]],
    }
    square = np.ones((whole_number("block", block),) * 2)
    return {name: np.kron(np.array(p, float), square) for name, p in patterns.items()}


def gabor_kernel(
    frequency: float, theta: float, sigma: float
) -> NDArray[np.complex128]:
    """Return a wave under a bell: exp(2 pi i frequency x') times a Gaussian.

    Parameters
    ----------
    frequency : float
        Waves per pixel, above 0. Above 0.5 the pixels are too coarse for the wave,
        and it looks like a slower one.
    theta : float
        Direction x' in which the wave runs, in radians: 0 is to the right.
    sigma : float
        Width of the bell (its standard deviation) in pixels, above 0.

    Returns
    -------
    (h, h), complex128
        h is odd: the kernel ends about three sigma from its centre. The bell sums to
        nearly 1 unless sigma is far below one pixel.

    Notes
    -----
    The same as ``skimage.filters.gabor_kernel`` with a round bell.
    """
    frequency = real("frequency", frequency, above=0)
    theta, sigma = real("theta", theta), real("sigma", sigma, above=0)
    cos, sin = math.cos(theta), math.sin(theta)
    radius = math.ceil(max(3 * sigma * abs(cos), 3 * sigma * abs(sin), 1))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    return bell * np.exp(2j * np.pi * frequency * (x * cos + y * sin))


def gabor_bank(
    thetas: ArrayLike, frequencies: ArrayLike, sigmas: ArrayLike
) -> dict[tuple[float, float, float], NDArray[np.complex128]]:
    """Return `gabor_kernel` for each (theta, frequency, sigma), which is the key."""
    values = (np.ravel(numbers).tolist() for numbers in (thetas, frequencies, sigmas))
    return {
        (theta, frequency, sigma): gabor_kernel(frequency, theta, sigma)
        for theta, frequency, sigma in itertools.product(*values)
    }


def gabor_magnitude(image: ArrayLike, kernel: ArrayLike) -> Array:
    """Return how strongly each pixel's surroundings answer to a Gabor kernel.

    Parameters
    ----------
    image : (H, W)
        Gray values in any range. At the borders it goes on as in a mirror, which
        makes no edge of its own where zeros would.
    kernel : (h, w), complex
        From `gabor_kernel`. Height and width are odd.

    Returns
    -------
    (H, W), float64
        sqrt(re**2 + im**2) of the two correlations: it does not depend on where in
        the wave a pixel lies.

    Raises
    ------
    ValueError
        For another number of axes, an even kernel, NaN or infinity.
    """
    from scipy.signal import fftconvolve  # half a second that each lesson would wait

    pixels = checks.array("image", image, (2,))
    weights = checks.centred("kernel", kernel)
    height, width = weights.shape
    margins = ((height // 2, height // 2), (width // 2, width // 2))
    mirrored = np.pad(pixels, margins, mode="symmetric")
    # One weight at a time is slow for large kernels; the Fourier way hardly minds. It
    # flips the kernel, so it is given a flipped one.
    answer = fftconvolve(mirrored, weights[::-1, ::-1], mode="valid")
    return np.abs(answer)


def _shifted(
    padded: NDArray[Any], size: tuple[int, int], stride: Pair
) -> Iterator[tuple[tuple[int, ...], NDArray[Any]]]:
    """For each place (i, j) in the window: the pixels seen there, (H', W', C)."""
    down, right = pair("stride", stride)
    rows = output_size(padded.shape[0], size[0], stride=down)
    columns = output_size(padded.shape[1], size[1], stride=right)
    for i, j in np.ndindex(size):
        seen = padded[i : i + rows * down : down, j : j + columns * right : right]
        yield (i, j), seen[:rows, :columns]


def _pad(
    pixels: Array, size: tuple[int, int], stride: Pair, padding: Padding, fill: float
) -> Array:
    """Surround (H, W, C) with `fill`; ValueError where the window does not fit."""
    steps, axes = pair("stride", stride), checks.padding(padding)
    amounts = []
    for name, *axis in zip(("height", "width"), pixels.shape, size, steps, axes):
        n, kernel, step, amount = axis
        try:
            output_size(n, kernel, stride=step, padding=amount)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        amounts.append(padding_amounts(n, kernel, step, amount))
    return np.pad(pixels, (*amounts, (0, 0)), constant_values=fill)
