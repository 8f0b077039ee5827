"""What a network is trained with: told apart by kind, compared with the network."""

from typing import Any

import keras

from course_utils.training import streams
from course_utils.training.images import as_images
from course_utils.training.labels import as_labels


def as_fit_data(model: keras.Model, data: Any, name: str) -> Any:
    """A pair of arrays, checked against the model; a stream of batches as it is."""
    if hasattr(data, "images") and hasattr(data, "labels"):
        data = (data.images, data.labels)
    if hasattr(data, "element_spec"):  # a tf.data.Dataset
        streams.check_stream(name, data, model)
        if name == "validation":
            streams.check_first(name, data, model)
        return data
    if isinstance(data, keras.utils.PyDataset):
        _check_sequence(name, data, model)
        return data
    if not (isinstance(data, (tuple, list)) and len(data) == 2):
        raise TypeError(
            f"{name}: got {type(data).__name__}; allowed are an object with images and "
            "labels, a pair (images, labels) and a tf.data.Dataset of batches"
            + " (tf.data.Dataset.from_generator makes one)"
            * hasattr(data, "__next__")
        )
    if _has_several(model):
        raise ValueError(
            f"model: it has several inputs or outputs; {name} must be a "
            "tf.data.Dataset of batches then"
        )
    images, labels = as_images(name, data[0], model), as_labels(name, data[1], model)
    counts = [len(part) if part.ndim else 0 for part in (images, labels)]
    if counts[0] != counts[1] or counts[0] == 0:
        raise ValueError(
            f"{name}: {counts[0]} images and {counts[1]} labels; needed are as "
            "many labels as images, and at least one"
        )
    return images, labels


def _has_several(model: keras.Model) -> bool:
    sides = (getattr(model, side, None) for side in ("inputs", "outputs"))
    return any(len(tensors or []) > 1 for tensors in sides)


def _check_sequence(name: str, data: Any, model: keras.Model) -> None:
    """The first batch of a keras.utils.PyDataset, which may be asked in any order."""
    if data.num_batches == 0:
        raise ValueError(f"{name}: there are no batches in it")
    if data.num_batches is None:
        raise ValueError(f"{name}: it never ends, so no epoch would; give it a length")
    batch = data[0]
    if not (isinstance(batch, tuple) and len(batch) in (2, 3)):
        raise ValueError(f"{name}: a batch must be (images, labels)")
    images, labels = as_images(name, batch[0], model), as_labels(name, batch[1], model)
    streams.check_batch(name, images, labels, model)
