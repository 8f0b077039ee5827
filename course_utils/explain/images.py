"""One image as a batch that a model takes."""

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from course_utils.explain.listening import refuse_unfit


def as_batch(model: keras.Model, image: npt.ArrayLike) -> tf.Tensor:
    """One image as a batch of float32, checked against what the model takes.

    Raises
    ------
    ValueError
        For an image of another shape, NaN in it or in the model's weights, a model that
        takes several inputs, films or rows of numbers, or is channels first.
    TypeError
        For an image that is not made of real numbers.
    """
    inputs = _inputs(model)
    array = _numbers(image)
    if len(inputs) > 1:
        raise ValueError(
            f"model: {model.name} takes {len(inputs)} inputs; needed is a model of one "
            "image, such as keras.Model(one_input, output)"
        )
    refuse_unfit(model)
    wanted = tuple(inputs[0].shape[1:]) if inputs else (None, None, None)
    if len(wanted) not in (2, 3):
        raise ValueError(
            f"model: {model.name} takes {wanted}; needed is a model of one image, "
            "(H, W, C) or (H, W)"
        )
    if array.ndim == 2 and wanted[-1] in (1, None):
        array = array[..., np.newaxis]
    if array.ndim != len(wanted) or any(
        need not in (None, has) for need, has in zip(wanted, array.shape)
    ):
        raise ValueError(
            f"image: shape {np.shape(image)}, but {model.name} takes one image of "
            f"shape {wanted}"
        )
    if len(wanted) == 3 and wanted[0] == 3 and (wanted[2] or 0) > 4:
        raise ValueError(
            f"image: {model.name} takes {wanted}, channels first; needed is a model of "
            "images (H, W, C)"
        )
    if not np.isfinite(array).all():
        raise ValueError("image: it holds NaN or infinity")
    for weight in model.weights:  # a ReLU may turn NaN into 0: look where it begins
        if not np.isfinite(np.asarray(weight, "float32")).all():
            raise ValueError(f"model: {weight.path} holds NaN or infinity: train anew")
    return tf.constant(array[np.newaxis])


def _numbers(image: npt.ArrayLike) -> np.ndarray:
    """A copy in float32 of what is an array of real numbers."""
    try:
        given = np.asarray(image)
        if given.dtype.kind != "c":
            return np.array(given, "float32")
    except (TypeError, ValueError):
        given = None
    kind = type(image).__name__ if given is None else f"{given.dtype} array"
    raise TypeError(f"image: a {kind}; an array of real numbers (H, W, C) is needed")


def _inputs(model: keras.Model) -> list[keras.KerasTensor]:
    """What a model takes; a subclassed model does not tell."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: a {type(model).__name__}; a keras.Model is needed")
    return getattr(model, "inputs", None) or []


def image_shape(model: keras.Model, size: int) -> tuple[int, ...]:
    """(H, W, C) of the images that a model takes; `size` where any will do.

    Raises
    ------
    ValueError
        For a subclassed model that has not seen an image yet.
    """
    inputs = _inputs(model)
    if len(inputs) == 1:
        shape = inputs[0].shape
    else:
        shape = (model.get_build_config() or {}).get("input_shape")
    if not isinstance(shape, tuple | list) or len(shape) != 4 or shape[3] is None:
        raise ValueError(
            f"model: the shape of the images that {model.name} takes is not known; "
            "needed is a model of one image (H, W, C) that has been called once"
        )
    return tuple(side or size for side in shape[1:])
