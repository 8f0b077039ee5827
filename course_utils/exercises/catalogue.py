"""All exercises by lesson and by id."""

import difflib
import functools
import importlib
import pkgutil

from course_utils.exercises import lessons
from course_utils.exercises.exercise import Exercise


def numbers() -> list[str]:
    """The numbers of the lessons that have exercises, such as "01"."""
    names = (module.name for module in pkgutil.iter_modules(lessons.__path__))
    return sorted(name[2:] for name in names if name.startswith("nb"))


@functools.cache
def lesson(number: str) -> dict[str, Exercise]:
    module = importlib.import_module(f"{lessons.__name__}.nb{number}")
    return {exercise.id: exercise for exercise in module.EXERCISES}


def registry() -> dict[str, Exercise]:
    """All exercises by id, in teaching order."""
    return {id_: e for number in numbers() for id_, e in lesson(number).items()}


def find(id_: str) -> Exercise:
    """Return an exercise, or raise ValueError naming the ids that look similar."""
    if not isinstance(id_, str):
        raise ValueError(
            f"id must be a text such as '01.output-size', not a {type(id_).__name__}: "
            "the id comes first, then the answer"
        )
    there = lesson(id_[:2]) if id_[:2] in numbers() else registry()
    if id_ in there:
        return there[id_]
    close = difflib.get_close_matches(id_, registry(), cutoff=0.5) or there
    raise ValueError(
        f"id: there is no exercise {id_!r}, but there is {', '.join(close)}"
    )


def letters(exercise: Exercise) -> list[str]:
    """The letters of its choices: "a", "b", ..."""
    return [chr(ord("a") + i) for i in range(len(exercise.choices))]
