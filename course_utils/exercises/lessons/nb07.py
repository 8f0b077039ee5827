"""Lesson 07: architectures and transfer learning."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise
from course_utils.exercises.models_compared import (
    Compared,
    facts_about,
    looked_at,
    needs_model,
)

Cases = Iterator[tuple[Any, ...]]

# --- Architectures --------------------------------------------------------------------


def as_vgg16(images: Any) -> Any:
    return images[..., ::-1] - np.array([103.939, 116.779, 123.68])


def as_vgg16_with_bug(images: Any) -> Any:
    return images / 255 - np.array([103.939, 116.779, 123.68])


def photographs(rng: np.random.Generator) -> Cases:
    yield (np.full((1, 1, 1, 3), 255.0) * [1, 0, 0],)  # a red pixel
    yield (rng.integers(0, 511, (2, 3, 4, 3)) / 2,)  # as after a change of size
    yield (np.zeros((1, 2, 2, 3)),)
    yield (np.eye(2)[np.newaxis, :, :, np.newaxis] * [1, 1, 1],)  # nearly black
    yield (rng.integers(0, 256, (1, 2, 2, 3)).astype(np.uint8),)  # as they are stored


def vgg_weights() -> Any:
    return (3 * 3 * 256 + 1) * 512


def two_for_five() -> Any:
    return 1 - 2 * 3 * 3 / (5 * 5)


def bottleneck() -> Any:
    return 35 * 35 * (192 * 48 + 5 * 5 * 48 * 64)


def residual() -> Any:
    import keras
    from keras import layers

    came_in = keras.Input((28, 28, 128))
    x = layers.Conv2D(32, 1, activation="relu")(came_in)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(128, 1)(x)
    x = layers.Add()([came_in, x])
    return keras.Model(came_in, layers.ReLU()(x))


SHAPE = (28, 28, 128)


PHOTOGRAPH = (32, 32, 3)


def aspects(_: np.random.Generator) -> Cases:
    yield ("the shape of the output",)
    yield ("the number of weights",)
    yield ("how many layers have weights",)
    yield ("how many weights can learn",)
    yield ("what it gives where all weights are 0",)
    yield ("what it gives with the same weights, in use and in training",)


def aspects_of_a_head(rng: np.random.Generator) -> Cases:
    yield from aspects(rng)
    yield ("how many penalties and constraints there are for its training",)


@cache
def _wanted() -> Compared:
    return Compared(_residual(), SHAPE)


def look_at(model: Any, aspect: str) -> Any:
    return _seen(model, aspect, SHAPE, _wanted())


def look_at_head(model: Any, aspect: str) -> Any:
    return _seen(model, aspect, PHOTOGRAPH, _wanted_with_head())


def _seen(model: Any, aspect: str, shape: tuple[int, ...], wanted: Compared) -> Any:
    needs_model(model, shape)
    seen = looked_at(model, shape, anew=aspect == "the shape of the output")
    if aspect == "how many weights can learn":
        return seen.learnable
    if aspect.startswith("how many penalties"):
        return seen.demands
    if seen.stands_for(wanted):
        seen = wanted  # whatever it is made of
    if aspect == "the shape of the output":
        return seen.outputs.shape[1:]
    if aspect == "the number of weights":
        return seen.weights
    if aspect == "how many layers have weights":
        return seen.layers_with_weights
    if aspect == "what it gives where all weights are 0":
        return seen.outputs_without_weights
    return seen.both_ways


def facts(model: Any) -> str:
    return facts_about(model, SHAPE)


@cache
def _wanted_with_head() -> Compared:
    return Compared(_with_head(), PHOTOGRAPH)


def facts_with_head(model: Any) -> str:
    return facts_about(model, PHOTOGRAPH)


def _residual(
    skip: bool = True,
    middle: int = 32,
    size: int = 3,
    join: str = "Add",
    early: bool = False,
    relus: tuple[str | None, str | None] = ("relu", "relu"),
    last: bool = True,
) -> Any:
    """The block, or one with a typical mistake in it."""
    import keras
    from keras import layers

    maps = keras.Input((28, 28, 128))
    x = layers.Conv2D(middle, 1, activation=relus[0])(maps)
    x = layers.Conv2D(middle, size, padding="same", activation=relus[1])(x)
    x = layers.Conv2D(128, 1, activation="relu" if early else None)(x)
    if skip:
        x = getattr(layers, join)()([maps, x])
    return keras.Model(maps, layers.ReLU()(x) if last else x)


def separable_share(kernel: Any, channels_in: Any, channels_out: Any) -> Any:
    depthwise = kernel * kernel * channels_in
    pointwise = channels_in * channels_out
    return (depthwise + pointwise) / (kernel * kernel * channels_in * channels_out)


def sizes(rng: np.random.Generator) -> Cases:
    yield 3, 64, 128
    yield 5, 40, 240
    yield 1, 8, 3
    for _ in range(3):
        yield tuple(int(n) for n in rng.integers(2, 9, 3))


# --- Transfer -------------------------------------------------------------------------


def with_head() -> Any:
    import keras
    from keras import layers

    body = keras.Sequential([keras.Input((32, 32, 3))])
    body.add(layers.Conv2D(8, 3, strides=2, activation="relu"))
    body.add(layers.Conv2D(16, 3, strides=2, activation="relu"))
    body.trainable = False
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    return keras.Sequential([body, *head])


def _with_head(
    frozen: bool = True,
    summary: str = "GlobalAveragePooling2D",
    breeds: int = 3,
    end: str | None = "softmax",
    whole_frozen: bool = False,
) -> Any:
    """The network with its head, or one with a typical mistake in it."""
    import keras
    from keras import layers

    body = keras.Sequential([keras.Input(PHOTOGRAPH)])
    body.add(layers.Conv2D(8, 3, strides=2, activation="relu"))
    body.add(layers.Conv2D(16, 3, strides=2, activation="relu"))
    body.trainable = not frozen
    head = [getattr(layers, summary)()] if summary else []
    model = keras.Sequential([body, *head, layers.Dense(breeds, activation=end)])
    model.trainable = not whole_frozen
    return model


def right_order() -> Any:
    return [3, 6, 5, 2, 1, 4]


def cases_quiz() -> str:
    return "c"


def is_trained(names: Any, blocks: Any) -> Any:
    answers = []
    for name in names:
        normalises = name[-3:] == "_bn"
        answers.append(name.startswith(tuple(blocks)) and not normalises)
    return answers


def is_trained_with_bug(names: Any, blocks: Any) -> Any:
    return [name.startswith(tuple(blocks)) for name in names]


def named_layers(_: np.random.Generator) -> Cases:
    yield ["block6a_expand", "block7a_expand", "block7a_expand_bn"], ["block7"]
    kinds = ("expand", "expand_bn", "depthwise", "project_bn")
    every = [f"block{i}{j}_{kind}" for i in (5, 6, 7) for j in "ab" for kind in kinds]
    yield ["stem", "stem_bn", *every, "head", "head_bn"], ["block6", "block7", "head"]
    yield ["stem", "stem_bn", *every], ["block5b", "block7"]
    # A name may hold or end with what the names of a block begin with.
    yield (
        ["pre_block7", "to_block7_conv", "block7a", "ahead", "head"],
        ["block7", "head"],
    )
    # Nor does all that ends in n or bn normalise, nor what has _bn within its name.
    yield (
        ["block7a_conv_fn", "block7a_bn_conv", "block7a_cbn", "block7a_bn"],
        ["block7"],
    )
    # As ResNet's layers are called.
    names = ["conv4_block6_2_conv", "conv5_block1_1_conv", "conv5_block1_1_bn", "conv5"]
    yield names, ["conv5_block"]


def statistics_quiz() -> str:
    return "a"


def smooth(values: Any, factor: Any) -> Any:
    points = [values[0]]
    for value in values[1:]:
        points.append(factor * points[-1] + (1 - factor) * value)
    return points


def curves(rng: np.random.Generator) -> Cases:
    yield [0.5, 1.0, 1.0], 0.8
    yield [0.25], 0.8
    yield rng.random(6).round(2).tolist(), 0.8
    yield rng.random(5).round(2).tolist(), 0.5
    yield [0.0, 1.0, 0.5], 0.8  # a point of 0 is one, too


def _smooth(values: Any, factor: Any, start: Any, new: Any, old: Any) -> Any:
    points, before = [], start
    for value in values:
        before = old * before + new * value
        points.append(before)
    return points


EXERCISES = [
    Exercise(
        id="07.preprocess",
        title="Find the bug: scaling for VGG16",
        solution=as_vgg16,
        start=as_vgg16_with_bug,
        cases=photographs,
        hints=[
            "VGG16 was trained on values that go from about -124 to 151. What does "
            "this function make of 255?",
            "The three means belong to blue, green and red, in this order. In which "
            "order are the colours of our photographs?",
            "`images[..., ::-1]` turns the last axis round. Nothing is divided.",
        ],
        mistakes=[
            (
                lambda images: images - np.array([103.939, 116.779, 123.68]),
                "Nothing is divided any more: good. But the first mean is that of "
                "*blue*, and the first channel of our photographs is red.",
            ),
            (
                lambda images: images - np.array([123.68, 116.779, 103.939]),
                "Each mean meets its colour. But VGG16 expects blue first: turn the "
                "channels round.",
            ),
            (
                lambda images: (
                    images[..., ::-1] / 255 - np.array([103.939, 116.779, 123.68])
                ),
                "The order is right now. But photographs in 0..1 minus a mean of 100: "
                "nearly the same number everywhere.",
            ),
            (
                lambda images: images / 255,
                "This is right for networks trained on 0..1, such as our own. VGG16 "
                "was not.",
            ),
            (
                lambda images: images / 127.5 - 1,
                "This is how Keras' MobileNet wants them. VGG16 does not.",
            ),
        ],
        insight="Each network needs the numbers that it was trained on. "
        "`pretrained.load` puts this step into the network, as its first layer.",
    ),
    Exercise(
        id="07.vgg-weights",
        title="How many weights?",
        solution=vgg_weights,
        hints=[
            "How many weights does one kernel have if it looks at 3x3 places of 256 "
            "maps?",
            "Each of the 512 kernels has 3 * 3 * 256 weights and a bias.",
        ],
        mistakes=[
            (3 * 3 * 256 * 512, "The biases are missing: one for each kernel."),
            (
                (3 * 3 + 1) * 512,
                "A kernel reaches through all 256 maps that come in.",
            ),
            ((3 * 3 * 512 + 1) * 512, "Only 256 maps come in."),
            (
                (3 * 3 * 512 + 1) * 256,
                "This is for 512 maps coming in and 256 going out.",
            ),
            (3 * 3 * (256 + 1) * 512, "One bias a kernel, not one a place."),
            (
                (3 * 3 * 3 + 1) * 512,
                "Three colours come in at the first layer only. Here 256 maps do.",
            ),
        ],
        insight="One layer with more than twenty times the weights of the smallest "
        "CNN of lesson 04.",
    ),
    Exercise(
        id="07.two-for-five",
        title="Two small windows for a large one",
        solution=two_for_five,
        hints=[
            "Per pair of channels: how many weights does a 5x5 kernel have, and how "
            "many do two 3x3 kernels?",
            "25 and 18. Which share of the 25 is saved?",
        ],
        mistakes=[
            (18 / 25, "This is the share that is left. Which share is saved?"),
            (
                1 - 9 / 25,
                "This is for one 3x3 convolution, which does not see as far.",
            ),
            (7, "This is the number of weights saved. Divide it by those of the 5x5."),
            (28, "As a share, please: between 0 and 1."),
            (25 / 18 - 1, "Compare with the 5x5: what is saved, divided by 25."),
        ],
        insight="And there is room for a ReLU between the two.",
    ),
    Exercise(
        id="07.bottleneck",
        title="Multiplications behind a bottleneck",
        solution=bottleneck,
        hints=[
            "For each of the 35 * 35 places: how many multiplications does the 1x1 "
            "convolution take, how many the 5x5?",
            "192 * 48 for the 1x1 and 5 * 5 * 48 * 64 for the 5x5.",
        ],
        mistakes=[
            (
                35 * 35 * 5 * 5 * 192 * 64,
                "This is without the bottleneck: the 5x5 convolution sees 48 maps now.",
            ),
            (
                192 * 48 + 5 * 5 * 48 * 64,
                "This is one place. There are 35 * 35 of them.",
            ),
            (35 * 35 * 5 * 5 * 48 * 64, "The 1x1 convolution costs something, too."),
            (35 * 35 * 192 * 48, "This is the 1x1 convolution alone."),
            (
                35 * 35 * (192 * 48 + 5 * 5 * 192 * 64),
                "The 5x5 convolution looks at the 48 maps of the 1x1 convolution.",
            ),
        ],
        insight="Without the bottleneck it would be more than three times as many.",
    ),
    Exercise(
        id="07.residual",
        title="Build a residual block",
        solution=residual,
        cases=aspects,
        run=look_at,
        network=True,
        facts=facts,
        hints=[
            "`x = layers.Conv2D(...)(maps)` applies a layer to maps and names the "
            "result; `keras.Model(maps, x)` makes a model of the way between.",
            "`layers.Add()([maps, x])` adds two stacks of maps of the same shape. The "
            "3x3 convolution needs `padding='same'` to keep it.",
            "1x1 with 32 and ReLU; 3x3 with 32 and ReLU; 1x1 with 128, no activation; "
            "add; `layers.ReLU()`.",
        ],
        mistakes=[
            (
                lambda: _residual(skip=False),
                "Shapes and weights are right, but the maps that came in are not "
                "added: where all weights are 0, nothing is left of them.",
            ),
            (
                lambda: _residual(join="Concatenate"),
                "The maps are put side by side, which doubles them. Add them.",
            ),
            (
                lambda: _residual(join="Multiply"),
                "The maps are multiplied. Add them: then the block can begin by "
                "passing on what came in.",
            ),
            (
                lambda: _residual(middle=128),
                "The bottleneck is missing: the first two convolutions have 32 maps.",
            ),
            (lambda: _residual(size=1), "The convolution in the middle has 3x3."),
            (
                lambda: _residual(early=True, last=False),
                "The last ReLU comes after the addition. Before it, the block could "
                "only add, never take away.",
            ),
            (
                lambda: _residual(last=False),
                "The ReLU after the addition is missing.",
            ),
            (
                lambda: _residual(early=True),
                "No ReLU between the last convolution and the addition: the block "
                "could only add, never take away.",
            ),
            (
                lambda: _residual(relus=(None, None)),
                "The first two convolutions have a ReLU each.",
            ),
        ],
        insight="With all weights at 0 the block passes on what came in, if nothing of "
        "it is below 0: so a deep network of such blocks can do what a shallow one "
        "does.",
        seconds=120,  # the first import of Keras may be in it
    ),
    Exercise(
        id="07.separable-share",
        title="What does a separable convolution leave?",
        solution=separable_share,
        cases=sizes,
        hints=[
            "An ordinary convolution has kernel * kernel * channels_in * channels_out "
            "weights.",
            "The depthwise part has one kernel per channel that comes in: kernel * "
            "kernel * channels_in. Then follows a 1x1 convolution.",
            "(kernel**2 * channels_in + channels_in * channels_out), divided by the "
            "weights of the ordinary one.",
        ],
        mistakes=[
            (
                lambda kernel, channels_in, channels_out: 1 / kernel**2,
                "This is the 1x1 part alone.",
            ),
            (
                lambda kernel, channels_in, channels_out: 1 / channels_out,
                "This is the depthwise part alone: the 1x1 convolution is missing.",
            ),
            (
                lambda kernel, channels_in, channels_out: (
                    1 / (1 / kernel**2 + 1 / channels_out)
                ),
                "Turned round: the weights of the separable one, divided by those of "
                "the ordinary one.",
            ),
            (
                lambda kernel, channels_in, channels_out: (
                    1 - 1 / kernel**2 - 1 / channels_out
                ),
                "This is the share that is saved. What share is left?",
            ),
            (
                lambda kernel, channels_in, channels_out: (
                    1 / kernel**2 + 1 / channels_in
                ),
                "The depthwise part has a kernel for each channel that comes *in*: "
                "divide that by all, and see what is left over.",
            ),
            (
                lambda kernel, channels_in, channels_out: (
                    kernel**2 * channels_in + channels_in * channels_out
                ),
                "These are the weights. Divide them by those of the ordinary one.",
            ),
        ],
        insight="It is 1/kernel² + 1/channels_out: about a ninth for 3x3 kernels and "
        "many channels.",
    ),
    Exercise(
        id="07.head",
        title="Put a head on it",
        solution=with_head,
        cases=aspects_of_a_head,
        run=look_at_head,
        network=True,
        facts=facts_with_head,
        hints=[
            "`body.trainable = False` freezes all of its layers. "
            "`layers.GlobalAveragePooling2D()` makes one number of each map.",
            "`keras.Sequential([body, ...])` takes a model as a layer.",
            "`body.trainable = False`, then `keras.Sequential([body, "
            "layers.GlobalAveragePooling2D(), layers.Dense(3, "
            'activation="softmax")])`.',
        ],
        mistakes=[
            (
                lambda: _with_head(frozen=False),
                "It is put together well, but nothing is frozen: training the random "
                "head would change `body`, too.",
            ),
            (
                lambda: _with_head(whole_frozen=True),
                "Nothing of it can learn, nor can the head. Freeze `body` only.",
            ),
            (
                lambda: _with_head(summary="Flatten"),
                "The maps are laid in one row: many weights for a few photographs. "
                "One number per map is asked for: their means.",
            ),
            (
                lambda: _with_head(summary="GlobalMaxPooling2D"),
                "This takes the largest number of each map. Take its mean.",
            ),
            (
                lambda: _with_head(summary=""),
                "A dense layer on maps answers at each place. First make one row of "
                "them, with the mean of each map.",
            ),
            (
                lambda: _with_head(end="sigmoid"),
                "With sigmoid each of the three is asked for itself; they need not "
                "add up to 1.",
            ),
            (
                lambda: _with_head(end=None),
                "These are logits: the softmax is missing.",
            ),
            (
                lambda: _with_head(breeds=1, end="sigmoid"),
                "One output is for two classes. There are three breeds.",
            ),
            (
                lambda: _with_head(breeds=1000),
                "These are ImageNet's classes. There are three breeds.",
            ),
        ],
        insight="51 weights to train, and 1,392 that stay: what was learned on a "
        "million photographs cannot be spoilt by a few.",
        seconds=120,
    ),
    Exercise(
        id="07.statistics",
        title="Predict: batch statistics",
        question="The last blocks are unfrozen *with* their batch normalisation, which "
        "then uses the mean and variance of each batch of 32 in training. What is the "
        "danger?",
        choices=[
            (
                "the running means, learned on 1.3 million photographs, drift to those "
                "of a few small batches",
                "In prediction it uses the running means, and they no longer fit the "
                "weights that were learned with the old ones.",
            ),
            (
                "the two weights that each of its channels has overfit",
                "They are few. What else does batch normalisation keep?",
            ),
            (
                "none: it only makes training faster",
                "It keeps running means for prediction, and training changes them.",
            ),
        ],
        solution=statistics_quiz,
        hints=["What does batch normalisation use in prediction? See lesson 03."],
    ),
    Exercise(
        id="07.is-trained",
        title="Find the bug: what is unfrozen?",
        solution=is_trained,
        start=is_trained_with_bug,
        cases=named_layers,
        hints=[
            "Put what it returns beside the names. Which of these layers must stay as "
            "they are?",
            "Batch normalisation, whose names end in `_bn`, must stay frozen.",
            "name.startswith(tuple(blocks)) and not name.endswith('_bn')",
        ],
        mistakes=[
            (
                lambda names, blocks: [not n.endswith("_bn") for n in names],
                "Now all blocks are unfrozen: only those in `blocks` should be.",
            ),
            (
                lambda names, blocks: [
                    n.startswith(tuple(blocks)) and n.endswith("_bn") for n in names
                ],
                "Turned round: these are the layers that must stay frozen.",
            ),
            (
                lambda names, blocks: [
                    n.startswith(blocks[0]) and not n.endswith("_bn") for n in names
                ],
                "Only the first of the blocks is looked at.",
            ),
            (
                lambda names, blocks: [
                    not n.startswith(tuple(blocks)) and not n.endswith("_bn")
                    for n in names
                ],
                "These are the layers of the other blocks.",
            ),
        ],
        insight="Print such a list before you train: it shows what will change.",
    ),
    Exercise(
        id="07.order",
        title="Fine-tuning in the right order",
        solution=right_order,
        hints=[
            "Which step needs which other one to be done? Begin with what needs none.",
            "A random head must not send its gradients into good weights. And Keras "
            "looks at `trainable` when a model is compiled.",
            "Load and freeze, head on, train the head; then unfreeze, compile and "
            "train with small steps; the test comes last.",
        ],
        mistakes=[
            (
                [3, 6, 2, 1, 5, 4],
                "Here the blocks learn together with a random head, which sends "
                "senseless gradients into them. The head learns first, alone.",
            ),
            (
                [3, 6, 2, 5, 1, 4],
                "When the head was trained the blocks were unfrozen already: its "
                "random gradients went into them.",
            ),
            (
                [3, 2, 6, 5, 1, 4],
                "The blocks were unfrozen before the head was trained: its random "
                "gradients went into them.",
            ),
            (
                [3, 2, 6, 1, 5, 4],
                "Here the blocks learn together with a random head. The head learns "
                "first, alone.",
            ),
            (
                [3, 6, 5, 1, 2, 4],
                "Unfrozen after the training, the blocks never took part in it.",
            ),
            (
                [3, 6, 5, 2, 4, 1],
                "The test photographs were asked before the training was over: then "
                "they are no test of what comes out.",
            ),
            (
                [3, 6, 5, 4, 2, 1],
                "The test photographs were asked to choose, in the middle of the work. "
                "Use validation for that, and the test once, at the end.",
            ),
        ],
        insight="The three rules of fine-tuning are in it: the head first, small "
        "steps, batch statistics frozen.",
    ),
    Exercise(
        id="07.smooth",
        title="Write an exponential moving average",
        solution=smooth,
        cases=curves,
        hints=[
            "The first point is the first value. Each later one mixes the point "
            "before it with the new value.",
            "factor times the point before, (1 - factor) times the new value.",
            "points.append(factor * points[-1] + (1 - factor) * value)",
        ],
        mistakes=[
            (
                lambda values, factor: _smooth(values, factor, 0, 1 - factor, factor),
                "The curve begins far too low: it starts from 0. Start from the first "
                "value.",
            ),
            (
                lambda values, factor: _smooth(
                    values, factor, values[0], factor, 1 - factor
                ),
                "Turned round: `factor` goes to the point before, the rest to the new "
                "value.",
            ),
            (
                lambda values, factor: [
                    values[0],
                    *(factor * a + (1 - factor) * b for a, b in pairwise(values)),
                ],
                "Mix the new value with the *smoothed* point before it, not with the "
                "raw one.",
            ),
            (
                lambda values, factor: smooth(values, factor)[1:],
                "A point is missing: the first one is the first value.",
            ),
            (
                lambda values, factor: smooth(values, 0.8),
                "Right for 0.8 only: use `factor`.",
            ),
        ],
        insight="With 0.8 a value n epochs back counts 0.8 to the power of n times as "
        "much as the newest one; only the first value counts more.",
    ),
    Exercise(
        id="07.four-cases",
        title="Predict: few photographs, and quite different ones",
        question="A hundred microscope pictures of two kinds of pollen, and a network "
        "trained on ImageNet. What would you try first?",
        choices=[
            (
                "fine-tune all layers: pollen looks like nothing in ImageNet",
                "Millions of weights and a hundred pictures: it can learn them by "
                "heart.",
            ),
            (
                "cut off the early layers, and train a head on what is left",
                "The wrong end: the early layers have edges and textures, which "
                "pollen has, too. The late ones are closer to the 1,000 kinds.",
            ),
            (
                "cut off the late layers, keep the early ones frozen, and train a "
                "small head on their maps",
                "Few weights to learn, and features that are more general than the "
                "late ones.",
            ),
            (
                "train a small network from scratch",
                "With a hundred pictures it has to learn even what an edge is.",
            ),
        ],
        solution=cases_quiz,
        hints=["Which layers found something that every picture has?"],
    ),
]
