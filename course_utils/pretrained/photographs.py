"""Photographs as the networks take them."""

import keras
import numpy as np
from numpy.typing import ArrayLike


def preprocess(images: ArrayLike, input_size: int) -> np.ndarray:
    """Photographs as a network takes them: their central square, scaled to its size.

    Parameters
    ----------
    images : (H, W, 3) or (N, H, W, 3), values 0..255.
    input_size : pixels a side.

    Returns
    -------
    np.ndarray : float32 (input_size, input_size, 3), or N of them; values 0..255,
        because the scaling to smaller numbers is the network's first layer.

    Raises
    ------
    ValueError
        For another shape, and for values that are not in 0..255, or only in 0..1.
    """
    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4) or pixels.shape[-1] != 3 or not pixels.size:
        raise ValueError(
            f"images: their shape is {pixels.shape}; allowed are (H, W, 3) and "
            "(N, H, W, 3)"
        )
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
        if not (np.isfinite(pixels).all() and 0 <= pixels.min() <= pixels.max() <= 255):
            raise ValueError("images: all values must be in 0..255")
        if 0 < pixels.max() <= 1:
            raise ValueError("images: values are in 0..1; multiply them by 255")
    height, width = pixels.shape[-3:-1]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[..., top : top + side, left : left + side, :]
    if side == input_size:
        return square.astype(np.float32)
    shape = (input_size, input_size)
    scaled = keras.ops.image.resize(square.astype(np.float32), shape, antialias=True)
    # Weights of a mean may add up to a little more than 1.
    return np.clip(keras.ops.convert_to_numpy(scaled), 0, 255)
