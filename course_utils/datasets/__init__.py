"""The data sets of the course: a bundled sample first, the whole set on request.

>>> digits = mnist("sample")
>>> digits.train.images.shape, digits.train.labels[:5].tolist()
((20000, 28, 28), [5, 0, 4, 1, 9])

``python -m course_utils.datasets`` lists the whole sets, fetches and removes them.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils.datasets.download import data_dir
from course_utils.datasets.house_numbers import draw_house_numbers
from course_utils.datasets.image_set import ImageSet, Split
from course_utils.datasets.npz import DamagedError, read_arrays
from course_utils.datasets.photos import SPLITS, Photos, scan
from course_utils.datasets.whole import WHOLE, fetch, place, read_whole, state

__all__ = ["cats_vs_dogs", "data_dir", "fashion_mnist", "mnist", "svhn"]
# What other rooms work with.
__all__ += ["DamagedError", "ImageSet", "Photos", "Split", "read_arrays"]

SAMPLES = Path(__file__).parent / "samples"
DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
PETS = ("cat", "dog")
Splits = tuple[Split, Split, Split]


def mnist(source: str = "auto") -> ImageSet:
    """Handwritten digits, 28x28 gray: white ink (255) on black (0).

    Parameters
    ----------
    source : {"auto", "sample", "full"}
        "sample" is bundled with the course: the first 20,000 training digits to train,
        the next 2,000 to validate, and all 10,000 test digits. "full" is the whole set,
        downloaded once: 55,000, 5,000 and 10,000. "auto" is "full" where it is in the
        cache and "sample" elsewhere, and prints which.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    source = _chosen("MNIST", source, "mnist")
    if source == "sample":
        origin = "bundled, 32,000 of the 70,000 handwritten digits"
        return ImageSet("MNIST", source, origin, DIGITS, *_read_sample("mnist"))
    origin = "all 70,000 handwritten digits"
    return ImageSet("MNIST", source, origin, DIGITS, *_read_full("mnist", 5_000))


def fashion_mnist(source: str = "auto") -> ImageSet:
    """Ten kinds of clothes, shoes and bags, 28x28 gray on black, as large as MNIST.

    Parameters
    ----------
    source : {"auto", "sample", "full"}
        "sample" is bundled with the course: 200, 50 and 50 of each kind to train,
        validate and test. "full" is the whole set, downloaded once: 55,000, 5,000 and
        10,000. "auto" is "full" where it is in the cache and "sample" elsewhere, and
        prints which.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms", 2017.
    """
    name = "Fashion-MNIST"
    source = _chosen(name, source, "fashion_mnist")
    if source == "sample":
        origin = (
            "bundled, 3,000 of the 70,000 product photographs, as many of each kind"
        )
        return ImageSet(name, source, origin, CLOTHES, *_read_sample("fashion_mnist"))
    origin = "all 70,000 product photographs"
    splits = _read_full("fashion_mnist", 5_000)
    return ImageSet(name, source, origin, CLOTHES, *splits)


def svhn(source: str = "auto") -> ImageSet:
    """House numbers in colour, 32x32x3, each crop labelled with its middle digit.

    Parameters
    ----------
    source : {"auto", "sample", "full"}
        "sample" is *drawn*, not photographed: the licence of SVHN's photographs does
        not let the course carry them. 2,000 crops to train, 500 to validate, 500 to
        test, the same at every call. "full" is the real set, downloaded once for
        non-commercial use: 68,257, 5,000 and 26,032 photographs. "auto" is "full" where
        it is in the cache and "sample" elsewhere, and prints which.

    References
    ----------
    Y. Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature
    Learning", 2011.
    """
    name = "House numbers"
    source = _chosen(name, source, "svhn")
    if source == "sample":
        origin = "drawn by the course with fonts, in the manner of SVHN; no photographs"
        images, labels = (array.copy() for array in _drawn(3_000))
        splits = _cut(images, labels, (2_000, 500, 500))
        return ImageSet(name, source, origin, DIGITS, *splits)
    origin = "all 99,289 photographs of SVHN's cropped digits"
    return ImageSet(name, source, origin, DIGITS, *_read_full("svhn", 5_000))


_drawn = cache(draw_house_numbers)  # it takes seconds


def cats_vs_dogs(
    source: str = "auto", *, folder: str | os.PathLike[str] | None = None
) -> ImageSet:
    """Photographs of cats (label 0) and dogs (label 1).

    Parameters
    ----------
    source : {"auto", "sample", "full", "cifar10", "kaggle"}
        "sample" is bundled with the course: 32x32x3 photographs of CIFAR-10, 3,000 to
        train, 1,000 to validate, 1,000 to test. "full" are 3,000 photographs of all
        sizes, downloaded once: 2,000 to train; of the other 1,000 one half to validate
        and one half to test. "auto" is "full" where it is in the cache and "sample"
        elsewhere, and prints which. "cifar10" has all 12,000 of the 32x32x3
        photographs, "kaggle" all 25,000 of all sizes.
    folder : path, optional
        Photographs of one's own instead, of any two or more classes: one sub-folder a
        class, or ``train``, ``validation`` and ``test`` with such sub-folders.

    References
    ----------
    A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    J. Elson et al., "Asirra: a CAPTCHA that exploits interest-aligned manual image
    categorization", 2007.
    """
    name = "Cats and dogs"
    if folder is not None:
        folder = Path(folder).expanduser()
        return _photo_set(name, "folder", f"photographs in {folder}", folder)
    source = _chosen(name, source, "cats_and_dogs_filtered", "cifar10", "kaggle")
    if source == "sample":
        origin = "bundled, 5,000 of the 12,000 cats and dogs of CIFAR-10"
        return ImageSet(name, source, origin, PETS, *_read_sample("cats_vs_dogs"))
    if source == "cifar10":
        origin = "all 12,000 cats and dogs of CIFAR-10"
        splits = _read_full("cifar10_cats_dogs", 1_000)
        return ImageSet(name, source, origin, PETS, *splits)
    whole = "cats_and_dogs_filtered" if source == "full" else "kagglecatsanddogs"
    fetch(whole)
    origin = f"photographs of all sizes from Microsoft's Asirra collection ({whole})"
    return _photo_set(name, source, origin, place(whole), PETS)


def _photo_set(
    name: str,
    source: str,
    origin: str,
    folder: Path,
    class_names: tuple[str, ...] = (),
) -> ImageSet:
    found, names, notes = scan(folder)
    train, validation, test = (Split(*found[split]) for split in SPLITS)
    splits: Splits = train, validation, test
    return ImageSet(name, source, origin, class_names or names, *splits, tuple(notes))


def _chosen(title: str, source: str, whole: str, *more: str) -> str:
    """The source that "auto" stands for, told in a line; any other, checked."""
    allowed = ("auto", "sample", "full", *more)
    if source not in allowed:
        raise ValueError(f"source is {source!r}; it must be one of {allowed}.")
    if source != "auto":
        return source
    found = state(whole)
    if found == "whole":
        print(f"{title}: the whole set, from the cache.")
        return "full"
    problem = ", as the whole set in the cache is damaged" if found == "damaged" else ""
    size = f"{WHOLE[whole].download / 1e6:.0f} MB"
    print(
        f"{title}: the bundled sample{problem} (source='full' downloads all, {size})."
    )
    return "sample"


def _cut(images: np.ndarray, labels: np.ndarray, lengths: Sequence[int]) -> Splits:
    """Splits of the given lengths, one after the other."""
    ends = np.cumsum(lengths)
    assert ends[-1] == len(images) == len(labels)
    x, y = np.split(images, ends[:-1]), np.split(labels, ends[:-1])
    train, validation, test = map(Split, x, y)
    return train, validation, test


def _read_sample(name: str) -> Splits:
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
    splits = about["labels"].values()
    labels = np.array(list("".join(splits)), np.uint8)
    return _cut(images, labels, [len(split) for split in splits])


def _read_full(name: str, validation: int) -> Splits:
    """Splits of a whole set kept as arrays; the last training images validate."""
    fetch(name)
    (images, labels), test = read_whole(name)
    train = Split(images[:-validation], labels[:-validation])
    last = Split(images[-validation:], labels[-validation:])
    return train, last, Split(*test)
