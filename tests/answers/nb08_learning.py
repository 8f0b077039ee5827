"""Lesson 08: a training step and Adam."""

import numpy as np
from scipy.special import expit, log_softmax, logsumexp, softmax

# --- One step of a dense layer --------------------------------------------------------


def by_scipy(images, labels, weights, rate):
    truth = np.eye(weights.shape[1])[labels]
    gradient = images.T @ (softmax(images @ weights, axis=1) - truth)
    return weights - rate / len(images) * gradient


def image_by_image(images, labels, weights, rate):
    gradient = np.zeros_like(weights)
    for image, label in zip(images, labels):
        likely = np.exp(image @ weights)
        likely /= likely.sum()
        likely[label] -= 1
        gradient += np.outer(image, likely)
    return weights - rate * gradient / len(images)


def by_little_steps(images, labels, weights, rate):
    def loss(w):
        logits = images @ w
        right = logits[np.arange(len(labels)), labels]
        return np.mean(logsumexp(logits, axis=1) - right)

    result = weights.copy()
    for place in np.ndindex(weights.shape):
        nudge = np.zeros_like(weights)
        nudge[place] = 1e-5
        slope = (loss(weights + nudge) - loss(weights - nudge)) / 2e-5
        result[place] -= rate * slope
    return result


def with_sums(images, labels, weights, rate):
    likely = np.exp(log_softmax(images @ weights, axis=1))
    blame = likely - (np.arange(weights.shape[1]) == labels[:, None])
    return weights - rate * np.einsum("nd,nk->dk", images, blame) / images.shape[0]


def by_sigmoid(images, labels, weights, rate):
    truth = np.eye(weights.shape[1])[labels]
    return weights - rate * images.T @ (expit(images @ weights) - truth) / len(images)


def softmax_down(images, labels, weights, rate):
    truth = np.eye(weights.shape[1])[labels]
    blame = softmax(images @ weights, axis=0) - truth
    return weights - rate * images.T @ blame / len(images)


def first_image_only(images, labels, weights, rate):
    return by_scipy(images[:1], labels[:1], weights, rate)


def halved_again(images, labels, weights, rate):
    """The mean over the classes too."""
    return by_scipy(images, labels, weights, rate / weights.shape[1])


# --- Adam -----------------------------------------------------------------------------


def as_published(gradients):
    mean = square = 0
    moves = []
    for t, g in enumerate(gradients, 1):
        mean, square = 0.9 * mean + (1 - 0.9) * g, 0.999 * square + (1 - 0.999) * g * g
        hat, square_hat = mean / (1 - 0.9**t), square / (1 - 0.999**t)
        moves.append(-0.001 * hat / (square_hat**0.5 + 1e-7))
    return np.array(moves)


def in_lists(gradients):
    m, v, moves = [0.0], [0.0], []
    for i in range(len(gradients)):
        m.append(0.9 * m[-1] + 0.1 * gradients[i])
        v.append(0.999 * v[-1] + 0.001 * gradients[i] ** 2)
        up = (1 - 0.999 ** (i + 1)) ** 0.5 / (1 - 0.9 ** (i + 1))
        moves.append(-0.001 * up * m[-1] / v[-1] ** 0.5)  # without the tiny number
    return moves


def from_all_gradients(gradients):
    def mean(numbers, keep):
        n = len(numbers)
        return np.average(numbers, weights=keep ** np.arange(n - 1, -1, -1))

    steps = range(1, len(gradients) + 1)
    return np.array(
        [
            -1e-3 * mean(gradients[:t], 0.9) / mean(gradients[:t] ** 2, 0.999) ** 0.5
            for t in steps
        ]
    )


def amsgrad(gradients):
    mean = square = largest = 0
    moves = []
    for t, g in enumerate(gradients, 1):
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        largest = max(largest, square / (1 - 0.999**t))
        moves.append(-0.001 * mean / (1 - 0.9**t) / largest**0.5)
    return np.array(moves)


def amsgrad_of_keras(gradients):
    """The largest is taken before the start is corrected."""
    mean = square = largest = 0
    moves = []
    for t, g in enumerate(gradients, 1):
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        largest = max(largest, square)
        rate = 0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        moves.append(-rate * mean / largest**0.5)
    return np.array(moves)


def rests_without_gradient(gradients):
    return np.where(gradients == 0, 0, as_published(gradients))


def steps_without_gradient_left_out(gradients):
    moves = np.zeros(len(gradients))
    moves[gradients != 0] = as_published(gradients[gradients != 0])
    return moves


def by_largest(gradients):
    """Adamax: the largest gradient in place of the mean square."""
    mean = largest = 0
    moves = []
    for t, g in enumerate(gradients, 1):
        mean, largest = 0.9 * mean + 0.1 * g, max(0.999 * largest, abs(g))
        moves.append(-0.001 * mean / (1 - 0.9**t) / largest)
    return np.array(moves)


def of_the_sign(gradients):
    return -0.001 * np.sign(gradients)


RIGHT = {
    "08.step": [by_scipy, image_by_image, by_little_steps, with_sums],
    "08.adam": [as_published, in_lists, from_all_gradients],
}
WRONG = {
    "08.step": [by_sigmoid, softmax_down, first_image_only, halved_again],
    "08.adam": [
        amsgrad, amsgrad_of_keras, by_largest, of_the_sign, rests_without_gradient,
        steps_without_gradient_left_out,
    ],
}  # fmt: skip
