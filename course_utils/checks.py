"""Arguments of functions: checked, and refused by name where they cannot be used."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """A whole number of `least` or more: an int, one of NumPy's, but no bool."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} must be {least} or more, not {number}")
    return number


def pair(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """Two whole numbers, such as (height, width); one stands for two equal ones."""
    values = value if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} must be one whole number or two, not {value!r}")
    return whole_number(name, values[0], least), whole_number(name, values[1], least)


def real(name: str, value: Any, above: float = -math.inf) -> float:
    """A finite number, above a limit."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {value!r}") from None
    if not above < number < math.inf:
        limit = "finite" if above == -math.inf else f"above {above} and finite"
        raise ValueError(f"{name} must be {limit}, not {value!r}")
    return number


def array(
    name: str, value: ArrayLike, ndim: tuple[int, ...], widest: type = float
) -> NDArray[Any]:
    """Finite numbers with one of the allowed numbers of axes, as float64.

    With ``widest=complex`` complex numbers too, which stay so.
    """
    numbers = np.asarray(value)
    kinds = "biufc" if widest is complex else "biuf"
    if numbers.dtype.kind not in kinds:
        raise TypeError(
            f"{name} must hold {'' if widest is complex else 'real '}numbers, "
            f"not {numbers.dtype}"
        )
    if numbers.ndim not in ndim or not numbers.size:
        allowed = " or ".join(str(n) for n in ndim)
        raise ValueError(
            f"{name} must have {allowed} axes and no empty one, "
            f"but its shape is {numbers.shape}"
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"{name} holds NaN or infinity: replace them, for example with "
            "numpy.nan_to_num"
        )
    return numbers.astype(complex if numbers.dtype.kind == "c" else float)


def image(value: ArrayLike, name: str = "image") -> NDArray[np.float64]:
    """An image (H, W) or (H, W, C) as float64 (H, W, C)."""
    pixels = array(name, value, (2, 3))
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def filters(kernel: ArrayLike, image: ArrayLike) -> NDArray[Any]:
    """A kernel (h, w), (h, w, C) or (h, w, C, F) for an image, as (h, w, C, F)."""
    weights = array("kernel", kernel, (2, 3, 4), complex)
    if weights.ndim == 2:
        weights = weights[:, :, np.newaxis]
    if weights.ndim == 3:
        weights = weights[..., np.newaxis]
    shape = np.shape(image)
    channels = shape[2] if len(shape) == 3 else 1
    if weights.shape[2] != channels:
        raise ValueError(
            f"kernel of shape {np.shape(kernel)} is for {weights.shape[2]} channel(s), "
            f"but image of shape {shape} has {channels}: a kernel needs one slice for "
            "each channel, (h, w, C) or (h, w, C, F)"
        )
    return weights


def centred(name: str, value: ArrayLike) -> NDArray[Any]:
    """A kernel (h, w), complex too, that has a pixel in its middle."""
    weights = array(name, value, (2,), complex)
    height, width = weights.shape
    if not (height % 2 and width % 2):
        raise ValueError(
            f"{name} must have a middle, that is odd height and width, not {height} x "
            f"{width}"
        )
    return weights


def padding(value: Any) -> tuple[Any, Any]:
    """What to put around an image: above and below it, and left and right of it."""
    if not isinstance(value, tuple | list):
        return value, value
    sides = [side for side in value if isinstance(side, tuple | list)]
    if len(value) != 2 or [len(side) for side in sides] != [2, 2]:
        raise ValueError(
            "padding must be 'valid', 'same', a whole number or "
            f"((top, bottom), (left, right)), not {value!r}"
        )
    return tuple(sides[0]), tuple(sides[1])


def one_of(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Refuse what is none of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        *most, last = map(repr, allowed)
        raise ValueError(f"{name} must be {', '.join(most)} or {last}, not {value!r}")
