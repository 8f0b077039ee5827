"""Lesson 08: a CNN from the inside."""

import numpy as np
import scipy.signal
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tests.answers import Told

# --- A layer of filters ---------------------------------------------------------------


def by_tensordot(image, kernels):
    h, w = kernels.shape[:2]
    H, W = image.shape[:2]
    rows = []
    for y in range(H - h + 1):
        row = []
        for x in range(W - w + 1):
            row.append(np.tensordot(image[y : y + h, x : x + w], kernels, axes=3))
        rows.append(row)
    return np.array(rows)


def by_views(image, kernels):
    windows = sliding_window_view(image, kernels.shape[:2], axis=(0, 1))
    return np.einsum("rckhw,hwkf->rcf", windows, kernels)


def by_correlation(image, kernels):
    maps = [
        scipy.signal.correlate(image, kernels[..., f], mode="valid")[..., 0]
        for f in range(kernels.shape[-1])
    ]
    return np.stack(maps, axis=-1)


def weight_by_weight(image, kernels):
    """Six loops, and the image is moved and not the window."""
    h, w, channels, count = kernels.shape
    rows, columns = image.shape[0] - h + 1, image.shape[1] - w + 1
    result = [[[0.0] * count for _ in range(columns)] for _ in range(rows)]
    for i, j, k, f in np.ndindex(h, w, channels, count):
        for row, column in np.ndindex(rows, columns):
            met = image[row + i, column + j, k]
            result[row][column][f] += met * kernels[i, j, k, f]
    return result


def by_table(image, kernels):
    h, w, _, count = kernels.shape
    table = patches_by_strides(image, h, w)
    result = table @ kernels.reshape(-1, count)
    return result.reshape(image.shape[0] - h + 1, -1, count)


def by_flipped_convolution(image, kernels):
    result = 0
    for k in range(image.shape[2]):
        maps = [
            scipy.signal.convolve2d(image[..., k], kernel[::-1, ::-1], mode="valid")
            for kernel in np.moveaxis(kernels[:, :, k], -1, 0)
        ]
        result = result + np.dstack(maps)
    return result


def in_single(image, kernels):
    return by_views(np.float32(image), np.float32(kernels))


def channels_turned_too(image, kernels):
    """A convolution in three dimensions turns the channels round as well."""
    turned = kernels[::-1, ::-1]
    maps = [
        scipy.signal.convolve(image, turned[..., f], mode="valid")[..., 0]
        for f in range(kernels.shape[-1])
    ]
    return np.stack(maps, axis=-1)


def same_size(image, kernels):
    h, w = kernels.shape[:2]
    margins = ((h // 2, (h - 1) // 2), (w // 2, (w - 1) // 2), (0, 0))
    return by_views(np.pad(image, margins), kernels)


def filters_first(image, kernels):
    return np.moveaxis(by_views(image, kernels), -1, 0)


def turned_left_to_right(image, kernels):
    return by_views(image, kernels[:, ::-1])


def one_window_less(image, kernels):
    return by_views(image[:-1], kernels)


def mean_over_channels(image, kernels):
    return by_views(image, kernels) / image.shape[2]


def with_relu(image, kernels):
    return np.maximum(by_views(image, kernels), 0)


def side_by_side(image, kernels):
    return by_views(image, kernels)[:: kernels.shape[0], :: kernels.shape[1]]


def square_kernels(image, kernels):
    size = kernels.shape[0]
    return by_views(image, kernels[:, :size])


def rows_for_columns(image, kernels):
    return np.swapaxes(by_views(image, kernels), 0, 1)


def cut_off(image, kernels):
    result = np.zeros(by_views(image, kernels).shape, dtype=int)
    result[:] = by_views(image, kernels)
    return result


def image_in_whole_numbers(image, kernels):
    return by_views(image.astype(int), kernels)


def in_kind_of_kernels(image, kernels):
    return by_views(image, kernels).astype(kernels.dtype)


def each_filter_first_kernel(image, kernels):
    return by_views(image, np.broadcast_to(kernels[..., :1], kernels.shape))


# --- Windows as rows ------------------------------------------------------------------


def patches_by_strides(image, h, w):
    image = np.ascontiguousarray(image)
    rows, columns = image.shape[0] - h + 1, image.shape[1] - w + 1
    down, along, deep = image.strides
    windows = as_strided(
        image,
        (rows, columns, h, w, image.shape[2]),
        (down, along, down, along, deep),
    )
    return windows.reshape(rows * columns, -1)


def square_by_strides(image, size):
    return patches_by_strides(image, size, size)


def by_window_view(image, size):
    windows = sliding_window_view(image, (size, size), axis=(0, 1))
    moved = np.transpose(windows, (0, 1, 3, 4, 2))
    return moved.reshape(-1, size * size * image.shape[2])


def comprehension(image, size):
    height, width, _ = image.shape
    return [
        [*image[r : r + size, c : c + size].flatten()]
        for r in range(height - size + 1)
        for c in range(width - size + 1)
    ]


def by_indices(image, size):
    rows = np.arange(image.shape[0] - size + 1)[:, None, None, None]
    columns = np.arange(image.shape[1] - size + 1)[None, :, None, None]
    i, j = np.arange(size)[:, None], np.arange(size)[None, :]
    windows = image[rows + i, columns + j]
    return windows.reshape(rows.size * columns.size, -1)


def column_by_column(image, size):
    """Each column of the table is a part of the image."""
    rows, columns, channels = np.subtract(image.shape, (size - 1, size - 1, 0))
    table = np.empty((rows * columns, size * size * channels), image.dtype)
    for place, (i, j, k) in enumerate(np.ndindex(size, size, channels)):
        table[:, place] = image[i : i + rows, j : j + columns, k].reshape(-1)
    return table


def filled_by_counter(image, size):
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    result = np.zeros((rows * columns, size * size * image.shape[-1]))
    for n in range(rows * columns):
        r, c = divmod(n, columns)
        result[n] = image[r : r + size, c : c + size, :].reshape(-1)
    return result


def windows_down_first(image, size):
    windows = by_window_view(image, size).reshape(-1, size, size, image.shape[2])
    return np.swapaxes(windows, 1, 2).reshape(len(windows), -1)


def view_as_it_comes(image, size):
    windows = sliding_window_view(image, (size, size, image.shape[2]))
    return windows.reshape(len(windows), -1)


def last_left_out(image, size):
    return by_window_view(image[:-1, :-1], size)


def whole_numbers(image, size):
    return by_window_view(image, size).astype(int)


def turned_windows(image, size):
    return by_window_view(image, size)[:, ::-1]


def not_flat(image, size):
    return sliding_window_view(image, (size, size), axis=(0, 1))


def divided_by_height(image, size):
    """Which row and column the n-th window has, with the wrong side."""
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    places = [divmod(n, rows) for n in range(rows * columns)]
    inside = [(min(r, rows - 1), min(c, columns - 1)) for r, c in places]
    return [image[r : r + size, c : c + size].ravel() for r, c in inside]


def channels_summed(image, size):
    return by_window_view(image.sum(axis=2, keepdims=True), size)


def once_each(image, size):
    return np.unique(by_window_view(image, size), axis=0)


def padded(image, size):
    return by_window_view(np.pad(image, ((0, size - 1), (0, size - 1), (0, 0))), size)


RIGHT = {
    "08.loops": [
        by_tensordot, by_views, by_correlation, weight_by_weight, by_table,
        by_flipped_convolution, in_single,
    ],
    "08.patches": [
        square_by_strides, by_window_view, comprehension, by_indices, column_by_column,
        filled_by_counter,
    ],
    "08.strides": [
        [[100, 14, 14, 32], [100, 12, 12, 32]],
        np.array([(100, 14, 14, 32), (100, 12, 12, 32)]),
        ([100, np.ceil(28 / 2), 28 / 2, 32], [100, 24 / 2, (28 - 5 + 2) // 2, 32]),
        lambda: (np.zeros((100, 28, 28, 32))[:, ::2, ::2].shape, (100, 12, 12, 32)),
    ],
    "08.weights": [
        3274634,
        np.int64(832 + 51264 + 3212288 + 10250),
        26 * 32 + (25 * 32 + 1) * 64 + (49 * 64 + 1) * 1024 + 1025 * 10,
        lambda: sum(np.prod(s) + s[-1] for s in [
            (5, 5, 1, 32), (5, 5, 32, 64), (7 * 7 * 64, 1024), (1024, 10),
        ]),
        3274634.0,
    ],
}  # fmt: skip

WRONG = {
    "08.loops": [
        channels_turned_too, same_size, filters_first, turned_left_to_right,
        one_window_less, mean_over_channels, with_relu, side_by_side, square_kernels,
        rows_for_columns, each_filter_first_kernel, image_in_whole_numbers,
        Told(in_kind_of_kernels, "is cut off"),
        Told(cut_off, "after the decimal point is lost"),
    ],
    "08.patches": [
        windows_down_first, view_as_it_comes, last_left_out, turned_windows, not_flat,
        divided_by_height, channels_summed, once_each, padded,
        Told(whole_numbers, "is cut off"),
    ],
    "08.strides": [
        ((100, 14, 14, 32), (100, 13, 13, 32)),
        ((100, 32, 14, 14), (100, 32, 12, 12)),
        ((100, 16, 16, 32), (100, 12, 12, 32)),
        ((100, 14, 14, 32), (100, 11.5, 11.5, 32)),
        (100, 14, 14, 32),
        ((100, 14, 14, 32), (100, 12, 12)),
    ],
    "08.weights": [
        3274634 - 32 - 64,
        (25 * 3 + 1) * 32 + 51264 + 3212288 + 10250,
        832 + 51264 + (4 * 4 * 64 + 1) * 1024 + 10250,
        832 + 51264 + 3212288 + 1024 * 10,
        3.27e6,
        (784 * 64 + 1) * 1024 + 1025 * 10,
    ],
}  # fmt: skip
