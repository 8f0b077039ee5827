"""Lesson 09: how sure is it?"""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.special
import scipy.stats

from tests.answers import Told

# --- From draws to an answer ----------------------------------------------------------


def best_of_mean(draws):
    return np.max(np.mean(draws, 0), -1)


def by_labels(draws):
    mean = sum(draws) / len(draws)
    labels = mean.argmax(axis=-1)
    return mean[np.arange(len(labels)), labels]


def by_loops(draws):
    count, pictures, classes = draws.shape
    found = []
    for n in range(pictures):
        sums = [0.0] * classes
        for t in range(count):
            for k in range(classes):
                sums[k] += draws[t][n][k]
        found.append(max(sums) / count)
    return found


def by_einsum(draws):
    return np.sort(np.einsum("tnk->nk", draws) / len(draws))[:, -1]


def in_single(draws):
    return np.float32(draws).mean(0).max(1)


def of_median(draws):
    return np.median(draws, axis=0).max(axis=1)


def of_voted_class(draws):
    """How probable is the class that most draws name?"""
    labels = draws.argmax(axis=2)
    voted = [np.bincount(column).argmax() for column in labels.T]
    return draws.mean(axis=0)[np.arange(len(voted)), voted]


def geometric_mean(draws):
    return np.exp(np.log(draws).mean(axis=0)).max(axis=1)


def best_of_columns(draws):
    return draws.mean(axis=0).max(axis=0)


def first_draw(draws):
    return draws[0].max(axis=1)


def second_best(draws):
    return np.sort(draws.mean(axis=0))[:, -2]


def ahead_of_second(draws):
    best = np.sort(draws.mean(axis=0))
    return best[:, -1] - best[:, -2]


def column_of_numbers(draws):
    return draws.mean(axis=0).max(axis=1, keepdims=True)


# --- Entropy --------------------------------------------------------------------------


def by_entr(shares):
    return scipy.special.entr(shares).sum(axis=-1)


def by_scipy(shares):
    return scipy.stats.entropy(shares, axis=1)


def where_positive(shares):
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logs).sum(1)


def nan_before_sum(shares):
    return -np.nansum(shares * np.log(shares), axis=1)


def a_little_more(shares):
    return -np.sum(shares * np.log(shares + 1e-9), axis=1)


def clipped(shares):
    shares = np.clip(shares, 1e-7, 1)
    return -np.sum(shares * np.log(shares), axis=1)


def clipped_as_lesson_six(shares):
    shares = np.clip(shares, 1e-6, 1)
    return -np.sum(shares * np.log(shares), axis=1)


def rows_of_python(shares):
    return [-sum(p * math.log(p) for p in row if p > 0) for row in shares.tolist()]


def from_bits(shares):
    logs = np.log2(np.where(shares == 0, 1, shares))
    return np.einsum("nk,nk->n", shares, -logs) * np.log(2)


def nan_after_sum(shares):
    return -np.nan_to_num(np.sum(shares * np.log(shares), axis=1))


def rows_with_zeros_are_certain(shares):
    found = -np.sum(shares * np.log(np.where(shares > 0, shares, 1)), axis=1)
    return np.where((shares == 0).any(axis=1), 0, found)


def mean_of_terms(shares):
    return scipy.special.entr(shares).mean(axis=1)


def as_share_of_most(shares):
    return scipy.special.entr(shares).sum(axis=1) / np.log(shares.shape[1])


def to_base_ten(shares):
    return scipy.special.entr(shares).sum(axis=1) / np.log(10)


def of_largest_only(shares):
    return -np.log(shares.max(axis=1))


def binary(shares):
    rest = scipy.special.entr(1 - shares)
    return (scipy.special.entr(shares) + rest).sum(axis=1)


def coarse_epsilon(shares):
    return -np.sum(shares * np.log(shares + 0.01), axis=1)


def gini(shares):
    return 1 - (shares**2).sum(axis=1)


# --- Entropy of all draws -------------------------------------------------------------


def scipy_of_mean(draws):
    return scipy.stats.entropy(np.mean(draws, axis=0), axis=-1)


def entr_of_mean(draws):
    return scipy.special.entr(draws.mean(0)).sum(1)


def same_lines_swapped(draws):
    shares = draws.mean(axis=0)
    return -np.sum(shares * np.log(shares), axis=1)


def cross_entropies(draws):
    """What each draw pays under the mean, on average."""
    logs = np.log(draws.mean(axis=0))
    return -np.einsum("tnk,nk->n", draws, logs) / len(draws)


def picture_by_picture(draws):
    found = []
    for n in range(draws.shape[1]):
        mean = [sum(draws[:, n, k]) / len(draws) for k in range(draws.shape[2])]
        found.append(-sum(p * math.log(p) for p in mean))
    return np.array(found)


def sum_for_mean(draws):
    total = draws.sum(axis=0)
    return -np.sum(total * np.log(total), axis=1)


def total_in_bits(draws):
    return entr_of_mean(draws) / np.log(2)


def largest_of_draws(draws):
    return scipy.special.entr(draws).sum(axis=2).max(axis=0)


def sum_of_entropies(draws):
    return scipy.special.entr(draws).sum(axis=(0, 2))


def mean_twice(draws):
    return scipy.special.entr(draws.mean(axis=0)).mean(axis=1)


def over_classes_first(draws):
    return scipy.special.entr(draws.mean(axis=2)).sum(axis=0)


def median_first(draws):
    return scipy.special.entr(np.median(draws, axis=0)).sum(axis=1)


def one_number(draws):
    return entr_of_mean(draws).sum()


RIGHT = {
    "09.mc-confidence": [best_of_mean, by_labels, by_loops, by_einsum, in_single],
    "09.entropy": [
        by_entr, by_scipy, where_positive, nan_before_sum, a_little_more, clipped,
        clipped_as_lesson_six, rows_of_python, from_bits,
    ],
    "09.entropy-bug": [
        scipy_of_mean, entr_of_mean, same_lines_swapped, cross_entropies,
        picture_by_picture,
    ],
    "09.hand-over": [
        890 / 900, Fraction(89, 90), 0.989, 0.9889, Decimal(890) / 900,
        np.float32(1 - 10 / 900),
    ],
}  # fmt: skip

WRONG = {
    "09.mc-confidence": [
        of_median, of_voted_class, geometric_mean, best_of_columns, first_draw,
        second_best, ahead_of_second, column_of_numbers,
    ],
    "09.entropy": [
        nan_after_sum, rows_with_zeros_are_certain, mean_of_terms, as_share_of_most,
        to_base_ten, of_largest_only, binary, coarse_epsilon, gini,
    ],
    "09.entropy-bug": [
        sum_for_mean, total_in_bits, largest_of_draws, sum_of_entropies, mean_twice,
        over_classes_first, median_first, one_number,
    ],
    "09.hand-over": [
        0.9, 860 / 900, 0.96, 40 / 50, 890 / 1000, 1 - 10 / 1000 * 0.9,
        Told(100 * 890 / 900, "between 0 and 1"),
    ],
}  # fmt: skip
