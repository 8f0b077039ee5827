"""Lesson 04 with Keras: functions that call it, and LeNet in many forms."""

from tests.answers import Told

# --- Functions that call Keras --------------------------------------------------------


def one_hot_by_keras(labels):
    import keras

    return keras.utils.to_categorical(labels, 10)


def one_hot_by_tensorflow(labels):
    import tensorflow as tf

    return tf.one_hot(labels, 10)


def too_few_columns(labels):
    import keras

    return keras.utils.to_categorical(labels)[:, :10]


def softmax_by_keras(scores):
    import keras

    return keras.activations.softmax(keras.ops.convert_to_tensor(scores))


def loss_by_keras(probabilities, labels):
    import keras

    return keras.losses.SparseCategoricalCrossentropy()(labels, probabilities)


def mean_by_keras(probabilities, labels):
    import keras

    losses = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
    return keras.ops.mean(losses)


def from_logits(probabilities, labels):
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        labels, probabilities
    )


def mean_left_out(probabilities, labels):
    import keras

    return keras.losses.sparse_categorical_crossentropy(labels, probabilities)


# --- LeNet ----------------------------------------------------------------------------


def lenet(**changes):
    """LeNet, but for the changes.

    For each of the layers conv1, pool1, conv2, pool2, dense1, dense2 and dense3 a
    dictionary of options to change, or a list of other layers in its place; `start`,
    layers that come first.
    """
    import keras
    from keras import layers

    built = {
        "conv1": (
            layers.Conv2D,
            {"filters": 6, "kernel_size": 5, "padding": "same", "activation": "relu"},
        ),
        "pool1": (layers.MaxPooling2D, {"pool_size": 2}),
        "conv2": (
            layers.Conv2D,
            {"filters": 16, "kernel_size": 5, "activation": "relu"},
        ),
        "pool2": (layers.MaxPooling2D, {"pool_size": 2}),
        "flatten": (layers.Flatten, {}),
        "dense1": (layers.Dense, {"units": 120, "activation": "relu"}),
        "dense2": (layers.Dense, {"units": 84, "activation": "relu"}),
        "dense3": (layers.Dense, {"units": 10, "activation": "softmax"}),
    }
    model = keras.Sequential([keras.Input(changes.pop("shape", (28, 28, 1)))])
    for layer in changes.pop("start", []):
        model.add(layer)
    for name, (kind, options) in built.items():
        change = changes.pop(name, {})
        if isinstance(change, list):
            for layer in change:
                model.add(layer)
        else:
            model.add(kind(**options | change))
    assert not changes
    return model


ACTIVATED = ("conv1", "conv2", "dense1", "dense2")


def with_activation(activation):
    return lenet(**{name: {"activation": activation} for name in ACTIVATED})


def functional():
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(6, (5, 5), padding="SAME", activation=keras.activations.relu)(
        inputs
    )
    x = layers.MaxPool2D()(x)
    x = layers.Conv2D(16, (5, 5), strides=(1, 1), padding="valid", activation="relu")(x)
    x = layers.MaxPool2D(pool_size=(2, 2), strides=(2, 2))(x)
    x = layers.Reshape((400,))(x)
    x = layers.Dense(120, "relu")(x)
    x = layers.Dense(84, "relu")(x)
    return keras.Model(inputs, layers.Dense(10, "softmax")(x), name="lenet")


def layers_of_their_own():
    """Activations and softmax as layers, the ReLU after the pooling."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.InputLayer(shape=(28, 28, 1)),
            layers.Conv2D(6, 5, padding="same"),
            layers.MaxPooling2D(2),
            layers.ReLU(),
            layers.Conv2D(16, 5),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120),
            layers.ReLU(),
            layers.Dense(84),
            layers.Activation(keras.activations.relu),
            layers.Dense(10),
            layers.Softmax(),
        ]
    )


def tensorflow_relu():
    import tensorflow as tf

    return lenet(
        **{name: {"activation": tf.nn.relu} for name in ACTIVATED},
        dense3={"activation": tf.nn.softmax},
    )


def keras_ops():
    import keras

    return lenet(
        **{name: {"activation": keras.ops.relu} for name in ACTIVATED},
        dense3={"activation": keras.ops.softmax},
    )


def nested():
    import keras
    from keras import layers

    body = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ],
        name="body",
    )
    head = keras.Sequential(
        [
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="head",
    )
    return keras.Sequential([keras.Input((28, 28, 1)), body, head])


def subclassed():
    import keras
    from keras import layers

    class LeNet(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv1 = layers.Conv2D(6, 5, padding="same", activation="relu")
            self.conv2 = layers.Conv2D(16, 5, activation="relu")
            self.pool = layers.MaxPooling2D(2)
            self.flatten = layers.Flatten()
            self.dense1 = layers.Dense(120, activation="relu")
            self.dense2 = layers.Dense(84, activation="relu")
            self.out = layers.Dense(10, activation="softmax")

        def call(self, x):
            x = self.pool(self.conv1(x))
            x = self.pool(self.conv2(x))
            return self.out(self.dense2(self.dense1(self.flatten(x))))

    model = LeNet()
    model.build((None, 28, 28, 1))
    return model


def scaled():
    from keras import layers

    return lenet(start=[layers.Rescaling(1 / 255)])


def as_stored(scale=1 / 255, **changes):
    """It takes pixels of 8 bits."""
    import keras

    start = [keras.Input((28, 28, 1), dtype="uint8"), keras.layers.Rescaling(scale)]
    return keras.Sequential([*start, *lenet(**changes).layers])


def padded_by_hand():
    from keras import layers

    return lenet(
        conv1=[layers.ZeroPadding2D(2), layers.Conv2D(6, 5, activation="relu")]
    )


def in_batches():
    """It takes 32 digits at once, no more and no less."""
    import keras

    layers = lenet().layers
    return keras.Sequential([keras.Input(batch_shape=(32, 28, 28, 1)), *layers])


def compiled():
    model = lenet(conv1={"kernel_initializer": "he_normal"}, dense3={"name": "digits"})
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def one_average():
    from keras import layers

    return lenet(pool2=[layers.AveragePooling2D(2)])


def last_layer_frozen():
    return lenet(dense3={"trainable": False})


def with_batch_norm():
    from keras import layers

    return lenet(flatten=[layers.BatchNormalization(), layers.Flatten()])


def softmax_over_batch():
    import keras

    return lenet(dense3={"activation": lambda x: keras.ops.softmax(x, axis=0)})


def mirrored_in_training():
    from keras import layers

    return lenet(start=[layers.RandomFlip(seed=17)])  # which does nothing at first


def without_last_convolution():
    from keras import layers

    return lenet(conv2=[layers.Identity()], pool2=[layers.Identity()])


RIGHT = {
    "04.one-hot": [one_hot_by_keras, one_hot_by_tensorflow],
    "04.softmax-bug": [softmax_by_keras],
    "04.cross-entropy": [loss_by_keras, mean_by_keras],
    "04.lenet": [
        functional, layers_of_their_own, tensorflow_relu, keras_ops, nested, subclassed,
        scaled, padded_by_hand, compiled, in_batches, as_stored,
    ],
}  # fmt: skip

WRONG = {
    "04.one-hot": [
        Told(too_few_columns, "Only as many columns as the largest label needs"),
    ],
    "04.cross-entropy": [from_logits, mean_left_out],
    "04.lenet": [
        one_average, mirrored_in_training, last_layer_frozen, with_batch_norm,
        without_last_convolution,
        Told(softmax_over_batch, "do not add up to 1"),
        lambda: with_activation("softplus"),
        lambda: lenet(conv1={"activation": None}),
        lambda: lenet(dense2={"activation": "relu6"}),
        Told(lambda: lenet(dense3={"activation": "sigmoid"}), "do not add up to 1"),
        lambda: as_stored(1 / 100),
        lambda: as_stored(conv1={"activation": "relu6"}),
        lambda: as_stored(dense2={"activation": "relu6"}),
        lambda: lenet(conv1={"dilation_rate": 2}),
        lambda: lenet(conv1={"filters": 16}, conv2={"filters": 6}),
        lambda: lenet(dense3={"units": 11}),
        lambda: lenet(shape=(32, 32, 1)),
        lambda: lenet(pool1={"pool_size": 3, "strides": 2, "padding": "same"}),
    ],
}  # fmt: skip
