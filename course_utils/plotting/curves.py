"""How a training went."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from course_utils.plotting.style import PALETTE


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
