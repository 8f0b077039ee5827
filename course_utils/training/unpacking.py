"""Unpack a file from anywhere in bounded memory, and say truthfully what is wrong.

Runs are written without compression. One that somebody packed again gets a little
smaller; one that unpacks to a thousand times its size was made to fill the memory.
"""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py  # Keras brings it
import keras
import numpy as np

from course_utils.datasets import SPOILT

GROWTH = 4  # times that contents may be larger than the file
SLACK = 2**20  # bytes that small files may need in addition
STEP = 2**20  # bytes copied at a time
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others grow without bounds


class Unfit(Exception):  # noqa: N818 - what a file is, not what went wrong here
    """A file that can be read, and why it is not what it should be."""


def unpack(content: BinaryIO, names: Iterable[str], folder: Path) -> None:
    """Copy the named members of a zip file into a folder.

    Raises
    ------
    Unfit
        For a damaged file, one that lacks a member, or one that is too large unpacked.
    OSError
        Where the disk fails.
    """
    try:
        with zipfile.ZipFile(content) as archive:
            check_sizes(content, archive)
            for name in names:
                # zipfile reads no more than the directory says, and compares checksums.
                with archive.open(name) as source, Path(folder, name).open("wb") as to:
                    shutil.copyfileobj(source, to, STEP)
    except SPOILT as error:
        raise Unfit(str(error).strip("'\"") or type(error).__name__) from error


def check_sizes(content: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Refuse an archive by its directory, before anything is unpacked."""
    packed = content.seek(0, 2)
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > GROWTH * packed + SLACK:
        raise Unfit(f"its {packed:,} bytes would become {unpacked:,} when unpacked")
    if len({member.filename for member in members}) < len(members):
        raise Unfit("it has two members of the same name")
    for member in members:
        if member.compress_type not in METHODS:
            raise Unfit(f"{member.filename} is compressed in a way that runs are not")


def check_keras_file(file: Path) -> int:
    """Refuse a .keras file that would take much memory; the numbers it stores."""
    with file.open("rb") as content:
        try:
            with zipfile.ZipFile(content) as archive:
                check_sizes(content, archive)
        except SPOILT as error:
            raise Unfit(f"its model is damaged: {error}") from error
    with h5_of(file) as weights:
        return _count(weights, file.stat().st_size)


@contextmanager
def h5_of(file: Path) -> Iterator[h5py.File]:
    """The weights inside a .keras file."""
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open("model.weights.h5") as raw,
            h5py.File(raw, "r") as weights,
        ):
            yield weights
    except (*SPOILT, OSError) as error:  # h5py's way to say damaged
        raise Unfit(f"the weights of its model are damaged ({error})") from error


def _count(weights: h5py.Group, packed: int) -> int:
    """All numbers in a group of weights, if they are what they seem to be."""
    size = count = 0
    places = [weights]
    while places:
        place = places.pop()
        for name in place:
            if not isinstance(place.get(name, getlink=True), h5py.HardLink):
                raise Unfit(f"{name} among its weights lies outside the file")
            item = place[name]
            if isinstance(item, h5py.Group):
                places.append(item)
                continue
            if item.dtype.kind not in "biufV" or item.external or item.is_virtual:
                raise Unfit(f"{name} among its weights holds no numbers")
            size, count = size + item.nbytes, count + item.size
    if size > GROWTH * packed + SLACK:  # an array may be packed, or not be there
        raise Unfit(f"its weights would become {size:,} bytes, in a file of {packed:,}")
    return count


@contextmanager
def at_most(numbers: int) -> Iterator[None]:
    """Refuse layers that want more weights than a file has for them.

    Keras makes the layers that a file describes before it looks for their weights, and
    has no other place to ask.
    """
    add_weight = keras.Layer.add_weight
    left = [2 * numbers + 10_000]  # spare: seeds, counters

    def counted(layer: Any, shape: Any = None, *args: Any, **options: Any) -> Any:
        left[0] -= int(np.prod(np.array(shape or (), object)))
        if left[0] < 0:
            raise Unfit("its layers want more weights than it has")
        return add_weight(layer, shape, *args, **options)

    keras.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight
