"""Looking into networks: against tf-keras-vis, and where the answer is plain."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
from tf_keras_vis.utils.scores import CategoricalScore

from course_utils import explain, models
from course_utils.exercises.lessons import nb06
from course_utils.explain import heat_maps
from course_utils.explain.images import as_batch
from course_utils.explain.listening import find, listen
from course_utils.explain.scores import chosen, find_ending, logits_of
from tests.lessons import code

RNG = np.random.default_rng(6)
SIDE = 24
PICTURE = RNG.integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def functional(
    head: str = "dense", classes: int = 4, activation: str | None = "softmax"
) -> keras.Model:
    """A small classifier with a branch, normalisation and activations of their own."""
    keras.utils.set_random_seed(1)
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    x = layers.Conv2D(6, 3, name="first")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = before = layers.ReLU(6, name="relu6")(x)
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="second")(x)
    x = layers.Add(name="add")([x, before])
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="third")(x)
    if head == "gap":
        x = layers.GlobalAveragePooling2D(name="gap")(x)
    else:
        x = layers.MaxPooling2D(2, name="pool")(x)
        x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    outputs = layers.Dense(classes, activation=activation, name="class")(x)
    return keras.Model(image, outputs, name="small")


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *functional().layers[1:6]])


def nested(head: str = "dense", activation: str | None = "softmax") -> keras.Model:
    """The same network, its first five layers as a frozen model of their own."""
    inner = functional(head, activation=activation)
    body = keras.Model(inner.input, inner.get_layer("third").output, name="body")
    body.trainable = False
    rest = inner.layers[inner.layers.index(inner.get_layer("third")) + 1 :]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), body, *rest])


def watcher(rows: slice, columns: slice, head: str = "softmax") -> keras.Model:
    """Class 1 is how red a region of 12 x 12 pixels is, class 0 how blue another."""
    weights = np.zeros((12, 12, 2, 2), "float32")
    weights[rows, columns, 0, 1] = 1
    weights[8:, 8:, 1, 0] = 1
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(2, 1, use_bias=False, name="colour"),
            layers.Flatten(),
            layers.Dense(2, use_bias=False, activation=head),
        ]
    )
    model.layers[0].set_weights([np.array([[[[1, 0], [0, 0], [0, 1]]]], "float32")])
    model.layers[2].set_weights([weights.reshape(-1, 2)])
    return model


def peer(model: keras.Model, image: np.ndarray, class_index: int, layer: str) -> Any:
    model = keras.models.clone_model(model)
    model.set_weights(BUILT.get_weights())
    cam = Gradcam(model, model_modifier=ReplaceToLinear(), clone=False)
    batch = image[np.newaxis].astype("float32")
    return cam(
        CategoricalScore(class_index),
        batch,
        penultimate_layer=layer,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )[0]


BUILT = functional()


@pytest.mark.parametrize("layer", ["first", "relu6", "second", "third", "pool", "add"])
def test_grad_cam_is_that_of_tf_keras_vis(layer: str) -> None:
    for class_index in range(4):
        expected = peer(BUILT, PICTURE, class_index, layer)
        expected = tf.image.resize(expected[..., np.newaxis], (SIDE, SIDE))[..., 0]
        expected = expected / (np.max(expected) or 1)
        ours = explain.grad_cam(BUILT, PICTURE, class_index, layer)
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_by_default_it_takes_the_last_convolution_after_its_activation() -> None:
    for model, layer in ((BUILT, "third"), (sequential(), "second")):
        assert explain.convolutions(model)[-1] == layer
    assert explain.convolutions(BUILT) == ["relu6", "second", "third"]
    np.testing.assert_array_equal(
        explain.grad_cam(BUILT, PICTURE, 2),
        explain.grad_cam(BUILT, PICTURE, 2, layer="third"),
    )


@pytest.mark.parametrize("head", ["dense", "gap"])
def test_nested_models_answer_as_flat_ones(head: str) -> None:
    flat, inside = functional(head), nested(head)
    ours, theirs = (explain.activations(m, PICTURE) for m in (flat, inside))
    assert list(ours) == list(theirs)
    for name, maps in ours.items():
        np.testing.assert_allclose(maps, theirs[name], atol=1e-6)
    for layer in (None, "first", "third"):
        np.testing.assert_allclose(
            explain.grad_cam(flat, PICTURE, 1, layer),
            explain.grad_cam(inside, PICTURE, 1, layer),
            atol=1e-5,
        )
    one, other = (
        explain.preferred_input(m, "second", 3, steps=3, jitter=0)
        for m in (flat, inside)
    )
    np.testing.assert_allclose(one, other, atol=0.5)
    one, other = (explain.occlusion(m, PICTURE, 1, size=8) for m in (flat, inside))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_activations_are_those_of_a_model_cut_at_the_layer() -> None:
    found = explain.activations(BUILT, PICTURE)
    assert [maps.shape for maps in found.values()][:2] == [(24, 24, 3), (22, 22, 6)]
    for name, maps in found.items():
        cut = keras.Model(BUILT.input, BUILT.get_layer(name).output)
        expected = cut(PICTURE[np.newaxis].astype("float32"), training=False)[0]
        np.testing.assert_allclose(maps, expected, atol=1e-6)


def test_equal_names_are_told_apart_by_their_model() -> None:
    inner = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(1, 3, name="conv")], name="inner"
    )
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), inner, layers.Conv2D(1, 3, name="conv")]
    )
    assert list(explain.activations(model, np.zeros((8, 8)))) == ["inner/conv", "conv"]


@pytest.mark.parametrize("ending", ["softmax", "Softmax", "Activation", "linear"])
def test_scores_are_logits_whatever_the_ending(ending: str) -> None:
    """A network that is quite sure has no softmax gradient left; the logit has."""
    model = functional(activation=None)
    image = model.input
    extra = {
        "Softmax": layers.Softmax(),
        "Activation": layers.Activation("softmax"),
        "softmax": None,
        "linear": None,
    }[ending]
    weights = [100 * weight for weight in model.get_layer("class").get_weights()]
    if ending == "softmax":
        model = functional()
    elif extra is not None:
        model = keras.Model(image, extra(model.output))
    model.get_layer("class").set_weights(weights)
    linear = functional(activation=None)
    sure = int(np.argmax(linear(PICTURE[np.newaxis].astype("float32"))))
    expected = explain.grad_cam(linear, PICTURE, sure, "first")
    assert expected.max() == 1
    np.testing.assert_allclose(
        explain.grad_cam(model, PICTURE, sure, "first"), expected, atol=1e-4
    )
    drop = explain.occlusion(model, PICTURE, sure, size=8)
    expected_drop = 100 * explain.occlusion(linear, PICTURE, sure, size=8)
    np.testing.assert_allclose(drop, expected_drop, atol=1e-3)


def test_one_sigmoid_tells_two_classes() -> None:
    sigmoid = functional(classes=1, activation="sigmoid")
    linear = functional(classes=1, activation=None)
    cat, dog = (explain.occlusion(sigmoid, PICTURE, c, size=8) for c in (0, 1))
    np.testing.assert_allclose(cat, -dog, atol=1e-6)
    np.testing.assert_allclose(
        dog, explain.occlusion(linear, PICTURE, 1, size=8), atol=1e-6
    )
    one, other = (explain.grad_cam(sigmoid, PICTURE, c, "third") for c in (0, 1))
    assert not np.allclose(one, other)


def test_a_class_that_sees_one_region_is_found_there_without_and_with_gradients() -> (
    None
):
    """Only the red pixels of rows 2 to 5, columns 1 to 4 count for class 1."""
    model = watcher(slice(2, 6), slice(1, 5))
    image = RNG.random((12, 12, 3)).astype("float32") * 0.1
    image[2:6, 1:5, 0] = 1
    inside = np.zeros((12, 12), bool)
    inside[2:6, 1:5] = True
    drop = explain.occlusion(model, image, 1, size=1, fill=0)
    np.testing.assert_allclose(drop, np.where(inside, image[..., 0], 0), atol=1e-5)
    heat = explain.grad_cam(model, image, 1, layer="colour")
    np.testing.assert_allclose(heat, image[..., 0], atol=1e-5)
    assert explain.occlusion(model, image, 0, size=1, fill=0)[:8, :8].max() < 1e-6


def test_class_activation_maps_are_grad_cam_at_the_last_layer() -> None:
    for model in (functional("gap"), nested("gap")):
        for class_index in range(4):
            np.testing.assert_allclose(
                explain.class_activation_map(model, PICTURE, class_index),
                explain.grad_cam(model, PICTURE, class_index),
                atol=1e-5,
            )
    one = functional("gap", classes=1, activation="sigmoid")
    for class_index in (0, 1):
        np.testing.assert_allclose(
            explain.class_activation_map(one, PICTURE, class_index),
            explain.grad_cam(one, PICTURE, class_index),
            atol=1e-5,
        )


@settings(max_examples=8)
@given(st.integers(0, 3), st.integers(4, 12), st.integers(4, 12), st.integers(0, 255))
def test_every_pixel_is_covered_and_an_even_picture_drops_nowhere(
    class_index: int, size: int, stride: int, gray: int
) -> None:
    even = np.full((SIDE, SIDE, 3), gray, np.uint8)
    stride = min(size, stride)
    drop = explain.occlusion(BUILT, even, class_index, size=size, stride=stride)
    assert drop.shape == (SIDE, SIDE)
    np.testing.assert_allclose(drop, 0, atol=1e-4)


def test_patches_reach_the_end_and_nothing_is_left_out() -> None:
    for length in range(1, 40):
        for size in range(1, length + 1):
            for stride in range(1, size + 1):
                starts = heat_maps._steps(length, size, stride)
                assert starts[0] == 0
                assert starts[-1] == length - size
                assert all(0 < b - a <= stride for a, b in pairwise(starts))


def test_a_dead_network_gives_zeros_and_gray_not_nan() -> None:
    model = functional()
    for weight in model.weights:
        weight.assign(weight * 0)
    assert not explain.grad_cam(model, PICTURE, 0).any()
    for smooth in (True, False):
        gray = explain.preferred_input(model, "second", 0, steps=3, smooth=smooth)
        np.testing.assert_allclose(gray, 127.5, atol=5)


def test_nothing_is_changed() -> None:
    model = functional()
    image, weights = PICTURE.copy(), model.get_weights()
    floats = PICTURE.astype("float32")
    for one in (image, floats):
        explain.grad_cam(model, one, 0)
        explain.activations(model, one)
        explain.occlusion(model, one, 0)
        explain.preferred_input(model, "first", 0, steps=1)
    np.testing.assert_array_equal(image, PICTURE)
    np.testing.assert_array_equal(floats, PICTURE)
    for now, then in zip(model.get_weights(), weights):
        np.testing.assert_array_equal(now, then)
    assert model.get_layer("class").activation is keras.activations.softmax
    assert not any("call" in vars(layer) for layer in model.layers)
    with pytest.raises(ValueError, match="unknown"):
        explain.preferred_input(model, "x", 0)
    assert not any("call" in vars(layer) for layer in model.layers)


HOLE = PICTURE.astype("float32")
HOLE[3, 3, 0] = np.nan


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (lambda: explain.grad_cam(BUILT, PICTURE, 4), "class_index: 4; .* 0 to 3"),
        (lambda: explain.grad_cam(BUILT, PICTURE, -1), "class_index: -1"),
        (lambda: explain.grad_cam(BUILT, PICTURE, 0, "x"), "'x' is unknown; .* first,"),
        (lambda: explain.grad_cam(BUILT, PICTURE, 0, "class"), "'class' has no maps"),
        (lambda: explain.grad_cam(BUILT, PICTURE[:9], 0), r"\(9, 24, 3\), but small"),
        (lambda: explain.activations(BUILT, PICTURE[..., 0]), r"image: shape \(24, 24"),
        (lambda: explain.activations(BUILT, PICTURE[np.newaxis]), "takes one image"),
        (lambda: explain.activations(BUILT, HOLE), "image: it holds NaN"),
        (lambda: explain.occlusion(BUILT, HOLE, 0), "image: it holds NaN"),
        (lambda: explain.occlusion(BUILT, PICTURE, 0, size=25), "size: 25"),
        (lambda: explain.occlusion(BUILT, PICTURE, 0, size=4, stride=5), "stride: 5"),
        (lambda: explain.occlusion(BUILT, PICTURE, 9), "class_index: 9"),
        (lambda: explain.preferred_input(BUILT, "first", 6), "channels 0 to 5"),
        (lambda: explain.preferred_input(BUILT, "first", []), "channels 0 to 5"),
        (
            lambda: explain.preferred_input(BUILT, "first", cast("Any", 0.5)),
            "channels 0 to 5",
        ),
        (lambda: explain.preferred_input(BUILT, "class", 0), "has no maps"),
        (
            lambda: explain.preferred_input(BUILT, "first", 0, value_range=(1, 0)),
            "value_range",
        ),
        (lambda: explain.preferred_input(BUILT, "first", 0, steps=0), "steps: 0"),
        (lambda: explain.class_activation_map(BUILT, PICTURE, 0), "Flatten|Pooling"),
        (
            lambda: explain.grad_cam(models.mnist_mlp(), np.zeros((28, 28)), 0),
            "no convolution",
        ),
    ],
)
def test_what_cannot_be_is_refused(look: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        look()


def test_weights_with_nan_are_told() -> None:
    model = functional()
    weights = model.get_layer("second").get_weights()
    weights[0][:] = np.nan
    model.get_layer("second").set_weights(weights)
    for look in (
        lambda: explain.activations(model, PICTURE),
        lambda: explain.grad_cam(model, PICTURE, 0),
        lambda: explain.preferred_input(model, "second", 0, steps=1),
    ):
        with pytest.raises(ValueError, match="NaN"):
            look()


def test_gray_digits_need_no_third_axis() -> None:
    model = models.mnist_small_cnn()
    digit = RNG.integers(0, 256, (28, 28), np.uint8)
    assert explain.grad_cam(model, digit, 3).shape == (28, 28)
    assert explain.activations(model, digit)["conv_1"].shape == (26, 26, 32)
    assert explain.preferred_input(model, "conv_1", 0, steps=2).shape == (28, 28, 1)


def test_augmentation_rests() -> None:
    model = models.cats_dogs_cnn(32, augment=True)
    image = RNG.integers(0, 256, (32, 32, 3), np.uint8)
    first, second = (explain.activations(model, image)["conv_1"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def written_out(name: str) -> Callable[..., Any]:
    """A function that lesson 06 writes out in one of its cells."""
    space: dict[str, Any] = {"np": np, "tf": tf}
    (source,) = code("06", f"def {name}(")
    exec(source, space)
    return space[name]


def test_lesson_06_writes_out_the_same_gradient_ascent() -> None:
    part = keras.Model(BUILT.input, BUILT.get_layer("norm").output)
    theirs = written_out("ascend")(part, channel=3, steps=8)
    ours = explain.preferred_input(BUILT, "norm", 3, steps=8, smooth=False)
    np.testing.assert_allclose(ours, theirs, atol=0.05)
    assert np.ptp(ours) > 20


def test_lesson_06_computes_grad_cam_as_its_exercise_asks() -> None:
    """The maps of the last layer, weighted as the solution does it, scaled up."""
    batch = as_batch(BUILT, PICTURE)
    ending = find_ending(BUILT, listen(BUILT, batch), batch)
    with tf.GradientTape() as tape:
        run = listen(BUILT, batch, watch=tape.watch)
        logit = chosen(logits_of(run, ending), 1)[0]
    maps = find(run.heard, "third").output
    gradients = tape.gradient(logit, maps)[0].numpy()
    small = nb06.grad_cam(maps[0].numpy(), gradients)[..., np.newaxis]
    heat = tf.image.resize(small, (SIDE, SIDE))[..., 0].numpy()
    ours = explain.grad_cam(BUILT, PICTURE, 1)
    np.testing.assert_allclose(ours, heat / heat.max(), atol=1e-5)
