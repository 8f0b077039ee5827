"""A network by its name, with the weights that are asked for."""

from functools import partial
from pathlib import Path

import keras
import numpy as np

from course_utils.pretrained.answers import decode
from course_utils.pretrained.applications import APPLICATIONS, application
from course_utils.pretrained.installed import (
    INSTALLED,
    efficientnet_lite0,
    installed_file,
    set_torch_weights,
)
from course_utils.pretrained.photographs import preprocess
from course_utils.pretrained.torch_file import read_tensors
from course_utils.pretrained.weights_file import load_h5


def load(
    name: str = INSTALLED,
    *,
    include_top: bool = True,
    input_size: int = 224,
    weights: str | Path = "installed",
) -> keras.Model:
    """A network trained on the 1.3 million photographs of ImageNet.

    Parameters
    ----------
    name : "efficientnet_lite0", whose weights were installed with the course, or one of
        `APPLICATIONS`, the networks of Keras; upper and lower case are the same.
    include_top : with the layers that name one of the 1,000 classes; without them the
        network ends in its last feature maps.
    input_size : pixels a side.
    weights : "installed"; "imagenet" downloads those of a Keras network, once; else the
        path of a weights file: .h5 as Keras writes it, for "efficientnet_lite0" also
        .pth. The width of a MobileNet is read from its file.

    Returns
    -------
    keras.Model : functional, from images (N, input_size, input_size, 3) in 0..255 to
        probabilities (N, 1000), or to feature maps (N, h, w, channels). It has

        preprocess(images) : any photographs as the model takes them, see `preprocess`.
        decode(predictions, top=5) : names for its answers, see `decode`; with the top.

    Raises
    ------
    ValueError
        For an unknown name, a size the network cannot have, a weights file that is
        damaged, belongs to another network or holds more than weights.
    OSError
        When weights are not there or cannot be downloaded.

    References
    ----------
    M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
    Networks", 2019; its variant Lite0 has no squeeze-and-excite, and ReLU6.
    """
    known = {known.lower(): known for known in (INSTALLED, *APPLICATIONS)}
    if not isinstance(name, str) or name.lower() not in known:
        raise ValueError(f"name: {name!r}; allowed are {', '.join(known.values())}")
    if isinstance(input_size, bool) or not isinstance(input_size, int | np.integer):
        raise TypeError(f"input_size: {input_size!r}; it must be a whole number")
    if input_size < 32:
        raise ValueError(f"input_size: {input_size}; at least 32 pixels are needed")
    name, input_size = known[name.lower()], int(input_size)
    if not isinstance(weights, str | Path):
        raise TypeError(
            f"weights: {weights!r}; allowed are 'installed', 'imagenet' and a path"
        )
    path = None if weights in ("installed", "imagenet") else Path(weights).expanduser()
    if path is not None and not path.is_file():
        raise FileNotFoundError(
            f"weights: there is no file {path}; allowed are 'installed', 'imagenet' "
            "and the path of a weights file"
        )
    if name == INSTALLED:
        if path is not None and path.suffix.lower() == ".h5":
            model = efficientnet_lite0(include_top, input_size)
            load_h5(model, path)
        else:
            file = path or installed_file()
            tensors = read_tensors(file)
            model = efficientnet_lite0(include_top, input_size)
            set_torch_weights(model, tensors, file)
    elif weights == "installed":
        raise ValueError(
            f"weights: 'installed' is only there for {INSTALLED!r}; for {name!r} use "
            "'imagenet', which downloads them, or the path of a weights file"
        )
    else:
        model = application(name, include_top, input_size, path)
    model.preprocess = partial(preprocess, input_size=input_size)
    if include_top:
        model.decode = decode
    return model
