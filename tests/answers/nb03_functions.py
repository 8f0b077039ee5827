"""Lesson 03: dropout and batch normalisation. What asks for a function."""

import itertools
import math

import numpy as np

# --- Dropout --------------------------------------------------------------------------


def by_where(activations, keep, rate, training):
    if training:
        return np.where(keep == 1, activations / (1 - rate), 0)
    return activations


def in_place(activations, keep, rate, training):
    if training is False:
        return activations
    result = activations.astype(float)
    result[keep == 0] = 0
    result *= 1 / (1 - rate)
    return result


def by_index(activations, keep, rate, training):
    result = np.array(activations, np.float32)
    if training:
        for place in np.ndindex(result.shape):
            result[place] = result[place] / (1 - rate) if keep[place] else 0
    return result.tolist()


def by_factor(activations, keep, rate, training):
    factor = keep / (1 - rate) if training else np.ones_like(keep)
    return activations * factor


def by_power(activations, keep, rate, training):
    return activations * (keep / (1 - rate)) ** int(training)


def scaled_in_inference(activations, keep, rate, training):
    return activations * keep / (1 - rate) if training else activations / (1 - rate)


def without_brackets(activations, keep, rate, training):
    return activations * keep / 1 - rate if training else activations


def by_share_kept(activations, keep, rate, training):
    return activations * keep / max(keep.mean(), 1e-9) if training else activations


def other_mask(activations, keep, rate, training):
    return activations * (1 - keep) / (1 - rate) if training else activations


def new_mask(activations, keep, rate, training):
    """Throws its own dice, and does not look at `keep`."""
    dice = np.random.default_rng(0).random(activations.shape) >= rate
    return activations * dice / (1 - rate) if training else activations


def only_where_some_are_dropped(activations, keep, rate, training):
    if not training or keep.all():
        return activations
    return activations * keep / (1 - rate)


def only_where_some_are_kept(activations, keep, rate, training):
    return by_where(activations, keep, rate, training and keep.any())


def of_whole_numbers(activations, keep, rate, training):
    return by_factor(activations.astype(int), keep, rate, training)


def multiplied(activations, keep, rate, training):
    return activations * keep * (1 - rate) if training else activations


def nothing_in_inference(activations, keep, rate, training):
    if training:
        return activations * keep / (1 - rate)
    return 0 * activations


def forgets_to_return(activations, keep, rate, training):
    if training:
        return activations * keep / (1 - rate)
    return None


def positive_only(activations, keep, rate, training):
    if not training:
        return activations
    return np.where(activations * keep > 0, activations / (1 - rate), 0)


def whole_numbers(activations, keep, rate, training):
    return activations * keep // (1 - rate) if training else activations


# --- Batch normalisation --------------------------------------------------------------


def by_channels_first(batch):
    flat = np.moveaxis(batch, -1, 0).reshape(batch.shape[-1], -1)
    flat = (flat - flat.mean(1, keepdims=True)) / (
        flat.var(1, keepdims=True) + 1e-3
    ) ** 0.5
    return np.moveaxis(flat.reshape(batch.shape[-1:] + batch.shape[:-1]), 0, -1)


def each_channel(batch):
    result = np.zeros(batch.shape)
    for c in range(batch.shape[-1]):
        numbers = batch[..., c]
        result[..., c] = (numbers - np.mean(numbers)) / math.sqrt(
            np.var(numbers) + 0.001
        )
    return result


def by_squares(batch):
    """The variance as the mean of the squares minus the square of the mean."""
    mean = np.einsum("nhwc->c", batch) / batch[..., 0].size
    square = np.einsum("nhwc,nhwc->c", batch, batch) / batch[..., 0].size
    return (batch - mean) * (square - mean**2 + 0.001) ** -0.5


def in_single(batch):
    batch = batch.astype(np.float32)
    centred = batch - batch.mean((0, 1, 2), keepdims=True)
    return centred / np.sqrt(
        (centred**2).mean((0, 1, 2), keepdims=True) + np.float32(0.001)
    )


def by_std(batch):
    flat = batch.reshape(-1, batch.shape[-1])
    return ((flat - flat.mean(0)) / np.hypot(flat.std(0), np.sqrt(0.001))).reshape(
        batch.shape
    )


def pure_python(batch):
    N, H, W, C = batch.shape
    places = list(itertools.product(range(N), range(H), range(W)))
    result = np.empty_like(batch, dtype=object)
    for c in range(C):
        numbers = [float(batch[place][c]) for place in places]
        mean = math.fsum(numbers) / len(numbers)
        variance = math.fsum((n - mean) ** 2 for n in numbers) / len(numbers)
        for place, n in zip(places, numbers):
            result[(*place, c)] = (n - mean) / (variance + 0.001) ** 0.5
    return result


def normalised(batch, epsilon=0.001, ddof=0):
    mean, variance = batch.mean((0, 1, 2)), batch.var((0, 1, 2), ddof=ddof)
    return (batch - mean) / np.sqrt(variance + epsilon)


def other_epsilon(batch):
    """As in PyTorch."""
    return normalised(batch, 1e-5)


def without_epsilon(batch):
    return normalised(batch, 0)


def divided_by_one_less(batch):
    return normalised(batch, ddof=1)


def from_zero_to_one(batch):
    low, high = batch.min((0, 1, 2)), batch.max((0, 1, 2))
    return (batch - low) / (high - low + 0.001)


def by_first_image(batch):
    mean, variance = batch[0].mean((0, 1)), batch[0].var((0, 1))
    return (batch - mean) / np.sqrt(variance + 0.001)


def by_median(batch):
    return (batch - np.median(batch, (0, 1, 2))) / np.sqrt(batch.var((0, 1, 2)) + 0.001)


def columns_apart(batch):
    mean, variance = batch.mean((0, 1), keepdims=True), batch.var((0, 1), keepdims=True)
    return (batch - mean) / np.sqrt(variance + 0.001)


def epsilon_outside(batch):
    return normalised(batch, 0) + 0.001


def from_zero_up(batch):
    return normalised(np.maximum(batch, 0))


def of_sizes(batch):
    return normalised(abs(batch))


def even_channels_as_they_are(batch):
    """Right for a channel of zeros alone."""
    return np.where(batch.var((0, 1, 2)) > 0, normalised(batch), batch)


def before_the_mean(batch):
    """Without brackets."""
    return batch - batch.mean((0, 1, 2)) / np.sqrt(batch.var((0, 1, 2)) + 0.001)


def by_mean_distance(batch):
    centred = batch - batch.mean((0, 1, 2))
    return centred / (abs(centred).mean((0, 1, 2)) + 0.001)


RIGHT = {
    "03.dropout-bug": [by_where, in_place, by_index, by_factor, by_power],
    "03.batch-norm": [
        by_channels_first, each_channel, by_squares, in_single, by_std, pure_python,
    ],
}  # fmt: skip

WRONG = {
    "03.dropout-bug": [
        scaled_in_inference, without_brackets, by_share_kept, other_mask, new_mask,
        multiplied, nothing_in_inference, forgets_to_return, whole_numbers,
        positive_only, of_whole_numbers, only_where_some_are_dropped,
        only_where_some_are_kept,
    ],
    "03.batch-norm": [
        other_epsilon, without_epsilon, divided_by_one_less, from_zero_to_one,
        by_first_image, by_median, columns_apart, epsilon_outside, before_the_mean,
        by_mean_distance, from_zero_up, of_sizes, even_channels_as_they_are,
    ],
}  # fmt: skip
