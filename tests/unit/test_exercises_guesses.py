"""How often one may guess where a notebook is graded once more."""

import pytest

from course_utils.exercises.gradebook import Row


@pytest.mark.parametrize(("each", "kept"), [(5, "correct"), (10, "wrong")])
def test_two_runs_are_not_twice_as_many_guesses(each: int, kept: str) -> None:
    id_ = "00.pixels"
    first = Row("ada", "00", results={id_: "correct"}, said={id_: "Yes."})
    again = Row("ada", "00", results={id_: "wrong"}, said={id_: "No."})
    first.answers[id_] = again.answers[id_] = each
    again.keep_right(first)
    assert again.results == {id_: kept}
