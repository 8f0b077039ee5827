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


def adam_of_keras(gradients):
    import keras

    weight, optimizer = keras.Variable(0.0), keras.optimizers.Adam(0.001)
    places = [0.0]
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
        places.append(float(weight.value))
    return np.diff(places)


def adam_of_tensors(gradients):
    import tensorflow as tf

    mean = square = tf.constant(0.0)
    moves = []
    for step, gradient in enumerate(tf.cast(gradients, "float32"), start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        long, short = 1 - 0.999**step, 1 - 0.9**step
        moves.append(-0.001 * long**0.5 / short * mean / (tf.sqrt(square) + 1e-7))
    return tf.stack(moves)


def step_of_tape(images, labels, weights, rate):
    import tensorflow as tf

    weights = tf.Variable(weights)
    with tf.GradientTape() as tape:
        logits = tf.matmul(images, weights)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    return weights.assign_sub(rate * tape.gradient(loss, weights))


def step_of_keras(images, labels, weights, rate):
    import keras
    from keras import layers, ops

    size, classes = weights.shape
    model = keras.Sequential([keras.Input((size,)), layers.Dense(classes, "softmax")])
    model.layers[0].set_weights([weights, np.zeros(classes)])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    model.train_on_batch(ops.convert_to_tensor(images, "float32"), labels)
    return model.layers[0].kernel


def patches_of_keras(image, size):
    from keras import ops

    image = ops.convert_to_tensor(image[None], "float32")
    table = ops.image.extract_patches(image, size, strides=1, padding="valid")
    return ops.reshape(table, (-1, table.shape[-1]))


def pool_of_ops(maps, upstream):
    """The number of the winner in each window, as one-hot."""
    from keras import ops

    rows, columns = upstream.shape
    cut = ops.convert_to_tensor(maps[: 2 * rows, : 2 * columns])
    windows = ops.transpose(ops.reshape(cut, (rows, 2, columns, 2)), (0, 2, 1, 3))
    won = ops.one_hot(ops.argmax(ops.reshape(windows, (rows, columns, 4)), -1), 4)
    back = won * ops.cast(upstream, "float32")[..., None]
    back = ops.transpose(ops.reshape(back, (rows, columns, 2, 2)), (0, 2, 1, 3))
    back = ops.reshape(back, cut.shape)
    height, width = np.subtract(maps.shape, cut.shape)
    return ops.pad(back, ((0, height), (0, width)))


def relu_of_where(x, upstream):
    import tensorflow as tf

    return tf.where(x > 0, upstream, tf.zeros_like(upstream))


def gradient_of_keras(image, upstream):
    """Each channel is a picture, and what came back its kernel."""
    from keras import ops

    pictures = ops.cast(np.moveaxis(image, -1, 0)[..., None], "float32")
    back = ops.cast(upstream[:, :, None], "float32")
    found = ops.conv(pictures, back, padding="valid")
    return ops.transpose(found, (1, 2, 0, 3))


def softplus_of_tape(x, upstream):
    import tensorflow as tf

    return tf.sigmoid(x) * upstream


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
    "08.patches": [table_of_tensorflow, patches_of_keras],
    "08.strides": [shapes_of_tensorflow, shapes_of_keras],
    "08.kernel-gradient": [gradient_of_tape, gradient_of_keras],
    "08.relu-backward": [relu_of_tape, relu_of_where],
    "08.pool-backward": [pool_of_tape, pool_of_ops],
    "08.adam": [adam_of_keras, adam_of_tensors],
    "08.step": [step_of_tape, step_of_keras],
    "08.weights": [lesson_network],
}

WRONG = {"08.loops": [padded_layer], "08.relu-backward": [softplus_of_tape]}
