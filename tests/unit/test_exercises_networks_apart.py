"""Networks on their way to the judge: what arrives computes what was handed over."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from course_utils import training
from course_utils.exercises.networks_as_data import (
    ByHandError,
    pack_network,
    unpack_network,
)


def arrived(model: object) -> keras.Model:
    blobs: list[bytes] = []
    packed = pack_network(model, blobs)
    assert packed
    return unpack_network(packed, blobs)


class Steps(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.drop = (
            layers.Dense(3, activation=tf.nn.relu),
            layers.Dropout(0.5),
        )

    def call(self, x: object, training: bool = False) -> object:
        return tf.nn.softmax(self.drop(self.one(x), training=training) * 2)


class Twice(keras.layers.Layer):
    def build(self, shape: tuple[int, ...]) -> None:
        keras.utils.set_random_seed(0)
        self.inner = Inner(shape[-1])

    def call(self, x: object) -> object:
        return keras.ops.relu(self.inner(x) + x)


class Inner(keras.layers.Layer):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.way = layers.Dense(units, activation=lambda x: x * 0.5)

    def call(self, x: object) -> object:
        return self.way(x)


class Weighing(keras.layers.Layer):
    def build(self, shape: tuple[int, ...]) -> None:
        self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x: object) -> object:
        return x * self.weights[0]


def sequential(*more: keras.Layer) -> keras.Sequential:
    return keras.Sequential([keras.Input((4,)), layers.Dense(4), *more])


def functional() -> keras.Model:
    given = keras.Input((4,))
    x = layers.Dense(4, activation=tf.nn.softmax)(given)
    return keras.Model(given, layers.Lambda(tf.nn.relu)(x) + given)


def called(model: keras.Model) -> keras.Model:
    model(np.zeros((1, 4), np.float32))
    return model


def compiled() -> keras.Model:
    model = sequential()
    model.compile("adam", "mse")
    return model


def frozen() -> keras.Model:
    model = sequential(layers.Dense(2))
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 2)), verbose=0)
    model.layers[0].trainable = False
    return model


def adapted() -> keras.Model:
    scale = layers.Normalization()
    scale.adapt(np.arange(12, dtype=np.float32).reshape(3, 4) ** 2)
    return keras.Sequential([keras.Input((4,)), scale, layers.Dense(2)])


MADE = {
    "adapted to data": adapted,
    "compiled": compiled,
    "frozen after training": frozen,
    "functions of TensorFlow": functional,
    "a lambda": lambda: sequential(layers.Lambda(lambda x: x / 2), layers.Dense(2)),
    "own layers in own layers": lambda: sequential(Twice(), layers.Dense(2)),
    "a network in a network": lambda: sequential(sequential(Twice())),
}


@pytest.mark.parametrize("name", MADE)
def test_a_network_arrives(name: str) -> None:
    model = MADE[name]()
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    again = arrived(model)
    assert np.allclose(model(x), again(x), atol=1e-6)
    counts = [sum(map(np.size, m.trainable_weights)) for m in (model, again)]
    assert counts[0] == counts[1]


def test_what_only_a_person_can_judge_is_said() -> None:
    for model in (Steps(), called(Steps()), sequential(Weighing())):
        with pytest.raises(ByHandError):
            arrived(model)


def test_a_class_that_puts_layers_together_arrives() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.steps = [layers.Dense(4, kernel_initializer="ones"), Twice()]
            self.drop = layers.Dropout(0.9)

        def call(self, x: object, training: bool | None = None) -> object:
            for step in self.steps:
                x = step(x)
            return self.drop(x, training=training)

    model = called(Own())
    again = arrived(model)
    x = np.ones((2, 4), np.float32)
    assert np.allclose(model(x), again(x), atol=1e-6)
    assert not np.allclose(again(x), again(x, training=True))


def test_a_run_is_its_network_and_its_seconds() -> None:
    for work in (None, 1.25):
        run = arrived(training.Run(sequential(), seconds=12.5, work=work))
        assert isinstance(run, training.Run)
        assert (run.seconds, run.work, run.model.count_params()) == (12.5, work, 20)
