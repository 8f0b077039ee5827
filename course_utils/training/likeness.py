"""When two networks are taken for the same one: built alike, whatever their names."""

from itertools import zip_longest
from pathlib import Path

import keras

# The parts of a layer's configuration by which two networks are told apart.
TELLING = ["units", "filters", "kernel_size", "strides", "padding", "pool_size"]


def architecture(model: keras.Model) -> list[str]:
    """The input shape, then one line a layer: its kind and what shapes its weights.

    Two models are taken as the same when these lines are equal; names do not matter.
    """
    lines = [f"input {model.input_shape[1:]}"]
    for layer in model.layers:
        config = layer.get_config()
        words = [f"{key}={config[key]}" for key in TELLING if key in config]
        if hasattr(layer, "activation"):
            words.append(f"activation={keras.activations.serialize(layer.activation)}")
        lines.append(" ".join([type(layer).__name__, *words]))
        if isinstance(layer, keras.Model):
            lines += architecture(layer)
    return lines


def same_optimizer(ours: keras.Optimizer, other: keras.Optimizer) -> bool:
    configs = [dict(keras.optimizers.serialize(o)["config"]) for o in (ours, other)]
    for config in configs:
        config.pop("name")
    return type(ours) is type(other) and configs[0] == configs[1]


def refuse_other(model: keras.Model, saved: list[str], source: Path) -> None:
    for here, there in zip_longest(architecture(model), saved, fillvalue="no layer"):
        if here != there:
            raise ValueError(
                f"model: {source} was saved by another model; where the saved one has "
                f"{there!r}, yours has {here!r}"
            )
