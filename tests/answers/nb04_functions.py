"""Lesson 04: one-hot rows and softmax."""

import math

import numpy as np
import scipy.sparse
import scipy.special
import sklearn.preprocessing

from tests.answers import Told

# --- One-hot --------------------------------------------------------------------------


def rows_of_identity(labels):
    return np.eye(10)[labels]


def compared(labels):
    return labels[:, None] == np.arange(10)


def compared_as_bytes(labels):
    return (labels.reshape(-1, 1) == np.arange(10)).astype(np.uint8)


def filled_by_loop(labels):
    rows = []
    for label in labels:
        row = [0] * 10
        row[label] = 1
        rows.append(row)
    return rows


def nested(labels):
    return [[1.0 if digit == label else 0.0 for digit in range(10)] for label in labels]


def sparse(labels):
    ones = np.ones(len(labels), np.float32)
    return scipy.sparse.csr_matrix(
        (ones, (range(len(labels)), labels)), (len(labels), 10)
    )


def binarized(labels):
    return sklearn.preprocessing.label_binarize(labels, classes=range(10))


def put_along(labels):
    rows = np.zeros((labels.size, 10), np.float32)
    np.put_along_axis(rows, np.asarray(labels)[:, np.newaxis], 1, axis=1)
    return rows


def flat_places(labels):
    row = np.zeros(10 * len(labels), dtype=int)
    row[labels + 10 * np.arange(len(labels))] = 1
    return row.reshape(-1, 10)


def counted_from_one(labels):
    return np.eye(11)[labels + 1][:, :10]


def eleven_columns(labels):
    return np.eye(11)[labels]


def only_seen_classes(labels):
    return np.eye(10)[labels][:, np.unique(labels)]


def up_to_it(labels):
    """As for ordered classes."""
    return np.arange(10) <= labels[:, None]


def smoothed(labels):
    return np.eye(10)[labels] * 0.9 + 0.01


def plus_and_minus(labels):
    return 2 * np.eye(10)[labels] - 1


def sorted_labels(labels):
    return np.eye(10)[np.sort(labels)]


def each_label_once(labels):
    return np.eye(10)[np.unique(labels)]


def from_the_right(labels):
    return np.eye(10)[9 - labels]


def all_rows_alike(labels):
    rows = np.zeros((len(labels), 10))
    rows[:, labels] = 1
    return rows


def places_in_eight_bits(labels):
    """The place of a label in one long row, which bytes cannot count."""
    row = np.zeros(10 * len(labels))
    for i, label in enumerate(labels):
        row[10 * i + label] = 1
    return row.reshape(-1, 10)


def distances_in_eight_bits(labels):
    """3 - 5 is 254 there, and 1 - 254 is 3."""
    return [[max(0, 1 - abs(label - d)) for d in range(10)] for label in labels]


def as_digits_text(labels):
    return labels[:, None] * np.ones(10)


# --- Softmax --------------------------------------------------------------------------


def by_scipy(scores):
    return scipy.special.softmax(scores, axis=1)


def largest_first(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_logarithm(scores):
    return np.exp(scores - scipy.special.logsumexp(scores, axis=1)[:, None])


def row_by_row(scores):
    result = []
    for row in scores.tolist():
        powers = [math.exp(score) for score in row]
        result.append([power / sum(powers) for power in powers])
    return result


def transposed_twice(scores):
    powers = np.exp(scores).T
    return (powers / powers.sum(axis=0)).T


def by_einsum(scores):
    powers = np.exp(scores.astype(np.float32))
    return np.einsum("ij,i->ij", powers, 1 / powers.sum(1))


def applied(scores):
    return np.apply_along_axis(lambda row: np.exp(row) / np.exp(row).sum(), 1, scores)


def by_differences(scores):
    return 1 / np.exp(scores[:, None, :] - scores[:, :, None]).sum(axis=2)


def by_matrix(scores):
    return np.exp(scores) / (np.exp(scores) @ np.ones((scores.shape[1],) * 2))


def of_whole_batch(scores):
    return scipy.special.softmax(scores)


def without_new_axis(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=1)


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def base_two(scores):
    return 2.0**scores / (2.0**scores).sum(axis=1, keepdims=True)


def positive_share(scores):
    positive = np.maximum(scores, 0) + 1e-9
    return positive / positive.sum(axis=1, keepdims=True)


def winner_takes_all(scores):
    return (scores == scores.max(axis=1, keepdims=True)).astype(float)


def rounded(scores):
    return by_scipy(scores).round(2)


def divided_by_mean(scores):
    return np.exp(scores) / np.exp(scores).mean(axis=1, keepdims=True)


def largest_of_batch_in_powers_only(scores):
    powers = np.exp(scores - scores.max())
    return powers / np.exp(scores).sum(axis=1, keepdims=True)


def softmax_twice(scores):
    return by_scipy(by_scipy(scores))


def by_length(scores):
    powers = np.exp(scores)
    return powers / np.linalg.norm(powers, axis=1, keepdims=True)


RIGHT = {
    "04.one-hot": [
        rows_of_identity, compared, compared_as_bytes, filled_by_loop, nested, sparse,
        binarized, put_along, flat_places,
    ],
    "04.softmax-bug": [
        by_scipy, largest_first, by_logarithm, row_by_row, transposed_twice, by_einsum,
        applied, by_differences, by_matrix,
    ],
}  # fmt: skip

WRONG = {
    "04.one-hot": [
        counted_from_one, eleven_columns, only_seen_classes, up_to_it, smoothed,
        plus_and_minus, sorted_labels, each_label_once, from_the_right, all_rows_alike,
        as_digits_text, places_in_eight_bits, distances_in_eight_bits,
    ],
    "04.softmax-bug": [
        Told(of_whole_batch, "It still does what the function did as it was given"),
        without_new_axis, sigmoid, base_two, positive_share,
        winner_takes_all, rounded, divided_by_mean, largest_of_batch_in_powers_only,
        softmax_twice, by_length,
    ],
}  # fmt: skip
