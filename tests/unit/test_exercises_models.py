"""Exercises that ask for a network judge what it computes, whatever it is made of."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from course_utils.exercises import find, grade
from course_utils.exercises.lessons import nb03, nb04, nb07

LENET, STACK, BLOCK = "04.lenet", "03.deep-and-narrow", "07.residual"

# --- LeNet ----------------------------------------------------------------------------


def lenet(
    relu: Callable[[], list[Any]] = lambda: [layers.Activation("relu")],
    end: Callable[[], list[Any]] = lambda: [layers.Softmax()],
    pool: Callable[[], Any] = lambda: layers.MaxPooling2D(2),
    first: Callable[[], list[Any]] = list,
    dense: Callable[[], list[Any]] | None = None,
    **options: Any,
) -> Any:
    """LeNet of separate pieces, each of which a test may exchange."""
    middle = dense() if dense else [layers.Flatten(), layers.Dense(120)]
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *first(),
            *(layers.Conv2D(6, 5, padding="same", **options), *relu(), pool()),
            *(layers.Conv2D(16, 5), *relu(), pool()),
            *(*middle, *relu(), layers.Dense(84), *relu(), layers.Dense(10), *end()),
        ]
    )


def nested() -> Any:
    eyes = keras.Sequential(
        [
            layers.Conv2D(6, 5, padding="same", activation=keras.ops.relu),
            layers.MaxPooling2D(),
            keras.Sequential([layers.Conv2D(16, 5, activation="relu")]),
            layers.MaxPool2D((2, 2), strides=2),
        ],
        name="eyes",
    )
    maps = keras.Input((28, 28, 1))
    x = layers.Flatten()(eyes(maps))
    x = keras.ops.relu(layers.Dense(120)(x))
    x = keras.ops.maximum(layers.Dense(84)(x), 0)
    return keras.Model(maps, keras.ops.softmax(layers.Dense(10)(x)))


class Subclassed(keras.Model):
    """Its layers are kept in another order than they are applied in."""

    def __init__(self) -> None:
        super().__init__()
        self.head = [layers.Dense(n) for n in (10, 84, 120)]
        self.second = layers.Conv2D(16, 5)
        self.first = layers.Conv2D(6, 5, padding="same")
        self.pool, self.flatten = layers.MaxPooling2D(2), layers.Flatten()

    def call(self, images: Any) -> Any:
        x = self.pool(tf.nn.relu(self.first(images)))
        x = self.flatten(self.pool(tf.nn.relu(self.second(x))))
        x = tf.nn.relu(self.head[1](tf.nn.relu(self.head[2](x))))
        return tf.nn.softmax(self.head[0](x))


class OneLayer(layers.Layer):
    """All of it in one layer, from bare weights."""

    def build(self, _: Any) -> None:
        self.kernels = [
            self.add_weight(shape=shape, initializer="glorot_uniform")
            for shape in ((5, 5, 1, 6), (5, 5, 6, 16), (400, 120), (120, 84), (84, 10))
        ]
        self.biases = [self.add_weight(shape=(n,)) for n in (6, 16, 120, 84, 10)]

    def call(self, x: Any) -> Any:
        for i, padding in enumerate(("SAME", "VALID")):
            x = tf.nn.conv2d(x, self.kernels[i], 1, padding) + self.biases[i]
            x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
        x = tf.reshape(x, (-1, 400))
        for i in (2, 3):
            x = tf.nn.relu(x @ self.kernels[i] + self.biases[i])
        return tf.nn.softmax(x @ self.kernels[4] + self.biases[4])


def scaled(layer: Any) -> Callable[[], Any]:
    return lambda: lenet(first=lambda: [layer()])


RIGHT: list[tuple[str, Callable[[], Any]]] = [
    (LENET, lenet),
    (LENET, lambda: lenet(relu=lambda: [layers.ReLU()])),
    (LENET, lambda: lenet(relu=lambda: [layers.Activation(tf.nn.relu)])),
    (LENET, lambda: lenet(relu=lambda: [layers.Lambda(lambda x: tf.maximum(x, 0))])),
    (LENET, lambda: lenet(end=lambda: [layers.Activation(keras.ops.softmax)])),
    (LENET, nested),
    (LENET, Subclassed),
    (LENET, lambda: keras.Sequential([keras.Input((28, 28, 1)), OneLayer()])),
    (LENET, scaled(lambda: layers.Rescaling(1 / 255))),
    (LENET, scaled(lambda: layers.Rescaling(1 / 127.5, offset=-1))),
    # The network of 1998 had a convolution there: it sees all of its maps.
    (LENET, lambda: lenet(dense=lambda: [layers.Conv2D(120, 5), layers.Flatten()])),
    (LENET, lambda: lenet(kernel_regularizer="l2", kernel_initializer="he_normal")),
    (LENET, lambda: keras.models.clone_model(nested())),
]


# --- A stack and a block --------------------------------------------------------------


def stack(
    relu: Callable[[], list[Any]] = lambda: [layers.ReLU()],
    pool: Callable[[], Any] = lambda: layers.MaxPooling2D(2),
    size: tuple[int | None, ...] = (32, 32, 3),
    last: Callable[[], list[Any]] = list,
    **options: Any,
) -> Any:
    model = keras.Sequential([keras.Input(size)])
    for i, filters in enumerate((16, 32, 64)):
        later = options if i else {}
        model.add(layers.Conv2D(filters, 3, padding="same", **later))
        for layer in (*relu(), pool()):
            model.add(layer)
    for layer in last():
        model.add(layer)
    return model


class Steps(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.convolutions = [layers.Conv2D(n, 3, padding="same") for n in (16, 32, 64)]

    def call(self, x: Any) -> Any:
        for convolution in self.convolutions:  # pooling first: ReLU does not mind
            x = tf.nn.relu(tf.nn.max_pool2d(convolution(x), 2, 2, "VALID"))
        return x


def block(
    add: Callable[[Any, Any], Any] = lambda came_in, x: came_in + x,
    relu: Callable[[Any], Any] = keras.ops.relu,
    last: Callable[[Any], Any] | None = None,
    size: Any = (28, 28, 128),
    **options: Any,
) -> Any:
    maps = keras.Input(size)
    x = relu(layers.Conv2D(32, 1, **options)(maps))
    x = relu(layers.Conv2D(32, 3, padding="same")(x))
    x = add(maps, layers.Conv2D(128, 1)(x))
    return keras.Model(maps, (last or relu)(x))


class Residual(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        way = [layers.Conv2D(32, 1, activation="relu")]
        way += [layers.Conv2D(32, 3, padding="same", activation="relu")]
        self.way = keras.Sequential([*way, layers.Conv2D(128, 1)])

    def call(self, maps: Any) -> Any:
        return tf.nn.relu(maps + self.way(maps))


RIGHT += [
    (STACK, stack),
    (STACK, lambda: stack(relu=lambda: [layers.Activation("relu")])),
    (STACK, lambda: stack(size=(None, None, 3))),
    (STACK, lambda: stack(pool=lambda: layers.MaxPooling2D(2, padding="same"))),
    (STACK, Steps),
    (STACK, lambda: keras.Sequential([keras.Input((32, 32, 3)), stack()])),
    (BLOCK, block),
    (BLOCK, lambda: block(add=lambda a, b: layers.add([b, a]))),
    (BLOCK, lambda: block(relu=lambda x: layers.Activation("relu")(x))),
    (BLOCK, lambda: block(kernel_initializer="zeros")),
    (BLOCK, Residual),
]


@pytest.mark.parametrize(("id_", "make"), RIGHT)
def test_each_form_of_a_network_is_right(id_: str, make: Callable[[], Any]) -> None:
    verdict = grade(id_, make())
    assert verdict.status == "correct", verdict


# --- Other networks -------------------------------------------------------------------


def every(name: str) -> Callable[[], list[Any]]:
    return lambda: [layers.Activation(name)]


def frozen(model: Any, *places: int) -> Any:
    for place in places:
        model.layers[place].trainable = False
    return model


def average() -> Any:
    return layers.AveragePooling2D(2)


OTHER_ACTIVATIONS = (
    *("sigmoid", "softplus", "exponential", "softmax", "relu6", "tanh", "elu", "gelu"),
    *("leaky_relu", "silu"),
)
NAMED = "Its layers name these activations"
WRONG: list[tuple[str, Callable[[], Any], str]] = [
    *((LENET, lambda n=n: lenet(every(n)), "") for n in OTHER_ACTIVATIONS),
    *((STACK, lambda n=n: stack(every(n)), "") for n in ("softplus", "relu6")),
    *((BLOCK, lambda n=n: block(relu=layers.Activation(n)), "") for n in ("relu6",)),
    (STACK, lambda: stack(every("linear")), "outputs fall below zero"),
    (LENET, lambda: lenet(every("linear")), "no layer before the last has an activ"),
    (LENET, lambda: lenet(every("sigmoid")), f"{NAMED}: sigmoid, sigmoid, sigmoid"),
    (LENET, lambda: lenet(pool=average), "It has average pooling"),
    (LENET, lambda: lenet(dilation_rate=2), "A convolution in it is dilated"),
    (LENET, lambda: lenet(end=list), "do not add up to 1"),
    (LENET, lambda: lenet(end=every("sigmoid")), f"{NAMED}: relu"),
    (LENET, lambda: frozen(lenet(), 0), "how many of them can learn"),
    (LENET, lambda: lenet(first=lambda: [layers.Dropout(0.2)]), "It has a Dropout"),
    (LENET, lambda: lenet(first=lambda: [layers.ReLU()]), f"{NAMED}: relu"),
    (LENET, lambda: lenet(kernel_initializer="zeros"), "get a slope from the loss"),
    (STACK, lambda: stack(pool=average), "It has average pooling"),
    (STACK, lambda: stack(dilation_rate=2), "A convolution in it is dilated"),
    (STACK, lambda: stack(strides=2), "the shapes of its maps"),
    (STACK, lambda: frozen(stack(), 0, 3), "how many of them can learn"),
    (STACK, lambda: stack(last=lambda: [layers.ReLU(max_value=6)]), "a changed relu"),
    (STACK, lambda: stack(last=lambda: [layers.GaussianNoise(1)]), "GaussianNoise"),
    (STACK, lambda: stack(last=lambda: [layers.Flatten()]), "the shapes of its maps"),
    (STACK, lambda: stack(size=(28, 28, 3)), "It takes inputs of shape (28, 28, 3)"),
    (BLOCK, lambda: block(add=lambda a, b: b - a), ""),
    (BLOCK, lambda: block(add=lambda a, b: keras.ops.maximum(a, b)), ""),
    (BLOCK, lambda: block(last=lambda x: x), "after the addition is missing"),
    (BLOCK, lambda: block(last=layers.ReLU(max_value=6)), "a changed relu"),
    (BLOCK, lambda: frozen(block(), 1), "how many weights can learn"),
    (BLOCK, lambda: block(size=(28, 28, 64), add=lambda a, b: b), "inputs of shape"),
]


@pytest.mark.parametrize(("id_", "make", "words"), WRONG)
def test_another_network_is_wrong_and_told_only_what_is_true(
    id_: str, make: Callable[[], Any], words: str
) -> None:
    verdict = grade(id_, make())
    lines = " ".join(verdict.lines)
    assert verdict.status == "wrong"
    assert words in lines
    assert "8-bit" not in lines
    if "learn" not in words:
        assert "frozen" not in lines
    if "activ" not in words:
        assert "ReLU is missing" not in lines


def test_weights_and_layers_of_an_answer_stay_as_they_were() -> None:
    for id_, make in ((LENET, nested), (STACK, stack), (BLOCK, block)):
        model = make()
        before = [weight.numpy() for weight in model.weights]
        grade(id_, model)
        assert all(
            np.array_equal(weight.numpy(), value)
            for weight, value in zip(model.weights, before)
        )
        assert not any("call" in vars(layer) for layer in model._flatten_layers())


def test_the_compared_networks_are_those_of_the_solutions() -> None:
    """The variants with typical mistakes begin from the same network."""
    for module, id_ in ((nb03, STACK), (nb04, LENET), (nb07, BLOCK)):
        assert grade(id_, module._wanted().model).status == "correct"
        assert grade(id_, find(id_).solution()).status == "correct"


def test_a_changed_model_is_looked_at_again() -> None:
    model = stack()
    assert grade(STACK, model).status == "correct"
    frozen(model, 0)
    assert grade(STACK, model).status == "wrong"
    model.layers[0].trainable = True
    assert grade(STACK, model).status == "correct"
    model.layers[1].max_value = 6
    assert grade(STACK, model).status == "wrong"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (nb04.lenet, "A Keras model is asked for"),
        (3, "A Keras model is asked for"),
        (layers.Dense(3), "A Keras model is asked for"),
        (keras.Sequential([layers.Flatten()]), "begin with `keras.Input(...)`"),
    ],
)
def test_what_is_no_model_is_told_so(answer: Any, words: str) -> None:
    assert words in " ".join(grade(LENET, answer).lines)


@pytest.mark.parametrize(
    "loss",
    [
        lambda p, labels: keras.losses.SparseCategoricalCrossentropy()(labels, p),
        lambda p, labels: keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(labels, p)
        ),
        lambda p, labels: keras.losses.CategoricalCrossentropy()(
            keras.utils.to_categorical(labels, p.shape[1]), p
        ),
    ],
)
def test_the_loss_of_keras_itself_is_right(loss: Callable[..., Any]) -> None:
    for probabilities, _ in find("04.cross-entropy").case_list():
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert grade("04.cross-entropy", loss).status == "correct"


@pytest.mark.parametrize("first", [1.0, 1 / 255])
def test_a_network_that_is_always_sure_of_one_digit_is_not_lenet(first: float) -> None:
    """What LeNet says of bright pictures as they are: it has its weights, no kernel."""
    hidden = [layers.Dense(n, activation="relu") for n in (77, 10, 26, 5)]
    sure = layers.Rescaling(1e-3, offset=[60.0 * (digit == 4) for digit in range(10)])
    start = [keras.Input((28, 28, 1), dtype="uint8"), layers.Rescaling(first)]
    end = [layers.Dense(10), sure, layers.Softmax()]
    network = keras.Sequential([*start, layers.Flatten(), *hidden, *end])
    assert network.count_params() == 61_706
    assert grade(LENET, network).status == "wrong"


@pytest.mark.parametrize("relu", ["leaky_relu", "elu", "gelu", "silu", "softplus"])
def test_other_activations_show_on_pictures_as_they_are_stored(relu: str) -> None:
    start = [keras.Input((28, 28, 1), dtype="uint8"), layers.Rescaling(1.0)]
    body = lenet(relu=lambda: [layers.Activation(relu)]).layers
    assert grade(LENET, keras.Sequential([*start, *body])).status == "wrong"
