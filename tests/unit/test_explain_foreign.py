"""Networks as other people build them: the right answer, or one clear sentence."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from course_utils import explain

SIDE = 14
PICTURE = np.random.default_rng(7).uniform(0, 1, (SIDE, SIDE, 3)).astype("float32")


def parts(classes: int = 3) -> tuple[keras.Layer, keras.Layer]:
    """A convolution and a dense layer with the same weights each time."""
    rng = np.random.default_rng(classes)
    conv = layers.Conv2D(5, 3, name="conv")
    conv.build((None, SIDE, SIDE, 3))
    conv.set_weights([rng.normal(0, 0.4, (3, 3, 3, 5)), rng.normal(0, 0.1, 5)])
    dense = layers.Dense(classes, name="dense")
    dense.build((None, (SIDE - 2) ** 2 * 5))
    dense.set_weights(
        [rng.normal(0, 0.2, ((SIDE - 2) ** 2 * 5, classes)), rng.normal(0, 1, classes)]
    )
    return conv, dense


def truth(class_index: int, classes: int = 3, scale: float = 1) -> dict[str, Any]:
    """Heat and drop of Conv2D, ReLU, Flatten, Dense, computed layer by layer."""
    conv, dense = parts(classes)

    def maps_of(pictures: Any) -> Any:
        kernel, bias = conv.get_weights()
        return tf.nn.relu(tf.nn.conv2d(pictures, kernel, 1, "VALID") + bias)

    def logit_of(maps: Any) -> Any:
        kernel, bias = dense.get_weights()
        logits = tf.reshape(maps, (len(maps), -1)) @ kernel + bias
        if classes == 1:
            logits = tf.concat([-logits, logits], axis=1)
        return scale * logits[:, class_index]

    maps = maps_of(PICTURE[None])
    with tf.GradientTape() as tape:
        tape.watch(maps)
        logit = logit_of(maps)[0]
    weights = tf.reduce_mean(tape.gradient(logit, maps), (1, 2))[0]
    heat = tf.nn.relu(tf.reduce_sum(maps[0] * weights, -1))[..., None]
    heat = tf.image.resize(heat, (SIDE, SIDE))[..., 0].numpy()
    black = PICTURE.copy()
    black[:7, :7] = 0
    drop = float(logit - logit_of(maps_of(black[None]))[0])
    return {"heat": heat / (heat.max() or 1), "drop": drop, "maps": maps[0].numpy()}


def stack(ending: Any = "softmax", relu: Any = "relu", classes: int = 3) -> Any:
    """Sequential: the ending is an activation, or a layer of its own behind Dense."""
    conv, dense = parts(classes)
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), conv])
    if isinstance(relu, keras.Layer):
        model.add(relu)
    else:
        conv.activation = keras.activations.get(relu)
    model.add(layers.Flatten())
    model.add(dense)
    if isinstance(ending, keras.Layer):
        model.add(ending)
    else:
        dense.activation = keras.activations.get(ending)
    return model


def functional(end: Callable[[Any], Any], relu: Callable = ops.relu) -> keras.Model:
    conv, dense = parts()
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Flatten()(relu(conv(image)))
    return keras.Model(image, end(dense(x)))


class Own(keras.Model):
    """A subclass; what it does after its layers cannot be heard."""

    def __init__(self, end: Callable[[Any], Any]) -> None:
        super().__init__()
        self.conv, self.dense = parts()
        self.relu, self.flat, self.end = layers.ReLU(), layers.Flatten(), end

    def call(self, images: Any, training: bool = False) -> Any:
        return self.end(self.dense(self.flat(self.relu(self.conv(images)))))


@keras.saving.register_keras_serializable("tests")
class Swish(keras.Layer):
    """An activation of somebody's own: here a ReLU."""

    def call(self, x: Any) -> Any:
        return ops.maximum(x, 0)


def half(policy: str) -> keras.Model:
    """The network as it is trained on a GPU, its dense layer in half precision, too."""
    keras.config.set_dtype_policy(policy)
    try:
        model = stack()
    finally:
        keras.config.set_dtype_policy("float32")
    return model


def nested_thrice() -> keras.Model:
    conv, dense = parts()
    conv.activation = keras.activations.relu
    first = keras.Sequential([keras.Input((SIDE, SIDE, 3)), conv], name="a")
    second = keras.Sequential([keras.Input((SIDE, SIDE, 3)), first], name="b")
    image = keras.Input((SIDE, SIDE, 3))
    third = keras.Model(image, layers.Flatten()(second(image)), name="c")
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), third, dense])
    dense.activation = keras.activations.softmax
    return model


def reshaped() -> keras.Model:
    """A head that ends in layers which only change the shape."""
    conv, dense = parts()
    conv.activation = keras.activations.relu
    dense.activation = keras.activations.softmax
    return keras.Sequential(
        [
            *(keras.Input((SIDE, SIDE, 3)), conv, layers.Flatten(), dense),
            *(layers.Reshape((1, 1, 3)), layers.Flatten()),
        ]
    )


def without_input() -> keras.Model:
    conv, dense = parts()
    return keras.Sequential([conv, layers.ReLU(), layers.Flatten(), dense])


def frozen() -> keras.Model:
    model = stack()
    model.trainable = False
    return model


SAME: dict[str, Callable[[], keras.Model]] = {
    "names": stack,
    "logits": lambda: stack(None),
    "tf.nn.relu and tf.nn.softmax": lambda: stack(tf.nn.softmax, tf.nn.relu),
    "keras.ops": lambda: stack(ops.softmax, ops.relu),
    "lambda": lambda: stack(lambda x: ops.softmax(x), lambda x: ops.relu(x)),
    "log softmax": lambda: stack("log_softmax"),
    "sigmoid for several labels": lambda: stack("sigmoid"),
    "layers": lambda: stack(layers.Softmax(), layers.ReLU()),
    "Activation": lambda: stack(
        layers.Activation("softmax"), layers.Activation("relu")
    ),
    "somebody's own layer": lambda: stack("softmax", Swish()),
    "tanh at the end": lambda: stack("tanh"),
    "operations": lambda: functional(ops.softmax),
    "operation at the end only": lambda: functional(ops.softmax, layers.ReLU()),
    "subclass": lambda: Own(lambda x: x),
    "subclass with softmax": lambda: Own(ops.softmax),
    "nested three deep": nested_thrice,
    "reshaped": reshaped,
    "without Input": without_input,
    "frozen": frozen,
    "mixed_float16": lambda: half("mixed_float16"),
    "mixed_bfloat16": lambda: half("mixed_bfloat16"),
    "float64": lambda: half("float64"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_network_in_another_form_gives_the_same_pictures(name: str) -> None:
    model = SAME[name]()
    before = [np.copy(weight.numpy()) for weight in model.weights]
    for class_index in range(3):
        right = truth(class_index)
        heat = explain.grad_cam(model, PICTURE, class_index)
        np.testing.assert_allclose(heat, right["heat"], atol=2e-3)
        drops = explain.occlusion(
            model, PICTURE, class_index, size=7, stride=7, fill=(0, 0, 0)
        )
        assert drops[0, 0] == pytest.approx(right["drop"], rel=1e-2, abs=2e-2)
    for weight, kept in zip(model.weights, before):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize(
    "end", [tf.nn.sigmoid, ops.sigmoid, layers.Activation("sigmoid")]
)
def test_one_sigmoid_stands_for_two_classes_whatever_it_is_called(end: Any) -> None:
    model = stack(end, classes=1)
    for class_index in (0, 1):
        heat = explain.grad_cam(model, PICTURE, class_index)
        expected = truth(class_index, classes=1)["heat"]
        np.testing.assert_allclose(heat, expected, atol=1e-4)


@pytest.mark.parametrize("scale", [0.25, 3, -1])
def test_a_temperature_is_part_of_the_logits(scale: float) -> None:
    model = stack(lambda x: ops.softmax(scale * x))
    right = truth(1, scale=scale)
    np.testing.assert_allclose(
        explain.grad_cam(model, PICTURE, 1), right["heat"], atol=1e-4
    )
    drops = explain.occlusion(model, PICTURE, 1, size=7, stride=7, fill=0)
    assert drops[0, 0] == pytest.approx(right["drop"], rel=1e-3)


def test_shares_in_per_cent_have_the_logits_of_shares() -> None:
    model = functional(lambda x: 100 * ops.softmax(x))
    np.testing.assert_allclose(
        explain.grad_cam(model, PICTURE, 1), truth(1)["heat"], atol=1e-4
    )
    drops = explain.occlusion(model, PICTURE, 1, size=7, stride=7, fill=0)
    assert drops[0, 0] == pytest.approx(truth(1)["drop"], rel=1e-3)


@pytest.mark.parametrize("name", ["names", "operations", "subclass", "mixed_float16"])
def test_maps_are_those_of_the_convolution_in_any_form(name: str) -> None:
    maps = explain.activations(SAME[name](), PICTURE)
    found = list(maps.values())[-1 if name != "names" else 0]
    np.testing.assert_allclose(found, truth(0)["maps"], atol=2e-3)
    assert found.dtype == np.float32


def test_a_layer_that_is_called_twice_is_heard_twice() -> None:
    conv = layers.Conv2D(3, 3, padding="same", name="again")
    image = keras.Input((SIDE, SIDE, 3))
    once = conv(image)
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(conv(once))))
    maps = explain.activations(model, PICTURE)
    assert list(maps) == ["again", "again#2"]
    assert not np.allclose(maps["again"], maps["again#2"])
    first = explain.grad_cam(model, PICTURE, 0, "again")
    second = explain.grad_cam(model, PICTURE, 0, "again#2")
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(explain.grad_cam(model, PICTURE, 0), second)


class Halves(keras.Layer):
    """A layer that gives two tensors."""

    def call(self, x: Any) -> Any:
        return x[..., :2], x[..., 2:]


def test_all_tensors_of_a_layer_are_heard() -> None:
    conv, _ = parts()
    image = keras.Input((SIDE, SIDE, 3))
    left, right = Halves(name="halves")(conv(image))
    joined = layers.Concatenate(name="joined")([right, left])
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(joined)))
    maps = explain.activations(model, PICTURE)
    np.testing.assert_array_equal(maps["halves[0]"], maps["conv"][..., :2])
    np.testing.assert_array_equal(maps["halves[1]"], maps["conv"][..., 2:])
    assert explain.grad_cam(model, PICTURE, 1, "halves[1]").max() <= 1


def test_another_head_that_runs_later_is_not_taken_for_the_answer() -> None:
    conv, dense = parts()
    conv.activation = keras.activations.relu
    image = keras.Input((SIDE, SIDE, 3))
    flat = layers.Flatten()(conv(image))
    answer = layers.Softmax(name="answer")(dense(flat))
    other = layers.Dense(3, activation="softmax", name="other")(flat)
    model = keras.Model(image, [answer, other])
    with pytest.raises(
        ValueError, match=r"has 2 outputs; choose one with keras\.Model"
    ):
        explain.grad_cam(model, PICTURE, 0)
    first = keras.Model(model.input, model.outputs[0])
    heat = explain.grad_cam(first, PICTURE, 2)
    np.testing.assert_allclose(heat, truth(2)["heat"], atol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "float32"])
def test_class_activation_maps_in_half_precision(policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        conv, _ = parts()
        head = layers.Dense(3, activation=tf.nn.softmax, kernel_initializer="ones")
        gap = layers.GlobalAveragePooling2D()
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), conv, gap, head])
    finally:
        keras.config.set_dtype_policy("float32")
    heat = explain.class_activation_map(model, PICTURE, 0)
    np.testing.assert_allclose(heat, explain.grad_cam(model, PICTURE, 0), atol=5e-3)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_loaded_network_gives_the_same_pictures(tmp_path: Any, suffix: str) -> None:
    file = tmp_path / f"model.{suffix}"
    stack("softmax", Swish()).save(file)
    model = keras.saving.load_model(file)
    heat = explain.grad_cam(model, PICTURE, 1)
    np.testing.assert_allclose(heat, truth(1)["heat"], atol=1e-4)


def test_bytes_as_input_are_no_obstacle() -> None:
    conv, dense = parts()
    conv.activation = keras.activations.relu
    image = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    x = layers.Rescaling(1 / 255)(image)
    model = keras.Model(image, dense(layers.Flatten()(conv(x))))
    model.trainable = False
    bytes_ = (PICTURE * 255).astype(np.uint8)
    heat = explain.grad_cam(model, bytes_, 1)
    np.testing.assert_allclose(heat, truth(1)["heat"], atol=2e-2)


def per_pixel() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, layers.Conv2D(4, 3, activation="softmax")(image))


def two_inputs() -> keras.Model:
    left, right = keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(2, 3)(layers.Add()([left, right]))
    return keras.Model([left, right], layers.Dense(2)(layers.Flatten()(x)))


def channels_first() -> keras.Model:
    image = keras.Input((3, SIDE, SIDE))
    x = layers.Conv2D(2, 3, data_format="channels_first", name="turned")(image)
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(x)))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (per_pixel, r"answers with \(12, 12, 4\) for an image; needed is one number a"),
        (two_inputs, "takes 2 inputs; needed is a model of one image"),
        (channels_first, "'turned' is channels first"),
        (lambda: stack(ops.cos), "keeps no order of its inputs .*; end it in softmax"),
        (
            lambda: Own(lambda x: ops.softmax(x)[:, ::-1]),
            "gives probabilities, but no layer gives the logits",
        ),
    ],
)
@pytest.mark.parametrize("look", [explain.grad_cam, explain.occlusion])
def test_what_cannot_be_drawn_is_refused_in_one_sentence(
    build: Callable[[], keras.Model], words: str, look: Callable
) -> None:
    picture = PICTURE if build is not channels_first else np.moveaxis(PICTURE, -1, 0)
    with pytest.raises(ValueError, match=words) as refused:
        look(build(), picture, 0)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("model: ")
