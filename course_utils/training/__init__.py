"""Train with a live monitor; stop and resume; save a run and load it again.

    run = training.fit(model, data.train, data.validation, epochs=6)
    run.best_epoch, run.history["val_accuracy"]

In a notebook `fit` shows curves, progress and a stop button, in a terminal one line an
epoch. The stop button and an interrupt (the square in the toolbar, Ctrl-C) do the same:
training ends after the batch under way, the epoch so far is validated, and `fit`
returns as usual with the best weights in the model. A second interrupt ends it at
once. `fit(..., resume=run)` goes on from there.
"""

from course_utils.training.fitting import fit
from course_utils.training.likeness import architecture
from course_utils.training.runs import Run, load_run

__all__ = ["Run", "architecture", "fit", "load_run"]
