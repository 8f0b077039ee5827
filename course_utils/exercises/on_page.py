"""What a page needs to answer an exercise without Python: data and words."""

import itertools
from typing import Any

from course_utils.exercises.comparing import NotNumbers, as_numbers
from course_utils.exercises.exercise import Exercise, Outcome, Registered, Wrong
from course_utils.exercises.judging import given_in_words, names_of_case
from course_utils.exercises.words import as_html


def answer_on_page(exercise: Exercise) -> dict[str, Any] | None:
    """The right value, the known mistakes and the words of an exercise, for JSON.

    Returns
    -------
    dict or None
        None where no numbers are asked for, or where `run` must look at them and says
        nothing of how a page could. Words are HTML. Arrays come as their shape and
        their numbers in a row; "shape" is that of the answer.
    """
    if exercise.choices or exercise.asks_for_function:
        return None
    if exercise.run and not exercise.on_page:
        return None
    try:
        right = _flat(exercise.solution())
    except NotNumbers:
        return None
    found = {
        "title": as_html(exercise.title),
        "shape": right["shape"],
        "insight": as_html(exercise.insight),
    }
    if "offered" in exercise.on_page:
        return found | {"settings": _settings(exercise)}
    if exercise.run:
        return found | _with_cases(exercise)
    mistakes = [
        {**_flat(exercise.stored(wrong)), "advice": as_html(advice)}
        for wrong, advice in exercise.mistakes
    ]
    return found | {"right": right, "mistakes": mistakes}


def _with_cases(exercise: Exercise) -> dict[str, Any]:
    """What an answer meets, and what the right and the known wrong ones do then."""
    cases = exercise.case_list()

    def outcomes(answer: Any) -> list[Any]:
        put = Registered(exercise, answer)
        return [_numbers(put.outcome(i, case)) for i, case in enumerate(cases)]

    return {
        **exercise.on_page,
        "atLeast": exercise.at_least,
        "right": outcomes(exercise.solution),
        "mistakes": [
            {"outcomes": outcomes(wrong), "advice": as_html(advice)}
            for wrong, advice in exercise.mistakes
        ],
        "cases": [
            {
                "said": given_in_words(exercise, case),
                "names": names_of_case(exercise),
                "given": [v if isinstance(v, str) else _flat(v) for v in case],
            }
            for case in cases
        ],
    }


def _settings(exercise: Exercise) -> dict[str, Any]:
    """The words for each choice of settings, for others, and for what are none."""
    offered = exercise.on_page["offered"]
    (case,) = exercise.case_list()

    def words(answer: Any) -> str:
        assert exercise.run
        try:
            exercise.run(answer, *case)
        except Wrong as wrong:
            return as_html(str(wrong))
        return ""

    first = [numbers[0] for numbers in offered]
    strange = max(map(max, offered)) + 1
    others = [words([*first[:i], strange, *first[i + 1 :]]) for i in range(len(first))]
    return {
        "offered": offered,
        "form": words("no settings"),
        # The number that came stands where the strange one does.
        "others": [line.replace(f" {strange};", " {};") for line in others],
        "words": [words(chosen) for chosen in itertools.product(*offered)],
    }


def _numbers(outcome: Outcome) -> dict[str, Any] | None:
    return None if outcome.error else _flat(outcome.numbers)


def _flat(value: Any) -> dict[str, Any]:
    numbers = as_numbers(value).astype(float)
    return {"shape": list(numbers.shape), "numbers": numbers.ravel().tolist()}
