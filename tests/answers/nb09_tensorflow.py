"""Lesson 09 with Keras and TensorFlow."""

import numpy as np


def by_reduce(draws):
    import tensorflow as tf

    return tf.reduce_max(tf.reduce_mean(draws, axis=0), axis=1)


def cross_entropy_with_itself(shares):
    import keras

    return keras.losses.categorical_crossentropy(shares, shares)


def not_nan(shares):
    import tensorflow as tf

    return -tf.reduce_sum(tf.math.multiply_no_nan(tf.math.log(shares), shares), -1)


def of_mean(draws):
    import keras

    mean = keras.ops.mean(draws, axis=0)
    return -keras.ops.sum(mean * keras.ops.log(mean), axis=-1)


def kl_by_ops(mean, std):
    from keras import ops

    return ops.sum((ops.square(mean) + ops.square(std) - 1) / 2 - ops.log(std))


def mean_of_terms(mean, std):
    import tensorflow as tf

    return tf.reduce_mean((mean**2 + std**2 - 1 - 2 * tf.math.log(std)) / 2, axis=-1)


def by_segments(confidence, right):
    import tensorflow as tf

    bins = tf.histogram_fixed_width_bins(np.float32(confidence), [0.0, 1.0], nbins=10)
    gaps = tf.math.unsorted_segment_sum(np.subtract(right, confidence), bins, 10)
    return tf.reduce_sum(tf.abs(gaps)) / len(right)


def posterior_by_ops(prior, likelihood):
    from keras import ops

    return ops.softmax(ops.log(prior) + ops.sum(ops.log(likelihood), axis=0))


def pairs_by_tensorflow(inside, outside):
    import tensorflow as tf

    signs = tf.sign(tf.cast(outside, "float32")[:, None] - tf.cast(inside, "float32"))
    return (tf.reduce_mean(signs) + 1) / 2


RIGHT = {
    "09.posterior": [posterior_by_ops],
    "09.auroc": [pairs_by_tensorflow],
    "09.mc-confidence": [by_reduce],
    "09.entropy": [cross_entropy_with_itself, not_nan],
    "09.entropy-bug": [of_mean],
    "09.kl": [kl_by_ops],
    "09.calibration": [by_segments],
}

WRONG = {"09.kl": [mean_of_terms]}
