"""A cover for each lesson: its idea in one picture, 300 wide."""

import numpy as np

from course_utils.filters import gabor_kernel
from imgs.svg import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    YELLOW,
    arrow,
    box,
    circle,
    curve,
    drawing,
    paper,
    path,
    signed,
    squares,
    text,
)

W, H = 300, 200
TALL = 248  # as much as a slide has beside its words
SEVEN = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]
)


def cover_00() -> str:
    x, y = [42, 114, 186, 258], [42, 124, 206]
    columns, rows = [0, 1, 2, 3, 3, 2, 1, 0, 0, 1], [0] * 4 + [1] * 4 + [2] * 2
    colours = [INK] + [BLUE] * 3 + [ORANGE] * 4 + [GREEN] * 2
    stops = [
        circle(x[i], y[j], 27, colour)
        + text(x[i], y[j] + 8, f"{number:02}", size=22, colour="#ffffff")
        for number, (i, j, colour) in enumerate(zip(columns, rows, colours))
    ]
    road = path("M42 42H258V124H42V206H114", line="#cccccc", stroke=8)
    return drawing(W, TALL, "A road with ten stops, the lessons.", road, *stops)


def cover_01() -> str:
    side = 25
    pixels = squares(SEVEN, 10, 8, side, paper, grid="#cccccc")
    window = box(
        10 + 4 * side, 8 + side, 3 * side, 3 * side, "none", line=ORANGE, stroke=4
    )
    answer = squares(np.zeros((3, 3)), 218, 165, side, paper, grid="#cccccc")
    one = box(218 + side, 165 + side, side, side, ORANGE)
    lines = [arrow(187, 80, 250, 184, colour=ORANGE)]
    alt = "A window of 3 by 3 pixels on a 7 gives one pixel of the output."
    return drawing(W, TALL, alt, pixels, answer, one, *lines, window)


def cover_02() -> str:
    parts = []
    for i, (frequency, sigma) in enumerate([(0.18, 1.8), (0.18, 2.6), (0.28, 2.6)]):
        for j, theta in enumerate((0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)):
            kernel = gabor_kernel(frequency, theta, sigma).real
            wide = np.pad(kernel, 5)
            middle = len(wide) // 2
            cut = wide[middle - 5 : middle + 6, middle - 5 : middle + 6]
            x, y = 8 + 73 * j, 12 + 79 * i
            parts.append(squares(cut / np.abs(cut).max(), x, y, 66 / 11, signed))
            parts.append(box(x, y, 66, 66, "none", line="#bbbbbb"))
    return drawing(W, TALL, "Twelve Gabor kernels: waves under bells.", *parts)


def cover_03() -> str:
    values = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]])
    tints = ["#cfe6f5", "#fbdcc9", "#cdeee0", "#f3dcea"]
    lines = [BLUE, ORANGE, GREEN, PURPLE]
    parts = []
    for k in range(4):
        r, c = 2 * (k // 2), 2 * (k % 2)
        largest = values[r : r + 2, c : c + 2].max()
        for i in (0, 1):
            for j in (0, 1):
                x, y = 20 + 36 * (c + j), 28 + 36 * (r + i)
                value = values[r + i, c + j]
                parts.append(box(x, y, 36, 36, tints[k], line="#ffffff", stroke=2))
                bold = value == largest
                parts.append(text(x + 18, y + 24, str(value), size=18, bold=bold))
        x, y = 206 + 36 * (k % 2), 64 + 36 * (k // 2)
        parts.append(box(x, y, 36, 36, lines[k], line="#ffffff", stroke=2))
        parts.append(text(x + 18, y + 24, str(largest), size=18, colour="#ffffff"))
    alt = "Max pooling: the largest of each four numbers is kept."
    return drawing(W, H, alt, *parts, arrow(172, 100, 198, 100))


def cover_04() -> str:
    pixels = squares(SEVEN, 18, 38, 15, paper, grid="#cccccc")
    shares = [0.02, 0.09, 0.05, 0.03, 0.02, 0.02, 0.01, 0.95, 0.03, 0.12]
    parts = [pixels, arrow(146, 98, 178, 98)]
    for digit, share in enumerate(shares):
        y = 18 + 16.5 * digit
        parts.append(text(196, y + 12, str(digit), size=13))
        colour = ORANGE if digit == 7 else "#bbbbbb"
        parts.append(box(206, y + 2, 80 * share, 11, colour))
    return drawing(
        W, H, "A handwritten 7, and ten bars; the 7 has the longest.", *parts
    )


def head(x: float, y: float, ears: str, colour: str) -> str:
    """The face of an animal: pointed ears for a cat, hanging ones for a dog."""
    if ears == "pointed":
        sides = path(
            f"M{x - 44} {y - 8}L{x - 40} {y - 62}L{x - 8} {y - 38}"
            f"M{x + 44} {y - 8}L{x + 40} {y - 62}L{x + 8} {y - 38}",
            line=colour,
            fill=colour,
            stroke=4,
        )
        mouth = "".join(
            path(
                f"M{x + s * 14} {y + 18}L{x + s * 52} {y + 12 + d}",
                line=INK,
                stroke=1.5,
            )
            for s in (-1, 1)
            for d in (0, 10)
        )
    else:
        sides = "".join(
            path(
                f"M{x + s * 28} {y - 34}Q{x + s * 66} {y - 34} {x + s * 56} {y + 26}"
                f"Q{x + s * 40} {y + 30} {x + s * 34} {y - 6}Z",
                line="#8a3b00",
                fill="#8a3b00",
                stroke=3,
            )
            for s in (-1, 1)
        )
        mouth = path(
            f"M{x} {y + 18}V{y + 28}M{x - 14} {y + 30}Q{x} {y + 40} {x + 14} {y + 30}"
        )
    face = circle(x, y, 42, colour)
    eyes = circle(x - 16, y - 8, 5, INK) + circle(x + 16, y - 8, 5, INK)
    nose = path(
        f"M{x - 7} {y + 10}H{x + 7}L{x} {y + 18}Z", line=INK, fill=INK, stroke=1
    )
    first, second = (face, sides) if ears == "hanging" else (sides, face)
    return first + second + eyes + nose + mouth


def cover_05() -> str:
    cat, dog = head(78, 116, "pointed", YELLOW), head(222, 112, "hanging", "#d9a066")
    return drawing(W, H, "The face of a cat and the face of a dog.", cat, dog)


def cover_06() -> str:
    stops = "".join(
        f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{strength}"/>'
        for at, colour, strength in (
            *((0, ORANGE, 0.85), (0.3, YELLOW, 0.7), (0.6, SKY, 0.45), (1, BLUE, 0.1)),
        )
    )
    heat = (
        f'<radialGradient id="heat">{stops}</radialGradient>'
        '<circle cx="150" cy="100" r="88" fill="url(#heat)"/>'
    )
    alt = "A cat's face under a heat map that is hottest in its middle."
    return drawing(W, H, alt, head(150, 110, "pointed", "#c8c8c8"), heat)


def cover_07() -> str:
    parts = []
    heights = (120, 120, 92, 92, 66, 66, 44, 44)
    for i, height in enumerate(heights):
        x = 22 + 32 * i
        colour = ORANGE if i > 5 else BLUE
        parts.append(box(x, 168 - height, 20, height, colour, round_=3))
        if i % 2 == 0:
            top = 168 - height
            parts.append(
                path(
                    f"M{x + 2} {top - 4}Q{x + 26} {top - 40} {x + 50} {top - 4}",
                    line=GREEN,
                )
            )
    alt = "Layers as bars with arcs around them; the last ones have another colour."
    return drawing(W, H, alt, *parts)


def cover_08() -> str:
    rng = np.random.default_rng(8)
    windows = squares(rng.uniform(0, 1, (9, 4)), 24, 32, 15, paper, grid="#cccccc")
    kernel = squares(
        np.array([[-1], [0.5], [1], [-0.4]]), 128, 70, 15, signed, grid="#cccccc"
    )
    result = squares(rng.uniform(-1, 1, (9, 1)), 196, 32, 15, signed, grid="#cccccc")
    signs = text(106, 105, "×", size=24) + text(170, 105, "=", size=24)
    back = path("M204 172V184H54V172", line=ORANGE, stroke=2.5)
    tip = path("M54 170L48 180H60Z", line=ORANGE, fill=ORANGE, stroke=1)
    words = text(258, 104, "∂L/∂W", size=18, colour=ORANGE)
    alt = "Windows as rows of a matrix, times a kernel, and the gradient's way back."
    return drawing(W, H, alt, windows, kernel, result, signs, back, tip, words)


def bell(
    centre: float, width: float, height: float, base: float, left: float, right: float
) -> list[tuple[float, float]]:
    x = np.linspace(left, right, 61)
    return [*zip(x, base - height * np.exp(-(((x - centre) / width) ** 2) / 2))]


def cover_09() -> str:
    base = 165
    axis = path(f"M20 {base}H280", line=SOFT)
    wide = curve(bell(150, 62, 60, base, 20, 280), line=BLUE, stroke=3)
    narrow = curve(bell(178, 19, 122, base, 100, 260), line=ORANGE, stroke=3)
    question = text(64, 88, "?", size=54, colour=SOFT)
    alt = "A wide bell and a narrow one beside it, and a question mark."
    return drawing(W, H, alt, axis, wide, narrow, question)


COVERS = {
    f"cover_{i:02}": cover
    for i, cover in enumerate(
        [
            *(cover_00, cover_01, cover_02, cover_03, cover_04),
            *(cover_05, cover_06, cover_07, cover_08, cover_09),
        ]
    )
}
