"""Lesson 01 by those who know TensorFlow already."""


def by_tensorflow(image, kernel):
    import tensorflow as tf

    image = tf.cast(image, tf.float32)[None, ..., None]
    kernel = tf.cast(kernel, tf.float32)[..., None, None]
    return tf.nn.conv2d(image, kernel, strides=1, padding="VALID")[0, ..., 0]


def by_keras(image, kernel):
    from keras import ops

    return ops.conv(
        ops.cast(image, "float32")[None, ..., None],
        ops.cast(kernel, "float32")[..., None, None],
    )[0, :, :, 0]


def mix_by_tensorflow(image, weights):
    import tensorflow as tf

    return tf.tensordot(tf.cast(image, tf.float32), tf.cast(weights, tf.float32), 1)


def padded(image, kernel):
    import tensorflow as tf

    image = tf.cast(image, tf.float32)[None, ..., None]
    kernel = tf.cast(kernel, tf.float32)[..., None, None]
    return tf.nn.conv2d(image, kernel, strides=1, padding="SAME")[0, :-1, :-1, 0]


def corner():
    from keras import ops

    blurred = ops.average_pool(9 * ops.ones((1, 7, 7, 1)), 3, 1, "valid")
    return blurred[0, 0, 0, 0] * 4 / 9


RIGHT = {
    "01.my-convolve": [by_tensorflow, by_keras],
    "01.bug": [by_tensorflow],
    "01.mix-channels": [mix_by_tensorflow],
    "01.corner": [corner],
}
WRONG = {"01.my-convolve": [padded]}
