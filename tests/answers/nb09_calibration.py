"""Lesson 09: distance from the prior, and calibration."""

import math

import numpy as np
import scipy.stats

from tests.answers import Told

# --- Distance from the prior ----------------------------------------------------------


def half_of_sum(mean, std):
    return 0.5 * (mean**2 + std**2 - 2 * np.log(std) - 1).sum()


def by_variance(mean, std):
    variance = np.square(std)
    return -0.5 * np.sum(1 + np.log(variance) - np.square(mean) - variance)


def weight_by_weight(mean, std):
    total = 0
    for m, s in zip(np.ravel(mean), np.ravel(std)):
        total += (m * m + s * s - 1) / 2 - math.log(s)
    return total


def by_products(mean, std):
    m, s = mean.ravel(), std.ravel()
    return (m @ m + s @ s - s.size) / 2 - np.log(np.prod(s))


def pieces(mean, std):
    return np.sum((mean**2 + std**2 - 1) / 2) - np.log(std).sum()


def log_of_variance(mean, std):
    return np.sum((mean**2 + std**2 - 1) / 2 - np.log(std**2))


def half_of_log_too(mean, std):
    return np.sum((mean**2 + std**2 - 1 - np.log(std)) / 2)


def other_way(mean, std):
    """From the prior to the posterior."""
    return np.sum((1 + mean**2) / (2 * std**2) - 0.5 + np.log(std))


def down_rows(mean, std):
    return np.sum((mean**2 + std**2 - 1) / 2 - np.log(std), axis=0)


def along_rows(mean, std):
    return np.sum((mean**2 + std**2 - 1) / 2 - np.log(std), axis=-1)


def one_for_all(mean, std):
    """The 1 is taken once, not for each weight."""
    return (np.sum(mean**2 + std**2) - 1) / 2 - np.sum(np.log(std))


def whole_logs(mean, std):
    return np.sum((mean**2 + std**2 - 1) / 2 - np.log2(std))


def without_means(mean, std):
    return np.sum((std**2 - 1) / 2 - np.log(std))


# --- Calibration ----------------------------------------------------------------------


def by_digitize(confidence, right):
    places = np.digitize(confidence, np.linspace(0, 1, 11)[1:-1])
    error = 0.0
    for b in range(10):
        if (places == b).any():
            gap = np.mean(right[places == b]) - np.mean(confidence[places == b])
            error += np.mean(places == b) * abs(gap)
    return error


def by_histogram(confidence, right):
    edges = np.linspace(0, 1, 11)
    hits = np.histogram(confidence, edges, weights=right)[0]
    claims = np.histogram(confidence, edges, weights=confidence)[0]
    return np.abs(hits - claims).sum() / len(confidence)


def by_bincount(confidence, right):
    bins = (confidence * 10).astype(int).clip(max=9)
    return np.abs(np.bincount(bins, right - confidence)).sum() / confidence.size


def by_edges(confidence, right):
    error = 0
    for i in range(10):
        low, high = i * 0.1, (i + 1) * 0.1
        inside = (confidence > low) & (confidence <= high)
        if inside.sum():
            error += (
                abs(right[inside].mean() - confidence[inside].mean()) * inside.sum()
            )
    return error / len(confidence)


def by_searchsorted(confidence, right):
    places = np.searchsorted(np.linspace(0, 1, 11), confidence) - 1
    parts = [(right - confidence)[places == b] for b in set(places)]
    return math.fsum(abs(part.sum()) for part in parts) / len(right)


def by_scipy_stats(confidence, right):
    gaps = scipy.stats.binned_statistic(
        confidence, right - confidence, "sum", bins=10, range=(0, 1)
    ).statistic
    return np.abs(gaps).sum() / len(right)


def by_dictionary(confidence, right):
    gaps = {}
    for c, r in zip(confidence.tolist(), right.tolist()):
        b = min(int(c * 10), 9)
        gaps[b] = gaps.get(b, 0) + r - c
    return sum(map(abs, gaps.values())) / len(confidence)


def without_edge(k):
    """As with `np.arange(0.2, 1, 0.1)` for edges, or another that is left out."""

    def error(confidence, right):
        edges = np.delete(np.linspace(0, 1, 11), [0, k, 10])
        places = np.digitize(confidence, edges)
        return np.abs(np.bincount(places, right - confidence)).sum() / len(right)

    return error


def with_bins(count):
    def error(confidence, right):
        bins = np.minimum((confidence * count).astype(int), count - 1)
        return np.abs(np.bincount(bins, right - confidence)).sum() / len(right)

    return error


def middle_of_bin(confidence, right):
    bins = (confidence * 10).astype(int).clip(max=9)
    return np.abs(np.bincount(bins, right - (bins + 0.5) / 10)).sum() / len(right)


def rounded_bins(confidence, right):
    bins = np.round(confidence * 10).astype(int)
    return np.abs(np.bincount(bins, right - confidence)).sum() / len(right)


def from_least_to_most(confidence, right):
    hits, edges = np.histogram(confidence, 10, weights=right)
    claims = np.histogram(confidence, edges, weights=confidence)[0]
    return np.abs(hits - claims).sum() / len(right)


def equally_full_bins(confidence, right):
    order = np.argsort(confidence)
    parts = np.array_split((right - confidence)[order], 10)
    return sum(abs(part.sum()) for part in parts) / len(right)


def signed(confidence, right):
    return (confidence - right).mean()


def root_of_squares(confidence, right):
    bins = (confidence * 10).astype(int).clip(max=9)
    counts = np.maximum(np.bincount(bins), 1)
    gaps = np.bincount(bins, right - confidence) / counts
    return np.sqrt((counts / len(right) * gaps**2).sum())


def ones_on_their_own(confidence, right):
    bins = (confidence * 10).astype(int)
    return np.abs(np.bincount(bins, right - confidence)).sum() / len(right)


def over_all_bins(confidence, right):
    """Each bin counts a tenth, empty ones too."""
    bins = (confidence * 10).astype(int).clip(max=9)
    counts = np.maximum(np.bincount(bins, minlength=10), 1)
    gaps = np.bincount(bins, right - confidence, 10) / counts
    return np.abs(gaps).mean()


def from_the_second_bin(confidence, right):
    bins = (confidence * 10).astype(int).clip(max=9)
    here = [bins == b for b in range(1, 10)]
    return sum(abs((right - confidence)[x].sum()) for x in here) / len(right)


RIGHT = {
    "09.kl": [half_of_sum, by_variance, weight_by_weight, by_products, pieces],
    "09.calibration": [
        by_digitize, by_histogram, by_bincount, by_edges, by_searchsorted,
        by_scipy_stats, by_dictionary,
    ],
}  # fmt: skip

WRONG = {
    "09.kl": [
        log_of_variance, half_of_log_too, other_way, down_rows, along_rows, one_for_all,
        whole_logs, without_means,
    ],
    "09.calibration": [
        with_bins(15), with_bins(5), with_bins(9), middle_of_bin, rounded_bins,
        from_least_to_most, equally_full_bins, root_of_squares, ones_on_their_own,
        over_all_bins, from_the_second_bin, Told(signed, "cancel each other"),
        without_edge(1), without_edge(2), without_edge(3), without_edge(7),
    ],
}  # fmt: skip
