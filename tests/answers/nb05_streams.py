"""Lesson 05: batches, gaps, and labels of 8 bits as the course stores them."""

import itertools
import math
from fractions import Fraction

import numpy as np

from tests.answers import Told

# --- One batch of a stream ------------------------------------------------------------


def shuffled_then_cut(photographs, order, size, number):
    shuffled = photographs[order]
    return shuffled[number * size :][:size]


def taken(photographs, order, size, number):
    places = order[range(number * size, min((number + 1) * size, len(order)))]
    return np.take(photographs, places, axis=0)


def one_by_one(photographs, order, size, number):
    return [
        photographs[i] for i in order.tolist()[number * size : number * size + size]
    ]


def generator(photographs, order, size, number):
    stream = (photographs[i] for i in order)
    return itertools.islice(stream, number * size, (number + 1) * size)


def split_at(photographs, order, size, number):
    return np.split(photographs[order], range(size, len(order), size))[number]


def in_a_loop(photographs, order, size, number):
    batches, batch = [], []
    for i in order:
        batch.append(photographs[i])
        if len(batch) == size:
            batches.append(np.stack(batch))
            batch = []
    return [*batches, batch][number]


def by_keys(photographs, order, size, number):
    """Sort by the place of each photograph in the order."""
    place = np.argsort(order)
    mixed = np.empty_like(photographs)
    mixed[place] = photographs
    return mixed[size * number : size * number + size]


def full_batches_only(photographs, order, size, number):
    batch = photographs[order[number * size : (number + 1) * size]]
    return batch if len(batch) == size else batch[:0]


def other_way_round(photographs, order, size, number):
    return photographs[np.argsort(order)[number * size : (number + 1) * size]]


def every_nth(photographs, order, size, number):
    return photographs[order[number::size]]


def one_too_many(photographs, order, size, number):
    return photographs[order[number * size : (number + 1) * size + 1]]


def wrapped(photographs, order, size, number):
    places = np.arange(number * size, (number + 1) * size) % len(order)
    return photographs[order[places]]


def from_the_end(photographs, order, size, number):
    return photographs[order[::-1][number * size : (number + 1) * size]]


# --- A gap, and how far it can be trusted ---------------------------------------------


def by_deviation(seen, unseen):
    variances = seen.var() / len(seen), unseen.var() / len(unseen)
    return np.array([seen.mean() - unseen.mean(), math.sqrt(sum(variances))])


def by_hypot(seen, unseen):
    errors = [x.std() / math.sqrt(x.size) for x in (seen, unseen)]
    return [np.mean(seen) - np.mean(unseen), math.hypot(*errors)]


def counted(seen, unseen):
    p = Fraction(int(seen.sum()), len(seen))
    q = Fraction(int(unseen.sum()), len(unseen))
    variance = p * (1 - p) / len(seen) + q * (1 - q) / len(unseen)
    return p - q, float(variance) ** 0.5


def by_wrong_ones(seen, unseen):
    p, q = (1 - np.count_nonzero(x) / len(x) for x in (seen, unseen))
    return q - p, (p * (1 - p) / len(seen) + q * (1 - q) / len(unseen)) ** 0.5


def as_column(seen, unseen):
    gap, error = by_deviation(seen, unseen)
    return np.array([[gap], [error]])


def without_freedom(seen, unseen):
    """Divided by one less than there are."""
    variances = [x.var(ddof=1) / len(x) for x in (seen, unseen)]
    return seen.mean() - unseen.mean(), np.sqrt(sum(variances))


def two_errors(seen, unseen):
    gap, error = by_deviation(seen, unseen)
    return gap, 2 * error


def error_first(seen, unseen):
    return by_deviation(seen, unseen)[::-1]


def difference_of_errors(seen, unseen):
    variances = [x.var() / len(x) for x in (seen, unseen)]
    return seen.mean() - unseen.mean(), np.sqrt(abs(variances[0] - variances[1]))


def only_the_gap(seen, unseen):
    return seen.mean() - unseen.mean()


def without_sign(seen, unseen):
    gap, error = by_deviation(seen, unseen)
    return abs(gap), error


def none_below_zero(seen, unseen):
    gap, error = by_deviation(seen, unseen)
    return max(gap, 0), error


def counts(seen, unseen):
    return seen.sum() - unseen.sum(), by_deviation(seen, unseen)[1]


def never_sure(seen, unseen):
    """Takes the largest of errors where all answers are right, or none is."""
    shares = seen.mean(), unseen.mean()
    parts = [(p * (1 - p) or 0.25) / len(x) for p, x in zip(shares, (seen, unseen))]
    return shares[0] - shares[1], np.sqrt(sum(parts))


def of_the_mean(seen, unseen):
    share = np.concatenate([seen, unseen]).mean()
    parts = 1 / len(seen) + 1 / len(unseen)
    return seen.mean() - unseen.mean(), np.sqrt(share * (1 - share) * parts)


def in_bytes(photographs, order, size, number):
    batch = taken(photographs, order, size, number)
    return np.array(batch, np.uint8)


# --- Mirrored photographs below 0 -----------------------------------------------------


def brighter_of_both(images, flip):
    """Each is multiplied by 0 where the other is wanted."""
    turned = flip[:, None, None, None]
    return np.maximum(images * ~turned, images[:, :, ::-1] * turned)


# --- Labels of 8 bits, and answers that are all the same ------------------------------


def differences_in_eight_bits(probabilities, labels):
    """0 - 1 is 255 there."""
    return 1 - np.abs((probabilities[:, 0] > 0.5) - labels).mean()


def as_many_as_came(labels, answers):
    return np.bincount(2 * labels + answers).reshape(2, 2)


def bins_as_they_came(labels, answers):
    return np.histogram2d(labels, answers, bins=2)[0]


def added_in_eight_bits(labels, answers):
    cats, dogs = 1 - labels, labels
    return [
        [sum(cats * (1 - answers)), sum(cats * answers)],
        [sum(dogs * (1 - answers)), sum(dogs * answers)],
    ]


def by_differences(labels, answers):
    gap = answers - labels
    both = (answers * labels).sum()
    return [[(answers + labels == 0).sum(), sum(gap == 1)], [sum(gap == -1), both]]


RIGHT = {
    "05.batch": [
        shuffled_then_cut, taken, one_by_one, generator, split_at, in_a_loop, by_keys,
    ],
    "05.gap": [by_deviation, by_hypot, counted, by_wrong_ones],
}  # fmt: skip

WRONG = {
    "05.batch": [
        full_batches_only, other_way_round, every_nth, one_too_many, wrapped,
        from_the_end, Told(in_bytes, "is cut off"),
    ],
    "05.accuracy-bug": [differences_in_eight_bits],
    "05.confusion": [
        as_many_as_came, bins_as_they_came, by_differences,
        Told(added_in_eight_bits, "8-bit numbers go on with 0 after 255"),
    ],
    "05.mirror": [brighter_of_both],
    "05.gap": [
        without_freedom, two_errors, error_first, difference_of_errors, only_the_gap,
        counts, of_the_mean, as_column, without_sign, none_below_zero,
        never_sure,
    ],
}  # fmt: skip
