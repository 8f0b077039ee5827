"""Streams of batches are looked at before anything trains."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from tests.tiny_training import TRAIN, VALIDATION, tiny_model, validation_loss

IMAGES, LABELS = TRAIN


def stream(images=IMAGES, labels=LABELS, batch=16):
    whole = tf.data.Dataset.from_tensor_slices((images, labels))
    return whole.batch(batch) if batch else whole


def by_generator(images, labels, batches=2, known=True):
    def steps():
        for _ in range(batches):
            yield images, labels

    images, labels = np.asarray(images), np.asarray(labels)
    kinds = tuple(
        tf.TensorSpec((None, *part.shape[1:]) if known else None, part.dtype)
        for part in (images, labels)
    )
    return tf.data.Dataset.from_generator(steps, output_signature=kinds)


class Batches(keras.utils.PyDataset):
    def __init__(self, *parts, length=2):
        super().__init__()
        self.parts, self.length = parts, length

    @property
    def num_batches(self):
        return self.length

    def __getitem__(self, place):
        return self.parts


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (stream(batch=None), r"single images \(4, 4, 1\), not batches; add \.batch"),
        (stream(IMAGES[..., 0], batch=None), "not batches"),
        (stream(labels=np.eye(3)[LABELS], batch=None), "not batches"),
        (by_generator(IMAGES, LABELS, known=False), r"TensorSpec\(\(None, 4, 4, 1\)\)"),
        (stream().take(0), "the stream is empty"),
        (by_generator(IMAGES, LABELS, batches=0), "the stream is empty"),
        (stream().repeat(), r"never ends.*\.repeat\(\) or add \.take"),
        (stream().map(lambda x, y: x), "its elements have images alone"),
        (stream().map(lambda x, y: (x, y, y, y)), "its elements have 4 parts"),
        (stream().map(lambda x, y: {"x": x, "y": y}), r"dicts with 'x', 'y'"),
        (stream().map(lambda x, y: ({"picture": x}, y)), "images are dicts with 'pict"),
        (stream(IMAGES[:, :3]), r"shape \(3, 4, 1\), but the model takes \(4, 4, 1\)"),
                (stream(labels=LABELS.astype(str)), "the labels are texts"),
        (stream(IMAGES / 255), r"are in 0\.\.1 already"),
        (stream(IMAGES.astype("float32") * np.nan), "images hold NaN"),
        (stream(labels=LABELS + 1), "labels go from 1 to 3"),
        (stream(labels=np.eye(3)[LABELS]), "one-hot"),
        (by_generator(IMAGES, LABELS[:5]), "a batch has 96 images and 5 labels"),
        (Batches(IMAGES, LABELS, length=0), "no batches in it"),
        (Batches(IMAGES, LABELS, length=None), "never ends"),
        (Batches(IMAGES), r"a batch must be \(images, labels\)"),
        (Batches(IMAGES, LABELS + 1), "labels go from 1 to 3"),
        (Batches(IMAGES / 255, LABELS), r"are in 0\.\.1 already"),
        (Batches(IMAGES, LABELS[:5]), "a batch has 96 images and 5 labels"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("side", ["train", "validation"])
def test_streams_that_do_not_fit_are_refused_before_anything_trains(data, words, side):
    model = tiny_model(rate=1.0)
    before = model.get_weights()
    both = [data, stream()][:: 1 if side == "train" else -1]
    with pytest.raises(ValueError, match=f"{side}: .*{words}"):
        training.fit(model, *both, epochs=1, show=False)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Keras takes a dictionary of one input for one, and remarks on it.
@pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning")
@pytest.mark.parametrize(
    "data",
    [
        stream(IMAGES[..., 0]),
        stream().map(lambda x, y: (x, y, tf.ones_like(y, tf.float32))),
        stream().map(lambda x, y: ({"image": x}, y)),
        by_generator(IMAGES, LABELS),
        stream().shuffle(4, seed=1).prefetch(2),
        stream().repeat(2),
        Batches(IMAGES, LABELS),
        Batches(IMAGES, LABELS, np.ones(96)),
    ],
)
def test_streams_that_fit_train(data):
    model = tiny_model()
    named = keras.Input((4, 4, 1), name="image")
    model = keras.Model(named, model(named))
    model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=[])
    run = training.fit(model, data, data, epochs=2, show=False)
    assert run.epochs == 2


# Keras does not know how long such a stream is, and says so after its first epoch.
@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
def test_looking_at_a_stream_does_not_change_what_is_learned_from_it():
    def shuffled():
        return stream().unbatch().shuffle(96, seed=3).batch(16)

    ours, theirs = tiny_model(), tiny_model()
    run = training.fit(ours, shuffled(), VALIDATION, epochs=3, show=False)
    record = theirs.fit(
        shuffled(), validation_data=VALIDATION, epochs=3, shuffle=False, verbose=0
    ).history
    np.testing.assert_allclose(run.history["val_loss"], record["val_loss"], rtol=1e-5)
    ours.set_weights(run.last_weights)
    assert validation_loss(ours) == pytest.approx(validation_loss(theirs), rel=1e-5)


def test_a_stream_that_is_used_up_says_so():
    pairs, spec = iter([TRAIN]), stream().element_spec
    once = tf.data.Dataset.from_generator(
        lambda: (yield from pairs), output_signature=spec
    )
    with pytest.raises(ValueError, match=r"train: .*only once can one go through it"):
        training.fit(tiny_model(), once, VALIDATION, epochs=2, show=False)


@pytest.mark.parametrize("data", [iter([TRAIN]), (pair for pair in [TRAIN])])
def test_generators_are_sent_to_tensorflow(data):
    with pytest.raises(TypeError, match=r"got .*tf\.data\.Dataset\.from_generator"):
        training.fit(tiny_model(), data, VALIDATION, epochs=1)


def test_several_inputs_train_from_a_stream():
    one, two = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    flat = keras.layers.Flatten()(keras.layers.concatenate([one, two]))
    model = keras.Model([one, two], keras.layers.Dense(3, activation="softmax")(flat))
    model.compile("adam", "sparse_categorical_crossentropy")
    pairs = stream(IMAGES / 255).map(lambda x, y: ((x, x), y))
    assert training.fit(model, pairs, pairs, epochs=1, show=False).epochs == 1
    with pytest.raises(ValueError, match="several inputs or outputs"):
        training.fit(model, ([IMAGES, IMAGES], LABELS), pairs, epochs=1)
    heads = [keras.layers.Dense(n)(flat) for n in (1, 2)]
    model = keras.Model([one, two], heads)
    model.compile("adam", ["mse", "mse"])
    with pytest.raises(ValueError, match="several inputs or outputs"):
        training.fit(model, TRAIN, TRAIN, epochs=1)
