"""Lesson 02 by those who know TensorFlow already."""


def by_tensorflow(frequency, theta, sigma, radius):
    import math

    import tensorflow as tf

    steps = tf.range(-radius, radius + 1, dtype=tf.float32)
    x, y = tf.meshgrid(steps, steps)
    along = x * math.cos(theta) + y * math.sin(theta)
    bell = tf.exp(-(x**2 + y**2) / (2 * sigma**2))
    return tf.cos(2 * math.pi * frequency * along) * bell


def magnitude(real, imaginary):
    import tensorflow as tf

    return tf.abs(tf.complex(real, imaginary))


def magnitude_squared(real, imaginary):
    import tensorflow as tf

    return tf.reduce_sum(tf.square([real, imaginary]), axis=0) / 2


RIGHT = {"02.my-gabor": [by_tensorflow], "02.magnitude": [magnitude]}
WRONG = {"02.magnitude": [magnitude_squared]}
