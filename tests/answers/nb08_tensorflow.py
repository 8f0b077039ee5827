"""Lesson 08 with TensorFlow and Keras: shapes and gradients as they compute them."""

import numpy as np


def layer_of_tensorflow(image, kernels):
    import tensorflow as tf

    maps = tf.nn.conv2d(image[None] * 1.0, kernels * 1.0, strides=1, padding="VALID")
    return maps[0]


def layer_of_keras(image, kernels):
    from keras import ops

    images = ops.convert_to_tensor(image[None], "float32")
    return ops.conv(images, ops.cast(kernels, "float32"), padding="valid")[0]


def padded_layer(image, kernels):
    import tensorflow as tf

    return tf.nn.conv2d(image[None] * 1.0, kernels * 1.0, strides=1, padding="SAME")[0]


def table_of_tensorflow(image, size):
    import tensorflow as tf

    window, step = (1, size, size, 1), (1, 1, 1, 1)
    table = tf.image.extract_patches(image[None], window, step, step, "VALID")
    return tf.reshape(table, (-1, table.shape[-1]))


def shapes_of_tensorflow():
    import tensorflow as tf

    x, w = tf.zeros((100, 28, 28, 1)), tf.zeros((5, 5, 1, 32))
    paddings = ("SAME", "VALID")
    return tuple(tf.nn.conv2d(x, w, 2, padding).shape for padding in paddings)


def shapes_of_keras():
    import keras

    return [
        keras.layers.Conv2D(32, 5, 2, padding).compute_output_shape((100, 28, 28, 1))
        for padding in ("same", "valid")
    ]


def gradient_of_tape(image, upstream):
    import tensorflow as tf

    shape = np.subtract(image.shape[:2], upstream.shape[:2]) + 1
    kernels = tf.Variable(np.zeros((*shape, image.shape[2], upstream.shape[2])))
    with tf.GradientTape() as tape:
        maps = tf.nn.conv2d(image[None] * 1.0, kernels, 1, "VALID")
        loss = tf.reduce_sum(maps * upstream)
    return tape.gradient(loss, kernels)


def relu_of_tape(x, upstream):
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.relu(x)
    return tape.gradient(y, x, output_gradients=tf.constant(upstream))


def pool_of_tape(maps, upstream):
    import tensorflow as tf

    x = tf.constant(maps[None, ..., None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(x, 2, 2, "VALID")
    back = tf.constant(upstream[None, ..., None], tf.float32)
    return tape.gradient(y, x, output_gradients=back)[0, ..., 0]


def lesson_network():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 5, padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 5, padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(1024),
            layers.Dense(10),
        ]
    ).count_params()


RIGHT = {
    "08.loops": [layer_of_tensorflow, layer_of_keras],
    "08.patches": [table_of_tensorflow],
    "08.strides": [shapes_of_tensorflow, shapes_of_keras],
    "08.kernel-gradient": [gradient_of_tape],
    "08.relu-backward": [relu_of_tape],
    "08.pool-backward": [pool_of_tape],
    "08.weights": [lesson_network],
}

WRONG = {"08.loops": [padded_layer]}
