"""What an interrupt does to a training: it ends early, and nothing is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


class Interrupts(keras.callbacks.Callback):
    """The first interrupt ends training after the batch, the second one at once.

    Attributes
    ----------
    came : whether there was one.
    over : whether training has ended; from then on interrupts do nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.came = False
        self.over = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Answer interrupts; afterwards they mean what they meant before."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread receives them
            return
        before = signal.signal(signal.SIGINT, self._answer)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before or signal.default_int_handler)

    def _answer(self, *_: Any) -> None:
        if self.over:
            return
        if self.came:
            raise KeyboardInterrupt
        self.came = True

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.came:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.came:  # during validation
            self.model.stop_training = True
