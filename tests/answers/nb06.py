"""Lesson 06: what asks for a value, and maps for display."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import skimage.util

from tests.answers import Told

# --- Maps for display -----------------------------------------------------------------


def where_alive(maps):
    largest = maps.max(axis=(0, 1))
    return maps, maps / np.where(largest > 0, largest, 1)


def nan_replaced(maps):
    with np.errstate(invalid="ignore"):
        return maps, np.nan_to_num(maps / maps.max(axis=(0, 1)))


def with_epsilon(maps):
    return maps, maps / (maps.max(axis=(0, 1)) + 1e-8)


def with_the_epsilon_of_the_lesson(maps):
    return maps, maps / (maps.max(axis=(0, 1)) + 1e-6)


def with_a_larger_epsilon(maps):
    return maps, maps / (maps.max(axis=(0, 1)) + 1e-5)


def with_the_largest_epsilon(maps):
    return maps, maps / (maps.max(axis=(0, 1)) + 1e-4)


def never_less_than(maps):
    return maps, maps / np.maximum(maps.max((0, 1), keepdims=True), 1e-12)


def map_by_map(maps):
    shown = maps.copy()
    for k in range(maps.shape[-1]):
        if maps[:, :, k].max() != 0:
            shown[:, :, k] /= maps[:, :, k].max()
    return maps, shown


def as_lists(maps):
    largest = [max(row[k] for row in maps.reshape(-1, maps.shape[2]))
               for k in range(maps.shape[2])]  # fmt: skip
    shown = [
        [[x / m if m else 0.0 for x, m in zip(pixel, largest)] for pixel in row]
        for row in maps.tolist()
    ]
    return [maps.tolist(), shown]


def in_single_precision(maps):
    small = maps.astype("float32")
    return small, small / (small.max(axis=0).max(axis=0) + np.finfo("float32").eps)


def copied_first(maps):
    shown = np.array(maps)
    alive = shown.any(axis=(0, 1))
    shown[..., alive] /= shown[..., alive].max(axis=(0, 1))
    return maps, shown


def stacked(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    shown = flat / np.clip(flat.max(axis=0), 1e-9, None)
    return np.stack([maps, shown.reshape(maps.shape)])


def from_smallest(maps):
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    return maps, (maps - low) / np.where(high > low, high - low, 1)


def by_channel_at_each_place(maps):
    return maps, maps / np.maximum(maps.max(axis=2, keepdims=True), 1e-9)


def by_row(maps):
    return maps, maps / np.maximum(maps.max(axis=0), 1e-9)


def by_mean(maps):
    mean = maps.mean(axis=(0, 1))
    return maps, maps / np.where(mean > 0, mean, 1)


def cut_off(maps):
    return maps, np.clip(maps, 0, 1)


def dead_is_bright(maps):
    largest = maps.max(axis=(0, 1))
    alive = largest > 0
    return maps, np.where(alive, maps / np.where(alive, largest, 1), 1)


def both_shown(maps):
    return where_alive(maps)[1], where_alive(maps)[1]


def shown_first(maps):
    return where_alive(maps)[::-1]


def only_shown(maps):
    return where_alive(maps)[1]


def one_is_enough(maps):
    """Weak maps stay as they are."""
    return maps, maps / np.maximum(maps.max(axis=(0, 1)), 1)


def as_bytes(maps):
    return maps, (255 * where_alive(maps)[1]).astype(np.uint8)


def dead_left_out(maps):
    alive = maps.max(axis=(0, 1)) > 0
    return maps, maps[..., alive] / maps[..., alive].max(axis=(0, 1))


def too_much_added(maps):
    return maps, maps / (maps.max(axis=(0, 1)) + 0.01)


# --- Shapes and places ----------------------------------------------------------------

SHAPES = [(148, 148, 32), (72, 72, 64), (34, 34, 128), (15, 15, 128)]


def shapes_in_a_loop():
    size, shapes = 150, []
    for filters in (32, 64, 128, 128):
        shapes.append([size - 2, size - 2, filters])
        size = (size - 2) // 2
    return shapes


def sliding_patches():
    photograph = np.zeros((224, 224), np.uint8)
    return skimage.util.view_as_windows(photograph, 32, step=16)[:, :, 0, 0].size


RIGHT = {
    "06.map-shapes": [
        SHAPES,
        lambda: np.array(SHAPES),
        lambda: np.array(SHAPES, np.float32),
        shapes_in_a_loop,
        lambda: tuple(map(list, SHAPES)),
        lambda: ((side, side, n) for side, _, n in SHAPES),
    ],
    "06.for-display": [
        where_alive, nan_replaced, with_epsilon, with_the_epsilon_of_the_lesson,
        with_a_larger_epsilon, with_the_largest_epsilon, never_less_than,
        map_by_map, as_lists, in_single_precision, copied_first, stacked,
    ],
    "06.cam-factor": [
        49, 49.0, Fraction(49), Decimal(49), lambda: np.ones((7, 7)).sum()
    ],
    "06.patches": [
        169, 13**2, 169.0, Decimal(13) * 13, sliding_patches,
        lambda: len(range(0, 224 - 32 + 1, 16)) ** 2,
        lambda: sum(1 for _ in np.ndindex(13, 13)),
    ],
}  # fmt: skip

WRONG = {
    "06.map-shapes": [
        [(148, 148, 32), (72, 72, 64), (34, 34, 128), (14, 14, 128)],
        [(148, 148, 32), (73, 73, 64), (35, 35, 128), (16, 16, 128)],
        [(149, 149, 32), (73, 73, 64), (35, 35, 128), (16, 16, 128)],
        [(32, 148, 148), (64, 72, 72), (128, 34, 34), (128, 15, 15)],
        [(148, 148, 32), (72, 72, 32), (34, 34, 32), (15, 15, 32)],
        SHAPES[:3],
        [(148, 148), (72, 72), (34, 34), (15, 15)],
    ],
    "06.for-display": [
        from_smallest, by_channel_at_each_place, by_row, by_mean, cut_off,
        dead_is_bright, Told(both_shown, "The dead filter is cured"), shown_first,
        only_shown, one_is_enough, as_bytes, dead_left_out, too_much_added,
    ],
    "06.cam-factor": [
        48, 7**3, 1 / 7, Told(0.0204, "The other way round"), 28, 1280 / 49
    ],
    "06.patches": [12 * 13, 14 * 13, 26, 14.5**2, 12.0**2 * 1.5, 13.5**2],
}  # fmt: skip
