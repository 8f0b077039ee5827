"""The logit of a class: what a network gives before it makes probabilities of it.

Softmax and sigmoid come as names, as functions of Keras or TensorFlow, as layers and as
operations, so they are known by what they do to numbers, not by what they are called.
"""

from collections.abc import Callable, Iterator
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
    is_composite,
    is_of_keras,
    listen,
)

# What may stand behind the layer that gives the scores without changing them.
PASSING = (layers.Reshape, layers.Flatten, layers.Dropout, layers.Identity)
POOLING = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)


class Ending(NamedTuple):
    """Where the logits are in a run, and by how much they are to be scaled."""

    source: str  # "layer": before its activation, "output": what it gives, "answer"
    name: str = ""
    layer: Any = None
    scale: float = 1


def logits_of(run: Run, ending: Ending) -> Any:
    """Logits (N, classes); a single output z stands for the two classes -z and z."""
    if ending.source == "answer":
        found = run.answer
    else:
        one = next(one for one in run.heard if one.name == ending.name)
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
    one, told = _behind(run, run.answer), None
    if one is not None:
        own = getattr(one.layer, "activation", None)
        told = one.layer if changes_numbers_alone(one) else own
        if _is_linear(run, one):
            return Ending("output", one.name, one.layer)
        before = _behind(run, one.input)
        certain = told is own and is_of_keras(one.layer)
        if callable(told) and (certain or (before and _is_linear(run, before))):
            scale = _told(one, told)
            if scale is not None:
                return Ending("layer", one.name, one.layer, scale)
    found = _by_comparing(model, batch)
    if found is not None:
        return found
    if callable(told):
        raise ValueError(
            f"model: {model.name} ends in an activation that keeps no order of its "
            f"inputs ({getattr(told, '__name__', getattr(told, 'name', told))}); end "
            "it in softmax, sigmoid or no activation"
        )
    return Ending("answer")


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


def _behind(run: Run, tensor: Any) -> Heard | None:
    """The layer that gave this very tensor, or what was only reshaped to it."""
    one = next((one for one in run.heard if one.output is tensor), None)
    if one is None or not isinstance(one.layer, PASSING) or one.input is one.output:
        return one
    return _behind(run, one.input)


def _is_linear(run: Run, one: Heard) -> bool:
    """Whether a layer gives sums of what it takes, or means of such sums."""
    if isinstance(one.layer, POOLING):
        before = _behind(run, one.input)
        return before is not None and _is_linear(run, before)
    own = getattr(one.layer, "activation", None)
    weights = getattr(one.layer, "weights", [])
    return bool(is_of_keras(one.layer) and weights) and own in (
        None,
        keras.activations.linear,
    )


def _told(one: Heard, activation: Callable[[Any], Any]) -> float | None:
    """An activation told by what it does to numbers, see `_scale`."""
    width = int(np.prod(one.output.shape[1:]))
    probe = np.random.default_rng(0).normal(0, 2, (12, width)).astype("float32")
    wide = tf.reshape(probe, (12, *one.output.shape[1:]))
    return _scale(probe, np.reshape(tf.cast(activation(wide), tf.float32), (12, width)))


def _scale(z: np.ndarray, given: np.ndarray, loosely: bool = True) -> float | None:
    """The number by which `given` = softmax(scale * z), sigmoid(scale * z), ...

    If `loosely`, 1 for any other function of single numbers that rises, -1 for one that
    falls. None where it is none of these. Both are (N, classes).
    """
    if np.allclose(z, given, atol=1e-5):
        return 1.0
    rows, best = np.arange(len(z)), given.argmax(axis=1)
    with np.errstate(all="ignore"):
        percent = given / np.abs(given[0].sum())  # a factor changes all logs alike
        for shares, logs in ((percent, np.log(given)), (np.exp(given), given)):
            sums = np.where((shares >= 0).all(axis=1), shares.sum(axis=1), np.nan)
            if z.shape[1] > 1 and np.allclose(sums, 1, atol=1e-3):
                return ratio(
                    z - z[rows, best][:, None], logs - logs[rows, best][:, None]
                )
        if (given >= 0).all() and (given <= 1).all():
            # Next to 1 too few digits are left.
            odds = ratio(z, np.log(np.where(given < 0.9999, given, 1) / (1 - given)))
            if odds is not None:
                return odds
    if not loosely:
        return None
    steps = np.diff(given.ravel()[np.argsort(z, axis=None)])
    if (steps >= -1e-5).all() and (steps > 0).any():
        return 1.0
    return -1.0 if (steps <= 1e-5).all() and (steps < 0).any() else None


def ratio(z: np.ndarray, logs: np.ndarray) -> float | None:
    """The factor between two arrays, if there is one; infinite logs do not count."""
    if np.allclose(z, logs, atol=1e-6):
        return 1.0
    z, logs = z[np.isfinite(logs)], logs[np.isfinite(logs)]
    if not (z * z).sum() > 0:
        return None
    factor = float((z * logs).sum() / (z * z).sum())
    fits = np.allclose(factor * z, logs, rtol=1e-2, atol=1e-2)
    return factor if fits and abs(factor) > 1e-6 else None


def _by_comparing(model: keras.Model, batch: Any) -> Ending | None:
    """The ending of a model that computes on after its last layer, by what it answers.

    The last layer counts whose numbers the answers follow, on a few other images.
    """
    # Paler and paler, so that not all answers are 0 or 1.
    tame = np.concatenate([np.roll(batch, k, axis=k % 2 + 1) / 4**k for k in range(8)])
    wild = np.concatenate([factor * tame[:1] for factor in (-1, 4, -100, 1000)])
    run = listen(model, tf.constant(np.concatenate([tame, wild])))
    answer = _rows(run.answer)
    numbers = list(_numbers(run, answer))
    for loosely in (False, True):
        # Exactly so the first counts: z - max(z) has the softmax of z, but is not z.
        for ending, given in numbers if loosely else reversed(numbers):
            scale = _scale(given[: len(tame)], answer[: len(tame)], loosely)
            if scale is not None and np.ptp(given, axis=0).max() > 0:
                return ending._replace(scale=scale)
    if _are_probabilities(answer):
        raise ValueError(
            f"model: {model.name} gives probabilities, but no layer gives the logits "
            "before them; end it in a Dense layer with softmax or sigmoid"
        )
    return None


def _numbers(run: Run, answer: np.ndarray) -> Iterator[tuple[Ending, np.ndarray]]:
    """What may be logits in a run, the last first: as many numbers as classes."""
    for one in reversed(run.heard):
        if np.prod(one.output.shape[1:]) != answer.shape[1] or is_composite(one.layer):
            continue
        for source in ("layer", "output"):
            found = before_activation(one) if source == "layer" else one.output
            if getattr(found, "shape", None) is None:
                continue
            given = _rows(found)
            if given.shape != answer.shape or _are_probabilities(given):
                continue
            if source == "output" and _acts(one) and np.allclose(given, answer):
                continue  # this activation was not understood
            yield Ending(source, one.name, one.layer), given


def _acts(one: Heard) -> bool:
    own = getattr(one.layer, "activation", None)
    return own not in (None, keras.activations.linear) or changes_numbers_alone(one)


def _rows(tensor: Any) -> np.ndarray:
    return np.reshape(tf.cast(tensor, tf.float32), (len(tensor), -1))


def _are_probabilities(rows: np.ndarray) -> bool:
    """Whether answers stay within 0..1, those to wild images too."""
    rows = rows[np.isfinite(rows).all(axis=1)]
    return bool(len(rows) and (rows >= -1e-6).all() and (rows <= 1 + 1e-6).all())
