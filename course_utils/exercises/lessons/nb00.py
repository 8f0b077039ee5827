"""Lesson 00: how exercises work, on four easy ones."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise


def pixels() -> Any:
    return 28 * 28


def photo_shape() -> Any:
    return (480, 320, 3)


def to_unit(image: Any) -> Any:
    return image / 255


def pictures(rng: np.random.Generator) -> Iterator[tuple[np.ndarray]]:
    yield (np.array([[0, 51, 102], [153, 204, 255]], np.uint8),)
    for shape in ((1, 4), (5, 3), (4, 4, 3)):
        yield (rng.integers(0, 256, shape).astype(np.uint8),)
    yield (np.array([[0, 1], [1, 0]], np.uint8),)  # nearly black


def wrap_around() -> Any:
    bright = np.array([200], dtype=np.uint8)
    return int((bright + np.uint8(100))[0])


def order() -> str:
    return "c"


EXERCISES = [
    Exercise(
        id="00.pixels",
        title="How many pixels has a digit?",
        solution=pixels,
        hints=[
            "The picture has 28 rows, and each row has 28 pixels.",
            "Python calculates for you: write the two numbers with a `*` between them.",
        ],
        mistakes=[
            (
                28 + 28,
                "That is one row and one column. Each of the 28 rows has 28 pixels.",
            ),
            (28, "That is one row. There are 28 of them."),
            (
                28 * 28 * 3,
                "Three channels are for colour. A digit is gray: one channel.",
            ),
        ],
        insight="This is how exercises work: fill in, run, read, try again.",
    ),
    Exercise(
        id="00.photo-shape",
        title="The shape of a colour photograph",
        solution=photo_shape,
        hints=[
            "An array is indexed by row, then column, then channel.",
            "The number of rows is the height, and there are three colour channels.",
            "Write three numbers in brackets: (height, width, channels).",
        ],
        mistakes=[
            ((320, 480, 3), "Rows come first: height before width."),
            ((3, 480, 320), "This course puts the channels last, as Keras does."),
            (
                (3, 320, 480),
                "Height comes first, then width, and the channels are last.",
            ),
            ((480, 320), "This would be a gray picture. Where are the three colours?"),
            (
                (480, 320, 1),
                "One channel is a gray picture. How many does a colour picture have?",
            ),
            (
                480 * 320 * 3,
                "That is how many numbers there are. The shape says how they are "
                "arranged: three numbers in brackets.",
            ),
        ],
        insight="Height, width, channels: the order of every picture in this course.",
    ),
    Exercise(
        id="00.wrap-around",
        title="Predict before you run: brighter than white",
        solution=wrap_around,
        hints=[
            "A pixel of type uint8 has 8 bits. How many values do these tell apart?",
            "There are 256 values, 0 to 255. After 255 the count starts at 0 again, "
            "like a clock after 23:59.",
        ],
        mistakes=[
            (300, "This is what paper says. But 8 bits hold no more than 255."),
            (
                255,
                "Some programs stop at the brightest value. NumPy counts on, and "
                "starts at 0 again after 255.",
            ),
            (45, "Nearly: after 255 comes 0, which is a step of its own."),
            (0, "It starts at 0 again, but then the count goes on."),
        ],
        insight="So bright plus bright can turn dark. We compute with floats, 0 to 1.",
    ),
    Exercise(
        id="00.to-unit",
        title="From 0..255 to 0..1",
        solution=to_unit,
        cases=pictures,
        hints=[
            "What must be done to 255, so that it becomes 1? NumPy does it to all "
            "pixels.",
            "Divide the image by the largest number that a pixel can hold.",
        ],
        mistakes=[
            (
                lambda image: image // 255,
                "What comes after the decimal point is dropped, as `//` does it: only "
                "255 survives. `/` keeps it, and gives floats.",
            ),
            (
                lambda image: image / 256,
                "The brightest a pixel can be is 255, and that must become exactly "
                "1: 256 is the count of values, not the largest.",
            ),
            (
                lambda image: image / image.max(),
                "This divides by the brightest pixel of this picture, so a dark "
                "picture turns bright. All pictures must be divided by the same "
                "number.",
            ),
            (
                lambda image: image,
                "This gives the picture back as it was: 255 must become 1.",
            ),
        ],
        insight="Lesson 04 measures how a network begins on pixels up to 255.",
    ),
    Exercise(
        id="00.order",
        title="The order of running",
        question="One cell holds `x = 1`, the cell below it `x = x + 1`. You run the "
        "first once and then the second twice. What is `x`?",
        choices=[
            (
                "1, as in the first cell",
                "The first cell was run before the others. What the second does to x "
                "comes later and stays.",
            ),
            (
                "2, because that is what the page says from top to bottom",
                "A notebook does not follow the page but your runs, and the second "
                "cell ran twice.",
            ),
            (
                "3",
                "The kernel remembers x from run to run. This is why Run > Restart "
                "Kernel and Run All Cells is the first thing to try when a result "
                "looks odd.",
            ),
        ],
        solution=order,
        hints=["Play Python: write down x after each run, not after each cell."],
    ),
]
