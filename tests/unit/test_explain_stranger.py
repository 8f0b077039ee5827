"""Networks whose maps or logits are not where they usually are.

Each is cut by hand into maps and logits; the pictures must be those of the two pieces.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from course_utils import explain

PICTURE = np.random.default_rng(5).uniform(0, 1, (12, 12, 3)).astype("float32")

Pieces = tuple[keras.Model, keras.Model]  # as it is brought; its maps and logits


def image() -> Any:
    return keras.Input((12, 12, 3))


def pieces(i: Any, maps: Any, logits: Any, answer: Any = None) -> Pieces:
    answer = layers.Softmax()(logits) if answer is None else answer
    return keras.Model(i, answer), keras.Model(i, [maps, logits])


def classes(maps: Any) -> Any:
    return layers.Dense(3)(layers.GlobalAveragePooling2D()(maps))


def by_hand(split: keras.Model, class_index: int) -> np.ndarray:
    """Grad-CAM of two pieces."""
    with tf.GradientTape() as tape:
        picture = tf.constant(PICTURE[np.newaxis])
        tape.watch(picture)
        maps, logits = split(picture, training=False)
        logit = tf.reshape(logits, -1)[class_index]
    weights = tf.reduce_mean(tape.gradient(logit, maps), (1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * maps, axis=3, keepdims=True))
    heat = np.asarray(tf.image.resize(heat, (12, 12))[0, ..., 0])
    return heat / max(heat.max(), 1e-12)


def covered_by_hand(split: keras.Model, class_index: int) -> np.ndarray:
    """Occlusion of the four quarters with black."""
    pictures = np.stack([PICTURE] * 5)
    drop = np.zeros((12, 12), "float32")
    quarters = [(slice(y, y + 6), slice(x, x + 6)) for y in (0, 6) for x in (0, 6)]
    for one, where in zip(pictures[1:], quarters):
        one[where] = 0
    logits = np.reshape(split(pictures, training=False)[1], (5, -1))[:, class_index]
    for logit, where in zip(logits[1:], quarters):
        drop[where] = logits[0] - logit
    return drop


class Block(keras.Layer):
    """A layer made of layers."""

    def __init__(self, count: int, **options: Any) -> None:
        super().__init__(**options)
        self.conv = layers.Conv2D(count, 3, padding="same")
        self.norm = layers.BatchNormalization()

    def build(self, shape: Any) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:3], self.conv.filters))

    def call(self, x: Any) -> Any:
        return ops.relu(self.norm(self.conv(x)))


class Head(keras.Layer):
    """Pooling, dense layer and softmax as one layer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pool = layers.GlobalAveragePooling2D()
        self.dense = layers.Dense(3, activation="softmax", use_bias=False)

    def build(self, shape: Any) -> None:
        self.dense.build((None, shape[-1]))

    def call(self, x: Any) -> Any:
        return self.dense(self.pool(x))


class Traced(keras.Model):
    """A model whose call is a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = layers.Conv2D(5, 3, activation="relu"), Head()

    @tf.function
    def call(self, x: Any) -> Any:
        return self.head(self.conv(x))


def transposed() -> Pieces:
    i = image()
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(i)
    maps = layers.Conv2DTranspose(5, 3, strides=2, activation="relu")(x)
    return pieces(i, maps, classes(maps))


def normalised(layer: Callable[[], keras.Layer]) -> Callable[[], Pieces]:
    def build() -> Pieces:
        i = image()
        maps = layers.ReLU()(layer()(layers.Conv2D(4, 3)(i)))
        return pieces(i, maps, classes(maps))

    return build


def block() -> Pieces:
    i, whole = image(), Block(6)
    pool, dense = layers.GlobalAveragePooling2D(), layers.Dense(3)
    x = layers.Conv2D(4, 3, activation="relu")(i)
    model = keras.Model(i, layers.Softmax()(dense(pool(whole(x)))))
    maps = whole.norm(whole.conv(x))
    return model, keras.Model(i, [maps, dense(pool(ops.relu(maps)))])


def head() -> Pieces:
    i = image()
    maps = layers.Conv2D(6, 3, activation="relu")(i)
    top = Head()
    answer = top(maps)
    logits = ops.matmul(top.pool(maps), ops.convert_to_tensor(top.dense.kernel))
    return pieces(i, maps, logits, answer)


def traced() -> Pieces:
    model = Traced()
    model(PICTURE[np.newaxis])
    i = image()
    maps, dense = model.conv(i), model.head.dense
    logits = ops.matmul(model.head.pool(maps), ops.convert_to_tensor(dense.kernel))
    return model, keras.Model(i, [maps, logits])


def convolved_by_operation() -> Pieces:
    i = image()
    x = layers.Conv2D(4, 3, activation="relu")(i)
    kernel = np.random.default_rng(1).normal(size=(3, 3, 4, 5)).astype("float32")
    maps = ops.relu(ops.conv(x, kernel))
    return pieces(i, maps, classes(maps))


def gate() -> Pieces:
    """x * sigmoid(x): the sigmoid is not the activation."""
    i = image()
    maps = layers.Conv2D(5, 3)(i)
    return pieces(i, maps, classes(ops.multiply(maps, ops.sigmoid(maps))))


def divided() -> Pieces:
    i = image()
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    logits = classes(maps)
    powers = ops.exp(logits)
    return pieces(i, maps, logits, powers / ops.sum(powers, -1, keepdims=True))


def logarithm() -> Pieces:
    i = image()
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    logits = classes(maps)
    return pieces(i, maps, logits, ops.log(ops.softmax(logits)))


def temperature() -> Pieces:
    i = image()
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    return pieces(i, maps, layers.Lambda(lambda z: z / -4)(classes(maps)))


def spectral() -> Pieces:
    i = image()
    maps = layers.SpectralNormalization(layers.Conv2D(5, 3, activation="relu"))(i)
    return pieces(i, maps, classes(maps))


def shared() -> Pieces:
    """One convolution in two models inside the model."""
    i, conv = image(), layers.Conv2D(3, 3, padding="same", activation="relu")
    first = keras.Sequential([keras.Input((12, 12, 3)), conv], name="first")
    second = keras.Sequential([keras.Input((12, 12, 3)), conv], name="second")
    maps = second(first(i))
    return pieces(i, maps, classes(maps))


def head_called_twice() -> Pieces:
    """The classes are those of the first call."""
    i, dense = image(), layers.Dense(3)
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    first = dense(layers.GlobalAveragePooling2D()(maps))
    second = dense(layers.GlobalMaxPooling2D()(maps))
    return pieces(i, maps, first, layers.Softmax()(first + 0 * ops.max(second)))


class Misleading(keras.Layer):
    """A head whose attribute `activation` is not what it ends in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.activation = keras.activations.relu
        self.wide, self.dense = layers.Dense(5), layers.Dense(3)

    def call(self, x: Any) -> Any:
        return ops.softmax(self.logits(x))

    def logits(self, x: Any) -> Any:
        return self.dense(self.activation(self.wide(x)))


def misleading() -> Pieces:
    i, top = image(), Misleading()
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    pooled = layers.GlobalAveragePooling2D()(maps)
    answer = top(pooled)
    return pieces(i, maps, top.logits(pooled), answer)


def sure() -> Pieces:
    """Probabilities of 0 and 1 behind operations."""
    i = image()
    maps = layers.Conv2D(5, 3, activation="relu")(i)
    wide = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(0, 500))
    logits = wide(layers.GlobalAveragePooling2D()(maps))
    powers = ops.exp(logits - ops.max(logits, -1, keepdims=True))
    return pieces(i, maps, logits, powers / ops.sum(powers, -1, keepdims=True))


BUILDERS = (
    *(transposed, block, head, traced, convolved_by_operation, gate, divided, sure),
    *(logarithm, temperature, spectral, shared, head_called_twice, misleading),
)
NETWORKS = {
    **{build.__name__: build for build in BUILDERS},
    "group": normalised(lambda: layers.GroupNormalization(2)),
    "layer": normalised(layers.LayerNormalization),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_pictures_are_those_of_maps_and_logits_cut_by_hand(name: str) -> None:
    keras.utils.set_random_seed(2)
    model, split = NETWORKS[name]()
    weights = [np.asarray(weight) for weight in model.weights]
    looks = [dict(vars(layer)) for layer in model.layers]
    for k in (0, 1):
        heat = explain.grad_cam(model, PICTURE, k)
        np.testing.assert_allclose(heat, by_hand(split, k), atol=1e-3)
        drop = explain.occlusion(model, PICTURE, k, size=6, stride=6, fill=0)
        np.testing.assert_allclose(drop, covered_by_hand(split, k), 1e-4, 1e-3)
    for before, after in zip(weights, model.weights):
        np.testing.assert_array_equal(before, np.asarray(after))
    for look, layer in zip(looks, model.layers):
        assert vars(layer).keys() == look.keys()


def test_class_activation_maps_follow_a_negative_temperature() -> None:
    keras.utils.set_random_seed(2)
    model, split = temperature()
    heat = explain.class_activation_map(model, PICTURE, 1)
    np.testing.assert_allclose(heat, by_hand(split, 1), atol=1e-3)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_quantized_weights_are_unpacked(mode: str) -> None:
    keras.utils.set_random_seed(2)
    model, _ = transposed()
    dense = model.layers[-2]
    dense.quantize(mode)
    np.testing.assert_allclose(
        explain.class_activation_map(model, PICTURE, 1),
        explain.grad_cam(model, PICTURE, 1),
        atol=2e-3,
    )


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "float64"])
def test_weights_of_any_precision(policy: str) -> None:
    def build(policy: str) -> keras.Model:
        keras.utils.set_random_seed(2)
        conv = layers.Conv2D(4, 3, activation="relu", dtype=policy)
        pool = layers.GlobalAveragePooling2D(dtype=policy)
        dense = layers.Dense(3, activation="softmax", dtype=policy)
        return keras.Sequential([keras.Input((12, 12, 3)), conv, pool, dense])

    model, same = build(policy), build("float32")
    same.set_weights([tf.cast(weight.value, "float32") for weight in model.weights])
    np.testing.assert_allclose(
        explain.grad_cam(model, PICTURE, 2),
        explain.grad_cam(same, PICTURE, 2),
        atol=2e-3,
    )
    assert [layer.dtype_policy.name for layer in model.layers] == [policy] * 3


def built(make: Callable[[Any], Any], dtype: str = "float32") -> keras.Model:
    i = keras.Input((12, 12, 3), dtype=dtype)
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(i))
    return keras.Model(i, make(x))


def sparse(logits: Any) -> Any:
    return layers.Lambda(lambda z: tf.sparse.from_dense(z))(logits)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no model": (lambda: PICTURE.sum, "model: a builtin.* a keras.Model is needed"),
    "sparse": (lambda: built(lambda x: sparse(classes(x))), "a SparseTensor"),
    "sigmoids": (
        lambda: built(
            lambda x: layers.Concatenate()(
                [layers.Dense(1, activation="sigmoid")(layers.Flatten()(x))] * 2
            )
        ),
        "no layer gives the logits",
    ),
    "mean of probabilities": (
        lambda: built(
            lambda x: layers.GlobalAveragePooling2D()(
                layers.Conv2D(3, 1, activation="softmax")(x)
            )
        ),
        "no layer gives the logits",
    ),
    "no gradient": (
        lambda: built(lambda x: classes(ops.stop_gradient(layers.ReLU()(x + 0)))),
        "model: no gradient leads from its classes back to 'conv2d",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_picture_is_refused_by_name(name: str) -> None:
    build, words = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=words):
        explain.grad_cam(build(), PICTURE, 1)


def test_a_picture_with_channels_first_is_not_drawn() -> None:
    i = keras.Input((3, 12, 12))
    x = layers.Conv2D(4, 3)(layers.Permute((2, 3, 1))(i))
    with pytest.raises(ValueError, match="channels first"):
        explain.grad_cam(keras.Model(i, classes(x)), np.moveaxis(PICTURE, 2, 0), 0)


def test_preferred_input_of_models_without_a_graph_or_a_shape() -> None:
    model, _ = traced()
    assert explain.preferred_input(model, model.conv.name, 0, steps=2).shape[2] == 3
    assert explain.convolutions(model) == [model.conv.name]
    with pytest.raises(ValueError, match="has been called once"):
        explain.preferred_input(Traced(), "conv2d", 0)
    whole = built(classes, "uint8")
    (conv,) = explain.convolutions(whole)
    with pytest.raises(ValueError, match="no gradient leads from"):
        explain.preferred_input(whole, conv, 0, steps=2)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_model_that_is_interrupted_is_as_before(error: type[BaseException]) -> None:
    """Also one whose layers have a `call` and an activation of their own."""

    def stops(z: Any) -> Any:
        if armed:
            raise error
        return z

    armed: list[int] = []
    i = image()
    conv = layers.Conv2D(4, 3, activation=layers.LeakyReLU(), dtype="mixed_float16")
    model = keras.Model(i, layers.Lambda(stops)(classes(conv(i))))
    plain = conv.call
    conv.call = lambda x: plain(x)
    before = [dict(vars(layer)) for layer in model.layers]
    explain.grad_cam(model, PICTURE, 0)
    explain.preferred_input(model, conv.name, 0, steps=1)
    armed.append(1)
    with pytest.raises(error):
        explain.grad_cam(model, PICTURE, 0)
    for was, layer in zip(before, model.layers):
        now = vars(layer)
        assert now.keys() == was.keys()
        assert all(now[k] is was[k] for k in ("call", "activation") if k in was)
        assert len(list(layer._flatten_layers())) == 2 if layer is conv else 1
    assert conv.dtype_policy.name == "mixed_float16"
    assert not tf.config.functions_run_eagerly()
