"""What lesson 05 writes out is what the package holds for the other lessons."""

from typing import Any

import keras
import numpy as np

from course_utils import models, training
from tests.lessons import code


def after(*texts: str) -> dict[str, Any]:
    """The names that the first cells with these texts leave behind."""
    names: dict[str, Any] = {"keras": keras, "layers": keras.layers, "np": np}
    for source in code("05", *texts):
        exec(source, names)
    return names


def test_the_network_written_out_is_the_one_of_the_package() -> None:
    ours = training.architecture(models.cats_dogs_cnn(150))
    assert training.architecture(after("large = keras.Sequential")["large"]) == ours


def test_the_augmentation_written_out_is_the_one_of_the_package() -> None:
    def settings(layer: keras.Layer) -> dict[str, Any]:
        config = layer.get_config()
        return {k: v for k, v in config.items() if k not in ("name", "seed", "dtype")}

    ours, lesson = models.augmentation(), after("augment = keras.")["augment"]
    for here, there in zip(lesson.layers, ours.layers, strict=True):
        assert type(here) is type(there)
        assert settings(here) == settings(there)
