"""Train a network: the one function that does, with all that watches it."""

import platform
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

import course_utils
from course_utils.training import streams
from course_utils.training.data import as_fit_data
from course_utils.training.interrupts import Interrupts
from course_utils.training.keeping import Keeper
from course_utils.training.network import check_ending
from course_utils.training.runs import Run
from course_utils.training.showing import display


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
        data sets have, a pair (images, labels), or a `tf.data.Dataset` of batches (or a
        `keras.utils.PyDataset`). Labels must belong to the loss: numbers of classes,
        0 to classes - 1, for sparse categorical cross-entropy; shares between 0 and 1
        for binary cross-entropy, and rows of them that add up to 1 for categorical.
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
        For a model that is not compiled, or whose loss takes its outputs for what they
        are not; data that do not fit the model, its loss or the range that it scales;
        `resume` of another model, epochs or batch_size below 1.
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
    check_ending(model)
    train_data = as_fit_data(model, train, "train")
    validation_data = as_fit_data(model, validation, "validation")
    run = Run(
        model,
        settings=_settings(model, train_data, validation_data, epochs, batch_size),
        versions=_versions(),
    )
    if resume is not None:
        run.history = {name: list(values) for name, values in resume.history.items()}
        run.seconds, run.work = resume.seconds, resume.work
    keeper, interrupts = Keeper(run), Interrupts()
    shown = display(run, epochs, show)
    with interrupts.caught(), shown.open(), warnings.catch_warnings():
        # Keras complains about the end of a dataset whose length it did not know.
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        if resume is not None:
            keeper.go_on(resume)
        if run.epochs < epochs:
            watching = [*callbacks, keeper, interrupts, *shown.callbacks]
            try:
                _train(run, train_data, validation_data, epochs, batch_size, watching)
            except KeyboardInterrupt:
                interrupts.came = True
        interrupts.over = True
        keeper.finish(stopped=interrupts.came)
        shown.finish()
    return run


def _train(
    run: Run,
    train: Any,
    validation: Any,
    epochs: int,
    batch_size: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
    in_memory = isinstance(train, tuple)
    with streams.watched("train", train, run.model) as stream:
        images, labels = train if in_memory else (stream, None)
        run.model.fit(
            images,
            labels,
            validation_data=validation,
            epochs=epochs,
            initial_epoch=run.epochs,
            batch_size=batch_size if in_memory else None,
            validation_batch_size=512 if isinstance(validation, tuple) else None,
            shuffle=in_memory,
            callbacks=callbacks,
            verbose=0,
        )


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
