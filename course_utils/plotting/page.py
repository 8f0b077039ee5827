"""Figures on a page: as one HTML image, with the text for who cannot see it."""

import base64
import html
import io
from collections.abc import Iterable

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from course_utils.plotting.encoding import DPI, SHARPER, encoded, rendered


def show(figure: Figure, alt: str, *, photo: bool = False) -> None:
    """Put a figure on the page with its alternative text, and close it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What a reader who cannot see the figure must know: its finding, not its look.
    photo : bool
        Store with a little loss, for figures that hold mainly photographs: a tenth of
        the bytes. Plots are stored as SVG, other pictures as WebP without loss.

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
    text = _words(alt)
    kind, data = encoded(figure, photo=photo)
    width = round(figure.get_size_inches()[0] * DPI)
    words = f'alt="{html.escape(text)}" width="{width}"'
    return f'<img {words} src="{_data_uri(data, kind)}">'


def animate(frames: Iterable[Figure], alt: str, *, seconds: float = 0.15) -> None:
    """Put an animation on the page: it moves in slides and exported pages too.

    It is one animated WebP without loss, with two pixels for each of the page, and is
    repeated; the last frame stays for two seconds. A click on the line above hides it,
    and readers who ask for less motion see the last frame.

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
    drawn: list[Image.Image] = []
    for figure in frames:
        drawn.append(rendered(figure, DPI * SHARPER))
        figure.set_layout_engine("none")  # what is laid out stays where it is
        plt.close(figure)
    sizes = {frame.size for frame in drawn}
    if len(drawn) < 2 or len(sizes) > 1:
        raise ValueError(
            f"frames must be at least two figures of one size, not {len(drawn)} of "
            f"the sizes {sorted((w // SHARPER, h // SHARPER) for w, h in sizes)}"
        )
    moving, still = io.BytesIO(), io.BytesIO()
    drawn[-1].save(still, "WEBP", lossless=True, method=4)
    drawn[0].save(
        moving,
        "WEBP",
        lossless=True,
        minimize_size=True,  # only what changes from frame to frame
        save_all=True,
        append_images=drawn[1:],
        duration=[*[round(1000 * seconds)] * (len(drawn) - 1), 2000],
        loop=0,  # for ever
    )
    width = drawn[0].width // SHARPER
    page = (
        "<details open><summary>Animation (click to hide or show)</summary><picture>"
        '<source media="(prefers-reduced-motion: reduce)" '
        f'srcset="{_data_uri(still.getvalue(), "webp")}">'
        f'<img alt="{html.escape(text)}" width="{width}" '
        f'src="{_data_uri(moving.getvalue(), "webp")}">'
        "</picture></details>"
    )
    display({"text/html": page, "text/plain": f"Animation: {text}"}, raw=True)


def _words(alt: str) -> str:
    text = " ".join(alt.split())
    if not text:
        raise ValueError("alt is empty: say in words what the figure shows")
    return text


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
