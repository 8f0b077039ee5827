"""What is seen of a training: the monitor of a notebook, the lines of a terminal."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from course_utils.training.keeping import loss_first
from course_utils.training.pace import TimeLeft, Trace
from course_utils.training.runs import Run
from course_utils.widgets import TrainingMonitor, plain

PER_SECOND = 4  # how often the monitor is told about batches


class Hidden:
    """Shows nothing; what others show stands in the same places."""

    callbacks: Sequence[keras.callbacks.Callback] = ()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Around the whole training."""
        yield

    def finish(self) -> None:
        """When the run is complete."""


class Lines(Hidden, keras.callbacks.Callback):
    """One line an epoch."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.callbacks = [self]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        numbers = "  ".join(f"{k} {v:.4f}" for k, v in loss_first(logs).items())
        print(f"epoch {epoch + 1}/{self.epochs}  {numbers}", flush=True)


class Live(Hidden, keras.callbacks.Callback):
    """Tells the monitor what happens, a few times a second."""

    def __init__(self, run: Run, epochs: int) -> None:
        super().__init__()
        self.run = run
        self.callbacks = [self]
        self.trace, self.left = Trace(epochs), TimeLeft(epochs)
        self.batches = 0  # known after the first epoch, or from the arrays
        self.began = time.perf_counter() - run.seconds
        self.monitor = TrainingMonitor(
            title=run.model.name,
            epochs=epochs,
            history=plain(run.history),
            best_epoch=run.best_epoch,
            kernel_id=_kernel_id(),
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        """Show the monitor, and at the end leave its picture in the notebook."""
        from IPython.display import display

        data, metadata = self.monitor.view()
        handle = display(data, metadata=metadata, raw=True, display_id=True)
        try:
            yield
        except BaseException:
            self.monitor.tell(phase="failed")
            raise
        data, metadata = self.monitor._repr_mimebundle_()
        metadata["image/png"]["alt"] = self.monitor.summary()
        handle.update(data, metadata=metadata, raw=True)

    def finish(self) -> None:
        self.monitor.tell(
            phase="stopped" if self.run.stopped else "done",
            seconds=self.run.seconds,
            seconds_left=None,
            trace=self.trace.points,
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.told = time.perf_counter()
        self.batch = 0
        self.trace.begin_epoch(self.run.epochs)
        self.left.begin_epoch()
        self.batches = self.batches or self.params.get("steps") or 0
        self.monitor.tell(
            phase="training", epoch=epoch + 1, batch=0, batches=self.batches
        )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batch = batch + 1
        self.left.end_batch(self.batch)
        now = time.perf_counter()
        if now - self.told < 1 / PER_SECOND and self.batch not in (1, self.batches):
            return
        self.told = now
        logs = loss_first(logs)
        self.trace.add(self.batch, self.batches, logs)
        self.monitor.tell(
            batch=self.batch,
            trace=list(self.trace.points),
            seconds=now - self.began,
            seconds_left=self.left.seconds(self.run.epochs, self.batch, self.batches),
            **({} if self.run.history else {"history": {name: [] for name in logs}}),
        )

    def on_test_begin(self, logs: Any = None) -> None:
        self.monitor.tell(phase="validating")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.model.stop_training:  # else the epoch may have been a short one
            self.batches = self.batch
        self.left.end_epoch()
        self.monitor.tell(
            history=plain(self.run.history), best_epoch=self.run.best_epoch
        )


def display(run: Run, epochs: int, show: bool) -> Hidden:
    """What fits the place where the training runs."""
    if not show:
        return Hidden()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return Live(run, epochs) if hasattr(shell, "kernel") else Lines(epochs)


def _kernel_id() -> str:
    """The id by which the Jupyter server knows this kernel; empty without one."""
    try:
        from ipykernel.connect import get_connection_file

        return Path(get_connection_file()).stem.removeprefix("kernel-")
    except (ImportError, RuntimeError):
        return ""
