"""The data sets of the course: a bundled sample first, the whole set on request.

>>> digits = mnist("sample")
>>> digits.train.images.shape, digits.train.labels[:5].tolist()
((20000, 28, 28), [5, 0, 4, 1, 9])

``python -m course_utils.datasets`` lists the whole sets, fetches and removes them.
"""

import os
from pathlib import Path

from course_utils.datasets.bundled import drawn_splits, pet_splits, read_sample
from course_utils.datasets.download import data_dir
from course_utils.datasets.image_set import ImageSet, Split
from course_utils.datasets.npz import SPOILT, DamagedError, read_arrays
from course_utils.datasets.photos import SPLITS, Photos, scan
from course_utils.datasets.whole import chosen_source, fetch, place, whole_splits

__all__ = ["cats_vs_dogs", "data_dir", "fashion_mnist", "mnist", "pets", "svhn"]
# What other rooms work with.
__all__ += ["SPOILT", "DamagedError", "ImageSet", "Photos", "Split", "read_arrays"]

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
PETS = ("cat", "dog")


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
    source = chosen_source("MNIST", source, "mnist")
    if source == "sample":
        origin = "bundled, 32,000 of the 70,000 handwritten digits"
        return ImageSet("MNIST", source, origin, DIGITS, *read_sample("mnist"))
    origin = "all 70,000 handwritten digits"
    return ImageSet("MNIST", source, origin, DIGITS, *whole_splits("mnist", 5_000))


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
    source = chosen_source(name, source, "fashion_mnist")
    if source == "sample":
        origin = (
            "bundled, 3,000 of the 70,000 product photographs, as many of each kind"
        )
        return ImageSet(name, source, origin, CLOTHES, *read_sample("fashion_mnist"))
    origin = "all 70,000 product photographs"
    splits = whole_splits("fashion_mnist", 5_000)
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
    source = chosen_source(name, source, "svhn")
    if source == "sample":
        origin = "drawn by the course with fonts, in the manner of SVHN; no photographs"
        return ImageSet(name, source, origin, DIGITS, *drawn_splits())
    origin = "all 99,289 photographs of SVHN's cropped digits"
    return ImageSet(name, source, origin, DIGITS, *whole_splits("svhn", 5_000))


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
        class, or one sub-folder a split with such sub-folders. Splits may be called
        ``train``, ``val``, ``Testing``, ``holdout`` and the like; one that is missing
        is cut from the others. ``describe()`` tells what was left out or converted.

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
    source = chosen_source(name, source, "cats_and_dogs_filtered", "cifar10", "kaggle")
    if source == "sample":
        origin = "bundled, 5,000 of the 12,000 cats and dogs of CIFAR-10"
        return ImageSet(name, source, origin, PETS, *read_sample("cats_vs_dogs"))
    if source == "cifar10":
        origin = "all 12,000 cats and dogs of CIFAR-10"
        splits = whole_splits("cifar10_cats_dogs", 1_000)
        return ImageSet(name, source, origin, PETS, *splits)
    whole = "cats_and_dogs_filtered" if source == "full" else "kagglecatsanddogs"
    fetch(whole)
    origin = f"photographs of all sizes from Microsoft's Asirra collection ({whole})"
    return _photo_set(name, source, origin, place(whole), PETS)


def pets(source: str = "auto", *, label: str = "species") -> ImageSet:
    """Sharp photographs of 12 breeds of cats and 25 of dogs, up to ten of each.

    Parameters
    ----------
    source : {"auto", "sample"}
        The 349 photographs that are bundled with the course, at most 256 pixels on the
        longer side: five of each breed to train, one to validate, one to four to test.
    label : {"species", "breed"}
        What the labels tell: cat (0) or dog (1), or which of the 37 breeds. The
        photographs are the same, in the same order.

    References
    ----------
    O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar, "Cats and Dogs", 2012.
    """
    if source not in ("auto", "sample"):
        raise ValueError(
            f"source is {source!r}; it must be 'auto' or 'sample'; of the pets there "
            "are only the bundled photographs."
        )
    if label not in ("species", "breed"):
        raise ValueError(f"label is {label!r}; it must be 'species' or 'breed'.")
    if source == "auto":
        print("Pets: the bundled sample.")
    origin = "bundled, 349 photographs of the Oxford-IIIT Pet data set"
    names, splits = pet_splits(label)
    return ImageSet("Pets", "sample", origin, names, *splits)


def _photo_set(
    name: str,
    source: str,
    origin: str,
    folder: Path,
    class_names: tuple[str, ...] = (),
) -> ImageSet:
    found, names, notes = scan(folder)
    train, validation, test = (Split(*found[split]) for split in SPLITS)
    names = class_names or names
    return ImageSet(name, source, origin, names, train, validation, test, tuple(notes))
