"""What all explorers have in common: one module of JavaScript, a picture, named images.

An explorer's arithmetic runs in the browser, so it answers in one frame and needs no
kernel. Python holds the same state in traits and computes the same result with
`course_utils.filters`; a browser test holds the two together.
"""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.figure import Figure

HERE = Path(__file__).parent
# In this order each file finds what it uses in those before it.
SHARED = ("dom", "state", "arithmetic", "colour", "pixel_maps", "controls")
# A network that lives in the page, for those explorers that have one.
NETWORK = tuple(
    f"shared/{part}" for part in ("network_layers", "network", "network_told")
)
# The same with all that lets it learn, for `learning_engine`.
LEARNER = (*NETWORK, "shared/learner", "shared/learner_port")
STYLE = (HERE / "explorer.css").read_text(encoding="utf-8")


def script(*names: str) -> str:
    """The JavaScript module of an explorer: what all share, then its own files."""
    return joined([f"shared/{part}" for part in SHARED] + list(names))


def joined(files: Iterable[str]) -> str:
    return "\n".join((HERE / f"{f}.js").read_text(encoding="utf-8") for f in files)


def learning_engine() -> str:
    """The network as one function, and what runs it in a worker or on the page.

    A function can be turned into text again, and its text is the worker's program: a
    page that is opened as a file cannot fetch one.
    """
    given = "makeLearner, makeNetwork, layersOf, serve"
    engine = (
        f"function networkEngine() {{\n{joined(LEARNER)}\nreturn {{ {given} }};\n}}"
    )
    return f"{engine}\n{joined(['shared/engine'])}\n"


class Explorer(anywidget.AnyWidget):
    """Base of the explorers: a subclass sets `_esm`, `figure` and `summary`."""

    _css = STYLE

    def figure(self) -> Figure:
        """Draw the present state with matplotlib."""
        raise NotImplementedError

    def summary(self) -> str:
        """Say the present state in one line: the alternative text of the picture."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.summary()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live widget and, for places without JavaScript, its picture."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        figure = self.figure()
        png = io.BytesIO()
        # Two pixels for each of the page: slides make it larger.
        figure.savefig(png, format="png", dpi=160, bbox_inches="tight")
        plt.close(figure)
        data |= {"text/plain": repr(self), "image/png": png.getvalue()}
        width = int.from_bytes(png.getvalue()[16:20]) // 2
        return data, metadata | {"image/png": {"alt": repr(self), "width": width}}


class ImageExplorer(Explorer):
    """An explorer with a choice of named pictures, held as float32 by `prepare`."""

    image_name = traitlets.Unicode().tag(sync=True)
    _shapes: traitlets.List = traitlets.List().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)

    def __init__(
        self, images: npt.ArrayLike | Mapping[str, npt.ArrayLike], **traits: Any
    ) -> None:
        named = images if isinstance(images, Mapping) else {"image": images}
        if not named:
            raise ValueError("images: at least one picture is needed, got none")
        self.images = {str(name): self.prepare(img) for name, img in named.items()}
        traits.setdefault("image_name", next(iter(self.images)))
        super().__init__(
            _shapes=[{"name": n, "shape": i.shape} for n, i in self.images.items()],
            _pixels=b"".join(i.tobytes() for i in self.images.values()),
            **traits,
        )

    @staticmethod
    def prepare(image: npt.ArrayLike) -> np.ndarray:
        """Return a picture as the explorer holds it: see `as_unit_image`."""
        return as_unit_image(image)

    @traitlets.validate("image_name")
    def _known_image(self, proposal: Any) -> str:
        if proposal.value not in self.images:
            raise ValueError(
                f"image_name: there is no picture {proposal.value!r}; "
                f"there are {', '.join(map(repr, self.images))}"
            )
        return proposal.value


def no_output(error: ValueError) -> Figure:
    """Draw what is wrong, in place of an output, where the window does not fit."""
    figure = plt.figure(figsize=(12, 1))
    figure.text(0.5, 0.5, f"no output: {error}", ha="center", fontsize=9)
    return figure


def as_unit_image(image: npt.ArrayLike) -> np.ndarray:
    """Return an image as float32 in 0..1, (H, W) or (H, W, 3).

    uint8 is taken as 0..255 and divided by 255; any other type must be in 0..1 already.

    Raises
    ------
    ValueError
        For another shape, an empty image, values out of range, NaN.
    """
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(
            f"image: shape {array.shape}; allowed are (H, W) and (H, W, 3)"
        )
    if array.size == 0:
        raise ValueError(f"image: shape {array.shape} holds no pixel")
    if array.dtype == np.uint8:
        array = array / 255
    values = array.astype(np.float32)
    if not (values.min() >= 0 and values.max() <= 1):  # NaN fails too
        raise ValueError(
            f"image: {array.dtype} values from {array.min()} to {array.max()}; allowed "
            "are uint8 0..255, or other types in 0..1, none of them NaN"
        )
    return values
