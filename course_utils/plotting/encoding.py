"""Figures as files that stay sharp when a slide or a print makes them larger."""

import io
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

DPI = 100  # a figure's own size on a page
SHARPER = 2  # times as many pixels in pictures, for slides that make them larger
PLOT = 60_000  # a drawing of more bytes (thousands of points) is smaller as pixels
PHOTO = 60_000  # what takes more bytes without loss is mostly photographs
NUMBERS = re.compile(r'(?<= )(?:d|points|x|y|width|height)="[^"]*"|translate\([^)]*\)')
SIDES = re.compile(r'width="[^"]*pt" height="[^"]*pt"')
UNASKED = re.compile(
    r'<metadata>.*?</metadata>|<!--.*?-->| id="[a-zA-Z0-9]*_\d+"', re.S
)
STEP = re.compile(r" ?([MLQCz]) ?")
LONG = re.compile(r"(\.\d\d)\d+")


def encoded(figure: Figure, *, photo: bool = False) -> tuple[str, bytes]:
    """Return the kind of image and its bytes: the same for the same figure.

    Lines and letters become SVG. A figure that holds pictures becomes WebP: without
    loss, so that pixels keep their edges; with loss where it is mostly photographs, or
    where that is said.

    Raises
    ------
    TypeError
        When it is no figure.
    """
    for _ in range(2):  # the first time, images are not yet as narrow as they will be
        checked(figure).draw_without_rendering()
    figure.set_layout_engine("none")  # else each drawing moves what the last laid out
    if not photo and (drawing := svg(figure)):
        return "svg+xml", drawing
    image, file = rendered(figure, DPI * SHARPER), io.BytesIO()
    if not photo:
        image.save(file, "WEBP", lossless=True, method=4)
    if photo or file.tell() > PHOTO:
        return "webp", photograph(image)
    return "webp", file.getvalue()


def photograph(image: Image.Image) -> bytes:
    """A picture as WebP with a little loss."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=75, method=6)
    return file.getvalue()


def checked(figure: Figure) -> Figure:
    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib Figure, not {type(figure)}")
    return figure


def rendered(figure: Figure, dpi: int = DPI) -> Image.Image:
    """A figure as pixels, (height, width, 3)."""
    png = io.BytesIO()
    barely = {"compress_level": 1}  # nobody keeps it
    checked(figure).savefig(png, format="png", dpi=dpi, pil_kwargs=barely)
    return Image.open(png).convert("RGB")


def svg(figure: Figure) -> bytes | None:
    """A figure as SVG, without fonts; None where it holds pictures or is large."""
    if any(axes.get_images() for axes in figure.axes):
        return None  # without drawing them in vain
    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "path", "svg.hashsalt": "course"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    if "<image" in text:
        return None
    width, height = (round(side * DPI) for side in figure.get_size_inches())
    text = SIDES.sub(f'width="{width}" height="{height}"', text, count=1)
    # Hundredths of a point are enough; what nobody asks for goes.
    text = NUMBERS.sub(_short, text)
    text = UNASKED.sub("", text[text.index("<svg") :]).replace("DejaVuSans", "D")
    text = text.replace("xlink:href", "href").replace("; ", ";").replace(": ", ":")
    data = " ".join(text.split()).encode()
    return data if len(data) <= PLOT else None


def _short(attribute: re.Match[str]) -> str:
    return STEP.sub(r"\1", LONG.sub(r"\1", " ".join(attribute[0].split())))
