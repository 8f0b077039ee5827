"""The logit of a class: what a network gives before it makes probabilities of it.

Softmax and sigmoid come as names, as functions of Keras or TensorFlow, as layers and as
operations, so they are known by what they do to numbers, not by what they are called.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from course_utils.explain.listening import (
    Heard,
    Run,
    before_activation,
    changes_numbers_alone,
    listen,
)

# What may stand behind the layer that gives the scores without changing them.
PASSING = (layers.Reshape, layers.Flatten, layers.Dropout, layers.Identity)


class Ending(NamedTuple):
    """Where the logits are in a run, and by how much they are to be scaled."""

    source: str  # "layer": before its activation, "output": what it gives, "answer"
    layer: Any
    scale: float


def logits_of(run: Run, ending: Ending) -> Any:
    """Logits (N, classes); a single output z stands for the two classes -z and z."""
    if ending.source == "answer":
        found = run.answer
    else:
        one = next(one for one in reversed(run.heard) if one.layer is ending.layer)
        found = before_activation(one) if ending.source == "layer" else one.output
    found = ending.scale * tf.cast(found, tf.float32)
    found = tf.reshape(found, (len(found), -1))
    if found.shape[1] == 1:
        found = tf.concat([-found, found], axis=1)
    return found


def find_ending(model: keras.Model, run: Run, batch: Any) -> Ending:
    """Find the logits of a classifier.

    Raises
    ------
    ValueError
        For an answer that is not one number a class, and where probabilities come out
        but no logits can be found behind them.
    """
    shape = tuple(run.answer.shape[1:])
    if len(shape) == 0 or np.prod(shape) != max(shape):
        raise ValueError(
            f"model: it answers with {shape or 'one number'} for an image; needed is "
            "one number a class, (classes,)"
        )
    one = _source(run, run.answer)
    while one is not None and _passes(one) and _source(run, one.input) is not None:
        one = _source(run, one.input)
    if one is not None and not _passes(one):
        own = getattr(one.layer, "activation", None)
        if changes_numbers_alone(one):
            return _told(model, one, one.layer)
        if callable(own):
            return _told(model, one, own)
        return Ending("output", one.layer, 1)
    return _behind_operations(model, run, batch)


def chosen(logits: Any, class_index: int) -> Any:
    """The logits (N,) of one class."""
    if isinstance(class_index, bool) or not isinstance(class_index, int | np.integer):
        raise TypeError(f"class_index: {class_index!r}; a whole number is needed")
    if not 0 <= class_index < logits.shape[1]:
        raise ValueError(
            f"class_index: {class_index}; the model tells {logits.shape[1]} classes "
            f"apart: 0 to {logits.shape[1] - 1}"
        )
    return logits[:, class_index]


def _source(run: Run, tensor: Any) -> Heard | None:
    """The layer that gave this very tensor, the last one first."""
    return next((one for one in reversed(run.heard) if one.output is tensor), None)


def _passes(one: Heard) -> bool:
    return isinstance(one.layer, PASSING)


def _told(model: keras.Model, one: Heard, activation: Callable[[Any], Any]) -> Ending:
    """The ending at a layer whose activation is told by what it does to numbers."""
    width = int(np.prod(one.output.shape[1:]))
    probe = np.random.default_rng(0).normal(0, 2, (12, width)).astype("float32")
    wide = tf.reshape(probe, (12, *one.output.shape[1:]))
    given = np.reshape(tf.cast(activation(wide), tf.float32), (12, width))
    scale = _scale(probe, given)
    if scale is None:
        raise ValueError(
            f"model: {model.name} ends in an activation that keeps no order of its "
            f"inputs ({getattr(activation, '__name__', one.name)}); end it in softmax, "
            "sigmoid or no activation"
        )
    return Ending("layer", one.layer, scale)


def _scale(z: np.ndarray, given: np.ndarray) -> float | None:
    """The number by which `given` = softmax(scale * z), sigmoid(scale * z), ...

    1 for any other function of single numbers that rises, -1 for one that falls; None
    where it is none of these. Both are (N, classes).
    """
    if np.allclose(z, given, atol=1e-5):
        return 1.0
    rows, best = np.arange(len(z)), given.argmax(axis=1)
    with np.errstate(all="ignore"):
        for shares, logs in ((given, np.log(given)), (np.exp(given), given)):
            if z.shape[1] > 1 and np.allclose(shares.sum(axis=1), 1, atol=1e-3):
                return _ratio(
                    z - z[rows, best][:, None], logs - logs[rows, best][:, None]
                )
        if (given >= 0).all() and (given <= 1).all():
            odds = _ratio(z, np.log(given / (1 - given)))
            if odds is not None:
                return odds
    steps = np.diff(given.ravel()[np.argsort(z, axis=None)])
    if (steps >= -1e-5).all() and (steps > 0).any():
        return 1.0
    return -1.0 if (steps <= 1e-5).all() and (steps < 0).any() else None


def _ratio(z: np.ndarray, logs: np.ndarray) -> float | None:
    """The factor between two arrays, if there is one; infinite logs do not count."""
    z, logs = z[np.isfinite(logs)], logs[np.isfinite(logs)]
    if not (z * z).sum() > 0:
        return None
    factor = float((z * logs).sum() / (z * z).sum())
    fits = np.allclose(factor * z, logs, rtol=1e-2, atol=1e-2)
    return factor if fits and abs(factor) > 1e-6 else None


def _behind_operations(model: keras.Model, run: Run, batch: Any) -> Ending:
    """The ending of a model that computes on after its last layer."""
    pictures = np.concatenate([batch, *(np.roll(batch, k, axis=1) for k in (1, 3, 7))])
    run = listen(model, tf.constant(pictures))
    answer = np.reshape(tf.cast(run.answer, tf.float32), (len(pictures), -1))
    for one in reversed(run.heard):
        if np.prod(one.output.shape[1:]) != answer.shape[1] or _passes(one):
            continue
        given = np.reshape(tf.cast(one.output, tf.float32), answer.shape)
        if np.allclose(given, answer, rtol=1e-4, atol=1e-6):
            own = getattr(one.layer, "activation", None)
            return (
                _told(model, one, own)
                if callable(own)
                else Ending("output", one.layer, 1)
            )
        scale = _scale(given, answer)
        if scale is not None and np.ptp(given, axis=0).max() > 0:
            return Ending("output", one.layer, scale)
    if (answer >= 0).all() and (
        answer.shape[1] == 1 or np.allclose(answer.sum(axis=1), 1, atol=1e-3)
    ):
        raise ValueError(
            f"model: {model.name} gives probabilities, but no layer gives the logits "
            "before them; end it in a Dense layer with softmax or sigmoid"
        )
    return Ending("answer", None, 1)
