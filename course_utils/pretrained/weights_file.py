"""A weights file as Keras writes it, read with suspicion."""

import os
import warnings
from pathlib import Path
from typing import Any

import h5py  # Keras brings it
import keras
import numpy as np


def load_h5(model: keras.Model, path: Path) -> None:
    """Put the weights of a file into a model: all of them, or none counts.

    Raises
    ------
    ValueError
        For a file that is damaged, belongs to another network, holds NaN, lacks weights
        or is far too large once unpacked.
    OSError
        For a file that cannot be read; that says nothing about what is in it.
    """
    try:
        with opened(path) as file:
            numbers = _numbers_in(file, path)
    except (RuntimeError, KeyError) as error:  # so h5py says it; also a group in itself
        raise ValueError(f"weights: {path} is damaged ({error})") from error
    if numbers > 2 * model.count_params() + 10_000:  # an optimiser keeps some more
        raise ValueError(
            f"weights: {path} holds {numbers:,} numbers, but {model.name} has "
            f"{model.count_params():,} weights"
        )
    # Keras leaves a layer that it does not find in the file as it is, with a warning.
    model.set_weights([np.full(weight.shape, np.nan) for weight in model.weights])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ValueError(
            f"weights: {path} does not fit {model.name} with these arguments ({error})"
        ) from error
    for weight in model.weights:
        values = keras.ops.convert_to_numpy(weight)
        if weight.path.endswith("moving_variance") and values.min() < 0:
            raise ValueError(
                f"weights: {path} is damaged: {weight.path} is a variance below 0"
            )
        if not np.isfinite(values).all():
            raise ValueError(
                f"weights: {path} does not fit {model.name}, or it is damaged: "
                f"{weight.path} is missing, or holds NaN or infinity"
            )


def mobilenet_width(path: Path) -> float:
    """The share of a MobileNet's channels, from the 32 kernels that it begins with."""
    shapes: list[tuple[int, ...]] = []
    with opened(path) as file:
        try:
            file.visititems(lambda _, item: shapes.append(getattr(item, "shape", ())))
        except (RuntimeError, KeyError) as error:
            raise ValueError(f"weights: {path} is damaged ({error})") from error
    widths = {shape[3] for shape in shapes if shape[:3] == (3, 3, 3) and shape[3:]}
    if len(widths) != 1:
        raise ValueError(f"weights: {path} does not fit MobileNet")
    return widths.pop() / 32


def opened(path: Path) -> h5py.File:
    """An HDF5 file; whether it can be read at all is asked first."""
    with path.open("rb"):  # what the system refuses is no fault of the file's content
        pass
    try:
        return h5py.File(path)
    except OSError as error:
        raise ValueError(
            f"weights: {path} is not a whole HDF5 file ({error}); fetch it again"
        ) from error


def _numbers_in(group: Any, path: Path) -> int:
    """How many numbers a file claims to hold; a link to another file is refused."""
    numbers = 0
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise ValueError(
                f"weights: {path} sends for {os.fspath(link.filename)!r}, another file"
            )
        if isinstance(link, h5py.SoftLink):
            continue  # counted where it leads to
        item = group[name]
        if isinstance(item, h5py.Group):
            numbers += _numbers_in(item, path)
        elif item.external:
            raise ValueError(f"weights: {path} keeps {name!r} in another file")
        elif item.dtype.kind == "c":
            raise ValueError(f"weights: {path} holds complex numbers in {name!r}")
        else:
            numbers += int(item.size or 0)
    return numbers
