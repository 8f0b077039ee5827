"""What a class watches while a network learns: curves, progress, a stop button."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_utils.plotting import PALETTE
from course_utils.widgets.explorer import HERE, STYLE, Explorer, script

TRAIN, VALIDATION = PALETTE["blue"], PALETTE["vermilion"]


class TrainingMonitor(Explorer):
    """Learning curves, progress and a stop button for one training.

    `course_utils.training.fit` makes it and tells it what happens; everything that is
    drawn is in its traits. The button interrupts the kernel through the Jupyter server,
    as the square in the toolbar does: a widget's own messages wait until the cell ends.

    Parameters
    ----------
    title : what is being trained.
    epochs : how many epochs there will be.
    """

    _esm = script("training_monitor")
    _css = STYLE + (HERE / "training_monitor.css").read_text(encoding="utf-8")

    title = traitlets.Unicode().tag(sync=True)
    phase = traitlets.Enum(
        ["preparing", "training", "validating", "done", "stopped", "failed"],
        "preparing",
    ).tag(sync=True)
    epochs = traitlets.Int().tag(sync=True)
    epoch = traitlets.Int(0).tag(sync=True)  # the one under way, counted from 1
    batch = traitlets.Int(0).tag(sync=True)
    batches = traitlets.Int(0).tag(sync=True)  # 0: not known yet
    seconds = traitlets.Float(0).tag(sync=True)
    seconds_left = traitlets.Float(None, allow_none=True).tag(sync=True)
    history = traitlets.Dict().tag(sync=True)  # as Keras keeps it, one value an epoch
    trace: Any = traitlets.List().tag(
        sync=True
    )  # [epochs done, loss, metric] a few batches
    panels: Any = traitlets.List().tag(
        sync=True
    )  # one a metric: name, low, high, ticks
    best_epoch = traitlets.Int(None, allow_none=True).tag(sync=True)  # from 0
    kernel_id = traitlets.Unicode().tag(sync=True)

    def tell(self, **changes: Any) -> None:
        """Set traits and send them to the browser as one message."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in changes.items():
                setattr(self, name, value)
            if changes.keys() & {"history", "trace"}:
                self.panels = self._panels()

    def _panels(self) -> list[dict[str, Any]]:
        """Axes that show all epochs; until there is one, the batches so far."""
        names = [name for name in self.history if not name.startswith("val_")][:2]
        panels = []
        for i, name in enumerate(names, start=1):
            values = [*self.history[name], *self.history.get(f"val_{name}", [])]
            if not self.history[name]:
                values = [point[i] for point in self.trace]
            known = [v for v in values if v is not None and math.isfinite(v)] or [0, 1]
            # Of one epoch the points lie close together: not on the frame.
            spare = 0.08 * max(max(known) - min(known), abs(max(known))) or 0.1
            if name == "accuracy":
                low, high = max(0, min(known) - max(spare, 0.02)), 1
            else:
                low, high = min(0, min(known)), max(known) + spare
            ticks = MaxNLocator(4).tick_values(low, high)
            panels.append(
                {
                    "name": name,
                    "low": low,
                    "high": high,
                    "ticks": [round(t, 6) for t in ticks if low <= t <= high],
                }
            )
        return panels

    def _done(self) -> int:
        return len(self.history.get("loss", []))

    def summary(self) -> str:
        """Say in one line how the training went."""
        words = f"{self.title}, {self._done()} of {self.epochs} epochs"
        if self.best_epoch is not None:
            best = self.history["val_loss"][self.best_epoch]
            words += f"; best epoch {self.best_epoch + 1}, validation loss {best:.4f}"
            if "val_accuracy" in self.history:
                accuracy = self.history["val_accuracy"][self.best_epoch]
                words += f", validation accuracy {accuracy:.4f}"
        return words

    def view(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget without a picture, as long as there is nothing to draw."""
        bundle: Any = anywidget.AnyWidget._repr_mimebundle_(self)
        data, metadata = bundle
        return data | {"text/plain": repr(self)}, metadata

    def __repr__(self) -> str:  # the same on every machine: nbval compares it
        return f"TrainingMonitor: {self.title}"

    def figure(self) -> Figure:
        """Draw the present curves with matplotlib, one panel for each metric."""
        panels = self.panels or [{"name": "loss", "low": 0, "high": 1}]
        figure = Figure(figsize=(4.8 * len(panels), 3), layout="constrained")
        for i, (panel, axes) in enumerate(
            zip(panels, figure.subplots(1, len(panels), squeeze=False)[0]), start=1
        ):
            name = panel["name"]
            if self.trace:
                x, y = ([point[j] for point in self.trace] for j in (0, i))
                axes.plot(
                    x, y, color=TRAIN, alpha=0.35, lw=1, label="training, batches"
                )
            for key, colour, marker, label in (
                (name, TRAIN, "o", "training"),
                (f"val_{name}", VALIDATION, "s", "validation"),
            ):
                y = self.history.get(key, [])
                x = list(range(1, len(y) + 1))
                axes.plot(x, y, marker + "-", color=colour, ms=4, label=label)
            if self.best_epoch is not None:
                axes.axvline(
                    self.best_epoch + 1, color="gray", ls=":", label="best epoch"
                )
            axes.set(
                xlabel="epoch", ylabel=name, xlim=(0, max(1, self._done()) + 0.2),
                ylim=(panel["low"], panel["high"]),
            )  # fmt: skip
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
            axes.spines[["top", "right"]].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(  # above the curves, which fill their frames
            handles, labels, loc="outside upper center", ncols=2 * len(panels),
            frameon=False, fontsize=12,
        )  # fmt: skip
        return figure


def plain(values: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    """Numbers that JSON can carry: NaN and infinity become None."""
    return {
        name: [v if math.isfinite(v) else None for v in series]
        for name, series in values.items()
    }
