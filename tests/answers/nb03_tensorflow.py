"""Lesson 03 with Keras: a stack of layers, and functions that call layers."""

# --- A stack --------------------------------------------------------------------------


def stack(**options):
    """The stack that is asked for, but for what the options say.

    Options are those of the convolutions, and: sizes, filters; pooling, a function of
    the number of a step, that makes a layer; after, a function that makes the layers
    between convolution and pooling; first, options of the first convolution only.
    """
    import keras
    from keras import layers

    pooling = options.pop("pooling", lambda _: layers.MaxPooling2D(2))
    after = options.pop("after", list)
    first = options.pop("first", {})
    shape = options.pop("shape", (32, 32, 3))
    settings = {"padding": "same", "activation": "relu"} | options
    model = keras.Sequential([keras.Input(shape)])
    for step, filters in enumerate(settings.pop("filters", (16, 32, 64))):
        own = settings | first if step == 0 else settings
        model.add(
            layers.Conv2D(
                filters,
                own.get("kernel_size", 3),
                **{k: v for k, v in own.items() if k != "kernel_size"},
            )
        )
        for layer in after():
            model.add(layer)
        model.add(pooling(step))
    return model


def functional():
    import keras
    from keras import layers

    x = inputs = keras.Input(shape=(32, 32, 3))
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, (3, 3), 1, "same", activation="relu")(x)
        x = layers.MaxPool2D((2, 2), (2, 2))(x)
    return keras.Model(inputs, x)


def relu_layers():
    from keras import layers

    return stack(activation=None, after=lambda: [layers.ReLU()])


def relu_after_pooling():
    """The largest of what ReLU leaves is what ReLU leaves of the largest."""
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input((32, 32, 3))]
        + [
            layer
            for filters in (16, 32, 64)
            for layer in (
                layers.Conv2D(filters, 3, padding="same"),
                layers.MaxPooling2D(),
                layers.ReLU(),
            )
        ]
    )


def tensorflow_relu():
    import tensorflow as tf

    return stack(activation=tf.nn.relu)


def keras_relu():
    import keras

    return stack(activation=keras.ops.relu)


def nested():
    import keras
    from keras import layers

    def block(filters):
        return keras.Sequential(
            [
                layers.Conv2D(filters, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(2),
            ]
        )

    return keras.Sequential([keras.Input((32, 32, 3)), block(16), block(32), block(64)])


def subclassed():
    import keras
    from keras import layers

    class Stack(keras.Model):
        def __init__(self):
            super().__init__()
            self.steps = [
                layers.Conv2D(filters, 3, padding="same", activation="relu")
                for filters in (16, 32, 64)
            ]
            self.pool = layers.MaxPooling2D(2)

        def call(self, x):
            for step in self.steps:
                x = self.pool(step(x))
            return x

    model = Stack()
    model(keras.Input((32, 32, 3)))
    return model


def compiled():
    from keras import layers

    model = stack(
        pooling=lambda step: layers.MaxPooling2D(
            2, padding="same", name=f"half_{step}"
        ),
        kernel_initializer="he_normal",
    )
    model.compile("adam", "mse")
    return model


# --- Wrong stacks ---------------------------------------------------------------------


def first_not_activated():
    return stack(first={"activation": None})


def last_average():
    from keras import layers

    kinds = layers.MaxPooling2D, layers.MaxPooling2D, layers.AveragePooling2D
    return stack(pooling=lambda step: kinds[step](2))


def first_frozen():
    return stack(first={"trainable": False})


def pooled_first():
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (16, 32, 64):
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
    return model


def with_steps():
    """Convolutions that take steps, in place of poolings."""
    from keras import layers

    return stack(strides=2, pooling=lambda _: layers.Identity())


def dense_at_the_end():
    from keras import layers

    model = stack()
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    return model


def a_layer():
    from keras import layers

    return layers.Conv2D(16, 3, padding="same", activation="relu")


def layers_only():
    return [a_layer(), a_layer()]


# --- Functions that call layers -------------------------------------------------------


def pool_by_keras(image, size):
    from keras import layers, ops

    image = ops.cast(image, "float32")[None, ..., None]
    return layers.MaxPooling2D(size)(image)[0, ..., 0]


def global_by_keras(maps):
    from keras import layers, ops

    return layers.GlobalAveragePooling2D()(ops.cast(maps, "float32")[None])[0]


def slope_by_tape(x):
    import tensorflow as tf

    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = tf.nn.softplus(x)
    return tape.gradient(y, x)


def batch_norm_by_keras(batch):
    from keras import layers

    return layers.BatchNormalization()(batch, training=True)


def batch_norm_in_inference(batch):
    from keras import layers

    return layers.BatchNormalization()(batch)


def layer_norm(batch):
    from keras import layers

    return layers.LayerNormalization()(batch)


RIGHT = {
    "03.my-pool": [pool_by_keras],
    "03.global-average": [global_by_keras],
    "03.softplus-slope": [slope_by_tape],
    "03.batch-norm": [batch_norm_by_keras],
    "03.deep-and-narrow": [
        functional, relu_layers, relu_after_pooling, tensorflow_relu, keras_relu,
        nested, subclassed, compiled,
    ],
}  # fmt: skip

WRONG = {
    "03.batch-norm": [batch_norm_in_inference],
    "03.deep-and-narrow": [
        first_not_activated, last_average, first_frozen, pooled_first, with_steps,
        dense_at_the_end, a_layer, layers_only,
        lambda: stack(dilation_rate=2),
        lambda: stack(use_bias=False),
        lambda: stack(shape=(32, 32, 1)),
        lambda: stack(filters=(16, 32, 128)),
        lambda: stack(filters=(16, 32)),
        lambda: stack(first={"padding": "valid"}),
        lambda: stack(first={"kernel_size": 5}),
        lambda: stack(activation="softplus"),
        lambda: stack(first={"activation": "relu6"}),
    ],
}  # fmt: skip
