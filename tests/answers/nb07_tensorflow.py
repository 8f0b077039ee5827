"""Lesson 07 with Keras: counting, residual blocks and heads in many forms."""

SHAPE = (28, 28, 128)


def counted_by_keras():
    import keras

    layer = keras.layers.Conv2D(512, 3, padding="same")
    layer.build((None, 28, 28, 256))
    return layer.count_params()


# --- The residual block ---------------------------------------------------------------


def block(**changes):
    """The block, but for the changes.

    For conv1, conv2 and conv3 options that change, `join` for the addition, `last` for
    the ReLU behind it, `came_in` for what is added.
    """
    import keras
    from keras import layers

    built = {
        "conv1": {"filters": 32, "kernel_size": 1, "activation": "relu"},
        "conv2": {
            "filters": 32,
            "kernel_size": 3,
            "padding": "same",
            "activation": "relu",
        },
        "conv3": {"filters": 128, "kernel_size": 1},
    }
    maps = keras.Input(changes.pop("shape", SHAPE))
    x = maps
    for name, options in built.items():
        x = layers.Conv2D(**options | changes.pop(name, {}))(x)
    came_in = changes.pop("came_in", lambda maps: maps)(maps)
    x = changes.pop("join", lambda both: layers.Add()(both))([came_in, x])
    last = changes.pop("last", keras.activations.relu)
    assert not changes
    return keras.Model(maps, last(x))


def activations_as_layers():
    import keras
    from keras import layers

    maps = keras.Input(SHAPE)
    x = layers.ReLU()(layers.Conv2D(32, 1)(maps))
    x = layers.Activation("relu")(layers.Conv2D(32, 3, padding="same")(x))
    x = layers.add([layers.Conv2D(128, 1)(x), maps])
    return keras.Model(maps, layers.Activation("relu")(x))


def plus_sign():
    return block(join=lambda both: both[0] + both[1])


def functions_of_tensorflow():
    import tensorflow as tf
    from keras import layers

    return block(
        conv1={"activation": tf.nn.relu},
        conv2={"activation": tf.nn.relu},
        last=layers.Lambda(tf.nn.relu),
    )


def operations_of_keras():
    from keras import ops

    return block(
        conv1={"activation": ops.relu},
        join=lambda both: ops.add(*both),
        last=lambda x: ops.maximum(x, 0.0),
    )


def nested():
    import keras
    from keras import layers

    way = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(32, 1, activation="relu"),
            layers.ZeroPadding2D(1),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(128, (1, 1), activation="linear"),
        ]
    )
    maps = keras.Input(shape=SHAPE)
    return keras.Model(maps, layers.ReLU()(layers.Add()([way(maps), maps])))


def subclassed():
    import keras
    from keras import layers

    class Block(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Conv2D(128, 1)
            self.middle = layers.Conv2D(32, 3, padding="same")
            self.first = layers.Conv2D(32, 1)

        def call(self, maps):
            x = keras.activations.relu(self.first(maps))
            x = keras.activations.relu(self.middle(x))
            return keras.activations.relu(maps + self.last(x))

    return Block()


def layer_in_sequential():
    """The block as one layer of its own."""
    import keras
    from keras import layers

    class Block(layers.Layer):
        def build(self, shape):
            self.way = [
                layers.Conv2D(32, 1, activation="relu"),
                layers.Conv2D(32, 3, padding="same", activation="relu"),
                layers.Conv2D(shape[-1], 1),
            ]
            for layer, channels in zip(self.way, (shape[-1], 32, 32)):
                layer.build((*shape[:-1], channels))

        def call(self, maps):
            x = maps
            for layer in self.way:
                x = layer(x)
            return keras.ops.relu(x + maps)

    return keras.Sequential([keras.Input(SHAPE), Block()])


def any_size():
    return block(shape=(None, None, 128))


def batch_norm():
    from keras import layers

    return block(
        join=lambda both: layers.Add()([both[0], layers.BatchNormalization()(both[1])])
    )


def dropout():
    from keras import layers

    return block(
        join=lambda both: layers.Add()([both[0], layers.Dropout(0.5)(both[1])])
    )


def skip_through_convolution():
    from keras import layers

    return block(came_in=layers.Conv2D(128, 1))


def skip_through_relu():
    import keras

    return block(came_in=keras.activations.relu)


def mean_for_sum():
    from keras import layers

    return block(join=layers.Average())


def larger_of_both():
    from keras import layers

    return block(join=layers.Maximum())


def added_to_first_maps():
    """What came out of the first convolution is added, not what came in."""
    import keras
    from keras import layers

    maps = keras.Input(SHAPE)
    x = y = layers.Conv2D(32, 1, activation="relu")(maps)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(128, 1)(layers.Add()([x, y]))
    return keras.Model(maps, layers.ReLU()(x))


def difference():
    from keras import layers

    return block(join=layers.Subtract())


def softplus_at_the_end():
    import keras

    return block(last=keras.activations.softplus)


def limited_at_the_end():
    from keras import layers

    return block(last=layers.ReLU(6))


# --- A head on a frozen body ----------------------------------------------------------


def body(**changes):
    import keras
    from keras import layers

    built = keras.Sequential([keras.Input((32, 32, 3))])
    built.add(layers.Conv2D(8, 3, strides=2, activation="relu", **changes))
    built.add(layers.Conv2D(16, 3, strides=2, activation="relu"))
    built.trainable = False
    return built


def head_by_sequence():
    import keras
    from keras import layers

    head = [layers.GlobalAveragePooling2D(), layers.Dense(3), layers.Softmax()]
    return keras.Sequential([body(), *head])


def head_on_a_call():
    import keras
    from keras import layers

    photograph = keras.Input((32, 32, 3))
    maps = body()(photograph, training=False)
    means = keras.ops.mean(maps, axis=(1, 2))
    return keras.Model(photograph, layers.Dense(3, "softmax")(means))


def head_by_average_pooling():
    import keras
    from keras import layers

    base = body()
    base.trainable = True
    for layer in base.layers:
        layer.trainable = False
    x = layers.Flatten()(layers.AveragePooling2D(7)(base.outputs[0]))
    return keras.Model(base.inputs[0], layers.Dense(3, activation="softmax")(x))


def head_added():
    from keras import layers

    model = body()
    for layer in model.layers:
        layer.trainable = False
    model.trainable = True
    for layer in model.layers:
        layer.trainable = False
    model.add(layers.GlobalAvgPool2D())
    model.add(layers.Dense(3, activation="softmax"))
    return model


def only_one_layer_frozen():
    import keras
    from keras import layers

    base = body()
    base.trainable = True
    base.layers[0].trainable = False
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    return keras.Sequential([base, *head])


def head_of(**options):
    import keras
    from keras import layers

    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, "softmax", **options)]
    return keras.Sequential([body(), *head])


def head_with_a_layer_between():
    import keras
    from keras import layers

    head = [layers.GlobalAveragePooling2D(), layers.Dense(16, "relu")]
    return keras.Sequential([body(), *head, layers.Dense(3, "softmax")])


RIGHT = {
    "07.head": [
        head_by_sequence, head_on_a_call, head_by_average_pooling, head_added,
    ],
    "07.vgg-weights": [counted_by_keras],
    "07.residual": [
        activations_as_layers, plus_sign, functions_of_tensorflow, operations_of_keras,
        nested, subclassed, layer_in_sequential, any_size,
    ],
}  # fmt: skip

WRONG = {
    "07.head": [
        only_one_layer_frozen, head_with_a_layer_between,
        lambda: head_of(use_bias=False),
        lambda: head_of(kernel_regularizer="l2"),
        lambda: head_of(activity_regularizer="l1"),
        lambda: head_of(kernel_constraint="non_neg"),
    ],
    "07.residual": [
        batch_norm, dropout, skip_through_convolution, skip_through_relu, mean_for_sum,
        larger_of_both, added_to_first_maps, difference,
        lambda: block(conv1={"activation": None}),
        lambda: block(conv2={"activation": "sigmoid"}),
        lambda: block(conv1={"activation": "softplus"}),
        lambda: block(conv2={"activation": "relu6"}),
        lambda: block(conv2={"dilation_rate": 2}),
        lambda: block(conv2={"trainable": False}),
        lambda: block(conv3={"use_bias": False}),
        lambda: block(shape=(14, 14, 128)),
        softplus_at_the_end, limited_at_the_end,
    ],
}  # fmt: skip
