"""Keras networks as plain data: configuration, weights, and the optimizer's numbers.

What comes back is built from Keras' own layers only, in safe mode: nothing that runs
code of its own, reads a file or asks the network.
"""

import json
import sys
from typing import Any

from course_utils.exercises.as_data import Blobs, ForeignError, Packed, pack, unpack

# They run code that comes with them, or read files that their configuration names.
REFUSED = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing"),
    *("HashedCrossing", "FeatureSpace", "Discretization", "CategoryEncoding"),
    *("Normalization", "__lambda__", "__typespec__", "__tensor__"),
}
DEEPEST = 60
ITEMS = 100_000


class ByHandError(Exception):
    """A network that only the student's own process could hold."""


def is_network(value: Any) -> bool:
    """Whether this is a Keras network, without loading Keras for it."""
    keras = sys.modules.get("keras")  # who has a network has loaded it
    return bool(keras) and isinstance(value, getattr(keras, "Model", ()))


def pack_network(model: Any, blobs: Blobs) -> Packed | None:
    """A network as data; None for what is none, ["by hand", why] where it cannot be."""
    if not is_network(model):
        return None
    import keras

    try:
        config = keras.saving.serialize_keras_object(model)
        config = json.loads(json.dumps(config))
        weights = [pack(weight.numpy(), blobs) for weight in model.weights]
        optimizer = getattr(model, "optimizer", None)
        numbers = [pack(v.numpy(), blobs) for v in getattr(optimizer, "variables", [])]
    except Exception as error:
        return ["by hand", type(error).__name__]
    return ["network", config, weights, numbers]


def unpack_network(packed: Packed, blobs: Blobs) -> Any:
    """The network again.

    Raises
    ------
    ByHandError
        Where it holds something else than Keras' own plain layers.
    ForeignError
        Where its numbers do not fit.
    """
    if packed[0] == "by hand":
        raise ByHandError
    _, config, weights, numbers = packed
    _look_through(config)
    import keras

    try:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception:
        raise ByHandError from None
    if not isinstance(model, keras.Model):
        raise ForeignError("something else than a network")
    _assign(model.weights, weights, blobs)
    if numbers and getattr(model, "optimizer", None):
        model.optimizer.build(model.trainable_variables)
        _assign(model.optimizer.variables, numbers, blobs)
    return model


def _assign(variables: Any, packed: Any, blobs: Blobs) -> None:
    if len(variables) != len(packed):
        raise ForeignError("another number of weights than the network has")
    for variable, each in zip(variables, packed):
        value = unpack(each, blobs)
        if getattr(value, "shape", None) != tuple(variable.shape):
            raise ForeignError("weights of another shape")
        variable.assign(value)


def _look_through(config: Any) -> None:
    """Refuse all that is not from Keras itself, and the kinds in `REFUSED`."""
    todo, seen = [(config, 0)], 0
    while todo:
        item, depth = todo.pop()
        seen += 1
        if depth > DEEPEST or seen > ITEMS:
            raise ByHandError
        if isinstance(item, dict):
            name, module = item.get("class_name"), item.get("module")
            if isinstance(name, str) and name in REFUSED:
                raise ByHandError
            plain = module in (None, "builtins") or (
                isinstance(module, str) and module.split(".")[0] == "keras"
            )
            if "module" in item and not plain:
                raise ByHandError
            todo += [(value, depth + 1) for value in item.values()]
        elif isinstance(item, list):
            todo += [(value, depth + 1) for value in item]
