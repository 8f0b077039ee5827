"""Lesson 03: pooling. What asks for a function."""

import numpy as np
import scipy.ndimage
from numpy.lib.stride_tricks import sliding_window_view
from skimage.measure import block_reduce

from tests.answers import Told

# --- Max pooling ----------------------------------------------------------------------


def cut(image, size):
    """The part of an image that whole windows fill."""
    return image[: image.shape[0] // size * size, : image.shape[1] // size * size]


def by_reshape(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    return cut(image, size).reshape(rows, size, columns, size).max(axis=(1, 3))


def by_blocks(image, size):
    return block_reduce(cut(image, size), (size, size), np.max)


def by_windows(image, size):
    return sliding_window_view(image, (size, size))[::size, ::size].max(axis=(-2, -1))


def by_slices(image, size):
    """The largest of size * size thinned out images."""
    parts = [
        cut(image, size)[i::size, j::size] for i in range(size) for j in range(size)
    ]
    return np.maximum.reduce(parts).astype(np.float32)


def by_filter(image, size):
    """A filter looks at the neighbours of each pixel; every size-th is taken."""
    whole = scipy.ndimage.maximum_filter(image, size)[
        size // 2 :: size, size // 2 :: size
    ]
    return whole[: image.shape[0] // size, : image.shape[1] // size]


def nested_lists(image, size):
    return [
        [
            max(float(n) for row in image[r : r + size] for n in row[c : c + size])
            for c in range(0, image.shape[1] - size + 1, size)
        ]
        for r in range(0, image.shape[0] - size + 1, size)
    ]


def searching(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    result = np.full((rows, columns), -np.inf)
    for r, c in np.ndindex(rows * size, columns * size):
        place = r // size, c // size
        if image[r, c] > result[place]:
            result[place] = image[r, c]
    return result


def rows_then_columns(image, size):
    image = cut(image, size)
    image = np.maximum.reduceat(image, range(0, image.shape[0], size), axis=0)
    return np.maximum.reduceat(image, range(0, image.shape[1], size), axis=1)


def sorted_windows(image, size):
    windows = sliding_window_view(image, (size, size))[::size, ::size]
    return np.sort(windows.reshape(*windows.shape[:2], -1))[..., -1]


def largest_size(image, size):
    """The largest absolute value."""
    return by_reshape(abs(image), size)


def from_minus_one(image, size):
    return np.maximum(by_reshape(image, size), -1)


def from_minus_hundred(image, size):
    return np.maximum(by_reshape(image, size), -100)


def from_minus_ten_thousand(image, size):
    return np.maximum(by_reshape(image, size), -9999)


def square_result(image, size):
    side = min(image.shape) // size
    return by_reshape(image, size)[:side, :side]


def window_at_row(image, size):
    """The window starts at (row, column), not at (row * size, column * size)."""
    rows, columns = image.shape[0] // size, image.shape[1] // size
    windows = sliding_window_view(image, (size, size)).max(axis=(-2, -1))
    return windows[:rows, :columns]


def window_too_small(image, size):
    least = max(size - 1, 1)
    return sliding_window_view(image, (size, size))[::size, ::size, :least, :least].max(
        axis=(-2, -1)
    )


def median(image, size):
    return np.median(sliding_window_view(image, (size, size))[::size, ::size], (-2, -1))


def second_largest(image, size):
    windows = sliding_window_view(image, (size, size))[::size, ::size]
    flat = np.sort(windows.reshape(*windows.shape[:2], -1))
    return flat[..., -min(2, flat.shape[-1])]


def filled_with_zeros(image, size):
    """What hangs over the border is filled with zeros."""
    return block_reduce(image, (size, size), np.max)


def from_the_end(image, size):
    """Drops what is left over at the beginning."""
    top, left = image.shape[0] % size, image.shape[1] % size
    return by_reshape(image[top:, left:], size)


def stride_two(image, size):
    return sliding_window_view(image, (size, size))[::2, ::2].max(axis=(-2, -1))


def kept_size(image, size):
    return np.kron(by_reshape(image, size), np.ones((size, size)))


def on_sixteen_bits(image, size):
    return by_reshape(image, size).astype(np.int16)


# --- Global average pooling -----------------------------------------------------------


def mean_twice(maps):
    return maps.mean(axis=0).mean(axis=0)


def flat_mean(maps):
    return np.average(maps.reshape(-1, maps.shape[-1]), axis=0)


def einsum_mean(maps):
    return np.einsum("hwc->c", maps) / (maps.shape[0] * maps.shape[1])


def channel_by_channel(maps):
    return [float(np.mean(maps[:, :, c])) for c in range(maps.shape[2])]


def counting(maps):
    H, W, C = maps.shape
    result = np.zeros(C, np.float32)
    for r in range(H):
        for c in range(W):
            result += maps[r, c]
    return result / H / W


def moved_axis(maps):
    return np.array([plane.mean() for plane in np.moveaxis(maps, -1, 0)])


def with_axes_left(maps):
    return maps.mean(axis=(0, 1), keepdims=True)


def rounded_down(maps):
    return maps.sum(axis=(0, 1)) // (maps.shape[0] * maps.shape[1])


def divided_by_rows_twice(maps):
    return maps.sum(axis=(0, 1)) / maps.shape[0] ** 2


def channels_first(maps):
    return maps.mean(axis=(1, 2))


def median_of_maps(maps):
    return np.median(maps, axis=(0, 1))


def of_positive(maps):
    return np.maximum(maps, 0).mean(axis=(0, 1))


def without_zeros(maps):
    return maps.sum(axis=(0, 1)) / np.maximum((maps != 0).sum(axis=(0, 1)), 1)


def root_mean_square(maps):
    return np.sqrt((maps.astype(float) ** 2).mean(axis=(0, 1)))


def of_absolute(maps):
    return abs(maps).mean(axis=(0, 1))


def of_whole_numbers(maps):
    return maps.astype(int).mean(axis=(0, 1))


def half_of_range(maps):
    return (maps.max(axis=(0, 1)) + maps.min(axis=(0, 1))) / 2


RIGHT = {
    "03.my-pool": [
        by_reshape, by_blocks, by_windows, by_slices, nested_lists, searching,
        rows_then_columns, sorted_windows, by_filter,
    ],
    "03.global-average": [
        mean_twice, flat_mean, einsum_mean, channel_by_channel, counting, moved_axis,
    ],
}  # fmt: skip

WRONG = {
    "03.my-pool": [
        largest_size, from_minus_one, from_minus_hundred, from_minus_ten_thousand,
        square_result, window_at_row, window_too_small, median, second_largest,
        from_the_end, stride_two, kept_size,
        Told(filled_with_zeros, "keeps the windows that hang over the border"),
        Told(on_sixteen_bits, "after the decimal point is lost"),
    ],
    "03.global-average": [
        with_axes_left, rounded_down, divided_by_rows_twice, channels_first,
        median_of_maps, of_positive, without_zeros, root_mean_square, of_absolute,
        half_of_range, of_whole_numbers,
    ],
}  # fmt: skip
