"""A network's configuration is looked through before Keras builds anything of it."""

from typing import Any

import pytest

from course_utils.exercises.as_data import ForeignError
from course_utils.exercises.networks_as_data import (
    ByHandError,
    _look_through,
    is_network,
    pack_network,
    unpack_network,
)


def layer(name: str, module: Any = "keras.layers", **config: Any) -> dict[str, Any]:
    return {
        "class_name": "Sequential",
        "module": "keras",
        "config": {
            "layers": [{"class_name": name, "module": module, "config": config}]
        },
    }


def function(name: str, module: str) -> dict[str, str]:
    return {"class_name": "function", "module": module, "config": name}


def test_layers_of_keras_pass() -> None:
    _look_through(layer("Conv2D", filters=3, activation="relu"))
    _look_through(layer("Activation", activation=function("relu", "builtins")))
    _look_through(layer("Add", "keras.src.ops.numpy"))


@pytest.mark.parametrize(
    "config",
    [
        layer("Lambda"),
        layer("TFSMLayer", filepath="/somewhere"),
        layer("StringLookup", vocabulary="/etc/passwd"),
        layer("Dense", "os"),
        layer("Dense", "keras_hub.layers"),
        layer("Dense", "kerasx"),
        layer("Dense", ["keras"]),
        layer("Dense", activation={"class_name": "__lambda__", "config": "x"}),
        # These ran functions of Keras in the judge, and changed how it compares.
        layer("Switch", "keras.src.ops.core"),
        layer("set_epsilon", "keras.config"),
        layer("deserialize"),
        layer("KerasFileEditor", "keras.saving"),
        layer("Dense", activation=function("set_floatx", "keras.config")),
        layer("Dense", activation=function("get", "keras.activations")),
        layer("Dense", activation=function("deserialize", "builtins")),
        layer("Dense", None),
        layer("Dense", numbers=list(range(200_000))),
    ],
    ids=lambda config: str(config)[:90],
)
def test_what_runs_code_or_reads_files_is_left_to_a_person(config: Any) -> None:
    with pytest.raises(ByHandError):
        _look_through(config)
    with pytest.raises(ByHandError):
        unpack_network(["network", config, [], []], [])


@pytest.mark.tensorflow
@pytest.mark.parametrize("said", [0, 1, None, "yes", [True], ["array"]])
def test_whether_a_weight_learns_is_yes_or_no(said: Any) -> None:
    keras = pytest.importorskip("keras")
    blobs: list[bytes] = []
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    packed = pack_network(model, blobs)
    assert packed
    packed[2][0][0] = said
    with pytest.raises(ForeignError):
        unpack_network(packed, blobs)


def test_configurations_without_end_are_left_to_a_person() -> None:
    config: Any = {}
    for _ in range(200):
        config = {"config": config}
    with pytest.raises(ByHandError):
        _look_through(config)


def test_other_things_are_no_networks() -> None:
    assert not is_network(3)
    assert pack_network("model", []) is None
