"""Lesson 01: convolution."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise
from course_utils.filters import KERNELS, convolve

Cases = Iterator[tuple[Any, ...]]

# --- Sizes and weights ----------------------------------------------------------------


def output_size() -> Any:
    side = (32 - 8 + 2 * 1) // 2 + 1
    return (side, side, 20)


def valid_size() -> Any:
    side = (32 - 8 + 2 * 0) // 2 + 1
    return (side, side, 20)


def weights_shared() -> Any:
    one_filter = 8 * 8 * 3 + 1
    return one_filter * 20


def weights_unshared() -> Any:
    one_place = 8 * 8 * 3 + 1
    return one_place * (14 * 14 * 20)


def sharing_ratio() -> Any:
    return 756560 / 3860


# --- By hand --------------------------------------------------------------------------


def by_hand() -> Any:
    image = [
        [0, 1, 1, 0, 0],
        [1, 1, 0, 1, 0],
        [0, 1, 1, 1, 1],
        [0, 0, 1, 0, 1],
        [1, 0, 0, 1, 1],
    ]
    ones = [(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)]  # where the kernel has a 1
    return [
        [sum(image[row + i][column + j] for i, j in ones) for column in range(3)]
        for row in range(3)
    ]


IMAGE = np.array(
    [
        [0, 1, 1, 0, 0],
        [1, 1, 0, 1, 0],
        [0, 1, 1, 1, 1],
        [0, 0, 1, 0, 1],
        [1, 0, 0, 1, 1],
    ]
)
CROSS = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def largest_answer() -> Any:
    return 1 + 1 + 1


def sobel_sign() -> Any:
    return -3


def corner() -> Any:
    return convolve(9 * np.ones((5, 5)), KERNELS["blur"], padding="same")[0, 0]


# --- A convolution of one's own -------------------------------------------------------


def my_convolve(image: Any, kernel: Any) -> Any:
    height, width = kernel.shape
    rows = image.shape[0] - height + 1
    columns = image.shape[1] - width + 1
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + height, column : column + width]
            result[row, column] = (window * kernel).sum()
    return result


def images_and_kernels(rng: np.random.Generator) -> Cases:
    yield np.arange(16).reshape(4, 4), np.array([[1, 2], [3, 4]])
    # Neither image nor kernel is a square: who swaps rows and columns is found out.
    for image, kernel in (((4, 6), (2, 3)), ((7, 5), (3, 2)), ((3, 5), (3, 5))):
        yield rng.integers(0, 10, image), rng.integers(-3, 4, kernel)
    yield rng.integers(0, 256, (6, 7)).astype(np.uint8), rng.integers(-9, 10, (3, 3))
    yield rng.integers(0, 10, (6, 6)), np.full((3, 3), 0.25)
    yield rng.integers(-9, 10, (5, 4)), rng.normal(size=(3, 1)).round(1)
    # Pixels from 0 to 1, under weights that are whole numbers.
    yield rng.integers(0, 9, (3, 4)) / 8, np.array([[1, -2], [0, 3]])


def _misses_last(image: Any, kernel: Any) -> Any:
    result = my_convolve(image, kernel)
    result[-1], result[:, -1] = 0, 0  # range(rows - 1) leaves what np.zeros put there
    return result


def _too_small(image: Any, kernel: Any) -> Any:
    return my_convolve(image, kernel)[:-1, :-1]


def _cut_off(image: Any, kernel: Any) -> Any:
    return my_convolve(image, kernel).astype(int)


def _square_only(image: Any, kernel: Any) -> Any:
    return my_convolve(image, kernel[:, : kernel.shape[0]])


def _first_product(image: Any, kernel: Any) -> Any:
    return my_convolve(
        image, kernel * (np.arange(kernel.size) == 0).reshape(kernel.shape)
    )


def _last_product(image: Any, kernel: Any) -> Any:
    last = np.arange(kernel.size) == kernel.size - 1
    return my_convolve(image, kernel * last.reshape(kernel.shape))


# --- Kernels to design ----------------------------------------------------------------


def shift_right() -> Any:
    return np.array(
        [
            [0, 0, 0],
            [1, 0, 0],
            [0, 0, 0],
        ]
    )


def pictures(rng: np.random.Generator) -> Cases:
    picture = np.zeros((5, 5), int)
    picture[1:4, 1] = picture[3, 1:4] = 1  # an L: it looks different from each side
    yield (picture,)
    yield (rng.integers(0, 10, (5, 6)),)


def filtered(kernel: Any, image: Any) -> Any:
    return convolve(image, kernel, padding="same")


def anti_diagonal() -> Any:
    return np.array(
        [
            [0, 0, 1],
            [0, 1, 0],
            [1, 0, 0],
        ]
    )


def strokes(rng: np.random.Generator) -> Cases:
    yield (np.fliplr(np.eye(3)),)
    yield (np.eye(3),)
    yield (np.ones((3, 3)),)
    yield (rng.integers(0, 2, (3, 3)).astype(float),)
    for pixel in range(9):  # so that no other kernel gives the same for all
        yield ((np.arange(9) == pixel).reshape(3, 3).astype(float),)


def answer_of(kernel: Any, picture: Any) -> Any:
    return convolve(picture, kernel)[0, 0]


# --- Channels -------------------------------------------------------------------------


def mix_channels(image: Any, weights: Any) -> Any:
    height, width = image.shape[:2]
    result = np.zeros((height, width))
    for channel in range(len(weights)):
        result += weights[channel] * image[:, :, channel]
    return result


def colours_and_weights(rng: np.random.Generator) -> Cases:
    yield (
        np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 1, 1]]]),
        np.array([5, 3, 2]),
    )
    for height, width, channels in ((2, 3, 3), (4, 2, 5), (3, 3, 1)):
        image = rng.integers(0, 10, (height, width, channels))
        yield image, rng.integers(-4, 5, channels)
    yield rng.integers(0, 256, (3, 2, 3)).astype(np.uint8), np.array([0.5, 0.25, 0.25])
    yield rng.integers(-9, 10, (2, 4, 2)), np.array([1.5, -0.5])
    yield rng.integers(0, 9, (2, 2, 3)) / 8, np.array([1, -2, 3])  # from 0 to 1


def how_many_maps() -> Any:
    first, second = 10, 4
    return first, first, second


# --- A bug to find --------------------------------------------------------------------


def edges(image: Any, kernel: Any) -> Any:
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns))  # floats: answers can be negative, or above 255
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            result[row, column] = (window * kernel).sum()
    return result


def edges_with_bug(image: Any, kernel: Any) -> Any:
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, columns), dtype=image.dtype)
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + 3, column : column + 3]
            result[row, column] = (window * kernel).sum()
    return result


def _edges_absolute(image: Any, kernel: Any) -> Any:
    return abs(edges(image, kernel))


def _edges_clipped(image: Any, kernel: Any) -> Any:
    return edges(image, kernel).clip(0, 255)


def _edges_signed(image: Any, kernel: Any) -> Any:
    return edges(image, kernel).astype(np.int8)


def eight_bit_images(rng: np.random.Generator) -> Cases:
    step = np.repeat([[0, 0, 10, 10, 0]], 4, axis=0).astype(np.uint8)
    sobel = KERNELS["vertical Sobel"].astype(int)
    yield step, sobel
    yield 20 * step, sobel
    for shape in ((3, 5), (6, 4)):
        yield rng.integers(0, 256, shape).astype(np.uint8), rng.integers(-2, 3, (3, 3))
    yield rng.integers(0, 256, (4, 4)).astype(np.uint8), np.full((3, 3), 0.125)
    yield 110 + step, np.full((3, 3), 0.125)  # halves and more: to round is not to cut
    # Numbers that are too large for float16.
    yield rng.integers(0, 256, (5, 6)).astype(np.uint8), rng.integers(4, 13, (3, 3))


def flip_quiz() -> str:
    return "b"


EXERCISES = [
    Exercise(
        id="01.by-hand",
        title="A convolution by hand",
        solution=by_hand,
        hints=[
            "The kernel counts: the five places where it has a 1 are the four corners "
            "and the middle of the window.",
            "Lay the kernel on the top left corner of the image. Three of the five "
            "places hold a 1 there, so the answer starts with 3. Then move one pixel "
            "to the right.",
            "The window fits three times beside each other and three times below each "
            "other: the answer is a list of three lists with three numbers each.",
        ],
        mistakes=[
            (
                convolve(IMAGE, np.ones((3, 3))),
                "You counted all nine pixels of each window. Only those five count "
                "where the kernel has a 1.",
            ),
            (
                convolve(IMAGE, 1 - CROSS),
                "You counted where the kernel has its zeros. A zero leaves a pixel "
                "out, a one takes it in.",
            ),
            (
                convolve(IMAGE, CROSS).T,
                "Rows and columns are swapped: fill the answer from left to right, as "
                "you read.",
            ),
            (
                convolve(IMAGE, CROSS) / 9,
                "You divided by nine. Nothing is averaged here: add the products.",
            ),
            (
                convolve(IMAGE, CROSS) / 5,
                "You divided by five. Nothing is averaged here: add the products.",
            ),
            (
                convolve(IMAGE, CROSS, padding="same"),
                "The middle is right. But without padding the window must stay inside "
                "the image: only 3x3 places are left.",
            ),
        ],
        insight="With zeros and ones an answer counts how many ones lie on ones.",
    ),
    Exercise(
        id="01.my-convolve",
        title="Write a convolution with loops",
        solution=my_convolve,
        cases=images_and_kernels,
        hints=[
            "In how many places does the window fit in each direction? That is the "
            "shape of "
            "the result, and how far the two loops go.",
            "Cut the window out of the image with a slice that starts at (row, "
            "column) and is as large as the kernel.",
            "Inside the two loops: result[row, column] = (window * kernel).sum()",
        ],
        mistakes=[
            (
                _misses_last,
                "The last row and the last column stay zero. `range(n)` stops at n - "
                "1 by itself: do not subtract 1 once more.",
            ),
            (
                _too_small,
                "A row and a column are missing at the end. A window of size k has n "
                "- k + 1 places: the + 1 is missing.",
            ),
            (
                lambda image, kernel: convolve(image, kernel).T,
                "Rows and columns of the result are swapped.",
            ),
            (
                lambda image, kernel: convolve(image, kernel, flip=True),
                "This flips the kernel, as the convolution of mathematics does. Here "
                "it is laid on the image as it is.",
            ),
            (
                lambda image, kernel: convolve(image, kernel[::-1]),
                "The kernel is upside down: its first row belongs on the window's "
                "first row.",
            ),
            (
                lambda image, kernel: convolve(image, kernel[:, ::-1]),
                "The kernel is mirrored: its first column belongs on the window's "
                "first column.",
            ),
            (
                lambda image, kernel: convolve(image, kernel) / kernel.size,
                "This is the mean of the products. Their sum is asked for.",
            ),
            (
                lambda image, kernel: convolve(image, np.ones_like(kernel)),
                "The pixels are added without their weights: multiply by the kernel "
                "first.",
            ),
            (
                _first_product,
                "Only the first product arrives. A `return` or a `break` inside the "
                "loop ends it too early?",
            ),
            (
                _last_product,
                "Only the last product arrives: each overwrites the one before. Add "
                "them with `+=`.",
            ),
            (
                _square_only,
                "This works only for square kernels: height and width are two "
                "numbers, `kernel.shape`.",
            ),
            (
                _cut_off,
                "What comes after the decimal point is lost: make the result with "
                "`np.zeros(...)`, which holds floats.",
            ),
            (
                lambda image, kernel: convolve(image, kernel, padding="same"),
                "This adds zeros around the image. Here the window stays inside.",
            ),
        ],
        insight="Two loops over the places, one sum of products for each. "
        "`filters.convolve` gives the same.",
    ),
    Exercise(
        id="01.bug",
        title="Find the bug: edges that vanish or shine",
        solution=edges,
        cases=eight_bit_images,
        start=edges_with_bug,
        hints=[
            "Try it on a step from 10 down to 0, with the vertical Sobel kernel: -40 "
            "is right, and 216 comes. Which numbers can the result hold?",
            "An image of type uint8 holds whole numbers from 0 to 255. What type does "
            "the result have, and which line says so?",
            "`np.zeros((rows, columns))` without a dtype holds floats.",
        ],
        mistakes=[
            (
                _edges_absolute,
                "Now the sign is gone, which tells a rising edge from a falling one. "
                "Keep it: which type can hold -40?",
            ),
            (
                _edges_clipped,
                "Now all below 0 and above 255 is lost. Keep it: which type can hold "
                "-40 and 800?",
            ),
            (
                _edges_signed,
                "int8 knows negative numbers, but only from -128 to 127, and nothing "
                "after the decimal point.",
            ),
            (
                lambda image, kernel: edges(image, kernel).astype(int),
                "Integers hold -40 and 800, but a blur with weights below 1 gives "
                "fractions, and these are cut off.",
            ),
        ],
        insight="Answers below 0, above 255 or with a fraction do not fit into the "
        "8-bit numbers of these images.",
    ),
    Exercise(
        id="01.sobel-sign",
        title="Correlation against convolution",
        solution=sobel_sign,
        hints=[
            "Turn the kernel [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]] by 180 degrees: "
            "what has changed?",
            "Turned, each weight of this kernel has become its negative. What does "
            "that do to a sum of products?",
        ],
        mistakes=[
            (
                3,
                "This kernel is not symmetric: turned by 180 degrees, its left and "
                "its right column change places. What does that do to the signs?",
            ),
            (0, "The two are added up nowhere. Turn the kernel and compute again."),
            (1 / 3, "Turning a kernel divides nothing. Look at its signs."),
        ],
        insight="A network learns its weights, so it would learn the turned kernel as "
        "well. Keras does not flip, and keeps the name convolution.",
    ),
    Exercise(
        id="01.flip",
        title="Which kernels do not care?",
        question="For which of these kernels do correlation and convolution give the "
        "same on every image?",
        choices=[
            (
                "horizontal Sobel",
                "Turned by 180 degrees its first row (-1, -2, -1) ends up at the "
                "bottom: every answer changes its sign.",
            ),
            (
                "outline: 8 in the middle, -1 around it",
                "Turned by 180 degrees it is the same kernel, so both give the same.",
            ),
            ("emboss", "Its corners -2 and 2 change places when it is turned."),
            (
                "all, because flipping only renames the pixels",
                "Flipping the kernel and the image together would. Here only the "
                "kernel is turned.",
            ),
        ],
        solution=flip_quiz,
        hints=["Turn each kernel by 180 degrees in your mind. Which looks as before?"],
    ),
    Exercise(
        id="01.largest-answer",
        title="The largest answer of a diagonal filter",
        solution=largest_answer,
        hints=[
            "Which pixels does the kernel look at, and how bright can each be at most?",
            "Three weights are 1 and six are 0. Three pixels of at most 1 each are "
            "added.",
        ],
        mistakes=[
            (
                9,
                "Nine pixels are under the window, but six of them are multiplied by "
                "0.",
            ),
            (1, "That is what one pixel can give. The products are added."),
            (3 * 255, "On an image with values 0..255. Here they go from 0 to 1."),
            (1 / 3, "Nothing is divided: this is a sum, not a mean."),
        ],
        insight="Where the answer reaches 3 all three pixels are white: the pattern "
        "is there. This is why a filter is called a feature detector.",
    ),
    Exercise(
        id="01.anti-diagonal",
        title="Design a kernel: the rising stroke",
        solution=anti_diagonal,
        cases=strokes,
        run=answer_of,
        on_page={"run": "answer"},
        hints=[
            "Which pixels should count, and which should not?",
            "Put a 1 where the stroke has its three pixels and a 0 everywhere else.",
        ],
        mistakes=[
            (
                np.eye(3),
                "This is the falling stroke, from top left to bottom right. The "
                "rising one runs from bottom left to top right.",
            ),
            (
                np.ones((3, 3)),
                "This adds all pixels: a white area answers 9, and any three white "
                "pixels 3. Weights of 0 leave pixels out.",
            ),
            (
                np.fliplr(np.eye(3)) / 3,
                "The right pattern, but it takes the mean and answers 1 to the "
                "stroke. It should answer 3.",
            ),
        ],
        insight="The kernel is a picture of what it looks for.",
    ),
    Exercise(
        id="01.shift",
        title="Design a kernel: one pixel to the right",
        solution=shift_right,
        cases=pictures,
        run=filtered,
        on_page={"run": "filter"},
        hints=[
            "The kernel with a single 1 in the middle does nothing: each pixel "
            "becomes itself. What if the 1 stands beside the middle?",
            "When everything moves to the right, each pixel becomes what its left "
            "neighbour was.",
        ],
        mistakes=[
            (
                [[0, 0, 0], [0, 0, 1], [0, 0, 0]],
                "This moves the picture to the left: each pixel becomes its right "
                "neighbour. Which neighbour must it become?",
            ),
            (
                [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
                "This moves the picture down: each pixel becomes its upper neighbour.",
            ),
            (
                [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
                "This moves the picture up: each pixel becomes its lower neighbour.",
            ),
            ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "This leaves the picture where it is."),
            (
                [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
                "This adds the moved picture to the old one: the old one must go.",
            ),
        ],
        insight="So the weights beside the middle say where to look, not where to go.",
    ),
    Exercise(
        id="01.corner",
        title="Predict before you run: the corner of a blur",
        solution=corner,
        hints=[
            "Lay the 3x3 window on the corner pixel: how many of its nine places lie "
            "on the image?",
            "Four places hold a 9, the other five hold the zeros of the padding. The "
            "blur takes the mean of all nine.",
        ],
        mistakes=[
            (
                9,
                "So it is in the middle. At the corner the window also covers "
                "padding, which is zero, and the mean counts it.",
            ),
            (
                6,
                "That is a pixel on the edge, where three of nine places are padding. "
                "At a corner there are more.",
            ),
            (0, "The corner itself and its neighbours inside are not zero."),
            (5, "Five places are padding. Count the places on the image."),
            (36, "That is the sum. Each weight is 1/9."),
        ],
        insight="Zero padding darkens the border of a blurred picture: here from 9 "
        "to 6, and to 4 in the corners.",
    ),
    Exercise(
        id="01.output-size",
        title="The shape that leaves a layer",
        solution=output_size,
        hints=[
            "Along each side: (W - F + 2P) / S + 1.",
            "W = 32, F = 8, P = 1, S = 2. And how many maps do 20 filters give?",
            "(32 - 8 + 2) / 2 + 1 = 14 along each side.",
        ],
        mistakes=[
            (
                (13, 13, 20),
                "This is what comes out without padding. Or the + 1 at the end was "
                "forgotten: (32 - 8 + 2 * 1) / 2 is not all.",
            ),
            ((13.5, 13.5, 20), "Padding adds zeros on both sides: 2P, not P."),
            (
                (27, 27, 20),
                "This is for stride 1. With stride 2 every other place is skipped.",
            ),
            (
                (14, 14, 3),
                "The colours are summed inside each filter. How many filters are "
                "there?",
            ),
            (
                (14, 14, 60),
                "Each filter adds its three colours up: one map per filter.",
            ),
            (
                (14, 14),
                "The maps of all filters are stacked: a third number is missing.",
            ),
            ((20, 14, 14), "The channels come last in this course, as in Keras."),
            (
                (16, 16, 20),
                'This is `padding="same"`. Here one zero is added on each side.',
            ),
        ],
        insight="One map per filter, however many channels come in.",
    ),
    Exercise(
        id="01.valid-size",
        title="The same layer without padding",
        solution=valid_size,
        hints=[
            '`padding="valid"` adds nothing: P = 0.',
            "(32 - 8 + 0) / 2 + 1 along each side.",
        ],
        mistakes=[
            (
                (14, 14, 20),
                'This is with P = 1. `padding="valid"` means P = 0, in Keras and in '
                "TensorFlow.",
            ),
            (
                (12, 12, 20),
                "The + 1 is missing: it counts the place where the window starts.",
            ),
            ((16, 16, 20), 'This is `padding="same"`: 32 / 2.'),
            ((25, 25, 20), "This is for stride 1."),
            ((13, 13, 3), "Twenty filters give twenty maps."),
            (
                (13, 13),
                "The maps of all filters are stacked: a third number is missing.",
            ),
        ],
        insight="Mind the difference: with P = 1 it would be 14x14x20.",
    ),
    Exercise(
        id="01.weights-shared",
        title="How many weights does the layer learn?",
        solution=weights_shared,
        hints=[
            "A filter for a colour image has three slices of 8x8 weights, and one "
            "bias.",
            "(8 * 8 * 3 + 1) weights per filter, and 20 filters.",
        ],
        mistakes=[
            (8 * 8 * 3 * 20, "The biases are missing: one for each filter."),
            (
                (8 * 8 + 1) * 20,
                "A filter is as deep as its input: three slices of 8x8.",
            ),
            (8 * 8 * 20, "A filter is as deep as its input, and each has a bias."),
            (8 * 8 * 3 + 1, "That is one filter. There are 20."),
            ((8 * 8 + 1) * 3 * 20, "One bias for the whole filter, not one per slice."),
            (
                756560,
                "That is without sharing. Here the same weights serve all places.",
            ),
        ],
        insight="It does not depend on the size of the image.",
    ),
    Exercise(
        id="01.weights-unshared",
        title="And if each place had weights of its own?",
        solution=weights_unshared,
        hints=[
            "How many numbers leave the layer? Each would have its own weights and "
            "bias.",
            "(8 * 8 * 3 + 1) weights for each of the 14 * 14 * 20 numbers that come "
            "out.",
        ],
        mistakes=[
            (
                8 * 8 * 3 * 14 * 14 * 20,
                "The biases are missing: one for each number that comes out.",
            ),
            ((8 * 8 * 3 + 1) * 14 * 14, "That is for one map. There are 20."),
            ((8 * 8 + 1) * 14 * 14 * 20, "Each place sees three colours: 8 * 8 * 3."),
            (
                (8 * 8 * 3 + 1) * 13 * 13 * 20,
                "That is without padding; with P = 1 there are 14 x 14 places.",
            ),
            (3860, "That is with sharing. Now each of the 14 x 14 places has its own."),
            (
                (8 * 8 * 3 + 1) * 32 * 32 * 20,
                "Weights belong to the places of the window: with stride 2 there are "
                "14 x 14, not 32 x 32.",
            ),
        ],
        insight="Lesson 04 reads digits with a whole network of fewer weights.",
    ),
    Exercise(
        id="01.sharing-ratio",
        title="What sharing saves",
        solution=sharing_ratio,
        hints=[
            "Divide the larger number by the smaller one.",
            "Both contain (8 * 8 * 3 + 1) * 20. What is left is the number of places.",
        ],
        mistakes=[
            (3860 / 756560, "Upside down: how many times fewer?"),
            (756560 - 3860, "That is the difference. How many times fewer are there?"),
            (14, "Nearly: along one side. The window has places in two directions."),
            (20, "The 20 filters are in both numbers. What is in one only?"),
        ],
        insight="14 x 14 = 196 places use one set of weights, so what was learned at "
        "one place serves at all others.",
    ),
    Exercise(
        id="01.how-many-maps",
        title="How many maps?",
        solution=how_many_maps,
        hints=[
            "All products of a filter, over all its slices, go into one sum. How many "
            "maps does one filter give?",
            "A filter has a slice for each channel that comes in. What are the "
            "channels of the second layer's input?",
        ],
        mistakes=[
            (
                (30, 30, 120),
                "A filter does not give a map for each channel: its slices are added "
                "into one sum.",
            ),
            (
                (30, 30, 4),
                "Three colours go in, but each filter adds them up: one map per "
                "filter.",
            ),
            (
                (10, 3, 4),
                "Three slices are for three colours. The second layer does not see "
                "colours: what comes in there?",
            ),
            (
                (10, 1, 4),
                "A filter with one slice would look at one of the maps only. It has "
                "one for each map that comes in.",
            ),
            (
                (10, 10, 40),
                "Each of the four filters adds up its slices: one map per filter.",
            ),
            (
                (3, 3, 3),
                "The number of channels is not kept: it is the number of filters.",
            ),
        ],
        insight="Maps out: the filters. Slices: the maps that come in.",
    ),
    Exercise(
        id="01.mix-channels",
        title="A 1x1 convolution mixes channels",
        solution=mix_channels,
        cases=colours_and_weights,
        hints=[
            "Pixel by pixel: multiply each channel by its weight, then add the "
            "channels.",
            "`image * weights` does the products for all pixels, because the channels "
            "are the last axis. Along which axis must they be added?",
            "`image @ weights`, or `(image * weights).sum(axis=-1)`.",
        ],
        mistakes=[
            (
                lambda image, weights: image * weights,
                "The channels are weighted but not added: one number per pixel is "
                "asked for.",
            ),
            (
                lambda image, weights: (image * weights).sum(),
                "This adds the pixels too. Only the channels are added: `axis=-1`.",
            ),
            (
                lambda image, weights: (image * weights).mean(axis=-1),
                "This takes the mean of the channels. Add them: the weights do the "
                "rest.",
            ),
            (
                lambda image, weights: image.sum(axis=-1),
                "The channels are added without their weights.",
            ),
            (
                lambda image, weights: (image * weights).sum(axis=0),
                "`axis=0` adds the rows. The channels are the last axis.",
            ),
            (
                lambda image, weights: image @ weights / weights.sum(),
                "A convolution does not divide by the sum of its weights.",
            ),
        ],
        insight="A 1x1 convolution looks at one pixel and all its channels.",
    ),
]
