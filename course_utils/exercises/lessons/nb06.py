"""Lesson 06: what the network sees."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise

Cases = Iterator[tuple[Any, ...]]

# --- Activations ----------------------------------------------------------------------


def map_shapes() -> Any:
    first = (150 - 2, 150 - 2, 32)
    second = (148 // 2 - 2, 148 // 2 - 2, 64)
    third = (72 // 2 - 2, 72 // 2 - 2, 128)
    fourth = (34 // 2 - 2, 34 // 2 - 2, 128)
    return [first, second, third, fourth]


def for_display(maps: Any) -> Any:
    largest = maps.max(axis=(0, 1))
    shown = np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
    return maps, shown


def for_display_with_bugs(maps: Any) -> Any:
    shown = maps
    shown /= maps.max(axis=(0, 1))
    return maps, shown


def _shown(shown: Any) -> Any:
    """The exercise, with another way to make maps that can be shown."""

    def display(maps: Any) -> Any:
        with np.errstate(all="ignore"):
            return maps, shown(maps)

    return display


def _in_place(maps: Any) -> Any:
    largest = maps.max(axis=(0, 1))
    maps /= np.where(largest > 0, largest, 1)
    return maps, maps


def relu_maps(rng: np.random.Generator) -> Cases:
    # Next to large numbers it does not show whether 1e-4 or 1e-12 was added to a
    # divisor; the weak map, with 0.5 at most, shows whether it was divided at all.
    yield (np.array([[[1.0, 8], [2, 0]], [[4, 2], [0, 4]]]),)
    yield (np.array([[[1.0, 0], [2, 0]], [[4, 0], [0, 0]]]),)  # the second is dead
    yield (np.array([[[0.5, 0], [0.25, 30]]]),)
    yield (np.maximum(rng.normal(0, 10, (4, 3, 5)).round(), 0),)


def count_dead(maps: Any) -> Any:
    return int((maps.max(axis=(0, 1, 2)) == 0).sum())


def maps_of_many(rng: np.random.Generator) -> Cases:
    some = np.zeros((2, 2, 3, 4))
    some[0, 1, 2, 0] = some[1, 0, 0, 2] = 0.5  # each answers on one photograph only
    yield (some,)
    yield (np.zeros((3, 1, 2, 5)),)
    many = np.maximum(rng.normal(0, 1, (4, 3, 2, 6)), 0)
    many[..., [1, 4, 5]] = 0
    many[2:, ..., 3] = 0
    yield (many,)
    yield (np.ones((1, 2, 2, 3)),)
    weak = np.zeros((4, 3, 3, 3))  # who hardly answers, and once, is not dead
    weak[1, 0, 0, 0], weak[2, 1, 2, 1] = 0.01, 0.001
    yield (weak,)


def trust_quiz() -> str:
    return "b"


# --- Preferred inputs -----------------------------------------------------------------


def start_quiz() -> str:
    return "b"


def step_up(picture: Any, slope: Any, rate: Any) -> Any:
    length = np.sqrt(np.mean(slope**2))
    return picture + rate * slope / (length + 1e-8)


def slopes(rng: np.random.Generator) -> Cases:
    # Steep, or on a bright picture, where it does not show how little was added to the
    # divisor: 1e-4 or 1e-12.
    yield np.zeros((2, 2)), np.array([[30.0, 30], [-30, -30]]), 0.5
    yield np.full((2, 3), 9.0), np.full((2, 3), 0.25), 0.1
    yield np.ones((2, 2)), np.zeros((2, 2)), 0.1  # a filter that minds nothing
    yield rng.integers(0, 9, (3, 3)) / 2, rng.normal(0, 5, (3, 3)).round(1), 0.2
    yield np.full((2, 2), 99.0), np.array([[0.05, 0.05], [-0.05, 0.05]]), 0.1  # flat
    yield np.full((2, 3), 9.0), np.array([[0.0, 3, 0], [0, 0, -4]]), 0.5


# --- Where it looks -------------------------------------------------------------------


def softmax_quiz() -> str:
    return "c"


def grad_cam(maps: Any, gradients: Any) -> Any:
    weights = gradients.mean(axis=(0, 1))
    return np.maximum(maps @ weights, 0)


def stacks(rng: np.random.Generator) -> Cases:
    maps = np.array([[[1.0, 0], [2, 1]], [[0, 3], [1, 1]]])
    yield maps, np.ones((2, 2, 2)) * [1, 2]
    yield maps, np.ones((2, 2, 2)) * [2, -1]
    for shape in ((3, 4, 2), (2, 2, 5)):
        yield rng.integers(0, 5, shape) * 5.0, rng.normal(size=shape).round(1)
    yield maps / 4, np.ones((2, 2, 2)) * [2, -1]


def cam_factor() -> Any:
    return 7 * 7


def patches() -> Any:
    places = (224 - 32) // 16 + 1
    return places**2


EXERCISES = [
    Exercise(
        id="06.map-shapes",
        title="Maps at 150 pixels",
        solution=map_shapes,
        hints=[
            "A 3x3 kernel without padding loses one pixel at each border.",
            "After each convolution a pooling halves height and width; what is odd is "
            "rounded down.",
            "148 after the first convolution, 74 after its pooling, so 72 after the "
            "second convolution.",
        ],
        mistakes=[
            (
                [(150, 150, 32), (75, 75, 64), (37, 37, 128), (18, 18, 128)],
                "This is with `padding='same'`. These convolutions have none: each "
                "loses two rows and two columns.",
            ),
            (
                [(148, 148, 32), (146, 146, 64), (144, 144, 128), (142, 142, 128)],
                "There is a pooling of 2x2 between two convolutions.",
            ),
            (
                [(74, 74, 32), (36, 36, 64), (17, 17, 128), (7, 7, 128)],
                "These are the shapes after the poolings. The convolutions themselves "
                "are asked for.",
            ),
            (
                [(148, 148, 3), (72, 72, 32), (34, 34, 64), (15, 15, 128)],
                "The channels are those that come out: one map for each filter.",
            ),
        ],
        insight="From 700,000 numbers to 29,000: fewer places, more kinds of features.",
    ),
    Exercise(
        id="06.for-display",
        title="Find two bugs: maps for display",
        solution=for_display,
        cases=relu_maps,
        start=for_display_with_bugs,
        hints=[
            "What is the largest answer of a dead filter, and what does NumPy make of "
            "a division by it?",
            "`maps /= ...` writes into the array that came in. Who else holds it?",
            "`np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)` "
            "divides only where it can, and leaves 0 elsewhere.",
        ],
        mistakes=[
            (
                _shown(lambda maps: maps / maps.max(axis=(0, 1))),
                "The dead filter still divides 0 by 0, which is NaN.",
            ),
            (
                _shown(lambda maps: maps / maps.max()),
                "This divides by the largest number of all maps: weak filters stay "
                "dark. Each map has a largest number of its own.",
            ),
            (
                _in_place,
                "The dead filter is cured. But the maps do not come back as they were: "
                "where `/=` changes them, the next cell computes with other numbers.",
            ),
            (
                _shown(lambda maps: maps / (maps.max(axis=(0, 1)) + 1)),
                "Adding 1 to the divisor avoids the 0, but then no map reaches 1.",
            ),
        ],
        insight="Neither bug stops the program; NumPy only warns of the division.",
    ),
    Exercise(
        id="06.dead",
        title="Count dead filters",
        solution=count_dead,
        cases=maps_of_many,
        hints=[
            "Dead is a filter that is 0 on *all* photographs, at all places.",
            "`maps.max(axis=(0, 1, 2))` is the strongest answer of each filter.",
            "(maps.max(axis=(0, 1, 2)) == 0).sum()",
        ],
        mistakes=[
            (
                lambda maps: (maps[0].max(axis=(0, 1)) == 0).sum(),
                "These are silent on the first photograph only. Ask all of them.",
            ),
            (
                lambda maps: (maps.max(axis=(1, 2)) == 0).sum(),
                "A filter is counted once for each photograph on which it is silent.",
            ),
            (
                lambda maps: (maps == 0).sum(),
                "These are all zeros, of living filters too.",
            ),
            (
                lambda maps: (maps.min(axis=(0, 1, 2)) == 0).sum(),
                "These are silent *somewhere*. A dead filter is silent everywhere.",
            ),
            (
                lambda maps: (maps.max(axis=(0, 1, 2)) > 0).sum(),
                "These are the living ones.",
            ),
            (
                lambda maps: (maps.max(axis=(0, 1, 2)) == 0).mean(),
                "This is the share of them. How many are there?",
            ),
        ],
        insight="Dead on these photographs: another one may wake a filter up.",
    ),
    Exercise(
        id="06.start",
        title="Predict: where to start",
        question="A network was trained on pictures with values 0..1; it has no layer "
        "that scales. You start gradient ascent at mid gray for photographs: 128. What "
        "happens?",
        choices=[
            (
                "nothing special: the ascent finds its way from anywhere",
                "It would have to go a long way: 128 is 128 times as bright as white, "
                "which is 1 for this network.",
            ),
            (
                "the pictures lie far outside of what the network was trained on",
                "For such a network mid gray is 0.5. What it answers to 128 says "
                "nothing about photographs.",
            ),
            (
                "an error, because 128 is not in 0..1",
                "A network takes any numbers: this mistake gives no error.",
            ),
        ],
        solution=start_quiz,
        hints=["What is the brightest pixel that this network has ever seen?"],
    ),
    Exercise(
        id="06.step-up",
        title="Write a step uphill",
        solution=step_up,
        cases=slopes,
        hints=[
            "The root mean square of the slope: `np.sqrt(np.mean(slope**2))`.",
            "Divide by it, so that steep and flat places give steps of the same "
            "length; add 1e-8 to the divisor, in case it is 0.",
            "return picture + rate * slope / (length + 1e-8)",
        ],
        mistakes=[
            (
                lambda picture, slope, rate: picture - step_up(0, slope, rate),
                "This goes downhill. Training makes a loss smaller; here an answer "
                "is to become larger.",
            ),
            (
                lambda picture, slope, rate: picture + rate * slope,
                "The slope is not normalised: where it is small, little moves.",
            ),
            (
                lambda picture, slope, rate: picture + rate * np.sign(slope),
                "The sign makes all pixels move equally far. Keep their proportions: "
                "divide by the root mean square.",
            ),
            (
                lambda picture, slope, rate: (
                    picture + rate * slope / (np.linalg.norm(slope) + 1e-8)
                ),
                "You divided by the length, the root of the *sum* of squares: then the "
                "step of a pixel shrinks with the number of pixels. Take the mean.",
            ),
            (
                lambda picture, slope, rate: (
                    picture + rate * slope / (np.std(slope) + 1e-8)
                ),
                "The standard deviation takes the mean away first: for an even slope "
                "it is 0. Take the root mean square.",
            ),
        ],
        insight="Again and again, with slopes from `tf.GradientTape`, this is gradient "
        "ascent.",
    ),
    Exercise(
        id="06.grad-cam",
        title="Write Grad-CAM",
        solution=grad_cam,
        cases=stacks,
        hints=[
            "One weight for each map: the mean of its gradient over all places.",
            "Multiply each map by its weight and add them up: `maps @ weights`.",
            "np.maximum(maps @ weights, 0) is the ReLU of the sum.",
        ],
        mistakes=[
            (
                lambda maps, gradients: maps @ gradients.mean(axis=(0, 1)),
                "The ReLU is missing: what speaks against the class is left out.",
            ),
            (
                lambda maps, gradients: np.maximum(
                    maps @ gradients.sum(axis=(0, 1)), 0
                ),
                "The sum of the gradient instead of its mean: right up to a factor, "
                "the number of places.",
            ),
            (
                lambda maps, gradients: np.maximum((maps * gradients).sum(axis=2), 0),
                "This weights each place with its own gradient. Grad-CAM has one "
                "weight for each map: average first.",
            ),
            (
                lambda maps, gradients: np.maximum(maps * gradients.mean((0, 1)), 0),
                "The maps are weighted, but not yet added up: one number for each "
                "place is asked for.",
            ),
            (
                lambda maps, gradients: np.maximum(
                    maps * gradients.mean((0, 1)), 0
                ).sum(axis=2),
                "ReLU comes after the sum: a map that speaks against the class at a "
                "place must be able to cancel one that speaks for it.",
            ),
        ],
        insight="`explain.grad_cam` adds only the scaling up to the image.",
    ),
    Exercise(
        id="06.softmax",
        title="Predict: a network that is very sure",
        question="A network gives a class the probability 0.99999. You differentiate "
        "this probability, the output of the softmax, with respect to the maps. The "
        "gradient ...",
        choices=[
            (
                "is very large, because the network is so sure",
                "A gradient tells what a small change would change. What can still "
                "change in 0.99999?",
            ),
            (
                "is the one of the logit, as softmax keeps the order of the classes",
                "It keeps the order, not the slope: the derivative of softmax by the "
                "class's own logit is p (1 - p), which depends on how sure the network "
                "is.",
            ),
            (
                "is nearly 0, and mixes in what speaks against the other classes",
                "Softmax is flat where it is sure, and it falls when any other class "
                "rises. The logit has neither problem.",
            ),
        ],
        solution=softmax_quiz,
        hints=["The derivative of softmax by its own logit is p (1 - p)."],
    ),
    Exercise(
        id="06.cam-factor",
        title="From Grad-CAM to CAM",
        solution=cam_factor,
        hints=[
            "The logit is the sum of w_k times the *mean* of map k. What is its "
            "derivative with respect to one single place of the map?",
            "The mean of 7x7 places changes by 1/49 of what one of them changes by.",
        ],
        mistakes=[
            (7, "7 is the number of rows. The mean runs over rows and columns."),
            (1 / 49, "The other way round: how many times larger is the weight?"),
            (1280, "That is the number of maps. Each has its own weight."),
            (14, "Rows plus columns. How many places are there?"),
            (1, "They are not equal: global average pooling divides."),
        ],
        insight="A factor that is the same for all maps changes nothing once the "
        "strongest place is set to 1.",
    ),
    Exercise(
        id="06.patches",
        title="The price of occlusion",
        solution=patches,
        hints=[
            "In lesson 01 you counted the places of a kernel: (W - F) / S + 1.",
            "13 places in a row of 224 pixels. And there are as many rows.",
        ],
        mistakes=[
            (13, "These are the places in one row. The patch moves down as well."),
            (49, "These patches would not overlap: the stride is 16, not 32."),
            (144, "Count again: (224 - 32) / 16 steps, and one place to start from."),
            (196, "At some of these places the patch would hang over the border."),
            (
                193**2,
                "This is for stride 1. Here the patch moves by 16 pixels.",
            ),
        ],
        insight="Grad-CAM needs one answer of the network, and one gradient.",
    ),
    Exercise(
        id="06.trust",
        title="Which picture to trust",
        question="Three heat maps for the same answer. The first stays nearly the same "
        "when all weights are made random. The second changes then, and covering its "
        "bright part makes the logit fall. The third changes too, but covering its "
        "bright part changes nothing. Which would you trust?",
        choices=[
            (
                "the first: a good method gives the same map each time",
                "It gives the same map for a network that knows nothing: it is a "
                "picture of the photograph.",
            ),
            (
                "the second",
                "It depends on what was learned, and what it points at matters for "
                "the answer: both checks are passed.",
            ),
            (
                "the third: it depends on the weights",
                "That is necessary, and not enough: the answer can do without what it "
                "points at.",
            ),
        ],
        solution=trust_quiz,
        hints=["Two checks: does it know the network, does it matter?"],
    ),
]
