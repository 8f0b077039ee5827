"""Labels, compared with the loss and the outputs that they are to be compared with.

What the loss can do without nonsense is accepted, so that fractions are right where a
loss compares shares: smoothed or mixed labels of binary and categorical cross-entropy
(whose accuracy then says little). Losses of one's own are left alone.
"""

from typing import Any

import keras
import numpy as np

from course_utils.training.network import (
    BINARY,
    CLASSES,
    EACH,
    SHARES,
    loss_of,
    shape_of,
)


def as_labels(name: str, value: Any, model: keras.Model) -> np.ndarray:
    """Labels as an array of numbers that belong to the loss.

    Parameters
    ----------
    name : of the argument, for the error.
    value : array, list, tensor or column, of any type of numbers.
    model : compiled.

    Returns
    -------
    np.ndarray : as many axes as `value`; whole numbers as such where the loss takes
        the numbers of classes.

    Raises
    ------
    ValueError
        For labels that the loss would misunderstand.
    """
    labels = _numbers(name, value)
    loss, settings = loss_of(model)
    if not loss or not labels.size:
        return labels
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        missing = int((~np.isfinite(labels)).sum())
        raise ValueError(f"{name}: {missing} of the labels are NaN or infinity")
    check_label_shape(name, labels.shape, model)
    if loss == CLASSES:
        outputs = shape_of(model, "output")
        classes = outputs[-1] if outputs else None
        return _class_numbers(name, labels, classes, settings.get("ignore_class"))
    if loss in BINARY:
        _check_binary(name, labels, loss)
    elif loss in SHARES:
        _check_shares(name, labels, loss)
    return labels


def check_label_shape(name: str, shape: Any, model: keras.Model) -> None:
    """Refuse labels (N, ...) of a shape that the loss cannot compare with outputs."""
    outputs, (loss, _) = shape_of(model, "output"), loss_of(model)
    shape = tuple(shape)
    if outputs is None or not loss:
        return
    has = f"{name}: labels have the shape {shape}"
    if loss == CLASSES and not _fits(shape, (*outputs[:-1], 1)):
        if len(shape) == len(outputs) and shape[-1] == outputs[-1]:
            raise ValueError(
                f"{has}, so they look like one column a class (one-hot), but {loss} "
                "takes one number an image: labels.argmax(-1); or compile the model "
                "with categorical_crossentropy"
            )
        raise ValueError(
            f"{has}, but {loss} takes {('N', *outputs[1:-1])}: the number of a class "
            "for each output"
        )
    if loss in SHARES and not _fits(shape, outputs, exactly=True):
        raise ValueError(
            f"{has}, but {loss} takes one column for each of {outputs[-1]} classes; "
            f"compile with {CLASSES} for the numbers of classes, or use "
            "keras.utils.to_categorical(labels)"
        )
    if loss in (*BINARY, *EACH) and not _fits(shape, outputs):
        raise ValueError(
            f"{has}, but the model gives {outputs}, and {loss} compares them one by one"
        )


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        labels = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name}: the labels are no array of numbers ({error})"
        ) from None
    if labels.dtype.kind == "b":
        return labels.astype(np.uint8)
    if labels.dtype.kind in "iuf":
        return labels
    if labels.dtype.kind in "OV":  # numbers all the same, such as those of a table
        try:
            return labels.astype(float)
        except (ValueError, TypeError):
            pass
    example = repr(labels.ravel()[0].item() if labels.dtype.kind in "US" else value)
    raise ValueError(
        f"{name}: the labels are {labels.dtype}, such as {example[:40]}, not numbers; "
        "np.unique(labels, return_inverse=True)[1] numbers classes from 0"
    )


def _class_numbers(
    name: str, labels: np.ndarray, classes: int | None, ignored: int | None
) -> np.ndarray:
    whole = np.rint(labels)
    if labels.dtype.kind == "f" and (labels != whole).any():
        example = labels[labels != whole].ravel()[0]
        raise ValueError(
            f"{name}: labels such as {example:g} are no numbers of classes; {CLASSES} "
            "takes whole ones"
        )
    counted = whole if ignored is None else whole[whole != ignored]
    if classes and counted.size and not 0 <= counted.min() <= counted.max() < classes:
        raise ValueError(
            f"{name}: labels go from {counted.min():g} to {counted.max():g}, but the "
            f"model tells {classes} classes apart: 0 to {classes - 1}"
        )
    return whole.astype(np.int64) if labels.dtype.kind == "f" else labels


def _check_binary(name: str, labels: np.ndarray, loss: str) -> None:
    if labels.min() >= 0 and labels.max() <= 1:
        return
    values = np.unique(labels)
    told = ", ".join(f"{value:g}" for value in values[:4])
    if len(values) == 2:
        cure = f"(labels == {values[1]:g}).astype(int) makes them"
    elif (values == np.rint(values)).all():
        cure = (
            f"for {len(values)} classes end the model in Dense({len(values)}, "
            f"activation='softmax') and compile it with {CLASSES}"
        )
    else:
        cure = "fractions are shares between them"
    more = ", ..." if len(values) > 4 else ""
    raise ValueError(
        f"{name}: labels are {told}{more}, but {loss} takes 0 and 1; {cure}"
    )


def _check_shares(name: str, labels: np.ndarray, loss: str) -> None:
    rows = labels.sum(axis=-1, dtype=float)
    if labels.min() < 0 or np.abs(rows - 1).max() > 1e-2:
        worst = rows.ravel()[np.abs(rows - 1).argmax()]
        raise ValueError(
            f"{name}: {loss} takes labels whose rows are shares, 0 to 1, that add up "
            f"to 1; they go from {labels.min():g} to {labels.max():g}, and a row adds "
            f"up to {worst:g}"
        )


def _fits(
    shape: tuple[int | None, ...],
    outputs: tuple[int | None, ...],
    exactly: bool = False,
) -> bool:
    """Whether labels have the shape of the outputs; a last axis of 1 may be missing."""
    if not exactly and outputs[-1] == 1 and len(shape) == len(outputs) - 1:
        outputs = outputs[:-1]
    return len(shape) == len(outputs) and all(
        n is None or m is None or m == n for m, n in zip(shape[1:], outputs[1:])
    )
