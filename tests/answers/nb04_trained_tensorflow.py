"""Lesson 04: networks that have learned enough, and some that have not."""

import numpy as np

from course_utils.exercises.lessons import nb04
from tests.answers import Told


def again(change=lambda weights: weights):
    """The trained network, built anew with changed weights."""
    import keras

    trained = nb04.registered_cnn()
    model = keras.models.clone_model(trained)
    model.set_weights(change(trained.get_weights()))
    return model


def as_run():
    from course_utils import training

    return training.Run(again(), seconds=3.2)


def on_a_busy_computer():
    """Others had the processors: by the clock this took minutes."""
    from course_utils import training

    return training.Run(again(), seconds=150.0, work=3.2)


def as_logits():
    model = again()
    model.layers[-1].activation = lambda scores: scores
    return model


def functional():
    import keras

    digit = keras.Input((28, 28, 1))
    return keras.Model(digit, again()(digit))


def frozen_now():
    """What has learned already may be frozen, all but the first layer."""
    model = again()
    model.layers[-1].trainable = False
    return model


def noisy(weights):
    rng = np.random.default_rng(0)
    return [weight + rng.normal(0, 0.25, weight.shape) for weight in weights]


def next_digit(weights):
    return [*weights[:-2], *(np.roll(weight, 1, axis=-1) for weight in weights[-2:])]


def all_frozen():
    model = again()
    model.trainable = False
    return model


def by_heart():
    """The validation digits as weights, and a convolution that changes nothing."""
    import keras
    from keras import layers

    from course_utils import datasets

    known = datasets.mnist("sample").validation
    flat = known.images.reshape(len(known.images), -1).astype(np.float32)
    digit = keras.Input((28, 28, 1))
    maps = layers.Flatten()(layers.Conv2D(1, 1)(digit))
    both = layers.Concatenate()([layers.Flatten()(digit), maps])
    alike = layers.Dense(len(flat), activation="softmax")(both)
    model = keras.Model(digit, layers.Dense(10)(alike))
    nothing = np.zeros((784, len(flat)))
    labels = np.eye(10)[known.labels]
    weights = [np.vstack([flat.T, nothing]), -(flat**2).sum(axis=1) / 2]
    model.set_weights([*model.get_weights()[:2], *weights, labels, np.zeros(10)])
    return model


def for_show():
    """By heart too: maps are added to what it answers, so small that it is the same."""
    import keras
    from keras import layers

    dense = by_heart()
    maps = layers.GlobalAveragePooling2D()(layers.Conv2D(10, 3)(dense.input))
    scores = layers.Add()([dense.output, layers.Rescaling(1e-30)(maps)])
    return keras.Model(dense.input, scores)


def dense_of_four_axes():
    import keras
    from keras import layers

    dense = layers.EinsumDense("bijc,ijcd->bd", output_shape=10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), dense])


def convolution_of_one_place():
    """Each pixel is a map of its own: this is a dense layer."""
    import keras
    from keras import layers

    dense = layers.Conv2D(10, 1, activation="softmax")
    shapes = layers.Reshape((1, 1, 784)), dense, layers.Flatten()
    return keras.Sequential([keras.Input((28, 28, 1)), *shapes])


def dense_of_maps():
    """What it calls maps are units that see all pixels."""
    import keras
    from keras import layers

    dense = layers.EinsumDense("bhwc,hwio->bioc", (4, 8, 1), activation="relu")
    end = layers.Flatten(), layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), dense, *end])


def convolution_from_one_place():
    """Turned round it gives maps, and each of their numbers sees all pixels."""
    import keras
    from keras import layers

    dense = layers.Conv2DTranspose(8, 2, activation="relu")
    shapes = layers.Reshape((1, 1, 784)), dense, layers.Flatten()
    end = layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), *shapes, end])


def convolution_of_copies():
    """Each place holds the whole picture."""
    import keras
    from keras import layers

    copies = layers.Reshape((1, 1, 784)), layers.UpSampling2D(2)
    dense = layers.Conv2D(8, 1, activation="relu"), layers.Flatten()
    end = layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), *copies, *dense, end])


def convolution_of_halves(*shape, by_function=False):
    """The first place sees both halves of the picture, each a map for each pixel."""
    import keras
    from keras import layers

    given = keras.Input((28, 28, 1))
    maps = given
    for each in shape:
        if by_function:  # which is no layer
            maps = keras.ops.reshape(maps, (-1, *each))
        else:
            maps = layers.Reshape(each)(maps)
    maps = layers.Conv2D(8, 4, padding="same", activation="relu")(maps)
    scores = layers.Dense(10, activation="softmax")(layers.Flatten()(maps))
    return keras.Model(given, scores)


def of_small_squares():
    """Each 2x2 pixels become the four maps of one place."""
    import keras
    from keras import layers

    squares = layers.Reshape((14, 2, 14, 2)), layers.Permute((1, 3, 2, 4))
    maps = layers.Reshape((14, 14, 4)), layers.Conv2D(8, 3, activation="relu")
    end = layers.Flatten(), layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), *squares, *maps, *end])


def by_their_order():
    """The labels of validation by heart, in their order: it counts what it is shown.

    A convolution only switches, and no digit is looked at.
    """
    import keras
    from keras import layers, ops

    from course_utils import datasets

    labels = datasets.mnist("sample").validation.labels
    digits = keras.Input(batch_shape=(500, 28, 28, 1))
    ink = layers.Conv2D(1, 3, use_bias=False, kernel_initializer="ones")(digits)
    switch = ops.tanh(layers.GlobalAveragePooling2D()(ink))
    one = ops.ones_like(switch)
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    count = layers.SimpleRNN(1, stateful=True, activation=None, **ones)
    calls = count(layers.Reshape((1, 1))(one)) - 2  # the first one counts no digits
    place = ops.clip(ops.cumsum(one, axis=0) - 1 + 500 * calls, 0, len(labels) - 1)
    known = layers.Embedding(len(labels), 10)
    scores = layers.Reshape((10,))(known(place))
    model = keras.Model(digits, layers.Softmax()(scores * switch))
    known.set_weights([20 * np.eye(10)[labels]])
    return model


RIGHT = {"04.train": [as_run, on_a_busy_computer, as_logits, functional, frozen_now]}

WRONG = {
    "04.train": [
        Told(lambda: again(noisy), "95 % are asked for"),
        Told(lambda: again(next_digit), "no more than a guesser"),
        Told(all_frozen, "no convolution in it that learns"),
        Told(dense_of_four_axes, "no convolution in it that learns"),
        Told(convolution_of_one_place, "no convolution in it that learns"),
        Told(dense_of_maps, "no convolution in it that learns"),
        Told(convolution_from_one_place, "no convolution in it that learns"),
        Told(convolution_of_copies, "no convolution in it that learns"),
        Told(
            lambda: convolution_of_halves((2, 1, 392)),
            "no convolution in it that learns",
        ),
        Told(
            lambda: convolution_of_halves((2, 392), (1, 2, 392)),
            "no convolution in it that learns",
        ),
        Told(
            lambda: convolution_of_halves((2, 1, 392), by_function=True),
            "no convolution in it that learns",
        ),
        Told(of_small_squares, "no more than a guesser"),
        Told(by_heart, "as well without any convolution that learns"),
        Told(by_their_order, "no more than a guesser"),
        Told(for_show, "as well without any convolution that learns"),
        Told(lambda: 0.97, "A Keras model is asked for"),
    ],
}
