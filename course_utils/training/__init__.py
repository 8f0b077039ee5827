"""Train with a live monitor; stop and resume; save a run and load it again.

    run = training.fit(model, data.train, data.validation, epochs=6)
    run.best_epoch, run.history["val_accuracy"]

In a notebook `fit` shows curves, progress and a stop button, in a terminal one line an
epoch. The stop button and an interrupt (the square in the toolbar, Ctrl-C) do the same:
training ends after the batch under way, the epoch so far is validated, and `fit`
returns as usual with the best weights in the model. A second interrupt ends it at
once. `fit(..., resume=run)` goes on from there.
"""

import io
import json
import os
import platform
import signal
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import numpy as np

import course_utils
from course_utils import models
from course_utils.widgets.training_monitor import TrainingMonitor, plain

FORMAT = "cnn-course run 1"
# The parts of a layer's configuration by which two networks are told apart.
TELLING = ["units", "filters", "kernel_size", "strides", "padding", "pool_size"]
PER_SECOND = 4  # how often the monitor is told about batches


@dataclass(eq=False)
class Run:
    """What a training leaves behind.

    Attributes
    ----------
    model : the trained model, with the weights of the best epoch.
    history : one value an epoch for each of "loss", "val_loss", "accuracy", ...
    seconds : time spent training, all parts of a resumed run together.
    stopped : whether the stop button or an interrupt ended it.
    settings : epochs, batch size, optimizer, loss and numbers of examples.
    versions : of Python and the libraries that trained it.
    last_weights : the weights after the last batch, from which `resume` goes on.
    """

    model: keras.Model
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    last_weights: list[np.ndarray] = field(default_factory=list, repr=False)

    @property
    def epochs(self) -> int:
        """Epochs trained; one that was stopped halfway counts."""
        return len(self.history.get("loss", []))

    @property
    def best_epoch(self) -> int | None:
        """Index into `history` of the lowest validation loss; None without any."""
        losses = np.array(self.history.get("val_loss", []))
        return int(np.nanargmin(losses)) if np.isfinite(losses).any() else None

    def __repr__(self) -> str:
        return f"<Run of {self.model.name}: {self.epochs} epochs>"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write model, history, settings and versions into one file.

        The file is whole or not there: it is written beside its place and then moved.

        Parameters
        ----------
        path : file to write, usually ending in ".zip"; its folder is made if needed.

        Returns
        -------
        pathlib.Path : where it is now.
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "format": FORMAT,
            "architecture": architecture(self.model),
            "history": self.history,
            "seconds": self.seconds,
            "stopped": self.stopped,
            "settings": self.settings,
            "versions": self.versions,
        }
        weights = io.BytesIO()
        np.savez(weights, *self.last_weights)
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}-"
        ) as folder:
            self.model.save(Path(folder, "model.keras"))
            draft = Path(folder, "run.zip")
            with zipfile.ZipFile(draft, "w") as archive:
                archive.writestr("run.json", json.dumps(about, indent=1, default=str))
                archive.writestr("last_weights.npz", weights.getvalue())
                archive.write(Path(folder, "model.keras"), "model.keras")
            draft.replace(target)
        return target


def fit(
    model: keras.Model,
    train: Any,
    validation: Any,
    *,
    epochs: int,
    batch_size: int = 64,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    resume: Run | None = None,
    show: bool = True,
) -> Run:
    """Train a compiled model and keep the weights of its best epoch.

    The best epoch is the one with the lowest validation loss. Without `resume` a second
    call trains the same model further, from the weights it has, with a history of its
    own; build the model anew to start over. To repeat a result, call
    `keras.utils.set_random_seed` before the model is built.

    Parameters
    ----------
    model : compiled Keras model.
    train, validation : an object with `images` (N, ...) and `labels` (N, ...), as the
        data sets have, a pair (images, labels), or a `tf.data.Dataset` of batches.
    epochs : how often to go through the training data; with `resume`, counted together
        with the epochs that the run has already.
    batch_size : images a step, for arrays; a `tf.data.Dataset` has its own batches.
    callbacks : further Keras callbacks.
    resume : an earlier run of this model to go on with, from its last weights. Where it
        has all `epochs` already nothing is trained.
    show : whether to show the monitor (a notebook) or a line an epoch (a terminal).

    Returns
    -------
    Run : also after the stop button or an interrupt.

    Raises
    ------
    ValueError
        For a model that is not compiled, data that do not fit it, `resume` of another
        model, epochs or batch_size below 1.
    TypeError
        For data of another kind.
    """
    if not model.compiled:
        raise ValueError("model: it is not compiled; call model.compile(...) first")
    if epochs < 1 or batch_size < 1:
        raise ValueError(
            f"epochs: {epochs}, batch_size: {batch_size}; both must be at least 1"
        )
    if resume is not None and resume.model is not model:
        raise ValueError(
            "resume: this run trained another model; pass run.model, or load the run "
            "into your model with load_run(path, model=model)"
        )
    train_data = _as_fit_data(model, train, "train")
    validation_data = _as_fit_data(model, validation, "validation")
    run = Run(
        model,
        settings=_settings(model, train_data, validation_data, epochs, batch_size),
        versions=_versions(),
    )
    if resume is not None:
        run.history = {name: list(values) for name, values in resume.history.items()}
        run.seconds = resume.seconds
    recorder = _Recorder(run, epochs, show)
    with recorder.interrupts(), recorder.shown(), warnings.catch_warnings():
        if resume is not None:
            recorder.best_weights = model.get_weights()
            model.set_weights(resume.last_weights)
        in_memory = isinstance(train_data, tuple)
        images, labels = train_data if in_memory else (train_data, None)
        if run.epochs < epochs:
            # Keras complains about the end of a dataset whose length it did not know.
            warnings.filterwarnings("ignore", message="Your input ran out of data")
            try:
                model.fit(
                    images,
                    labels,
                    validation_data=validation_data,
                    epochs=epochs,
                    initial_epoch=run.epochs,
                    batch_size=batch_size if in_memory else None,
                    validation_batch_size=(
                        512 if isinstance(validation_data, tuple) else None
                    ),
                    shuffle=in_memory,
                    callbacks=[*callbacks, recorder],
                    verbose=0,
                )
            except KeyboardInterrupt:
                recorder.interrupted = True
        recorder.finish()
    return run


def load_run(path: str | os.PathLike[str], model: keras.Model | None = None) -> Run:
    """Load a run that `Run.save` wrote.

    Parameters
    ----------
    path : the file.
    model : where given, it gets the weights, and its optimizer the state where it has
        the same settings; it must be built like the saved one. Otherwise the saved
        model itself is loaded.

    Returns
    -------
    Run : its model has the weights of the best epoch, and `fit` can resume it.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        For a file that is not a saved run, is damaged, or was saved by another model.
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"path: there is no saved run at {source}")
    try:
        with zipfile.ZipFile(source) as archive:
            about = json.loads(archive.read("run.json"))
            weights = io.BytesIO(archive.read("last_weights.npz"))  # CRC is checked
            saved_model = archive.read("model.keras")
        known = about["format"] == FORMAT
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise ValueError(
            f"path: {source} is not a saved run, or it is damaged ({error}); "
            "train again and save it anew"
        ) from error
    if not known:
        raise ValueError(
            f"path: {source} has the format {about['format']!r}; this version of "
            f"course_utils reads {FORMAT!r}"
        )
    if model is not None:
        _refuse_other(model, about["architecture"], source)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        file.write_bytes(saved_model)
        loaded = keras.saving.load_model(
            file, custom_objects={"Augmentation": models.Augmentation}
        )
    with np.load(weights) as arrays:
        last_weights = [arrays[name] for name in arrays.files]
    if model is None:
        model = loaded
    else:
        model.set_weights(loaded.get_weights())
        if model.compiled and _same_optimizer(model.optimizer, loaded.optimizer):
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(
                model.optimizer.variables, loaded.optimizer.variables
            ):
                variable.assign(value)
    kept = {k: about[k] for k in ("history", "seconds", "stopped", "settings")}
    return Run(model, **kept, versions=about["versions"], last_weights=last_weights)


def architecture(model: keras.Model) -> list[str]:
    """The input shape, then one line a layer: its kind and what shapes its weights.

    Two models are taken as the same when these lines are equal; names do not matter.
    """
    lines = [f"input {model.input_shape[1:]}"]
    for layer in model.layers:
        config = layer.get_config()
        words = [f"{key}={config[key]}" for key in TELLING if key in config]
        if hasattr(layer, "activation"):
            words.append(f"activation={keras.activations.serialize(layer.activation)}")
        lines.append(" ".join([type(layer).__name__, *words]))
        if isinstance(layer, keras.Model):
            lines += architecture(layer)
    return lines


def _same_optimizer(ours: keras.Optimizer, other: keras.Optimizer) -> bool:
    configs = [dict(keras.optimizers.serialize(o)["config"]) for o in (ours, other)]
    for config in configs:
        config.pop("name")
    return type(ours) is type(other) and configs[0] == configs[1]


def _refuse_other(model: keras.Model, saved: list[str], source: Path) -> None:
    for here, there in zip_longest(architecture(model), saved, fillvalue="no layer"):
        if here != there:
            raise ValueError(
                f"model: {source} was saved by another model; where the saved one has "
                f"{there!r}, yours has {here!r}"
            )


def _as_fit_data(model: keras.Model, data: Any, name: str) -> Any:
    """A pair of arrays, checked against the model; a tf.data.Dataset as it is."""
    if hasattr(data, "images") and hasattr(data, "labels"):
        data = (data.images, data.labels)
    if hasattr(data, "element_spec"):  # a tf.data.Dataset
        return data
    if not (isinstance(data, (tuple, list)) and len(data) == 2):
        raise TypeError(
            f"{name}: got {type(data).__name__}; allowed are an object with images and "
            "labels, a pair (images, labels) and a tf.data.Dataset of batches"
        )
    images, labels = np.asarray(data[0]), np.asarray(data[1])
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(
            f"{name}: {len(images)} images and {len(labels)} labels; needed are as "
            "many labels as images, and at least one"
        )
    expected = tuple(model.input_shape[1:])
    if images.shape[1:] not in (expected, expected[:-1] if expected[-1] == 1 else None):
        raise ValueError(
            f"{name}: images have the shape {images.shape[1:]}, but the model takes "
            f"{expected}"
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise ValueError(f"{name}: images hold NaN or infinity")
    scales = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    if scales and images.dtype.kind == "f" and images.max() <= 1:
        raise ValueError(
            f"{name}: images are in 0..1 already, but the model scales 0..255 to 0..1 "
            "itself; give it the images as they came"
        )
    classes = model.output_shape[-1]
    if (
        labels.ndim == 1
        and classes > 1
        and not 0 <= labels.min() <= labels.max() < classes
    ):
        raise ValueError(
            f"{name}: labels go from {labels.min()} to {labels.max()}, but the model "
            f"tells {classes} classes apart: 0 to {classes - 1}"
        )
    return images, labels


def _settings(
    model: keras.Model, train: Any, validation: Any, epochs: int, batch_size: int
) -> dict[str, Any]:
    optimizer = keras.optimizers.serialize(model.optimizer)
    sizes = {
        f"{name}_examples": len(data[1]) if isinstance(data, tuple) else None
        for name, data in (("train", train), ("validation", validation))
    }
    return {
        "epochs": epochs,
        "batch_size": batch_size if isinstance(train, tuple) else None,
        "optimizer": {optimizer["class_name"]: optimizer["config"]},
        "loss": str(getattr(model.loss, "name", model.loss)),
        **sizes,
    }


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        keras.backend.backend(): _backend_version(),
        "numpy": np.__version__,
        "course_utils": course_utils.__version__,
    }


def _backend_version() -> str:
    return str(sys.modules[keras.backend.backend()].__version__)


class _Recorder(keras.callbacks.Callback):
    """Keeps history and best weights, tells the monitor, stops when asked to."""

    def __init__(self, run: Run, epochs: int, show: bool) -> None:
        super().__init__()
        self.run = run
        self.epochs = epochs
        self.best_weights: list[np.ndarray] | None = None
        self.interrupted = False
        self.finished = False
        self.batches = 0  # known after the first epoch, or from the arrays
        self.began = time.perf_counter() - run.seconds
        self.epoch_seconds: float | None = None
        self.trace: list[list[float | None]] = []
        shell = (
            sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        )
        notebook = hasattr(shell, "kernel")
        self.prints = show and not notebook
        self.monitor = (
            TrainingMonitor(
                title=run.model.name,
                epochs=epochs,
                history=plain(run.history),
                best_epoch=run.best_epoch,
                kernel_id=_kernel_id(),
            )
            if show and notebook
            else None
        )

    # ------------------------------------------------------------ around training

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """The first interrupt ends training after the batch, the second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread receives them
            return

        def answer(*_: Any) -> None:
            if self.finished:
                return
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True

        before = signal.signal(signal.SIGINT, answer)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before or signal.default_int_handler)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the monitor, and at the end leave its picture in the notebook."""
        if self.monitor is None:
            yield
            return
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
        """Put the best weights into the model and close the run."""
        self.finished = True
        run = self.run
        run.seconds = time.perf_counter() - self.began
        run.stopped = self.interrupted
        run.last_weights = run.model.get_weights()
        if self.best_weights is not None:
            run.model.set_weights(self.best_weights)
        self._tell(
            phase="stopped" if run.stopped else "done",
            seconds=run.seconds,
            seconds_left=None,
            trace=self.trace,
        )

    # ------------------------------------------------------------ Keras calls these

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch_began = self.told = time.perf_counter()
        self.batch = self.traced = 0
        self.sums: list[float] = []
        self.batches = self.batches or self.params.get("steps") or 0
        self._tell(phase="training", epoch=epoch + 1, batch=0, batches=self.batches)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batch = batch + 1
        if self.interrupted:
            self.model.stop_training = True
        if self.monitor is None:
            return
        now = time.perf_counter()
        if self.batch == 1:
            self.first_ended = now  # the first batch ever takes long: TensorFlow builds
        if now - self.told < 1 / PER_SECOND and self.batch not in (1, self.batches):
            return
        self.told = now
        logs = _loss_first(logs)
        self._trace(logs)
        self.monitor.tell(
            batch=self.batch,
            trace=list(self.trace),
            seconds=now - self.began,
            seconds_left=self._seconds_left(now),
            **({} if self.run.history else {"history": {name: [] for name in logs}}),
        )

    def on_test_begin(self, logs: Any = None) -> None:
        self._tell(phase="validating")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        run = self.run
        self.batches = self.batch if not self.interrupted else self.batches
        self.epoch_seconds = time.perf_counter() - self.epoch_began
        logs = _loss_first(logs)
        for name, value in logs.items():
            run.history.setdefault(name, []).append(float(value))
        if run.best_epoch == epoch:
            self.best_weights = run.model.get_weights()
        if self.interrupted or not np.isfinite(logs["loss"]):
            self.model.stop_training = True
        self._tell(history=plain(run.history), best_epoch=run.best_epoch)
        if self.prints:
            numbers = "  ".join(f"{k} {v:.4f}" for k, v in logs.items())
            print(f"epoch {epoch + 1}/{self.epochs}  {numbers}", flush=True)

    # ------------------------------------------------------------ for the monitor

    def _tell(self, **changes: Any) -> None:
        if self.monitor is not None:
            self.monitor.tell(**changes)

    def _trace(self, logs: dict[str, float]) -> None:
        """Add the mean over the batches since the last point.

        Keras reports the mean since the epoch began: undone here, because it would jump
        at each new epoch.
        """
        count = self.batch - self.traced
        if not self.batches or count < self.batches * self.epochs / 250:
            return  # at most 250 points a run
        sums = [value * self.batch for value in list(logs.values())[:2]]
        before = self.sums or [0.0] * len(sums)
        means = [float((s - b) / count) for s, b in zip(sums, before)]
        at = self.run.epochs + self.batch / max(self.batches, self.batch)
        self.trace.append([v if np.isfinite(v) else None for v in (at, *means)])
        self.sums, self.traced = sums, self.batch

    def _seconds_left(self, now: float) -> float | None:
        if not self.batches or self.batch < 2:
            return None
        batch = (now - self.first_ended) / (self.batch - 1)
        epoch = self.epoch_seconds or batch * self.batches
        rest = batch * (self.batches - self.batch)
        return rest + epoch * (self.epochs - self.run.epochs - 1)


def _loss_first(logs: dict[str, float]) -> dict[str, float]:
    """Keras sorts by name; readers want the loss, then the metrics."""
    return dict(sorted(logs.items(), key=lambda item: not item[0].endswith("loss")))


def _kernel_id() -> str:
    """The id by which the Jupyter server knows this kernel; empty without one."""
    try:
        from ipykernel.connect import get_connection_file

        return Path(get_connection_file()).stem.removeprefix("kernel-")
    except (ImportError, RuntimeError):
        return ""
