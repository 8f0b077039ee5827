"""Frames around what a sentence is about."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.plotting.style import PALETTE


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
