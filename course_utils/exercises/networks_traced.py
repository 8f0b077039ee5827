"""A network of Keras' own layers that computes what another one does.

Own classes, `Lambda` and TensorFlow's functions cannot be taken out of a student's
process. As a rule they only put Keras' layers together: what they do to a symbolic
input is such a network.
"""

from collections.abc import Callable
from typing import Any

# As Keras calls them.
OF_TENSORFLOW = {"softmax_v2": "softmax"}
DEEPEST = 5  # own classes within own classes


def traced(model: Any, plain: Callable[[Any], bool]) -> Any:
    """The network again, of layers for which `plain` holds as far as that goes.

    Fails where a function asks for numbers, or where no input was ever said.
    """
    import keras

    shape = _input_shape(model)
    for _ in range(DEEPEST):
        given = keras.Input(batch_shape=shape)
        model = keras.Model(given, _called(model, given, plain))
        if plain(model):
            break
    return model


def _input_shape(model: Any) -> tuple[int | None, ...]:
    if getattr(model, "inputs", None):
        shape = model.input_shape
    else:  # an own class that was called or built
        (shape,) = model._build_shapes_dict.values()
    return (None, *shape[1:])


def _called(model: Any, given: Any, plain: Callable[[Any], bool]) -> Any:
    """What a network does to a symbolic input, its foreign layers opened."""
    import keras

    def call(layer: Any, *arguments: Any, **named: Any) -> Any:
        named.pop("mask", None)  # Keras says it anew
        return _opened(layer, plain)(*arguments, **named)

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            given = call(layer, given)
        return given
    if not hasattr(model, "_run_through_graph"):
        return model.call(given)
    again = keras.models.clone_model(
        model,
        given,
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return again.output


def _opened(layer: Any, plain: Callable[[Any], bool]) -> Callable[..., Any]:
    """What stands for a layer: itself, what its `call` does, a copy and a function."""
    import keras

    if not isinstance(layer, keras.Layer) or plain(layer):
        return layer  # an operation, such as +, or a layer of Keras
    if isinstance(layer, keras.layers.Lambda):
        return lambda x: _named(layer.function)(x, **layer.arguments)
    activation = getattr(layer, "activation", None)
    own = type(layer).__module__.split(".")[0] != "keras"
    if own or not callable(activation):
        if layer._trainable_variables or layer._non_trainable_variables:
            return layer  # numbers of its own: it stays
        return layer.call
    copy = type(layer).from_config({**layer.get_config(), "activation": None})
    copy.build(layer.input.shape if layer.built else None)
    copy.set_weights(layer.get_weights())
    return lambda *x, **named: _named(activation)(copy(*x, **named))


def _named(function: Any) -> Any:
    """TensorFlow's functions do not take symbolic inputs; Keras' own do."""
    import keras

    if not str(getattr(function, "__module__", "")).startswith("tensorflow."):
        return function
    name = function.__name__
    return keras.activations.get(OF_TENSORFLOW.get(name, name))
