"""Numbers of single batches: a line of them to draw, and the time that is left."""

import time

import numpy as np

POINTS = 250  # of the line, at most, in a whole training


class Trace:
    """A line of losses and metrics over batches, with few enough points to send.

    ``points`` has [epochs done, loss, metric] for the batches since the point before;
    None stands for what is no number.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.points: list[list[float | None]] = []
        self.begin_epoch(0)

    def begin_epoch(self, done: int) -> None:
        self.done, self.batch = done, 0
        self.sums: list[float] = []

    def add(self, batch: int, batches: int, logs: dict[str, float]) -> None:
        """Add the mean over the batches since the last point.

        Keras reports the mean since the epoch began: undone here, because it would jump
        at each new epoch.
        """
        count = batch - self.batch
        if not batches or count < batches * self.epochs / POINTS:
            return
        sums = [value * batch for value in list(logs.values())[:2]]
        before = self.sums or [0.0] * len(sums)
        means = [float((s - b) / count) for s, b in zip(sums, before)]
        at = self.done + batch / max(batches, batch)
        self.points.append([v if np.isfinite(v) else None for v in (at, *means)])
        self.sums, self.batch = sums, batch


class TimeLeft:
    """Estimates how long a training will go on, from what it took so far."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.epoch_seconds: float | None = None
        self.began = self.first_ended = time.perf_counter()

    def begin_epoch(self) -> None:
        self.began = time.perf_counter()

    def end_epoch(self) -> None:
        self.epoch_seconds = time.perf_counter() - self.began

    def end_batch(self, batch: int) -> None:
        if batch == 1:  # the first batch ever takes long: TensorFlow builds
            self.first_ended = time.perf_counter()

    def seconds(self, done: int, batch: int, batches: int) -> float | None:
        """After `batch` of `batches`, with `done` epochs; None while nobody knows."""
        if not batches or batch < 2:
            return None
        one = (time.perf_counter() - self.first_ended) / (batch - 1)
        epoch = self.epoch_seconds or one * batches
        return one * (batches - batch) + epoch * (self.epochs - done - 1)
