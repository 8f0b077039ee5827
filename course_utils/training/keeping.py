"""What is kept of a training: its history and the weights of its best epoch."""

from typing import Any

import keras
import numpy as np

from course_utils.clocks import Clock
from course_utils.training.runs import Run


class Keeper(keras.callbacks.Callback):
    """Writes history into a run, and knows the weights that were best."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.best_weights: list[np.ndarray] | None = None
        self.clock = Clock()
        self.batches = 0  # of the epoch under way

    def go_on(self, earlier: Run) -> None:
        """Begin with the last weights of an earlier run; its best ones count, too."""
        self.best_weights = self.run.model.get_weights()
        self.run.model.set_weights(earlier.last_weights)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches += 1

    def on_test_begin(self, logs: Any = None) -> None:
        self._refuse_nothing()

    def _refuse_nothing(self) -> None:
        if not self.batches:
            what = "nothing more: only once can one go through it" * bool(
                self.run.epochs
            )
            raise ValueError(f"train: the stream is empty, it gave {what or 'nothing'}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._refuse_nothing()
        for name, value in loss_first(logs).items():
            self.run.history.setdefault(name, []).append(float(value))
        if self.run.best_epoch == epoch:
            self.best_weights = self.run.model.get_weights()
        if not np.isfinite(logs["loss"]):
            self.model.stop_training = True

    def finish(self, stopped: bool) -> None:
        """Put the best weights into the model and close the run."""
        run = self.run
        run.work = (run.seconds if run.work is None else run.work) + self.clock.work()
        run.seconds += self.clock.passed()
        run.stopped = stopped
        run.last_weights = run.model.get_weights()
        if self.best_weights is not None:
            run.model.set_weights(self.best_weights)


def loss_first(logs: dict[str, float]) -> dict[str, float]:
    """Keras sorts by name; readers want the loss, then the metrics."""
    return dict(sorted(logs.items(), key=lambda item: not item[0].endswith("loss")))
