"""FeatureMapExplorer: what each filter of a network answers, and what it likes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.figure import Figure

from course_utils import filters, plotting
from course_utils.widgets.explorer import HERE, STYLE, Explorer, script

SIDE = 56  # a map with more pixels than this a side is averaged before it is sent


class FeatureMapExplorer(Explorer):
    """Choose layer, filter and picture; see the map and what the filter likes.

    Parameters
    ----------
    model : keras.Model
        Sequential, functional or nested.
    images : mapping of name to array
        Pictures as the model takes them: (H, W, 1) or (H, W, 3).
    layers : list of str, optional
        Names of layers with maps; by default those of `explain.convolutions`.
    preferred : mapping of (layer, filter) to array (h, w, 3), optional
        Preferred inputs that are known already. Others are computed when a button asks
        for them, in some seconds.
    value_range : (float, float)
        The darkest and the brightest value in the images.
    layer_name, filter, image_name
        What is chosen; can be read and set while the explorer is shown.

    Raises
    ------
    ValueError
        For pictures or layers that the model does not have, a choice that is not there.

    Notes
    -----
    The browser holds all maps, a byte a number: 0 to the strongest answer of the filter
    on any of the pictures. So it answers in a frame, without a kernel.
    """

    _esm = script("feature_maps")
    _css = STYLE + (HERE / "feature_maps.css").read_text(encoding="utf-8")

    layer_name = traitlets.Unicode().tag(sync=True)
    filter = traitlets.Int(0).tag(sync=True)
    image_name = traitlets.Unicode().tag(sync=True)
    asked = traitlets.Unicode().tag(sync=True)  # "layer filter" while it is computed
    trouble = traitlets.Unicode().tag(sync=True)
    _layers: Any = traitlets.List().tag(sync=True)
    _images: Any = traitlets.List().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)  # uint8, pictures one after the other
    _maps = traitlets.Bytes().tag(sync=True)  # uint8 (image, filter, h, w) a layer
    _peaks = traitlets.Bytes().tag(sync=True)  # float32 (image, filter, 4) a layer
    _liked: Any = traitlets.List().tag(sync=True)  # what each preferred input is of
    _liked_pixels = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        model: Any,
        images: Mapping[str, npt.ArrayLike],
        layers: Sequence[str] | None = None,
        preferred: Mapping[tuple[str, int], npt.ArrayLike] | None = None,
        value_range: tuple[float, float] = (0, 255),
        **traits: Any,
    ) -> None:
        # Here, because it loads TensorFlow, which other explorers spare.
        from course_utils import explain

        if not images:
            raise ValueError("images: at least one picture is needed, got none")
        self.model, self.value_range = model, value_range
        self.images = {str(name): np.asarray(img) for name, img in images.items()}
        answers = [explain.activations(model, img) for img in self.images.values()]
        if layers is None:
            layers = explain.convolutions(model, next(iter(self.images.values())))
        unknown = [name for name in layers if name not in answers[0]]
        if unknown or not layers:
            raise ValueError(f"layers: {unknown}; layers with maps: {list(answers[0])}")
        self.maps: dict[str, np.ndarray] = {}  # uint8 (image, filter, h, w)
        self.peaks: dict[str, np.ndarray] = {}  # (image, filter, 4): see `peaks`
        about = []
        for name in layers:
            maps = np.stack([answer[name] for answer in answers])
            self.peaks[name] = peaks(maps)
            self.maps[name], signed = as_bytes(maps)
            shape = dict(zip(("n", "h", "w"), self.maps[name].shape[1:]))
            size = list(maps.shape[1:3])
            about.append({"name": name, "signed": signed, "size": size, **shape})
        pictures = [self.painted(image) for image in self.images.values()]
        self.liked: dict[tuple[str, int], np.ndarray] = {}
        for (name, channel), one in (preferred or {}).items():
            if name not in self.maps or np.ndim(one) != 3:
                raise ValueError(
                    f"preferred: ({name!r}, {channel}) with shape {np.shape(one)}; "
                    f"needed are pictures (h, w, 3) of layers among {list(self.maps)}"
                )
            self.liked[name, int(channel)] = self.painted(one)
        super().__init__(
            layer_name=traits.pop("layer_name", layers[0]),
            image_name=traits.pop("image_name", next(iter(self.images))),
            _layers=about,
            _images=[
                {"name": name, "h": picture.shape[0], "w": picture.shape[1]}
                for name, picture in zip(self.images, pictures)
            ],
            _pixels=b"".join(picture.tobytes() for picture in pictures),
            _maps=b"".join(maps.tobytes() for maps in self.maps.values()),
            _peaks=b"".join(peak.tobytes() for peak in self.peaks.values()),
            **traits,
        )
        self._send_liked()

    @traitlets.validate("layer_name", "image_name")
    def _known(self, proposal: Any) -> str:
        name = proposal.trait.name
        known = self.maps if name == "layer_name" else self.images
        if proposal.value not in known:
            raise ValueError(f"{name}: {proposal.value!r}; there are {list(known)}")
        return proposal.value

    @traitlets.validate("filter")
    def _in_layer(self, proposal: Any) -> int:
        count = self.maps[self.layer_name].shape[1]
        if not 0 <= proposal.value < count:
            raise ValueError(
                f"filter: {proposal.value}; {self.layer_name} has 0 to {count - 1}"
            )
        return proposal.value

    @traitlets.observe("layer_name")
    def _fewer_filters(self, _: Any) -> None:
        if self.maps and self.filter >= self.maps[self.layer_name].shape[1]:
            self.filter = 0

    @traitlets.observe("asked")
    def _answer(self, _: Any) -> None:
        if self.asked:
            layer, _, channel = self.asked.rpartition(" ")
            try:
                self.ask(layer, int(channel))
            except Exception as error:  # to be read where the button is
                self.trouble = str(error)
            self.asked = ""

    def ask(self, layer: str, channel: int) -> np.ndarray:
        """Return the preferred input of a filter, uint8 (h, w, 3); show it, too."""
        from course_utils import explain

        if (layer, channel) not in self.liked:
            options: dict[str, Any] = {"value_range": self.value_range}
            made = explain.preferred_input(self.model, layer, channel, **options)
            self.liked[layer, channel] = self.painted(made)
            self._send_liked()
        return self.liked[layer, channel]

    def _send_liked(self) -> None:
        with self.hold_sync():
            self._liked_pixels = b"".join(one.tobytes() for one in self.liked.values())
            self._liked = [
                {"layer": layer, "filter": i, "h": one.shape[0], "w": one.shape[1]}
                for (layer, i), one in self.liked.items()
            ]

    def painted(self, image: npt.ArrayLike) -> np.ndarray:
        """Return a picture of the model's value range as uint8 (h, w, 3)."""
        low, high = self.value_range
        unit = (np.asarray(image, float) - low) / (high - low)
        pixels = np.round(255 * np.clip(unit, 0, 1)).astype(np.uint8)
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels

    def map(self) -> np.ndarray:
        """Return the map as it is shown, (h, w): in steps of 1/255 of the strongest."""
        place = list(self.images).index(self.image_name)
        steps = self.maps[self.layer_name][place, self.filter].astype(float)
        scale = self.strongest()
        return scale * (steps - 128) / 127 if self._signed() else scale * steps / 255

    def strongest(self) -> float:
        """Return the filter's largest answer without sign, on any of the pictures."""
        return float(self.peaks[self.layer_name][:, self.filter, 3].max())

    def best_image(self) -> str:
        """Return the name of the picture with the largest answer of the filter."""
        best = self.peaks[self.layer_name][:, self.filter, 0].argmax()
        return list(self.images)[best]

    def _signed(self) -> bool:
        return next(a["signed"] for a in self._layers if a["name"] == self.layer_name)

    def summary(self) -> str:
        """Say the present state in one line."""
        h, w = self.maps[self.layer_name].shape[2:]
        return (
            f"{self.layer_name}, filter {self.filter} on {self.image_name}: map {h}x{w}"
            f", largest answer of all on {self.best_image()}, {self.strongest():.3g}"
        )

    def figure(self) -> Figure:
        """Draw picture, map, best picture and preferred input with matplotlib."""
        figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
        names = list(self.images)
        for ax, name in zip(axes[::2], (self.image_name, self.best_image())):
            plotting.show_image(ax, self.painted(self.images[name]), name)
        axes[2].set_title(f"it likes best: {self.best_image()}")
        _, row, column, _ = self.peaks[self.layer_name][
            names.index(self.best_image()), self.filter
        ]
        height, width = self.images[self.best_image()].shape[:2]
        side = max(height, width) / 8
        top = np.clip(row * height - side / 2, 0, height - side)
        left = np.clip(column * width - side / 2, 0, width - side)
        plotting.mark(axes[2], top, left, (side, side))
        limit = self.strongest() or 1
        title = f"{self.layer_name}, filter {self.filter}"
        plotting.show_image(axes[1], self.map(), title, limit=limit, cmap="cividis")
        if len(title) > 20:  # a long name would run into the next title
            axes[1].set_title(title, size=9)
        liked = self.liked.get((self.layer_name, self.filter))
        axes[3].set_title("preferred input")
        if liked is None:
            axes[3].set_axis_off()
            axes[3].text(0.5, 0.5, "press the button", ha="center")
        else:
            plotting.show_image(axes[3], liked, "preferred input")
        return figure


def peaks(maps: np.ndarray) -> np.ndarray:
    """Where each map (image, h, w, filter) is largest: float32 (image, filter, 4).

    The largest answer, its row and column as a share of height and width, and the
    largest answer without its sign.
    """
    count, rows, columns, depth = maps.shape
    flat = maps.reshape(count, rows * columns, depth)
    row, column = np.unravel_index(flat.argmax(axis=1), (rows, columns))
    places = (row + 0.5) / rows, (column + 0.5) / columns
    parts = (flat.max(axis=1), *places, np.abs(flat).max(axis=1))
    return np.stack(parts, axis=-1).astype(np.float32)


def as_bytes(maps: np.ndarray) -> tuple[np.ndarray, bool]:
    """Maps (image, h, w, filter) as uint8 (image, filter, h, w); are they signed?

    0 to 255 is 0 to the filter's strongest answer on any picture; in a layer with
    answers below 0 it is 1 to 255, and 128 is 0.
    """
    scale = np.abs(maps).max(axis=(0, 1, 2))
    unit = maps / np.where(scale > 0, scale, 1)  # a dead filter stays 0
    block = math.ceil(max(maps.shape[1:3]) / SIDE)
    small = np.stack([filters.pool(one, block, kind="average") for one in unit])
    signed = bool(maps.min() < 0)
    steps = 128 + 127 * small if signed else 255 * small
    order = np.round(steps).astype(np.uint8).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(order), signed
