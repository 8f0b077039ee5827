"""Keras networks as plain data: configuration, weights, and the optimizer's numbers.

What comes back is built from Keras' own layers only, in safe mode: nothing that runs
code of its own, reads a file or asks the network.
"""

import copy
import json
import sys
from typing import Any

from course_utils.exercises.as_data import (
    MOST_BYTES,
    Blobs,
    ForeignError,
    Packed,
    pack,
    unpack,
)
from course_utils.exercises.networks_alike import alike
from course_utils.exercises.networks_traced import (
    OF_TRAINING,
    traced,
    with_own_functions,
)

# Where what a network may be made of is exported: there, names of classes alone. Other
# names of Keras are refused too: given as a layer's activation or as a branch of an
# operation, its functions would run here and change what is compared.
ROOMS = {
    *("keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints"),
    *("keras.optimizers", "keras.optimizers.schedules", "keras.losses"),
    *("keras.metrics", "keras.src.ops.numpy", "keras.src.ops.nn"),
    "keras.src.activations.activations",
}
OTHERS = {
    *(("keras", "Sequential"), ("keras", "DTypePolicy")),
    *(("keras.src.models.functional", "Functional"), ("keras.random", "SeedGenerator")),
    # Others of this room call functions: Map, Switch, Cond.
    *(("keras.src.ops.core", name) for name in ("Cast", "ConvertToTensor", "Slice")),
    *((None, "__keras_tensor__"), (None, "__ellipsis__"), (None, "__slice__")),
}
FUNCTIONS = {"builtins", "keras.activations", "keras.losses", "keras.metrics"}
# They run code that comes with them, or read files that their configuration names.
REFUSED = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing"),
    *("HashedCrossing", "FeatureSpace", "Discretization", "CategoryEncoding"),
    *("get", "serialize", "deserialize"),
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
    """A network as data; None for what is none, ["by hand", why] where it cannot be.

    So is a training's run, of which its network and its seconds are looked at.
    """
    if type(model).__module__.startswith("course_utils.training."):
        network = pack_network(getattr(model, "model", None), blobs)
        work = None if model.work is None else float(model.work)
        return network and ["run", network, float(model.seconds), work]
    if not is_network(model):
        return None
    before = len(blobs)
    try:
        sent = model
        config = _config(model)
        if config is None:
            sent = traced(model, lambda layer: _config(layer) is not None)
            config = _config(sent)
        if config is None:
            return ["by hand", "foreign"]
        learns = bool(model.trainable)
        weights = [
            [learns and bool(weight.trainable), *pack(_numbers(weight), blobs)]
            for weight in sent.weights
        ]
        if sum(map(len, blobs)) > MOST_BYTES:
            raise MemoryError
        optimizer, here = getattr(sent, "optimizer", None), len(blobs)
        numbers = [pack(_numbers(v), blobs) for v in _own_variables(optimizer, sent)]
        if sum(map(len, blobs)) > MOST_BYTES:  # they are twice as many as the weights
            numbers, blobs[here:] = [], []
        packed = ["network", config, weights, numbers]
        if not alike(model, unpack_network(copy.deepcopy(packed), blobs)):
            del blobs[before:]
            return ["by hand", "changed"]
    except Exception as error:
        del blobs[before:]
        return ["by hand", type(error).__name__]
    return packed


def _own_variables(optimizer: Any, model: Any) -> list[Any]:
    """What an optimizer holds; nothing, where it moves the weights of another network.

    Built anew, with its numbers, it would move those of this one.
    """
    own = {id(variable) for variable in model.variables}
    moved = getattr(optimizer, "_trainable_variables", [])
    mine = all(id(variable) in own for variable in moved)
    return list(optimizer.variables) if optimizer and mine else []


def _numbers(variable: Any) -> Any:
    """What a variable holds, as numbers that NumPy knows."""
    value = variable.numpy()
    return value if value.dtype.kind in "biuf" else value.astype("float32")


def _config(value: Any) -> Any:
    """The configuration of a network or layer, if the judge can build it from that."""
    import keras

    try:
        if with_own_functions(value):
            return None
        config = keras.saving.serialize_keras_object(value)
        config = _without_own(json.loads(json.dumps(config)))
        _look_through(config)
        keras.saving.deserialize_keras_object(
            copy.deepcopy(config)
        )  # it takes parts out
    except Exception:
        return None
    return config


def _without_own(config: Any) -> Any:
    """The configuration without initializers, regularizers and constraints of others.

    They matter no more once there are weights.
    """
    if isinstance(config, list):
        return [_without_own(item) for item in config]
    if not isinstance(config, dict):
        return config
    return {
        key: None
        if key.endswith(OF_TRAINING) and not _known(value)
        else _without_own(value)
        for key, value in config.items()
    }


def _known(config: Any) -> bool:
    import keras

    if not isinstance(config, dict):
        return True
    try:
        _look_through(config)
        keras.saving.deserialize_keras_object(copy.deepcopy(config))
    except Exception:
        return False
    return True


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
    if packed[0] == "run":
        from course_utils.training import Run

        _, network, seconds, work = packed
        work = None if work is None else float(work)
        return Run(unpack_network(network, blobs), seconds=float(seconds), work=work)
    _, config, weights, numbers = packed
    _look_through(config)
    import keras

    try:
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception:
        raise ByHandError from None
    if not isinstance(model, keras.Model):
        raise ForeignError("something else than a network")
    _assign(model.weights, [packed for _, *packed in weights], blobs)
    for variable, (trainable, *_) in zip(model.weights, weights):
        if type(trainable) is not bool:
            raise ForeignError("weights of which is not said whether they learn")
        variable.trainable = trainable  # no configuration holds it
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what its weights were before
    if optimizer := getattr(model, "optimizer", None):
        if len(numbers) > len(optimizer.variables):  # it has trained
            optimizer.build(model.trainable_variables)
        if len(numbers) == len(optimizer.variables):  # else something was frozen since
            _assign(optimizer.variables, numbers, blobs)
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
    """Refuse all that no plain network is made of."""
    todo, seen = [(config, 0)], 0
    while todo:
        item, depth = todo.pop()
        seen += 1
        if depth > DEEPEST or seen > ITEMS:
            raise ByHandError
        if isinstance(item, dict):
            if "class_name" in item and not _plain(item):
                raise ByHandError
            todo += [(value, depth + 1) for value in item.values()]
        elif isinstance(item, list):
            todo += [(value, depth + 1) for value in item]


def _plain(item: dict[str, Any]) -> bool:
    """Whether an object of a configuration is a layer of Keras, or what is in one."""
    name, module = item["class_name"], item.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        return False
    if name == "function":
        name = item.get("config")
        return module in FUNCTIONS and isinstance(name, str) and name not in REFUSED
    if (module, name) in OTHERS:
        return True
    return module in ROOMS and name[:1].isupper() and name not in REFUSED
