"""The look of all figures: one style, one palette."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

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
