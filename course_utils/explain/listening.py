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

CONVOLUTIONS = (
    *(layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D),
    layers.Conv2DTranspose,
)
OPERATIONS = ("Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose")  # keras.ops
NORMALISATIONS = (
    *(layers.BatchNormalization, layers.GroupNormalization),
    layers.LayerNormalization,
)
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


def leaves(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All layers and operations with their paths; what is made of layers is opened."""
    for part in _parts(model):
        if isinstance(part, keras.Model) or is_composite(part):
            yield from leaves(part, f"{path}{part.name}/")
        if not isinstance(part, keras.Model | layers.InputLayer):
            yield path + part.name, part


def _parts(whole: Any) -> Any:
    """What a model, or a layer made of layers, consists of."""
    if hasattr(whole, "operations") and not isinstance(whole, keras.Sequential):
        return whole.operations
    if isinstance(whole, keras.Model):
        return whole.layers
    return whole._flatten_layers(include_self=False, recursive=False)


def is_composite(part: Any) -> bool:
    """Whether this is a layer that somebody made of layers, a residual block perhaps.

    What Keras itself made of layers, such as attention, is taken as one.
    """
    if not isinstance(part, keras.Layer):
        return False
    opens = isinstance(part, layers.SpectralNormalization) or not is_of_keras(part)
    return opens and any(True for _ in _parts(part))


def is_of_keras(part: Any) -> bool:
    """Whether Keras made this layer or operation, and not somebody else."""
    return type(part).__module__.startswith("keras.")


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
            given = [x for x in args or kwargs.values() if not _is_option(x)]
            taken = given[0] if len(given) == 1 else given
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

    told: dict[int, tuple[Any, str, dict[str, Any]]] = {}
    with full_precision([model, *parts.values()]), _functions_opened():
        try:
            for path, layer in parts.items():
                name = path.rpartition("/")[2]
                if id(layer) in told:  # in two models inside this one
                    continue
                if only is None or any(layer is one for one in only):
                    unique = name if short[name] == 1 else path
                    does = called(layer)
                    own = {k: v for k, v in vars(layer).items() if k == does}
                    told[id(layer)] = layer, does, own
                    vars(layer)[does] = listener(unique, layer, getattr(layer, does))
            answer = model(batch, training=False)
        finally:
            for layer, does, own in told.values():
                vars(layer).pop(does, None)
                vars(layer).update(own)
    return Run(heard, only_answer(model, answer))


def _is_option(given: Any) -> bool:
    return given is None or isinstance(given, bool)


@contextmanager
def _functions_opened() -> Iterator[None]:
    """Run what is decorated with `tf.function` line by line: a graph tells nothing."""
    kept = tf.config.functions_run_eagerly()
    if kept or not tf.executing_eagerly():
        yield
        return
    try:
        tf.config.run_functions_eagerly(True)
        yield
    finally:
        tf.config.run_functions_eagerly(kept)


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
    if not tf.is_tensor(tensors[0]) or not hasattr(tensors[0], "shape"):
        raise ValueError(f"model: {model.name} answers with no tensor of numbers")
    if isinstance(tensors[0], tf.SparseTensor | tf.RaggedTensor):
        kind = type(tensors[0]).__name__
        raise ValueError(f"model: {model.name} answers with a {kind}; make it dense")
    return tensors[0]


class _InFloat32(keras.DTypePolicy):
    """Compute in float32 with weights of whatever precision they are kept in."""

    def __init__(self, kept: Any) -> None:
        super().__init__("float32")
        self.kept = kept

    @property
    def variable_dtype(self) -> Any:
        return self.kept


@contextmanager
def full_precision(parts: Any) -> Iterator[None]:
    """Let layers compute in float32: mean gradients vanish in half precision."""
    kept = []
    try:
        for part in parts:
            policy: Any = getattr(part, "dtype_policy", None)
            half = getattr(policy, "compute_dtype", None) in HALVES
            if half and getattr(policy, "quantization_mode", None) is None:
                kept.append((part, policy))
                part.dtype_policy = _InFloat32(policy.variable_dtype)
        yield
    finally:
        for part, policy in kept:
            part.dtype_policy = policy


def refuse_unfit(model: keras.Model) -> None:
    """Raise ValueError for layers whose maps cannot be read, or have no gradients."""
    for name, part in leaves(model):
        if getattr(part, "quantization_mode", None) == "float8":
            raise ValueError(
                f"model: its layer {name!r} is quantized to float8, which has no "
                "gradients; needed is the model before that, or int8"
            )
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
    takers = Counter(
        id(tensor)
        for one in heard
        if not is_composite(one.layer) and one.input is not one.output
        for tensor in keras.tree.flatten(one.input)
    )
    for one in heard:
        if not _convolves(one) or max(one.output.shape[1:3]) <= 1:
            continue
        for later in heard:
            # What two layers take, such as x * sigmoid(x), is followed no further.
            if later.input is not one.output or takers[id(one.output)] > 1:
                continue
            normalises = isinstance(later.layer, (*NORMALISATIONS, layers.PReLU))
            if normalises or changes_numbers_alone(later):
                one = later
        found.append(one)
    if not found:
        raise ValueError("model: it has no convolution whose maps could be looked at")
    return found


def _convolves(one: Heard) -> bool:
    operation = is_of_keras(one.layer) and type(one.layer).__name__ in OPERATIONS
    is_one = operation or isinstance(one.layer, CONVOLUTIONS)
    return is_one and len(one.output.shape) == 4


def before_activation(one: Heard) -> Any:
    """What a layer would give without its own activation."""
    kept = getattr(one.layer, "activation", None)
    if kept is None or kept is keras.activations.linear:
        alone = changes_numbers_alone(one) or isinstance(one.layer, layers.PReLU)
        return one.input if alone else one.output
    if changes_numbers_alone(one):  # layers.Activation
        return one.input
    return without_activation(one.layer, one.input)


def without_activation(layer: keras.Layer, given: Any) -> Any:
    """What a layer makes of something, but for its activation."""
    # Past Keras, which would note an activation that is a layer a second time.
    own, kept = vars(layer), layer.activation
    try:
        own["activation"] = keras.activations.linear
        with full_precision([layer]):
            return tf.convert_to_tensor(layer(given))
    finally:
        own["activation"] = kept
