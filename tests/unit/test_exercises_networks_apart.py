"""Networks on their way to the judge: what arrives computes what was handed over."""

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from course_utils import exercises, training
from course_utils.exercises.networks_as_data import (
    ByHandError,
    pack_network,
    unpack_network,
)
from tests.answers import nb05_tensorflow
from tests.exercises import assert_judged_alike, judged


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


def frozen_one_by_one() -> keras.Model:
    model = sequential(layers.Dense(2))
    for weight in model.layers[0].weights:
        weight.trainable = False
    return model


class Inherits(layers.Dense):
    """Says nothing of what it computes."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)


class Learned(keras.initializers.Initializer):
    def __call__(self, shape: tuple[int, ...], dtype: object = None) -> object:
        return keras.ops.ones(shape, dtype) * 0.2


def own_functions_for_weights() -> keras.Model:
    return sequential(
        layers.Dense(
            3,
            kernel_initializer=Learned(),
            bias_initializer=lambda shape, dtype: keras.ops.ones(shape, dtype),
            kernel_regularizer=lambda weight: keras.ops.sum(weight),
            kernel_constraint=lambda weight: weight,
        )
    )


def of_a_known_name() -> keras.Model:
    def softmax(x: object) -> object:
        return keras.ops.relu(x) * 2

    return sequential(layers.Dense(3, activation=softmax))


def functions_with_settings() -> keras.Model:
    return sequential(
        layers.Dense(
            3,
            activation=partial(keras.activations.leaky_relu, negative_slope=0.1),
            kernel_initializer=partial(keras.random.normal, stddev=0.1),
            kernel_constraint=partial(keras.ops.clip, x_min=-1, x_max=1),
        )
    )


def one_layer_twice() -> keras.Model:
    given = keras.Input((4,))
    layer = layers.Dense(4, activation=lambda x: x * 0.5)
    return keras.Model(given, layer(layer(given)))


def of_short_numbers() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="bfloat16")])


MADE = {
    "weights frozen one by one": frozen_one_by_one,
    "a class that only inherits": lambda: sequential(Inherits(3, activation="relu")),
    "own initializers, regularizers, constraints": own_functions_for_weights,
    "an own function called as one of Keras": of_a_known_name,
    "functions with settings": functions_with_settings,
    "one layer twice": one_layer_twice,
    "short numbers": of_short_numbers,
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


class Says(keras.Model):
    """A class that says what training is, whatever it is told."""

    def __init__(self, training: bool) -> None:
        super().__init__()
        self.says, self.way = training, layers.Dense(4)
        self.drop = layers.Dropout(0.5)

    def call(self, x: object) -> object:
        return self.drop(self.way(x), training=self.says)


class Doubles(keras.Sequential):
    def call(
        self, x: object, training: bool | None = None, mask: object = None
    ) -> object:
        return 2 * super().call(x, training)


class Unused(keras.Model):
    """It has weights that are counted, and on no way to its output."""

    def __init__(self) -> None:
        super().__init__()
        self.way, self.other = layers.Dense(4), layers.Dense(4)

    def call(self, x: object) -> object:
        self.other(x)
        return self.way(x)


@pytest.mark.parametrize(
    "model",
    [lambda: Says(True), lambda: Says(False), Unused],
    ids=["always training", "never training", "weights on no way"],
)
def test_what_would_arrive_as_something_else_is_left_to_a_person(model: Any) -> None:
    with pytest.raises(ByHandError):
        arrived(called(model()))


def test_what_a_class_adds_to_a_network_arrives() -> None:
    model = Doubles([keras.Input((4,)), layers.Dense(4)])
    x = np.ones((2, 4), np.float32)
    assert np.allclose(model(x), arrived(model)(x), atol=1e-6)


def test_the_type_of_what_a_network_takes_arrives() -> None:
    half = layers.Lambda(lambda x: x / 2)
    given = keras.Input(batch_shape=(3, 4), dtype="uint8")
    again = arrived(keras.Sequential([given, half, layers.Dense(2)]))
    assert again.inputs[0].dtype == "uint8"
    assert again.input_shape == (3, 4)


def lenet() -> keras.Model:
    return exercises.registry()["04.lenet"].solution()


def test_networks_frozen_one_by_one_are_judged_as_in_a_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = lenet()
    for weight in model.weights:
        weight.trainable = False
    assert_judged_alike("04.lenet", [model], monkeypatch)


@pytest.mark.parametrize("training", [True, False])
def test_photographs_changed_in_use_or_not_in_training_are_never_right(
    training: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = nb05_tensorflow.subclassed(training=training)
    model(np.zeros((1, 150, 150, 3), np.float32))
    found = judged("05.turn-and-shift", [model], monkeypatch)
    assert found[0]["status"] in ("wrong", "by hand")


def test_a_class_that_augments_as_it_is_told_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = nb05_tensorflow.subclassed()
    model(np.zeros((1, 150, 150, 3), np.float32))
    assert judged("05.turn-and-shift", [model], monkeypatch)[0]["status"] == "correct"


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
