"""A network and images so small that a test can train it."""

import keras
import numpy as np


def tiny_data(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images of 4x4, bright on the left (0), in the middle (1) or on the right (2)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    images = rng.integers(0, 120, (n, 4, 4, 1), np.uint8)
    images[np.arange(n), :, labels] += 60
    return images, labels


TRAIN, VALIDATION = tiny_data(96), tiny_data(48, seed=1)


def tiny_model(rate: float = 0.01, units: int = 8, activation: str = "relu"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation=activation),
            keras.layers.Dense(3, activation="softmax"),
        ],
        name="tiny",
    )
    model.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def validation_loss(model: keras.Model) -> float:
    return model.evaluate(*VALIDATION, verbose=0)[0]
