"""Lesson 03: pooling and the other layers."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise
from course_utils.exercises.models_compared import (
    Compared,
    facts_about,
    looked_at,
    needs_model,
)
from course_utils.filters import pool

Cases = Iterator[tuple[Any, ...]]

# --- Pooling --------------------------------------------------------------------------


def by_hand() -> Any:
    numbers = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [1, 1, 3, 2], [5, 6, 1, 2]])
    upper = [numbers[:2, :2].max(), numbers[:2, 2:].max()]
    lower = [numbers[2:, :2].max(), numbers[2:, 2:].max()]
    return [upper, lower]


NUMBERS = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [1, 1, 3, 2], [5, 6, 1, 2]])


def max_pool(image: Any, size: Any) -> Any:
    rows, columns = image.shape[0] // size, image.shape[1] // size
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            top, left = row * size, column * size
            window = image[top : top + size, left : left + size]
            result[row, column] = window.max()
    return result


def maps_and_sizes(rng: np.random.Generator) -> Cases:
    yield NUMBERS, 2
    yield rng.integers(0, 10, (4, 6)), 2  # not a square
    yield rng.integers(0, 10, (7, 5)), 2  # what is left over is dropped
    yield rng.integers(0, 10, (6, 9)), 3
    yield rng.integers(0, 10, (8, 7)), 3
    yield -rng.integers(1, 10, (4, 4)), 2  # a 0 that is nowhere must not win
    yield rng.integers(-30_000, -11_000, (3, 6)), 3  # nor a -1 or a -9999
    yield rng.integers(1, 10, (3, 2)) / 4, 1


def _from_zero(image: Any, size: Any) -> Any:
    return np.maximum(max_pool(image, size), 0)


def _cut_off(image: Any, size: Any) -> Any:
    return max_pool(image, size).astype(int)


def pooled_shape() -> Any:
    return (100 // 2, 100 // 2, 15)


def shift_quiz() -> str:
    return "b"


def global_average(maps: Any) -> Any:
    return maps.mean(axis=(0, 1))


def stacks(rng: np.random.Generator) -> Cases:
    yield (np.dstack([np.eye(2), np.full((2, 2), 3)]),)
    for shape in ((4, 6, 3), (5, 2, 8), (3, 3, 1)):
        yield (rng.integers(0, 10, shape),)
    # What is below zero counts, too, and what comes after the decimal point.
    yield (rng.integers(-9, 10, (3, 4, 2)),)
    yield (rng.integers(0, 9, (2, 3, 2)) / 8,)


def receptive_field() -> Any:
    sees, step = 1, 1
    for window, stride in [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2), (3, 1)]:
        sees += (window - 1) * step
        step *= stride
    return sees


# --- Activations ----------------------------------------------------------------------


def softplus_slope(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def points(rng: np.random.Generator) -> Cases:
    yield (np.array([-1.0, 0, 1, 2]),)
    yield (np.array([-30.0, -5, 5, 30]),)
    yield (rng.normal(size=6).round(2),)


def vanishing() -> Any:
    return 0.25**10


# --- Dropout and batch normalisation --------------------------------------------------


def dropout(activations: Any, keep: Any, rate: Any, training: Any) -> Any:
    if not training:
        return activations
    return activations * keep / (1 - rate)


def dropout_with_bug(activations: Any, keep: Any, rate: Any, training: Any) -> Any:
    return activations * keep / (1 - rate)


def dropped(rng: np.random.Generator) -> Cases:
    yield np.array([1.0, 2, 3, 4]), np.array([1, 0, 1, 1]), 0.25, True
    yield np.array([1.0, 2, 3, 4]), np.array([1, 0, 1, 1]), 0.25, False
    for rate, training in ((0.5, True), (0.8, True), (0.1, True), (0.8, False)):
        activations = rng.integers(-9, 9, (2, 4)) / 2
        yield activations, (rng.random((2, 4)) > rate).astype(int), rate, training
    for keep in (1, 0):  # dice may let all of them through, or none
        yield np.array([1.0, 2, 3]), np.full(3, keep), 0.5, True


def dropout_mean() -> Any:
    return (1 - 0.75) * 2 / (1 - 0.75)


def batch_norm(batch: Any) -> Any:
    mean = batch.mean(axis=(0, 1, 2))
    variance = batch.var(axis=(0, 1, 2))
    return (batch - mean) / np.sqrt(variance + 0.001)


def batches(rng: np.random.Generator) -> Cases:
    yield (np.arange(12.0).reshape(2, 1, 3, 2),)
    for shape in ((4, 3, 2, 3), (2, 5, 5, 1), (6, 2, 2, 4)):
        yield (rng.integers(0, 9, shape) * rng.integers(1, 9, shape[3]) / 4,)
    yield (rng.integers(-9, 10, (2, 2, 3, 2)) / 2,)  # as before a ReLU
    yield (np.array([[3, 0.5], [3, -0.5]]).reshape(1, 2, 1, 2),)  # 3 everywhere
    # A channel that is 0 everywhere, and one that nearly is.
    yield (np.array([[0, 0.25], [0, 0], [0, 0.5], [0, 0]]).reshape(2, 2, 1, 2),)


def _normalised(batch: Any, axis: Any) -> Any:
    mean, variance = batch.mean(axis, keepdims=True), batch.var(axis, keepdims=True)
    return (batch - mean) / np.sqrt(variance + 0.001)


def norm_means() -> Any:
    pictures, _, _, channels = (8, 10, 10, 16)
    return (channels, pictures)


# --- Shapes ---------------------------------------------------------------------------


def conv1d_shapes() -> Any:
    return ((10, 64), (10, 32))


def conv2d_shapes() -> Any:
    return ((100, 100, 16), (100, 100, 32))


def channels_quiz() -> str:
    return "c"


def deep_and_narrow() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
        ]
    )


SHAPE = (32, 32, 3)


def aspects(_: np.random.Generator) -> Cases:
    yield ("the shapes of its maps",)
    yield ("the number of weights",)
    yield ("how many of them can learn",)
    yield ("outputs below zero",)
    yield ("what it gives with the same weights, in use and in training",)


@cache
def _wanted() -> Compared:
    return Compared(_stack(), SHAPE)


def look_at(model: Any, aspect: str) -> Any:
    needs_model(model, SHAPE)
    seen = looked_at(model, SHAPE, anew=aspect == "the shapes of its maps")
    if aspect == "how many of them can learn":
        return seen.learnable
    if seen.stands_for(_wanted()):
        seen = _wanted()  # whatever it is made of
    if aspect == "the shapes of its maps":
        return seen.shapes
    if aspect == "the number of weights":
        return seen.weights
    if aspect == "outputs below zero":
        return bool((seen.outputs < 0).any())
    return seen.both_ways


def facts(model: Any) -> str:
    return facts_about(model, SHAPE)


def _stack(
    filters: tuple[int, ...] = (16, 32, 64),
    size: int = 3,
    pool: int = 2,
    stride: int | None = None,
    padding: str = "same",
    activation: str | None = "relu",
) -> Any:
    """The stack, or one with a typical mistake in it."""
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((32, 32, 3))])
    for count in filters:
        model.add(layers.Conv2D(count, size, padding=padding, activation=activation))
        if pool:
            model.add(layers.MaxPooling2D(pool, stride))
    return model


EXERCISES = [
    Exercise(
        id="03.by-hand",
        title="Max pooling by hand",
        solution=by_hand,
        hints=[
            "Cut the sixteen numbers into four squares of 2x2: a window for each "
            "number of the answer.",
            "The upper left window holds 1, 0, 4 and 6. Which of them does max "
            "pooling keep?",
            "The answer is a list of two rows with two numbers each.",
        ],
        mistakes=[
            (
                pool(NUMBERS, kind="average"),
                "These are the averages. Max pooling keeps the largest number of each "
                "window.",
            ),
            (
                pool(NUMBERS, kind="l2"),
                "This is L2 pooling. Max pooling keeps one number as it is: the "
                "largest.",
            ),
            (
                pool(NUMBERS, stride=1),
                "Here the window moved by one pixel. With stride 2 the windows do not "
                "overlap, and four fit.",
            ),
            (
                [[1, 2], [1, 3]],
                "These are the upper left numbers of the windows. Look for the largest "
                "ones.",
            ),
            (-pool(-NUMBERS), "These are the smallest numbers of the windows."),
            (
                pool(NUMBERS).T,
                "Rows and columns are swapped: fill the answer from left to right, as "
                "you read.",
            ),
            ([6, 8, 6, 3], "The right numbers, in one row: keep their places, 2x2."),
        ],
        insight="Of sixteen numbers four are left, and nobody knows any more where in "
        "its window each of them was.",
    ),
    Exercise(
        id="03.my-pool",
        title="Write max pooling with loops",
        solution=max_pool,
        cases=maps_and_sizes,
        hints=[
            "How many windows of this size fit below each other, how many beside each "
            "other, if they do not overlap? `//` tells.",
            "The window at place (row, column) starts at pixel (row * size, column * "
            "size).",
            "Inside the two loops: result[row, column] = window.max()",
        ],
        mistakes=[
            (
                lambda image, size: pool(image, size, kind="average"),
                "This is average pooling: take the largest number, not the mean.",
            ),
            (
                lambda image, size: pool(image, size, kind="l2"),
                "This is L2 pooling: take the largest number as it is.",
            ),
            (
                lambda image, size: -pool(-np.asarray(image), size),
                "This keeps the smallest number of each window.",
            ),
            (
                lambda image, size: pool(image, size, stride=1),
                "The window moves by one pixel here. It must move by its own size.",
            ),
            (
                lambda image, size: pool(image, 2),
                "This works only for windows of 2x2: use `size`.",
            ),
            (
                lambda image, size: pool(image, size, padding="same"),
                "This keeps the windows that hang over the border. Drop what does not "
                "fill a window.",
            ),
            (
                lambda image, size: pool(image, size).T,
                "Rows and columns of the result are swapped.",
            ),
            (
                _from_zero,
                "Where all numbers are negative, the largest one is negative too. Does "
                "your search start from 0?",
            ),
            (
                _cut_off,
                "What comes after the decimal point is lost: make the result with "
                "`np.zeros(...)`, which holds floats.",
            ),
        ],
        insight="`filters.pool` and `keras.layers.MaxPooling2D` do the same.",
    ),
    Exercise(
        id="03.pooled-shape",
        title="What does pooling leave?",
        solution=pooled_shape,
        hints=[
            "Windows of 2x2 that do not overlap: how many fit in a row of 100 pixels?",
            "Pooling works on each map by itself: what happens to the number of maps?",
        ],
        mistakes=[
            (
                (50, 50),
                "There are 15 maps, and each is pooled by itself: a number is missing.",
            ),
            (
                (50, 50, 7),
                "Pooling does not touch the channels: each map is pooled by itself.",
            ),
            ((50, 50, 1), "The maps are not mixed: each is pooled by itself."),
            (
                (99, 99, 15),
                "This is for stride 1. With stride 2 every second place is skipped.",
            ),
            (
                (98, 98, 15),
                "This is a 3x3 window with stride 1. Here 2x2 takes steps of 2.",
            ),
            ((25, 25, 15), "Halved once too often: the window is 2x2, not 4x4."),
            ((100, 100, 15), "Stride 2 leaves every second place out."),
            ((15, 50, 50), "The channels come last in this course, as in Keras."),
        ],
        insight="A quarter of the numbers, and not a single weight.",
    ),
    Exercise(
        id="03.shift",
        title="Predict: two pixels to the right",
        question="A picture moves by exactly two pixels to the right. It is max pooled "
        "with windows of 2x2 and `stride=2`. Away from the border, the pooled map ...",
        choices=[
            (
                "stays as it is: pooling does not care about two pixels",
                "It would, if the windows moved along. But each window now holds what "
                "its left neighbour held before.",
            ),
            (
                "moves by one pixel to the right",
                "Each window now holds what its left neighbour held before. This is "
                "called equivariance: the map moves with the picture.",
            ),
            (
                "changes in a way that cannot be told without the picture",
                "That is so for one pixel. Two pixels are just one window.",
            ),
        ],
        solution=shift_quiz,
        hints=["Which window holds now what the first window held before?"],
    ),
    Exercise(
        id="03.global-average",
        title="Write global average pooling",
        solution=global_average,
        cases=stacks,
        hints=[
            "One number for each channel: the mean over all its places.",
            "`array.mean(axis=...)` takes several axes at once. Which axes are the "
            "places?",
            "maps.mean(axis=(0, 1)) leaves the last axis.",
        ],
        mistakes=[
            (
                lambda maps: maps.mean(),
                "One number for everything. Keep the channels apart: name the axes to "
                "average over.",
            ),
            (
                lambda maps: maps.mean(axis=2),
                "This averages over the channels and keeps the places. It must be the "
                "other way round.",
            ),
            (
                lambda maps: maps.mean(axis=0),
                "This averages over the rows only: the columns are still there.",
            ),
            (
                lambda maps: maps.max(axis=(0, 1)),
                "This is global *max* pooling: it keeps the largest number.",
            ),
            (
                lambda maps: maps.sum(axis=(0, 1)),
                "This is the sum. Divide by the number of places.",
            ),
        ],
        insight="Whatever the height and width, the vector has as many numbers as "
        "there are channels.",
    ),
    Exercise(
        id="03.receptive-field",
        title="How far does it see?",
        solution=receptive_field,
        hints=[
            "Begin with 1. Each window of size w adds (w - 1) times the present step "
            "between neighbours, in input pixels.",
            "The step begins at 1. Each pooling doubles it for all that follows.",
            "After the first two convolutions: 5. After the pooling: 5 + 1 = 6, and "
            "the step is 2. So the next convolution adds 2 * 2.",
        ],
        mistakes=[
            (
                11,
                "These are five 3x3 convolutions. The poolings widen the view too, and "
                "make the convolutions after them see further.",
            ),
            (
                13,
                "You added 1 for each pooling. But it also doubles the step of all "
                "layers that follow.",
            ),
            (
                20,
                "The second pooling doubles the step once more: to 4 input pixels.",
            ),
            (21, "Poolings have a window too, of 2: they add one step each."),
            (22, "The second pooling has a window too, of 2: it adds one step of 2."),
            (19, "Five times 3 and twice 2: the windows overlap, they do not add up."),
            (
                32,
                "A pooling doubles the step, not the view: the view grows by one step.",
            ),
        ],
        insight="Without the two poolings it would be 11.",
    ),
    Exercise(
        id="03.softplus-slope",
        title="The slope of softplus",
        solution=softplus_slope,
        cases=points,
        hints=[
            "The slope of ln(u) is u' / u. Here u = 1 + exp(x).",
            "So it is exp(x) / (1 + exp(x)). This function has a name.",
            "Divide numerator and denominator by exp(x): 1 / (1 + exp(-x)), the "
            "sigmoid.",
        ],
        mistakes=[
            (
                lambda x: np.log(1 + np.exp(x)),
                "This is softplus itself. Its slope is asked for: the derivative.",
            ),
            (
                lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
                "This is the slope of the sigmoid. The slope of softplus *is* the "
                "sigmoid.",
            ),
            (
                lambda x: (x > 0) * 1.0,
                "This is the slope of ReLU, which jumps at 0. Softplus is smooth.",
            ),
            (lambda x: 1 / (1 + np.exp(x)), "Mirrored: it must rise with x."),
            (
                lambda x: 1 / (1 + np.exp(x)) * np.exp(-x),
                "Nearly: multiply by exp(x), the inner derivative, not by exp(-x).",
            ),
        ],
        insight="Softplus is a smooth ReLU, and its slope a smooth step: the sigmoid.",
    ),
    Exercise(
        id="03.vanishing",
        title="Ten sigmoids in a row",
        solution=vanishing,
        hints=[
            "The chain rule multiplies the slopes of all layers.",
            "Ten times the same factor, multiplied: a power. `**` in Python.",
        ],
        mistakes=[
            (2.5, "The slopes are multiplied, not added: that is the chain rule."),
            (0.25, "That is one layer. There are ten."),
            (0.025, "Each layer multiplies by 0.25; nothing is divided by ten."),
            (0.25**9, "One layer is missing: ten factors."),
            (0.5**10, "0.5 is the sigmoid's value at 0. Its slope there is 0.25."),
            (4**10, "That is by how much it shrinks. What is left of it?"),
        ],
        insight="Less than one in a million, in the best case. Weights of 4 or more "
        "could make up for it, but large weights drive sigmoids onto their flat ends.",
    ),
    Exercise(
        id="03.dropout-mean",
        title="Predict: the mean after dropout",
        solution=dropout_mean,
        hints=[
            "Three quarters become 0. What happens to the rest?",
            "The rest is divided by the share that is kept, 0.25.",
        ],
        mistakes=[
            (
                0.5,
                "A quarter of them is kept; but these are scaled up to make up for it.",
            ),
            (8, "That is what is kept, scaled up. The zeros count in the mean too."),
            (1.5, "0.75 is the share that is dropped. And what is kept is scaled."),
            (0, "Only those that are dropped become 0."),
        ],
        insight="Nothing changes on average, so the next layer gets, on average, the "
        "same sums in training as in prediction.",
    ),
    Exercise(
        id="03.dropout-bug",
        title="Find the bug: a network that is never sure",
        solution=dropout,
        cases=dropped,
        start=dropout_with_bug,
        hints=[
            "Dropout has two faces. Which argument says which of the two is asked for?",
            "`training` is an argument, but nobody looks at it.",
            "In prediction the activations are returned as they are.",
        ],
        mistakes=[
            (
                lambda activations, keep, rate, training: (
                    activations * keep / (1 - rate) if training else activations * keep
                ),
                "In prediction nothing is dropped: all activations stay.",
            ),
            (
                lambda activations, keep, rate, training: (
                    activations * keep / (1 - rate)
                    if training
                    else activations * (1 - rate)
                ),
                "The scaling is done in training already. In prediction nothing is "
                "left to do.",
            ),
            (
                lambda activations, keep, rate, training: (
                    activations * keep if training else activations
                ),
                "Now the sums shrink in training: what is kept must be divided by the "
                "share that is kept.",
            ),
            (
                lambda activations, keep, rate, training: (
                    activations * keep / rate if training else activations
                ),
                "`rate` is the share that is dropped. Divide by what is kept.",
            ),
            (
                lambda activations, keep, rate, training: (
                    activations if training else activations * keep / (1 - rate)
                ),
                "The wrong way round: dropout is for training.",
            ),
            (
                lambda activations, keep, rate, training: activations,
                "Now nothing is ever dropped, not even in training.",
            ),
        ],
        insight="Keras passes `training` for you: True in `fit`, False in `predict`.",
    ),
    Exercise(
        id="03.batch-norm",
        title="Write batch normalisation",
        solution=batch_norm,
        cases=batches,
        hints=[
            "Each channel has its own mean and variance: over all images, rows and "
            "columns.",
            "Which axes of (N, H, W, C) are to be averaged over? All but the last.",
            "(batch - mean) / np.sqrt(variance + 0.001)",
        ],
        mistakes=[
            (
                lambda batch: _normalised(batch, None),
                "One mean for all channels. Each channel needs its own: name the axes.",
            ),
            (
                lambda batch: _normalised(batch, 0),
                "A mean for each place. All places of a channel belong together.",
            ),
            (
                lambda batch: _normalised(batch, (1, 2)),
                "This treats each image by itself. The batch belongs together.",
            ),
            (
                lambda batch: _normalised(batch, 3),
                "This averages over the channels, and they must be kept apart.",
            ),
            (
                lambda batch: (
                    (batch - batch.mean((0, 1, 2))) / (batch.var((0, 1, 2)) + 0.001)
                ),
                "You divide by the variance. Take its square root.",
            ),
            (
                lambda batch: (
                    (batch - batch.mean((0, 1, 2))) / (batch.std((0, 1, 2)) + 0.001)
                ),
                "Nearly: the 0.001 is added to the variance, under the root.",
            ),
            (
                lambda batch: (
                    batch / np.sqrt(batch.var((0, 1, 2), keepdims=True) + 0.001)
                ),
                "The mean is still there: subtract it first.",
            ),
            (
                lambda batch: batch - batch.mean((0, 1, 2)),
                "The mean is gone. Now divide by the standard deviation.",
            ),
        ],
        insight="Keras then multiplies by a learned gamma and adds a learned beta, "
        "which begin as 1 and 0.",
    ),
    Exercise(
        id="03.norm-axes",
        title="Count the means",
        solution=norm_means,
        hints=[
            "For each of the two: which numbers does it put together before it takes "
            "their mean?",
            "Batch normalisation keeps only the channels apart; with axis=(1, 2, 3) "
            "only the pictures stay apart.",
        ],
        mistakes=[
            ((8, 16), "The two are swapped: which one looks at a whole batch?"),
            (
                (16, 800),
                "The second is right for `LayerNormalization()`, which takes the last "
                "axis alone. Here it takes three.",
            ),
            (
                (1600, 8),
                "The places share a mean in batch normalisation: the same kernel has "
                "been at each of them.",
            ),
            (
                (128, 8),
                "Batch normalisation puts the pictures of a batch together: a mean for "
                "each channel, not for each channel of each picture.",
            ),
            (
                (16, 128),
                "With axis=(1, 2, 3) the channels of a picture are put together too.",
            ),
        ],
        insight="A mean for each channel, or a mean for each picture: 16 of the one, "
        "8 of the other.",
    ),
    Exercise(
        id="03.conv1d",
        title="Two layers along one axis",
        solution=conv1d_shapes,
        hints=[
            'With `padding="same"` and stride 1 the length stays as it is.',
            "The channels that come out are the filters of the layer.",
        ],
        mistakes=[
            (
                ((8, 64), (6, 32)),
                'This is `padding="valid"`: each window of 3 costs 2 places.',
            ),
            (((64, 10), (32, 10)), "The length comes first, the channels last."),
            (((10, 64), (10, 64)), "The second layer has 32 filters."),
            (
                ((10, 32), (10, 64)),
                "What comes out of a layer are its own filters: 64 first.",
            ),
            (
                ((10, 96), (10, 128)),
                "Channels do not add up: each filter gives one map and sums over all "
                "that comes in.",
            ),
            (
                ((10, 32, 64), (10, 64, 32)),
                "A filter sums over the channels that come in: they are no axis of "
                "the output.",
            ),
            (((10, 3, 64), (10, 3, 32)), "The window's size is no axis of the output."),
        ],
        insight="Along one axis or three: the length follows window, stride and "
        "padding, the channels follow the filters.",
    ),
    Exercise(
        id="03.conv2d",
        title="A layer that takes steps, then one that does not",
        solution=conv2d_shapes,
        hints=[
            "First layer: how many windows of 2 fit in 200 pixels, if they do not "
            "overlap?",
            'Second layer: `padding="same"` and stride 1 keep height and width.',
        ],
        mistakes=[
            (
                ((200, 200, 16), (200, 200, 32)),
                "Height and width are halved by the first layer: its stride is 2.",
            ),
            (
                ((199, 199, 16), (199, 199, 32)),
                "The first layer has stride 2: every second place is skipped.",
            ),
            (
                ((100, 100, 16), (98, 98, 32)),
                'The second layer has `padding="same"`: nothing is lost at the border.',
            ),
            (
                ((100, 100, 16), (50, 50, 32)),
                "Only the first layer takes steps of 2.",
            ),
            (((99, 99, 16), (99, 99, 32)), "(200 - 2) / 2 + 1: the + 1 is missing."),
            (((100, 100, 1), (100, 100, 16)), "Each filter gives one map."),
            (
                ((16, 100, 100), (32, 100, 100)),
                "The channels come last in this course, as in Keras.",
            ),
        ],
        insight="The first layer halves like pooling, but what it keeps is learned.",
    ),
    Exercise(
        id="03.channels",
        title="Predict: the wrong end",
        question="A colour photograph is stored with its channels first, (3, 256, "
        "256). You give it to `Conv2D(64, 3)` with the default channels last. What "
        "happens?",
        choices=[
            (
                "Keras sees that there are three colours and turns the axes",
                "Nothing in an array says which axis is which. Keras believes the "
                "setting.",
            ),
            (
                "an error, because the shape does not fit",
                "Three axes are what it expects. Which of them are the channels, the "
                "array does not say.",
            ),
            (
                "no error: it sees 3 rows, 256 columns and 256 channels",
                "And each filter gets 3 * 3 * 256 weights. The number of weights is "
                "what gives such a mistake away.",
            ),
        ],
        solution=channels_quiz,
        hints=["What does the layer know about the array except its shape?"],
    ),
    Exercise(
        id="03.deep-and-narrow",
        title="Build a stack that goes deeper and narrower",
        solution=deep_and_narrow,
        cases=aspects,
        run=look_at,
        network=True,
        facts=facts,
        hints=[
            "`keras.Sequential` takes a list that begins with `keras.Input((32, 32, "
            "3))`.",
            'Three times a `layers.Conv2D(filters, 3, padding="same", '
            'activation="relu")` and a `layers.MaxPooling2D(2)`.',
        ],
        mistakes=[
            (
                lambda: _stack(padding="valid"),
                "Each convolution loses a border of pixels: which padding keeps them?",
            ),
            (
                lambda: _stack(pool=0),
                "It gets deeper, but not narrower: a pooling is missing after each "
                "convolution.",
            ),
            (
                lambda: _stack(stride=1),
                "The poolings take steps of one pixel, so the maps hardly shrink.",
            ),
            (
                lambda: _stack(filters=(64, 32, 16)),
                "The wrong way round: begin with few filters and double them.",
            ),
            (
                lambda: _stack(filters=(16, 16, 16)),
                "It gets narrower, but not deeper: double the filters each time.",
            ),
            (
                lambda: _stack(size=5),
                "The shapes are right, the number of weights is not: how large are the "
                "kernels?",
            ),
            (
                lambda: _stack(activation=None),
                "Shapes and weights are right, but the outputs fall below zero: the "
                "activation is missing.",
            ),
        ],
        insight="Fewer places, more maps: VGG16 in lesson 07 does the same.",
        seconds=120,  # the first import of Keras may be in it
    ),
]
