"""Lesson 08: what its exercises call right is what TensorFlow computes."""

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from course_utils.exercises.lessons import nb08

few = settings(max_examples=25)
small = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, *shape: int) -> NDArray[np.float64]:
    """Small whole numbers: many ties, many zeros, no rounding."""
    return np.random.default_rng(seed).integers(-2, 3, shape).astype(float)


@few
@given(seeds, small, small, small, small, small, small)
def test_convolutions_and_their_gradient(
    seed: int, height: int, width: int, more: int, wider: int, channels: int, count: int
) -> None:
    image = draw(seed, height + more, width + wider, channels)
    kernels = draw(seed + 1, height, width, channels, count)
    upstream = draw(seed + 2, more + 1, wider + 1, count)
    watched = tf.Variable(kernels)
    with tf.GradientTape() as tape:
        maps = tf.nn.conv2d(image[np.newaxis], watched, 1, "VALID")[0]
        loss = tf.reduce_sum(maps * upstream)
    np.testing.assert_allclose(nb08.conv_loops(image, kernels), maps)
    gradient = tape.gradient(loss, watched)
    np.testing.assert_allclose(nb08.kernel_gradient(image, upstream), gradient)


@few
@given(seeds, small, small, small, small)
def test_the_table_of_windows_times_a_kernel_is_a_convolution(
    seed: int, size: int, more: int, wider: int, channels: int
) -> None:
    image = draw(seed, size + more, size + wider, channels)
    kernels = draw(seed + 1, size, size, channels, 3)
    maps = tf.nn.conv2d(image[np.newaxis], kernels, 1, "VALID")[0]
    table = nb08.patches(image, size)
    ours = (table @ kernels.reshape(-1, 3)).reshape(maps.shape)
    np.testing.assert_allclose(ours, maps)


@few
@given(seeds, st.integers(2, 7), st.integers(2, 7))
def test_the_way_back_through_relu_and_pooling(
    seed: int, rows: int, columns: int
) -> None:
    maps, upstream = draw(seed, rows, columns), draw(seed + 1, rows, columns)
    pooled = draw(seed + 2, rows // 2, columns // 2)
    watched = tf.Variable(maps[np.newaxis, :, :, np.newaxis])
    with tf.GradientTape(persistent=True) as tape:
        passed = tf.reduce_sum(tf.nn.relu(watched)[0, :, :, 0] * upstream)
        best = tf.nn.max_pool2d(watched, 2, 2, "VALID")[0, :, :, 0]
        won = tf.reduce_sum(best * pooled)
    for loss, ours in [
        (passed, nb08.relu_backward(maps, upstream)),
        (won, nb08.pool_backward(maps, pooled)),
    ]:
        theirs = tape.gradient(loss, watched)[0, :, :, 0]
        np.testing.assert_allclose(ours, theirs)


def test_shapes_and_weights_are_those_that_keras_counts() -> None:
    import keras
    from keras import layers

    same, valid = (
        layers.Conv2D(32, 5, strides=2, padding=padding).compute_output_shape(
            (100, 28, 28, 1)
        )
        for padding in ("same", "valid")
    )
    assert nb08.tf_shapes() == (same, valid)
    network = keras.Sequential([keras.Input((28, 28, 1))])
    for count in (32, 64):
        network.add(layers.Conv2D(count, 5, padding="same"))
        network.add(layers.MaxPooling2D(2))
    for layer in (layers.Flatten(), layers.Dense(1024), layers.Dense(10)):
        network.add(layer)
    assert nb08.weights() == network.count_params()
