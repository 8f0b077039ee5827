"""What every function of `datasets` returns."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.datasets.photos import SPLITS, Photos

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Split:
    """Images with a label each.

    ``images`` is uint8 (N, H, W) or (N, H, W, 3), values 0..255. Where photographs stay
    on the disk it is a sequence instead, with ``images[i]`` uint8 (H, W, 3) of its own
    size. ``labels`` is uint8 (N,).
    """

    images: Any  # np.ndarray, or Photos: annotated so, every use would need a check
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageSet:
    """Labelled images: ``train`` to learn from, ``validation`` to choose by, ``test``.

    ``source`` is "sample", "full", ... as asked for; ``class_names[label]`` names a
    label; ``notes`` tells what was left out or converted.
    """

    name: str
    source: str
    origin: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """What is in the set, as text to print."""
        lines = [f"{self.name} ({self.source}): {self.origin}"]
        lost: set[Path] = set()
        for name in SPLITS:
            split = getattr(self, name)
            if isinstance(split.images, Photos):
                shape = "photographs"
                lost |= split.images.lost
            else:
                shape = "of " + "x".join(map(str, split.images.shape[1:]))
            counts = np.bincount(split.labels, minlength=len(self.class_names))
            share = ", ".join(f"{n}: {c}" for n, c in zip(self.class_names, counts))
            lines.append(f"  {name:<10} {len(split):>6,} {shape} ({share})")
        lines += [f"  {note}" for note in self.notes]
        if lost:
            lines.append(f"  {len(lost):,} became unreadable; others stood in for them")
        return "\n".join(lines)

    def as_dataset(
        self,
        split: str,
        image_size: int | tuple[int, int] | None = None,
        batch_size: int = 32,
        *,
        shuffle: bool | None = None,
        seed: int = 0,
        cache: bool = False,
    ) -> "tf.data.Dataset":
        """Batches of one split, as a stream that needs little memory.

        Parameters
        ----------
        split : {"train", "validation", "test"}
        image_size : int or (height, width), optional
            Scale every image to this; photographs need it.
        batch_size : int
        shuffle : bool, optional
            Mix the images anew in every epoch; by default the training images only.
        seed : int
            The same seed gives the same orders.
        cache : bool
            Keep decoded photographs in memory from the first epoch on; each takes
            3 * height * width bytes.

        Returns
        -------
        tf.data.Dataset
            Images float32 (batch, height, width, 1 or 3), values 0..255, and labels
            int32 (batch,).
        """
        import tensorflow as tf

        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; it must be one of {SPLITS}.")
        size = _height_and_width(image_size)
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(
                f"batch_size is {batch_size!r}; it must be an integer of 1 or more."
            )
        images, labels = getattr(self, split).images, getattr(self, split).labels
        if len(labels) == 0:
            raise ValueError(f"split is {split!r}, which has no images in {self.name}.")

        def mixed(stream: tf.data.Dataset) -> tf.data.Dataset:
            if shuffle or (shuffle is None and split == "train"):
                return stream.shuffle(len(labels), seed=seed)
            return stream

        places = tf.data.Dataset.range(len(labels))
        if not isinstance(images, Photos):  # in memory: pick a batch at once
            pixels = images if images.ndim == 4 else images[..., None]

            def pick(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                return pixels[batch], labels[batch].astype(np.int32)

            def finish(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                x, y = tf.numpy_function(pick, [batch], (tf.uint8, tf.int32))
                x = tf.ensure_shape(x, (None, *pixels.shape[1:]))
                if size and size != pixels.shape[1:3]:
                    x = tf.image.resize(x, size, antialias=True)
                return tf.cast(x, tf.float32), tf.ensure_shape(y, (None,))

            stream = mixed(places).batch(batch_size).map(finish, tf.data.AUTOTUNE)
            return stream.prefetch(tf.data.AUTOTUNE)

        if size is None:
            raise ValueError(
                "image_size is None; photographs differ in size, so say which they "
                "shall have, as in as_dataset('train', image_size=150)."
            )

        def decode(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            photo, used = images.read(int(place), size)
            return photo, labels[used].astype(np.int32)

        def read(place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            x, y = tf.numpy_function(decode, [place], (tf.uint8, tf.int32))
            return tf.ensure_shape(x, (*size, 3)), tf.ensure_shape(y, ())

        if cache:
            stream = mixed(places.map(read, tf.data.AUTOTUNE).cache())
        else:
            stream = mixed(places).map(read, tf.data.AUTOTUNE)
        stream = stream.batch(batch_size)
        stream = stream.map(lambda x, y: (tf.cast(x, tf.float32), y))
        return stream.prefetch(tf.data.AUTOTUNE)


def _height_and_width(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = size if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) for n in pair):
        raise TypeError(
            f"image_size is {size!r}; it must be an integer or (height, width)."
        )
    if min(pair) < 1:
        raise ValueError(f"image_size is {size!r}; each side must be 1 or more.")
    return int(pair[0]), int(pair[1])
