"""Which networks of Keras the page takes, and what it says of the others."""

import keras
import numpy as np
import pytest
from keras import layers

from course_utils import models
from course_utils.widgets import DigitPad, network_of
from course_utils.widgets.network import model_of
from tools.standalone import page


def chain(*steps: keras.layers.Layer, shape: tuple = (8, 8, 3)) -> keras.Sequential:
    return keras.Sequential([keras.Input(shape), *steps])


def everything() -> keras.Sequential:
    keras.utils.set_random_seed(1)
    return chain(
        layers.Rescaling(1 / 255, -0.5),
        layers.Conv2D(4, (3, 2), strides=(1, 2), padding="same", use_bias=False),
        layers.BatchNormalization(scale=False),
        layers.ReLU(),
        layers.AveragePooling2D(2),
        layers.MaxPooling2D(2, 1, padding="same"),
        layers.Dropout(0.2),
        layers.GlobalAveragePooling2D(),
        layers.Flatten(),
        layers.Dense(3),
        layers.Softmax(),
    )


@pytest.mark.parametrize("half", [False, True])
def test_a_network_comes_back_from_what_is_told(half: bool) -> None:
    model = everything()
    back = model_of(network_of(model, half=half))
    images = np.random.default_rng(2).uniform(0, 255, (5, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(back(images), model(images), atol=1e-2 if half else 1e-6)


def test_the_small_network_fits_into_a_page_in_sixteen_bits() -> None:
    told = network_of(models.mnist_small_cnn(), half=True)
    assert len(told["weights"]) < 150_000


def test_a_notebook_carries_all_digits_of_weights_and_a_file_half_of_them() -> None:
    pad = DigitPad(models.mnist_small_cnn())
    assert pad._network == network_of(pad.model)
    assert pad._network["dtype"] == "float32"
    file = page(pad)
    assert network_of(pad.model, half=True)["weights"] in file
    assert '"float32"' not in file


def test_a_plain_functional_network_is_told_like_a_sequential_one() -> None:
    model = everything()
    functional = keras.Model(model.inputs, model.outputs)
    assert network_of(functional) == network_of(model)


def branched() -> keras.Model:
    image = keras.Input((8, 8, 3))
    both = layers.Flatten()(image)
    return keras.Model(image, layers.Dense(2)(layers.Dense(192)(both) + both))


REFUSED = {
    "LayerNormalization": lambda: chain(layers.LayerNormalization()),
    "allowed are Rescaling, Conv2D": lambda: chain(layers.SeparableConv2D(2, 3)),
    "activation 'gelu'": lambda: chain(layers.Conv2D(2, 3, activation="gelu")),
    r"dilation_rate=\(2, 2\)": lambda: chain(layers.Conv2D(2, 3, dilation_rate=2)),
    "groups=3": lambda: chain(layers.Conv2D(3, 3, groups=3)),
    "flatten it first": lambda: chain(layers.Dense(3)),
    "not a plain ReLU": lambda: chain(layers.ReLU(max_value=6)),
    "scales each channel": lambda: chain(layers.Rescaling([1.0, 2.0, 3.0])),
    "axis=1": lambda: chain(layers.BatchNormalization(axis=1)),
    "not a chain": branched,
    "let it begin with keras.Input": lambda: keras.Sequential([layers.Dense(2)]),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_the_page_does_not_have_is_refused_by_name(words: str) -> None:
    with pytest.raises(ValueError, match=f"^model: .*{words}"):
        network_of(REFUSED[words]())


def test_only_models_are_told() -> None:
    with pytest.raises(TypeError, match="model: must be a Keras model, not str"):
        network_of("a model")
