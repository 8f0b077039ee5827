"""Preferred inputs: what the kernel says, the same for the same seed."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from course_utils import datasets, explain
from course_utils.explain import preferred


def edge_model() -> keras.Model:
    """One filter that likes dark on the left and bright on the right, in red."""
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(3, 3, activation="relu", name="edge"),
        ]
    )
    kernel = np.zeros((3, 3, 3, 3), "float32")
    kernel[:, 0, 0, 0], kernel[:, 2, 0, 0] = -1, 1  # red, to the right
    kernel[1, 1, 2, 1] = 1  # blue
    kernel[1, 1, :, 2] = -1  # darkness
    model.layers[0].set_weights([kernel, np.array([-9, 0, -99], "float32")])
    return model


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("value_range", [(0, 1), (0, 255), (-1, 1)])
def test_preferred_inputs_are_what_the_kernel_says(
    smooth: bool, value_range: tuple[float, float]
) -> None:
    """Though the filter is silent on gray, as its bias is far below zero."""
    model = edge_model()
    options: dict[str, Any] = {"value_range": value_range, "smooth": smooth}
    options |= {"steps": 40, "rate": 0.2}
    first = explain.preferred_input(model, "edge", 0, **{**options, "rate": 1e-6})
    middle = sum(value_range) / 2
    unit = value_range[1] - value_range[0]
    np.testing.assert_allclose(first, middle, atol=0.02 * unit)
    several = explain.preferred_input(model, "edge", [1, 2], **options)
    assert several.shape == (2, 16, 16, 3)
    assert value_range[0] <= several.min() < several.max() <= value_range[1]
    blue, dark = (several - middle) / unit
    assert blue[..., 2].mean() > 0.3
    assert dark.mean() < -0.3
    edge = explain.preferred_input(model, "edge", 0, jitter=0, **options)
    red = (edge[..., 0] - middle) / unit
    assert (red[:, -2:].mean() - red[:, :2].mean()) > 0.4


def test_several_filters_together_are_each_as_alone() -> None:
    options: dict[str, Any] = {"steps": 5, "smooth": False, "jitter": 0}
    model = edge_model()
    together = explain.preferred_input(model, "edge", [0, 2], **options)
    alone = explain.preferred_input(model, "edge", 2, **options)
    assert np.abs(together[1] - alone).mean() < 2  # their noise differs
    assert np.abs(together[0] - alone).mean() > 5


def test_ascent_raises_the_answer_and_repeats_with_its_seed() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((24, 24, 3)), layers.Rescaling(1 / 255)])
    model.add(layers.Conv2D(12, 3, activation="relu"))
    model.add(layers.Conv2D(8, 3, strides=2, activation="relu", name="third"))
    before = explain.preferred_input(model, "third", 2, steps=1)
    pictures = [
        explain.preferred_input(model, "third", 2, steps=30, seed=seed)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])
    answers = [
        explain.activations(model, p)["third"][..., 2].mean()
        for p in (before, pictures[0])
    ]
    assert answers[1] > 1.5 * max(answers[0], 1e-3)


def test_colours_are_those_of_the_photographs() -> None:
    pixels = datasets.cats_vs_dogs("sample").train.images.reshape(-1, 3) / 255
    values, vectors = np.linalg.eigh(np.cov(pixels.T))
    root = vectors * np.sqrt(values)
    spread = preferred.COLOURS @ preferred.COLOURS.T
    expected = root @ root.T
    np.testing.assert_allclose(
        spread / spread.max(), expected / expected.max(), atol=0.02
    )
