"""A few shapes as SVG text, in the colours of the course's figures.

Every drawing stands on a white card, so that it can be read on light and dark pages.
Fonts are those of the reader's system; text is drawn large enough for any of them.
"""

import html
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from course_utils.plotting import PALETTE

INK, SOFT, PALE = "#222222", "#767676", "#e8e8e8"
BLUE, ORANGE, GREEN = PALETTE["blue"], PALETTE["vermilion"], PALETTE["green"]
YELLOW, SKY, PURPLE = PALETTE["orange"], PALETTE["sky blue"], PALETTE["purple"]


def drawing(width: int, height: int, alt: str, *parts: str) -> str:
    """A whole SVG file: a white card with these parts, and its text for readers."""
    title = html.escape(alt)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{title}" '
        f'font-family="system-ui, sans-serif">\n<title>{title}</title>\n'
        + "\n".join((box(0, 0, width, height, "#ffffff", round_=10), *parts))
        + "\n</svg>\n"
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    *,
    line: str = "none",
    round_: float = 0,
    stroke: float = 1.5,
    dash: str = "",
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'rx="{round_:g}" fill="{fill}" stroke="{line}" stroke-width="{stroke:g}"'
        f"{dashed}/>"
    )


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 14,
    colour: str = INK,
    anchor: str = "middle",
    bold: bool = False,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" '
        f'text-anchor="{anchor}"{weight}>{html.escape(words)}</text>'
    )


def path(steps: str, *, line: str = INK, fill: str = "none", stroke: float = 2) -> str:
    return (
        f'<path d="{steps}" fill="{fill}" stroke="{line}" stroke-width="{stroke:g}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def circle(x: float, y: float, radius: float, fill: str, *, line: str = "none") -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{line}" '
        'stroke-width="2"/>'
    )


def arrow(x1: float, y1: float, x2: float, y2: float, *, colour: str = SOFT) -> str:
    """A straight line with a head at its end."""
    along = np.array([x2 - x1, y2 - y1]) / np.hypot(x2 - x1, y2 - y1)
    across = np.array([-along[1], along[0]])
    tip = np.array([x2, y2])
    left, right = tip - 9 * along + 5 * across, tip - 9 * along - 5 * across
    head = f"M{x2:g} {y2:g}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z"
    stem = tip - 7 * along
    line = path(f"M{x1:g} {y1:g}L{stem[0]:.1f} {stem[1]:.1f}", line=colour)
    return line + path(head, line=colour, fill=colour, stroke=1)


def curve(points: Iterable[tuple[float, float]], **style: str | float) -> str:
    """A line through points."""
    steps = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return path(steps, **style)  # type: ignore[arg-type]


def squares(
    values: ArrayLike,
    x: float,
    y: float,
    side: float,
    colour: Callable[[float], str],
    *,
    grid: str = "none",
) -> str:
    """An array (H, W) as squares of this side, each in the colour of its value."""
    rects = "".join(
        f'<path d="M{x + j * side:.4g} {y + i * side:.4g}h{side:.3g}v{side:.3g}'
        f'h-{side:.3g}z" fill="{colour(value)}"/>'
        for (i, j), value in np.ndenumerate(np.asarray(values, float))
        if grid != "none" or colour(value) != "#ffffff"
    )
    return f'<g stroke="{grid}" stroke-width="0.7">{rects}</g>'


def gray(value: float) -> str:
    level = round(255 * min(max(value, 0), 1))
    return f"#{level:02x}{level:02x}{level:02x}"


def paper(value: float) -> str:
    """Ink on white: 1 is black."""
    return gray(1 - value)


def signed(value: float) -> str:
    """Blue below zero, white at zero, orange above: the colours of all kernels."""
    end = ORANGE if value > 0 else BLUE
    share = min(abs(value), 1)
    mixed = [round(255 + share * (int(end[i : i + 2], 16) - 255)) for i in (1, 3, 5)]
    return "#" + "".join(f"{level:02x}" for level in mixed)
