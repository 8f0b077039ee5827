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


RIGHT = {"04.train": [as_run, on_a_busy_computer, as_logits, functional, frozen_now]}

WRONG = {
    "04.train": [
        Told(lambda: again(noisy), "95 % are asked for"),
        Told(lambda: again(next_digit), "no more than a guesser"),
        Told(all_frozen, "no convolution in it that learns"),
        Told(lambda: 0.97, "A Keras model is asked for"),
    ],
}
