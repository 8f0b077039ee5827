"""Read the tensors of a PyTorch weights file without PyTorch, and without running it.

Such a file is a pickle, and a pickle is a program: reading one with `pickle.load` runs
what its author put in. Here a short list of names is allowed, and all else is refused
before anything runs.
"""

import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C  # the first number of the format before PyTorch 1.6
KINDS = {"FloatStorage": "<f4", "LongStorage": "<i8"}
# What reading bytes that are no such pickle can end in.
SPOILT = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError),
    *(AttributeError, OverflowError, RecursionError, struct.error),
)


def read_tensors(file: Path) -> dict[str, np.ndarray]:
    """The tensors of a weights file that `torch.save` wrote in the format before 1.6.

    Parameters
    ----------
    file : a pickle of the tensors' names, shapes and strides, then raw numbers.

    Returns
    -------
    dict name -> array : float32 or int64, contiguous.

    Raises
    ------
    ValueError
        When the pickle asks for anything but tensors, or the file is damaged. Nothing
        that the file names has been run then.
    OSError
        When the file cannot be read; that says nothing about what is in it.
    """
    with file.open("rb") as stream:
        if stream.read(2) == b"PK":
            raise ValueError(
                f"weights: {file} is a zip file, as PyTorch since 1.6 and Keras write "
                "them; save it as .h5, or with torch.save(..., "
                "_use_new_zipfile_serialization=False)"
            )
    try:
        with file.open("rb") as stream:
            tensors = _read(Bounded(stream, file.stat().st_size))
    except SPOILT as error:
        raise ValueError(
            f"weights: {file} is damaged or holds more than weights ({error}); nothing "
            "of it was run"
        ) from error
    return tensors


class Bounded:
    """A file of which nobody can ask for more bytes than it has.

    A damaged number may ask for any amount of memory before it is seen to be wrong;
    with this, running out of memory is nothing but that.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self.stream, self.size, self.readline = stream, size, stream.readline

    def read(self, count: int) -> bytes:
        if not 0 <= count <= self.size:
            raise ValueError(f"it asks for {count} bytes of {self.size}")
        return self.stream.read(count)


def _read(stream: Bounded) -> dict[str, np.ndarray]:
    shapes: dict[str, tuple[str, int]] = {}  # storage -> its kind and length

    # A new function each time: a pickle can set attributes of what it may name.
    def rebuild(
        storage: str, offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any
    ) -> tuple[Any, ...]:
        return storage, offset, shape, strides

    # The one written in C makes room for as many values as a damaged byte may ask for.
    class Reader(pickle._Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == ("collections", "OrderedDict"):
                return OrderedDict
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return rebuild
            if module == "torch" and name in KINDS:
                return name
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")

        def persistent_load(self, pid: Any) -> str:
            word, kind, key, _device, length, _view = pid
            if word != "storage" or kind not in KINDS or not isinstance(length, int):
                raise pickle.UnpicklingError(f"it asks for {word} {kind}")
            shapes[key] = (KINDS[kind], length)
            return key

    if stream.read(1) != b"\x80":
        raise pickle.UnpicklingError("it does not begin as such a file does")
    stream.stream.seek(0)
    if Reader(stream).load() != MAGIC:
        raise pickle.UnpicklingError("it does not begin as such a file does")
    _version, _system = Reader(stream).load(), Reader(stream).load()
    described = dict(Reader(stream).load())
    if not all(isinstance(name, str) for name in described):
        raise ValueError("its tensors have no names")
    storages = {}
    for key in Reader(stream).load():
        kind, length = shapes[key]
        if struct.unpack("<q", stream.read(8)) != (length,):
            raise ValueError(f"storage {key} has another length than was said")
        numbers = stream.read(length * np.dtype(kind).itemsize)
        storages[key] = np.frombuffer(numbers, kind, length)
    shown = sum(math.prod(shape) for _, _, shape, _ in described.values())
    if shown > 2 * sum(map(len, storages.values())) + 1000:
        raise ValueError("its tensors together are far larger than the file")
    return {
        name: _tensor(storages[key], offset, shape, strides)
        for name, (key, offset, shape, strides) in described.items()
    }


def _tensor(
    storage: np.ndarray, offset: int, shape: Sequence[int], strides: Sequence[int]
) -> np.ndarray:
    """A copy of the part of a storage that a tensor shows; strides count numbers."""
    if len(shape) != len(strides) or min((offset, *shape, *strides)) < 0:
        raise ValueError(f"a tensor of shape {shape} with strides {strides}")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides))
    if 0 in shape or math.prod(shape) > len(storage) or last >= len(storage):
        raise ValueError(f"a tensor of shape {shape} reaches beyond its numbers")
    steps = [step * storage.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()
