"""What lesson 05 writes out is what the package holds for the other lessons."""

from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np

from course_utils import models, training

(NOTEBOOK,) = Path(__file__).parents[2].glob("notebooks/05_*.ipynb")


def after(*texts: str) -> dict[str, Any]:
    """The names that the first cells with these texts leave behind."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    names: dict[str, Any] = {"keras": keras, "layers": keras.layers, "np": np}
    for text in texts:
        exec(next(c.source for c in cells if text in c.source), names)
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
