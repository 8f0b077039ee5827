"""What a training leaves behind, also in a file."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from course_utils.training import archive
from course_utils.training.likeness import architecture, refuse_other, same_optimizer


@dataclass(eq=False)
class Run:
    """What a training leaves behind.

    Attributes
    ----------
    model : the trained model, with the weights of the best epoch.
    history : one value an epoch for each of "loss", "val_loss", "accuracy", ...
    seconds : time spent training, all parts of a resumed run together.
    work : the same without what the computer did for others, see `clocks`; None where
        that is not known: files do not keep it.
    stopped : whether the stop button or an interrupt ended it.
    settings : epochs, batch size, optimizer, loss and numbers of examples.
    versions : of Python and the libraries that trained it.
    last_weights : the weights after the last batch, from which `resume` goes on.
    """

    model: keras.Model
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    work: float | None = None
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
        about = {
            "architecture": architecture(self.model),
            "history": self.history,
            "seconds": self.seconds,
            "stopped": self.stopped,
            "settings": self.settings,
            "versions": self.versions,
        }
        archive.write(target, about, self.model, self.last_weights)
        return target


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
    OSError
        Where it cannot be read, as for want of permission, or is a folder.
    ValueError
        For a file that is not a saved run, is damaged, would take much more memory
        than its size, holds NaN, or was saved by another model.
    MemoryError
        Where a good file does not fit into the memory that is free.
    """
    source = Path(path)
    about, loaded, last_weights = archive.read(source)
    if model is None:
        model = loaded
    else:
        refuse_other(model, about["architecture"], source)
        refuse_other(model, architecture(loaded), source)
        model.set_weights(loaded.get_weights())
        if model.compiled and same_optimizer(model.optimizer, loaded.optimizer):
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(
                model.optimizer.variables, loaded.optimizer.variables
            ):
                variable.assign(value)
    kept = {k: about[k] for k in ("history", "seconds", "stopped", "settings")}
    return Run(model, **kept, versions=about["versions"], last_weights=last_weights)
