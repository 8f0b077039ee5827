"""What is certain about a network: what it takes, how it scales, what it ends in."""

from collections.abc import Iterator
from typing import Any

import keras

CLASSES = "sparse_categorical_crossentropy"
SHARES = ("categorical_crossentropy", "categorical_focal_crossentropy")
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
# Losses that compare each output with a number of its own.
EACH = (
    *("mean_squared_error", "mean_absolute_error", "mean_squared_logarithmic_error"),
    *("mean_absolute_percentage_error", "huber", "log_cosh", "poisson"),
    *("hinge", "squared_hinge"),
)
PROBABILITIES = {"softmax": "softmax", "softmax_v2": "softmax", "sigmoid": "sigmoid"}
SCORES = ("linear", "relu", "tanh")  # no probabilities, with certainty
WITH_KERNELS = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D)
# Layers that leave the range of the values as it is, up to what random ones add.
BEFORE_SCALING = (
    *(keras.layers.InputLayer, keras.layers.Reshape, keras.layers.Flatten),
    *(keras.layers.Resizing, keras.layers.CenterCrop, keras.layers.ZeroPadding2D),
    *(keras.layers.RandomFlip, keras.layers.RandomRotation, keras.layers.RandomZoom),
    *(keras.layers.RandomTranslation, keras.layers.RandomCrop),
    *(keras.layers.RandomShear, keras.layers.RandomContrast),
    *(keras.layers.RandomBrightness, keras.layers.Permute),
)


def shape_of(model: keras.Model, side: str) -> tuple[int | None, ...] | None:
    """Of its one "input" or "output"; None for several, or one that is not known."""
    try:
        shape = getattr(model, f"{side}_shape")
    except (AttributeError, ValueError):  # it was not called yet
        return None
    if not isinstance(shape, tuple) or not shape:
        return None
    return shape if all(n is None or isinstance(n, int) for n in shape) else None


def loss_of(model: keras.Model) -> tuple[str, dict[str, Any]]:
    """The name of the loss and its settings; an empty name for one we do not know."""
    loss = model.loss
    if isinstance(loss, (list, tuple)) and len(loss) == 1:
        loss = loss[0]
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    for name in (CLASSES, *SHARES, *BINARY, *EACH):
        if loss is getattr(keras.losses, name, None):
            return name, {}
        kind = getattr(keras.losses, _class_name(name), None)
        if kind is not None and type(loss) is kind:  # a subclass may do anything
            return name, loss.get_config()
    return "", {}


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def scales_bytes(model: keras.Model) -> bool:
    """Whether it begins by scaling 0..255, perhaps after layers that move pixels."""
    for layer in _in_order(model):
        if isinstance(layer, keras.layers.Rescaling):
            scale = layer.scale
            return isinstance(scale, (int, float)) and 1 / 260 < scale < 1 / 100
        if not isinstance(layer, BEFORE_SCALING):
            return False
    return False


def takes_bytes_raw(model: keras.Model) -> bool:
    """Whether a layer with kernels meets the images as they come."""
    for layer in _in_order(model):
        if isinstance(layer, WITH_KERNELS):
            return True
        if not isinstance(layer, BEFORE_SCALING):
            return False
    return False


def _in_order(model: keras.Model) -> Iterator[keras.Layer]:
    # Operations have layers and what is computed without one, such as x / 255.
    for layer in getattr(model, "operations", getattr(model, "layers", [])):
        if isinstance(layer, keras.Model):
            yield from _in_order(layer)
        else:
            yield layer


def ending(model: keras.Model) -> str:
    """How its outputs are made: softmax, sigmoid, linear, ...; empty if not certain."""
    last: Any = model
    while isinstance(last, keras.Model):
        if isinstance(last, keras.Sequential):
            last = last.layers[-1] if last.layers else None
        else:
            outputs = getattr(last, "outputs", None) or [None]
            history = getattr(outputs[0], "_keras_history", None)
            last = history.operation if len(outputs) == 1 and history else None
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    name = getattr(getattr(last, "activation", None), "__name__", "")
    if name in PROBABILITIES:
        return PROBABILITIES[name]
    # Activation("linear") may stand there for its precision only.
    certain = isinstance(last, WITH_KERNELS) and name in SCORES
    return name if certain else ""


def check_ending(model: keras.Model) -> None:
    """Refuse a loss that takes probabilities for scores (logits), or the reverse."""
    loss, settings = loss_of(model)
    if loss not in (CLASSES, *SHARES, *BINARY):
        return
    end, outputs = ending(model), (shape_of(model, "output") or (None,))[-1]
    logits = bool(settings.get("from_logits"))
    if logits and end in PROBABILITIES.values():
        raise ValueError(
            f"model: it ends in {end}, so its outputs are probabilities, but the loss "
            f"is compiled with from_logits=True; leave one of the two out"
        )
    if not logits and end in SCORES:
        proper = "sigmoid" if loss in BINARY else "softmax"
        raise ValueError(
            f"model: its last layer has the activation {end}, so its outputs are no "
            f"probabilities; end it in {proper}, or compile it with from_logits=True"
        )
    if outputs == 1 and (loss not in BINARY or end == "softmax"):
        raise ValueError(
            f"model: it has one output, which {end or 'it'} with {loss} cannot train; "
            "for two classes end it in Dense(1, activation='sigmoid') and compile it "
            "with binary_crossentropy, else give it one output for each class"
        )
