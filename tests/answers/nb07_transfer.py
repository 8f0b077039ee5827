"""Lesson 07: transfer learning."""

import re
from itertools import accumulate, pairwise

import numpy as np
import scipy.signal

from tests.answers import Told

# --- What is unfrozen? ----------------------------------------------------------------


def two_conditions(names, blocks):
    answers = []
    for name in names:
        chosen = any(name.startswith(block) for block in blocks)
        answers.append(chosen and not name.endswith("_bn"))
    return answers


def by_slices(names, blocks):
    return np.array(
        [any(n[: len(b)] == b for b in blocks) and n[-3:] != "_bn" for n in names]
    )


def by_pattern(names, blocks):
    pattern = re.compile(rf"({'|'.join(map(re.escape, blocks))}).*(?<!_bn)")
    return [bool(pattern.fullmatch(name)) for name in names]


def by_find(names, blocks):
    return (
        min(name.find(block) % 1000 for block in blocks) == 0
        and name.split("_")[-1] != "bn"
        for name in names
    )


def off_again(names, blocks):
    answers = [name.startswith(tuple(blocks)) for name in names]
    for place, name in enumerate(names):
        if name.endswith("_bn"):
            answers[place] = False
    return answers


def by_removing(names, blocks):
    kept = {n for n in names if n.removesuffix("_bn") == n}
    return [int(n in kept and n.startswith((*blocks,))) for n in names]


def by_characters(names, blocks):
    names = np.array(names)
    chosen = np.zeros(len(names), bool)
    for block in blocks:
        chosen |= np.char.startswith(names, block)
    return chosen & ~np.char.endswith(names, "_bn")


def block_anywhere(names, blocks):
    return [any(b in n for b in blocks) and not n.endswith("_bn") for n in names]


def block_at_the_end(names, blocks):
    return [n.endswith(tuple(blocks)) and not n.endswith("_bn") for n in names]


def block_at_either_end(names, blocks):
    blocks = tuple(blocks)
    return [
        (n.startswith(blocks) or n.endswith(blocks)) and not n.endswith("_bn")
        for n in names
    ]


def by_search(names, blocks):
    pattern = "|".join(blocks)
    return [bool(re.search(pattern, n)) and n[-3:] != "_bn" for n in names]


def whole_first_word(names, blocks):
    return [n.split("_")[0] in blocks and not n.endswith("_bn") for n in names]


def any_for_and(names, blocks):
    return [n.startswith(tuple(blocks)) or not n.endswith("_bn") for n in names]


def start_of_first_word(names, blocks):
    return [
        n.split("_")[0].startswith(tuple(blocks)) and not n.endswith("_bn")
        for n in names
    ]


def all_blocks(names, blocks):
    return [all(map(n.startswith, blocks)) and not n.endswith("_bn") for n in names]


def last_block(names, blocks):
    return [n.startswith(blocks[-1]) and not n.endswith("_bn") for n in names]


def from_first_block_on(names, blocks):
    starts = [n.startswith(blocks[0]) for n in names]
    first = starts.index(True) if True in starts else len(names)
    return [i >= first and not n.endswith("_bn") for i, n in enumerate(names)]


def names_left(names, blocks):
    return [n for n, yes in zip(names, two_conditions(names, blocks)) if yes]


def six_letters(names, blocks):
    return [n[:6] in blocks and not n.endswith("_bn") for n in names]


def no_n_at_the_end(names, blocks):
    return [n.startswith(tuple(blocks)) and n[-1] != "n" for n in names]


def no_bn_at_the_end(names, blocks):
    """Without the line below."""
    return [n.startswith(tuple(blocks)) and not n.endswith("bn") for n in names]


def no_bn_within(names, blocks):
    return [n.startswith(tuple(blocks)) and "_bn" not in n for n in names]


# --- A moving average -----------------------------------------------------------------


def by_accumulate(values, factor):
    return [*accumulate(values, lambda old, new: factor * old + (1 - factor) * new)]


def by_steps_towards(values, factor):
    point, points = values[0], []
    for value in values:
        point += (1 - factor) * (value - point)
        points.append(point)
    return np.array(points)


def by_filter(values, factor):
    return scipy.signal.lfilter(
        [1 - factor], [1, -factor], values, zi=[factor * values[0]]
    )[0]


def by_matrix_of_powers(values, factor):
    n = len(values)
    behind = np.subtract.outer(np.arange(n), np.arange(n))
    weights = np.where(behind >= 0, float(factor) ** np.maximum(behind, 0), 0)
    weights[:, 1:] *= 1 - factor
    return weights @ values


def by_recursion(values, factor):
    if len(values) == 1:
        return list(values)
    before = by_recursion(values[:-1], factor)
    return [*before, before[-1] * factor + values[-1] * (1 - factor)]


def in_the_list(values, factor):
    for i in range(1, len(values)):
        values[i] = factor * values[i - 1] + (1 - factor) * values[i]
    return values


def step_by_step(values, factor):
    point = values[0]
    yield point
    for value in values[1:]:
        point = factor * point + (1 - factor) * value
        yield point


def bias_corrected(values, factor):
    """As in Adam, and by default in pandas."""
    point, points = 0.0, []
    for n, value in enumerate(values, start=1):
        point = factor * point + (1 - factor) * value
        points.append(point / (1 - factor**n))
    return points


def from_nothing_and_shorter(values, factor):
    return [factor * a + (1 - factor) * b for a, b in pairwise([0, *values])]


def all_before(values, factor):
    return np.cumsum(values) / np.arange(1, len(values) + 1)


def last_one_only(values, factor):
    return by_accumulate(values, factor)[-1]


def not_weighted(values, factor):
    return [*accumulate(values, lambda old, new: factor * old + new)]


def first_scaled(values, factor):
    return by_accumulate([(1 - factor) * values[0], *values[1:]], factor)


def backwards(values, factor):
    return by_accumulate(values[::-1], factor)[::-1]


def twice(values, factor):
    return by_accumulate(by_accumulate(values, factor), factor)


def largest_so_far(values, factor):
    return np.maximum.accumulate(values)


def anew_after_zero(values, factor):
    point, points = 0, []
    for value in values:
        point = factor * point + (1 - factor) * value if point else value
        points.append(point)
    return points


def first_mixed_in_again(values, factor):
    return [values[0], *by_accumulate(values, factor)]


RIGHT = {
    "07.order": [
        (3, 6, 5, 2, 1, 4), np.array([3, 6, 5, 2, 1, 4]),
        np.argsort([4, 3, 0, 5, 2, 1]) + 1,
        [3.0, 6.0, 5.0, 2.0, 1.0, 4.0],
    ],
    "07.is-trained": [
        two_conditions, by_slices, by_pattern, by_find, off_again, by_removing,
        by_characters,
    ],
    "07.smooth": [
        by_accumulate, by_steps_towards, by_filter, by_matrix_of_powers, by_recursion,
        in_the_list, step_by_step,
    ],
}  # fmt: skip

WRONG = {
    "07.order": [
        [1, 2, 3, 4, 5, 6], [6, 3, 5, 2, 1, 4], [3, 6, 5, 1, 4, 2], [3, 6, 5, 2, 1],
    ],
    "07.is-trained": [
        block_anywhere, block_at_the_end, block_at_either_end, by_search,
        whole_first_word, start_of_first_word, any_for_and, all_blocks, last_block,
        from_first_block_on, names_left, six_letters, no_n_at_the_end, no_bn_within,
        no_bn_at_the_end,
    ],
    "07.smooth": [
        bias_corrected, from_nothing_and_shorter, all_before, last_one_only,
        not_weighted, backwards, twice, largest_so_far, first_mixed_in_again,
        anew_after_zero,
        Told(first_scaled, "it starts from 0"),
    ],
}  # fmt: skip
