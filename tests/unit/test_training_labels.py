"""Labels belong to the loss, or are refused before anything trains."""

from decimal import Decimal

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from course_utils.training.labels import as_labels
from course_utils.training.network import check_ending
from tests.tiny_training import TRAIN, tiny_model

IMAGES, LABELS = TRAIN
ONE_HOT = np.eye(3)[LABELS]
HALF = LABELS % 2  # two classes
SPARSE, CATEGORICAL, BINARY = (
    f"{kind}_crossentropy" for kind in ("sparse_categorical", "categorical", "binary")
)


def model_for(loss, units=None, activation=None, **layer) -> keras.Model:
    binary = "inary" in str(getattr(loss, "name", loss))
    head = keras.layers.Dense(
        units or (1 if binary else 3),
        activation=activation or ("sigmoid" if binary else "softmax"),
        **layer,
    )
    shape = keras.Input((4, 4, 1))
    model = keras.Sequential([shape, keras.layers.Flatten(), head], name="tiny")
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    ("loss", "labels", "words"),
    [
        (BINARY, HALF + 1, r"labels are 1, 2, but .* takes 0 and 1; \(labels == 2\)"),
        (BINARY, 2 * HALF - 1, r"labels are -1, 1, but"),
        (BINARY, 255 * HALF, r"labels are 0, 255"),
        (
            BINARY,
            LABELS,
            r"labels are 0, 1, 2.*for 3 classes end the model in Dense\(3",
        ),
        (BINARY, np.arange(96), "labels are 0, 1, 2, 3, ..., but"),
        (BINARY, np.where(HALF, np.nan, 0), "48|NaN or infinity"),
        (
            BINARY,
            np.eye(2)[HALF],
            r"labels have the shape \(96, 2\).*gives \(None, 1\)",
        ),
        (BINARY, np.where(HALF, "dog", "cat"), "labels are <U3, such as 'cat'"),
        (SPARSE, LABELS + 1, "labels go from 1 to 3.*3 classes apart: 0 to 2"),
        (SPARSE, LABELS - 1.0, "labels go from -1 to 1"),
        (SPARSE, LABELS + 0.5, "labels such as .*5 are no numbers of classes"),
        (SPARSE, np.where(HALF, np.inf, 0), "NaN or infinity"),
        (SPARSE, ONE_HOT, r"one column a class \(one-hot\).*labels.argmax"),
        (SPARSE, LABELS.astype(str), "labels are <U21, such as '"),
        (SPARSE, LABELS.astype("S1"), "labels are |S1, such as b'"),
        (SPARSE, LABELS.astype(object).repeat(2).reshape(96, 2), "shape \\(96, 2\\)"),
        (SPARSE, [None, *LABELS[1:]], "NaN"),
        (SPARSE, [[0], [0, 1]], "labels are no array of numbers"),
        (SPARSE, LABELS + 1j, "labels are complex128"),
        (SPARSE, LABELS.astype("datetime64[s]"), "labels are datetime64"),
        (CATEGORICAL, LABELS, r"shape \(96,\).*to_categorical"),
        (CATEGORICAL, ONE_HOT[:, :2], r"shape \(96, 2\), .* each of 3 classes"),
        (CATEGORICAL, ONE_HOT * 255, "go from 0 to 255, and a row adds up to 255"),
        (CATEGORICAL, ONE_HOT * 2 - 1, "go from -1 to 1"),
        (CATEGORICAL, np.ones((96, 3)), "a row adds up to 3"),
        ("mse", LABELS, r"labels have the shape \(96,\), but the model gives"),
        ("mse", ONE_HOT * np.nan, "NaN"),
    ],
)
@pytest.mark.parametrize("side", ["train", "validation"])
def test_labels_that_do_not_belong_to_the_loss_are_refused(loss, labels, words, side):
    model = model_for(loss, 3 if loss == "mse" else None)
    before = model.get_weights()
    good = {SPARSE: LABELS, BINARY: HALF}.get(loss, ONE_HOT)
    pairs = [(IMAGES / 255, labels), (IMAGES / 255, good)]
    with pytest.raises(ValueError, match=f"{side}: .*({words})"):
        training.fit(model, *pairs[:: 1 if side == "train" else -1], epochs=1)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        (SPARSE, LABELS[:, None]),
        (SPARSE, LABELS.astype(float)),
        (SPARSE, LABELS.astype(np.float16)[:, None]),
        (SPARSE, LABELS.tolist()),
        (SPARSE, tuple(map(Decimal, LABELS.tolist()))),
        (SPARSE, LABELS.astype(object)),
        (SPARSE, tf.constant(LABELS)),
        (SPARSE, LABELS.astype(bool)),
        (SPARSE, LABELS.astype(">i2")),
        (keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), LABELS - 1),
        (keras.losses.sparse_categorical_crossentropy, LABELS),
        (BINARY, HALF.astype(bool)),
        (BINARY, HALF[:, None]),
        (BINARY, HALF * 0.8 + 0.1),  # smoothed
        (BINARY, HALF * 0),
        (keras.losses.BinaryFocalCrossentropy(), HALF),
        (CATEGORICAL, ONE_HOT),
        (CATEGORICAL, 0.4 * ONE_HOT + 0.6 * ONE_HOT[::-1]),  # mixed
        (CATEGORICAL, (0.9 * ONE_HOT + 0.1 / 3).astype(np.float16)),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT > 0),
        ("mse", ONE_HOT * 7 - 3),
        ("hinge", ONE_HOT * 2 - 1),
        (lambda truth, said: keras.ops.mean(said), np.where(HALF, np.nan, 300)),
    ],
)
def test_labels_whose_meaning_is_clear_are_understood(loss, labels):
    model = model_for(loss)
    understood = as_labels("train", labels, model)
    given = np.asarray(labels).astype(float)
    np.testing.assert_array_equal(understood.astype(float), given)
    assert model.evaluate(IMAGES / 255, understood, verbose=0) is not None


def test_several_yes_or_no_answers_and_a_class_for_each_pixel_are_understood():
    several = model_for(BINARY, units=3)
    assert as_labels("train", np.ones((96, 3)), several).shape == (96, 3)
    with pytest.raises(ValueError, match=r"shape \(96,\), but the model gives"):
        as_labels("train", HALF, several)
    pixels = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(5, 1)])
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    pixels.compile("sgd", logits)
    for shape in [(9, 4, 4), (9, 4, 4, 1)]:
        assert as_labels("train", np.full(shape, 4), pixels).shape == shape
    with pytest.raises(ValueError, match=r"shape \(9, 4, 3\)"):
        as_labels("train", np.zeros((9, 4, 3)), pixels)
    with pytest.raises(ValueError, match="labels go from 5 to 5"):
        as_labels("train", np.full((9, 4, 4), 5), pixels)


# ------------------------------------------------------------------ probabilities


@pytest.mark.parametrize(
    ("loss", "options", "words"),
    [
        ("Sparse", {"activation": "softmax"}, "ends in softmax.*from_logits=True"),
        ("Sparse", {"activation": tf.nn.softmax}, "ends in softmax.*from_logits=True"),
        ("Binary", {"activation": "sigmoid"}, "ends in sigmoid.*from_logits=True"),
        (SPARSE, {"activation": "linear"}, "activation linear.*end it in softmax, or"),
        (CATEGORICAL, {"activation": "relu"}, "activation relu.*end it in softmax"),
        (BINARY, {"activation": "linear"}, "activation linear.*end it in sigmoid"),
        (BINARY, {"activation": "softmax"}, "has one output, which softmax with bin"),
        (SPARSE, {"activation": "sigmoid", "units": 1}, "one output, which sigmoid"),
        (CATEGORICAL, {"units": 1}, "one output, which softmax with categorical"),
    ],
)
def test_a_loss_that_takes_outputs_for_what_they_are_not_is_refused(
    loss, options, words
):
    if loss == "Sparse":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if loss == "Binary":
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model = model_for(loss, **options)
    with pytest.raises(ValueError, match=f"model: .*{words}"):
        training.fit(model, (IMAGES, LABELS), (IMAGES, LABELS), epochs=1)
    outer = keras.Sequential([keras.Input((4, 4, 1)), model])
    outer.compile("sgd", loss)
    with pytest.raises(ValueError, match=words):
        check_ending(outer)
    functional = keras.Model(outer.inputs, outer(outer.inputs[0]))
    functional.compile("sgd", loss)
    with pytest.raises(ValueError, match=words):
        check_ending(functional)


LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class Own(keras.losses.SparseCategoricalCrossentropy):
    pass


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (SPARSE, {}),
        (SPARSE, {"activation": lambda x: keras.ops.softmax(x)}),
        (SPARSE, {"activation": "sigmoid"}),
        (BINARY, {"units": 3}),
        (LOGITS, {"activation": "linear"}),
        (keras.losses.BinaryCrossentropy(from_logits=True), {"activation": "linear"}),
        (Own(from_logits=True), {}),
        ("mse", {"activation": "linear", "units": 1}),
        (lambda truth, said: said, {"activation": "linear", "units": 1}),
    ],
)
def test_what_is_not_certainly_wrong_is_let_through(loss, options):
    check_ending(model_for(loss, **options))


def test_an_activation_that_changes_the_precision_only_hides_no_softmax():
    model = tiny_model()
    last = keras.layers.Activation("linear", dtype="float32")
    model = keras.Sequential([keras.Input((4, 4, 1)), model, last])
    model.compile("sgd", SPARSE)
    check_ending(model)
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), tiny_model(), keras.layers.Softmax()]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="ends in softmax"):
        check_ending(model)
