"""Lesson 03: pooling and the other layers. What asks for a value; and the slope."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.special
from scipy.stats import norm

from tests.answers import Told

# --- The slope of softplus ------------------------------------------------------------


def by_tanh(x):
    return (1 + np.tanh(np.asarray(x) / 2)) / 2


def by_exponentials(x):
    return np.exp(x) / (1 + np.exp(x))


def other_side(x):
    return 1 - 1 / (1 + np.e**x)


def one_by_one(x):
    return [1 / (1 + math.exp(-float(number))) for number in x]


def measured(x):
    """The slope between two points nearby."""
    h = 1e-6
    return (np.logaddexp(0, x + h) - np.logaddexp(0, x - h)) / (2 * h)


def without_overflow(x):
    small = np.exp(-abs(x)).astype(np.float32)
    return np.where(x >= 0, 1, small) / (1 + small)


def swish(x):
    return x / (1 + np.exp(-x))


def hard(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def bell_curve(x):
    return norm.cdf(x)


def gelu_like(x):
    return 1 / (1 + np.exp(-1.702 * x))


def coarse(x):
    return (np.logaddexp(0, x + 0.01) - np.logaddexp(0, x)) / 0.01


def base_two(x):
    return 1 / (1 + 2.0**-x)


def squared(x):
    return 1 / (1 + np.exp(-x)) ** 2


def outer_only(x):
    """The inner derivative is forgotten."""
    return 1 / (1 + np.exp(x)) + 0 * x


def rounded(x):
    return np.round(1 / (1 + np.exp(-x)), 2)


def steep(x):
    return np.exp(x)


# --- The same for all -----------------------------------------------------------------

RIGHT = {
    "03.by-hand": [
        ((6, 8), (6, 3)),
        np.array([[6, 8], [6, 3]], np.uint8),
        [np.array([6.0, 8.0]), (6, 3)],
        lambda: map(list, b"\x06\x08 \x06\x03".split()),
        [[Fraction(6), 8], [Decimal(6), 3]],
    ],
    "03.pooled-shape": [
        [50, 50, 15],
        np.zeros((100, 100, 15))[::2, ::2].shape,
        (100 / 2, 100 / 2, 15),
        np.array((100, 100, 15)) // (2, 2, 1),
    ],
    "03.norm-axes": [
        [16, 8],
        np.zeros((8, 10, 10, 16)).shape[::-3],
        (np.zeros((8, 10, 10, 16)).mean(axis=(0, 1, 2)).size, 8.0),
    ],
    "03.receptive-field": [24, 24.0, 1 + 2 + 2 + 1 + 4 + 4 + 2 + 8, np.int64(24)],
    "03.softplus-slope": [
        scipy.special.expit, by_tanh, by_exponentials, other_side, one_by_one, measured,
        without_overflow,
    ],
    "03.vanishing": [
        9.54e-7,
        2.0**-20,
        Fraction(1, 4) ** 10,
        Decimal("0.25") ** 10,
        np.prod(np.full(10, 0.25)),
        np.float32(0.25) ** 10,
        math.exp(10 * math.log(0.25)),
    ],
    "03.dropout-mean": [2, 2.0, 0.25 * 2 / 0.25, Fraction(8, 4), np.mean([0, 0, 0, 8])],
    "03.conv1d": [
        [[10, 64], [10, 32]],
        np.array([[10, 64], [10, 32]]),
        [(10, 64.0), [10, 32]],
        tuple(np.zeros((10, filters)).shape for filters in (64, 32)),
    ],
    "03.conv2d": [
        [[100, 100, 16], [100, 100, 32]],
        np.array([(100, 100, 16), (100, 100, 32)], float),
        ((200 / 2, 200 / 2, 16), [100, 100, 32]),
        lambda: ((len(range(0, 199, 2)),) * 2 + (maps,) for maps in (16, 32)),
    ],
}  # fmt: skip

WRONG = {
    "03.norm-axes": [(16, 1), (1, 8), (100, 8), (16,)],
    "03.by-hand": [
        [[6, 8], [6, 2]],
        [[4, 3], [6, 2]],  # the last number of each row and what follows
        [[6, 8], [5, 3]],
        [[6, 8, 8], [6, 6, 3]],
        8,
        [[6, 8], [6, 3], [0, 0]],
    ],
    "03.pooled-shape": [
        (51, 51, 15),
        (50, 100, 15),
        (50, 50, 30),
        (50, 50, 60),
        (49, 49, 15),
        50 * 50 * 15,
    ],
    "03.receptive-field": [23, 16, 25, 14, 36, (24, 24)],
    "03.softplus-slope": [
        np.tanh, swish, hard, bell_curve, gelu_like, coarse, base_two, squared,
        rounded, steep,
        Told(outer_only, "Mirrored"),
    ],
    "03.vanishing": [0, 1e-6, 0.25**11, 9.5e-7, 0.25 ** (1 / 10), 9.54e-5],
    "03.dropout-mean": [1, 4, 6, 2 / 3, 2.67],
    "03.conv1d": [
        ((10, 64), (10, 96)),
        ((12, 64), (14, 32)),
        ((10, 64), (8, 32)),
        ((9, 64), (9, 32)),
        (10, 32),
        ((10, 64, 32), (10, 32, 64)),
    ],
    "03.conv2d": [
        ((101, 101, 16), (101, 101, 32)),
        ((100, 100, 16), (100, 100, 48)),
        ((100, 100, 16), (100, 100, 16)),
        ((198, 198, 16), (198, 198, 32)),
        ((100, 100, 16), (99, 99, 32)),
        ((100, 100), (100, 100)),
    ],
}  # fmt: skip
