"""A network of Keras' own layers that computes what another one does.

Own classes, `Lambda` and TensorFlow's functions cannot be taken out of a student's
process. As a rule they only put Keras' layers together: what they do to a symbolic
input is such a network. Whether it is one is seen by what both compute, see `alike`.
"""

from collections.abc import Callable
from typing import Any

# As Keras calls them.
OF_TENSORFLOW = {"softmax_v2": "softmax"}
DEEPEST = 5  # own classes within own classes
# What a class may say without computing anything else than the one it inherits from.
SAYS_NOTHING = {
    *("__init__", "__module__", "__doc__", "__qualname__", "__annotations__"),
    *(
        "__firstlineno__",
        "__static_attributes__",
        "__parameters__",
        "__abstractmethods__",
    ),
    *("_abc_impl", "get_config", "from_config"),
}
# What only matters before there are weights, or to a loss.
OF_TRAINING = ("_initializer", "_regularizer", "_constraint")


def traced(model: Any, plain: Callable[[Any], bool]) -> Any:
    """The network again, of layers for which `plain` holds as far as that goes.

    Fails where a function asks for numbers, or where no input was ever said.
    """
    import keras

    shape, dtype = input_of(model)
    copies: dict[int, Any] = {}  # one that stands in two places stays one
    for _ in range(DEEPEST):
        given = keras.Input(batch_shape=shape, dtype=dtype)
        model = keras.Model(given, _called(model, given, plain, copies))
        if plain(model):
            break
    return model


def input_of(model: Any) -> tuple[tuple[int | None, ...], str]:
    """The shape and the type of what a network takes, if it takes one thing."""
    if inputs := getattr(model, "inputs", None):
        (given,) = inputs
        return tuple(given.shape), given.dtype
    (shape,) = model._build_shapes_dict.values()  # an own class, called or built
    return (None, *shape[1:]), model.input_dtype


def own(thing: Any) -> bool:
    """Whether a class or function is neither of Keras nor of TensorFlow."""
    room = str(getattr(thing, "__module__", "")).split(".")[0]
    return room not in ("keras", "tensorflow")


def with_own_functions(network: Any) -> bool:
    """Whether a layer has a function as its activation that goes by a name alone.

    A configuration holds this name, and Keras may have another function of it.
    """
    activations = [getattr(x, "activation", None) for x in network._flatten_layers()]
    functions = [x for x in activations if callable(x)]
    return any(own(function) for function in functions)


def _called(
    model: Any, given: Any, plain: Callable[[Any], bool], copies: dict[int, Any]
) -> Any:
    """What a network does to a symbolic input, its foreign layers opened."""
    import keras

    def call(layer: Any, *arguments: Any, **named: Any) -> Any:
        named.pop("mask", None)  # Keras says it anew
        return _opened(layer, plain, copies)(*arguments, **named)

    if own(type(model).call):
        return model.call(given)
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            given = call(layer, given)
        return given
    again = keras.models.clone_model(
        model,
        given,
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return again.output


def _opened(
    layer: Any, plain: Callable[[Any], bool], copies: dict[int, Any]
) -> Callable[..., Any]:
    """What stands for a layer: itself, what its `call` does, a copy and a function."""
    import keras

    if not isinstance(layer, keras.Layer) or plain(layer):
        return layer  # an operation, such as +, or a layer of Keras
    if isinstance(layer, keras.layers.Lambda):
        return lambda x: _named(layer.function)(x, **layer.arguments)
    kind = _only_inherited(layer)
    if kind is None:
        if layer._trainable_variables or layer._non_trainable_variables:
            return layer  # numbers of its own: it stays
        return layer.call
    config = _configuration(layer, kind)
    activation = getattr(layer, "activation", None)
    function = None
    if callable(activation) and (
        own(activation) or not isinstance(config.get("activation"), str)
    ):
        config["activation"], function = None, _named(activation)
    if id(layer) not in copies:
        copies[id(layer)] = _copied(layer, kind, config)
    copy = copies[id(layer)]
    if function is None:
        return copy
    return lambda *x, **named: function(copy(*x, **named))


def _configuration(layer: Any, kind: Any) -> dict[str, Any]:
    """Of a layer, without what Keras may not be able to write down."""
    import keras

    kept = {
        name: value
        for name, value in vars(layer).items()
        if name.endswith(("activation", *OF_TRAINING))
        and callable(value)
        and own(value)
    }
    try:
        for name in kept:  # a function that does for each of them
            layer.__dict__[name] = keras.activations.linear
        config = kind.get_config(layer)
    finally:
        layer.__dict__.update(kept)
    return {k: v for k, v in config.items() if not k.endswith(OF_TRAINING)}


def _copied(layer: Any, kind: Any, config: dict[str, Any]) -> Any:
    copy = kind.from_config(config)
    if layer.built:
        copy.build_from_config(layer.get_build_config())
        copy.set_weights(layer.get_weights())
        for new, old in zip(copy.weights, layer.weights):
            new.trainable = old.trainable
    return copy


def _only_inherited(layer: Any) -> Any:
    """Keras' class of which a layer is, or from which its own class only inherits."""
    import keras

    if layer._layers:  # what is in it may be foreign, too
        return None
    for kind in type(layer).__mro__:
        if not own(kind):
            return kind if kind not in (keras.Layer, keras.Model) else None
        if not vars(kind).keys() <= SAYS_NOTHING:
            return None
    return None


def _named(function: Any) -> Any:
    """TensorFlow's functions do not take symbolic inputs; Keras' own do."""
    import keras

    if not str(getattr(function, "__module__", "")).startswith("tensorflow."):
        return function
    name = function.__name__
    return keras.activations.get(OF_TENSORFLOW.get(name, name))
