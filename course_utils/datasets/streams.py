"""Batches for TensorFlow, from arrays in memory or from photographs on disk."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from course_utils.datasets.photos import Photos

if TYPE_CHECKING:
    import tensorflow as tf


class Order(NamedTuple):
    """How many images there are, the seed to mix them with, how many make a batch."""

    length: int
    seed: int | None  # None: as they are
    batch_size: int

    def of(self, stream: "tf.data.Dataset") -> "tf.data.Dataset":
        """The stream, mixed anew in every epoch, or as it is."""
        if self.seed is None:
            return stream
        return stream.shuffle(self.length, seed=self.seed)


def from_memory(
    images: np.ndarray,
    labels: np.ndarray,
    order: Order,
    size: tuple[int, int] | None = None,
) -> "tf.data.Dataset":
    """Batches of images uint8 (N, H, W[, C]), scaled where another size is asked."""
    import tensorflow as tf

    pixels = images if images.ndim == 4 else images[..., None]

    def pick(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return pixels[batch], labels[batch].astype(np.int32)

    def finish(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x, y = tf.numpy_function(pick, [batch], (tf.uint8, tf.int32))
        x = tf.ensure_shape(x, (None, *pixels.shape[1:]))
        if size and size != pixels.shape[1:3]:
            x = tf.image.resize(x, size, antialias=True)
        return tf.cast(x, tf.float32), tf.ensure_shape(y, (None,))

    places = order.of(tf.data.Dataset.range(order.length)).batch(order.batch_size)
    return places.map(finish, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def from_disk(
    photos: Photos,
    labels: np.ndarray,
    order: Order,
    size: tuple[int, int],
    cache: bool = False,
) -> "tf.data.Dataset":
    """Batches of photographs, read when they are due, or once and then kept."""
    import tensorflow as tf

    def decode(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        photo, used = photos.read(int(place), size)
        return photo, labels[used].astype(np.int32)

    def read(place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x, y = tf.numpy_function(decode, [place], (tf.uint8, tf.int32))
        return tf.ensure_shape(x, (*size, 3)), tf.ensure_shape(y, ())

    places = tf.data.Dataset.range(order.length)
    if cache:
        stream = order.of(places.map(read, tf.data.AUTOTUNE).cache())
    else:
        stream = order.of(places).map(read, tf.data.AUTOTUNE)
    stream = stream.batch(order.batch_size)
    stream = stream.map(lambda x, y: (tf.cast(x, tf.float32), y))
    return stream.prefetch(tf.data.AUTOTUNE)
