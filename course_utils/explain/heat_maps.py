"""Where a network looks for a class: three kinds of heat maps."""

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

from course_utils.explain.images import as_batch
from course_utils.explain.listening import (
    Heard,
    before_activation,
    changes_numbers_alone,
    features,
    find,
    is_composite,
    listen,
    without_activation,
)
from course_utils.explain.scores import PASSING, chosen, find_ending, logits_of, ratio


def grad_cam(
    model: keras.Model,
    image: npt.ArrayLike,
    class_index: int,
    layer: str | None = None,
) -> np.ndarray:
    """Where the network looks for a class: gradient-weighted class activation map.

    Parameters
    ----------
    model : keras.Model
        A classifier. With a single output, class 1 is its logit and class 0 minus it.
    image : (H, W, C), or (H, W) for one channel
        In the value range that the model takes.
    class_index : int
    layer : str, optional
        A layer with maps; by default the last convolution, after its activation. Where
        branches are added or joined at the end (ResNet, DenseNet, Inception, NASNet),
        that is only one of them: name the layer in which they meet.

    Returns
    -------
    (H, W) float32 in 0..1
        The strongest place is 1. All 0 where nothing in the maps speaks for the class.

    Raises
    ------
    ValueError
        For an unknown layer or one without maps, a class that does not exist, an image
        of another shape, NaN, a model with several inputs or outputs, one that is
        channels first, and one behind whose probabilities no logits can be found.

    Notes
    -----
    Each map is weighted by the mean of its gradient, the sum goes through a ReLU:
    ``relu(sum_k mean(d logit / d map_k) * map_k)``, then it is scaled up.

    References
    ----------
    R. Selvaraju and others, "Grad-CAM: visual explanations from deep networks via
    gradient-based localization", 2017.
    """
    batch = as_batch(model, image)
    with tf.GradientTape() as tape:
        run = listen(model, batch, watch=tape.watch)
        with tape.stop_recording():
            ending = find_ending(model, run, batch)
        logit = chosen(logits_of(run, ending), class_index)[0]
    maps_of = features(run.heard)[-1] if layer is None else find(run.heard, layer)
    maps = maps_of.output
    gradients = tape.gradient(logit, maps)
    if gradients is None:
        raise ValueError(
            f"layer: no gradient leads from the classes back to {layer!r}; choose one"
            if layer is not None
            else f"model: no gradient leads from its classes back to {maps_of.name!r}"
        )
    weights = tf.reduce_mean(tf.cast(gradients, tf.float32), axis=(1, 2))
    maps = tf.cast(maps, tf.float32)
    return _as_heat(maps[0] @ weights[0][:, tf.newaxis], batch)


def class_activation_map(
    model: keras.Model, image: npt.ArrayLike, class_index: int
) -> np.ndarray:
    """Where the network looks for a class, read off its last weights.

    Works for a network that ends in convolution, `GlobalAveragePooling2D`, `Dense`
    (dropout between them is no obstacle), without any gradient.

    Parameters
    ----------
    model, image, class_index
        As in `grad_cam`.

    Returns
    -------
    (H, W) float32 in 0..1
        The sum of the maps before the pooling, weighted with the weights of the class;
        what is below 0 becomes 0, the strongest place is 1.

    Raises
    ------
    ValueError
        For a model with another ending, and as in `grad_cam`.

    References
    ----------
    B. Zhou and others, "Learning deep features for discriminative localization", 2016.
    """
    batch = as_batch(model, image)
    run = listen(model, batch)
    ending = find_ending(model, run, batch)
    logits = logits_of(run, ending)
    chosen(logits, class_index)  # checks the class
    body = [
        one
        for one in run.heard
        if not isinstance(one.layer, PASSING)
        and not changes_numbers_alone(one)
        and not is_composite(one.layer)
    ]
    kinds = [type(one.layer) for one in body[-2:]]
    if kinds != [layers.GlobalAveragePooling2D, layers.Dense]:
        raise ValueError(
            "model: it ends in "
            + ", ".join(kind.__name__ for kind in kinds)
            + "; class activation maps need GlobalAveragePooling2D, Dense. grad_cam "
            "works for any ending"
        )
    pool, dense = body[-2:]
    weights = _kernel(dense)
    own = np.asarray(before_activation(dense), "float32")
    if weights.shape[1] == 1:
        weights = np.concatenate([-weights, weights], axis=1)
        own = np.concatenate([-own, own], axis=1)
    scale = ratio(own, np.asarray(logits))
    if scale is None:
        raise ValueError(
            "model: its classes are not those of its last Dense layer; grad_cam works "
            "for any ending"
        )
    weights = scale * weights
    maps = tf.cast(pool.input[0], tf.float32)
    return _as_heat(maps @ weights[:, class_index : class_index + 1], batch)


def occlusion(
    model: keras.Model,
    image: npt.ArrayLike,
    class_index: int,
    *,
    size: int | None = None,
    stride: int | None = None,
    fill: npt.ArrayLike | None = None,
) -> np.ndarray:
    """How much the logit of a class drops when a patch of the image is covered.

    Needs no gradient, only many answers: one for each place of the patch.

    Parameters
    ----------
    model, image, class_index
        As in `grad_cam`.
    size : int, optional
        Side of the patch in pixels; by default a sixth of the image's shorter side.
    stride : int, optional
        Pixels from one place to the next; by default half the size.
    fill : number or colour, optional
        What covers; by default the mean colour of the image.

    Returns
    -------
    (H, W) float32, in logits
        For each pixel the mean drop over the patches that cover it. Positive: what is
        here speaks for the class. Negative: it speaks against it.

    Raises
    ------
    ValueError
        For a patch that does not fit, a stride below 1 or above the size, and as in
        `grad_cam`.
    """
    batch = as_batch(model, image)
    height, width = batch.shape[1:3]
    size = max(1, min(height, width) // 6) if size is None else size
    stride = max(1, size // 2) if stride is None else stride
    if not 1 <= size <= min(height, width) or not 1 <= stride <= size:
        raise ValueError(
            f"size: {size}, stride: {stride}; allowed are 1 <= stride <= size <= "
            f"{min(height, width)}, so that every pixel is covered"
        )
    picture = batch[0].numpy()
    colour = picture.mean(axis=(0, 1)) if fill is None else fill
    run = listen(model, batch)
    ending = find_ending(model, run, batch)
    whole = float(chosen(logits_of(run, ending), class_index)[0])
    corners = [
        (top, left)
        for top in _steps(height, size, stride)
        for left in _steps(width, size, stride)
    ]
    drop, times = np.zeros((2, height, width), "float32")
    # A network of Keras holds all its maps until it has answered: 80 MB an image here.
    for start in range(0, len(corners), 4):
        some = corners[start : start + 4]
        covered = np.repeat(picture[np.newaxis], len(some), axis=0)
        for one, (top, left) in zip(covered, some):
            one[top : top + size, left : left + size] = colour
        run = listen(model, tf.constant(covered), [ending.layer])
        logits = chosen(logits_of(run, ending), class_index)
        for (top, left), logit in zip(some, np.asarray(logits)):
            drop[top : top + size, left : left + size] += whole - logit
            times[top : top + size, left : left + size] += 1
    return drop / times


def _kernel(dense: Heard) -> np.ndarray:
    """The weights (features, classes) of a layer, also of one that keeps them packed.

    Each feature alone, less what comes without any.
    """
    each = np.eye(dense.input.shape[1] + 1, dense.input.shape[1], dtype="float32")
    answers = without_activation(dense.layer, tf.constant(each))
    return np.asarray(answers[:-1] - answers[-1:], "float32")


def _as_heat(sums: tf.Tensor, batch: tf.Tensor) -> np.ndarray:
    """ReLU, scaled up to the image, strongest place 1; (h, w, 1) to (H, W)."""
    heat = tf.image.resize(tf.nn.relu(sums), batch.shape[1:3])[..., 0].numpy()
    return heat / heat.max() if heat.max() > 0 else heat


def _steps(length: int, size: int, stride: int) -> list[int]:
    """Where a patch starts so that it gets to the end."""
    return [*range(0, length - size, stride), length - size]
