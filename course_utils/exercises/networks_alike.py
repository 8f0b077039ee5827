"""Whether a network arrives as what it was, before it goes its way.

A configuration leaves out what a class of one's own, a function or an attribute adds,
and to trace a network loses what it says of training. So both are asked, with weights
and dice that depend on shapes alone: in use, in training, and where nothing is said.
"""

import math
from typing import Any

import numpy as np

from course_utils.exercises.networks_traced import input_of

# Weak and strong; so many that one flip of a coin in training is seen.
STRENGTHS = (0.01, 0.1, 0.5, 1, 3, 10, 50, 100)
CLOSE = 1e-3  # of the largest output
ANY_SIZE = 32  # of images, where a network takes any


def alike(model: Any, again: Any) -> bool:
    """Whether both have as many weights that learn, and compute the same."""
    if _weights(model) != _weights(again):
        return False
    try:
        images = _images(*input_of(model))
    except (ValueError, AttributeError):  # none was said yet, or several
        return not getattr(model, "inputs", None) or _several(model) == _several(again)
    return all(
        _close(_given(model, images, training), _given(again, images, training))
        for training in (False, True, None)
    )


def _weights(model: Any) -> list[Any]:
    """The shapes of all weights, of those that learn, and the layers that have any."""
    found: list[Any] = [
        sorted(tuple(weight.shape) for weight in weights)
        for weights in (model.weights, model.trainable_weights)
    ]
    layers = model._flatten_layers(include_self=False)
    leaves = [x for x in layers if not list(x._flatten_layers(include_self=False))]
    return [*found, sum(bool(layer.weights) for layer in leaves)]


def _several(model: Any) -> list[Any]:
    inputs = getattr(model, "inputs", None) or []
    return [(tuple(each.shape), each.dtype) for each in inputs]


def _images(shape: tuple[int | None, ...], dtype: str) -> np.ndarray:
    count, *sizes = shape
    known = [size or ANY_SIZE for size in sizes]
    rng = np.random.default_rng(0)
    if "int" in dtype:
        return rng.integers(0, 100, (count or len(STRENGTHS), *known)).astype(dtype)
    images = [rng.normal(0, strength, known) for strength in STRENGTHS]
    if count:
        images = [images[i % len(images)] for i in range(3, 3 + count)]
    return np.stack(images).astype(np.float32)


def _given(model: Any, images: np.ndarray, training: bool | None) -> Any:
    """What a network gives, or the kind of error."""
    import keras

    weights = {id(weight) for weight in model.weights}
    before = [(variable, variable.numpy()) for variable in model.variables]
    try:
        for variable, value in before:
            if id(variable) not in weights and value.shape == (2,):  # dice
                variable.assign([7, 0])
            elif "float" in str(variable.dtype):
                variable.assign(_value(value.shape))
        given = model(images, training=training)
        return [keras.ops.convert_to_numpy(x) for x in keras.tree.flatten(given)]
    except Exception as error:
        return type(error).__name__
    finally:
        for variable, value in before:
            variable.assign(value)


def _value(shape: tuple[int, ...]) -> np.ndarray:
    """Kernels (..., inputs, outputs) that keep strengths, and what is above 0."""
    rng = np.random.default_rng([*shape, len(shape)])
    if len(shape) < 2:
        return rng.uniform(0.5, 1.5, shape)
    return rng.normal(0, math.sqrt(2 / math.prod(shape[:-1])), shape)


def _close(got: Any, wanted: Any) -> bool:
    if isinstance(got, str) or isinstance(wanted, str):
        return False  # it asks for something else: nothing is known of it
    if [x.shape for x in got] != [x.shape for x in wanted]:
        return False
    for one, other in zip(got, wanted):
        one, other = (np.nan_to_num(np.float64(x)) for x in (one, other))
        axes = tuple(range(1, other.ndim))
        largest = np.abs(other).max(axis=axes, keepdims=True, initial=0)
        if (np.abs(one - other) > CLOSE * largest).any():
            return False
    return True
