"""DigitPad: draw a digit, and a network answers while the pen moves."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.figure import Figure

from course_utils import plotting
from course_utils.widgets.explorer import (
    HERE,
    NETWORK,
    STYLE,
    Explorer,
    as_unit_image,
    script,
)
from course_utils.widgets.network import network_of

SIDE = 28  # pixels of a picture
BOX = 20  # MNIST scales a digit to fit into so many of them
FINE = 5  # the pad has so many pixels for each one of a picture, across and down
PEN = 1.2  # half the width of a line, in pixels of a picture
MOST_MAPS = 32
MOST_WEIGHTS = 200_000  # that a file carries: 530 kB of text
Strokes = Sequence[Sequence[Sequence[float]]]


class DigitPad(Explorer):
    """Draw a digit; see what the network gets, what it answers, and its first maps.

    Parameters
    ----------
    model : keras.Model
        Takes images (N, 28, 28, 1) or (N, 28, 28) in 0..255, gives ten probabilities.
        The maps are those of its first `Conv2D`, if it has one.
    example : array (28, 28), optional
        A digit to begin with, uint8, or floats in 0..1; the pen draws over it.
    strokes : list of lines, each a list of points (x, y)
        What was drawn, in pixels of the picture: (0, 0) is its upper left corner,
        (28, 28) the lower right one.
    centred : bool
        Whether the drawing is scaled and centred as MNIST does it; see `centre`.
    show_example : bool
        False once the pad was cleared.

    All but `model` and `example` can be read and set while the pad is shown, and
    `probabilities` (ten, none for an empty pad) can be read.

    Raises
    ------
    TypeError
        Where the model is not one of Keras.
    ValueError
        For a model of other inputs or outputs, an example of another shape or range,
        strokes that are not lists of points.

    Examples
    --------
    >>> pad = DigitPad(model, strokes=[[(14, 4), (14, 24)]])  # doctest: +SKIP
    >>> int(np.argmax(pad.probabilities))  # doctest: +SKIP
    1
    """

    _esm = script(
        *NETWORK,
        *("shared/tiles", "shared/chances"),
        *("digit_pad_ink", "digit_pad_pen", "digit_pad_network", "digit_pad"),
    )
    _css = STYLE + (HERE / "digit_pad.css").read_text(encoding="utf-8")

    strokes: Any = traitlets.List().tag(sync=True)
    centred = traitlets.Bool(True).tag(sync=True)
    show_example = traitlets.Bool(True).tag(sync=True)
    probabilities: Any = traitlets.List().tag(sync=True)
    # The browser counts its questions and sends one when the last one is answered: so
    # none ever waits behind another, and the next one is about the newest drawing.
    asked = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    _trouble = traitlets.Unicode().tag(sync=True)
    _example = traitlets.Bytes().tag(sync=True)  # float32 (28, 28) in 0..1, or empty
    _conv_name = traitlets.Unicode().tag(sync=True)  # empty: a network without one
    _maps = traitlets.Bytes().tag(sync=True)  # int8, the strongest is 127 or -127
    _network: Any = traitlets.Dict().tag(sync=True)  # empty: the page cannot run it
    _maps_shape: Any = traitlets.List().tag(sync=True)  # rows, columns, maps sent, all

    def __init__(
        self, model: Any, example: npt.ArrayLike | None = None, **traits: Any
    ) -> None:
        self.model = model
        self.maps: np.ndarray | None = None  # (h, w, kernels), of the present drawing
        self._known: tuple[Any, ...] = ()  # the last state that was answered
        self._probe, conv = probe(model)
        if example is not None:
            image = as_unit_image(example)
            if image.shape != (SIDE, SIDE):
                raise ValueError(f"example: shape {image.shape}; allowed is (28, 28)")
            traits["_example"] = image.tobytes()
        super().__init__(_conv_name=conv, **traits)
        self.refresh()

    @traitlets.validate("strokes")
    def _points(self, proposal: Any) -> list[list[list[float]]]:
        strokes = [[[float(x), float(y)] for x, y in line] for line in proposal.value]
        if not all(line and np.isfinite(line).all() for line in strokes):
            raise ValueError(
                "strokes: each line needs at least one point (x, y) of finite numbers"
            )
        return strokes

    @traitlets.observe("strokes", "centred", "show_example", "asked")
    def _changed(self, change: Any) -> None:
        # A question from the browser sets several traits at once: answer it once.
        now = self.strokes, self.centred, self.show_example, self.asked
        if now != self._known:
            self._known = now
            self._answer()

    def ink(self) -> np.ndarray:
        """Return what stands on the pad: (140, 140), 0 paper, 1 ink."""
        drawn = draw(self.strokes)
        if not (self._example and self.show_example):
            return drawn
        example = np.frombuffer(self._example, np.float32).reshape(SIDE, SIDE)
        return np.maximum(drawn, np.kron(example, np.ones((FINE, FINE))))

    def picture(self) -> np.ndarray:
        """Return what the network sees: uint8 (28, 28), 0..255."""
        small = centre(self.ink()) if self.centred else as_drawn(self.ink())
        return np.floor(255 * small + 0.5).astype(np.uint8)

    def refresh(self) -> None:
        """Ask the model again: needed only after it learned more."""
        self._network = carried(self.model)
        self._answer()

    def _answer(self) -> None:
        picture = self.picture()
        told: dict[str, Any] = {"probabilities": [], "_trouble": "", "_maps": b""}
        self.maps = None
        try:
            if picture.any():
                probabilities, self.maps = answer(self._probe, picture)
                told["probabilities"] = probabilities.tolist()
            if self.maps is not None:
                shown = self.maps[:, :, :MOST_MAPS]
                limit = float(np.abs(shown).max()) or 1
                told["_maps"] = np.rint(shown * (127 / limit)).astype(np.int8).tobytes()
                told["_maps_shape"] = [*shown.shape, self.maps.shape[2]]
        except Exception as error:  # a message from the browser has nowhere to raise it
            told["_trouble"] = str(error) or type(error).__name__
        finally:
            with self.hold_sync():  # one message
                for name, value in told.items():
                    setattr(self, name, value)
                self.answered = self.asked

    def summary(self) -> str:
        """Say the present state in one line."""
        how = "centred as MNIST does it" if self.centred else "as drawn"
        if self._trouble:
            return f"a drawing, {how}; no answer: {self._trouble}"
        if not self.probabilities:
            return "empty: draw a digit"
        digit = int(np.argmax(self.probabilities))
        return f"a drawing, {how}; the model says {digit}"

    def figure(self) -> Figure:
        """Draw the pad, the network's picture, its ten probabilities and its maps."""
        self.refresh()  # it may have learned more
        figure = plt.figure(figsize=(11, 3.2), layout="constrained")
        pad, seen, bars, maps = figure.subplots(1, 4, width_ratios=[3, 3, 2.6, 5])
        plotting.show_image(pad, self.ink(), "drawing")
        plotting.show_image(seen, self.picture(), "what the network sees")
        heights = self.probabilities or [0] * 10
        colours = [plotting.PALETTE["blue"]] * 10
        colours[int(np.argmax(heights))] = plotting.PALETTE["vermilion"]
        bars.barh(range(10), heights, color=colours)
        bars.set(xlim=(0, 1), ylim=(9.6, -0.6), yticks=range(10), title="probability")
        if not self.probabilities:
            words = self._trouble or "draw a digit"
            bars.text(0.5, 4.5, words, ha="center", va="center", wrap=True)
        maps.set_axis_off()
        if self.maps is not None:
            sheet = tiled(self.maps)
            limit = np.nanmax(np.abs(sheet)) or 1
            negative = np.nanmin(sheet) < 0
            maps.imshow(
                sheet,
                plotting.SIGNED if negative else "cividis",
                vmin=-limit if negative else 0,
                vmax=limit,
            )
            maps.set_title(f"maps of {self._conv_name}")
        return figure


def draw(strokes: Strokes) -> np.ndarray:
    """Return lines drawn with a round pen: (140, 140), 0 paper, 1 ink.

    Parameters
    ----------
    strokes : lines of points (x, y) in 0..28; what is outside is cut off.

    Notes
    -----
    A pixel is full of ink up to half a pixel inside the line's edge, empty from half a
    pixel outside, and between them as far as its middle is from there.
    """
    ink = np.zeros((SIDE * FINE, SIDE * FINE))
    reach = FINE * PEN + 0.5
    for line in strokes:
        for start, end in zip([line[0], *line], line):
            (x0, y0), (x1, y1) = FINE * np.array([start, end], float)
            left, right = _reached(x0, x1, reach)
            top, bottom = _reached(y0, y1, reach)
            y, x = np.ogrid[top:bottom, left:right]
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            x, y = x + 0.5 - x0, y + 0.5 - y0
            along = np.clip((x * dx + y * dy) / length, 0, 1) if length else 0.0
            away_x, away_y = x - along * dx, y - along * dy
            distance = np.sqrt(away_x * away_x + away_y * away_y)
            part = ink[top:bottom, left:right]
            np.maximum(part, np.clip(reach - distance, 0, 1), out=part)
    return ink


def centre(ink: npt.ArrayLike) -> np.ndarray:
    """Scale and centre a drawing as MNIST does it.

    The box around the ink is scaled, without a change of its shape, so that its longer
    side is 20 pixels: a pixel of the result is the average of what it covers. Then it
    is moved by whole pixels until its centre of mass lies in the pixel below and right
    of the middle of 28x28. (Half a pixel off the middle: in MNIST's own digits it is
    there, spread evenly over that pixel.)

    Parameters
    ----------
    ink : array (H, W)
        0 is paper; larger is more ink, in any range.

    Returns
    -------
    array (28, 28) : float64, same range; all zero where there is no ink.

    Raises
    ------
    ValueError
        For another shape, negative numbers, NaN.

    References
    ----------
    LeCun, Cortes, Burges: The MNIST database of handwritten digits,
    http://yann.lecun.com/exdb/mnist/
    """
    array = np.asarray(ink, float)
    if array.ndim != 2 or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(
            f"ink: shape {array.shape}; allowed is (H, W), no negative number, no NaN"
        )
    picture = np.zeros((SIDE, SIDE))
    rows, columns = (np.flatnonzero(array.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return picture
    box = array[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longer = max(box.shape)
    # Rounded in whole numbers, so that the browser cannot round otherwise.
    height, width = (
        max(1, (2 * BOX * side + longer) // (2 * longer)) for side in box.shape
    )
    down, across = _averages(box.shape[0], height), _averages(box.shape[1], width)
    small = down @ box @ across.T
    top, left = _offset(small.sum(axis=1)), _offset(small.sum(axis=0))
    picture[top : top + height, left : left + width] = small
    return picture


def as_drawn(ink: np.ndarray) -> np.ndarray:
    """Return the pad (140, 140) as 28x28: each pixel the average of its 25."""
    return ink.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def probe(model: Any) -> tuple[Any, str]:
    """Return a model that gives probabilities and first maps, and that layer's name.

    Raises
    ------
    TypeError, ValueError
        See `DigitPad`.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError(f"model: must be a Keras model, not {type(model).__name__}")
    try:
        shapes = [tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
    except (AttributeError, TypeError, ValueError):
        raise ValueError(
            "model: its shapes are not known yet; let it begin with "
            "keras.Input((28, 28, 1)), in values 0..255"
        ) from None
    if len(shapes) != 2 or shapes[0][1:] not in {(SIDE, SIDE, 1), (SIDE, SIDE)}:
        raise ValueError(
            f"model: takes inputs of shape {shapes[:-1]}; allowed are images "
            "(N, 28, 28, 1) or (N, 28, 28), in 0..255"
        )
    if shapes[1][1:] != (10,):
        raise ValueError(
            f"model: gives outputs of shape {shapes[1]}; allowed are ten "
            "probabilities, (N, 10)"
        )
    convs = [one for one in model.layers if isinstance(one, keras.layers.Conv2D)]
    outputs = {"probabilities": model.outputs[0]}
    if convs:
        outputs["maps"] = convs[0].output
    probing = keras.Model(model.inputs[0], outputs)
    answer(probing, np.zeros((SIDE, SIDE)))
    return probing, convs[0].name if convs else ""


def answer(probing: Any, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the ten probabilities and the maps (h, w, kernels) of one picture.

    Raises
    ------
    ValueError
        Where the outputs are not probabilities.
    """
    images = picture.reshape(1, *probing.inputs[0].shape[1:]).astype(np.float32)
    # Called, not `predict`: that prepares for large data and takes far longer for one.
    outputs = probing(images, training=False)
    found = {name: np.asarray(values)[0] for name, values in outputs.items()}
    probabilities = found["probabilities"]
    if not (probabilities.min() >= 0 and abs(probabilities.sum() - 1) < 0.01):
        raise ValueError(
            "model: its ten outputs are not probabilities (they go from "
            f"{probabilities.min():.3g} to {probabilities.max():.3g}, sum "
            f"{probabilities.sum():.3g}); they are where it ends in softmax and its "
            "training did not diverge"
        )
    return probabilities, found.get("maps")


def carried(model: Any) -> dict[str, Any]:
    """Return the network that a page carries, empty where it cannot run it."""
    try:
        told = network_of(model) if few_weights(model) else {}
        # Anything else may give no probabilities: the kernel says so.
        softmax = told and told["layers"][-1]["activation"] == "softmax"
        return told if softmax else {}
    except (TypeError, ValueError):  # a layer that the page does not have
        return {}


def few_weights(model: Any) -> bool:
    """Say whether a page can carry so many weights."""
    return model is not None and model.count_params() <= MOST_WEIGHTS


def tiled(maps: np.ndarray) -> np.ndarray:
    """Return the first 32 maps of (h, w, n) in one picture, NaN between them."""
    height, width, count = maps[:, :, :MOST_MAPS].shape
    rows = math.ceil(count / 8)
    sheet = np.full((rows * (height + 2), min(count, 8) * (width + 2)), np.nan)
    for i in range(count):
        top, left = i // 8 * (height + 2) + 1, i % 8 * (width + 2) + 1
        sheet[top : top + height, left : left + width] = maps[:, :, i]
    return sheet


def _reached(start: float, end: float, reach: float) -> tuple[int, int]:
    """First pixel, and the one after the last, that the pen reaches on one axis."""
    first = math.floor(min(start, end) - reach)
    last = math.ceil(max(start, end) + reach)
    return max(0, min(first, SIDE * FINE)), max(0, min(last, SIDE * FINE))


def _averages(old: int, new: int) -> np.ndarray:
    """Return weights (new, old): how much of each old pixel a new one is made of."""
    edges = np.arange(new + 1) * old / new
    begin, end = edges[:-1, None], edges[1:, None]
    pixel = np.arange(old)
    shared = np.minimum(end, pixel + 1) - np.maximum(begin, pixel)
    return np.maximum(shared, 0) * new / old


def _offset(mass: np.ndarray) -> int:
    """Return where to begin so that the centre of mass lies in 14..15."""
    middle = mass @ (np.arange(mass.size) + 0.5) / mass.sum()
    # A hair less, so that rounding errors do not move a symmetric drawing.
    begin = math.ceil(SIDE / 2 - middle - 1e-6)
    return max(0, min(begin, SIDE - mass.size))
