"""What a person looks at: networks, and nothing else, that cannot leave the sandbox."""

from typing import Any

import keras
import numpy as np
import pytest

from tests.exercises import assert_judged_alike, judged


class Own(keras.Model):
    """Which way it goes is decided by a number, so that no layers stand for it."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most = most

    def call(self, x: Any) -> Any:
        return x / self.most if float(keras.ops.max(x)) > 0 else -x


def test_a_network_is_by_hand_where_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Own(255)
    own(np.ones((1, 28, 28, 1), np.float32))
    assert judged("04.lenet", [own], monkeypatch)[0]["status"] == "by hand"


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        *(("00.pixels", Own(255)), ("00.to-unit", Own(255)), ("00.to-unit", Own(5))),
        ("04.few-weights", Own(255)),
    ],
)
def test_elsewhere_it_is_judged_as_what_it_is(
    id_: str, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand, a wrong answer looked better, and was nobody's mistake."""
    assert_judged_alike(id_, [answer], monkeypatch)


def test_a_function_that_returns_one_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged("00.to-unit", [lambda _: Own(255)], monkeypatch)
    assert found[0]["status"] == "wrong"
