"""Lesson 08: the way back."""

import numpy as np
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view

from tests.answers import Told

# --- The gradient of kernels ----------------------------------------------------------


def by_views(image, upstream):
    windows = sliding_window_view(image, upstream.shape[:2], axis=(0, 1))
    return np.einsum("ijkrc,rcf->ijkf", windows, upstream)


def place_by_place(image, upstream):
    """Each place of the map adds its window, weighted by what comes back to it."""
    rows, columns, count = upstream.shape
    h, w = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    result = np.zeros((h, w, image.shape[2], count))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + h, column : column + w]
            result += window[..., None] * upstream[row, column]
    return result


def by_correlation(image, upstream):
    channels, filters = image.shape[2], upstream.shape[2]
    columns = [
        np.dstack(
            [
                scipy.signal.correlate2d(image[..., k], upstream[..., f], "valid")
                for k in range(channels)
            ]
        )
        for f in range(filters)
    ]
    return np.stack(columns, axis=-1)


def by_table(image, upstream):
    rows, columns, count = upstream.shape
    h, w = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    table = [
        image[r : r + h, c : c + w].ravel() for r in range(rows) for c in range(columns)
    ]
    gradient = np.transpose(table) @ upstream.reshape(-1, count)
    return gradient.reshape(h, w, -1, count)


def all_loops(image, upstream):
    (rows, columns, count), (height, width, channels) = upstream.shape, image.shape
    shape = height - rows + 1, width - columns + 1, channels, count
    result = np.zeros(shape)
    for i, j, k, f in np.ndindex(shape):
        for row, column in np.ndindex(rows, columns):
            met = image[i + row][j + column][k]
            result[i][j][k][f] += upstream[row][column][f] * met
    return result.tolist()


def by_little_steps(image, upstream):
    """The loss is linear in a weight, so a step of any size gives the slope."""
    rows, columns, count = upstream.shape
    shape = (image.shape[0] - rows + 1, image.shape[1] - columns + 1)
    shape = (*shape, image.shape[2], count)

    def loss(kernels):
        views = sliding_window_view(image, shape[:2], axis=(0, 1))
        return (np.einsum("rckhw,hwkf->rcf", views, kernels) * upstream).sum()

    gradient = np.zeros(shape)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-3
        gradient[place] = (loss(step) - loss(-step)) / 2e-3
    return gradient


def by_convolution(image, upstream):
    return by_views(image, upstream[::-1, ::-1])


def channels_added(image, upstream):
    total = image.sum(axis=2, keepdims=True)
    return np.repeat(by_views(total, upstream), image.shape[2], axis=2)


def filters_added(image, upstream):
    total = upstream.sum(axis=2, keepdims=True)
    return np.repeat(by_views(image, total), upstream.shape[2], axis=3)


def largest_met(image, upstream):
    windows = sliding_window_view(image, upstream.shape[:2], axis=(0, 1))
    return (windows[..., None] * np.moveaxis(upstream, 2, -1)).max(axis=(3, 4))


def full_size(image, upstream):
    rows, columns = upstream.shape[:2]
    around = ((rows - 1, rows - 1), (columns - 1, columns - 1), (0, 0))
    return by_views(np.pad(image, around), upstream)


def first_channel_only(image, upstream):
    return by_views(image[..., :1], upstream)


def turned_up_down(image, upstream):
    return by_views(image, upstream)[::-1]


def image_in_whole_numbers(image, upstream):
    return by_views(image.astype(int), upstream)


def in_kind_of_upstream(image, upstream):
    return by_views(image, upstream).astype(upstream.dtype)


def step_against(image, upstream):
    return -0.1 * by_views(image, upstream)


def over_root(image, upstream):
    return by_views(image, upstream) / np.sqrt(upstream[..., 0].size)


# --- Back through ReLU ----------------------------------------------------------------


def where(x, upstream):
    return np.where(x > 0, upstream, 0)


def in_place(x, upstream):
    upstream[x <= 0] = 0
    return upstream


def by_step(x, upstream):
    return np.heaviside(x, 0) * upstream


def by_sign(x, upstream):
    return (np.sign(x) + abs(np.sign(x))) / 2 * upstream


def masked_copy(x, upstream):
    result = np.zeros_like(upstream, dtype=np.float32)
    mask = np.maximum(x, 0) > 0
    result[mask] = upstream[mask]
    return result


def number_by_number(x, upstream):
    pairs = zip(np.ravel(x), np.ravel(upstream))
    passed = [u if v > 0 else 0.0 for v, u in pairs]
    return np.reshape(passed, np.shape(x))


def leaky(x, upstream):
    return np.where(x > 0, upstream, 0.01 * upstream)


def relu_of_six(x, upstream):
    return upstream * ((x > 0) & (x < 6))


def beyond_a_tenth(x, upstream):
    return upstream * (x > 0.1)


def signs_agree(x, upstream):
    return upstream * (x * upstream > 0)


def sign_only(x, upstream):
    return upstream * np.sign(x)


def smooth_step(x, upstream):
    return upstream / (1 + np.exp(-x))


def only_those_that_pass(x, upstream):
    return upstream[x > 0]


def without_sign(x, upstream):
    return np.abs(upstream) * (x > 0)


def the_way_forward(x, upstream):
    return np.maximum(x, 0)


def of_what_comes_back(x, upstream):
    return x * (upstream > 0)


def rounded_first(x, upstream):
    return upstream * (np.round(x) > 0)


# --- Back through max pooling ---------------------------------------------------------


def four_parts(maps, upstream):
    rows, columns = upstream.shape
    cut = maps[: 2 * rows, : 2 * columns]
    windows = cut.reshape(rows, 2, columns, 2).swapaxes(1, 2).reshape(rows, columns, 4)
    won = np.eye(4)[windows.argmax(axis=2)] * upstream[..., None]
    result = np.zeros(maps.shape)
    result[: 2 * rows, : 2 * columns] = (
        won.reshape(rows, columns, 2, 2).swapaxes(1, 2).reshape(2 * rows, 2 * columns)
    )
    return result


def first_that_is_largest(maps, upstream):
    result = np.zeros_like(maps, dtype=float)
    for r in range(maps.shape[0] // 2):
        for c in range(maps.shape[1] // 2):
            best = None
            for i in (2 * r, 2 * r + 1):
                for j in (2 * c, 2 * c + 1):
                    if best is None or maps[i, j] > maps[best]:
                        best = i, j
            result[best] = upstream[r, c]
    return result


def by_divmod(maps, upstream):
    gradient = np.zeros(maps.shape, upstream.dtype)
    for place, number in np.ndenumerate(upstream):
        top, left = np.multiply(place, 2)
        down, along = divmod(int(np.argmax(maps[top : top + 2, left : left + 2])), 2)
        gradient[top + down, left + along] += number
    return gradient


def with_lists(maps, upstream):
    result = [[0] * maps.shape[1] for _ in range(maps.shape[0])]
    for r, row in enumerate(upstream.tolist()):
        for c, number in enumerate(row):
            places = [(2 * r + i, 2 * c + j) for i in (0, 1) for j in (0, 1)]
            i, j = max(places, key=lambda place: maps[place])
            result[i][j] = number
    return result


def by_argwhere(maps, upstream):
    result = np.zeros(maps.shape)
    for r, c in np.ndindex(*upstream.shape):
        window = maps[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
        i, j = np.argwhere(window == window.max())[0]
        result[2 * r + i][2 * c + j] = upstream[r][c]
    return result


def tied(choose):
    """Where pixels are equal, the one at the place that a function names."""

    def back(maps, upstream):
        result = np.zeros(maps.shape)
        for r, c in np.ndindex(*upstream.shape):
            window = maps[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
            i, j = choose([tuple(p) for p in np.argwhere(window == window.max())])
            result[2 * r + i, 2 * c + j] = upstream[r, c]
        return result

    return back


def down_columns(places):
    return min(places, key=lambda place: place[::-1])


def last(places):
    return places[-1]


def up_from_the_right(places):
    return max(places, key=lambda place: place[::-1])


def shared_among_ties(maps, upstream):
    result = np.zeros(maps.shape)
    for r, c in np.ndindex(*upstream.shape):
        part = np.s_[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
        won = maps[part] == maps[part].max()
        result[part] = upstream[r, c] * won / won.sum()
    return result


def starting_from_zero(maps, upstream):
    """No pixel below 0 can win."""
    return four_parts(maps, upstream) * (maps > 0)


def largest_size(maps, upstream):
    return four_parts(abs(maps), upstream)


def cut_off(maps, upstream):
    return four_parts(maps, upstream).astype(int)


def without_left_over(maps, upstream):
    rows, columns = 2 * upstream.shape[0], 2 * upstream.shape[1]
    return four_parts(maps, upstream)[:rows, :columns]


def row_for_column(maps, upstream):
    result = np.zeros(maps.shape)
    for r, c in np.ndindex(*upstream.shape):
        window = maps[2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
        j, i = divmod(int(window.argmax()), 2)
        result[2 * r + i, 2 * c + j] = upstream[r, c]
    return result


def overlapping(maps, upstream):
    result = np.zeros(maps.shape)
    for r, c in np.ndindex(*upstream.shape):
        i, j = divmod(int(maps[r : r + 2, c : c + 2].argmax()), 2)
        result[r + i, c + j] += upstream[r, c]
    return result


def from_minus_hundred(maps, upstream):
    return four_parts(maps, upstream) * (maps > -100)


def maps_in_whole_numbers(maps, upstream):
    """Then more of them are equal."""
    return four_parts(maps.astype(int), upstream)


def through_relu_too(maps, upstream):
    return four_parts(maps, np.maximum(upstream, 0))


RIGHT = {
    "08.kernel-gradient": [
        by_views, place_by_place, by_correlation, by_table, all_loops, by_little_steps,
    ],
    "08.relu-backward": [
        where, in_place, by_step, by_sign, masked_copy, number_by_number,
    ],
    "08.pool-backward": [
        four_parts, first_that_is_largest, by_divmod, with_lists, by_argwhere,
    ],
}  # fmt: skip

WRONG = {
    "08.kernel-gradient": [
        by_convolution, channels_added, filters_added, largest_met, full_size,
        first_channel_only, turned_up_down, step_against, over_root,
        image_in_whole_numbers, Told(in_kind_of_upstream, "is cut off"),
    ],
    "08.relu-backward": [
        leaky, relu_of_six, beyond_a_tenth, signs_agree, sign_only, smooth_step,
        only_those_that_pass, without_sign, the_way_forward, of_what_comes_back,
        rounded_first,
    ],
    "08.pool-backward": [
        tied(down_columns), tied(last), tied(up_from_the_right), shared_among_ties,
        starting_from_zero, largest_size, without_left_over, row_for_column,
        overlapping, through_relu_too, from_minus_hundred,
        maps_in_whole_numbers,
        Told(cut_off, "after the decimal point is cut off"),
    ],
}  # fmt: skip
