"""The networks of the course, one builder each.

All of them take images as the data sets give them, with values 0..255; the first layer
scales to 0..1, so nobody has to remember it when predicting. All come compiled (Adam,
the loss that fits the output, accuracy); `model.compile` replaces that choice.
"""

from math import radians, tan
from typing import Any

import keras
from keras import layers

DIGIT = (28, 28, 1)


def mnist_mlp(
    hidden: tuple[int, ...] = (512, 512),
    activation: str | None = "relu",
    dropout: float = 0.0,
) -> keras.Sequential:
    """Multilayer perceptron for digits; 669,706 weights with two layers of 512.

    Parameters
    ----------
    hidden : units of each hidden layer, first to last.
    activation : Keras name, after each hidden layer; None makes the network linear.
    dropout : share of each hidden layer dropped in training, 0 <= dropout < 1.

    Returns
    -------
    keras.Sequential : images (N, 28, 28) or (N, 28, 28, 1) in 0..255 to probabilities
        (N, 10), compiled for whole-number labels.

    Raises
    ------
    ValueError
        For a layer without units, an unknown activation, a dropout outside [0, 1).
    """
    if any(units < 1 for units in hidden):
        raise ValueError(f"hidden: {hidden}; every layer needs at least one unit")
    _check_dropout(dropout)
    model = keras.Sequential(name="mnist_mlp")
    model.add(keras.Input(DIGIT, name="image"))
    model.add(_scale())
    model.add(layers.Flatten(name="flatten"))
    for i, units in enumerate(hidden, start=1):
        model.add(layers.Dense(units, activation=activation, name=f"hidden_{i}"))
        if dropout:
            model.add(layers.Dropout(dropout, name=f"dropout_{i}"))
    model.add(layers.Dense(10, activation="softmax", name="digit"))
    return _compiled(model)


def mnist_small_cnn() -> keras.Sequential:
    """The smallest useful CNN for digits: one convolution, one dense; 54,410 weights.

    Returns
    -------
    keras.Sequential : images (N, 28, 28) or (N, 28, 28, 1) in 0..255 to probabilities
        (N, 10), compiled for whole-number labels.
    """
    return _compiled(
        keras.Sequential(
            [
                keras.Input(DIGIT, name="image"),
                _scale(),
                layers.Conv2D(32, 3, activation="relu", name="conv_1"),
                layers.MaxPooling2D(2, name="pool_1"),
                layers.Dropout(0.25, name="dropout_1"),
                layers.Flatten(name="flatten"),
                layers.Dropout(0.5, name="dropout_2"),
                layers.Dense(10, activation="softmax", name="digit"),
            ],
            name="mnist_small_cnn",
        )
    )


def mnist_cnn(head: str = "flatten") -> keras.Sequential:
    """The lecture's CNN for digits: 55,744 weights in three convolutions, and a head.

    Parameters
    ----------
    head : "flatten" ends in Flatten, Dense 64, Dense 10 (93,322 weights in all);
        "gap" in global average pooling and Dense 10 (56,394).

    Returns
    -------
    keras.Sequential : images (N, 28, 28) or (N, 28, 28, 1) in 0..255 to probabilities
        (N, 10), compiled for whole-number labels.

    Raises
    ------
    ValueError
        For another head.
    """
    if head == "flatten":
        ending = [
            layers.Flatten(name="flatten"),
            layers.Dense(64, activation="relu", name="dense"),
        ]
    elif head == "gap":
        ending = [layers.GlobalAveragePooling2D(name="gap")]
    else:
        raise ValueError(f"head: {head!r}; allowed are 'flatten' and 'gap'")
    return _compiled(
        keras.Sequential(
            [
                keras.Input(DIGIT, name="image"),
                _scale(),
                layers.Conv2D(32, 3, activation="relu", name="conv_1"),
                layers.MaxPooling2D(2, name="pool_1"),
                layers.Conv2D(64, 3, activation="relu", name="conv_2"),
                layers.MaxPooling2D(2, name="pool_2"),
                layers.Conv2D(64, 3, activation="relu", name="conv_3"),
                *ending,
                layers.Dense(10, activation="softmax", name="digit"),
            ],
            name=f"mnist_cnn_{head}",
        )
    )


def cats_dogs_cnn(
    image_size: int = 150, dropout: float = 0.0, augment: bool = False
) -> keras.Sequential:
    """CNN that tells dogs (1) from cats (0); 3,453,121 weights at 150x150.

    Convolutions with 32, 64, 128 and 128 kernels, a pool after each, Dense 512, one
    sigmoid. From 150 pixels a side the maps shrink to 148, 74, 72, 36, 34, 17, 15, 7.
    Below 64 pixels the fourth block is left out: nothing would remain for it.

    Parameters
    ----------
    image_size : pixels a side, at least 22.
    dropout : share of the flattened maps dropped in training, 0 <= dropout < 1.
    augment : put `augmentation` in front; it works in training only.

    Returns
    -------
    keras.Sequential : images (N, image_size, image_size, 3) in 0..255 to the
        probability of a dog (N, 1), compiled for labels 0 and 1.

    Raises
    ------
    ValueError
        For images that are too small, a dropout outside [0, 1).
    """
    if image_size < 22:
        raise ValueError(
            f"image_size: {image_size}; at least 22, three blocks leave nothing of less"
        )
    _check_dropout(dropout)
    model = keras.Sequential(name=f"cats_dogs_cnn_{image_size}")
    model.add(keras.Input((image_size, image_size, 3), name="image"))
    if augment:
        model.add(augmentation())
    model.add(_scale())
    channels = (32, 64, 128, 128) if image_size >= 64 else (32, 64, 128)
    for i, kernels in enumerate(channels, start=1):
        model.add(layers.Conv2D(kernels, 3, activation="relu", name=f"conv_{i}"))
        model.add(layers.MaxPooling2D(2, name=f"pool_{i}"))
    model.add(layers.Flatten(name="flatten"))
    if dropout:
        model.add(layers.Dropout(dropout, name="dropout"))
    model.add(layers.Dense(512, activation="relu", name="dense"))
    model.add(layers.Dense(1, activation="sigmoid", name="dog"))
    return _compiled(model, loss="binary_crossentropy")


@keras.saving.register_keras_serializable("course_utils")
class Augmentation(keras.Sequential):
    """Layers that work in training only.

    Keras's random layers work also where nobody says whether it is training, as in
    `model(images)`; here silence means that it is not.
    """

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        return super().call(inputs, training=training, mask=mask)


def augmentation() -> Augmentation:
    """Random variants of photographs: mirrored, turned, shifted, zoomed, slanted.

    Each picture of a batch is changed on its own, in training only: turned by up to 15
    degrees, shifted by up to a tenth of the side, zoomed by up to 15 %, slanted by up
    to 10 degrees. What comes into view at the edges repeats the nearest pixels.

    Returns
    -------
    Augmentation : images (N, H, W, C) to images of the same shape and value range.
        `augmentation()(images, training=True)` shows what it does.
    """
    edges = {"fill_mode": "nearest"}
    return Augmentation(
        [
            layers.RandomFlip("horizontal", name="flip"),
            layers.RandomRotation(15 / 360, **edges, name="rotate"),
            layers.RandomTranslation(0.1, 0.1, **edges, name="shift"),
            layers.RandomZoom(0.15, **edges, name="zoom"),
            # A pair, drawn with either sign: Keras cannot load what one number saves
            # (keras issue 21110).
            layers.RandomShear((0, tan(radians(10))), **edges, name="slant"),
        ],
        name="augmentation",
    )


def _scale() -> keras.Layer:
    return layers.Rescaling(1 / 255, name="scale")


def _check_dropout(dropout: float) -> None:
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: {dropout}; allowed is 0 <= dropout < 1")


def _compiled(
    model: keras.Sequential, loss: str = "sparse_categorical_crossentropy"
) -> keras.Sequential:
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model
