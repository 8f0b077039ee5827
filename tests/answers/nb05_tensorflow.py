"""Lesson 05 with Keras: functions that call it, and models that augment."""

from fractions import Fraction

from tests.answers import Told

# --- Functions that call Keras --------------------------------------------------------


def accuracy_by_keras(probabilities, labels):
    import keras

    return keras.metrics.BinaryAccuracy()(labels[:, None], probabilities)


def accuracy_by_tensorflow(probabilities, labels):
    import tensorflow as tf

    answers = tf.cast(tf.reshape(probabilities, [-1]) > 0.5, labels.dtype)
    return tf.reduce_mean(tf.cast(answers == labels, tf.float32))


def categorical_accuracy(probabilities, labels):
    import keras

    return keras.metrics.SparseCategoricalAccuracy()(labels, probabilities)


def mirror_by_tensorflow(images, flip):
    import tensorflow as tf

    mirrored = tf.image.flip_left_right(images)
    return tf.where(flip[:, None, None, None], mirrored, images)


def mirror_by_keras(images, flip):
    import keras

    turned = keras.ops.flip(images, axis=2)
    return keras.ops.where(keras.ops.reshape(flip, (-1, 1, 1, 1)), turned, images)


def all_as_the_first(images, flip):
    import tensorflow as tf

    return tf.reverse(images, axis=[2]) if flip[0] else images


def confusion_by_tensorflow(labels, answers):
    import tensorflow as tf

    return tf.math.confusion_matrix(labels, answers, num_classes=2)


def confusion_turned(labels, answers):
    import tensorflow as tf

    return tf.math.confusion_matrix(1 - labels, answers, num_classes=2)


# --- Augmentation ---------------------------------------------------------------------


def augmentation(*more, shape=(150, 150, 3), order=(0, 1, 2), **options):
    """The three layers, but for the options: a dictionary for flip, turn and shift.

    A None in place of a dictionary leaves a layer out; `more` are layers that follow.
    """
    import keras
    from keras import layers

    built = (
        ("flip", layers.RandomFlip, {"mode": "horizontal"}),
        ("turn", layers.RandomRotation, {"factor": 20 / 360}),
        (
            "shift",
            layers.RandomTranslation,
            {"height_factor": 0.1, "width_factor": 0.1},
        ),
    )
    model = keras.Sequential([keras.Input(shape)])
    for name, kind, given in (built[i] for i in order):
        change = options.pop(name, {})
        if change is not None:
            model.add(kind(**given | change))
    for layer in more:
        model.add(layer)
    assert not options
    return model


def with_ranges():
    tenth = (-0.1, 0.1)
    return augmentation(
        turn={"factor": (-1 / 18, 1 / 18)},
        shift={"height_factor": tenth, "width_factor": tenth},
    )


def with_names_and_seeds():
    return augmentation(
        flip={"name": "left_right", "seed": 1},
        turn={"name": "turned", "seed": 2},
        shift={"seed": 3},
    )


def written_out():
    """What Keras does by itself, said again."""
    return augmentation(
        turn={"fill_mode": "reflect", "interpolation": "bilinear", "fill_value": 0.0},
        shift={"fill_mode": "reflect", "interpolation": "bilinear"},
    )


def rounded():
    return augmentation(turn={"factor": 0.0556})


def as_fraction():
    return augmentation(turn={"factor": float(Fraction(1, 18))})


def unused_fill_value():
    """Where the border is mirrored there is nothing to fill."""
    return augmentation(turn={"fill_value": 9.0})


def any_size():
    return augmentation(shape=(None, None, 3))


def in_batches():
    import keras

    layers = augmentation().layers
    return keras.Sequential([keras.Input(batch_shape=(32, 150, 150, 3)), *layers])


def input_layer():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.InputLayer(shape=(150, 150, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.5 / 9),
            layers.RandomTranslation(width_factor=0.1, height_factor=0.1),
        ]
    )


def nested():
    import keras

    flip, turn, shift = augmentation().layers
    inner = keras.Sequential([flip, turn])
    return keras.Sequential([keras.Input((150, 150, 3)), inner, shift])


def functional():
    import keras

    inputs = x = keras.Input((150, 150, 3))
    for layer in augmentation().layers:
        x = layer(x)
    return keras.Model(inputs, x)


def with_identity():
    from keras import layers

    return augmentation(layers.Identity())


def built_by_hand():
    import keras

    model = keras.Sequential(augmentation().layers)
    model.build((None, 150, 150, 3))
    return model


def dtype_of_photographs():
    import keras

    layers = augmentation().layers
    return keras.Sequential([keras.Input((150, 150, 3), dtype="uint8"), *layers])


def two_rotations():
    from keras import layers

    return augmentation(layers.RandomRotation(20 / 360))


def rotation_of_ninety_first():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((150, 150, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(90 / 360),
            *augmentation(flip=None).layers,
        ]
    )


def flipped_twice():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input((150, 150, 3)), layers.RandomFlip(), *augmentation().layers]
    )


def rescaled():
    from keras import layers

    return augmentation(layers.Rescaling(1 / 255))


def subclassed(**options):
    """A class of one's own, which gives its layers these options."""
    import keras

    class Augmentation(keras.Model):
        def __init__(self):
            super().__init__()
            self.flip, self.turn, self.shift = augmentation().layers

        def call(self, x, training=False):
            given = {"training": training} | options
            return self.shift(self.turn(self.flip(x, **given), **given), **given)

    return Augmentation()


def side_by_side():
    """The mean of three pictures: mirrored, turned and shifted."""
    import keras

    given = keras.Input((150, 150, 3))
    flip, turn, shift = augmentation().layers
    return keras.Model(given, (flip(given) + turn(given) + shift(given)) / 3)


def half_of_it():
    """A ghost of the photograph as it was shines through."""
    import keras

    given = keras.Input((150, 150, 3))
    return keras.Model(given, (given + augmentation()(given)) / 2)


def list_of_layers():
    return augmentation().layers


def a_network():
    from keras import layers

    return augmentation(layers.Conv2D(32, 3, activation="relu"))


def halves():
    """Ten degrees and a twentieth to either side."""
    return augmentation(
        turn={"factor": 10 / 360}, shift={"height_factor": 0.05, "width_factor": 0.05}
    )


RIGHT = {
    "05.accuracy-bug": [accuracy_by_keras, accuracy_by_tensorflow],
    "05.mirror": [mirror_by_tensorflow, mirror_by_keras],
    "05.turn-and-shift": [
        with_ranges, with_names_and_seeds, written_out, rounded, as_fraction,
        unused_fill_value, any_size, in_batches, input_layer, nested, functional,
        with_identity, built_by_hand, subclassed, dtype_of_photographs,
    ],
    "05.confusion": [confusion_by_tensorflow],
}  # fmt: skip

WRONG = {
    "05.accuracy-bug": [categorical_accuracy],
    "05.mirror": [all_as_the_first],
    "05.turn-and-shift": [
        Told(lambda: augmentation(shape=(128, 128, 3)), "(128, 128, 3)"),
        Told(lambda: augmentation(shape=(150, 150, 1)), "(150, 150, 1)"),
        Told(lambda: augmentation(order=()), "It has no layers yet."),
        Told(two_rotations, "RandomTranslation, RandomRotation."),
        rotation_of_ninety_first, flipped_twice, rescaled,
        lambda: subclassed(training=True), lambda: subclassed(training=False),
        list_of_layers, a_network, halves, side_by_side, half_of_it,
        lambda: augmentation(turn={"fill_mode": "nearest"}),
        lambda: augmentation(shift={"fill_mode": "constant"}),
        Told(
            lambda: augmentation(shift={"fill_mode": "wrap"}),
            "the text 'reflect' is expected, but it gives the text 'reflect, wrap'",
        ),
        lambda: augmentation(flip={"data_format": "channels_first"}),
        lambda: augmentation(turn={"interpolation": "nearest"}),
        lambda: augmentation(shift={"interpolation": "nearest"}),
        lambda: augmentation(turn={"factor": (0, 20 / 360)}),
        lambda: augmentation(turn={"factor": (-20 / 360, 0)}),
        lambda: augmentation(turn={"factor": 0.05}),
        lambda: augmentation(turn={"factor": 1.0}),
        lambda: augmentation(shift={"height_factor": (0, 0.1)}),
        lambda: augmentation(shift={"width_factor": 0.2}),
        lambda: augmentation(order=(1, 0, 2)),
        lambda: augmentation(order=(0, 2, 1)),
        lambda: augmentation(flip=None),
        lambda: augmentation(turn=None),
        lambda: augmentation(shift=None),
    ],
    "05.confusion": [confusion_turned],
}  # fmt: skip
