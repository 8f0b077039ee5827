"""Drawings for lesson 07: steps of weights, a network cut in two, means of maps."""

from collections.abc import Iterable

import numpy as np

from imgs.svg import (
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    SOFT,
    arrow,
    box,
    circle,
    drawing,
    paper,
    path,
    squares,
    text,
)

WEIGHTS = np.array([-0.9, -0.5, -0.1, 0.3, 0.7, 1])  # of the largest in a channel
STEPS = np.arange(-3, 4)  # three bits


def quantisation() -> str:
    """Weights of a wide and of a narrow channel, rounded to steps."""
    parts = []
    for k, title in enumerate(("the same steps for both", "steps for each channel")):
        middle = 220 + 310 * k
        parts.append(text(middle, 24, title, size=15, bold=True))
        for name, largest, y in (("wide", 1.0, 44), ("narrow", 0.3, 92)):
            if k == 0:
                parts.append(text(64, y + 16, name, size=14, anchor="end"))
            step = (1.0 if k == 0 else largest) / 3
            parts.append(path(f"M{middle - 136} {y + 24}h272", line=SOFT, stroke=1))
            for tick in middle + 130 * step * STEPS:
                parts.append(path(f"M{tick:.1f} {y + 19}v10", line=SOFT, stroke=1))
            for weight in largest * WEIGHTS:
                begin = round(middle + 130 * weight, 1)
                end = round(middle + 130 * step * round(weight / step), 1)
                parts.append(path(f"M{begin:g} {y}L{end:g} {y + 24}", line=BLUE))
                parts.append(circle(begin, y, 4, BLUE))
                parts.append(circle(end, y + 24, 4, ORANGE))
    for x, words, colour in ((300, "weight", BLUE), (390, "rounded", ORANGE)):
        parts.append(circle(x, 140, 4, colour))
        parts.append(text(x + 10, 145, words, size=13, anchor="start"))
    alt = (
        "Six weights of a wide channel and six of a narrow one, on seven steps. With "
        "the same steps for both the narrow one keeps three values; with steps of its "
        "own it keeps six."
    )
    return drawing(680, 156, alt, *parts)


def _blocks(x: float, sides: Iterable[float], colour: str) -> list[str]:
    """Blocks of a network, side by side; each as tall as its maps."""
    return [
        box(x + 24 * i, 72 - tall / 2, 18, tall, colour, round_=3)
        for i, tall in enumerate(sides)
    ]


def cut_in_two() -> str:
    """The front computes maps once; the rest and a new head go on from them."""
    parts = []
    names = [
        (30, "photograph"),
        (150, "front: frozen"),
        (331, "maps, kept"),
        (478, "rest"),
        (602, "features"),
        (674, "head"),
    ]
    for x, name in names:
        parts.append(text(x + 20, 138, name, size=14))
    parts.append(box(22, 32, 56, 80, "#ffffff", line=SOFT))
    parts.append(circle(50, 58, 10, SKY) + path("M28 106L50 78L72 106Z", fill=SKY))
    parts.append(arrow(86, 72, 116, 72))
    parts += _blocks(124, (96, 84, 72, 60), SOFT)
    parts.append(path("M240 20V112", line=SOFT, stroke=1.5))
    parts.append(text(240, 14, "the cut", size=13, colour=SOFT))
    parts.append(arrow(224, 72, 300, 72))
    for i in reversed(range(5)):
        parts.append(box(312 + 7 * i, 62 - 7 * i, 42, 42, BLUE, line="#ffffff"))
    parts.append(arrow(390, 72, 420, 72))
    parts += _blocks(428, (56, 52, 46, 40, 36, 30), ORANGE)
    parts.append(arrow(574, 72, 604, 72))
    parts.append(box(616, 26, 12, 92, BLUE, round_=3))
    parts.append(arrow(636, 72, 666, 72))
    parts.append(box(680, 54, 26, 36, GREEN, round_=3))
    parts.append(arrow(712, 72, 738, 72))
    parts.append(text(744, 68, "cat", size=14, anchor="start"))
    parts.append(text(744, 86, "or dog", size=14, anchor="start"))
    alt = (
        "A photograph goes through the frozen front, which makes maps that are kept; "
        "behind the cut the rest makes features of them, and the head an answer: cat "
        "or dog."
    )
    return drawing(800, 152, alt, *parts)


def mean_or_grid() -> str:
    """Two maps with the same mean, and with different grids of means."""
    left = np.zeros((6, 6))
    left[:, :2] = [0.9, 0.6]
    left[0, 2:4] = 0.75
    parts = []
    for k, values in enumerate((left, left[::-1, ::-1])):
        x = 24 + 340 * k
        grid = values.reshape(3, 2, 3, 2).mean((1, 3))
        parts.append(squares(values, x, 16, 16, paper, grid="#bbbbbb"))
        parts.append(arrow(x + 104, 64, x + 134, 64))
        parts.append(squares([[values.mean()]], x + 144, 48, 32, paper, grid="#bbbbbb"))
        parts.append(squares(grid, x + 200, 16, 32, paper, grid="#bbbbbb"))
        for at, words in ((48, "map"), (160, "mean"), (248, "grid")):
            parts.append(text(x + at, 132, words, size=14))
    alt = (
        "Two maps with the same numbers, on the left in one and on the right in the "
        "other: their means are the same, their grids of means are not."
    )
    return drawing(680, 146, alt, *parts)


TRANSFER = {
    "quantisation": quantisation,
    "cut_in_two": cut_in_two,
    "mean_or_grid": mean_or_grid,
}
