"""Hear what the layers of a network take and give while it runs, and change nothing.

Networks come in many forms: Sequential, functional, subclassed, nested, with
activations as functions or as operations of `keras.ops`, in half precision. What runs
can be heard in all of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import layers

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
HALVES = ("float16", "bfloat16")


class Heard(NamedTuple):
    """One layer at work: its name in the model, what went in, what came out."""

    name: str
    layer: Any  # a layer, or an operation of `keras.ops` in a functional model
    input: Any
    output: Any


class Run(NamedTuple):
    """A model's answer (N, ...), and what its layers took and gave on the way."""

    heard: list[Heard]
    answer: Any


def leaves(model: keras.Model, path: str = "") -> Iterator[tuple[str, Any]]:
    """All layers and operations with their paths; models inside it are opened."""
    is_graph = not isinstance(model, keras.Sequential) and hasattr(model, "operations")
    for part in model.operations if is_graph else model.layers:
        if isinstance(part, keras.Model):
            yield from leaves(part, f"{path}{part.name}/")
        elif not isinstance(part, layers.InputLayer):
            yield path + part.name, part


def listen(
    model: keras.Model,
    batch: Any,
    only: Sequence[Any] | None = None,
    watch: Callable[[Any], None] | None = None,
) -> Run:
    """Run the model and note what its layers take and give, in the order they run.

    Parameters
    ----------
    only : layers to be heard; by default all.
    watch : called with each map or row of numbers that a layer gives.

    Raises
    ------
    ValueError
        For a model with several outputs.
    """
    if not model.built:  # it builds its layers when it is first called: do not listen
        model(batch, training=False)
    heard: list[Heard] = []
    parts = dict(leaves(model))
    short = Counter(path.rpartition("/")[2] for path in parts)
    calls: Counter[str] = Counter()

    def listener(name: str, layer: Any, call: Any) -> Any:
        def heard_call(*args: Any, **kwargs: Any) -> Any:
            output = call(*args, **kwargs)
            calls[name] += 1
            unique = name if calls[name] == 1 else f"{name}#{calls[name]}"
            taken = args[0] if args else next(iter(kwargs.values()), None)
            for i, tensor in enumerate(keras.tree.flatten(output)):
                if not hasattr(tensor, "shape"):
                    continue
                if watch is not None and tensor.dtype.is_floating:
                    watch(tensor)
                several = keras.tree.is_nested(output)
                full = f"{unique}[{i}]" if several else unique
                heard.append(Heard(full, layer, taken, tensor))
            return output

        return heard_call

    told = []
    with full_precision(parts.values()):
        try:
            for path, layer in parts.items():
                name = path.rpartition("/")[2]
                if only is None or any(layer is one for one in only):
                    unique = name if short[name] == 1 else path
                    does = called(layer)
                    vars(layer)[does] = listener(unique, layer, getattr(layer, does))
                    told.append((layer, does))
            answer = model(batch, training=False)
        finally:
            for layer, does in told:
                del vars(layer)[does]
    return Run(heard, only_answer(model, answer))


def called(layer: Any) -> str:
    """The name of the method that works when the layer is called."""
    quantized = getattr(layer, "quantization_mode", None) is not None
    return "quantized_call" if quantized else "call"


def only_answer(model: keras.Model, answer: Any) -> Any:
    """The one tensor that a model gives."""
    tensors = keras.tree.flatten(answer)
    if len(tensors) != 1:
        raise ValueError(
            f"model: {model.name} has {len(tensors)} outputs; choose one with "
            "keras.Model(model.input, model.outputs[0])"
        )
    return tensors[0]


@contextmanager
def full_precision(parts: Any) -> Iterator[None]:
    """Let layers compute in float32: mean gradients vanish in half precision."""
    kept = []
    try:
        for part in parts:
            policy = getattr(part, "dtype_policy", None)
            half = getattr(policy, "compute_dtype", None) in HALVES
            if half and getattr(policy, "quantization_mode", None) is None:
                kept.append((part, policy))
                part.dtype_policy = "float32"
        yield
    finally:
        for part, policy in kept:
            part.dtype_policy = policy


def refuse_channels_first(model: keras.Model) -> None:
    for name, part in leaves(model):
        if getattr(part, "data_format", None) == "channels_first":
            raise ValueError(
                f"model: its layer {name!r} is channels first, (C, H, W); pictures can "
                "be drawn of a model built with data_format='channels_last' only"
            )


def changes_numbers_alone(one: Heard) -> bool:
    """Whether this is an activation of its own: no weights, one number for each."""
    given = getattr(one.input, "shape", None)
    weights = getattr(one.layer, "weights", [])
    looks = isinstance(one.layer, (layers.Dropout, *CONVOLUTIONS))
    return given == one.output.shape and not weights and not looks


def find(heard: Sequence[Heard], name: str) -> Heard:
    """The layer of this name; it must have maps."""
    with_maps = {one.name: one for one in heard if len(one.output.shape) == 4}
    if name not in with_maps:
        silent = "has no maps" if name in {one.name for one in heard} else "is unknown"
        raise ValueError(
            f"layer: {name!r} {silent}; layers with maps are {', '.join(with_maps)}"
        )
    return with_maps[name]


def features(heard: Sequence[Heard]) -> list[Heard]:
    """Each convolution, or the normalisation and activation that follow it alone."""
    found = []
    for one in heard:
        if not isinstance(one.layer, CONVOLUTIONS) or max(one.output.shape[1:3]) <= 1:
            continue
        for later in heard:
            if later.input is one.output and (
                isinstance(later.layer, layers.BatchNormalization | layers.PReLU)
                or changes_numbers_alone(later)
            ):
                one = later
        found.append(one)
    if not found:
        raise ValueError("model: it has no convolution whose maps could be looked at")
    return found


def before_activation(one: Heard) -> Any:
    """What a layer would give without its own activation."""
    kept = getattr(one.layer, "activation", None)
    if kept is None or kept is keras.activations.linear:
        alone = changes_numbers_alone(one) or isinstance(one.layer, layers.PReLU)
        return one.input if alone else one.output
    if changes_numbers_alone(one):  # layers.Activation
        return one.input
    one.layer.activation = keras.activations.linear
    try:
        with full_precision([one.layer]):
            return tf.convert_to_tensor(one.layer(one.input))
    finally:
        one.layer.activation = kept
