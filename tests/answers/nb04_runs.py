"""Lesson 04: choosing among runs, cures, and a table of mistakes."""

import math
from fractions import Fraction

import numpy as np

from tests.answers import Told

# --- Choose an optimiser --------------------------------------------------------------


def by_loop(losses):
    best, row = math.inf, None
    for i, run in enumerate(losses):
        for loss in run:
            if loss < best:  # never for NaN
                best, row = loss, i
    return row


def nan_made_large(losses):
    return np.where(np.isnan(losses), np.inf, losses).min(axis=1).argmin()


def by_sorting(losses):
    lowest = [min(loss for loss in run if loss == loss) for run in losses]
    return sorted(range(len(losses)), key=lowest.__getitem__)[0]


def place_in_table(losses):
    return np.unravel_index(np.nanargmin(losses), losses.shape)[0]


def masked(losses):
    return int(np.ma.masked_invalid(losses).min(axis=1).argmin())


def nan_made_zero(losses):
    return np.nan_to_num(losses).min(axis=1).argmin()


def nan_made(number):
    """Large enough for losses that have been seen, but there are larger ones."""

    def row(losses):
        return np.nan_to_num(losses, nan=number).min(axis=1).argmin()

    return row


def where_all_still_run(losses):
    """Compared in those epochs alone that no run has exploded before."""
    return losses[:, ~np.isnan(losses).any(axis=0)].min(axis=1).argmin()


def the_loss(losses):
    return np.nanmin(losses)


def best_epoch(losses):
    return np.unravel_index(np.nanargmin(losses), losses.shape)[1]


def counted_from_one(losses):
    return by_loop(losses) + 1


def exploded_left_out(losses):
    """The number among those that are left."""
    whole = losses[~np.isnan(losses).any(axis=1)]
    return whole.min(axis=1).argmin()


RIGHT = {
    "04.choose": [by_loop, nan_made_large, by_sorting, place_in_table, masked],
    "04.largest-rate": [3e-2, Fraction(3, 100), np.array([0.03]), 3 / 100],
    "04.few-weights": [
        [2, 4, 5, 0],
        np.array([2, 6, 3, 0]),
        (2.0, 6, 5, 0),
        (2, 4, 3, 0),
    ],
    "04.cures": [[2, 3, 1, 4], np.array([2, 3, 1, 4]), (2.0, 3, Fraction(1), 4)],
    "04.confusion": [
        [344 / 400, 90 / 100, 90 / 104],
        (0.86, 0.9, 0.865),
        np.array([0.86, 0.9, 0.8654]),
        (Fraction(86, 100), Fraction(9, 10), Fraction(90, 104)),
    ],
}

WRONG = {
    "04.choose": [
        Told(nan_made_zero, "For `min` and `argmin` NaN is smaller"),
        the_loss,
        best_epoch,
        counted_from_one,
        exploded_left_out,
        where_all_still_run,
        nan_made(1),
        nan_made(10),
        nan_made(100),
    ],
    "04.largest-rate": [0.5, 0.3, 0.031, 1e-5, (0.03, 0.05)],
    "04.few-weights": [
        Told((0, 8, 5, 0), "That network has 7,850 weights"),
        Told((1, 2, 5, 0), "It has 2,942 weights, few enough"),
        Told((2, 2, 7, 2), "It has 2,426 weights, few enough"),
        Told((2, 4, 4, 0), "does not offer kernel size 4"),
        Told((2, 4, 5, 0.5), "Four whole numbers are asked for"),
        Told("2 4 5 0", "Four whole numbers are asked for"),
        Told((2, float("inf"), 5, 0), "Four whole numbers are asked for"),
    ],
    "04.cures": [(4, 3, 1, 2), (2, 3, 1), (1, 2, 3, 4), (2, 1, 3, 4), (0, 3, 1, 4)],
    "04.confusion": [
        (0.86, 0.9),
        (0.94, 0.9, 90 / 104),
        (0.86, 0.9, 90 / 400),
        (0.86, 0.9, 0.9 * 90 / 104),
        (0.9, 90 / 104, 0.86),
    ],
}
