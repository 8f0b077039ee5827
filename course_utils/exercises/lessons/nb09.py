"""Lesson 09: how sure is it?"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise

Cases = Iterator[tuple[Any, ...]]


def closed_world() -> str:
    return "c"


# --- Prior and posterior --------------------------------------------------------------


def posterior(prior: Any, likelihood: Any) -> Any:
    belief = prior * likelihood.prod(axis=0)
    return belief / belief.sum()


def priors_and_likelihoods(rng: np.random.Generator) -> Cases:
    yield np.array([0.5, 0.5]), np.array([[0.9, 0.3]])  # one picture
    yield np.array([0.8, 0.2]), np.array([[0.3, 0.9]])  # the prior counts, too
    yield np.array([0.2, 0.3, 0.5]), np.array([[0.9, 0.5, 0.2], [0.4, 0.8, 0.6]])
    for pictures, networks in ((4, 3), (3, 5)):
        prior = rng.dirichlet(np.ones(networks))
        yield prior, rng.uniform(0.1, 0.9, (pictures, networks)).round(2)


def _not_divided(prior: Any, likelihood: Any) -> Any:
    return prior * likelihood.prod(axis=0)


def _without_prior(prior: Any, likelihood: Any) -> Any:
    return posterior(np.ones_like(prior), likelihood)


def _mean_of_pictures(prior: Any, likelihood: Any) -> Any:
    return posterior(prior, likelihood.mean(axis=0, keepdims=True))


def _first_picture(prior: Any, likelihood: Any) -> Any:
    return posterior(prior, likelihood[:1])


def _prior_each_time(prior: Any, likelihood: Any) -> Any:
    return posterior(np.ones_like(prior), prior * likelihood)


def _picture_by_picture(prior: Any, likelihood: Any) -> Any:
    belief = prior * likelihood
    return belief / belief.sum(axis=1, keepdims=True)


def _best_only(prior: Any, likelihood: Any) -> Any:
    belief = posterior(prior, likelihood)
    return 1.0 * (belief == belief.max())


def grid_weights() -> Any:
    return math.floor(math.log(31_536_000 * 10**6, 20))


def kl(mean: Any, std: Any) -> Any:
    return np.sum((mean**2 + std**2 - 1) / 2 - np.log(std))


def normals(rng: np.random.Generator) -> Cases:
    yield np.array([0.0, 0.0]), np.array([1.0, 1.0])  # the prior itself: no distance
    yield np.array([2.0, 0.0]), np.array([1.0, 1.0])
    yield np.array([0.0, 0.0]), np.array([0.5, 2.0])
    yield rng.normal(size=(2, 3)).round(2), rng.uniform(0.1, 2, (2, 3)).round(2)


# --- An ensemble ----------------------------------------------------------------------


def majority() -> Any:
    return sum(math.comb(5, k) * 0.92**k * 0.08 ** (5 - k) for k in (3, 4, 5))


# --- From draws to an answer ----------------------------------------------------------


def entropy(shares: Any) -> Any:
    logs = np.log(np.maximum(shares, 1e-12))
    return -np.sum(shares * logs, axis=1)


def distributions(rng: np.random.Generator) -> Cases:
    yield (np.array([[0.5, 0.5], [0.9, 0.1]]),)
    # 0 log 0 counts 0, and the others go on counting. Only one 0, and beside it a row
    # with much doubt: whoever takes a small number for 0 is right, too.
    yield (np.array([[0.4, 0.3, 0.0, 0.2, 0.1], np.full(5, 0.2)]),)
    yield (np.full((1, 10), 0.1),)
    yield (rng.dirichlet(np.ones(5), 4),)


def _no_minus(shares: Any) -> Any:
    return -entropy(shares)


def _nan_at_zero(shares: Any) -> Any:
    return -np.sum(shares * np.log(shares), axis=-1)


def _bits(shares: Any) -> Any:
    return entropy(shares) / np.log(2)


def _down(shares: Any) -> Any:
    return entropy(shares.T)


def _all_together(shares: Any) -> Any:
    return np.sum(entropy(shares))


def _unweighted(shares: Any) -> Any:
    return -np.sum(np.log(np.where(shares > 0, shares, 1)), axis=-1)


def mc_confidence(draws: Any) -> Any:
    mean = draws.mean(axis=0)
    return mean.max(axis=1)


def stacks_of_draws(rng: np.random.Generator) -> Cases:
    # Both draws are sure, each of another class.
    yield (np.array([[[0.9, 0.1]], [[0.2, 0.8]]]),)
    yield (np.array([[[0.2, 0.5, 0.3]], [[0.1, 0.6, 0.3]]]),)
    # Two of three name the first class, but the mean finds the second more probable.
    yield (np.array([[[0.6, 0.4]], [[0.6, 0.4]], [[0.05, 0.95]]]),)
    for shape in ((4, 5), (7, 3)):
        yield (rng.dirichlet(np.full(4, 0.7), shape),)


def _mean_of_best(draws: Any) -> Any:
    return draws.max(axis=2).mean(axis=0)


def _boldest_draw(draws: Any) -> Any:
    return draws.max(axis=(0, 2))


def _over_pictures(draws: Any) -> Any:
    return draws.mean(axis=1).max(axis=1)


def _votes(draws: Any) -> Any:
    labels = draws.argmax(axis=2)
    return np.array([np.bincount(column).max() / len(labels) for column in labels.T])


def _means(draws: Any) -> Any:
    return draws.mean(axis=0)


def _class(draws: Any) -> Any:
    return draws.mean(axis=0).argmax(axis=1)


def total_entropy(draws: Any) -> Any:
    mean = draws.mean(axis=0)
    return -np.sum(mean * np.log(mean), axis=1)


def total_entropy_with_bug(draws: Any) -> Any:
    each = -np.sum(draws * np.log(draws), axis=2)
    return each.mean(axis=0)


def sure_of_themselves(rng: np.random.Generator) -> Cases:
    # Each draw is sure, but of something else.
    yield (np.array([[[0.98, 0.02]], [[0.02, 0.98]]]),)
    yield (np.array([[[0.5, 0.5]], [[0.5, 0.5]]]),)  # all hesitate alike
    for shape in ((3, 2), (5, 4)):
        yield (rng.dirichlet(np.ones(3), shape),)


def _wrong_axis(draws: Any) -> Any:
    mean = draws.mean(axis=1)
    return -np.sum(mean * np.log(mean), axis=-1)


def _difference(draws: Any) -> Any:
    return total_entropy(draws) - total_entropy_with_bug(draws)


def _logs_first(draws: Any) -> Any:
    return -np.sum(draws.mean(axis=0) * np.log(draws).mean(axis=0), axis=-1)


# --- Telling two kinds apart ----------------------------------------------------------


def pairs_won(inside: Any, outside: Any) -> Any:
    won = outside[:, np.newaxis] > inside
    tied = outside[:, np.newaxis] == inside
    return won.mean() + tied.mean() / 2


def two_kinds(rng: np.random.Generator) -> Cases:
    # Whole numbers where there are ties: what is equal stays equal.
    yield np.array([0.1, 0.2, 0.9]), np.array([0.3, 0.8])
    yield np.array([1, 2, 2, 5]), np.array([2, 3, 5])
    yield rng.uniform(0, 1, 6).round(3), rng.uniform(0.3, 2, 6).round(3)
    yield rng.integers(0, 4, 8), rng.integers(1, 6, 5)
    yield np.array([1, 1, 1]), np.array([1, 1])  # all alike: guessing
    # Where a network is sure, entropies are small, and near one another.
    yield np.array([0.00001, 0.00003, 0.8]), np.array([0.00002, 0.00004])


def _other_way(inside: Any, outside: Any) -> Any:
    return pairs_won(outside, inside)


def _ties_lost(inside: Any, outside: Any) -> Any:
    return np.mean(outside[:, np.newaxis] > inside)


def _ties_won(inside: Any, outside: Any) -> Any:
    return np.mean(outside[:, np.newaxis] >= inside)


def _counted(inside: Any, outside: Any) -> Any:
    return pairs_won(inside, outside) * inside.size * outside.size


def _side_by_side(inside: Any, outside: Any) -> Any:
    return np.mean(outside > inside)


def _above_mean(inside: Any, outside: Any) -> Any:
    return np.mean(outside > inside.mean())


def _per_outside(inside: Any, outside: Any) -> Any:
    return pairs_won(inside, outside) * inside.size


# --- Calibration ----------------------------------------------------------------------


def calibration_error(confidence: Any, right: Any) -> Any:
    place = np.minimum(np.floor(confidence * 10), 9)
    error = 0
    for b in np.unique(place):
        here = place == b
        gap = abs(right[here].mean() - confidence[here].mean())
        error += here.mean() * gap
    return error


def claims(rng: np.random.Generator) -> Cases:
    yield np.array([0.95, 0.95, 0.95, 0.95]), np.array([1, 1, 1, 0])
    yield np.array([0.62, 0.68, 0.91, 0.99]), np.array([1, 0, 1, 1])
    yield np.array([1.0, 1.0, 0.95, 0.55]), np.array([1, 0, 1, 0])
    yield (
        np.array([0.83, 0.86, 0.93, 0.97]),
        np.array([1, 1, 0, 1]),
    )  # too low, then too high
    confidence = _inside_bins(rng, 60, first=1)
    yield confidence, (rng.random(60) < confidence**2).astype(int)
    confidence = np.sort(_inside_bins(rng, 25, first=3))
    yield confidence, (rng.random(25) < 0.5).astype(int)
    yield np.array([0.02, 0.06, 0.97]), np.array([0, 0, 1])  # the first bin, too
    # In turns too low and too high: who leaves out an edge lets two cancel each other.
    yield np.arange(10) / 10 + 0.06, np.tile([1, 0], 5)


def _inside_bins(rng: np.random.Generator, count: int, first: int) -> Any:
    """None near the edge of a bin: is 0.7 below 7 * 0.1? That depends on rounding."""
    return (rng.integers(first, 10, count) + rng.uniform(0.05, 0.95, count)).round(
        2
    ) / 10


def _bin_by_bin(confidence: Any, right: Any) -> list[tuple[float, float]]:
    """For each bin that is not empty: its share, accuracy minus confidence."""
    place = np.minimum(np.floor(confidence * 10), 9)
    found = []
    for b in np.unique(place):
        here = place == b
        gap = right[here].mean() - confidence[here].mean()
        found.append((here.mean(), gap))
    return found


def _one_bin(confidence: Any, right: Any) -> Any:
    return abs(right.mean() - confidence.mean())


def _unweighted_bins(confidence: Any, right: Any) -> Any:
    return np.mean([abs(gap) for _, gap in _bin_by_bin(confidence, right)])


def _largest_bin(confidence: Any, right: Any) -> Any:
    return np.max([abs(gap) for _, gap in _bin_by_bin(confidence, right)])


def _squared_bins(confidence: Any, right: Any) -> Any:
    return np.sum([share * gap**2 for share, gap in _bin_by_bin(confidence, right)])


def _one_by_one(confidence: Any, right: Any) -> Any:
    return np.abs(right - confidence).mean()


def _lost_ones(confidence: Any, right: Any) -> Any:
    kept = confidence < 1
    found = _bin_by_bin(confidence[kept], right[kept])
    return sum(share * abs(gap) for share, gap in found) * kept.mean()


def turned_quiz() -> str:
    return "a"


def hand_over() -> Any:
    return 1 - (50 - 40) / (1000 - 100)


EXERCISES = [
    Exercise(
        id="09.closed-world",
        title="Predict: what can a boot be?",
        question="A network with ten softmax outputs, trained on digits only, gets the "
        "photograph of a boot. What must be true of its ten probabilities?",
        choices=[
            (
                "they are all small, because it is no digit",
                "They cannot all be small: softmax divides by their sum.",
            ),
            (
                "they are all about 0.1, because nothing fits",
                "That would be honest, but nothing makes it so: training never asked "
                "what to do with a boot.",
            ),
            (
                "they add up to 1, and no more than that is certain",
                "All of its belief goes to ten digits: there is no answer for what is "
                "none of them. How it is shared out, nobody has trained.",
            ),
        ],
        solution=closed_world,
        hints=["What does softmax do to any ten numbers?"],
    ),
    Exercise(
        id="09.turned",
        title="Predict: what happens to the confidence?",
        question="All test digits are turned by 90 degrees. The single network is now "
        "right in fewer than one case of four. Its mean confidence, above 0.9 before, "
        "...",
        choices=[
            (
                "falls somewhat, and stays far above what it gets right",
                "It has never been punished for being sure about such pictures.",
            ),
            (
                "falls to about 0.1, as the network no longer knows",
                "For that it would have to notice. Which part of its training taught "
                "it that?",
            ),
            (
                "stays as it is, as the strokes are the same",
                "It does fall, as the next figure shows. But not enough.",
            ),
        ],
        solution=turned_quiz,
        hints=["Look at the 3 in the figure above: how often does it hesitate?"],
    ),
    Exercise(
        id="09.posterior",
        title="How plausible is each network now?",
        solution=posterior,
        cases=priors_and_likelihoods,
        hints=[
            "Independent pictures: their probabilities are multiplied, and with the "
            "prior. Divide by the sum at the end.",
            "`likelihood.prod(axis=0)` multiplies over the pictures.",
            "belief = prior * likelihood.prod(axis=0), then belief / belief.sum()",
        ],
        mistakes=[
            (
                _not_divided,
                "The ratios are right, but they do not add up to 1: divide by p(D), "
                "their sum.",
            ),
            (
                _without_prior,
                "This is the likelihood alone. The prior is one more factor.",
            ),
            (
                _mean_of_pictures,
                "A mean over the pictures. Independent probabilities are multiplied.",
            ),
            (_first_picture, "Only the first picture counts here."),
            (
                _prior_each_time,
                "The prior is multiplied in once for each picture. It counts once.",
            ),
            (
                _picture_by_picture,
                "One posterior for each picture. All of them together give one.",
            ),
            (
                _best_only,
                "This keeps the best network only. The others keep their share.",
            ),
        ],
        insight="With thousands of pictures the product can become too small for a "
        "float: add logarithms, as `log_posterior` does below.",
    ),
    Exercise(
        id="09.grid",
        title="How many weights could a grid have?",
        solution=grid_weights,
        hints=[
            "How many networks does the computer try in that year? Two weights need "
            "20 times 20.",
            "31,536,000 times a million is 3.15 times 10 to the 13. Which power of 20 "
            "does not exceed it?",
            "`math.log(31_536_000 * 10**6, 20)`, and whole weights only",
        ],
        mistakes=[
            (
                11,
                "20 to the 11 is more than the year allows. Round down.",
            ),
            (
                math.log(31_536_000 * 10**6, 20),
                "The right power; but there are no parts of weights. Round down.",
            ),
            (13, "That would be with 10 values for each weight. Here are 20."),
            (
                31_536_000 * 10**6 / 20,
                "The choices multiply: two weights need 20 times 20 networks, not "
                "20 more.",
            ),
            (
                31_536_000 * 10**6,
                "So many networks are tried. How many weights need as many?",
            ),
            (4, "That is what one second is enough for. It has a whole year."),
        ],
        insight="Each weight more takes 20 times as long. The network has 56,714.",
    ),
    Exercise(
        id="09.mc-confidence",
        title="How sure are all draws together?",
        solution=mc_confidence,
        cases=stacks_of_draws,
        hints=[
            "First the mean of the probabilities over the draws: the first axis.",
            "What is left are (N, K) probabilities: take the largest of each row.",
        ],
        mistakes=[
            (
                _mean_of_best,
                "Each draw's best may be another class, and then this hides "
                "that they disagree. Average the probabilities first, class by class.",
            ),
            (_boldest_draw, "This believes the boldest draw. Average over them."),
            (_over_pictures, "This averages over the pictures. The draws come first."),
            (
                _votes,
                "This counts votes. A draw that hesitates must count less than one "
                "that is sure: average the probabilities.",
            ),
            (_means, "These are the mean probabilities. Which is the largest?"),
            (_class, "This is the class. How probable is it?"),
        ],
        insight="The mean over all networks is what the integral asks for. It is "
        "never surer than its draws are on average.",
    ),
    Exercise(
        id="09.entropy",
        title="Write the entropy",
        solution=entropy,
        cases=distributions,
        hints=[
            "Multiply each probability by its logarithm, add up along the last axis, "
            "and turn the sign.",
            "A probability of 0 adds nothing, but `np.log(0)` is minus infinity, and 0 "
            "times that is NaN. Keep the logarithm away from 0: "
            "`np.log(np.maximum(shares, 1e-12))`.",
        ],
        mistakes=[
            (
                _no_minus,
                "Logarithms of probabilities are negative: a minus is missing.",
            ),
            (
                _nan_at_zero,
                "A probability of 0 gives NaN. It must count 0: nothing is unclear "
                "about what never happens.",
            ),
            (_bits, "This is in bits. Here the natural logarithm, `np.log`, is used."),
            (_down, "This adds up over the pictures. Add up over the classes."),
            (_all_together, "One number for each picture: add up along the last axis."),
            (_unweighted, "Each logarithm is weighted by its probability."),
        ],
        insight="0 for a network that is certain, ln 10 = 2.30 for one that finds all "
        "ten digits equally likely.",
    ),
    Exercise(
        id="09.entropy-bug",
        title="Find the bug: doubt that goes unseen",
        solution=total_entropy,
        cases=sure_of_themselves,
        start=total_entropy_with_bug,
        hints=[
            "Try two draws, each sure, of different classes. How sure can we be?",
            "Which comes first, the mean over the draws or the entropy?",
        ],
        mistakes=[
            (_wrong_axis, "Draws lie along the first axis, pictures along the second."),
            (
                _difference,
                "This is only what the draws disagree about. Asked for is all of the "
                "doubt, the entropy of their mean.",
            ),
            (_logs_first, "The logarithm too is taken of the mean."),
            (
                lambda draws: -total_entropy(draws),
                "The sign: an entropy is never below 0.",
            ),
        ],
        insight="Entropy of the mean minus mean of the entropies is what the draws "
        "disagree about: doubt that more training pictures could remove.",
    ),
    Exercise(
        id="09.majority",
        title="Five that err independently",
        solution=majority,
        hints=[
            "Exactly three right: each such case has the probability 0.92 ** 3 * "
            "0.08 ** 2. In how many ways can three be chosen out of five?",
            "Ten ways. Add exactly four (five ways) and all five (one way).",
            "`sum(math.comb(5, k) * 0.92**k * 0.08 ** (5 - k) for k in (3, 4, 5))`",
        ],
        mistakes=[
            (
                0.92**5,
                "That is the share in which all five are right. Three are enough.",
            ),
            (1 - 0.08**5, "That is the share in which at least one is right."),
            (0.92, "That is what one of them reaches. Five votes do better."),
            (
                10 * 0.92**3 * 0.08**2,
                "That is exactly three. Four and five are right, too.",
            ),
            (
                0.92**3,
                "That is three named ones being right. Any three will do.",
            ),
            (
                sum(0.92**k * 0.08 ** (5 - k) for k in (3, 4, 5)),
                "Three of five can be chosen in ten ways, four in five.",
            ),
            (
                1 - majority(),
                "That is the share in which the majority is wrong.",
            ),
            (
                100 * majority(),
                "As a share, please: between 0 and 1.",
            ),
        ],
        insight="From 8 % wrong to less than 0.5 %, if they did err independently. "
        "The next cells count.",
    ),
    Exercise(
        id="09.kl",
        title="How far from the prior?",
        solution=kl,
        cases=normals,
        hints=[
            "Each weight adds its own term; `np.sum` over all of them.",
            "`(mean**2 + std**2 - 1) / 2 - np.log(std)`",
        ],
        mistakes=[
            (
                lambda mean, std: np.sum((mean**2 + std**2 - 1) / 2 + np.log(std)),
                "The logarithm has the other sign: a very narrow normal is far away.",
            ),
            (
                lambda mean, std: np.mean((mean**2 + std**2 - 1) / 2 - np.log(std)),
                "The terms of independent weights add up; this is their mean.",
            ),
            (
                lambda mean, std: (mean**2 + std**2 - 1) / 2 - np.log(std),
                "This is the term of each weight. Add them up.",
            ),
            (
                lambda mean, std: np.sum((mean**2 + std**2) / 2 - np.log(std)),
                "The first case is the prior itself: its distance must be 0.",
            ),
            (
                lambda mean, std: np.sum((mean**2 + std - 1) / 2 - np.log(std)),
                "The variance is asked for, the square of `std`.",
            ),
            (
                lambda mean, std: np.sum((mean + std**2 - 1) / 2 - np.log(std)),
                "The mean is squared: -2 is as far from 0 as 2.",
            ),
            (
                lambda mean, std: np.sum(mean**2 + std**2 - 1 - np.log(std)),
                "The half is missing.",
            ),
        ],
        insight="0 only for the prior itself. It is no ordinary distance: from here to "
        "there and from there to here may differ.",
    ),
    Exercise(
        id="09.auroc",
        title="How often is the stranger more in doubt?",
        solution=pairs_won,
        cases=two_kinds,
        hints=[
            "Every digit is paired with every piece of clothing: a table of "
            "comparisons, len(outside) rows and len(inside) columns.",
            "`outside[:, np.newaxis] > inside` is that table, and its mean the share "
            "of pairs won.",
            "won.mean() + tied.mean() / 2",
        ],
        mistakes=[
            (
                _other_way,
                "The wrong way round: counted are the pairs in which `outside` is "
                "larger.",
            ),
            (_ties_lost, "Ties count nothing here. Each counts half."),
            (_ties_won, "Ties count as won here. Each counts half."),
            (_counted, "These are pairs. Which share of all pairs is it?"),
            (
                _side_by_side,
                "The first with the first, the second with the second: every digit "
                "is to be paired with every piece of clothing.",
            ),
            (
                _above_mean,
                "Here the clothes are compared with the mean digit, not with each.",
            ),
            (
                _per_outside,
                "Divide by the number of all pairs, not by that of the clothes only.",
            ),
        ],
        insight="No threshold had to be chosen: AUROC asks about all of them at once. "
        "It only looks at the order, so it does not say whether a claim is honest.",
    ),
    Exercise(
        id="09.calibration",
        title="Write the expected calibration error",
        solution=calibration_error,
        cases=claims,
        hints=[
            "The bin of each picture: `np.minimum(np.floor(confidence * 10), 9)`.",
            "In a bin: how many are right (`right[here].mean()`), and what was claimed "
            "(`confidence[here].mean()`)? Empty bins are left out.",
            "Weight the gap, without its sign, by the bin's share of all pictures, "
            "`here.mean()`, and add up.",
        ],
        mistakes=[
            (
                _one_bin,
                "Without bins, overconfidence and underconfidence cancel each other.",
            ),
            (
                _unweighted_bins,
                "A bin of two pictures must not count as much as one of a thousand.",
            ),
            (_largest_bin, "This is the largest gap; asked for is their mean."),
            (_squared_bins, "The gap without its sign, not its square."),
            (
                _one_by_one,
                "One picture is right or wrong, never right by 80 %: compare the means "
                "of bins.",
            ),
            (_lost_ones, "A confidence of exactly 1 belongs to the last bin."),
        ],
        insight="With ten classes, equally frequent, it is small for a network that "
        "always claims 10 % and guesses, too: look at the accuracy as well.",
    ),
    Exercise(
        id="09.hand-over",
        title="What is left for the machine",
        solution=hand_over,
        hints=[
            "A person gets 100 of the 1,000. How many are left, and how many of these "
            "are wrong?",
            "900 are left, 10 of them wrong.",
        ],
        mistakes=[
            (0.95, "That is the accuracy on all. Some of the wrong ones are gone."),
            (
                0.99,
                "10 are wrong, but out of the 900 that are left.",
            ),
            (
                910 / 1000,
                "What a person decides is no mistake of the network: leave them out.",
            ),
            (10 / 900, "That is the share that is wrong."),
            (100 * 890 / 900, "As a share, please: between 0 and 1."),
            (1.0, "Ten of the wrong ones were among those it was sure of."),
            (
                850 / 900,
                "The 40 wrong ones that are handed over are no longer among the 50.",
            ),
        ],
        insight="Handing over 100 at random would leave it at 0.95 on average.",
    ),
]
