"""TrainingExplorer: shape a network, let it learn in the page, look into it."""

import zlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils import datasets, plotting
from course_utils.widgets.explorer import (
    HERE,
    STYLE,
    Explorer,
    learning_engine,
    script,
)
from course_utils.widgets.network import model_of

SIDE = 28
CLASSES = 10
HIDDEN = 32  # units of each dense layer before the last
# How many pictures a page carries to learn from, and how many to validate with.
CARRIED = {"digits": (3_000, 1_000), "clothes": (2_000, 500)}
# What each control offers.
CHOICES: dict[str, tuple[Any, ...]] = {
    "data": tuple(CARRIED),
    "examples": (100, 300, 1_000, 2_000, 3_000),
    "wrong_labels": (0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "blocks": (0, 1, 2),
    "filters": (2, 4, 6, 8, 12, 16, 24, 32),
    "kernel_size": (3, 5, 7),
    "pooling": ("max", "average", "none"),
    "hidden": (0, 1, 2, 4, 8),
    "activation": ("relu", "sigmoid", "tanh", "linear"),
    "optimiser": ("adam", "momentum", "sgd"),
    "rate": tuple(
        float(f"{d}e{power}") for power in range(-5, 1) for d in (1, 2, 3, 5)
    ),
    "batch_size": (8, 16, 32, 64, 128),
    "decay": (0, 0.001, 0.01, 0.03, 0.1, 0.3, 1),
    "dropout": (0, 0.1, 0.25, 0.5, 0.75),
}
GOOD: dict[str, Any] = {
    "data": "digits",
    "examples": 3_000,
    "wrong_labels": 0,
    "blocks": 2,
    "filters": 8,
    "kernel_size": 5,
    "pooling": "max",
    "hidden": 0,
    "activation": "relu",
    "optimiser": "adam",
    "rate": 0.003,
    "batch_size": 32,
    "decay": 0,
    "dropout": 0,
    "seed": 1,
}
PRESETS: dict[str, dict[str, Any]] = {
    "good": GOOD,
    "too fast": GOOD | {"rate": 0.1},
    "too slow": GOOD | {"rate": 0.00001},
    "overfitting": GOOD | {"examples": 100, "blocks": 1},
    "wrong labels": GOOD | {"examples": 300, "wrong_labels": 0.3, "hidden": 1},
    "sigmoid in depth": GOOD | {"blocks": 1, "hidden": 8, "activation": "sigmoid"},
    "no convolution": GOOD | {"blocks": 0},
}


class TrainingExplorer(Explorer):
    """A small network that learns in the page: shape it, turn its rate, look into it.

    It needs no kernel and no network: the pictures (of the bundled samples, in 16
    shades of gray) and all that learns are in the page.

    Parameters
    ----------
    preset : {"good", "too fast", "too slow", "overfitting", "wrong labels", \
"sigmoid in depth", "no convolution"}
        What to begin with. Any setting can be given beside it.
    data : {"digits", "clothes"}
    examples : pictures to learn from: 100 to 3,000 digits, or 2,000 clothes.
    wrong_labels : share of them, 0 to 0.5, that are given a wrong label.
    blocks : 0 to 2 convolutions, each with a pooling; the second has twice the filters.
    filters, kernel_size, pooling, activation : of the blocks; `pooling` is "max",
        "average" or "none"; the activation is that of the dense layers, too.
    hidden : 0 to 8 dense layers of 32 units before the last one.
    optimiser : {"adam", "momentum", "sgd"}
    rate, batch_size, decay, dropout : can be turned while it learns. `decay` takes
        `rate * decay` of each weight away in each step.
    seed : of the first weights, the order of the pictures and the wrong labels.
    picture : which picture of the validation set is looked into, from 0.

    Raises
    ------
    ValueError
        For a preset or setting that is not offered.

    Examples
    --------
    >>> TrainingExplorer("good", filters=4).weights()
    2202
    """

    _esm = learning_engine() + script(
        *("shared/tiles", "shared/chances"),
        *("training_explorer_run", "training_explorer_curves"),
        *("training_explorer_pictures", "training_explorer_controls"),
        "training_explorer",
    )
    _css = STYLE + (HERE / "training_explorer.css").read_text(encoding="utf-8")

    data = traitlets.Unicode().tag(sync=True)
    examples = traitlets.Int().tag(sync=True)
    wrong_labels = traitlets.Float().tag(sync=True)
    blocks = traitlets.Int().tag(sync=True)
    filters = traitlets.Int().tag(sync=True)
    kernel_size = traitlets.Int().tag(sync=True)
    pooling = traitlets.Unicode().tag(sync=True)
    hidden = traitlets.Int().tag(sync=True)
    activation = traitlets.Unicode().tag(sync=True)
    optimiser = traitlets.Unicode().tag(sync=True)
    rate = traitlets.Float().tag(sync=True)
    batch_size = traitlets.Int().tag(sync=True)
    decay = traitlets.Float().tag(sync=True)
    dropout = traitlets.Float().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    picture = traitlets.Int(0).tag(sync=True)
    # What the page tells of its training: steps, and the points of the curves.
    progress: Any = traitlets.Dict().tag(sync=True)
    _learned: Any = traitlets.Dict().tag(sync=True)  # see `network.model_of`
    _choices: Any = traitlets.Dict().tag(sync=True)
    _presets: Any = traitlets.Dict().tag(sync=True)
    _sets: Any = traitlets.Dict().tag(sync=True)
    _digits = traitlets.Bytes().tag(sync=True)
    _clothes = traitlets.Bytes().tag(sync=True)

    def __init__(self, preset: str = "good", **settings: Any) -> None:
        if preset not in PRESETS:
            raise ValueError(
                f"preset: {preset!r}; allowed are {', '.join(map(repr, PRESETS))}"
            )
        packed = {name: carried(name) for name in CARRIED}
        most = {name: train for name, (train, _) in CARRIED.items()}
        chosen = PRESETS[preset] | settings
        chosen["examples"] = min(chosen["examples"], most.get(chosen["data"], 3_000))
        super().__init__(
            _choices={**CHOICES, "most": most},
            _presets=PRESETS,
            _sets={name: about for name, (about, _) in packed.items()},
            **{f"_{name}": pixels for name, (_, pixels) in packed.items()},
            **chosen,
        )

    @traitlets.validate(*CHOICES, "seed", "picture")
    def _offered(self, proposal: Any) -> Any:
        name, value = proposal.trait.name, proposal.value
        allowed: Sequence[Any] | str = CHOICES.get(name, ())
        if name == "rate":
            fits, allowed = 0 < value <= 100, "numbers over 0, up to 100"
        elif name in ("seed", "picture"):
            fits, allowed = value >= 0, "whole numbers from 0"
        else:
            fits = value in allowed
        if not fits:
            words = (
                allowed if isinstance(allowed, str) else ", ".join(map(repr, allowed))
            )
            raise ValueError(f"{name}: {value!r}; allowed are {words}")
        return value

    def settings(self) -> dict[str, Any]:
        """Return the present settings by name; `TrainingExplorer(**settings)`."""
        return {name: getattr(self, name) for name in GOOD}

    def weights(self) -> int:
        """Return how many weights a network of these settings has."""
        return sum(count for _, _, count in self.layers())

    def layers(self) -> list[tuple[str, tuple[int, ...], int]]:
        """Return name, output shape and number of weights of each layer."""
        side, channels, found = SIDE, 1, list[tuple[str, tuple[int, ...], int]]()
        for block in range(1, self.blocks + 1):
            filters = self.filters * block
            side -= self.kernel_size - 1
            count = (self.kernel_size**2 * channels + 1) * filters
            found.append((f"conv_{block}", (side, side, filters), count))
            if self.pooling != "none":
                side //= 2
                found.append((f"pool_{block}", (side, side, filters), 0))
            channels = filters
        units = [side * side * channels, *[HIDDEN] * self.hidden, CLASSES]
        for i, (before, after) in enumerate(pairwise(units), start=1):
            name = f"hidden_{i}" if i <= self.hidden else "answer"
            found.append((name, (after,), (before + 1) * after))
        return found

    def model(self) -> Any:
        """Return a Keras model with the weights that the page has learned.

        It takes images (N, 28, 28, 1) in 0..255 and gives ten probabilities.

        Raises
        ------
        ValueError
            Where nothing has arrived: no step was made, or no page shows the explorer.
        """
        if not self._learned:
            raise ValueError(
                "explorer: the page has sent no weights; show the explorer, press "
                "Play, then Pause, and run this cell when it has stopped"
            )
        return model_of(self._learned)

    def summary(self) -> str:
        """Say the settings in one line and, once it has learned, how well."""
        blocks = {0: "no convolution", 1: "1 block", 2: "2 blocks"}[self.blocks]
        if self.blocks:
            blocks += (
                f" of {self.filters} filters {self.kernel_size}x{self.kernel_size}"
            )
        words = [
            f"{self.examples:,} {self.data}, {blocks}, {self.weights():,} weights",
            f"{self.optimiser}, rate {self.rate:g}",
        ]
        if self.wrong_labels:
            words[0] += f", {self.wrong_labels:.0%} of the labels wrong"
        if self.progress.get("validation"):
            accuracy = self.progress["validation"][-1][2]
            words.append(f"{self.progress['steps']:,} steps, validation {accuracy:.1%}")
        return "; ".join(words)

    def figure(self) -> Figure:
        """Draw examples, the network's layers, and the curves as far as they are."""
        figure = plt.figure(figsize=(12, 3), layout="constrained")
        pictures, network, loss, accuracy = figure.subplots(1, 4)
        sheet = unpacked(self._digits if self.data == "digits" else self._clothes)[:36]
        rows = sheet.reshape(6, 6, SIDE, SIDE).swapaxes(1, 2)
        plotting.show_image(pictures, rows.reshape(6 * SIDE, 6 * SIDE), self.data)
        self._draw_layers(network)
        for axes, name, column in ((loss, "loss", 1), (accuracy, "accuracy", 2)):
            self._draw_curve(axes, name, column)
        return figure

    def _draw_layers(self, axes: Axes) -> None:
        axes.set_axis_off()
        axes.set_title(f"the network: {self.weights():,} weights")
        lines = [
            f"{name:9}{'x'.join(map(str, shape)):>10}{count or '':>8}"
            for name, shape, count in self.layers()
        ]
        text = "\n".join([f"{'layer':9}{'gives':>10}{'weights':>8}", *lines])
        axes.text(0, 0.98, text, va="top", family="monospace", fontsize=8)

    def _draw_curve(self, axes: Axes, name: str, column: int) -> None:
        axes.set(title=name, xlabel="epoch")
        colours = {"training": "blue", "validation": "vermilion"}
        for kind, colour in colours.items():
            points = np.array(self.progress.get(kind) or np.empty((0, 3)), float)
            x, y = points[:, 0], points[:, column]
            axes.plot(x, y, color=plotting.PALETTE[colour], label=kind)
        if not self.progress.get("training"):
            axes.set(xlim=(0, 8), ylim=(0, 2.4 if column == 1 else 1))
            axes.text(0.5, 0.5, "press Play", ha="center", transform=axes.transAxes)
        axes.legend(frameon=False, fontsize=8)


@cache
def carried(name: str) -> tuple[dict[str, Any], bytes]:
    """Return what a page carries of a data set: labels and such, and its pixels.

    The pixels are those of the pictures to learn from and then of those to validate
    with, in 16 shades, two in a byte, packed with zlib.
    """
    whole = {"digits": datasets.mnist, "clothes": datasets.fashion_mnist}[name](
        "sample"
    )
    train, validation = CARRIED[name]
    parts = (whole.train, train), (whole.validation, validation)
    images = np.concatenate([split.images[:count] for split, count in parts])
    labels = np.concatenate([split.labels[:count] for split, count in parts])
    shades = np.rint(images / 17).astype(np.uint8).reshape(-1, 2)
    about = {
        "labels": "".join(map(str, labels.tolist())),
        "train": train,
        "classes": list(whole.class_names),
    }
    return about, zlib.compress((shades[:, 0] * 16 + shades[:, 1]).tobytes(), 9)


def unpacked(pixels: bytes) -> np.ndarray:
    """Return pictures (N, 28, 28) in 0..255 from what `carried` packed."""
    pairs = np.frombuffer(zlib.decompress(pixels), np.uint8)
    return 17 * np.stack([pairs >> 4, pairs & 15], axis=1).reshape(-1, SIDE, SIDE)
