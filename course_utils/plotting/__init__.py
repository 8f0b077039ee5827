"""The look of all figures, and the figures that are drawn more than once.

`use_style` comes first in a notebook; `show` puts a figure, with its alternative text,
on the page.
"""

import base64
import html
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray
from PIL import Image

PALETTE = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "orange": "#E69F00",
    "purple": "#CC79A7",
    "sky blue": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",  # for marks on pictures: too pale for a line on white
}
"""The colours of Okabe and Ito, which the colour-blind can tell apart."""

SIGNED = LinearSegmentedColormap.from_list(
    "signed", [PALETTE["blue"], "white", PALETTE["vermilion"]]
)
"""Colour map for signed numbers: blue below zero, white at zero, orange above."""

STYLE: dict[str, Any] = {
    "axes.grid": True,
    "axes.labelsize": 13,
    "axes.prop_cycle": plt.cycler(color=list(PALETTE.values())[:-1]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 14,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # not transparent: text stays readable on a dark page
    "figure.figsize": (8, 4.2),  # leaves room for the code on a slide
    "figure.titlesize": 15,
    "font.size": 13,
    "grid.alpha": 0.3,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 2.5,
}


def use_style() -> None:
    """Give all figures of this notebook the look of the course."""
    plt.style.use(STYLE)


def show(figure: Figure, alt: str, *, photo: bool = False) -> None:
    """Put a figure on the page with its alternative text, and close it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What a reader who cannot see the figure must know: its finding, not its look.
    photo : bool
        Store as WebP, for figures that hold mainly photographs: a tenth of the bytes.

    Raises
    ------
    ValueError
        When the text is empty.
    """
    text = _words(alt)
    image = picture(figure, text, photo=photo)
    bundle = {"text/html": image, "text/plain": f"Figure: {text}"}
    display(bundle, raw=True)
    plt.close(figure)


def picture(figure: Figure, alt: str, *, photo: bool = False) -> str:
    """Return a figure as one HTML image, with the alternative text in it.

    An output of type image/png may carry the text as metadata, but neither JupyterLab
    nor the exporters give that to the reader.
    """
    text, kind, data = _words(alt), "png", _png(figure)
    if photo:
        kind, pixels, data = "webp", Image.open(data).convert("RGB"), io.BytesIO()
        pixels.save(data, "WEBP", quality=75, method=6)
    return f'<img alt="{html.escape(text)}" src="{_data_uri(data, kind)}">'


def animate(frames: Iterable[Figure], alt: str, *, seconds: float = 0.15) -> None:
    """Put an animation on the page: it moves in slides and exported pages too.

    It is one animated PNG, repeated; the last frame stays for two seconds. A click on
    the line above hides it, and readers who ask for less motion see the last frame.

    Parameters
    ----------
    frames : iterable of Figure
        At least two, of one size. A generator may change one figure and yield it again
        and again: each is drawn at once. Fix the limits of axes, or they jump.
    alt : str
        What changes from the first frame to the last.
    seconds : float
        Each frame stays for so long.

    Raises
    ------
    ValueError
        When the text is empty, or frames are too few or of different sizes.
    """
    text = _words(alt)
    if not 0 < seconds <= 60:
        raise ValueError(f"seconds must be above 0 and at most 60, not {seconds}")
    drawn: list[NDArray[Any]] = []
    for figure in frames:
        drawn.append(np.asarray(Image.open(_png(figure)).convert("RGB")))
        figure.set_layout_engine("none")  # what is laid out stays where it is
        plt.close(figure)
    sizes = {frame.shape for frame in drawn}
    if len(drawn) < 2 or len(sizes) > 1:
        raise ValueError(
            f"frames must be at least two figures of one size, not {len(drawn)} of "
            f"the sizes {sorted((w, h) for h, w, _ in sizes)}"
        )
    height, width, _ = drawn[0].shape
    # All frames share one small palette: a fifth of the bytes.
    strip = Image.fromarray(np.concatenate(drawn)).quantize(
        128, dither=Image.Dither.NONE
    )
    pictures = [
        strip.crop((0, i * height, width, (i + 1) * height)) for i in range(len(drawn))
    ]
    moving, still = io.BytesIO(), io.BytesIO()
    pictures[0].save(
        moving,
        "PNG",
        save_all=True,
        append_images=pictures[1:],
        duration=[*[round(1000 * seconds)] * (len(pictures) - 1), 2000],
    )
    pictures[-1].save(still, "PNG", optimize=True)
    page = (
        "<details open><summary>Animation (click to hide or show)</summary><picture>"
        '<source media="(prefers-reduced-motion: reduce)" '
        f'srcset="{_data_uri(still)}">'
        f'<img alt="{html.escape(text)}" src="{_data_uri(moving)}">'
        "</picture></details>"
    )
    display({"text/html": page, "text/plain": f"Animation: {text}"}, raw=True)


def _words(alt: str) -> str:
    text = " ".join(alt.split())
    if not text:
        raise ValueError("alt is empty: say in words what the figure shows")
    return text


def _png(figure: Figure) -> io.BytesIO:
    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib Figure, not {type(figure)}")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=100, metadata={"Software": None})
    return png


def _data_uri(data: io.BytesIO, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode()}"


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
    pixels = _pixels(image)
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
    numbers = _pixels(array)
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
        ax.set_title(str(title), size=11)
    for ax in axes.flat[len(images) :]:
        ax.set_axis_off()
    return figure


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
    pixels, weight = _pixels(image), np.asarray(heat)
    if weight.shape != pixels.shape[:2] or not 0 <= weight.min() <= weight.max() <= 1:
        raise ValueError(
            f"heat must have the shape {pixels.shape[:2]} and numbers in 0..1, not "
            f"{weight.shape} from {weight.min()} to {weight.max()}"
        )
    show_image(ax, image, title)
    ax.imshow(weight, "inferno", vmin=0, vmax=1, alpha=0.75 - 0.4 * weight)


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


def show_curves(
    ax: Axes,
    history: Mapping[str, Sequence[float]],
    metric: str,
    title: str = "",
    *,
    best_epoch: int | None = None,
) -> None:
    """Draw the learning curves of one metric, for training and for validation.

    Parameters
    ----------
    ax : Axes
    history : dict name -> one value an epoch
        As in a training's run; "val_" before the name tells validation.
    metric : str
        Such as "loss" or "accuracy".
    title : str
    best_epoch : int, optional
        Marked; counted from 0, as in a training's run.
    """
    if metric not in history:
        raise ValueError(f"metric: {metric!r}; there are {', '.join(history)}")
    for name, label in ((metric, "training"), (f"val_{metric}", "validation")):
        colour = PALETTE["blue" if label == "training" else "vermilion"]
        values = history.get(name, [])
        ax.plot(range(1, len(values) + 1), values, ".-", color=colour, label=label)
    if best_epoch is not None:
        ax.axvline(best_epoch + 1, color="0.6", ls=":", label="best epoch")
    ax.set(title=title, xlabel="epoch")


def mark(ax: Axes, row: float, column: float, size: Sequence[int] = (1, 1)) -> None:
    """Frame pixels of a drawn image, readable on any colour.

    Parameters
    ----------
    ax : Axes
    row, column : float
        The upper left pixel of the frame.
    size : (height, width)
        In pixels.
    """
    corner = (column - 0.5, row - 0.5)
    for colour, width in (("black", 4), (PALETTE["yellow"], 2)):
        frame = Rectangle(corner, size[1], size[0], fill=False, ec=colour, lw=width)
        ax.add_patch(frame)


def _pixels(image: ArrayLike) -> NDArray[Any]:
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


def _short(number: float) -> str:
    """Two decimals at most, and no more characters than needed: .25, -1, 0.5 as .5."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return "0" if text in ("-0", "-") else text.replace("-", "−")
