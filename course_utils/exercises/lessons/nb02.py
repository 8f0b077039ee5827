"""Lesson 02: Gabor filter banks."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise, Wrong
from course_utils.filters import gabor_kernel, gabor_magnitude

Cases = Iterator[tuple[Any, ...]]

# --- A wave under a bell --------------------------------------------------------------


def wavelength() -> Any:
    return 1 / 8


def my_gabor(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = x * np.cos(theta) + y * np.sin(theta)
    wave = np.cos(2 * np.pi * frequency * along)
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return wave * bell


def waves(rng: np.random.Generator) -> Cases:
    yield 0.25, 0.0, 3.0, 2
    yield 0.25, np.pi / 2, 3.0, 2
    yield 0.1, np.pi / 4, 1.5, 3
    for radius in (1, 4, 7):
        yield rng.uniform(0.05, 0.5), rng.uniform(0, np.pi), rng.uniform(1, 5), radius
    yield 0.2, -np.pi / 3, 2.0, 3  # turned the other way
    yield 0.2, 3 * np.pi / 4, 2.0, 3  # and further than upright
    yield 0.2, 4.0, 2.0, 3  # or than half a turn


def _parts(theta: Any, radius: Any) -> tuple[Any, Any]:
    """How far each pixel lies along the wave, and its squared distance."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x * np.cos(theta) + y * np.sin(theta), x**2 + y**2


def _bell_only(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    return np.exp(-_parts(theta, radius)[1] / (2 * sigma**2))


def _wave_only(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    return np.cos(2 * np.pi * frequency * _parts(theta, radius)[0])


def _added(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    return _wave_only(frequency, theta, sigma, radius) + _bell_only(
        frequency, theta, sigma, radius
    )


def _sine(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    along, distance = _parts(theta, radius)
    return np.sin(2 * np.pi * frequency * along) * np.exp(-distance / (2 * sigma**2))


def _bowl(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    along, distance = _parts(theta, radius)
    return np.cos(2 * np.pi * frequency * along) * np.exp(distance / (2 * sigma**2))


def _narrow(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    along, distance = _parts(theta, radius)
    return np.cos(2 * np.pi * frequency * along) * np.exp(-distance / sigma**2)


def _scaled(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    return my_gabor(frequency, theta, sigma, radius) / (2 * np.pi * sigma**2)


def _too_small(frequency: Any, theta: Any, sigma: Any, radius: Any) -> Any:
    return my_gabor(frequency, theta, sigma, radius)[:-1, :-1]


# --- A bug to find --------------------------------------------------------------------


def magnitude(real: Any, imaginary: Any) -> Any:
    return np.sqrt(real**2 + imaginary**2)


def magnitude_with_bug(real: Any, imaginary: Any) -> Any:
    return abs(real) + abs(imaginary)


def answers(rng: np.random.Generator) -> Cases:
    yield np.array([[3.0, 0.0, 5.0]]), np.array([[4.0, 2.0, 0.0]])
    yield np.array([[-3.0, 0.0, -5.0]]), np.array([[4.0, -2.0, 12.0]])
    for shape in ((2, 3), (4, 1)):
        yield rng.normal(size=shape), rng.normal(size=shape)
    yield np.array([[0.0, 3.0]]), np.array([[0.0, -4.0]])  # black gives no answer


# --- A kernel to tune -----------------------------------------------------------------


def tuned() -> Any:
    frequency = 1 / 5
    theta = np.pi / 4
    sigma = 4
    return (frequency, theta, sigma)


def stripes(wavelength: float, degrees: float) -> Any:
    y, x = np.mgrid[:SIZE, :SIZE]
    theta = np.radians(degrees)
    along = x * np.cos(theta) + y * np.sin(theta)
    return 0.5 + 0.5 * np.cos(2 * np.pi * along / wavelength)


IN_RADIANS = "Theta is in radians: 45 degrees are np.pi / 4."
WANTED = (5, 45)  # wavelength in pixels, direction in degrees
OTHERS = {
    "coarse stripes": (10, 45),
    "falling stripes": (5, 135),
    "upright stripes": (5, 0),
}
SIZE, BORDER = 96, 24
# Place in the answer, what it must be above, the most it may be, and what is said else.
LIMITS = [
    (1, -6.3, 6.3, IN_RADIANS),
    (2, 0, 8, "sigma is {:g}; choose a size above 0 and up to 8 pixels."),
    # A faster wave looks like a slower one, and could be found by trying at random.
    (0, 0, 0.5, "The frequency is {:g}; it is 1 divided by the wavelength in pixels."),
]


def kinds_of_stripes(_: np.random.Generator) -> Cases:
    for kind in OTHERS:
        yield (kind,)


def times_as_strong(numbers: Any, others: str) -> Any:
    """How many times as strongly the kernel answers to the wanted stripes.

    It is measured as far from the border as the largest kernel reaches. There the
    picture goes on as in a mirror, and in a mirror rising stripes fall.
    """
    frequency, theta, sigma = np.asarray(numbers).tolist()
    for at, above, most, words in LIMITS:
        value = (frequency, theta, sigma)[at]
        if not above < value <= most:
            raise Wrong(words.format(value))
    kernel = gabor_kernel(frequency, theta, sigma)
    inside = slice(BORDER, -BORDER)
    strong, weak = (
        gabor_magnitude(stripes(*kind), kernel)[inside, inside].mean()
        for kind in (WANTED, OTHERS[others])
    )
    return strong / weak


# --- Banks and features ---------------------------------------------------------------


def blind_spot() -> str:
    return "c"


def feature_count() -> Any:
    numbers_a_map = (28 // 4) * (28 // 4)
    return 8 * numbers_a_map


def prediction() -> str:
    return "b"


# --- What features are worth ----------------------------------------------------------


def worth(accuracies: Any, rival: Any) -> Any:
    gains = accuracies - rival
    return gains.mean(), gains.std(ddof=1) / np.sqrt(len(gains))


def runs(rng: np.random.Generator) -> Cases:
    yield np.array([0.75, 0.875, 0.625, 0.75]), np.array([0.5, 0.75, 0.5, 0.25])
    for count in (3, 5, 8):
        easy = rng.uniform(0.7, 0.9, count)  # for both
        yield easy + rng.uniform(0, 0.1, count), easy
        yield easy, easy + rng.uniform(0, 0.05, count)  # it may be worth less
    yield np.array([0.75, 0.5, 0.5]), np.array([0.5, 0.75, 0.5])  # or nothing


def _spread(accuracies: Any, rival: Any) -> Any:
    gains = accuracies - rival
    return gains.mean(), gains.std(ddof=1)


def _too_sure(accuracies: Any, rival: Any) -> Any:
    gains = accuracies - rival
    return gains.mean(), gains.std() / np.sqrt(len(gains))


def _unpaired(accuracies: Any, rival: Any) -> Any:
    variance = accuracies.var(ddof=1) + rival.var(ddof=1)
    return (accuracies - rival).mean(), np.sqrt(variance / len(rival))


def _of_the_features(accuracies: Any, rival: Any) -> Any:
    error = accuracies.std(ddof=1) / np.sqrt(len(rival))
    return (accuracies - rival).mean(), error


def _best_runs(accuracies: Any, rival: Any) -> Any:
    return accuracies.max() - rival.max(), worth(accuracies, rival)[1]


def _loss(accuracies: Any, rival: Any) -> Any:
    return worth(rival, accuracies)


EXERCISES = [
    Exercise(
        id="02.wavelength",
        title="From stripes to frequency",
        solution=wavelength,
        hints=[
            "The frequency says how much of a wave fits into one pixel.",
            "One wave takes 8 pixels, so one pixel holds an eighth of it.",
        ],
        mistakes=[
            (
                8,
                "That is the wavelength, in pixels. The frequency is in waves per "
                "pixel: the other way round.",
            ),
            (
                1 / 4,
                "You counted from a bright stripe to the dark one beside it: that is "
                "half a wave. From bright to bright it is 8 pixels.",
            ),
            (
                1 / 16,
                "A bright and a dark stripe together make one wave, and together they "
                "take 8 pixels.",
            ),
            (
                2 * np.pi / 8,
                "The 2 pi stands in the formula already: frequency counts waves, not "
                "radians.",
            ),
        ],
        insight="In the explorer the nearest steps are 0.11 and 0.16.",
    ),
    Exercise(
        id="02.my-gabor",
        title="Write a Gabor kernel",
        solution=my_gabor,
        cases=waves,
        hints=[
            "`np.mgrid[-radius : radius + 1, -radius : radius + 1]` gives y and x, in "
            "this order: rows come first.",
            "How far along the wave is a pixel? x * cos(theta) + y * sin(theta). The "
            "wave is the cosine of 2 pi frequency times that.",
            "The bell is np.exp(-(x**2 + y**2) / (2 * sigma**2)). Multiply the two.",
        ],
        mistakes=[
            (
                lambda frequency, theta, sigma, radius: (
                    my_gabor(frequency, theta, sigma, radius).T
                ),
                "x and y are swapped: with theta = 0 the wave must run to the right. "
                "`np.mgrid` gives the rows, y, first.",
            ),
            (
                lambda frequency, theta, sigma, radius: my_gabor(
                    frequency, -theta, sigma, radius
                ),
                "It turns the wrong way round: y grows downwards, and its term is "
                "added, + y * sin(theta).",
            ),
            (
                lambda frequency, theta, sigma, radius: my_gabor(
                    frequency / (2 * np.pi), theta, sigma, radius
                ),
                "The wave is too slow: the 2 pi is missing. The cosine repeats after "
                "2 pi, the wave after 1.",
            ),
            (
                lambda frequency, theta, sigma, radius: my_gabor(
                    frequency, np.radians(theta), sigma, radius
                ),
                "Theta comes in radians already: nothing to convert.",
            ),
            (
                _sine,
                "This is the imaginary part, with a sine. The real part has a crest "
                "in the middle: a cosine.",
            ),
            (
                _narrow,
                "The bell is too narrow: divide by 2 * sigma**2, not by sigma**2.",
            ),
            (
                _bowl,
                "The bell is upside down: it must fall off outwards. Where is the "
                "minus sign?",
            ),
            (
                _added,
                "Wave and bell are added. Multiply them, so that the bell fades the "
                "wave out.",
            ),
            (_wave_only, "The bell is missing: this wave goes on to the border."),
            (_bell_only, "The wave is missing: this is the bell alone."),
            (
                _scaled,
                "Right but for its height: here the bell is 1 in the middle, not "
                "divided by anything.",
            ),
            (
                _too_small,
                "The last row and column are missing: from -radius to radius there "
                "are 2 * radius + 1 pixels.",
            ),
        ],
        insight="`filters.gabor_kernel` adds the imaginary part, and a height with "
        "which the bell adds up to nearly 1.",
    ),
    Exercise(
        id="02.magnitude",
        title="Find the bug: an answer that trembles",
        solution=magnitude,
        cases=answers,
        start=magnitude_with_bug,
        hints=[
            "Real and imaginary part are the two sides of a right triangle. How long "
            "is its third side?",
            "Sides of 3 and 4 give 5, not 7.",
            "The square root of the sum of the squares: Pythagoras.",
        ],
        mistakes=[
            (
                lambda real, imaginary: real**2 + imaginary**2,
                "This is the square of it: the square root is missing.",
            ),
            (
                lambda real, imaginary: abs(real + imaginary),
                "Real and imaginary part can cancel out in this sum. Square them "
                "first.",
            ),
            (
                lambda real, imaginary: np.maximum(abs(real), abs(imaginary)),
                "The larger of the two still trembles, by a factor of 1.4. Both "
                "count at the same time.",
            ),
            (
                lambda real, imaginary: abs(real),
                "This forgets the imaginary part, and is 0 twice in each wave.",
            ),
            (
                lambda real, imaginary: np.sqrt((real**2 + imaginary**2) / 2),
                "Almost: this divides by two before the root, as a mean would.",
            ),
        ],
        insight="NumPy is shorter: abs() of a complex number does just this.",
    ),
    Exercise(
        id="02.tune",
        title="Tune a kernel to one kind of stripes",
        solution=tuned,
        cases=kinds_of_stripes,
        run=times_as_strong,
        at_least=10,
        on_page={
            "run": "stripes",
            "wanted": WANTED,
            "others": OTHERS,
            "size": SIZE,
            "border": BORDER,
            "limits": [
                dict(zip(("at", "above", "most", "words"), limit)) for limit in LIMITS
            ],
        },
        hints=[
            "The wanted stripes repeat every 5 pixels. Which frequency is that?",
            "Stripes that rise from left to right stand across a wave that runs to "
            "the right and down: 45 degrees. Radians are needed.",
            "A bell of sigma = 4 covers several stripes and tells 5 pixels from 10.",
        ],
        mistakes=[
            (
                (1 / 10, np.pi / 4, 4),
                "This is tuned to the coarse stripes, which repeat every 10 pixels.",
            ),
            (
                (1 / 5, 3 * np.pi / 4, 4),
                "This is tuned to stripes that fall. Theta is the direction in which "
                "the wave runs: across the stripes.",
            ),
            (
                (1 / 5, 0, 4),
                "With theta = 0 the wave runs to the right: this finds upright "
                "stripes.",
            ),
            (
                (1 / 5, 45, 4),
                IN_RADIANS,
            ),
            (
                (1 / 5, np.pi / 4, 1),
                "Frequency and direction are right, but the bell is too narrow: it "
                "holds hardly more than one wave, too few to tell the stripes apart.",
            ),
        ],
        insight="A wide bell is choosy. The price is precision: it cannot say exactly "
        "where the stripes end.",
    ),
    Exercise(
        id="02.blind-spot",
        title="What does this bank not see?",
        question="The waves of our bank run in two directions: to the right (theta = "
        "0), and to the right and down (theta = pi/4). Which strokes of a digit get "
        "the weakest answers?",
        choices=[
            (
                "upright strokes | and rising ones /",
                "These are the ones it is made for: strokes stand across the wave.",
            ),
            (
                "falling strokes \\ and rising ones /",
                "A rising stroke stands across a wave that runs to the right and "
                "down: theta = pi/4 answers to it.",
            ),
            (
                "horizontal strokes — and falling ones \\",
                "Each lies along one of the two waves and aslant to the other. No wave "
                "runs straight across it: theta = pi/2 and 3 pi/4 are missing.",
            ),
            (
                "none: eight kernels are enough for all directions",
                "There are eight kernels, but only two directions: the others differ "
                "in frequency and size.",
            ),
        ],
        solution=blind_spot,
        hints=["Stripes stand across the direction in which their wave runs."],
    ),
    Exercise(
        id="02.feature-count",
        title="How many features?",
        solution=feature_count,
        hints=[
            "Averaging blocks of 4×4 makes a map of 28×28 smaller. How many blocks "
            "are there?",
            "7×7 numbers a map, and one map for each of the eight kernels.",
        ],
        mistakes=[
            (
                8 * 28 * 28,
                "These are the maps before averaging. One number is left of each 4×4 "
                "block.",
            ),
            (7 * 7, "That is one map. There are eight kernels."),
            (
                28 * 28,
                "That is the number of pixels, and of the means if real and imaginary "
                "parts are counted separately. Two parts make one magnitude.",
            ),
            (
                8 * 16,
                "16 is the number of pixels in a block. How many blocks are in a map?",
            ),
            (8 * 7, "Seven blocks in a row, and seven such rows."),
        ],
        insight="Half as many numbers as the picture has pixels.",
    ),
    Exercise(
        id="02.predict",
        title="Predict before you run: filters without magnitude",
        question="We filter each picture with the eight Gabor kernels, keep real and "
        "imaginary parts as they come, with their signs, average over 4×4 blocks, and "
        "give these 784 numbers to the linear model. Compared with the 784 raw pixels, "
        "what will they do to its accuracy?",
        choices=[
            (
                "raise it clearly: Gabor kernels know about strokes",
                "The kernels do, but a sum of sums is a sum. The linear model could "
                "have found the same weights for the pixels itself.",
            ),
            (
                "nothing worth mentioning",
                "A filter, an average and a linear model are all weighted sums, and a "
                "weighted sum of weighted sums is again a weighted sum of the pixels. "
                "No new question can be asked.",
            ),
            (
                "ruin it: the signs cancel out",
                "They do in part, but enough is left: most of what pixels say in a "
                "weighted sum can be said with these numbers too.",
            ),
        ],
        solution=prediction,
        hints=["What is the difference between a kernel and a linear model?"],
    ),
    Exercise(
        id="02.worth",
        title="What are features worth?",
        solution=worth,
        cases=runs,
        hints=[
            "Subtract run by run first: what made a run easy for both is gone then.",
            "The gain is the mean of the differences. Its standard error is their "
            "standard deviation divided by the root of the number of runs.",
            "`gains.std(ddof=1) / np.sqrt(len(gains))`: ddof=1 divides by n - 1, as "
            "the mean was estimated from the same numbers.",
        ],
        mistakes=[
            (
                _spread,
                "This is how far single runs differ from each other. The mean of n "
                "runs is more certain: divide by the root of n.",
            ),
            (
                _too_sure,
                "Nearly: the standard deviation of a few runs divides by n - 1, "
                "`ddof=1`. NumPy's own choice is n.",
            ),
            (
                _unpaired,
                "Here each side varies by itself. But both were measured on the same "
                "pictures: take the difference run by run, then its spread.",
            ),
            (
                _of_the_features,
                "This is how much the features vary alone. Asked for is how much the "
                "*gain* varies.",
            ),
            (
                _best_runs,
                "The best run owes part of its score to chance. Take the mean of the "
                "differences.",
            ),
            (_loss, "The other way round: a gain is the features minus the rival."),
        ],
        insight="A gain below about two standard errors may be chance. With three runs "
        "even the standard error is a rough guess.",
    ),
]
