"""What the layers of a network answer to one image."""

import keras
import numpy as np
import numpy.typing as npt

from course_utils.explain.images import as_batch, image_shape
from course_utils.explain.listening import features, listen


def activations(model: keras.Model, image: npt.ArrayLike) -> dict[str, np.ndarray]:
    """What every layer with maps answers to one image.

    Parameters
    ----------
    model : keras.Model
        Sequential, functional or subclassed; models inside it are opened.
    image : (H, W, C), or (H, W) for one channel
        In the value range that the model takes.

    Returns
    -------
    dict
        Name of the layer to its maps, float32 (h, w, channels), in the order in which
        the layers run. A name that occurs twice has its model's name before it; a
        layer that is called again has "#2", the second of its tensors "[1]" behind it.

    Raises
    ------
    ValueError
        For an image of another shape, NaN in it, a model that answers with NaN.
    """
    return {
        one.name: np.asarray(one.output[0], "float32")
        for one in listen(model, as_batch(model, image)).heard
        if len(one.output.shape) == 4
    }


def convolutions(model: keras.Model, image: npt.ArrayLike | None = None) -> list[str]:
    """Names of the layers whose maps are worth looking at, in the order they run.

    One for each convolution: where normalisation and activation are layers of their
    own, the name of the last of them. Maps of a single place are left out.

    Parameters
    ----------
    model : keras.Model
    image : optional
        Needed only for a model that takes images of any size.
    """
    if image is None:
        image = np.zeros(image_shape(model, 64))
    return [one.name for one in features(listen(model, as_batch(model, image)).heard)]
