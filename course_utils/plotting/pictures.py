"""Pictures: gray, signed or in colours, alone or under a map of where to look."""

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from course_utils.plotting.style import SIGNED


def show_image(
    ax: Axes,
    image: ArrayLike,
    title: str = "",
    *,
    limit: float | None = None,
    signed: bool | None = None,
    cmap: str = "gray",
) -> AxesImage:
    """Draw an image without axis marks; black, or white in signed images, is zero.

    Parameters
    ----------
    ax : Axes
    image : (H, W), (H, W, 1) or (H, W, 3)
        Gray or signed numbers in any range; colour as uint8 or as floats in 0..1.
    title : str
    limit : float, optional
        The number that has the strongest colour. By default 255 for uint8, else the
        largest number without its sign, and for unsigned numbers at least 1.
    signed : bool, optional
        Whether to use the signed colours; by default where a number is negative.
    cmap : str
        Colours of unsigned numbers; "cividis" shows magnitudes well.

    Returns
    -------
    AxesImage
        For `Figure.colorbar`.
    """
    pixels = checked_pixels(image)
    ax.set_title(title)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set(visible=True, color="0.7", linewidth=0.8)
    if pixels.ndim == 3:
        return ax.imshow(pixels)
    if signed is None:
        signed = bool(pixels.min() < 0)
    if limit is None:
        limit = _limit(pixels, signed)
    colours = SIGNED if signed else colormaps[cmap]
    return ax.imshow(pixels, colours, vmin=-limit if signed else 0, vmax=limit)


def show_heat(ax: Axes, image: ArrayLike, heat: ArrayLike, title: str = "") -> None:
    """Lay a map of where the network looks over an image.

    Parameters
    ----------
    ax : Axes
    image : (H, W), (H, W, 1) or (H, W, 3), as in `show_image`
    heat : (H, W)
        0 (dark) to 1 (bright): the brighter, the more of the image shines through.
    title : str
    """
    pixels, weight = checked_pixels(image), np.asarray(heat)
    if weight.shape != pixels.shape[:2] or not 0 <= weight.min() <= weight.max() <= 1:
        raise ValueError(
            f"heat must have the shape {pixels.shape[:2]} and numbers in 0..1, not "
            f"{weight.shape} from {weight.min()} to {weight.max()}"
        )
    show_image(ax, image, title)
    ax.imshow(weight, "inferno", vmin=0, vmax=1, alpha=0.75 - 0.4 * weight)


def checked_pixels(image: ArrayLike) -> NDArray[Any]:
    """Check an image; return (H, W) or (H, W, 3)."""
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "biuf":
        raise TypeError(
            f"image must hold real numbers, not {pixels.dtype}; of a complex kernel "
            "draw .real, .imag or abs()"
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    if not pixels.size or not (pixels.ndim == 2 or colour):
        raise ValueError(
            f"image must have the shape (H, W), (H, W, 1) or (H, W, 3), "
            f"not {pixels.shape}"
        )
    if not np.isfinite(pixels).all():
        raise ValueError("image holds NaN or infinity, which have no colour")
    if (
        colour
        and pixels.dtype != np.uint8
        and not 0 <= pixels.min() <= pixels.max() <= 1
    ):
        raise ValueError(
            f"colours must be uint8, or numbers in 0..1, but they are {pixels.dtype} "
            f"from {pixels.min()} to {pixels.max()}"
        )
    return pixels


def _limit(pixels: NDArray[Any], signed: bool) -> float:
    if pixels.dtype == np.uint8:
        return 255
    largest = float(np.abs(pixels.astype(float)).max())
    return (largest or 1) if signed else max(largest, 1)
