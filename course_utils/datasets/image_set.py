"""What every function of `datasets` returns."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.checks import pair, whole_number
from course_utils.datasets import streams
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


Splits = tuple[Split, Split, Split]  # to train, to validate, to test


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
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; it must be one of {SPLITS}.")
        size = None if image_size is None else pair("image_size", image_size)
        batch_size = whole_number("batch_size", batch_size)
        images, labels = getattr(self, split).images, getattr(self, split).labels
        if len(labels) == 0:
            raise ValueError(f"split is {split!r}, which has no images in {self.name}.")
        mix = shuffle or (shuffle is None and split == "train")
        order = streams.Order(len(labels), seed if mix else None, batch_size)
        if not isinstance(images, Photos):
            return streams.from_memory(images, labels, order, size)
        if size is None:
            raise ValueError(
                "image_size is None; photographs differ in size, so say which they "
                "shall have, as in as_dataset('train', image_size=150)."
            )
        return streams.from_disk(images, labels, order, size, cache)
