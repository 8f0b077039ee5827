"""Lesson 09: prior and posterior, votes, and telling two kinds apart."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.special
import scipy.stats
import sklearn.metrics

from tests.answers import Told

# --- Prior and posterior --------------------------------------------------------------


def by_logarithms(prior, likelihood):
    return scipy.special.softmax(np.log(prior) + np.log(likelihood).sum(axis=0))


def one_picture_after_another(prior, likelihood):
    """Yesterday's posterior is today's prior."""
    for row in likelihood:
        prior = prior * row
        prior = prior / prior.sum()
    return prior


def network_by_network(prior, likelihood):
    beliefs = []
    for m in range(len(prior)):
        belief = float(prior[m])
        for n in range(likelihood.shape[0]):
            belief *= likelihood[n][m]
        beliefs.append(belief)
    return [belief / sum(beliefs) for belief in beliefs]


def stacked(prior, likelihood):
    belief = np.multiply.reduce(np.vstack([prior, likelihood]))
    return belief / np.linalg.norm(belief, 1)


def product_over_networks(prior, likelihood):
    belief = prior * likelihood.prod(axis=1)[: len(prior)].mean()
    return belief / belief.sum()


def sum_over_pictures(prior, likelihood):
    belief = prior * np.log1p(likelihood).sum(axis=0)
    return belief / belief.sum()


def last_picture(prior, likelihood):
    return by_logarithms(prior, likelihood[-1:])


def divided_by_largest(prior, likelihood):
    belief = prior * likelihood.prod(axis=0)
    return belief / belief.max()


def softmax_of_product(prior, likelihood):
    return scipy.special.softmax(prior * likelihood.prod(axis=0))


def mean_of_posteriors(prior, likelihood):
    belief = prior * likelihood
    return (belief / belief.sum(axis=1, keepdims=True)).mean(axis=0)


def prior_added(prior, likelihood):
    belief = prior + likelihood.prod(axis=0)
    return belief / belief.sum()


def logs_of_likelihood_only(prior, likelihood):
    belief = prior * np.log(likelihood).sum(axis=0)
    return belief / belief.sum()


# --- A grid ---------------------------------------------------------------------------


def count_up():
    weights = 0
    while 20 ** (weights + 1) <= 31_536_000 * 10**6:
        weights += 1
    return weights


# --- Votes ----------------------------------------------------------------------------


def all_outcomes():
    total = Fraction(0)
    for votes in itertools.product([0, 1], repeat=5):
        if sum(votes) >= 3:
            total += Fraction(92, 100) ** sum(votes) * Fraction(8, 100) ** (
                5 - sum(votes)
            )
    return total


# --- Pairs ----------------------------------------------------------------------------


def by_scikit_learn(inside, outside):
    labels = [0] * len(inside) + [1] * len(outside)
    return sklearn.metrics.roc_auc_score(labels, [*inside, *outside])


def by_mann_whitney(inside, outside):
    u = scipy.stats.mannwhitneyu(outside, inside).statistic
    return u / (len(inside) * len(outside))


def pair_by_pair(inside, outside):
    points = 0
    for a in inside:
        for b in outside:
            points += 1 if b > a else 0.5 if a == b else 0
    return points / (len(inside) * len(outside))


def by_signs(inside, outside):
    return (np.sign(np.subtract.outer(outside, inside)).mean() + 1) / 2


def by_ranks(inside, outside):
    ranks = scipy.stats.rankdata(np.concatenate([inside, outside]))
    n, m = len(inside), len(outside)
    return (ranks[n:].sum() - m * (m + 1) / 2) / (n * m)


def by_search(inside, outside):
    order = np.sort(inside)
    below = np.searchsorted(order, outside, "left")
    not_above = np.searchsorted(order, outside, "right")
    return (below + not_above).mean() / 2 / len(order)


def above_median(inside, outside):
    return np.mean(outside > np.median(inside))


def above_all(inside, outside):
    return np.mean(outside > inside.max())


def mean_gap(inside, outside):
    return outside.mean() - inside.mean()


def signs_only(inside, outside):
    return np.sign(np.subtract.outer(outside, inside)).mean()


def ties_left_out(inside, outside):
    won = np.sum(np.subtract.outer(outside, inside) > 0)
    lost = np.sum(np.subtract.outer(outside, inside) < 0)
    return won / max(won + lost, 1)


def shuffled_pairs(inside, outside):
    count = min(len(inside), len(outside))
    return np.mean(np.sort(outside)[:count] > np.sort(inside)[:count])


def with_flipped_labels(inside, outside):
    return 1 - by_mann_whitney(inside, outside) / 2


def by_a_thousand_thresholds(inside, outside):
    highest = max(inside.max(), outside.max())
    thresholds = np.linspace(0, highest, 1001)[:, np.newaxis]
    found, alarms = ((x >= thresholds).mean(axis=1) for x in (outside, inside))
    return -np.trapezoid(np.append(found, 0), np.append(alarms, 0))


def three_decimals(inside, outside):
    return by_mann_whitney(inside.round(3), outside.round(3))


def smooth_pairs(inside, outside):
    return scipy.special.expit(np.subtract.outer(outside, inside)).mean()


RIGHT = {
    "09.posterior": [
        by_logarithms, one_picture_after_another, network_by_network, stacked,
    ],
    "09.grid": [
        10, count_up, int(math.log2(31_536_000 * 10**6) / math.log2(20)),
        lambda: np.floor(np.log(3.1536e13) / np.log(20)), np.float64(10), Decimal(10),
        [10],
    ],
    "09.majority": [
        all_outcomes, scipy.stats.binom.sf(2, 5, 0.92), 0.9955, 0.995,
        lambda: 1 - sum(math.comb(5, k) * 0.08 ** (5 - k) * 0.92**k for k in range(3)),
        np.float32(0.99547),
    ],
    "09.auroc": [
        by_scikit_learn, by_mann_whitney, pair_by_pair, by_signs, by_ranks, by_search,
    ],
}  # fmt: skip

WRONG = {
    "09.posterior": [
        product_over_networks, sum_over_pictures, last_picture, divided_by_largest,
        softmax_of_product, mean_of_posteriors, prior_added, logs_of_likelihood_only,
    ],
    "09.grid": [9, 12, 14, 650, 20**10, 5.5],
    "09.majority": [
        0.9, 0.92**4, 0.96, 0.98, 5 * 0.92**4 * 0.08,
        0.92**5 + 5 * 0.92**4 * 0.08, Told(99.547, "between 0 and 1"),
    ],
    "09.auroc": [
        above_median, above_all, mean_gap, signs_only, ties_left_out, shuffled_pairs,
        with_flipped_labels, smooth_pairs, by_a_thousand_thresholds, three_decimals,
    ],
}  # fmt: skip
