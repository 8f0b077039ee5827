"""Lesson 05: what asks for a value, and functions of answers and photographs."""

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import scipy.sparse
import sklearn.metrics

from tests.answers import Told

# --- Accuracy -------------------------------------------------------------------------


def column_of_labels(probabilities, labels):
    return ((probabilities > 0.5) == labels[:, None]).mean()


def squeezed(probabilities, labels):
    return np.mean(np.squeeze(probabilities, axis=1).round() == labels)


def counted(probabilities, labels):
    right = 0
    for (probability,), label in zip(probabilities.tolist(), labels.tolist()):
        right += (1 if probability > 0.5 else 0) == label
    return right / len(labels)


def exact(probabilities, labels):
    answers = probabilities[:, 0] > 0.5
    return Fraction(int((answers == labels).sum()), len(labels))


def own_labels_of_all(probabilities, labels):
    """Of each photograph compared with all labels, those compared with its own."""
    return np.diag((probabilities > 0.5) == labels).mean()


def by_sklearn(probabilities, labels):
    return sklearn.metrics.accuracy_score(labels, probabilities.flatten() > 0.5)


def mistakes_left_out(probabilities, labels):
    return 1 - np.abs((probabilities.reshape(-1) > 0.5) - labels.astype(int)).mean()


def in_single_precision(probabilities, labels):
    answers = probabilities.astype("float32").reshape(labels.shape) > 0.5
    return np.equal(answers, labels).mean(dtype=np.float32)


def on_the_right_side(probabilities, labels):
    of_truth = np.where(labels == 1, probabilities.T[0], 1 - probabilities.T[0])
    ties = (probabilities[:, 0] == 0.5) & (labels == 0)
    return np.count_nonzero((of_truth > 0.5) | ties) / labels.size


def _at(threshold):
    def accuracy(probabilities, labels):
        answers = probabilities[:, 0] > threshold(probabilities)
        return (answers == labels).mean()

    return accuracy


def largest_column(probabilities, labels):
    return (probabilities.argmax(axis=1) == labels).mean()


def found_dogs(probabilities, labels):
    return (probabilities[labels == 1] > 0.5).mean()


def dogs_that_are(probabilities, labels):
    return labels[probabilities[:, 0] > 0.5].mean()


def share_of_dogs(probabilities, labels):
    return (probabilities > 0.5).mean()


def balanced(probabilities, labels):
    answers = probabilities[:, 0] > 0.5
    return np.mean([(answers[labels == k] == k).mean() for k in np.unique(labels)])


def without_threshold(probabilities, labels):
    return 1 - np.abs(probabilities[:, 0] - labels).mean()


def only_right_dogs(probabilities, labels):
    return ((probabilities[:, 0] > 0.5) & (labels == 1)).mean()


def all_correct(probabilities, labels):
    return ((probabilities[:, 0] > 0.5) == labels).all()


def transposed(probabilities, labels):
    return (labels[:, None] == (probabilities > 0.5).T).mean()


def two_of_them(probabilities, labels):
    return ((probabilities[:2, 0] > 0.5) == labels[:2]).mean()


def percent(probabilities, labels):
    return 100 * ((probabilities[:, 0] > 0.5) == labels).mean()


def two_decimals(probabilities, labels):
    return round(((probabilities[:, 0] > 0.5) == labels).mean(), 2)


# --- Mirrored -------------------------------------------------------------------------


def copied(images, flip):
    result = images.copy()
    result[flip] = images[flip, :, ::-1]
    return result


def one_by_one(images, flip):
    return [np.fliplr(x) if turn else x for x, turn in zip(images, flip)]


def stacked(images, flip):
    return np.stack([x[:, ::-1] if turn else x for x, turn in zip(images, flip)])


def in_place(images, flip):
    images[flip] = np.flip(images[flip], axis=2).copy()
    return images


def by_columns(images, flip):
    width = images.shape[2]
    columns = np.where(flip[:, None], np.arange(width)[::-1], np.arange(width))
    return np.take_along_axis(images, columns[:, None, :, None], axis=2)


def mixed(images, flip):
    share = flip.reshape(-1, 1, 1, 1).astype(np.float32)
    return share * images[:, :, ::-1] + (1 - share) * images


def pixel_by_pixel(images, flip):
    result = np.zeros(images.shape)
    for n, row, column, channel in np.ndindex(images.shape):
        source = images.shape[2] - 1 - column if flip[n] else column
        result[n, row, column, channel] = images[n, row, source, channel]
    return result


def chosen(images, flip):
    return np.stack([images, np.flip(images, 2)])[flip.astype(int), range(len(flip))]


def channels_turned(images, flip):
    return [x[:, ::-1, ::-1] if turn else x for x, turn in zip(images, flip)]


def turned_half_round(images, flip):
    return [x[::-1, ::-1] if turn else x for x, turn in zip(images, flip)]


def channels_only(images, flip):
    return [x[..., ::-1] if turn else x for x, turn in zip(images, flip)]


def order_of_batch(images, flip):
    result = images.copy()
    result[flip] = images[flip][::-1, :, ::-1]
    return result


def mirrored_first(images, flip):
    return np.concatenate([images[flip][:, :, ::-1], images[~flip]])


def emptied(images, flip):
    result = np.zeros_like(images)
    result[flip] = images[flip, :, ::-1]
    return result


def only_first(images, flip):
    result = images.copy()
    first = flip.argmax()
    result[first] = images[first, :, ::-1]
    return result


def all_if_any(images, flip):
    return images[:, :, ::-1] if flip.all() else images + 0 * images[:1]


def mean_of_both(images, flip):
    return (images + images[:, :, ::-1]) / 2


def rolled(images, flip):
    return [np.roll(x, 1, axis=1) if turn else x for x, turn in zip(images, flip)]


def in_whole_numbers(images, flip):
    return in_place(images, flip).astype(int)


def overwritten_half(images, flip):
    """A view, written into while it is read column by column."""
    result = images.copy()
    for n in np.flatnonzero(flip):
        for column in range(images.shape[2]):
            result[n, :, column] = result[n, :, -1 - column]
    return result


# --- Confusion table ------------------------------------------------------------------


def table_by_sklearn(labels, answers):
    return sklearn.metrics.confusion_matrix(labels, answers)


def by_bincount(labels, answers):
    return np.bincount(2 * labels + answers, minlength=4).reshape(2, 2)


def added_at(labels, answers):
    table = np.zeros((2, 2), np.float32)
    np.add.at(table, (labels, answers), 1)
    return table


def by_one_hot(labels, answers):
    return np.eye(2)[labels].T @ np.eye(2)[answers]


def by_histogram(labels, answers):
    return np.histogram2d(labels, answers, bins=2, range=[[0, 1], [0, 1]])[0]


def sparse(labels, answers):
    """Entries at one place are added up."""
    ones = np.ones(len(labels), int)
    return scipy.sparse.coo_matrix((ones, (labels, answers)), shape=(2, 2))


def by_counter(labels, answers):
    count = Counter(zip(labels.tolist(), answers.tolist()))
    return [[count[0, 0], count[0, 1]], [count[1, 0], count[1, 1]]]


def by_conditions(labels, answers):
    return [
        [sum((labels == row) & (answers == column)) for column in (0, 1)]
        for row in (0, 1)
    ]


def by_logic(labels, answers):
    dogs, said = labels.astype(bool), answers.astype(bool)
    both = (dogs & said).sum()
    return np.array(
        [[(~dogs & ~said).sum(), (said & ~dogs).sum()], [(dogs & ~said).sum(), both]]
    )


def added_once(labels, answers):
    """With a list of places, each of them is counted once."""
    table = np.zeros((2, 2), int)
    table[labels, answers] += 1
    return table


def shares_of_rows(labels, answers):
    table = by_one_hot(labels, answers)
    return table / table.sum(axis=1, keepdims=True)


def shares_of_columns(labels, answers):
    table = by_one_hot(labels, answers)
    return table / np.maximum(table.sum(axis=0), 1)


def in_a_row(labels, answers):
    return np.bincount(2 * labels + answers, minlength=4)


def one_more(labels, answers):
    return by_one_hot(labels, answers) + 1


def right_in_the_first_row(labels, answers):
    right = labels == answers
    return [
        [(right & (labels == 0)).sum(), (right & (labels == 1)).sum()],
        [(~right & (labels == 0)).sum(), (~right & (labels == 1)).sum()],
    ]


def columns_turned(labels, answers):
    return by_one_hot(labels, 1 - answers)


def counts_of_each(labels, answers):
    return [[sum(labels == 0), sum(labels == 1)], [sum(answers == 0), sum(answers)]]


def last_left_out(labels, answers):
    return by_one_hot(labels[:-1], answers[:-1])


def three_classes(labels, answers):
    return np.eye(3)[labels].T @ np.eye(3)[answers]


RIGHT = {
    "05.always-cat": [
        0.9, Fraction(900, 1000), Decimal("0.9"), np.float32(0.9),
        lambda: np.mean(np.repeat([0, 1], [900, 100]) == 0), 1 - 100 / 1000,
        lambda: np.array([0.9]),
    ],
    "05.memory": [
        6.75, Fraction(27, 4), Decimal("6.75"), np.float32(6.75),
        lambda: 25_000 * np.zeros((150, 150, 3), np.float32).nbytes / 1e9,
        lambda: np.prod([25_000.0, 150, 150, 3, 4]) / 10**9,
    ],
    "05.accuracy-bug": [
        column_of_labels, squeezed, counted, exact, by_sklearn, mistakes_left_out,
        in_single_precision, on_the_right_side, own_labels_of_all,
    ],
    "05.flattened": [6272, 6272.0, 7**2 * 128, lambda: np.zeros((7, 7, 128)).size],
    "05.mirror": [
        copied, one_by_one, stacked, in_place, by_columns, mixed, pixel_by_pixel,
        chosen,
    ],
    "05.shear": [
        75 * math.tan(0.2 * math.pi / 180), 0.262, 0.2618, np.float32(0.26180),
        Decimal("0.262"), math.tan(math.radians(0.2)) * 150 / 2,
        75 * math.radians(0.2),  # so small an angle is its own tangent
    ],
    "05.standard-error": [
        0.0126, 0.01265, math.sqrt(0.00016), Decimal("0.00016").sqrt(),
        np.float32(0.0126491), (0.8 * 0.2) ** 0.5 / 1000**0.5,
        lambda: np.repeat([1, 0], [800, 200]).std() / np.sqrt(1000),
    ],
    "05.confusion": [
        table_by_sklearn, by_bincount, added_at, by_one_hot, by_histogram, sparse,
        by_counter, by_conditions, by_logic,
    ],
}  # fmt: skip

WRONG = {
    "05.always-cat": [0.45, 9, 1 / 9, 0.8, 900 / 1900],
    "05.memory": [
        25_000 * 150 * 150 * 3 * 4 / 2**30, 25_000 * 150 * 3 * 4 / 1e9, 0.00675, 6.7,
        25_000 * 150 * 150 * 4 * 4 / 1e9,
    ],
    "05.accuracy-bug": [
        _at(np.mean), _at(np.median), _at(lambda _: 0.4), _at(lambda _: 0.6),
        _at(lambda _: 0.48), _at(lambda _: 0.52), _at(lambda _: 0), _at(lambda _: 1),
        largest_column, found_dogs, dogs_that_are, share_of_dogs, balanced,
        without_threshold, only_right_dogs, all_correct,
        Told(transposed, "It still does what the function did as it was given"),
        two_of_them, percent, two_decimals,
    ],
    "05.flattened": [3 * 3 * 128, 7 * 7 * 128 + 1, 7 * 7 * 64, 8 * 8 * 128, (7, 128)],
    "05.mirror": [
        channels_turned, turned_half_round, channels_only, order_of_batch,
        mirrored_first, emptied, only_first,
        Told(all_if_any, "Nothing is mirrored"), mean_of_both, rolled,
        overwritten_half, Told(in_whole_numbers, "is cut off"),
    ],
    "05.shear": [
        75 * math.sin(math.radians(2)), 75 / math.tan(math.radians(0.2)), 0.25, -0.262,
        75 * (1 - math.cos(math.radians(0.2))), 0.3,
    ],
    "05.standard-error": [
        math.sqrt(0.2 / 1000), math.sqrt(0.8 * 0.8 / 1000), 0.8 / math.sqrt(1000),
        1.96 * math.sqrt(0.8 * 0.2 / 1000), math.sqrt(0.8 * 0.2 / 100), 0.013,
    ],
    "05.confusion": [
        added_once, shares_of_rows, shares_of_columns, in_a_row, one_more,
        right_in_the_first_row, columns_turned, counts_of_each, last_left_out,
        three_classes,
    ],
}  # fmt: skip
