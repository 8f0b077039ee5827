"""Training keeps a history and the weights of its best epoch, and refuses misfits."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from tests.tiny_training import TRAIN, VALIDATION, tiny_model, validation_loss


def test_history_has_one_value_an_epoch():
    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=3, batch_size=32)
    assert list(run.history) == ["loss", "val_loss", "accuracy", "val_accuracy"]
    assert {len(values) for values in run.history.values()} == {3}
    assert run.epochs == 3
    assert not run.stopped
    assert run.seconds > 0
    assert run.work is not None
    assert run.work > 0


def test_best_epoch_is_where_validation_loss_was_lowest_and_its_weights_stay():
    # A rate so large that the loss goes up and down.
    run = training.fit(tiny_model(rate=0.5), TRAIN, VALIDATION, epochs=8, batch_size=16)
    losses = run.history["val_loss"]
    assert run.best_epoch == int(np.argmin(losses))
    assert losses[-1] > min(losses), "the last is the best: this would prove nothing"
    assert validation_loss(run.model) == pytest.approx(min(losses), rel=1e-4)
    run.model.set_weights(run.last_weights)
    assert validation_loss(run.model) == pytest.approx(losses[-1], rel=1e-4)


def as_object(data):
    return SimpleNamespace(images=data[0], labels=data[1])


def as_dataset(data):
    return tf.data.Dataset.from_tensor_slices(data).batch(16)


def of_unknown_length(data):
    images, labels = data

    def batches():
        for i in range(0, len(images), 16):
            yield images[i : i + 16], labels[i : i + 16]

    kinds = (
        tf.TensorSpec((None, *images.shape[1:]), tf.uint8),
        tf.TensorSpec((None,), tf.int64),
    )
    return tf.data.Dataset.from_generator(batches, output_signature=kinds)


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize(
    "wrap", [tuple, list, as_object, as_dataset, of_unknown_length]
)
def test_all_kinds_of_data_give_the_same_validation(wrap):
    model = tiny_model(rate=0.0)
    run = training.fit(model, wrap(TRAIN), wrap(VALIDATION), epochs=2, batch_size=16)
    assert run.epochs == 2
    assert run.history["val_loss"][0] == pytest.approx(validation_loss(model), rel=1e-4)


def test_the_same_seed_gives_the_same_history():
    runs = [
        training.fit(tiny_model(), TRAIN, VALIDATION, epochs=2, batch_size=16)
        for _ in range(2)
    ]
    for name, values in runs[0].history.items():
        np.testing.assert_allclose(runs[1].history[name], values, rtol=1e-4)


# ------------------------------------------------------------------ wrong arguments

IMAGES, LABELS = TRAIN


@pytest.mark.parametrize(
    ("train", "error", "words"),
    [
        ((IMAGES, LABELS[:-1]), ValueError, "train: 96 images and 95 labels"),
        ((IMAGES[:0], LABELS[:0]), ValueError, "train: 0 images"),
        ((IMAGES[:, :3], LABELS), ValueError, r"shape \(3, 4, 1\).*takes \(4, 4, 1\)"),
        ((IMAGES / 255, LABELS), ValueError, "are in 0..1 already"),
        ((IMAGES * np.nan, LABELS), ValueError, "NaN"),
        ((IMAGES, LABELS + 1), ValueError, "labels go from 1 to 3.*0 to 2"),
        ((IMAGES, LABELS - 1), ValueError, "labels go from -1"),
        (IMAGES, TypeError, "train: got ndarray; allowed are"),
        ("digits", TypeError, "train: got str"),
    ],
)
def test_data_that_do_not_fit_are_refused(train, error, words):
    with pytest.raises(error, match=words):
        training.fit(tiny_model(), train, VALIDATION, epochs=1)


def test_other_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="epochs: 0"):
        training.fit(tiny_model(), TRAIN, VALIDATION, epochs=0)
    with pytest.raises(ValueError, match="batch_size: 0"):
        training.fit(tiny_model(), TRAIN, VALIDATION, epochs=1, batch_size=0)
    with pytest.raises(TypeError, match="validation: got NoneType"):
        training.fit(tiny_model(), TRAIN, None, epochs=1)
    plain = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"model: it is not compiled.*compile"):
        training.fit(plain, TRAIN, VALIDATION, epochs=1)
