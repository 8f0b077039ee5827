"""The same for answers that need TensorFlow: seconds each, so they are few."""

from typing import Any

import pytest
import tensorflow  # noqa: F401 - before the time of the first answer runs

from tests.answers import answers, assert_right, assert_wrong, names

pytestmark = pytest.mark.tensorflow

RIGHT = answers("RIGHT", tensorflow=True)
WRONG = answers("WRONG", tensorflow=True)


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=names(RIGHT))
def test_a_right_answer_in_another_style_is_right(id_: str, answer: Any) -> None:
    assert_right(id_, answer)


@pytest.mark.parametrize(("id_", "answer"), WRONG, ids=names(WRONG))
def test_a_wrong_answer_is_wrong_and_gets_no_hint_of_another(
    id_: str, answer: Any
) -> None:
    assert_wrong(id_, answer)
