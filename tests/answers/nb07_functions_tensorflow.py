"""Functions of lesson 07 with TensorFlow and Keras."""


def scaling_of_keras(images):
    import keras

    return keras.applications.vgg16.preprocess_input(images.copy())


def scaling_of_torch(images):
    import keras

    return keras.applications.imagenet_utils.preprocess_input(images, mode="torch")


def scaling_of_tensors(images):
    import tensorflow as tf

    bgr = tf.reverse(tf.cast(images, "float32"), axis=[-1])
    return bgr - tf.constant([103.939, 116.779, 123.68])


def share_of_layers(kernel, channels_in, channels_out):
    from keras import layers

    kinds = (layers.SeparableConv2D, layers.Conv2D)
    made = [kind(channels_out, kernel, use_bias=False) for kind in kinds]
    for layer in made:
        layer.build((None, 9, 9, channels_in))
    return made[0].count_params() / made[1].count_params()


def share_of_tensors(kernel, channels_in, channels_out):
    import tensorflow as tf

    sizes = [kernel, kernel, channels_in, channels_out]
    whole = tf.reduce_prod(tf.constant(sizes, tf.float32))
    return (whole / channels_out + float(channels_in * channels_out)) / whole


def trained_by_pattern(names, blocks):
    import tensorflow as tf

    chosen = tf.strings.regex_full_match(names, f"({'|'.join(blocks)}).*")
    return chosen & ~tf.strings.regex_full_match(names, ".*_bn")


def trained_one_by_one(names, blocks):
    """Tensors in a list."""
    import tensorflow as tf

    return [
        tf.reduce_any([name.startswith(block) for block in blocks])
        & (not name.endswith("_bn"))
        for name in names
    ]


def smooth_by_scan(values, factor):
    import tensorflow as tf

    values = tf.constant(values)
    return tf.scan(lambda old, new: factor * old + (1 - factor) * new, values)


def smooth_by_ops(values, factor):
    from keras import ops

    def step(old, new):
        smooth = factor * old + (1 - factor) * new
        return smooth, smooth

    values = ops.convert_to_tensor(values)
    return ops.scan(step, values[0], values)[1]


def smooth_bug(values, factor):
    import tensorflow as tf

    values = tf.constant(values)
    return tf.scan(lambda old, new: factor * old + (1 - factor) * new**2, values)


RIGHT = {
    "07.preprocess": [scaling_of_keras, scaling_of_tensors],
    "07.separable-share": [share_of_layers, share_of_tensors],
    "07.is-trained": [trained_by_pattern, trained_one_by_one],
    "07.smooth": [smooth_by_scan, smooth_by_ops],
}

WRONG = {
    "07.preprocess": [scaling_of_torch],
    "07.smooth": [smooth_bug],
}
