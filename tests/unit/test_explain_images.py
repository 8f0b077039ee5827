"""What may be looked at: one image of numbers, and a model that takes one."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from course_utils import explain

PICTURE = np.random.default_rng(0).random((8, 8, 3)).astype("float32")
LOOKS = (explain.activations, explain.grad_cam, explain.occlusion)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    conv = layers.Conv2D(2, 3, name="maps")
    head = [layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax")]
    return keras.Sequential([keras.Input((8, 8, 3)), conv, *head])


def ask(look: Callable[..., Any], model: keras.Model, image: Any) -> Any:
    return look(model, image) if look is explain.activations else look(model, image, 0)


def film() -> Any:
    inside = [layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    frame = keras.Sequential([keras.Input((8, 8, 3)), *inside])
    steps = [layers.TimeDistributed(frame), layers.LSTM(3), layers.Dense(2)]
    return keras.Sequential([keras.Input((4, 8, 8, 3)), *steps])


def volume() -> Any:
    steps = [layers.Conv3D(2, 3), layers.GlobalAveragePooling3D(), layers.Dense(2)]
    return keras.Sequential([keras.Input((8, 8, 8, 1)), *steps])


def row() -> Any:
    return keras.Sequential([keras.Input((10,)), layers.Dense(2)])


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("build", [film, volume, row])
def test_films_volumes_and_rows_are_no_images(look: Any, build: Any) -> None:
    other = build()
    with pytest.raises(
        ValueError, match=r"^model: .* one image, \(H, W, C\) or \(H, W"
    ):
        ask(look, other, np.zeros(other.input_shape[1:]))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("image", "what"),
    [
        ("cat.jpg", "a str"),
        ({"image": PICTURE}, "a dict"),
        ([[1], [1, 2]], "a list"),
        (PICTURE + 1j, "a complex"),
    ],
    ids=["name", "dict", "ragged", "complex"],
)
def test_what_are_no_real_numbers_is_named(
    look: Any, image: Any, what: str, model: keras.Model
) -> None:
    with pytest.raises(TypeError, match=f"^image: {what}.* real numbers"):
        ask(look, model, image)


def test_images_of_any_kind_of_number_are_taken(model: keras.Model) -> None:
    whole = (PICTURE * 255).astype("uint8")
    right = explain.grad_cam(model, whole, 1)
    for same in (whole.astype(object), whole.tolist(), keras.ops.array(whole)):
        np.testing.assert_array_equal(explain.grad_cam(model, same, 1), right)


def test_an_empty_name_is_no_layer(model: keras.Model) -> None:
    with pytest.raises(ValueError, match=r"layer: '' is unknown; .* maps"):
        explain.grad_cam(model, PICTURE, 0, "")
