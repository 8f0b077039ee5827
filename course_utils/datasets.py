"""The data sets of the course: a bundled sample first, the whole set on request.

>>> digits = mnist("sample")
>>> digits.train.images.shape, digits.train.labels[:5].tolist()
((20000, 28, 28), [5, 0, 4, 1, 9])
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils._house_numbers import draw_house_numbers

SAMPLES = Path(__file__).parent / "samples"
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Split:
    """Images uint8 (N, H, W) or (N, H, W, 3), values 0..255, and labels uint8 (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class ImageSet:
    """Labelled images: ``train`` to learn from, ``validation`` to choose by, ``test``.

    ``source`` is "sample" or "full"; ``class_names[label]`` names a label.
    """

    name: str
    source: str
    origin: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split

    def describe(self) -> str:
        """What is in the set, as text to print."""
        lines = [f"{self.name} ({self.source}): {self.origin}"]
        for split in ("train", "validation", "test"):
            images = getattr(self, split).images
            counts = np.bincount(getattr(self, split).labels)
            share = ", ".join(f"{n}: {c}" for n, c in zip(self.class_names, counts))
            shape = "x".join(map(str, images.shape[1:]))
            lines.append(f"  {split:<10} {len(images):>6,} of {shape} ({share})")
        return "\n".join(lines)


def mnist(source: str = "auto") -> ImageSet:
    """Handwritten digits, 28x28 gray: white ink (255) on black (0).

    Parameters
    ----------
    source : {"auto", "sample"}
        "sample" is bundled with the course: the first 20,000 training digits to train,
        the next 2,000 to validate, and all 10,000 test digits.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    _check_source(source)
    origin = "bundled, 32,000 of the 70,000 handwritten digits of MNIST"
    return ImageSet("MNIST", "sample", origin, DIGITS, **_read_sample("mnist"))


def svhn(source: str = "auto") -> ImageSet:
    """House numbers in colour, 32x32x3, each crop labelled with its middle digit.

    Parameters
    ----------
    source : {"auto", "sample"}
        "sample" is *drawn*, not photographed: the licence of SVHN's photographs does
        not let the course carry them. 2,000 crops to train, 500 to validate, 500 to
        test, the same at every call.

    References
    ----------
    Y. Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature
    Learning", 2011.
    """
    _check_source(source)
    origin = "drawn by the course with fonts in the manner of SVHN; no photographs"
    images, labels = _drawn(3_000)
    splits = _cut(images.copy(), labels.copy(), train=2_000, validation=500, test=500)
    return ImageSet("House numbers", "sample", origin, DIGITS, **splits)


_drawn = cache(draw_house_numbers)  # it takes seconds


def _check_source(source: str) -> None:
    if source not in ("auto", "sample"):
        raise ValueError(f"source is {source!r}; it must be 'auto' or 'sample'.")


def _cut(images: np.ndarray, labels: np.ndarray, **counts: int) -> dict[str, Split]:
    """Splits of the given lengths, one after the other."""
    ends = np.cumsum(list(counts.values()))
    assert ends[-1] == len(images) == len(labels)
    parts = zip(np.split(images, ends[:-1]), np.split(labels, ends[:-1]))
    return {name: Split(*part) for name, part in zip(counts, parts)}


def _read_sample(name: str) -> dict[str, Split]:
    """Splits of a bundled sample, a PNG sheet described in samples.json."""
    about = json.loads((SAMPLES / "samples.json").read_text())[name]
    file = SAMPLES / f"{name}.png"
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != about["sha256"]:
        raise OSError(
            f"{file} is damaged (its SHA-256 is not the one in samples.json). "
            f"Get it back with `git checkout -- {file.name}` in its folder."
        )
    with Image.open(file) as picture:
        pixels = np.asarray(picture)
    height, width, *colour = about["image_shape"]
    rows, per_row = len(pixels) // height, pixels.shape[1] // width
    pixels = pixels.reshape(rows, height, per_row, width, *colour).swapaxes(1, 2)
    images = pixels.reshape(-1, height, width, *colour)
    splits = about["labels"]
    labels = np.array(list("".join(splits.values())), np.uint8)
    return _cut(images, labels, **{split: len(y) for split, y in splits.items()})
