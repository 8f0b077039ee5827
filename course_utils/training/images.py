"""Images, compared with what the network takes: shape, type, range of the values."""

import warnings
from typing import Any

import keras
import numpy as np

from course_utils.datasets import Photos
from course_utils.training.network import scales_bytes, shape_of, takes_bytes_raw

HIGHEST = 255
FAR = 2 * HIGHEST  # beyond it there is more than noise on top of 0..255


def as_images(name: str, value: Any, model: keras.Model) -> np.ndarray:
    """Images as an array (N, ...) that the network takes.

    Raises
    ------
    ValueError
        For another shape, texts or objects, NaN, or values that the network scales
        in another way than they need.
    """
    if isinstance(value, Photos):
        raise ValueError(
            f"{name}: these photographs stay on the disk and differ in size; use "
            f"data.as_dataset({name!r}, image_size=...)"
        )
    images = _numbers(value)
    if images is None:
        raise ValueError(
            f"{name}: the images are no array of numbers; needed are numbers, and the "
            "same size for all images"
        )
    check_shape(name, images.shape, model)
    check_values(name, images, model)
    return images


def _numbers(value: Any) -> np.ndarray | None:
    try:
        images = np.asarray(value)
        if images.dtype.kind == "b":
            return images.astype(np.uint8)
        if images.dtype.kind in "OV":  # such as bfloat16
            return images.astype(np.float32)
    except (ValueError, TypeError):  # such as a list of images of several sizes
        return None
    return images if images.dtype.kind in "iuf" else None


def check_shape(name: str, shape: Any, model: keras.Model) -> None:
    """Refuse images (N, ...) of another shape than the network takes."""
    expected = shape_of(model, "input")
    if expected is None or fits(shape, expected):
        return
    raise ValueError(
        f"{name}: images have the shape {tuple(shape[1:])}, but the model takes "
        f"{expected[1:]}{_cure(shape, expected)}"
    )


def fits(shape: Any, expected: tuple[int | None, ...]) -> bool:
    """Whether a network takes (N, ...); Keras adds or drops a last axis of 1 itself."""
    shape = tuple(shape)
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        shape = (*shape, 1)
    elif len(shape) == len(expected) + 1 and shape[-1] == 1:
        shape = shape[:-1]
    return len(shape) == len(expected) and all(
        n is None or m is None or m == n for m, n in zip(shape[1:], expected[1:])
    )


def _cure(shape: Any, expected: tuple[int | None, ...]) -> str:
    shape = tuple(shape)
    one, colours = (*shape, 1), (*shape[:-1], 3)
    if len(shape) == len(expected) == 4 and fits((0, *shape[2:], shape[1]), expected):
        return ": the channels come first; np.moveaxis(images, 1, -1) puts them last"
    if expected[-1] == 3 and (
        fits((*shape, 3), expected) or (shape[-1] == 1 and fits(colours, expected))
    ):
        gray = "images" if shape[-1] == 1 else "images[..., np.newaxis]"
        return f": they are gray; np.repeat({gray}, 3, axis=-1) gives three channels"
    if expected[-1] == 1 and shape[-1] in (3, 4) and fits((*shape[:-1], 1), expected):
        return ": they are in colour; images[..., :3].mean(-1) makes them gray"
    if expected[-1] == 3 and shape[-1] == 4 and fits(colours, expected):
        return ": the fourth channel is opacity; images[..., :3] leaves it out"
    if fits((1, *shape), expected) or (len(expected) > 3 and fits((1, *one), expected)):
        return ": this is a single image; images[np.newaxis] makes a batch of it"
    if len(shape) == len(expected) == 4 and shape[-1] == expected[-1]:
        return "; tf.image.resize(images, size) scales them"
    return ""


def check_values(name: str, images: np.ndarray, model: keras.Model) -> None:
    """Refuse NaN, and values in another range than the network scales."""
    if not images.size:
        return
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise ValueError(f"{name}: images hold NaN or infinity")
    low, high = float(images.min()), float(images.max())
    if scales_bytes(model):
        _check_range(name, low, high)
    elif (
        images.dtype == np.uint8
        and high > 1
        and images.ndim > 2
        and takes_bytes_raw(model)
    ):
        warnings.warn(
            f"{name}: images go from {low:g} to {high:g}, and the model does not scale "
            "them; with keras.layers.Rescaling(1 / 255) as its first layer it learns "
            "faster",
            stacklevel=5,
        )


def _check_range(name: str, low: float, high: float) -> None:
    """What is certainly no picture in 0..255; a little noise on top is one."""
    does = "the model scales 0..255 itself; give it the images as they came"
    if low >= 0 and 0 < high <= 1:
        raise ValueError(f"{name}: images are in 0..1 already, but {does}")
    if low < 0 and high <= 20:
        raise ValueError(
            f"{name}: images go from {low:.3g} to {high:.3g}, as if they were scaled "
            f"already, but {does}"
        )
    if high > FAR or low < -HIGHEST:
        raise ValueError(
            f"{name}: images go from {low:.5g} to {high:.5g}, but the model scales "
            "0..255; bring them into that range first (16-bit ones by images // 257)"
        )
