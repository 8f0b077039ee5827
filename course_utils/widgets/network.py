"""Networks of Keras for the page, and back: `shared/network.js` runs them."""

import base64
from typing import Any

import numpy as np

# By kind, the settings that the page reads: its name of each, and the one of Keras.
SETTINGS: dict[str, dict[str, str]] = {
    "Rescaling": {"scale": "scale", "offset": "offset"},
    "Conv2D": {
        "filters": "filters",
        "size": "kernel_size",
        "strides": "strides",
        "padding": "padding",
    },
    "MaxPooling2D": {"size": "pool_size", "strides": "strides", "padding": "padding"},
    "AveragePooling2D": {
        "size": "pool_size",
        "strides": "strides",
        "padding": "padding",
    },
    "GlobalAveragePooling2D": {},
    "Flatten": {},
    "Dense": {"units": "units"},
    "Dropout": {"rate": "rate"},
    "BatchNormalization": {"epsilon": "epsilon"},
    "Activation": {},
}
ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")
# What these layers may do in Keras and the page does not.
FIXED: dict[str, Any] = {
    "data_format": "channels_last",
    "dilation_rate": (1, 1),
    "groups": 1,
    "keepdims": False,
    "noise_shape": None,
}


def network_of(model: Any, *, half: bool = False) -> dict[str, Any]:
    """Return a Keras model as the page reads it: plain values, fit for JSON.

    Parameters
    ----------
    model : keras.Model
        Sequential, or functional with one layer after the other.
    half : bool
        Whether the weights are told in 16 bits instead of 32: half the text.

    Returns
    -------
    dict : `input`, the shape of one image; `layers`, each with its `kind`, `name`,
        settings, and the `shapes` of its weights; `weights`, all of them as base64 of
        little-endian numbers of type `dtype`.

    Raises
    ------
    TypeError
        Where the model is not one of Keras.
    ValueError
        For a layer that the page does not have, layers that are not one after the
        other, a model without known shapes.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError(f"model: must be a Keras model, not {type(model).__name__}")
    layers = in_order(model)
    told = [described(layer) for layer in layers]
    weights = [values for layer in layers for values in weights_of(layer)]
    packed = b"".join(w.astype("<f4").tobytes() for w in weights)
    network = {
        "input": list(model.inputs[0].shape[1:]),
        "layers": told,
        "dtype": "float32",
        "weights": base64.b64encode(packed).decode(),
    }
    return halved(network) if half else network


def halved(network: dict[str, Any]) -> dict[str, Any]:
    """Return a network as `network_of` tells it, in 16 bits: for files handed out."""
    numbers = np.frombuffer(base64.b64decode(network["weights"]), "<f4")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, as it should
        packed = numbers.astype("<f2").tobytes()
    weights = base64.b64encode(packed).decode()
    return network | {"dtype": "float16", "weights": weights}


def in_order(model: Any) -> list[Any]:
    """Return the layers of a model, one after the other, without its input."""
    import keras

    try:
        tensor, (output,) = model.inputs[0], model.outputs
        single = len(model.inputs) == 1
    except (AttributeError, TypeError, ValueError, IndexError):
        raise ValueError(
            "model: needs known shapes and one output; let it begin with keras.Input"
        ) from None
    layers = [x for x in model.layers if not isinstance(x, keras.layers.InputLayer)]
    if not isinstance(model, keras.Sequential):
        for layer in layers:
            single = single and getattr(layer, "input", None) is tensor
            tensor = layer.output
        single = single and tensor is output
    if not (single and layers):
        raise ValueError(
            f"model: {model.name!r} is not a chain of layers; allowed are Sequential "
            "models, and functional ones with one layer after the other"
        )
    return layers


def described(layer: Any) -> dict[str, Any]:
    """Return kind, name, settings and shapes of weights of one layer of Keras."""
    kind = {"ReLU": "Activation", "Softmax": "Activation"}.get(
        type(layer).__name__, type(layer).__name__
    )
    called = f"layer {layer.name!r}"
    if kind not in SETTINGS or not type(layer).__module__.startswith("keras."):
        raise ValueError(
            f"model: {called} is of type {type(layer).__name__}, which the page does "
            f"not have; allowed are {', '.join(SETTINGS)}"
        )
    config = layer.get_config()
    for name, only in FIXED.items():
        if config.get(name, only) != only:
            raise ValueError(
                f"model: {called} has {name}={config[name]!r}; "
                f"the page has only {only!r}"
            )
    rank = len(layer.input.shape)
    if kind == "Dense" and rank != 2:
        raise ValueError(f"model: {called} gets {layer.input.shape}; flatten it first")
    if kind == "BatchNormalization" and config["axis"] not in (-1, rank - 1):
        raise ValueError(f"model: {called} has axis={config['axis']}; allowed is -1")
    activation = activation_of(layer, config, called)
    settings = {ours: config[theirs] for ours, theirs in SETTINGS[kind].items()}
    if not all(
        np.isscalar(value) or kind != "Rescaling" for value in settings.values()
    ):
        raise ValueError(f"model: {called} scales each channel; the page all alike")
    return {
        "kind": kind,
        "name": layer.name,
        "activation": activation,
        **settings,
        "shapes": [list(values.shape) for values in weights_of(layer)],
    }


def activation_of(layer: Any, config: dict[str, Any], called: str) -> str:
    """Return the name of a layer's activation, if the page has it."""
    plain = {"negative_slope": 0, "threshold": 0, "max_value": None, "axis": -1}
    kind = type(layer).__name__
    if kind in ("ReLU", "Softmax"):
        if any(config.get(name, value) != value for name, value in plain.items()):
            raise ValueError(f"model: {called} is not a plain {kind}")
        return kind.lower()
    activation = config.get("activation", "linear")
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"model: {called} has the activation {activation!r}; allowed are "
            f"{', '.join(ACTIVATIONS)}"
        )
    return activation


def weights_of(layer: Any) -> list[np.ndarray]:
    """Return a layer's weights; of a normalization always four."""
    if type(layer).__name__ != "BatchNormalization":
        return [np.asarray(values) for values in layer.get_weights()]
    mean, variance = (
        np.asarray(one) for one in (layer.moving_mean, layer.moving_variance)
    )
    gamma = np.asarray(layer.gamma) if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta) if layer.center else np.zeros_like(mean)
    return [gamma, beta, mean, variance]


def model_of(network: dict[str, Any]) -> Any:
    """Return the Keras model that `network_of` told of, or the page after learning."""
    import keras

    model = keras.Sequential([keras.Input(tuple(network["input"]))])
    kinds = network["layers"]
    for told in kinds:
        kind = told["kind"]
        settings = {theirs: told[ours] for ours, theirs in SETTINGS[kind].items()}
        if kind in ("Conv2D", "Dense"):
            settings["use_bias"] = len(told["shapes"]) > 1
        if kind in ("Conv2D", "Dense", "Activation"):
            settings["activation"] = told["activation"]
        model.add(getattr(keras.layers, kind)(name=told["name"], **settings))
    packed = base64.b64decode(network["weights"])
    numbers = np.frombuffer(packed, np.dtype(network["dtype"]).newbyteorder("<"))
    shapes = [tuple(shape) for told in kinds for shape in told["shapes"]]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(numbers.astype(np.float32), ends[:-1]) if shapes else []
    model.set_weights([part.reshape(s) for part, s in zip(parts, shapes)])
    return model
