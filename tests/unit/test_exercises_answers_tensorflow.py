"""The same for answers that need TensorFlow: seconds each, so they are few."""

from typing import Any

import keras
import pytest
import tensorflow as tf  # before the time of the first answer runs

from course_utils import exercises
from course_utils.exercises.lessons import nb04
from tests.answers import Told, answers, assert_right, assert_wrong, names
from tests.exercises import assert_judged_alike, judged

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


def test_a_training_that_took_too_long_is_late() -> None:
    """A notebook beside can slow it: graded once more, alone, it may be fast enough."""
    verdict = exercises.grade("04.train", nb04._slow_run())
    assert "its training took 34 s" in str(verdict)
    assert verdict.late
    assert not exercises.grade("04.train", nb04._untrained()).late


# --- In grading, where a function stays in a process of its own -----------------------


def late_lessons() -> set[str]:
    """Exercises of the lessons that use TensorFlow, which take a function."""
    chosen = exercises.registry().items()
    return {i for i, each in chosen if i[:2] >= "07" and each.asks_for_function}


# The second one puts a function to its questions itself, with a network.
ASKED = {*late_lessons(), "05.save-and-load"}


@pytest.mark.parametrize("id_", sorted({id_ for id_, _ in RIGHT} & ASKED))
def test_the_judge_says_what_check_says(
    id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [answer for other, answer in RIGHT + WRONG if other == id_]
    given = [a.answer if isinstance(a, Told) else a for a in given]
    given = list(map(exercises.find(id_).stored, given))
    for i in range(0, len(given), 10):  # no more of a notebook count
        assert_judged_alike(id_, given[i : i + 10], monkeypatch)


def test_each_function_of_the_last_lessons_has_an_answer_with_tensorflow() -> None:
    assert not late_lessons() - {id_ for id_, _ in RIGHT}


def network_that_scales() -> keras.Model:
    scale = keras.layers.Rescaling(1.0, offset=[-103.939, -116.779, -123.68])
    turn = keras.layers.Lambda(lambda images: images[..., ::-1])
    return keras.Sequential([keras.Input((None, None, 3)), turn, scale])


class Rectified(keras.layers.Layer):
    def call(self, x: Any, upstream: Any) -> Any:
        return tf.where(x > 0, upstream, 0)


@pytest.mark.parametrize(
    ("id_", "made"),
    [
        ("07.preprocess", network_that_scales),
        ("08.relu-backward", Rectified),
        ("08.relu-backward", lambda: tf.function(lambda x, up: tf.where(x > 0, up, 0))),
    ],
    ids=["network", "layer", "compiled"],
)
def test_what_tensorflow_calls_a_function_is_one(
    id_: str, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = made()
    assert_right(id_, answer)
    assert judged(id_, [answer], monkeypatch)[0]["status"] == "correct"
