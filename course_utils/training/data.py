"""What a network is trained with, compared with the network."""

from typing import Any

import keras
import numpy as np


def as_fit_data(model: keras.Model, data: Any, name: str) -> Any:
    """A pair of arrays, checked against the model; a tf.data.Dataset as it is."""
    if hasattr(data, "images") and hasattr(data, "labels"):
        data = (data.images, data.labels)
    if hasattr(data, "element_spec"):  # a tf.data.Dataset
        return data
    if not (isinstance(data, (tuple, list)) and len(data) == 2):
        raise TypeError(
            f"{name}: got {type(data).__name__}; allowed are an object with images and "
            "labels, a pair (images, labels) and a tf.data.Dataset of batches"
        )
    images, labels = np.asarray(data[0]), np.asarray(data[1])
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(
            f"{name}: {len(images)} images and {len(labels)} labels; needed are as "
            "many labels as images, and at least one"
        )
    expected = tuple(model.input_shape[1:])
    if images.shape[1:] not in (expected, expected[:-1] if expected[-1] == 1 else None):
        raise ValueError(
            f"{name}: images have the shape {images.shape[1:]}, but the model takes "
            f"{expected}"
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise ValueError(f"{name}: images hold NaN or infinity")
    scales = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    if scales and images.dtype.kind == "f" and images.max() <= 1:
        raise ValueError(
            f"{name}: images are in 0..1 already, but the model scales 0..255 to 0..1 "
            "itself; give it the images as they came"
        )
    classes = model.output_shape[-1]
    if (
        labels.ndim == 1
        and classes > 1
        and not 0 <= labels.min() <= labels.max() < classes
    ):
        raise ValueError(
            f"{name}: labels go from {labels.min()} to {labels.max()}, but the model "
            f"tells {classes} classes apart: 0 to {classes - 1}"
        )
    return images, labels
