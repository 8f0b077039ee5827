"""Lesson 00: how exercises work."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import skimage

from tests.answers import Told

# --- Right ----------------------------------------------------------------------------


def in_single_precision(image):
    return np.asarray(image, dtype="float32") / 255.0


def times(image):
    return np.multiply(image, 1 / 255)


def on_a_line(image):
    return np.interp(image, [0, 255], [0, 1])


def pixel_by_pixel(image):
    result = np.empty(image.shape)
    for place, pixel in np.ndenumerate(image):
        result[place] = int(pixel) / 255
    return result


def as_lists(image):
    if image.ndim == 1:
        return [float(pixel) / 255 for pixel in image]
    return [as_lists(row) for row in image]


def exactly(image):
    return np.vectorize(lambda pixel: Fraction(int(pixel), 255), otypes=[object])(image)


def in_place(image):
    image = image.astype(np.float64)
    image /= np.iinfo(np.uint8).max
    return image


# --- Wrong ----------------------------------------------------------------------------


def darkest_to_brightest(image):
    return (image - image.min()) / max(np.ptp(image), 1)


def around_zero(image):
    return image / 127.5 - 1


def inverted(image):
    return 1 - image / 255


def clipped(image):
    return np.clip(image, 0, 1)


def rounded(image):
    return (image / 255).round(2)


def as_bytes(image):
    return (image / 255).astype(image.dtype)


def one_channel(image):
    return image[..., 0] / 255


def as_percent(image):
    return image / 255 * 100


def each_row_by_itself(image):
    return image / np.maximum(image.max(axis=-1, keepdims=True), 1)


def standardised(image):
    return (image - image.mean()) / 255


def turned(image):
    return image.T / 255


def where_it_seems_to_be_needed(image):
    """A picture may be black, or nearly."""
    return image / 255 if image.max() > 1 else image


RIGHT = {
    "00.pixels": [784, 784.0, np.zeros((28, 28)).size, Decimal(28) ** 2, np.int16(784)],
    "00.photo-shape": [
        [480, 320, 3],
        np.array((480, 320, 3)),
        np.zeros((480, 320, 3), np.uint8).shape,
        (480.0, 320.0, 3.0),
        lambda: iter([480, 320, 3]),
    ],
    "00.wrap-around": [
        44,
        300 % 256,
        np.uint8(44),
        np.array([200], np.uint8) + np.uint8(100),
        200 + 100 - 2**8,
        int.from_bytes((300).to_bytes(2, "little")[:1], "little"),
    ],
    "00.to-unit": [
        in_single_precision, times, on_a_line, pixel_by_pixel, as_lists, exactly,
        in_place, skimage.util.img_as_float,
    ],
}  # fmt: skip

WRONG = {
    "00.pixels": [27 * 27, 28 * 29, 32 * 32, (28, 28)],
    "00.photo-shape": [
        (480, 3, 320),
        (320, 3, 480),
        (480, 320, 4),
        (3, 320),
        [[480, 320, 3]],
        480,
    ],
    "00.wrap-around": [43, -56, 46, 100, 250, 1.18],
    "00.to-unit": [
        darkest_to_brightest, around_zero, inverted, clipped, rounded, one_channel,
        as_percent, each_row_by_itself, standardised, turned,
        where_it_seems_to_be_needed,
        Told(as_bytes, "What comes after the decimal point is dropped"),
    ],
}  # fmt: skip
