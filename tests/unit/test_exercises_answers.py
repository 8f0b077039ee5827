"""Every exercise takes right answers of other styles, and tells wrong ones apart."""

from collections import Counter
from typing import Any

import pytest

from course_utils import exercises
from course_utils.exercises.exercise import Exercise
from tests.answers import answers, assert_right, assert_wrong, names

RIGHT = answers("RIGHT", tensorflow=False)
WRONG = answers("WRONG", tensorflow=False)
OPEN = [e for e in exercises.registry().values() if not e.choices]


@pytest.mark.parametrize(("id_", "answer"), RIGHT, ids=names(RIGHT))
def test_a_right_answer_in_another_style_is_right(id_: str, answer: Any) -> None:
    assert_right(id_, answer)


@pytest.mark.parametrize(("id_", "answer"), WRONG, ids=names(WRONG))
def test_a_wrong_answer_is_wrong_and_gets_no_hint_of_another(
    id_: str, answer: Any
) -> None:
    assert_wrong(id_, answer)


@pytest.mark.parametrize("exercise", OPEN, ids=lambda exercise: exercise.id)
def test_each_exercise_has_three_right_answers_and_two_wrong_ones(
    exercise: Exercise,
) -> None:
    for least, kind, here in ((3, "RIGHT", RIGHT), (2, "WRONG", WRONG)):
        count = Counter(id_ for id_, _ in [*here, *answers(kind, tensorflow=True)])
        assert count[exercise.id] >= least, kind
