"""The whole data sets: where they come from, and what of them is in the cache."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils.datasets.download import (
    Arrays,
    Remote,
    data_dir,
    download,
    extract,
    from_keras,
    obtain,
    remove,
)
from course_utils.datasets.image_set import Split, Splits
from course_utils.datasets.npz import DamagedError, read_arrays

# As Keras names the arrays in its own mnist.npz.
KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class ArraySet:
    """A set kept as one .npz file: its shapes, and the work to get it."""

    train_shape: tuple[int, ...]
    test_shape: tuple[int, ...]
    download: int  # bytes
    get: Callable[[Path], Arrays]

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of `KEYS`."""
        train, test = self.train_shape, self.test_shape
        return train, train[:1], test, test[:1]


@dataclass(frozen=True)
class PhotoSet:
    """A set kept as a folder of photographs: how many .jpg, and their archive."""

    folder: str
    count: int
    archive: Remote

    @property
    def download(self) -> int:
        return self.archive.size


@dataclass(frozen=True)
class OneFile:
    """A single file of the cache, such as a photograph that a lesson shows."""

    folder: str
    remote: Remote

    @property
    def download(self) -> int:
        return self.remote.size


def _svhn(work: Path) -> Arrays:
    """Two Matlab files; axes are (H, W, C, N) and label 10 is the digit 0."""
    from scipy.io import loadmat

    def read(remote: Remote) -> tuple[np.ndarray, np.ndarray]:
        content = loadmat(download(remote, work))
        return np.moveaxis(content["X"], -1, 0), content["y"] % 10

    train, test = SVHN
    return read(train), read(test)


def _cifar10_cats_dogs(_: Path) -> Arrays:
    """Classes 3 and 5 of CIFAR-10, as 0 and 1."""

    def pets(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = np.isin(y.ravel(), (3, 5))
        return x[chosen], y.ravel()[chosen] == 5

    train, test = from_keras("cifar10")
    return pets(*train), pets(*test)


SVHN = (
    Remote(
        "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
        182_040_794,
        "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
    ),
    Remote(
        "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
        64_275_384,
        "md5:eb5a983be6a315427106f1b164d9cef3",
    ),
)
WHOLE: dict[str, ArraySet | PhotoSet | OneFile] = {
    "mnist": ArraySet(
        (60_000, 28, 28), (10_000, 28, 28), 11_490_434, lambda _: from_keras("mnist")
    ),
    "fashion_mnist": ArraySet(
        (60_000, 28, 28),
        (10_000, 28, 28),
        30_878_645,
        lambda _: from_keras("fashion_mnist"),
    ),
    "svhn": ArraySet(
        (73_257, 32, 32, 3), (26_032, 32, 32, 3), sum(f.size for f in SVHN), _svhn
    ),
    "cifar10_cats_dogs": ArraySet(
        (10_000, 32, 32, 3), (2_000, 32, 32, 3), 170_498_071, _cifar10_cats_dogs
    ),
    "cats_and_dogs_filtered": PhotoSet(
        "cats_and_dogs_filtered",
        3_000,
        Remote(  # no hash is published: size, checksums in the archive, and count
            "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
            68_606_236,
        ),
    ),
    "kagglecatsanddogs": PhotoSet(
        "PetImages",
        25_000,
        Remote(
            "https://download.microsoft.com/download/3/E/1/"
            "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
            824_887_076,
            "sha256:b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
        ),
    ),
    "elephants": OneFile(  # two of them, of lesson 06
        "photos",
        Remote(
            "https://s3.amazonaws.com/book.keras.io/img/ch5/"
            "creative_commons_elephant.jpg",
            55_490,
            "sha256:920dd73adff4627f5d4ef59a6f114fd88553931846730366a541feb1d1231038",
        ),
    ),
}


def place(name: str) -> Path:
    """File or folder of a whole set in the cache."""
    whole = WHOLE[name]
    if isinstance(whole, OneFile):
        return data_dir() / whole.folder / whole.remote.name
    last = whole.folder if isinstance(whole, PhotoSet) else f"{name}.npz"
    return data_dir() / last


def state(name: str) -> str:
    """ "whole", "damaged" (also: of another version), "unreadable" or "absent"."""
    try:
        check(name)
    except FileNotFoundError:
        return "absent"
    except DamagedError:
        return "damaged"
    except (OSError, MemoryError):
        return "unreadable"
    return "whole"


def check(name: str) -> Arrays | None:
    """What is in the cache, if it is the whole set: the arrays of an `ArraySet`.

    Raises
    ------
    FileNotFoundError, DamagedError
        When it is to be fetched, or fetched anew.
    OSError, MemoryError
        When it cannot be read, and may well be a good one.
    """
    whole = WHOLE[name]
    if isinstance(whole, ArraySet):
        return read_whole(name)
    if isinstance(whole, OneFile):
        if (size := place(name).stat().st_size) != whole.download:
            raise DamagedError(f"{place(name)} has {size:,} bytes")
        return None
    if (count := _count(place(name))) != whole.count:
        raise DamagedError(
            f"{place(name)} has {count:,} photographs, not {whole.count:,}"
        )
    return None


def _count(folder: Path) -> int:
    """Number of .jpg files below a folder."""

    def tell(error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            raise error
        raise OSError(
            error.errno, f"{error.filename} cannot be read ({error.strerror})"
        )

    walk = os.walk(folder, onerror=tell)
    return sum(file.endswith(".jpg") for _, _, files in walk for file in files)


def read_whole(name: str) -> Arrays:
    """Training and test images and labels of an `ArraySet`, checked."""
    whole = WHOLE[name]
    assert isinstance(whole, ArraySet)
    shapes = {key: (shape, "uint8") for key, shape in zip(KEYS, whole.shapes)}
    x_train, y_train, x_test, y_test = read_arrays(place(name), shapes).values()
    return (x_train, y_train), (x_test, y_test)


def _compare(arrays: list[np.ndarray], whole: ArraySet) -> None:
    for key, array, shape in zip(KEYS, arrays, whole.shapes):
        if array.shape != shape or array.dtype != np.uint8:
            raise ValueError(f"{key} is {array.dtype} {array.shape}, not uint8 {shape}")


def fetch(name: str) -> None:
    """Download a whole set into the cache, unless it is there and undamaged.

    Raises
    ------
    OSError
        When it cannot be fetched or stored, or what is there cannot be read.
    MemoryError
        When what is there does not fit into memory: it is kept.
    """
    whole = WHOLE[name]

    def present() -> bool:
        try:
            check(name)
        except (FileNotFoundError, DamagedError):
            return False
        return True

    def make_arrays(work: Path) -> None:
        assert isinstance(whole, ArraySet)
        (x_train, y_train), (x_test, y_test) = whole.get(work)
        arrays = [x_train, y_train.ravel(), x_test, y_test.ravel()]
        arrays = [np.ascontiguousarray(array, np.uint8) for array in arrays]
        try:
            _compare(arrays, whole)
        except ValueError as error:
            raise OSError(f"{name} is not what it was: {error}.") from error
        named = dict(zip(KEYS, arrays))
        np.savez(work / "made" / "whole.npz", allow_pickle=False, **named)
        (work / "made" / "whole.npz").replace(place(name))

    def make_photos(work: Path) -> None:
        assert isinstance(whole, PhotoSet)
        archive = download(whole.archive, work)
        extract(archive, work / "made", ".jpg")
        unpacked = work / "made" / whole.folder
        if (count := _count(unpacked)) != whole.count:
            archive.unlink()
            raise OSError(
                f"{archive.name} is not what it was: {count:,} photographs in "
                f"{whole.folder}, not {whole.count:,}."
            )
        remove(place(name))
        unpacked.replace(place(name))

    def make_file(work: Path) -> None:
        assert isinstance(whole, OneFile)
        file = download(whole.remote, work)
        place(name).parent.mkdir(parents=True, exist_ok=True)
        file.replace(place(name))

    if isinstance(whole, OneFile):
        make, on_disk = make_file, whole.download
    elif isinstance(whole, PhotoSet):
        make, on_disk = make_photos, 2 * whole.download
    else:
        stored = np.prod(whole.train_shape) + np.prod(whole.test_shape)
        make, on_disk = make_arrays, whole.download + int(stored)
    obtain(name, present, make, on_disk)


def forget(name: str) -> None:
    """Remove a whole set from the cache, with what is left of its download."""
    remove(place(name))
    remove(data_dir() / "downloads" / name)


def chosen_source(title: str, source: str, whole: str, *more: str) -> str:
    """The source that "auto" stands for, told in a line; any other, checked."""
    allowed = ("auto", "sample", "full", *more)
    if source not in allowed:
        raise ValueError(f"source is {source!r}; it must be one of {allowed}.")
    if source != "sample" and os.environ.get("COURSE_SAMPLES_ONLY"):  # while graded
        print(f"{title}: the bundled sample in place of any other source.")
        return "sample"
    if source != "auto":
        return source
    found = state(whole)
    if found == "whole":
        print(f"{title}: the whole set, from the cache.")
        return "full"
    problem, advice = "", "downloads all"
    if found != "absent":
        how = "is damaged" if found == "damaged" else "cannot be read"
        problem = f", as the whole set in the cache {how}"
        advice = "downloads all anew" if found == "damaged" else "tells why"
    size = "" if found == "unreadable" else f", {WHOLE[whole].download / 1e6:.0f} MB"
    print(f"{title}: the bundled sample{problem} (source='full' {advice}{size}).")
    return "sample"


def whole_splits(name: str, validation: int) -> Splits:
    """Splits of a whole set kept as arrays; the last training images validate."""
    fetch(name)
    (images, labels), test = read_whole(name)
    train = Split(images[:-validation], labels[:-validation])
    last = Split(images[-validation:], labels[-validation:])
    return train, last, Split(*test)
