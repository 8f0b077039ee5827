"""What a page needs to answer an exercise without Python: data and words."""

from typing import Any

from course_utils.exercises.comparing import NotNumbers, as_numbers
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.words import SIGNS, as_html


def answer_on_page(exercise: Exercise) -> dict[str, Any] | None:
    """The right value, the known mistakes and the words of an exercise, for JSON.

    Returns
    -------
    dict or None
        None where no numbers are asked for, or where `run` must look at them. Words
        are HTML. Arrays come as their shape and their numbers in a row.
    """
    if exercise.choices or exercise.cases or exercise.run:
        return None
    try:
        right = _flat(exercise.solution())
    except NotNumbers:
        return None
    return {
        "title": as_html(exercise.title),
        "right": right,
        "mistakes": [
            {**_flat(exercise.stored(wrong)), "advice": as_html(advice)}
            for wrong, advice in exercise.mistakes
        ],
        "insight": as_html(exercise.insight),
        "signs": SIGNS,
    }


def _flat(value: Any) -> dict[str, Any]:
    numbers = as_numbers(value).astype(float)
    return {"shape": list(numbers.shape), "numbers": numbers.ravel().tolist()}
