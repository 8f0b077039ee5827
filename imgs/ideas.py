"""Drawings of whole ideas, for where a reader needs the whole before the parts."""

import numpy as np

from imgs.covers import SEVEN
from imgs.svg import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PALE,
    SOFT,
    arrow,
    box,
    circle,
    curve,
    drawing,
    gray,
    paper,
    path,
    signed,
    squares,
    text,
)

# The lecture CNN of lesson 04: (side, maps) after each of its layers.
SHAPES = [(28, 1), (26, 32), (13, 32), (11, 64), (5, 64), (3, 64)]
KINDS = ["", "convolution", "pooling", "convolution", "pooling", "convolution"]


def stack_of_maps(x: float, y: float, side: float, maps: int, colour: str) -> str:
    """Maps one behind the other; more for more maps, not all of them."""
    shown = 1 if maps == 1 else 4 if maps == 32 else 6
    return "".join(
        box(x + 5 * i, y - side / 2 - 5 * i, side, side, colour, line="#ffffff")
        for i in reversed(range(shown))
    )


def cnn() -> str:
    """From pixels to probabilities: the lecture CNN with its shapes."""
    parts = []
    x = 18.0
    for (n, maps), kind in zip(SHAPES, KINDS):
        side = 14 + 2.7 * n
        if kind:
            parts.append(arrow(x, 110, x + 30, 110))
            parts.append(text(x + 13, 212, kind, size=12, colour=SOFT, anchor="middle"))
            x += 36
        if maps == 1:
            parts.append(squares(SEVEN, x, 110 - side / 2, side / 8, paper))
            parts.append(box(x, 110 - side / 2, side, side, "none", line="#bbbbbb"))
        else:
            colour = GREEN if kind == "pooling" else BLUE
            parts.append(stack_of_maps(x, 110, side, maps, colour))
        parts.append(text(x + side / 2, 188, f"{n}×{n}×{maps}", size=14, bold=True))
        x += side + (5 if maps == 1 else 26 if maps == 32 else 36)
    for words, units, colour in (("flatten", 576, SOFT), ("dense", 64, ORANGE)):
        parts.append(arrow(x, 110, x + 30, 110))
        parts.append(text(x + 13, 212, words, size=12, colour=SOFT))
        x += 38
        height = 150 if units == 576 else 90
        parts.append(box(x, 110 - height / 2, 14, height, colour, round_=3))
        parts.append(text(x + 7, 199, str(units), size=14, bold=True))
        x += 22
    parts.append(arrow(x, 110, x + 30, 110))
    parts.append(text(x + 13, 212, "softmax", size=12, colour=SOFT))
    x += 38
    for digit in range(10):
        y = 30 + 16 * digit
        parts.append(text(x, y + 11, str(digit), size=12))
        share, colour = (60, ORANGE) if digit == 7 else (3 + 7 * digit % 10, "#bbbbbb")
        parts.append(box(x + 10, y + 2, share, 10, colour))
    width = round(x + 90)
    alt = (
        "A convolutional network from left to right: a 28 by 28 digit, maps that "
        "become smaller and more (26x26x32, 13x13x32, 11x11x64, 5x5x64, 3x3x64), a "
        "row of 576 numbers, 64 units, ten probabilities."
    )
    return drawing(width, 226, alt, *parts)


def three_channels() -> str:
    """A filter over three channels: three slices, one sum, one map."""
    rng = np.random.default_rng(3)
    parts = []
    tints = {"red": "#d9534f", "green": "#3c9d4e", "blue": "#3a6fc4"}
    for i, (name, colour) in enumerate(tints.items()):
        y = 24 + 82 * i
        pixels = rng.uniform(0.15, 1, (4, 6))

        def tinted(value: float, end: str = colour) -> str:
            level = [round(int(end[k : k + 2], 16) * value) for k in (1, 3, 5)]
            return "#" + "".join(f"{part:02x}" for part in level)

        parts.append(text(52, y + 36, name, size=15, anchor="end"))
        parts.append(squares(pixels, 62, y, 16, tinted, grid="#ffffff"))
        parts.append(box(62 + 32, y, 48, 48, "none", line=ORANGE, stroke=3.5))
        parts.append(text(188, y + 32, "×", size=24))
        weights = rng.choice([-1, -0.5, 0, 0.5, 1], (3, 3))
        parts.append(squares(weights, 212, y, 16, signed, grid="#999999"))
        parts.append(arrow(272, y + 24, 356, 130 + 6 * (i - 1)))
    parts.append(circle(376, 130, 17, "#ffffff", line=INK))
    parts.append(text(376, 137, "+", size=22, bold=True))
    parts.append(arrow(397, 130, 440, 130))
    answer = rng.uniform(0.1, 0.9, (2, 4))
    parts.append(squares(answer, 450, 98, 32, gray, grid="#ffffff"))
    parts.append(box(450 + 64, 98, 32, 32, "none", line=ORANGE, stroke=3.5))
    parts.append(text(514, 188, "one map", size=16))
    parts.append(text(236, 282, "one filter: three slices of weights", size=15))
    alt = (
        "Red, green and blue pixels under one window, each times its own slice of "
        "weights; all products go into one sum, which is one pixel of one map."
    )
    return drawing(600, 298, alt, *parts)


def receptive_field() -> str:
    """How the receptive field grows: three layers of 3, seen from the side."""
    parts = []
    rows = {"layer 3": (5, 5), "layer 2": (4, 6), "layer 1": (3, 7), "picture": (2, 8)}
    heights = [40, 100, 160, 220]
    for (name, (first, last)), y in zip(rows.items(), heights):
        parts.append(text(88, y + 5, name, size=15, anchor="end"))
        for i in range(11):
            colour = ORANGE if first <= i <= last else PALE
            parts.append(circle(120 + 36 * i, y, 11, colour))
        seen = last - first + 1
        words = f"{seen} " + (
            "pixels" if name == "picture" else "place" + "s" * (seen > 1)
        )
        parts.append(text(522, y + 5, words, size=15, anchor="start"))
    lines = []
    for (first, last), (top, bottom) in zip(
        [(5, 5), (4, 6), (3, 7)], [(40, 100), (100, 160), (160, 220)]
    ):
        for i in range(first, last + 1):
            for j in (-1, 0, 1):
                x1, x2 = 120 + 36 * i, 120 + 36 * (i + j)
                lines.append(
                    path(f"M{x1} {top}L{x2} {bottom}", line="#c9c9c9", stroke=1.2)
                )
    alt = (
        "One place of layer 3 rests on 3 places of layer 2, on 5 of layer 1, and on 7 "
        "pixels of the picture."
    )
    return drawing(610, 256, alt, *lines, *parts)


def dropout_and_normalisation() -> str:
    """What dropout and batch normalisation do to a batch of numbers."""
    rng = np.random.default_rng(5)
    means, widths = np.array([-14, 22, 4, -26]), np.array([6, 16, 26, 10])
    parts = [
        text(100, 28, "a batch, four channels", size=15, bold=True),
        text(330, 28, "dropout, 0.5", size=15, bold=True),
        text(560, 28, "batch normalisation", size=15, bold=True),
    ]
    for k, left in enumerate((20, 250, 480)):
        parts.append(path(f"M{left} 120H{left + 160}", line="#bbbbbb", stroke=1))
        parts.append(text(left - 6, 125, "0", size=12, colour=SOFT))
        for channel in range(4):
            values = means[channel] + widths[channel] * np.random.default_rng(
                channel
            ).normal(0, 1, 12)
            kept = rng.permutation(12) < 6
            x = left + 20 + 40 * channel
            for value, stays in zip(values, kept):
                if k == 1:
                    value = 2 * value if stays else 0.0
                if k == 2:
                    value = 24 * (value - values.mean()) / values.std()
                colour = "#bbbbbb" if k == 1 and not stays else BLUE
                parts.append(circle(x, round(120 - 0.75 * value, 1), 4, colour))
    parts.append(text(330, 232, "half are 0, the others doubled", size=13, colour=SOFT))
    parts.append(text(560, 232, "mean 0, the same spread", size=13, colour=SOFT))
    alt = (
        "Dots in four columns of different height and spread. Dropout sets half of "
        "them to 0 and doubles the others; batch normalisation moves each column to "
        "mean 0 and gives all the same spread."
    )
    return drawing(680, 246, alt, *parts)


def three_splits() -> str:
    """What training, validation and test digits are for."""
    splits = [
        ("training", 300, BLUE, "the weights", "learned, in each step"),
        ("validation", 130, ORANGE, "our choices", "between two trainings"),
        ("test", 150, GREEN, "one number", "once, at the end"),
    ]
    parts, x = [], 20.0
    for name, width, colour, gives, when in splits:
        middle = x + width / 2
        parts.append(box(x, 20, width - 6, 44, colour, round_=6))
        parts.append(text(middle - 3, 48, name, size=17, colour="#ffffff", bold=True))
        parts.append(arrow(middle - 3, 70, middle - 3, 104))
        parts.append(text(middle - 3, 126, gives, size=16, bold=True))
        parts.append(text(middle - 3, 147, when, size=13, colour=SOFT))
        x += width
    alt = (
        "All digits in three parts: the training digits give the weights, the "
        "validation digits our choices, the test digits one number at the end."
    )
    return drawing(614, 164, alt, *parts)


def four_cases() -> str:
    """What is cut, frozen and trained in the four cases of transfer learning."""
    cases = [
        ("few photographs, alike", "FFFF", "new head"),
        ("many photographs, alike", "FFTT", "head, then last blocks"),
        ("few photographs, other", "FFCC", "head on earlier maps"),
        ("many photographs, other", "TTTT", "everything, from good weights"),
    ]
    looks = {
        "F": (SOFT, "none", ""),
        "T": (ORANGE, "none", ""),
        "C": ("#ffffff", SOFT, "4 4"),
    }
    parts = []
    for k, (title, blocks, words) in enumerate(cases):
        x, y = 24 + 320 * (k % 2), 36 + 122 * (k // 2)
        parts.append(text(x, y - 8, title, size=15, anchor="start", bold=True))
        for i, block in enumerate(blocks):
            fill, line, dash = looks[block]
            tall = 64 - 10 * i
            place = (x + 46 * i, y + 34 - tall / 2, 36, tall)
            parts.append(box(*place, fill, line=line, round_=4, dash=dash))
        at = 46 * (blocks.index("C") if "C" in blocks else 4)
        parts.append(box(x + at, y + 20, 16, 28, GREEN, round_=3))
        parts.append(text(x, y + 84, words, size=13, colour=SOFT, anchor="start"))
    key = [("frozen", SOFT), ("trained", ORANGE), ("new head", GREEN)]
    for i, (words, colour) in enumerate(key):
        parts.append(box(24 + 130 * i, 276, 14, 14, colour, round_=3))
        parts.append(text(44 + 130 * i, 288, words, size=13, anchor="start"))
    parts.append(box(24 + 390, 276, 14, 14, "#ffffff", line=SOFT, round_=3, dash="3 3"))
    parts.append(text(44 + 390, 288, "cut off", size=13, anchor="start"))
    alt = (
        "Four networks of four blocks. Few photographs like ImageNet's: all frozen, a "
        "new head. Many: the last blocks are trained, too. Few of another kind: the "
        "last blocks are cut off. Many of another kind: everything is trained."
    )
    return drawing(640, 304, alt, *parts)


def bayes() -> str:
    """Prior times likelihood, and the posterior between them."""
    base = 170
    x = np.linspace(40, 560, 105)
    prior = np.exp(-(((x - 230) / 105) ** 2) / 2)
    likelihood = np.exp(-(((x - 390) / 62) ** 2) / 2)
    posterior = prior * likelihood
    width = 1 / np.sqrt(1 / 105**2 + 1 / 62**2)
    posterior *= 105 / width / posterior.max()
    curves = {"prior": (prior, BLUE), "likelihood": (likelihood, GREEN)}
    curves["posterior"] = (posterior, ORANGE)
    parts = [path(f"M30 {base}H570", line=SOFT)]
    places = {"prior": (170, 96), "likelihood": (470, 96), "posterior": (346, 26)}
    for name, (heights, colour) in curves.items():
        points = [*zip(x, base - 66 * heights)]
        parts.append(curve(points, line=colour, stroke=3.5))
        parts.append(text(*places[name], name, size=16, colour=colour, bold=True))
    parts.append(text(300, 194, "a weight", size=14, colour=SOFT))
    alt = (
        "A wide bell, the prior; a narrower one to its right, the likelihood of the "
        "data; between them, narrower than both, the posterior."
    )
    return drawing(600, 206, alt, *parts)


IDEAS = {
    "cnn": cnn,
    "three_channels": three_channels,
    "receptive_field": receptive_field,
    "dropout_and_normalisation": dropout_and_normalisation,
    "three_splits": three_splits,
    "four_cases": four_cases,
    "bayes": bayes,
}
