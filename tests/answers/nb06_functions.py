"""Lesson 06: a step uphill, and Grad-CAM."""

import math
from fractions import Fraction

import numpy as np
import scipy.linalg

from tests.answers import Told

# --- One step uphill ------------------------------------------------------------------


def _by(epsilon):
    def step_up(picture, slope, rate):
        return picture + rate * slope / (np.sqrt(np.mean(slope**2)) + epsilon)

    return step_up


def inside_the_root(picture, slope, rate):
    return picture + rate * slope / np.sqrt((slope**2).mean() + 1e-8)


def if_there_is_a_slope(picture, slope, rate):
    length = np.sqrt(np.square(slope).mean())
    return picture + rate / length * slope if length else picture


def at_least(picture, slope, rate):
    length = np.linalg.norm(slope) / slope.size**0.5
    return picture + rate * slope / max(length, 1e-7)


def by_scipy(picture, slope, rate):
    length = scipy.linalg.norm(slope.ravel()) / math.sqrt(slope.size) + 1e-10
    return picture + slope * (rate / length)


def pixel_by_pixel(picture, slope, rate):
    total = count = 0
    for row in slope:
        for number in row:
            total, count = total + number**2, count + 1
    length = math.sqrt(total / count) + 1e-9
    return [
        [p + rate * s / length for p, s in zip(ps, ss)]
        for ps, ss in zip(picture.tolist(), slope.tolist())
    ]


def divided_where_it_can(picture, slope, rate):
    length = np.full_like(slope, np.std(np.stack([slope, -slope])))
    unit = np.divide(slope, length, out=np.zeros_like(slope), where=length > 0)
    return picture + rate * unit


def in_place(picture, slope, rate):
    slope /= np.sqrt(np.average(slope * slope)) + 1e-6
    slope *= rate
    picture += slope
    return picture


def small_numbers(picture, slope, rate):
    slope = slope.astype(np.float32)
    length = np.sqrt(np.vdot(slope, slope) / slope.size) + np.float32(1e-7)
    return picture.astype(np.float32) + np.float32(rate) * slope / length


def without_root(picture, slope, rate):
    return picture + rate * slope / (np.mean(slope**2) + 1e-8)


def mean_size(picture, slope, rate):
    return picture + rate * slope / (np.abs(slope).mean() + 1e-8)


def largest_size(picture, slope, rate):
    return picture + rate * slope / (np.abs(slope).max() + 1e-8)


def mean_first(picture, slope, rate):
    return picture + rate * slope / (np.abs(np.mean(slope)) + 1e-8)


def row_by_row(picture, slope, rate):
    length = np.sqrt(np.mean(slope**2, axis=1, keepdims=True))
    return picture + rate * slope / (length + 1e-8)


def column_by_column(picture, slope, rate):
    return picture + rate * slope / (np.sqrt((slope**2).mean(axis=0)) + 1e-8)


def only_the_step(picture, slope, rate):
    return rate * slope / (np.sqrt(np.mean(slope**2)) + 1e-8)


def rate_left_out(picture, slope, rate):
    return picture + slope / (np.sqrt(np.mean(slope**2)) + 1e-8)


def by_picture(picture, slope, rate):
    return picture + rate * slope / (np.sqrt(np.mean(picture**2)) + 1e-8)


def sum_in_the_root(picture, slope, rate):
    return picture + rate * slope / (np.sqrt(np.sum(slope**2)) + 1e-6)


def kept_from_0_to_1(picture, slope, rate):
    return np.clip(_by(1e-8)(picture, slope, rate), 0, 1)


def multiplied(picture, slope, rate):
    return picture + rate * slope * np.sqrt(np.mean(slope**2))


def half_the_squares(picture, slope, rate):
    return picture + rate * slope / (np.sqrt(np.mean(slope**2) / 2) + 1e-8)


def root_of_each(picture, slope, rate):
    """The mean of the roots is that of the sizes."""
    return picture + rate * slope / (np.mean(np.sqrt(slope**2)) + 1e-7)


def nothing_added(picture, slope, rate):
    return picture + rate * slope / np.sqrt(np.mean(slope**2))


def never_less_than_1(picture, slope, rate):
    return picture + rate * slope / max(np.sqrt(np.mean(slope**2)), 1)


def shrunk_picture(picture, slope, rate):
    return (picture + rate * slope) / (np.sqrt(np.mean(slope**2)) + 1e-8)


# --- Grad-CAM -------------------------------------------------------------------------


def by_einsum(maps, gradients):
    cam = np.einsum("ijk,k->ij", maps, np.einsum("ijk->k", gradients))
    return np.clip(cam / gradients[..., 0].size, 0, None)


def added_up(maps, gradients):
    weighted = maps * gradients.mean(axis=0).mean(axis=0)
    cam = weighted.sum(axis=-1)
    return np.where(cam > 0, cam, 0)


def in_loops(maps, gradients):
    height, width, channels = maps.shape
    cam = [[0.0] * width for _ in range(height)]
    for k in range(channels):
        weight = sum(gradients[:, :, k].ravel().tolist()) / (height * width)
        for i in range(height):
            for j in range(width):
                cam[i][j] += weight * maps[i, j, k]
    return [[max(x, 0) for x in row] for row in cam]


def by_tensordot(maps, gradients):
    weights = np.average(gradients.reshape(-1, gradients.shape[-1]), axis=0)
    return np.fmax(np.tensordot(maps, weights, axes=1), 0)


def channel_by_channel(maps, gradients):
    cam = np.zeros(maps.shape[:2], np.float32)
    for one, slope in zip(np.moveaxis(maps, -1, 0), np.moveaxis(gradients, -1, 0)):
        cam += np.float32(slope.mean()) * one.astype(np.float32)
    return cam * (cam > 0)


def by_sizes(maps, gradients):
    cam = np.dot(maps, np.mean(gradients, axis=(0, 1), dtype=np.float32))
    return (cam + np.abs(cam)) / 2


def in_place_relu(maps, gradients):
    cam = (maps * gradients.mean((0, 1), keepdims=True)).sum(2)
    cam[cam < 0] = 0
    return cam


def exactly(maps, gradients):
    weights = [
        sum(map(Fraction, gradients[:, :, k].ravel().tolist()), Fraction())
        / gradients[:, :, k].size
        for k in range(maps.shape[2])
    ]
    return [
        [max(sum(w * Fraction(x) for w, x in zip(weights, pixel)), 0) for pixel in row]
        for row in maps.tolist()
    ]


def mean_of_maps(maps, gradients):
    return np.maximum((maps * gradients.mean(axis=(0, 1))).mean(axis=2), 0)


def slopes_from_0(maps, gradients):
    return maps @ np.maximum(gradients, 0).mean(axis=(0, 1))


def weights_from_0(maps, gradients):
    return maps @ np.maximum(gradients.mean(axis=(0, 1)), 0)


def size_of_weights(maps, gradients):
    return np.maximum(maps @ np.abs(gradients.mean(axis=(0, 1))), 0)


def size_of_the_sum(maps, gradients):
    return np.abs(maps @ gradients.mean(axis=(0, 1)))


def largest_slope(maps, gradients):
    return np.maximum(maps @ gradients.max(axis=(0, 1)), 0)


def brightest_is_1(maps, gradients):
    cam = by_sizes(maps, gradients)
    return cam / max(cam.max(), 1e-9)


def swapped(maps, gradients):
    return np.maximum(gradients @ maps.mean(axis=(0, 1)), 0)


def turned(maps, gradients):
    return by_sizes(maps, gradients).T


def median(maps, gradients):
    return np.maximum(maps @ np.median(gradients, axis=(0, 1)), 0)


def mean_over_rows(maps, gradients):
    return np.maximum((maps * gradients.mean(axis=0)).sum(axis=2), 0)


def mean_over_columns(maps, gradients):
    return np.maximum((maps * gradients.mean(axis=1, keepdims=True)).sum(axis=2), 0)


def mean_over_channels(maps, gradients):
    return np.maximum((maps * gradients.mean(axis=2, keepdims=True)).sum(axis=2), 0)


def one_number_for_all(maps, gradients):
    return np.maximum(maps.sum(axis=2) * gradients.mean(), 0)


def leaky(maps, gradients):
    cam = maps @ gradients.mean(axis=(0, 1))
    return np.where(cam > 0, cam, 0.01 * cam)


def at_most_6(maps, gradients):
    return np.clip(maps @ gradients.mean(axis=(0, 1)), 0, 6)


def against_it(maps, gradients):
    return np.maximum(-maps @ gradients.mean(axis=(0, 1)), 0)


# --- Dead filters ---------------------------------------------------------------------


def rows_of_filters(maps):
    return np.sum(~maps.reshape(-1, maps.shape[-1]).any(axis=0))


def filter_by_filter(maps):
    return len([k for k in range(maps.shape[-1]) if not maps[..., k].any()])


def by_sums(maps):
    return maps.shape[-1] - np.count_nonzero(maps.sum((0, 1, 2)))


def dead_on_any(maps):
    return ((maps.max(axis=(1, 2)) == 0).any(axis=0)).sum()


def maps_in_whole_numbers(maps, gradients):
    return by_einsum(maps.astype(int), gradients)


def flat_ones_as_they_are(picture, slope, rate):
    length = np.sqrt(np.mean(slope**2))
    return picture + rate * slope / (length if length > 0.1 else 1)


def where_there_is_a_slope(picture, slope, rate):
    some = slope[slope != 0]
    length = np.sqrt(np.mean(some**2)) if some.size else 0
    return picture + rate * slope / (length + 1e-8)


def which_are_dead(maps):
    return np.flatnonzero(maps.max(axis=(0, 1, 2)) == 0)


def nearly_dead(maps):
    return (maps.max(axis=(0, 1, 2)) < 0.1).sum()


def on_two_photographs(maps):
    return count_of(maps[:2])


def on_the_ends(maps):
    return count_of(maps[[0, -1]])


def count_of(maps):
    return (maps.max(axis=(0, 1, 2)) == 0).sum()


def on_the_mean_photograph(maps):
    return (maps.mean(axis=0) == 0).sum()


RIGHT = {
    "06.dead": [rows_of_filters, filter_by_filter, by_sums],
    "06.step-up": [
        *map(_by, (1e-12, 1e-7, 1e-6, 1e-5, 1e-4)), inside_the_root,
        if_there_is_a_slope, at_least, by_scipy, pixel_by_pixel, divided_where_it_can,
        in_place, small_numbers,
    ],
    "06.grad-cam": [
        by_einsum, added_up, in_loops, by_tensordot, channel_by_channel, by_sizes,
        in_place_relu, exactly,
    ],
}  # fmt: skip

WRONG = {
    "06.dead": [
        dead_on_any, which_are_dead, on_the_mean_photograph, nearly_dead,
        on_two_photographs, on_the_ends,
    ],
    "06.step-up": [
        without_root, mean_size, largest_size, mean_first, row_by_row,
        column_by_column, only_the_step, rate_left_out, by_picture, kept_from_0_to_1,
        multiplied, half_the_squares, root_of_each, shrunk_picture, nothing_added,
        Told(sum_in_the_root, "the root of the *sum* of squares"), _by(1), _by(0.01),
        never_less_than_1, where_there_is_a_slope, flat_ones_as_they_are,
    ],
    "06.grad-cam": [
        mean_of_maps, slopes_from_0,
        Told(weights_from_0, "ReLU comes after the sum"),  # the same: no map is below 0
        size_of_weights, size_of_the_sum,
        largest_slope, brightest_is_1, swapped, turned, median, mean_over_rows,
        mean_over_columns, mean_over_channels, one_number_for_all, leaky, at_most_6,
        against_it, maps_in_whole_numbers,
    ],
}  # fmt: skip
