"""Lesson 05: cats and dogs."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise, Wrong
from course_utils.exercises.models_compared import layers_passed, needs_model

Cases = Iterator[tuple[Any, ...]]

# --- Data -----------------------------------------------------------------------------


def always_cat() -> Any:
    return 900 / (900 + 100)


def memory() -> Any:
    return 25_000 * 150 * 150 * 3 * 4 / 1e9


def accuracy(probabilities: Any, labels: Any) -> Any:
    answers = probabilities.ravel() > 0.5
    return (answers == labels).mean()


def accuracy_with_bug(probabilities: Any, labels: Any) -> Any:
    answers = probabilities > 0.5
    return (answers == labels).mean()


def answers_and_labels(rng: np.random.Generator) -> Cases:
    yield np.array([[0.9], [0.2], [0.7], [0.4]]), np.array([1, 0, 1, 0])
    # Neither their mean nor their median is near the threshold, but two of them are.
    near = np.array([[0.98], [0.97], [0.9], [0.51], [0.49], [0.5]])
    yield near, np.array([1, 0, 1, 1, 0, 0])
    for count in (7, 10, 23):
        labels = rng.integers(0, 2, count)
        labels[0] = 1
        close = (labels + rng.normal(0, 0.6, count)).clip(0, 1)
        yield close[:, np.newaxis].round(2), labels
    # Labels of 8 bits, as the course stores them.
    yield np.array([[0.9], [0.8], [0.3], [0.1]]), np.array([1, 0, 1, 0], np.uint8)


def batch(photographs: Any, order: Any, size: int, number: int) -> Any:
    return photographs[order[number * size : (number + 1) * size]]


def streams(rng: np.random.Generator) -> Cases:
    yield np.array([10, 11, 12, 13, 14]), np.array([3, 0, 4, 2, 1]), 2, 0
    yield np.array([10, 11, 12, 13, 14]), np.array([3, 0, 4, 2, 1]), 2, 1
    yield np.array([10, 11, 12, 13, 14]), np.array([3, 0, 4, 2, 1]), 2, 2
    for count, size, number in ((7, 3, 1), (6, 4, 1)):
        photographs = rng.integers(0, 256, (count, 2, 2, 3)) / 2
        yield photographs, np.roll(rng.permutation(count), 1), size, number


# --- The network ----------------------------------------------------------------------


def flattened() -> Any:
    return 7 * 7 * 128


def overfit_quiz() -> str:
    return "b"


# --- Augmentation ---------------------------------------------------------------------


def mirror(images: Any, flip: Any) -> Any:
    mirrored = images[:, :, ::-1]
    return np.where(flip[:, np.newaxis, np.newaxis, np.newaxis], mirrored, images)


def batches(rng: np.random.Generator) -> Cases:
    yield np.arange(12).reshape(2, 2, 3, 1), np.array([True, False])
    for shape, first in (((3, 2, 4, 3), True), ((4, 5, 3, 1), False)):
        flip = rng.random(shape[0]) > 0.5
        flip[:2] = first, not first
        yield rng.integers(0, 256, shape), flip
    # Scaled to -1..1.
    yield rng.integers(-8, 9, (2, 2, 3, 1)) / 8, np.array([False, True])


def shear() -> Any:
    return 75 * np.tan(np.radians(0.2))


def turn_and_shift() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((150, 150, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(20 / 360),
            layers.RandomTranslation(0.1, 0.1),
        ]
    )


PHOTOGRAPH = (150, 150, 3)
SETTINGS = ("fill_mode", "interpolation", "data_format")


def kinds(_: np.random.Generator) -> Cases:
    yield ("the places of its flip, rotation and translation, and how many layers",)
    yield ("whether it flips left and right, and up and down",)
    yield ("the angles, in degrees",)
    yield ("the shifts, as shares of the height and the width",)
    for setting in SETTINGS:
        yield (f"the {setting} of its layers",)
    yield ("whether it changes photographs in use, and in training",)
    yield ("whether each layer is given what the one before it gives",)


def look_at(model: Any, aspect: str) -> Any:
    needs_model(model, PHOTOGRAPH)
    if aspect.startswith("whether it changes"):
        return [_changes(model, training) for training in (False, True)]
    if aspect.startswith("whether each"):
        return int(_in_a_row(model))
    passed = _passed(model)
    if aspect.startswith("the places"):
        names = [name for name, _ in passed]
        wanted = ("RandomFlip", "RandomRotation", "RandomTranslation")
        return [*(names.index(n) if n in names else -1 for n in wanted), len(names)]
    found = dict(passed)  # where a kind comes twice, their number is wrong already
    if aspect.startswith("whether it flips"):
        mode = found["RandomFlip"]["mode"]
        return [int("horizontal" in mode), int("vertical" in mode)]
    if aspect.startswith("the angles"):
        # 20 / 360 may be written 0.0556: that is 20.016 degrees.
        return [round(x * 360, 1) for x in _range(found["RandomRotation"]["factor"])]
    if aspect.startswith("the shifts"):
        config = found["RandomTranslation"]
        return [_range(config[side]) for side in ("height_factor", "width_factor")]
    setting = aspect.split()[1]
    values = [config[setting] for _, config in passed if setting in config]
    return ", ".join(sorted(set(values)))  # short enough to be shown as a whole


def _passed(model: Any) -> list[tuple[str, dict[str, Any]]]:
    """The kinds of its layers and their settings, in order."""
    found = [
        (type(layer).__name__, layer.get_config())
        for layer in layers_passed(model, PHOTOGRAPH)
    ]
    return [(name, config) for name, config in found if name != "Identity"]


def facts(model: Any) -> str:
    names = [name for name, _ in _passed(model)]
    return f"Its layers are, in order: {', '.join(names) or 'none'}."


def _changes(model: Any, training: bool) -> int:
    """Whether anything happens to photographs: 0 or 1."""
    count = getattr(model, "input_shape", (None,))[0] or 1
    photographs = np.random.default_rng(0).uniform(0, 255, (count, *PHOTOGRAPH))
    photographs = photographs.astype(np.uint8).astype(np.float32)
    given = np.asarray(model(photographs, training=training), np.float32)
    return int(given.shape != photographs.shape or bool((given != photographs).any()))


def _in_a_row(model: Any) -> bool:
    """Whether it does what its layers do one after the other, with the same dice."""
    layers = [
        layer
        for layer in layers_passed(model, PHOTOGRAPH)
        if type(layer).__name__ != "Identity"
    ]

    def layer_by_layer(given: Any, *, training: bool) -> Any:
        for layer in layers:
            given = layer(given, training=training)
        return given

    count = getattr(model, "input_shape", (None,))[0] or 4
    photographs = np.random.default_rng(0).integers(0, 256, (count, *PHOTOGRAPH))
    given = []
    for augmented in (model, layer_by_layer):
        for variable in model.variables:
            if tuple(variable.shape) == (2,):  # dice
                variable.assign([7, 0])
        given.append(np.asarray(augmented(np.float32(photographs), training=True)))
    one, other = given
    return one.shape == other.shape and np.allclose(one, other, atol=0.1)


def _range(factor: Any) -> tuple[float, float]:
    """A factor as Keras takes it: a pair, or one number for both directions."""
    return tuple(factor) if np.ndim(factor) else (-factor, factor)


def _variants(
    mode: str = "horizontal",
    turn: float = 20 / 360,
    shift: tuple[float, float] = (0.1, 0.1),
    zoom: bool = False,
) -> Any:
    """The layers, or layers with a typical mistake in them."""
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((150, 150, 3)), layers.RandomFlip(mode)])
    model.add(layers.RandomRotation(turn))
    model.add(layers.RandomZoom(0.1) if zoom else layers.RandomTranslation(*shift))
    return model


def curves_quiz() -> str:
    return "a"


# --- Looking at mistakes --------------------------------------------------------------


def confusion(labels: Any, answers: Any) -> Any:
    table = np.zeros((2, 2), int)
    for label, answer in zip(labels, answers):
        table[label, answer] += 1
    return table


def labelled(rng: np.random.Generator) -> Cases:
    yield np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    for count in (12, 40):
        labels = rng.integers(0, 2, count)
        labels[:3], wrong = (0, 0, 1), rng.random(count) < 0.3
        wrong[:3] = True, False, False
        yield labels, np.where(wrong, 1 - labels, labels)
    yield np.array([0, 1, 0]), np.array([0, 0, 0])  # cats, whatever it is shown
    # Of 8 bits, as the course stores labels, and more of a kind than these can count.
    labels = (rng.random(900) < 0.5).astype(np.uint8)
    yield labels, np.where(rng.random(900) < 0.2, 1 - labels, labels)


def standard_error() -> Any:
    return np.sqrt(0.8 * 0.2 / 1_000)


def gap(seen: Any, unseen: Any) -> Any:
    shares = seen.mean(), unseen.mean()
    variances = [p * (1 - p) / len(x) for p, x in zip(shares, (seen, unseen))]
    return shares[0] - shares[1], np.sqrt(sum(variances))


def right_or_wrong(rng: np.random.Generator) -> Cases:
    yield np.array([True, True, True, False]), np.array([True, False])
    for many, few in ((20, 8), (30, 50)):
        seen, unseen = rng.random(many) < 0.9, rng.random(few) < 0.6
        seen[:2], unseen[:3] = (True, False), (True, False, False)
        yield seen, unseen
    yield np.array([True, False, False]), np.array([True, False])  # below 0
    yield np.array([True, True, True]), np.array([True, False])  # all that was seen


# --- Save and load --------------------------------------------------------------------

ASKED = (
    "whether the file was written",
    "whether another network comes back than the one that went in",
    "whether both give the same for a photograph",
    "after how many training steps it stands",
    "whether one more step takes both to the same place",
)


def save_and_load() -> Any:
    import keras

    def stored(model: Any, file: Any) -> Any:
        model.save(file)
        return keras.saving.load_model(file)

    return stored


def questions(_: np.random.Generator) -> Cases:
    for question in ASKED:
        yield (question,)


_last: list[Any] = []  # the answer looked at, and what was found


def save_with(answer: Any, question: str) -> Any:
    if not callable(answer):
        raise Wrong(
            "A function of a model and a file is asked for: give its name without "
            "brackets."
        )
    if question == ASKED[0] or not _last or _last[0] is not answer:
        _last[:] = [answer, _found(answer)]
    return _last[1][ASKED.index(question)]


def _found(function: Callable[..., Any]) -> list[int]:
    """What a function did with a small network after three steps, always the same."""
    import keras

    photograph = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 6)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    model.set_weights([photograph[:1].T, photograph[0, :1]])
    model.compile("adam", "mse")
    for _ in range(3):
        _step(model, slope=1)
    given = np.asarray(model(photograph))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        back = function(model, file)
        written = file.is_file()
    if back is None:
        raise Wrong("It returns nothing. Is `return` missing?")
    if not isinstance(back, keras.Model):
        raise Wrong("A network should come back, but something else does.")
    same = np.allclose(given, np.asarray(back(photograph)), atol=1e-6)
    optimizer = getattr(back, "optimizer", None)  # none where it is not compiled
    steps = int(optimizer.iterations) if optimizer else 0
    try:
        gap = _step(back, slope=0) - _step(model, slope=0)
        alike = int(np.allclose(gap, 0, atol=1e-6))
    except Exception:  # the optimizer of another network moves no weight of this one
        steps = alike = 0
    return [int(written), int(back is not model), int(same), steps, alike]


def _step(model: Any, slope: float) -> np.ndarray:
    """The numbers of a network after one more step; with no slope Adam rolls on."""
    slopes = [np.full(weight.shape, slope, np.float32) for weight in model.weights]
    model.optimizer.apply(slopes, model.trainable_variables)
    return np.concatenate([np.ravel(weight) for weight in model.get_weights()])


def _untrained_twin(model: Any, file: Any) -> Any:
    import keras

    model.save(file)
    return keras.models.clone_model(model)


def _without_optimizer(model: Any, file: Any) -> Any:
    import keras

    model.save(file)
    return keras.saving.load_model(file, compile=False)


def _given_back(model: Any, file: Any) -> Any:
    model.save(file)
    return model


def _nothing_written(model: Any, file: Any) -> Any:
    return model


EXERCISES = [
    Exercise(
        id="05.always-cat",
        title="The lazy answer",
        solution=always_cat,
        hints=[
            "How many of the 1,000 answers are right?",
            "All cats are, no dog is: divide the number of cats by all photographs.",
        ],
        mistakes=[
            (0.5, "That is for a balanced set. Here nine of ten photographs are cats."),
            (0.1, "This is the share of the dogs, which it gets wrong."),
            (90, "Accuracy is a share here: a number from 0 to 1."),
            (900, "That many are right. Of how many?"),
            (1, "It gets every cat right. But there are dogs, too."),
        ],
        insight="Nothing was learned, and it looks good: balance the classes, or "
        "compare with the lazy answer.",
    ),
    Exercise(
        id="05.memory",
        title="How much memory?",
        solution=memory,
        hints=[
            "How many numbers does a colour photograph of 150x150 pixels hold?",
            "Numbers of a photograph, times photographs, times 4 bytes, divided by "
            "1e9.",
        ],
        mistakes=[
            (
                25_000 * 150 * 150 * 3 / 1e9,
                "This is one byte for each number, as decoded. A float32 takes four.",
            ),
            (25_000 * 150 * 150 * 4 / 1e9, "Each pixel has three numbers: colour."),
            (25_000 * 150 * 150 * 3 * 8 / 1e9, "8 bytes are a float64."),
            (25_000 * 150 * 150 * 3 * 32 / 1e9, "32 bits, but how many bytes?"),
            (
                25_000 * 150 * 150 * 3 * 4 / 1e6,
                "These are megabytes: a gigabyte is a thousand of them.",
            ),
            (
                25_000 * 150 * 150 * 3 * 4,
                "These are bytes: divide by 1e9.",
            ),
            (150 * 150 * 3 * 4 / 1e9, "That is one photograph. There are 25,000."),
        ],
        insight="A batch of 32 takes less than 9 MB, whatever the number of files.",
    ),
    Exercise(
        id="05.batch",
        title="Write it: one batch of a stream",
        solution=batch,
        cases=streams,
        hints=[
            "Which part of `order` belongs to this batch? The first batch takes the "
            "first `size` of it.",
            "The part begins at `number * size` and is `size` long.",
            "photographs[order[start : start + size]]",
        ],
        mistakes=[
            (
                lambda photographs, order, size, number: photographs[
                    number * size : (number + 1) * size
                ],
                "This does not shuffle: `order` says which photographs come first.",
            ),
            (
                lambda photographs, order, size, number: order[
                    number * size : (number + 1) * size
                ],
                "These are places in the row. The photographs at these places are "
                "asked for.",
            ),
            (
                lambda photographs, order, size, number: photographs[
                    order[number : number + size]
                ],
                "It begins at place `number`, but there are `size` photographs in each "
                "batch before.",
            ),
            (
                lambda photographs, order, size, number: photographs[
                    order[(number - 1) * size : number * size]
                ],
                "It counts batches from 1. The first one has number 0.",
            ),
            (
                lambda photographs, order, size, number: photographs[
                    order[: (number + 1) * size]
                ],
                "The photographs of the batches before are in it, too.",
            ),
            (
                lambda photographs, order, size, number: photographs[
                    [i for i in order if number * size <= i < (number + 1) * size]
                ],
                "Shuffle first, then cut: here the same photographs are always "
                "together in a batch.",
            ),
        ],
        insight="The last batch is smaller where the size does not divide the number "
        "of photographs. With a new order each epoch, this is `shuffle` and `batch`.",
    ),
    Exercise(
        id="05.accuracy-bug",
        title="Find the bug: one half, however good",
        solution=accuracy,
        cases=answers_and_labels,
        start=accuracy_with_bug,
        hints=[
            "Print the shapes of `answers`, of `labels` and of `answers == labels`.",
            "(N, 1) compared with (N,) gives (N, N): each answer is compared with the "
            "labels of *all* photographs.",
            "Make one row of it first: `probabilities.ravel() > 0.5`",
        ],
        mistakes=[
            (
                lambda probabilities, labels: (
                    (probabilities[:, 0] > 0.5) == labels
                ).sum(),
                "This counts the right answers. Accuracy is their share.",
            ),
            (
                lambda probabilities, labels: (
                    (probabilities[:, 0] < 0.5) == labels
                ).mean(),
                "This is the share of wrong answers: large probabilities mean dog.",
            ),
            (
                lambda probabilities, labels: (probabilities[:, 0] == labels).mean(),
                "A probability of 0.9 is neither 0 nor 1: compare it with 0.5 first.",
            ),
        ],
        insight="No error, no warning, and a number that looks like bad luck. Look at "
        "shapes whenever an accuracy sits at one half.",
    ),
    Exercise(
        id="05.flattened",
        title="What enters the dense layer?",
        solution=flattened,
        hints=[
            "What is the output shape of the last pooling?",
            "Flatten puts all its numbers in a row: height times width times channels.",
        ],
        mistakes=[
            (7 * 7, "That is one map. There are 128 of them."),
            (15 * 15 * 128, "A pooling comes after the last convolution."),
            (7 * 128, "The maps have a height *and* a width."),
            (7 * 7 * 128 * 512, "These are the weights. How many numbers enter?"),
            (7 * 7 * 128 * 512 + 512, "That is the layer's weights, not its input."),
            (7 * 7 * 32, "32 are the maps of the first block. The last one has more."),
        ],
        insight="512 units look at all of them: more than nine tenths of the network's "
        "weights are in this one layer.",
    ),
    Exercise(
        id="05.overfit",
        title="Predict: many weights, few photographs",
        question="The network is trained from scratch, on a few thousand photographs "
        "and with far more weights than that. What will the curves look like after ten "
        "epochs?",
        choices=[
            (
                "both accuracies rise together and stay together",
                "That takes much more data, or something that keeps the network from "
                "memorising them.",
            ),
            (
                "the training accuracy keeps rising, validation levels off early",
                "The network can memorise its photographs. That is of no use on "
                "photographs it has never seen.",
            ),
            (
                "nothing is learned: there are too few photographs",
                "They are enough for far more than guessing. And the fewer there "
                "are, the easier they are to memorise.",
            ),
            (
                "validation gets better than training",
                "This happens where training is made harder than validation: later in "
                "this lesson.",
            ),
        ],
        solution=overfit_quiz,
        hints=["Each photograph comes once an epoch, and is the same every time."],
    ),
    Exercise(
        id="05.mirror",
        title="Write it: mirror some",
        solution=mirror,
        cases=batches,
        hints=[
            "Which axis of (N, H, W, C) goes from left to right? `[::-1]` turns an "
            "axis round.",
            "Work on a copy: `result = images.copy()`.",
            "result[flip] = images[flip, :, ::-1]",
        ],
        mistakes=[
            (
                lambda images, flip: np.where(
                    flip[:, None, None, None], images[:, ::-1], images
                ),
                "This turns them upside down: that is the axis of the rows.",
            ),
            (
                lambda images, flip: images[:, :, ::-1],
                "This mirrors all of them. Only where `flip` is True.",
            ),
            (
                lambda images, flip: np.where(
                    flip[:, None, None, None], images, images[:, :, ::-1]
                ),
                "The wrong ones are mirrored: those where `flip` is False.",
            ),
            (
                lambda images, flip: images[flip][:, :, ::-1],
                "The others got lost: as many images must come out as went in.",
            ),
            (
                lambda images, flip: images,
                "Nothing is mirrored.",
            ),
        ],
        insight="A mirrored cat is a cat. With `flip` drawn anew in each epoch, this "
        "is `RandomFlip`.",
    ),
    Exercise(
        id="05.shear",
        title="A shear of 0.2 degrees",
        solution=shear,
        hints=[
            "Draw a triangle: 75 rows high, 0.2 degrees at its tip. How wide is it at "
            "the bottom?",
            "The tangent is width over height. `np.tan` wants radians: "
            "`np.radians(0.2)`.",
        ],
        mistakes=[
            (75 * 0.2, "This takes 0.2 as a share, 20 %. It is an angle in degrees."),
            (
                75 * np.tan(0.2),
                "`np.tan` took 0.2 as radians, which are more than 11 degrees.",
            ),
            (
                150 * np.tan(np.radians(0.2)),
                "The top row is 75 rows from the centre.",
            ),
            (
                np.tan(np.radians(0.2)),
                "That is the shift of the first row from the centre. The top row is 75 "
                "rows away.",
            ),
        ],
        insight="A quarter of a pixel at the very edge, and less everywhere else.",
    ),
    Exercise(
        id="05.turn-and-shift",
        title="Build your own augmentation",
        solution=turn_and_shift,
        cases=kinds,
        run=look_at,
        network=True,
        facts=facts,
        hints=[
            "`keras.Sequential([keras.Input((150, 150, 3)), ...])` with `RandomFlip`, "
            "`RandomRotation` and `RandomTranslation` from `keras.layers`.",
            "`RandomRotation` counts in whole turns: 20 degrees are 20 / 360.",
            '`RandomFlip("horizontal")`, `RandomRotation(20 / 360)`, '
            "`RandomTranslation(0.1, 0.1)`",
        ],
        mistakes=[
            (
                lambda: _variants(turn=np.radians(20)),
                "These are radians. `RandomRotation` counts in turns.",
            ),
            (
                lambda: _variants(turn=0.2),
                "0.2 of a turn are 72 degrees.",
            ),
            (
                lambda: _variants(mode="vertical"),
                "Vertical turns cats upside down. Left and right is horizontal.",
            ),
            (
                lambda: _variants(mode="horizontal_and_vertical"),
                "Left and right only: up and down was not asked for.",
            ),
            (
                lambda: _variants(shift=(0.05, 0.05)),
                "A twentieth in either direction. 0.1 goes from -0.1 to 0.1 already.",
            ),
            (
                lambda: _variants(shift=(0.1, 0)),
                "It moves up and down only. The second number is for the width.",
            ),
            (
                lambda: _variants(zoom=True),
                "A zoom makes larger or smaller. `RandomTranslation` shifts.",
            ),
        ],
        insight="Turns here, shares of the side there: look at some variants before "
        "you train.",
        seconds=120,  # the first import of Keras may be in it
    ),
    Exercise(
        id="05.curves",
        title="Predict: which curve is higher?",
        question="With augmentation and dropout, early in training: which accuracy "
        "will Keras report as the higher one?",
        choices=[
            (
                "the validation accuracy, often",
                "Training is measured on distorted photographs, with about half of the "
                "flattened numbers dropped, while the network still changes; "
                "validation on plain ones, with the whole network, after the epoch.",
            ),
            (
                "the training accuracy, always",
                "For that, both would have to be measured in the same way. Are they?",
            ),
            (
                "both are exactly the same",
                "They come from different photographs, treated in different ways.",
            ),
        ],
        solution=curves_quiz,
        hints=["When are augmentation and dropout at work, and when do they rest?"],
    ),
    Exercise(
        id="05.standard-error",
        title="How much is luck?",
        solution=standard_error,
        hints=[
            "The formula is on this slide: p = 0.8 and n = 1,000.",
            "p (1 - p) is 0.16. Divide by n, take the root.",
        ],
        mistakes=[
            (0.8 * 0.2 / 1_000, "That is the variance. Take its root."),
            (np.sqrt(0.8 / 1_000), "The share of wrong answers, 1 - p, is missing."),
            (np.sqrt(0.8 * 0.2), "That is for one photograph. Divide by n first."),
            (np.sqrt(0.8 * 0.2) / 1_000, "Divide by n under the root, not outside."),
            (
                100 * np.sqrt(0.8 * 0.2 / 1_000),
                "In percent. The accuracy is 0.8, so give a number on the same scale.",
            ),
        ],
        insight="More than one point: two networks that differ by one point on 1,000 "
        "photographs may be equally good.",
    ),
    Exercise(
        id="05.gap",
        title="Write it: a gap, and how far it can be trusted",
        solution=gap,
        cases=right_or_wrong,
        hints=[
            "The mean of an array of True and False is the share of True.",
            "The standard error of each share is on the slide before. Squares of "
            "independent errors add up.",
            "np.sqrt(p * (1 - p) / len(seen) + q * (1 - q) / len(unseen))",
        ],
        mistakes=[
            (
                lambda seen, unseen: (
                    unseen.mean() - seen.mean(),
                    gap(seen, unseen)[1],
                ),
                "The gap is training minus validation: positive where training is "
                "better.",
            ),
            (
                lambda seen, unseen: (
                    gap(seen, unseen)[0],
                    seen.std() / len(seen) ** 0.5 + unseen.std() / len(unseen) ** 0.5,
                ),
                "The errors are added as they are. Both are rarely as bad at once: add "
                "their squares, and take the root.",
            ),
            (
                lambda seen, unseen: (gap(seen, unseen)[0], gap(seen, unseen)[1] ** 2),
                "The second number is a variance: take its root.",
            ),
            (
                lambda seen, unseen: (
                    gap(seen, unseen)[0],
                    unseen.std() / len(unseen) ** 0.5,
                ),
                "That is the error of the validation accuracy alone. The training "
                "accuracy has one, too.",
            ),
            (
                lambda seen, unseen: (
                    gap(seen, unseen)[0],
                    np.sqrt(seen.var() + unseen.var()),
                ),
                "That is for one photograph of each. Divide each by its number of "
                "photographs first.",
            ),
            (
                lambda seen, unseen: (
                    gap(seen, unseen)[0],
                    np.sqrt((seen.var() + unseen.var()) / (len(seen) + len(unseen))),
                ),
                "Each accuracy is divided by the number of its own photographs.",
            ),
        ],
        insight="A gap of less than about two standard errors may be none.",
    ),
    Exercise(
        id="05.save-and-load",
        title="Write it: save and load",
        solution=save_and_load,
        cases=questions,
        run=save_with,
        network=True,
        hints=[
            "A model knows how to write itself: `model.save(...)`.",
            "`keras.saving.load_model(file)` reads what was written.",
            "model.save(file), then return keras.saving.load_model(file)",
        ],
        mistakes=[
            (lambda: _nothing_written, "Nothing is in the file: `model.save(file)`."),
            (
                lambda: _given_back,
                "It is saved, but what comes back is the network that went in. Read "
                "the file.",
            ),
            (
                lambda: _untrained_twin,
                "A network built alike has new weights, drawn at random. Those that "
                "were learned are in the file.",
            ),
            (
                lambda: _without_optimizer,
                "It answers as before, but the state of the optimiser is lost, so "
                "training would begin anew. `load_model` reads that too, unless it is "
                "told `compile=False`.",
            ),
        ],
        insight="Layers, weights and the state of the optimiser are in one file: it "
        "answers as before, and training can go on.",
        seconds=120,  # the first import of Keras may be in it
    ),
    Exercise(
        id="05.confusion",
        title="Write it: a confusion table",
        solution=confusion,
        cases=labelled,
        hints=[
            "Begin with `np.zeros((2, 2), int)`.",
            "Go through both together: `for label, answer in zip(labels, answers)`",
            "In the loop: table[label, answer] += 1",
        ],
        mistakes=[
            (
                lambda labels, answers: confusion(answers, labels),
                "Rows and columns are swapped: a row is what it is, a column what the "
                "network says.",
            ),
            (
                lambda labels, answers: confusion(labels, answers) / len(labels),
                "These are shares. Count.",
            ),
            (
                lambda labels, answers: np.diag(np.diag(confusion(labels, answers))),
                "Only right answers are counted. The wrong ones are what one wants to "
                "see.",
            ),
            (
                lambda labels, answers: confusion(1 - labels, 1 - answers),
                "Cats (0) come first, then dogs (1).",
            ),
        ],
        insight="For a thousand classes it works the same; "
        "`sklearn.metrics.confusion_matrix` does it, too.",
    ),
]
