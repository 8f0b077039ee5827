"""The samples that come with the course: PNG sheets, photographs, drawn numbers."""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils.datasets.house_numbers import draw_house_numbers
from course_utils.datasets.image_set import Split, Splits
from course_utils.datasets.photos import Photos

SAMPLES = Path(__file__).parent / "samples"


def read_sample(name: str) -> Splits:
    """Splits of a bundled sample, a PNG sheet described in samples.json.

    Raises
    ------
    OSError
        When the sheet is not the one that was bundled.
    """
    about = json.loads((SAMPLES / "samples.json").read_text())[name]
    file = SAMPLES / f"{name}.png"
    content = file.read_bytes()
    _compare(file, content, about["sha256"], "samples.json")
    with Image.open(file) as picture:
        pixels = np.asarray(picture)
    height, width, *colour = about["image_shape"]
    rows, per_row = len(pixels) // height, pixels.shape[1] // width
    pixels = pixels.reshape(rows, height, per_row, width, *colour).swapaxes(1, 2)
    images = pixels.reshape(-1, height, width, *colour)
    splits = about["labels"].values()
    labels = np.array(list("".join(splits)), np.uint8)
    return _cut(images, labels, [len(split) for split in splits])


def pet_splits(label: str) -> tuple[tuple[str, ...], Splits]:
    """Names of the classes, and splits of the photographs of pets, well mixed.

    Parameters
    ----------
    label : "species" or "breed"

    Raises
    ------
    OSError
        When the photographs are not those that were bundled.
    """
    about = json.loads((SAMPLES / "pets.json").read_text())
    folder = SAMPLES / "pets"
    names = [name for split in about["photographs"].values() for name in split]
    try:
        contents = [(folder / f"{name}.webp").read_bytes() for name in names]
    except FileNotFoundError:
        contents = []
    _compare(folder, b"".join(contents), about["sha256"], "pets.json")
    species = {breed: kind for kind, all_ in about["breeds"].items() for breed in all_}
    labels = species if label == "species" else {breed: breed for breed in species}
    classes = list(dict.fromkeys(labels.values()))
    rng = np.random.default_rng(0)
    splits = []
    for split in about["photographs"].values():
        mixed = rng.permutation(split).tolist()  # else all of one breed come together
        of_each = [classes.index(labels[name.rpartition("_")[0]]) for name in mixed]
        photos = Photos([folder / f"{name}.webp" for name in mixed])
        splits.append(Split(photos, np.array(of_each, np.uint8)))
    train, validation, test = splits
    return tuple(name.replace("_", " ") for name in classes), (train, validation, test)


def _compare(place: Path, content: bytes, sha256: str, index: str) -> None:
    """Raise OSError where a file or folder does not hold what was bundled."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise OSError(
            f"{place} is damaged (its SHA-256 is not the one in {index}). "
            f"Get it back with `git checkout -- {place.name}` in its folder."
        )


def drawn_splits() -> Splits:
    """House numbers: 2,000, 500 and 500, the same at every call."""
    images, labels = (array.copy() for array in _drawn(3_000))
    return _cut(images, labels, (2_000, 500, 500))


_drawn = cache(draw_house_numbers)  # it takes seconds


def _cut(images: np.ndarray, labels: np.ndarray, lengths: Sequence[int]) -> Splits:
    """Splits of the given lengths, one after the other."""
    ends = np.cumsum(lengths)
    assert ends[-1] == len(images) == len(labels)
    x, y = np.split(images, ends[:-1]), np.split(labels, ends[:-1])
    train, validation, test = map(Split, x, y)
    return train, validation, test
