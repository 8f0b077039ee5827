"""What a trained network makes of photographs, computed once and kept.

A frozen network gives the same numbers for the same photographs every time. They are
kept in `datasets.data_dir()`/features, or in the user's own folder where that one is
shared and cannot be written. Both may be removed at any time.
"""

import contextlib
import hashlib
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from course_utils.datasets import ImageSet, Photos, data_dir, read_arrays
from course_utils.user_folder import user_dir

FORMAT = "1"  # another number where `as_dataset` scales photographs in another way


class Features(NamedTuple):
    """Features of the photographs of one split, and the time it took to compute them.

    ``values`` is float32 (N, ...), rounded to half precision to need half the disk;
    ``seconds`` is what computing them took, now or when they were first needed.
    """

    values: np.ndarray
    seconds: float


def extract(
    model: keras.Model, data: ImageSet, split: str, *, mirror: bool = False
) -> Features:
    """The outputs of a frozen network for all photographs of a split, in their order.

    They are computed once for each model, preprocessing and set of photographs. A file
    of the cache that is damaged is computed anew; a cache that cannot be written is
    done without.

    Parameters
    ----------
    model : takes square images in 0..255, as those of `pretrained.load` do.
    data : as `datasets.cats_vs_dogs` gives it; photographs are scaled to the model.
    split : {"train", "validation", "test"}
    mirror : exchange left and right.

    Returns
    -------
    Features : ``values[i]`` belongs to ``labels[i]`` of the split.

    Raises
    ------
    ValueError
        For an unknown split, a model that does not take square colour images.
    """
    size = model.input_shape[1]
    if model.input_shape != (None, size, size, 3) or size is None:
        raise ValueError(
            f"model: it takes {model.input_shape}; it must take square colour images "
            "of one size, (None, size, size, 3)"
        )
    photos = data.as_dataset(split, size, 50, shuffle=False)
    if mirror:
        photos = photos.map(lambda x, y: (x[:, :, ::-1], y))
    shape = (len(getattr(data, split)), *model.output_shape[1:])
    key = _key(model, getattr(data, split).images, mirror)
    name = f"features/{model.name}-{size}-{split}-{key[:24]}.npz"
    for file in _places(name):
        kept = _read(file, shape)
        if kept is not None:
            return kept
    began = time.perf_counter()
    values = model.predict(photos, verbose=0)
    seconds = time.perf_counter() - began
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    if np.isfinite(half).all():  # else some are too large for it, beyond 65,504
        values = half
    _keep(name, values, seconds)
    return Features(values.astype(np.float32), seconds)


def _key(model: keras.Model, images: np.ndarray | Photos, mirror: bool) -> str:
    """A hash of all that the features depend on."""
    digest = hashlib.sha256(f"{FORMAT} {mirror} {model.to_json()}".encode())
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    if isinstance(images, Photos):
        for photo in images.files:
            digest.update(hashlib.sha256(photo.read_bytes()).digest())
    else:
        digest.update(f"{images.dtype} {images.shape}".encode())
        digest.update(images.tobytes())
    return digest.hexdigest()


def _read(file: Path, shape: tuple[int, ...]) -> Features | None:
    expected = {"values": (shape, "float16", "float32"), "seconds": ((), "float64")}
    try:
        kept = read_arrays(file, expected)
    except OSError:  # there is none, or it is damaged, or it cannot be read
        return None
    return Features(kept["values"].astype(np.float32), float(kept["seconds"]))


def _places(name: str) -> list[Path]:
    """Where features are kept, in the order in which they are looked for."""
    places = [data_dir() / name]
    with contextlib.suppress(OSError):
        places.append(user_dir() / name)
    return places


def _keep(name: str, values: np.ndarray, seconds: float) -> None:
    """Put a whole file in the first place that takes it, or none."""
    trouble = None
    for file in _places(name):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent) as folder:
                draft = Path(folder, "draft.npz")
                np.savez(draft, values=values, seconds=seconds)
                draft.replace(file)
            return
        except OSError as error:
            trouble = trouble or error
    print(f"Features are not kept for the next time: {trouble}")
