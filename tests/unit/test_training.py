"""Training keeps the best weights, stops and resumes, saves and loads."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from course_utils.widgets.training_monitor import TrainingMonitor


def tiny_data(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images of 4x4, bright on the left (0), in the middle (1) or on the right (2)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    images = rng.integers(0, 120, (n, 4, 4, 1), np.uint8)
    images[np.arange(n), :, labels] += 60
    return images, labels


TRAIN, VALIDATION = tiny_data(96), tiny_data(48, seed=1)


def tiny_model(rate: float = 0.01, units: int = 8, activation: str = "relu"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation=activation),
            keras.layers.Dense(3, activation="softmax"),
        ],
        name="tiny",
    )
    model.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def validation_loss(model: keras.Model) -> float:
    return model.evaluate(*VALIDATION, verbose=0)[0]


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


def test_history_has_one_value_an_epoch():
    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=3, batch_size=32)
    assert list(run.history) == ["loss", "val_loss", "accuracy", "val_accuracy"]
    assert {len(values) for values in run.history.values()} == {3}
    assert run.epochs == 3
    assert not run.stopped
    assert run.seconds > 0


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


# ------------------------------------------------------------------ stop and resume


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


# ------------------------------------------------------------------ save and load


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=2)
    return run, run.save(tmp_path_factory.mktemp("runs") / "folder" / "tiny.zip")


def test_a_saved_run_comes_back_whole(saved):
    run, path = saved
    loaded = training.load_run(path)
    assert loaded.history == run.history
    assert loaded.settings == json.loads(json.dumps(run.settings, default=str))
    assert loaded.versions == run.versions
    assert (loaded.seconds, loaded.stopped) == (run.seconds, run.stopped)
    for name in ("last_weights", "best"):
        ours, theirs = (
            r.last_weights if name == "last_weights" else r.model.get_weights()
            for r in (run, loaded)
        )
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert run.versions["keras"] == keras.__version__
    assert run.versions["tensorflow"] == tf.__version__
    assert run.settings["train_examples"] == 96


def test_saving_replaces_the_old_file_at_once_and_leaves_nothing_beside_it(saved):
    run, path = saved
    run.save(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_failed_save_leaves_the_old_file(saved, monkeypatch, tmp_path):
    run, path = saved
    copy = tmp_path / "copy.zip"
    copy.write_bytes(path.read_bytes())

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(OSError, match="disk full"):
        run.save(copy)
    assert copy.read_bytes() == path.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["copy.zip"]


def flip_a_bit(content: bytes) -> bytes:
    """In the middle of the weights."""
    at = content.index(b"last_weights.npz") + 400
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a run",
        lambda content: content[: len(content) // 2],
        flip_a_bit,
        lambda content: content.replace(b'"format": ', b'"farmot": '),
    ],
    ids=["empty", "text", "cut off", "a bit flipped", "manifest changed"],
)
def test_a_damaged_file_is_refused(saved, tmp_path, damage):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(damage(saved[1].read_bytes()))
    with pytest.raises(
        ValueError, match=r"bad\.zip is not a saved run, or it is damag"
    ):
        training.load_run(bad)


def test_foreign_and_missing_files_are_refused(tmp_path):
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match="not a saved run"):
        training.load_run(foreign)
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(newer, "w") as archive:
        archive.writestr("run.json", json.dumps({"format": "cnn-course run 9"}))
        archive.writestr("last_weights.npz", b"")
        archive.writestr("model.keras", b"")
    with pytest.raises(ValueError, match="format 'cnn-course run 9'"):
        training.load_run(newer)
    with pytest.raises(FileNotFoundError, match=r"no saved run at .*none\.zip"):
        training.load_run(tmp_path / "none.zip")


def test_a_run_of_another_model_is_refused_and_says_where_they_differ(saved):
    path = saved[1]
    with pytest.raises(
        ValueError,
        match=r"another model.* has 'Dense units=8 .*yours has 'Dense units=9",
    ):
        training.load_run(path, model=tiny_model(units=9))
    with pytest.raises(ValueError, match=r"activation=relu.*activation=tanh"):
        training.load_run(path, model=tiny_model(activation="tanh"))
    deeper = keras.Sequential([keras.Input((4, 4, 1)), *tiny_model().layers])
    deeper.add(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="'no layer', yours has 'Dense units=3"):
        training.load_run(path, model=deeper)
    model = tiny_model()
    with pytest.raises(ValueError, match="resume: this run trained another model"):
        training.fit(model, TRAIN, VALIDATION, epochs=3, resume=training.load_run(path))


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


# ------------------------------------------------------------------ what is shown


def test_a_terminal_gets_one_line_an_epoch(capsys):
    training.fit(tiny_model(), TRAIN, VALIDATION, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3:2] for line in lines] == [["epoch", "loss"]] * 2
    training.fit(tiny_model(), TRAIN, VALIDATION, epochs=1, show=False)
    assert capsys.readouterr().out == ""


NOTEBOOK = """
import sys
sys.path.insert(0, {folder!r})
from test_training import TRAIN, VALIDATION, tiny_model
from course_utils import training
run = training.fit(tiny_model(rate={rate}), TRAIN, VALIDATION, epochs=3)
run
"""


def executed(rate: float):
    import nbformat
    from nbclient import NotebookClient

    code = NOTEBOOK.format(folder=str(Path(__file__).parent), rate=rate)
    cell = nbformat.v4.new_code_cell(code)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [o for o in cell.outputs if o.output_type != "stream"]
    assert [o.output_type for o in outputs] == ["display_data", "execute_result"]
    return outputs


def test_a_notebook_keeps_a_picture_and_a_text_that_does_not_vary():
    shown, result = executed(0.01)
    assert shown.data["text/plain"] == "TrainingMonitor: tiny"
    assert result.data["text/plain"] == "<Run of tiny: 3 epochs>"
    assert "application/vnd.jupyter.widget-view+json" in shown.data
    assert 5_000 < len(shown.data["image/png"]) < 60_000
    words = shown.metadata["image/png"]["alt"]
    assert "3 of 3 epochs" in words
    assert "validation loss" in words
    assert json.dumps(shown).isascii()


def test_importing_the_monitor_loads_no_tensorflow():
    code = (
        "import sys, course_utils.widgets.training_monitor; "
        "sys.exit(int('tensorflow' in sys.modules or 'keras' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_line_of_batches_is_short_and_shows_means_since_its_last_point(monkeypatch):
    monkeypatch.setattr(training, "PER_SECOND", 1e9)  # as often as there are batches
    epochs, batches = 20, 100
    recorder = training._Recorder(training.Run(tiny_model()), epochs, show=False)
    recorder.monitor = TrainingMonitor(title="net", epochs=epochs)
    recorder.set_model(recorder.run.model)
    recorder.set_params({"steps": batches})
    losses = np.random.default_rng(0).uniform(0, 2, (epochs, batches))
    for epoch in range(epochs):
        recorder.on_epoch_begin(epoch)
        for batch in range(batches):
            mean = losses[epoch, : batch + 1].mean()  # as Keras reports it
            recorder.on_train_batch_end(batch, {"accuracy": mean / 2, "loss": mean})
        recorder.on_epoch_end(epoch, {"loss": mean, "val_loss": mean})
    at, loss, accuracy = np.array(recorder.monitor.trace).T
    assert 200 <= len(at) <= 250
    ends = np.round(at * batches).astype(int)
    starts = np.maximum([0, *ends[:-1]], (ends - 1) // batches * batches)
    means = [losses.ravel()[a:b].mean() for a, b in zip(starts, ends)]
    np.testing.assert_allclose(loss, means, rtol=1e-6)
    np.testing.assert_allclose(accuracy, loss / 2)
    assert len(json.dumps(recorder.monitor.get_state())) < 60_000


def monitor_of(**traits) -> TrainingMonitor:
    monitor = TrainingMonitor(title="net", epochs=4)
    monitor.tell(**traits)
    return monitor


def test_the_monitor_draws_what_it_was_told():
    history = {
        "loss": [0.9, 0.5, 0.4],
        "accuracy": [0.6, 0.8, 0.85],
        "val_loss": [0.7, 0.45, 0.5],
        "val_accuracy": [0.7, 0.84, 0.82],
    }
    trace = [[0.1, 2.3, 0.1], [0.5, 1.0, 0.5]]
    monitor = monitor_of(history=history, trace=trace, best_epoch=1)
    loss, accuracy = monitor.figure().axes
    for axes, name, column in ((loss, "loss", 1), (accuracy, "accuracy", 2)):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        np.testing.assert_array_equal(lines["training"], history[name])
        np.testing.assert_array_equal(lines["validation"], history[f"val_{name}"])
        np.testing.assert_array_equal(
            lines["training, batches"], [point[column] for point in trace]
        )
        np.testing.assert_array_equal(axes.lines[-1].get_xdata(), [2, 2])
        low, high = axes.get_ylim()
        values = history[name] + history[f"val_{name}"]
        assert low <= min(values) < max(values) <= high
    assert "best epoch 2, validation loss 0.4500" in monitor.summary()


def test_the_monitor_draws_without_numbers_and_with_numbers_that_are_none():
    assert len(monitor_of().figure().axes) == 1
    history = {"loss": [0.5, None], "val_loss": [0.6, None]}
    monitor = monitor_of(history=history, best_epoch=0)
    assert all(np.isfinite(v) for v in monitor.figure().axes[0].get_ylim())
