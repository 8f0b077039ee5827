"""Streams of batches, compared with the network before anything is trained.

The first batch of a validation stream is looked at. That of a training stream is
looked at as it goes by: reading it beforehand would shift the order in which a shuffled
stream gives its images, and with it each result.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from course_utils.training.images import check_shape, check_values, fits
from course_utils.training.labels import as_labels, check_label_shape
from course_utils.training.network import shape_of

ALLOWED = "allowed is a stream of batches (images, labels)"


def check_stream(name: str, stream: Any, model: keras.Model) -> None:
    """Refuse a tf.data.Dataset by what it says about its elements."""
    if shape_of(model, "input") is None or shape_of(model, "output") is None:
        return  # several inputs or outputs: Keras knows better
    spec = stream.element_spec
    if isinstance(spec, dict):
        keys = ", ".join(map(repr, spec))
        raise ValueError(
            f"{name}: its elements are dicts with {keys}; {ALLOWED}, as from "
            "stream.map(lambda d: (d['image'], d['label']))"
        )
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        held = f"{len(spec)} parts" if isinstance(spec, tuple) else "images alone"
        raise ValueError(f"{name}: its elements have {held}; {ALLOWED}")
    length = int(stream.cardinality())
    if length == 0:
        raise ValueError(f"{name}: the stream is empty")
    if length == -1:
        raise ValueError(
            f"{name}: the stream never ends, so no epoch would; leave out .repeat() "
            "or add .take(n), n batches an epoch"
        )
    names = {tensor.name for tensor in getattr(model, "inputs", None) or []}
    if isinstance(spec[0], dict) and names and not names >= spec[0].keys():
        raise ValueError(
            f"{name}: its images are dicts with {', '.join(map(repr, spec[0]))}, but "
            f"the input of the model is {', '.join(map(repr, names))}"
        )
    if not _plain(spec):
        return
    images, labels = spec[0].shape, spec[1].shape
    expected = shape_of(model, "input")
    assert expected is not None
    if images.rank is None or labels.rank is None:
        raise ValueError(
            f"{name}: the stream does not tell the shape of its elements, which Keras "
            "needs; name it in output_signature, as tf.TensorSpec((None, "
            f"{', '.join(map(str, expected[1:]))})), or with tf.ensure_shape"
        )
    alone = fits((1, *images), expected)
    if labels.rank == 0 or (alone and not fits(tuple(images), expected)):
        raise ValueError(
            f"{name}: the stream gives single images {tuple(images)}, not batches; "
            "add .batch(32)"
        )
    check_shape(name, tuple(images), model)
    check_label_shape(name, tuple(labels), model)
    if spec[1].dtype.name == "string":
        raise ValueError(f"{name}: the labels are texts, not numbers of classes")


def check_first(name: str, stream: Any, model: keras.Model) -> None:
    """Look at the first batch of a stream."""
    if not _plain(stream.element_spec):
        return
    for images, labels, *_ in stream.take(1):
        check_batch(name, images.numpy(), labels.numpy(), model)
        return
    raise ValueError(f"{name}: the stream is empty")


def check_batch(
    name: str, images: np.ndarray, labels: np.ndarray, model: keras.Model
) -> None:
    """Refuse a batch that does not belong to the model."""
    if shape_of(model, "input") is None or shape_of(model, "output") is None:
        return
    if labels.ndim == 0:
        raise ValueError(f"{name}: the stream gives no batches; add .batch(32)")
    check_shape(name, images.shape, model)
    if len(images) != len(labels):
        raise ValueError(
            f"{name}: a batch has {len(images)} images and {len(labels)} labels"
        )
    check_values(name, images, model)
    as_labels(name, labels, model)


@contextmanager
def watched(name: str, stream: Any, model: keras.Model) -> Iterator[Any]:
    """The same stream, whose first batch is looked at when it is due.

    What is wrong with it is raised as it is, not as TensorFlow wraps it.
    """
    import tensorflow as tf

    if not hasattr(stream, "element_spec") or not _plain(stream.element_spec):
        yield stream
        return
    refused: list[Exception] = []

    def check(images: np.ndarray, labels: np.ndarray) -> bool:
        try:
            check_batch(name, images, labels, model)
        except ValueError as error:
            refused.append(error)
            raise
        return True

    def look(place: Any, batch: Any) -> Any:
        fine = tf.cond(
            place == 0,
            lambda: tf.numpy_function(check, list(batch[:2]), tf.bool),
            lambda: tf.constant(True),
        )
        with tf.control_dependencies([fine]):
            return tf.nest.map_structure(tf.identity, batch)

    try:
        yield stream.enumerate().map(look)
    except tf.errors.OpError:
        if refused:
            raise refused[0] from None
        raise


def _plain(spec: Any) -> bool:
    """Whether images and labels are one tensor each."""
    import tensorflow as tf

    return (
        isinstance(spec, tuple)
        and len(spec) in (2, 3)
        and all(isinstance(part, tf.TensorSpec) for part in spec[:2])
    )
