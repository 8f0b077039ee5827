"""Training stops when it is told to, loses nothing, and can be resumed."""

import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from tests.tiny_training import TRAIN, VALIDATION, tiny_model, validation_loss


class At(keras.callbacks.Callback):
    """Do something at one batch of one epoch."""

    def __init__(self, epoch: int, batch: int, act) -> None:
        super().__init__()
        self.place, self.act = (epoch, batch), act
        self.batches: list[tuple[int, int]] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append((self.epoch, batch))
        if self.place == (self.epoch, batch):
            self.act()


def press_stop() -> None:
    """What the button does: the server interrupts the kernel."""
    os.kill(os.getpid(), signal.SIGINT)


def press_twice() -> None:
    press_stop()
    press_stop()


def interrupt_hard() -> None:
    raise KeyboardInterrupt


def test_stop_ends_after_the_batch_and_validates_what_was_learned():
    spy = At(1, 2, press_stop)
    run = training.fit(
        tiny_model(rate=0.5),
        TRAIN,
        VALIDATION,
        epochs=9,
        batch_size=16,
        callbacks=[spy],
    )
    assert spy.batches[-1] == (1, 2)
    assert run.stopped
    assert run.epochs == 2
    assert {len(values) for values in run.history.values()} == {2}
    best = min(run.history["val_loss"])
    assert validation_loss(run.model) == pytest.approx(best, rel=1e-4)


def test_stop_pressed_during_validation_ends_after_the_epoch():
    class InValidation(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            if batch == 0 and not done:
                done.append(True)
                press_stop()

    done: list[bool] = []
    run = training.fit(
        tiny_model(), TRAIN, VALIDATION, epochs=9, callbacks=[InValidation()]
    )
    assert (run.epochs, run.stopped) == (1, True)


@pytest.mark.parametrize(
    "act",
    [interrupt_hard, press_twice],
    ids=["raised", "twice"],
)
def test_a_hard_interrupt_keeps_best_weights_and_returns_the_run(act):
    run = training.fit(
        tiny_model(rate=0.5), TRAIN, VALIDATION, epochs=9, batch_size=16,
        callbacks=[At(2, 3, act)],
    )  # fmt: skip
    assert run.stopped
    assert run.epochs == 2
    best = min(run.history["val_loss"])
    assert validation_loss(run.model) == pytest.approx(best, rel=1e-4)
    again = training.fit(
        run.model, TRAIN, VALIDATION, epochs=3, batch_size=16, resume=run
    )
    assert again.epochs == 3


def test_an_interrupt_before_the_first_epoch_ends_leaves_a_model_that_answers():
    run = training.fit(
        tiny_model(), TRAIN, VALIDATION, epochs=2, callbacks=[At(0, 0, interrupt_hard)]
    )
    assert (run.epochs, run.best_epoch, run.stopped) == (0, None, True)
    assert np.isfinite(validation_loss(run.model))


def test_interrupts_mean_what_they_meant_before_after_training_and_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    training.fit(tiny_model(), TRAIN, VALIDATION, epochs=1)
    assert signal.getsignal(signal.SIGINT) is before

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        training.fit(
            tiny_model(), TRAIN, VALIDATION, epochs=1, callbacks=[At(0, 0, fail)]
        )
    assert signal.getsignal(signal.SIGINT) is before


def in_order(data):
    """Batches in an order that does not change, so that runs can be compared."""
    return tf.data.Dataset.from_tensor_slices(data).batch(16)


def test_a_resumed_training_is_the_training_that_was_not_stopped(tmp_path):
    whole = training.fit(tiny_model(), in_order(TRAIN), VALIDATION, epochs=5)
    part = training.fit(tiny_model(), in_order(TRAIN), VALIDATION, epochs=2)
    path = part.save(tmp_path / "part.zip")
    on = training.fit(part.model, in_order(TRAIN), VALIDATION, epochs=5, resume=part)
    loaded = training.load_run(path)
    later = training.fit(
        loaded.model, in_order(TRAIN), VALIDATION, epochs=5, resume=loaded
    )
    model = tiny_model()
    into = training.load_run(path, model=model)
    inside = training.fit(model, in_order(TRAIN), VALIDATION, epochs=5, resume=into)
    for name, values in whole.history.items():
        for run in (on, later, inside):
            np.testing.assert_allclose(run.history[name], values, rtol=1e-3)
    assert part.epochs == 2  # the earlier run is left as it was


def test_resume_goes_on_from_the_last_weights_and_still_knows_the_best():
    model = tiny_model(rate=0.5)
    first = training.fit(model, TRAIN, VALIDATION, epochs=8, batch_size=16)
    best = min(first.history["val_loss"])
    assert first.history["val_loss"][-1] > best
    model.optimizer.learning_rate = 0.0
    second = training.fit(
        model, TRAIN, VALIDATION, epochs=9, batch_size=16, resume=first
    )
    last = first.history["val_loss"][-1]
    assert second.history["val_loss"][-1] == pytest.approx(last, rel=1e-4)
    assert second.best_epoch == first.best_epoch
    assert validation_loss(model) == pytest.approx(best, rel=1e-4)


def test_resuming_a_complete_run_changes_nothing():
    model = tiny_model()
    run = training.fit(model, TRAIN, VALIDATION, epochs=2)
    before = model.get_weights()
    again = training.fit(model, TRAIN, VALIDATION, epochs=2, resume=run)
    assert again.history == run.history
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_training_ends_when_the_loss_is_no_longer_a_number():
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                weights = self.model.get_weights()
                self.model.set_weights([w * np.nan for w in weights])

    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=9, callbacks=[Spoil()])
    assert run.epochs == 3
    assert run.best_epoch in (0, 1)
    assert np.isfinite(validation_loss(run.model))
