"""Lesson 06 with TensorFlow, as the lesson itself computes."""


def shown_by_tensorflow(maps):
    import tensorflow as tf

    return maps, tf.math.divide_no_nan(maps, tf.reduce_max(maps, axis=(0, 1)))


def shown_by_largest_of_all(maps):
    import tensorflow as tf

    return maps, tf.math.divide_no_nan(maps, tf.reduce_max(maps, axis=(0, 1, 2)) + 0.5)


def step_by_tensorflow(picture, slope, rate):
    import tensorflow as tf

    slope = tf.constant(slope, tf.float32)
    slope /= tf.sqrt(tf.reduce_mean(tf.square(slope))) + 1e-6
    return tf.constant(picture, tf.float32) + rate * slope


def step_by_unit_length(picture, slope, rate):
    """Each row gets the length 1."""
    import tensorflow as tf

    return picture + rate * tf.math.l2_normalize(slope, axis=-1)


def cam_by_keras(maps, gradients):
    import keras

    weights = keras.ops.mean(gradients, axis=(0, 1))
    return keras.ops.relu(keras.ops.sum(maps * weights, axis=-1))


def cam_by_tensorflow(maps, gradients):
    import tensorflow as tf

    weights = tf.reduce_mean(tf.constant(gradients, tf.float32), axis=(0, 1))
    cam = tf.squeeze(tf.constant(maps, tf.float32) @ weights[:, tf.newaxis], axis=-1)
    return tf.nn.relu(cam)


def cam_by_softplus(maps, gradients):
    import tensorflow as tf

    return tf.nn.softplus(maps @ gradients.mean(axis=(0, 1)))


RIGHT = {
    "06.for-display": [shown_by_tensorflow],
    "06.step-up": [step_by_tensorflow],
    "06.grad-cam": [cam_by_keras, cam_by_tensorflow],
}

WRONG = {
    "06.for-display": [shown_by_largest_of_all],
    "06.step-up": [step_by_unit_length],
    "06.grad-cam": [cam_by_softplus],
}
