"""Lesson 04: losses, steps, and what asks for a value."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.special
import sklearn.metrics

from tests.answers import Told

# --- Cross-entropy --------------------------------------------------------------------


def by_loop(probabilities, labels):
    total = 0
    for row, label in zip(probabilities, labels):
        total -= math.log(row[label])
    return total / len(labels)


def taken_along(probabilities, labels):
    taken = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return np.mean(-np.log(taken))


def by_one_hot(probabilities, labels):
    truth = np.eye(probabilities.shape[1])[labels]
    return -(truth * np.log(probabilities)).sum(axis=1).mean()


def by_product(probabilities, labels):
    """The geometric mean of the probabilities, and then its logarithm."""
    likelihood = np.prod(probabilities[range(len(labels)), labels])
    return -np.log(likelihood) / len(labels)


def by_sklearn(probabilities, labels):
    return sklearn.metrics.log_loss(
        labels, probabilities, labels=range(probabilities.shape[1])
    )


def as_float32(probabilities, labels):
    of_truth = probabilities.astype(np.float32)[np.arange(len(labels)), labels]
    return np.average(-np.log(of_truth))


def by_diagonal(probabilities, labels):
    return np.log(1 / np.diag(probabilities[:, labels])).mean()


def in_exact_steps(probabilities, labels):
    logs = [Fraction(-math.log(p[k])) for p, k in zip(probabilities, labels)]
    return sum(logs) / len(logs)


def places_in_eight_bits(probabilities, labels):
    """In one long row of all probabilities; bytes cannot count that far."""
    classes, flat = probabilities.shape[1], probabilities.ravel()
    logs = [np.log(flat[classes * i + label]) for i, label in enumerate(labels)]
    return -np.mean(logs)


def all_digits_count(probabilities, labels):
    """The mean over all columns: ten times too small."""
    truth = np.eye(probabilities.shape[1])[labels]
    return -(truth * np.log(probabilities)).mean()


def binary(probabilities, labels):
    """Each column as a question of its own."""
    truth = np.eye(probabilities.shape[1])[labels]
    logs = truth * np.log(probabilities) + (1 - truth) * np.log(1 - probabilities)
    return -logs.sum(axis=1).mean()


def of_each(probabilities, labels):
    return -np.log(probabilities[np.arange(len(labels)), labels])


def entropy(probabilities, labels):
    return -(probabilities * np.log(probabilities)).sum(axis=1).mean()


def squared_error(probabilities, labels):
    truth = np.eye(probabilities.shape[1])[labels]
    return ((probabilities - truth) ** 2).sum(axis=1).mean()


def halved(probabilities, labels):
    return by_loop(probabilities, labels) / 2


def softmax_first(probabilities, labels):
    return by_loop(scipy.special.softmax(probabilities, axis=1), labels)


def next_column(probabilities, labels):
    return by_loop(np.roll(probabilities, 1, axis=1), labels)


def with_epsilon(probabilities, labels):
    return -np.log(probabilities[np.arange(len(labels)), labels] + 0.01).mean()


def in_bans(probabilities, labels):
    """A base of its own, without `np.log10`."""
    return by_loop(probabilities, labels) / math.log(10)


def perplexity(probabilities, labels):
    return math.exp(by_loop(probabilities, labels))


def median(probabilities, labels):
    return np.median(of_each(probabilities, labels))


# --- Momentum -------------------------------------------------------------------------


def as_list(weight, velocity, slope, rate, keep):
    velocity *= keep
    velocity -= rate * slope
    return [weight + velocity, velocity]


def as_array(weight, velocity, slope, rate, keep):
    new = np.float32(keep) * np.float32(velocity) - np.float32(rate * slope)
    return np.array([weight + new, new], np.float32)


def difference_first(weight, velocity, slope, rate, keep):
    moved = weight + keep * velocity - rate * slope
    return moved, moved - weight


def uphill_velocity_subtracted(weight, velocity, slope, rate, keep):
    """The step, turned round, is subtracted; what is returned is the velocity."""
    step = rate * slope - keep * velocity
    return weight - step, -step


def by_matrix_product(weight, velocity, slope, rate, keep):
    return np.array([[1, keep, -rate], [0, keep, -rate]]) @ [weight, velocity, slope]


def exact_numbers(weight, velocity, slope, rate, keep):
    w, v, s, r, k = (Fraction(float(n)) for n in (weight, velocity, slope, rate, keep))
    return w + k * v - r * s, k * v - r * s


def nesterov(weight, velocity, slope, rate, keep):
    velocity = keep * velocity - rate * slope
    return weight + keep * velocity - rate * slope, velocity


def as_in_pytorch(weight, velocity, slope, rate, keep):
    velocity = keep * velocity + slope
    return weight - rate * velocity, velocity


def uphill_velocity(weight, velocity, slope, rate, keep):
    velocity = keep * velocity + rate * slope
    return weight - velocity, velocity


def damped(weight, velocity, slope, rate, keep):
    velocity = keep * velocity - (1 - keep) * rate * slope
    return weight + velocity, velocity


def weight_only(weight, velocity, slope, rate, keep):
    return weight + keep * velocity - rate * slope


def velocity_kept(weight, velocity, slope, rate, keep):
    return weight + keep * velocity - rate * slope, velocity


def rate_on_all(weight, velocity, slope, rate, keep):
    velocity = keep * velocity - slope
    return weight + rate * velocity, velocity


def keep_and_rate_swapped(weight, velocity, slope, rate, keep):
    velocity = rate * velocity - keep * slope
    return weight + velocity, velocity


def only_the_velocity(weight, velocity, slope, rate, keep):
    velocity = keep * velocity - rate * slope
    return weight, velocity


RIGHT = {
    "04.mlp-weights": [669706, 785 * 512 + 513 * 522, 669706.0, Decimal(669706)],
    "04.cross-entropy": [
        by_loop, taken_along, by_one_hot, by_product, by_sklearn, as_float32,
        by_diagonal, in_exact_steps,
    ],
    "04.momentum": [
        as_list, as_array, difference_first, uphill_velocity_subtracted,
        by_matrix_product, exact_numbers,
    ],
    "04.early-stopping": [[7, 4], np.array([7, 4]), (Fraction(7), np.int8(4))],
    "04.shapes": [
        [26, 13, 32, 5408],
        (26.0, 13.0, 32.0, 13**2 * 32),
        np.array([26, 13, 32, 5408]),
        (28 - 2, 26 // 2, 32, np.zeros((13, 13, 32)).ravel().size),
    ],
}  # fmt: skip

WRONG = {
    "04.mlp-weights": [669696, 784 * 512 + 512 * 10, 785 * 512 * 2 + 5130],
    "04.cross-entropy": [
        all_digits_count, binary, of_each, entropy, squared_error, halved,
        Told(in_bans, "the logarithm to base 10"), softmax_first, next_column,
        with_epsilon, perplexity, median, places_in_eight_bits,
    ],
    "04.momentum": [
        nesterov, as_in_pytorch, uphill_velocity, damped, weight_only, velocity_kept,
        rate_on_all, keep_and_rate_swapped, only_the_velocity,
    ],
    "04.early-stopping": [(9, 9), (7, 3), (10, 4), (4, 1), (7, 9), (7,), 7],
    "04.shapes": [
        (26, 13, 32, 13 * 13 * 16),
        (26, 13, 32, 5409),
        (27, 13, 32, 5408),
        (24, 12, 32, 12 * 12 * 32),
        (26, 13, 32),
        (26, 26, 13, 13),
        (32, 26, 13, 5408),
    ],
}  # fmt: skip
