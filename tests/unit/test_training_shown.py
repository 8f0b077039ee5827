"""What a training shows: lines in a terminal, a monitor in a notebook."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from course_utils import training
from course_utils.training import keeping, showing
from course_utils.widgets import TrainingMonitor
from tests.tiny_training import TRAIN, VALIDATION, tiny_model


def test_a_terminal_gets_one_line_an_epoch(capsys):
    training.fit(tiny_model(), TRAIN, VALIDATION, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3:2] for line in lines] == [["epoch", "loss"]] * 2
    training.fit(tiny_model(), TRAIN, VALIDATION, epochs=1, show=False)
    assert capsys.readouterr().out == ""


NOTEBOOK = """
import sys
sys.path.insert(0, {folder!r})
from tests.tiny_training import TRAIN, VALIDATION, tiny_model
from course_utils import training
run = training.fit(tiny_model(rate={rate}), TRAIN, VALIDATION, epochs=3)
run
"""


def executed(rate: float):
    import nbformat
    from nbclient import NotebookClient

    code = NOTEBOOK.format(folder=str(Path(__file__).parents[2]), rate=rate)
    cell = nbformat.v4.new_code_cell(code)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", shutdown_kernel="immediate"
    ).execute()
    outputs = [o for o in cell.outputs if o.output_type != "stream"]
    assert [o.output_type for o in outputs] == ["display_data", "execute_result"]
    return outputs


def test_a_notebook_keeps_a_picture_and_a_text_that_does_not_vary():
    shown, result = executed(0.01)
    assert shown.data["text/plain"] == "TrainingMonitor: tiny"
    assert result.data["text/plain"] == "<Run of tiny: 3 epochs>"
    assert "application/vnd.jupyter.widget-view+json" in shown.data
    assert 5_000 < len(shown.data["image/png"]) < 90_000  # stored with fewer pixels
    words = shown.metadata["image/png"]["alt"]
    assert "3 of 3 epochs" in words
    assert "validation loss" in words
    assert json.dumps(shown).isascii()


def test_importing_the_monitor_loads_no_tensorflow():
    code = (
        "import sys, course_utils.widgets; "
        "sys.exit(int('tensorflow' in sys.modules or 'keras' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_line_of_batches_is_short_and_shows_means_since_its_last_point(monkeypatch):
    monkeypatch.setattr(showing, "PER_SECOND", 1e9)  # as often as there are batches
    epochs, batches = 20, 100
    run = training.Run(tiny_model())
    live, keeper = showing.Live(run, epochs), keeping.Keeper(run)
    told = keras.callbacks.CallbackList([keeper, live], model=run.model, steps=batches)
    losses = np.random.default_rng(0).uniform(0, 2, (epochs, batches))
    for epoch in range(epochs):
        told.on_epoch_begin(epoch)
        for batch in range(batches):
            mean = losses[epoch, : batch + 1].mean()  # as Keras reports it
            told.on_train_batch_end(batch, {"accuracy": mean / 2, "loss": mean})
        told.on_epoch_end(epoch, {"loss": mean, "val_loss": mean})
    at, loss, accuracy = np.array(live.monitor.trace).T
    assert 200 <= len(at) <= 250
    ends = np.round(at * batches).astype(int)
    starts = np.maximum([0, *ends[:-1]], (ends - 1) // batches * batches)
    means = [losses.ravel()[a:b].mean() for a, b in zip(starts, ends)]
    np.testing.assert_allclose(loss, means, rtol=1e-6)
    np.testing.assert_allclose(accuracy, loss / 2)
    assert (
        len(json.dumps(live.monitor.get_state())) < 90_000
    )  # stored with fewer pixels


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
