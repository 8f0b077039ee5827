"""Lesson 08: a CNN from the inside."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Exercise

Cases = Iterator[tuple[Any, ...]]

# --- Convolution ----------------------------------------------------------------------


def conv_loops(image: Any, kernels: Any) -> Any:
    height, width, _, count = kernels.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    result = np.zeros((rows, columns, count))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + height, column : column + width]
            for f in range(count):
                result[row, column, f] = (window * kernels[..., f]).sum()
    return result


def images_and_kernels(rng: np.random.Generator) -> Cases:
    ramp = np.arange(9.0).reshape(3, 3, 1)
    yield ramp, np.array([[1.0, 0], [0, -1]]).reshape(2, 2, 1, 1)  # one of each
    for size, kernel in [
        ((4, 5, 1), (2, 2, 1, 3)),  # several filters
        ((4, 4, 3), (3, 3, 3, 1)),  # several channels
        ((5, 4, 2), (3, 2, 2, 4)),  # nothing is square
        ((3, 3, 2), (3, 3, 2, 2)),  # one place only
        ((4, 6, 2), (2, 3, 2, 2)),  # broader than high
    ]:
        yield rng.integers(-4, 5, size), rng.integers(-4, 5, kernel) / 2
    # Pixels from 0 to 1, under weights that are whole numbers.
    yield rng.integers(0, 9, (3, 4, 1)) / 8, rng.integers(1, 5, (2, 2, 1, 2))


def _without_last(image: Any, kernels: Any) -> Any:
    result = conv_loops(image, kernels)
    result[-1], result[:, -1] = 0, 0
    return result


def patches(image: Any, size: Any) -> Any:
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    result = []
    for row in range(rows):
        for column in range(columns):
            result.append(image[row : row + size, column : column + size].ravel())
    return np.array(result)


def images_and_sizes(rng: np.random.Generator) -> Cases:
    yield np.arange(1, 17).reshape(4, 4, 1), 3
    yield rng.integers(0, 10, (3, 4, 1)), 2
    yield rng.integers(0, 10, (4, 3, 2)), 2
    yield rng.integers(0, 10, (5, 4, 3)), 3
    yield rng.integers(0, 10, (2, 3, 2)), 1
    yield rng.integers(-9, 10, (3, 3, 1)) / 2, 2


def _channel_by_channel(image: Any, size: Any) -> Any:
    table = patches(image, size).reshape(-1, size * size, image.shape[2])
    return np.swapaxes(table, 1, 2).reshape(len(table), -1)


def _side_by_side(image: Any, size: Any) -> Any:
    rows, columns = image.shape[0] // size, image.shape[1] // size
    corners = [(row * size, column * size) for row, column in np.ndindex(rows, columns)]
    return np.array([image[r : r + size, c : c + size].ravel() for r, c in corners])


def _down_first(image: Any, size: Any) -> Any:
    shape = image.shape[0] - size + 1, image.shape[1] - size + 1, -1
    return np.swapaxes(patches(image, size).reshape(shape), 0, 1).reshape(
        -1, size * size * image.shape[2]
    )


def tf_shapes() -> Any:
    same, valid = -(-28 // 2), (28 - 5) // 2 + 1
    return ((100, same, same, 32), (100, valid, valid, 32))


# --- The way back ---------------------------------------------------------------------


def kernel_gradient(image: Any, upstream: Any) -> Any:
    rows, columns, count = upstream.shape
    height, width = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    result = np.zeros((height, width, image.shape[2], count))
    for i in range(height):
        for j in range(width):
            met = image[i : i + rows, j : j + columns]  # all pixels this weight met
            result[i, j] = np.einsum("rck,rcf->kf", met, upstream)
    return result


def images_and_upstreams(rng: np.random.Generator) -> Cases:
    yield np.arange(9.0).reshape(3, 3, 1), np.array([[1.0, 0], [0, -2]])[..., None]
    for image, upstream in [
        ((4, 5, 1), (3, 4, 2)),
        ((4, 4, 3), (2, 2, 1)),
        ((5, 4, 2), (3, 3, 4)),
        ((4, 5, 2), (4, 5, 2)),  # a kernel of one pixel
    ]:
        yield rng.integers(-4, 5, image), rng.integers(-4, 5, upstream) / 2
    # Pixels from 0 to 1, and whole numbers that come back.
    yield rng.integers(0, 9, (3, 4, 1)) / 8, rng.integers(1, 5, (2, 3, 2))


def relu_backward(x: Any, upstream: Any) -> Any:
    return upstream * (x > 0)


def relu_backward_with_bug(x: Any, upstream: Any) -> Any:
    return upstream * (upstream > 0)


def inputs_and_upstreams(rng: np.random.Generator) -> Cases:
    yield np.array([-2.0, -0.5, 0, 0.5, 2]), np.array([1.0, -2, 3, -4, 5])
    # Weak and strong ones: a slope that begins at 0.1 or ends at 6 is none of ReLU.
    for shape, strength in (((2, 3), 1), ((3, 4), 0.1), ((2, 2, 2), 8)):
        yield (
            strength * rng.integers(-6, 7, shape) / 4,
            rng.integers(-4, 5, shape) / 2,
        )


def pool_backward(maps: Any, upstream: Any) -> Any:
    result = np.zeros(maps.shape)
    for row in range(upstream.shape[0]):
        for column in range(upstream.shape[1]):
            top, left = 2 * row, 2 * column
            window = maps[top : top + 2, left : left + 2]
            i, j = np.unravel_index(window.argmax(), window.shape)
            result[top + i, left + j] = upstream[row, column]
    return result


def maps_and_upstreams(rng: np.random.Generator) -> Cases:
    numbers = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [1, 1, 3, 2], [5, 6, 1, 2]])
    yield numbers, np.array([[1.0, 2], [3, -4]])
    # Ties, the last of which lies across: along the rows, the 7 above comes first.
    ties = np.array([[0.0, 0, 5, 5, 1, 7], [0, 0, 1, 5, 7, 2]])
    yield ties, np.array([[1.0, 2, 3]])
    maps = (rng.permutation(24).reshape(4, 6) - 12) / 8
    yield maps, rng.integers(1, 9, (2, 3)) / 2
    yield rng.permutation(35).reshape(7, 5), rng.integers(1, 9, (3, 2)) / 2  # left over
    # Below 0, and far: no number is small enough to begin with.
    yield -1000 * rng.permutation(16).reshape(4, 4), rng.integers(1, 9, (2, 2)) / 2


def _spread(maps: Any, upstream: Any) -> Any:
    """The numbers that come back, copied to all pixels of their windows."""
    result = np.zeros(maps.shape)
    copied = np.kron(upstream, np.ones((2, 2)))
    result[: copied.shape[0], : copied.shape[1]] = copied
    return result


def _winners(maps: Any, upstream: Any) -> Any:
    """Where a pixel is as large as the largest of its window."""
    rows, columns = upstream.shape
    cut = maps[: 2 * rows, : 2 * columns]
    largest = cut.reshape(rows, 2, columns, 2).max(axis=(1, 3))
    won = np.zeros(maps.shape, bool)
    won[: 2 * rows, : 2 * columns] = cut == np.kron(largest, np.ones((2, 2)))
    return won


# --- Learning -------------------------------------------------------------------------


def softmax_step(images: Any, labels: Any, weights: Any, rate: Any) -> Any:
    blame = np.exp(images @ weights)
    blame = blame / blame.sum(axis=1)[:, np.newaxis]  # the probabilities
    blame[np.arange(len(labels)), labels] -= 1  # minus the truth
    return weights - rate * images.T @ blame / len(images)


def batches_and_weights(rng: np.random.Generator) -> Cases:
    yield np.array([[1.0, 0], [0, 2]]), np.array([0, 1]), np.zeros((2, 2)), 0.5
    for count, size, classes in ((1, 3, 2), (4, 2, 3), (5, 4, 10)):
        yield (
            rng.integers(-4, 5, (count, size)) / 2,
            rng.integers(0, classes, count),
            rng.integers(-4, 5, (size, classes)) / 2,
            0.25,
        )


def _whole(images: Any, labels: Any, weights: Any, rate: Any) -> Any:
    return weights + len(images) * (
        softmax_step(images, labels, weights, rate) - weights
    )


def _of_logits(images: Any, labels: Any, weights: Any, rate: Any) -> Any:
    blame = images @ weights
    blame[np.arange(len(labels)), labels] -= 1
    return weights - rate * images.T @ blame / len(images)


def _of_loss(images: Any, labels: Any, weights: Any, rate: Any) -> Any:
    likely = np.exp(images @ weights)
    likely /= likely.sum(axis=1, keepdims=True)
    return weights - rate * images.T @ likely / len(images)


def adam_moves(gradients: Any) -> Any:
    mean = square = 0.0
    moves = []
    for step, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = 0.001 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        moves.append(-rate * mean / (np.sqrt(square) + 1e-7))
    return np.array(moves)


def gradients_of_a_weight(rng: np.random.Generator) -> Cases:
    yield (np.array([2.0]),)
    yield (np.array([4.0, 4, 4, -4]),)
    for count in (3, 6):
        yield (rng.choice([-3.0, -1, 2, 5], count),)
    yield (np.array([3.0, 0, 0, -0.5]),)  # it rolls on without a slope


def _means(gradients: Any, keep: float) -> Any:
    """The running mean after each step, starting at 0."""
    ages = np.subtract.outer(np.arange(len(gradients)), np.arange(len(gradients)))
    return np.where(ages < 0, 0, (1 - keep) * keep ** np.maximum(ages, 0)) @ gradients


def _corrected(gradients: Any, keep: float) -> Any:
    return _means(gradients, keep) / (1 - keep ** np.arange(1, len(gradients) + 1))


# --- The network ----------------------------------------------------------------------


def weights() -> Any:
    convolutions = (5 * 5 * 1 * 32 + 32) + (5 * 5 * 32 * 64 + 64)
    dense = (7 * 7 * 64 * 1024 + 1024) + (1024 * 10 + 10)
    return convolutions + dense


def trace_quiz() -> str:
    return "b"


EXERCISES = [
    Exercise(
        id="08.loops",
        title="A layer of filters, with loops",
        solution=conv_loops,
        cases=images_and_kernels,
        hints=[
            "A window has the height and width of the kernels and all channels: "
            "`image[row : row + height, column : column + width]`.",
            "How many windows fit? `image.shape[0] - height + 1` below each other.",
            "In three loops, over rows, columns and filters: result[row, column, f] = "
            "(window * kernels[..., f]).sum()",
        ],
        mistakes=[
            (
                lambda image, kernels: conv_loops(image, kernels[::-1, ::-1]),
                "The kernels are turned by 180 degrees. What deep learning calls "
                "convolution does not flip them.",
            ),
            (
                _without_last,
                "The last row and column of the result are never filled: how many "
                "windows fit?",
            ),
            (
                lambda image, kernels: conv_loops(image[..., :1], kernels[:, :, :1]),
                "Only the first channel counts here. A filter sums over all of them.",
            ),
            (
                lambda image, kernels: conv_loops(image, kernels).sum(-1),
                "The filters are added up. Each filter gives a map of its own.",
            ),
            (
                lambda image, kernels: conv_loops(image, kernels).astype(int),
                "What comes after the decimal point is lost: make the result with "
                "`np.zeros(...)`, which holds floats.",
            ),
            (
                lambda image, kernels: (
                    conv_loops(image, kernels) / np.prod(kernels.shape[:3])
                ),
                "These are means. A filter sums its products up.",
            ),
        ],
        insight="With the sums written out these are six loops: rows, columns and "
        "filters outside, and inside the rows, columns and channels of a window.",
    ),
    Exercise(
        id="08.patches",
        title="Windows as rows of a table",
        solution=patches,
        cases=images_and_sizes,
        hints=[
            "Two loops over the places of the window, as for the convolution, but "
            "nothing is multiplied yet.",
            "`window.ravel()` writes a window (size, size, C) as one row: along its "
            "rows, and at each pixel through the channels.",
            "Append each window.ravel() to a list; at the end np.array(list).",
        ],
        mistakes=[
            (
                lambda image, size: patches(image, size).T,
                "Each window is a column here. Make it a row.",
            ),
            (
                _channel_by_channel,
                "The right numbers, channel after channel. The kernel holds its "
                "channels last, so all channels of a pixel must stand together.",
            ),
            (
                _side_by_side,
                "These windows do not overlap. With stride 1 the window moves by one "
                "pixel.",
            ),
            (
                _down_first,
                "The windows are in the wrong order: go along the first row of places, "
                "then along the second.",
            ),
            (
                lambda image, size: patches(image[..., :1], size),
                "Only the first channel is there. A window has all of them.",
            ),
        ],
        insight="Matlab's function for this is called im2col. Each pixel is copied up "
        "to size * size times: memory is spent to gain speed.",
    ),
    Exercise(
        id="08.strides",
        title="As TensorFlow writes it",
        solution=tf_shapes,
        hints=[
            "The first number counts the images, the last one the filters.",
            '"SAME" gives as many places as there are steps of 2 in 28 pixels.',
            '"VALID": (28 - 5) / 2 + 1, rounded down.',
        ],
        mistakes=[
            (
                ((100, 28, 28, 32), (100, 24, 24, 32)),
                "These are right for stride 1. Here only every second place is taken.",
            ),
            (
                ((100, 12, 12, 32), (100, 14, 14, 32)),
                'The wrong way round: "VALID" is the one that loses the border.',
            ),
            (
                ((100, 14, 14, 1), (100, 12, 12, 1)),
                "There are 32 filters, and each gives a map.",
            ),
            (
                ((14, 14, 32), (12, 12, 32)),
                "`tf.nn.conv2d` takes and gives a batch: the number of images comes "
                "first.",
            ),
            (
                ((100, 14, 14, 32), (100, 11, 11, 32)),
                "(28 - 5) / 2 rounded down, and the + 1 is missing.",
            ),
            (
                ((50, 14, 14, 32), (50, 12, 12, 32)),
                "The step is in the rows and columns: no image is left out.",
            ),
        ],
        insight='With "SAME" the size of the map does not depend on that of the '
        "kernel: the side is divided by the stride and rounded up.",
    ),
    Exercise(
        id="08.kernel-gradient",
        title="What each weight is to blame for",
        solution=kernel_gradient,
        cases=images_and_upstreams,
        hints=[
            "How large was the kernel? An image of 5 rows and a map of 3 rows: 5 - 3 "
            "+ 1.",
            "The weight (i, j) met the pixels `image[i : i + rows, j : j + columns]`, "
            "where (rows, columns) is the size of the map.",
            "For each channel k and filter f sum their products with upstream over all "
            'places: np.einsum("rck,rcf->kf", met, upstream)',
        ],
        mistakes=[
            (
                lambda image, upstream: kernel_gradient(image, upstream)[::-1, ::-1],
                "The right numbers, turned by 180 degrees: weight (0, 0) met the upper "
                "left pixels.",
            ),
            (
                lambda image, upstream: (
                    kernel_gradient(image, upstream)
                    / (upstream.shape[0] * upstream.shape[1])
                ),
                "This is the mean over the places. Each place adds its part to the "
                "loss, so they add up here too.",
            ),
            (
                lambda image, upstream: kernel_gradient(image, np.ones_like(upstream)),
                "The pixels are summed, but each has to be multiplied by the number "
                "that came back from its place in the map.",
            ),
            (
                lambda image, upstream: np.swapaxes(
                    kernel_gradient(image, upstream), 2, 3
                ),
                "Channels and filters are swapped: the gradient has the shape of the "
                "kernels, (h, w, C, F).",
            ),
            (
                lambda image, upstream: np.swapaxes(
                    kernel_gradient(image, upstream), 0, 1
                ),
                "Rows and columns of the kernel are swapped.",
            ),
            (
                lambda image, upstream: -kernel_gradient(image, upstream),
                "The sign is wrong. The minus of gradient descent comes later, when "
                "the weights are changed.",
            ),
        ],
        insight="The gradient with respect to the kernels is a convolution again: the "
        "map that came back slides over the image.",
    ),
    Exercise(
        id="08.relu-backward",
        title="Find the bug in the way back through ReLU",
        solution=relu_backward,
        start=relu_backward_with_bug,
        cases=inputs_and_upstreams,
        hints=[
            "ReLU let some inputs through and stopped the others. What does a small "
            "change of a stopped input do to the loss?",
            "Whether an input was let through depends on its own sign, not on the sign "
            "of what comes back.",
        ],
        mistakes=[
            (
                lambda x, upstream: upstream * np.maximum(x, 0),
                "Where an input passed, the slope is 1, not the input itself.",
            ),
            (
                lambda x, upstream: 1.0 * (x > 0),
                "This is the slope of ReLU. The chain rule multiplies it by what comes "
                "back.",
            ),
            (
                lambda x, upstream: upstream * (x >= 0),
                "Nearly. At 0 itself a choice is needed, and TensorFlow takes the "
                "slope 0.",
            ),
            (
                lambda x, upstream: upstream * (x > 0) * (upstream > 0),
                "Negative numbers must come back too: they tell that the input should "
                "grow.",
            ),
            (
                lambda x, upstream: upstream,
                "Now everything comes through, also where the input was negative.",
            ),
            (
                lambda x, upstream: upstream * (x < 0),
                "The wrong way round: it was the positive inputs that passed.",
            ),
        ],
        insight="The bug is used on purpose in some pictures of what a network sees "
        "(the deconvolution of Zeiler and Fergus, 2014). It is not the gradient.",
    ),
    Exercise(
        id="08.pool-backward",
        title="The way back through max pooling",
        solution=pool_backward,
        cases=maps_and_upstreams,
        hints=[
            "Start with zeros in the shape of `maps`. Which of the four pixels of a "
            "window could have changed the loss?",
            "`window.argmax()` counts along the rows: 0, 1, 2 or 3. "
            "`np.unravel_index(window.argmax(), window.shape)` makes a row and a "
            "column of it.",
            "In two loops: result[2 * row + i, 2 * column + j] = upstream[row, column]",
        ],
        mistakes=[
            (
                _spread,
                "All four pixels get the number here. A pixel that lost changes "
                "nothing in the output.",
            ),
            (
                lambda maps, upstream: _spread(maps, upstream) / 4,
                "This is the way back through average pooling: there everyone gets a "
                "quarter.",
            ),
            (
                lambda maps, upstream: 1.0 * (pool_backward(maps, upstream) != 0),
                "The winners are right. Each gets the number that comes back to its "
                "window, not 1.",
            ),
            (
                lambda maps, upstream: (
                    _spread(maps, upstream) * _winners(maps, upstream)
                ),
                "Right but for ties: where several pixels are equally large, only the "
                "first one gets the number.",
            ),
            (
                lambda maps, upstream: maps * (pool_backward(maps, upstream) != 0),
                "The winners keep their own numbers here. They get what comes back "
                "from `upstream`.",
            ),
            (
                lambda maps, upstream: pool_backward(-maps, upstream),
                "These are the smallest pixels of the windows.",
            ),
        ],
        insight="Three of the four pixels of a window get nothing in this step: where "
        "they are smaller than the winner, a small change of theirs changes nothing.",
    ),
    Exercise(
        id="08.weights",
        title="How many weights has it in all?",
        solution=weights,
        hints=[
            "A convolution: height * width * channels in * filters, and a bias for "
            "each filter.",
            "The first dense layer gets 7 * 7 * 64 numbers and has 1024 units, each "
            "with a bias.",
            "832 + 51,264 + two dense layers",
        ],
        mistakes=[
            (weights() - 32 - 64 - 1024 - 10, "The biases are missing."),
            (
                weights() - 5 * 5 * 31 * 64,
                "Each filter of the second layer reaches through all 32 maps.",
            ),
            (
                weights() + (28 * 28 - 7 * 7) * 64 * 1024,
                "The poolings are forgotten: what is the side of the maps that reach "
                "the dense layer?",
            ),
            (
                weights() + (14 * 14 - 7 * 7) * 64 * 1024,
                "There are two poolings: 28 to 14, then 14 to 7.",
            ),
            (
                5 * 5 * 1 * 32 + 32 + 5 * 5 * 32 * 64 + 64,
                "These are the convolutions. The dense layers have weights, too.",
            ),
            (
                weights() - (1024 * 10 + 10),
                "The last layer is missing: from 1024 units to 10 classes.",
            ),
        ],
        insight="98 of 100 weights are in the first dense layer. Global average "
        "pooling (lesson 03) in its place has none; ResNet (2015) has it.",
    ),
    Exercise(
        id="08.adam",
        title="Take some steps of Adam",
        solution=adam_moves,
        cases=gradients_of_a_weight,
        hints=[
            "Two numbers, `mean` and `square`, start at 0 and change in each step, as "
            "in the lines above.",
            "The steps count from 1: in the first one the rate is 0.001 times the root "
            "of 0.001, divided by 0.1.",
            "move = -rate * mean / (np.sqrt(square) + 1e-7), once for each gradient.",
        ],
        mistakes=[
            (
                lambda gradients: -adam_moves(gradients),
                "The sign: a step of descent is taken against the gradient.",
            ),
            (
                lambda gradients: (
                    -0.001
                    * _means(gradients, 0.9)
                    / (np.sqrt(_means(gradients**2, 0.999)) + 1e-7)
                ),
                "The rate does not make up for the start. Both means begin at 0 and "
                "are too small at first, not by the same factor.",
            ),
            (
                lambda gradients: (
                    -0.001
                    * gradients
                    / (np.sqrt(_corrected(gradients**2, 0.999)) + 1e-7)
                ),
                "The gradient is divided as it came. Its running mean goes above the "
                "line: that is the momentum.",
            ),
            (
                lambda gradients: (
                    -0.001
                    * _corrected(gradients, 0.9)
                    / (_corrected(gradients**2, 0.999) + 1e-7)
                ),
                "The root of the mean square is missing. Without it the step is the "
                "longer, the smaller the gradient.",
            ),
            (
                lambda gradients: (
                    -0.001
                    * _corrected(gradients, 0.999)
                    / (np.sqrt(_corrected(gradients**2, 0.9)) + 1e-7)
                ),
                "The two numbers are swapped: the mean keeps 0.9 of itself, the mean "
                "square 0.999.",
            ),
            (
                lambda gradients: -0.001 * _corrected(gradients, 0.9),
                "This is momentum alone: the step still grows with the size of the "
                "gradient. Divide by the root of the mean square.",
            ),
            (
                lambda gradients: np.cumsum(adam_moves(gradients)),
                "These are the places that the weight reaches. What is asked for is "
                "how far it goes in each step.",
            ),
        ],
        insight="The first step has the length of the learning rate, whatever the "
        "gradient (if it is not nearly 0): a mean of one number, divided by the root "
        "of its square.",
    ),
    Exercise(
        id="08.step",
        title="Train one layer for one step",
        solution=softmax_step,
        cases=batches_and_weights,
        hints=[
            "Forward first: logits (N, K) from a matrix product, then softmax along "
            "each row.",
            "The gradient of the cross-entropy with respect to the logits is the "
            "probabilities minus 1 at the right class (lesson 04).",
            "Back through the matrix product: images.T @ blame, as for the table of "
            "windows. The loss is a mean over the N images.",
        ],
        mistakes=[
            (
                _whole,
                "The sum over the images, where the loss is their mean: with each "
                "image twice in the batch the step would be twice as long.",
            ),
            (
                lambda images, labels, weights, rate: (
                    2 * weights - softmax_step(images, labels, weights, rate)
                ),
                "The loss grows: the step is taken against the gradient.",
            ),
            (
                lambda images, labels, weights, rate: (
                    weights - softmax_step(images, labels, weights, rate)
                ),
                "This is how far the weights move, with the sign of the gradient. "
                "Return the weights after the step.",
            ),
            (
                lambda images, labels, weights, rate: softmax_step(
                    images, labels, weights, 1
                ),
                "The learning rate is missing.",
            ),
            (
                _of_logits,
                "The logits are no probabilities yet: softmax comes before the truth "
                "is taken away.",
            ),
            (
                _of_loss,
                "The labels were not used. At the right class the gradient is the "
                "probability minus 1.",
            ),
            (
                lambda images, labels, weights, rate: weights,
                "The weights are as before. Is the step taken from them?",
            ),
        ],
        insight="Forward, the way back, a step: `train_step` does the same for six "
        "layers, lets the tape find the gradients, and steps with Adam.",
    ),
    Exercise(
        id="08.tf-function",
        title="Predict: how often does Python run?",
        question="A function with `print('hello')` in it is decorated with "
        "`@tf.function`. It is called four times with batches of 64 images, then once "
        "with the 16 images that are left over. How often does it print?",
        choices=[
            (
                "once",
                "It is recorded once for each kind of input, and a batch of 16 has "
                "another shape.",
            ),
            (
                "twice",
                "Python runs while the operations are recorded: once for 64 images, "
                "once for 16. All other calls only replay the record.",
            ),
            (
                "five times",
                "That would be without `@tf.function`. With it, Python runs only to "
                "record the operations.",
            ),
        ],
        solution=trace_quiz,
        hints=["When does the Python code inside run: at each call, or before?"],
    ),
]
