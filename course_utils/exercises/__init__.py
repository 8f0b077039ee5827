"""Exercises that answer at once: `check`, `hint`, `solution`, `quiz` and `progress`.

`glossary` says what a term means.

The exercises themselves stand beside their solutions in `lessons`, one module a
notebook. An answer is put to several cases and compared with what the solution gives; a
known wrong answer is recognised by doing the same in all of them.
"""
# ruff: noqa: A002 - `id` is what students, notebooks and the registry call it

import textwrap
from dataclasses import replace
from typing import Any

from course_utils.exercises import showing
from course_utils.exercises.catalogue import find, lesson, letters, numbers, registry
from course_utils.exercises.exercise import Answer
from course_utils.exercises.judging import grade
from course_utils.exercises.on_page import answer_on_page as answer_on_page
from course_utils.exercises.remembered import count, forget, known, remember
from course_utils.exercises.solution_text import source
from course_utils.exercises.terms import find_term, terms
from course_utils.exercises.words import as_html

__all__ = [  # what lessons call; the last three serve tools and tests
    "check",
    "find",
    "grade",
    "hint",
    "progress",
    "quiz",
    "registry",
    "solution",
]

_hints_given: dict[str, int] = {}


def check(id: str, answer: Answer = ...) -> None:
    """Say whether an answer is right and, where it is not, in which case it fails.

    Parameters
    ----------
    id : str
        Such as "01.output-size".
    answer : number, tuple, array, function, ...
        What the exercise asks for. Lists and arrays count the same, so do 3 and 3.0.

    Raises
    ------
    ValueError
        For an unknown id. No answer makes `check` raise, and none computes longer than
        the exercise's limit (5 s), or waits longer than twenty times that.
    """
    verdict = grade(id, answer)
    if verdict.status != "blank":  # a lesson nobody touched looks the same everywhere
        remember(id, verdict.status)
        verdict = replace(verdict, lines=[*verdict.lines, count(id[:2])])
    showing.show(verdict, id)


def hint(id: str) -> None:
    """Print the next hint of an exercise: the more often, the more it tells."""
    exercise = find(id)
    given = min(_hints_given.get(id, 0) + 1, len(exercise.hints))
    _hints_given[id] = given
    words = f"Hint {given} of {len(exercise.hints)}: {exercise.hints[given - 1]}"
    showing.say(textwrap.fill(words, 88))
    if given == len(exercise.hints):
        showing.say(f'That was the last one; solution("{id}") shows a way to do it.')


def solution(id: str) -> None:
    """Print a solution that runs in the exercise's cell."""
    showing.say(source(id))


def quiz(id: str) -> Any:
    """Return the widget of an exercise with choices; each tells why it is right or not.

    Raises
    ------
    ValueError
        For an unknown id, or an exercise without choices.
    """
    from course_utils.exercises.quiz_widget import (
        Quiz,  # widgets take a moment to import
    )

    exercise = find(id)
    if not exercise.choices:
        raise ValueError(f"id: {id!r} has no choices; use check({id!r}, answer)")

    def clicked(change: Any) -> None:
        remember(id, grade(id, letters(exercise)[change.new]).status)
        widget.note = count(id[:2])

    right = exercise.solution()
    widget = Quiz(
        title=exercise.title,
        question=as_html(exercise.question),
        options=[
            {"text": as_html(words), "feedback": as_html(why), "right": letter == right}
            for letter, (words, why) in zip(letters(exercise), exercise.choices)
        ],
    )
    widget.observe(clicked, "choice")
    return widget


def progress(*, reset: bool = False) -> None:
    """Print how many exercises of each lesson are solved, and which come next.

    Parameters
    ----------
    reset : bool
        Forget everything first. It is kept on this computer only.
    """
    if reset:
        forget()
    found = known()
    for number in numbers():
        todo = [id_ for id_ in lesson(number) if found.get(id_) != "correct"]
        then = f"next: {', '.join(todo[:3])}" if todo else "all done"
        showing.say(f"{count(number, f'lesson {number}')}; {then}")


def glossary(term: str | None = None) -> None:
    """Print what a term of the course means, or, without one, list all terms.

    Raises
    ------
    ValueError
        For a word that is not in the glossary, naming those that look similar.
    """
    if term is not None:
        showing.say(textwrap.fill(str(find_term(term)), 88))
        return
    for number in numbers():
        names = [entry.name for entry in terms() if entry.lesson == number]
        if names:
            showing.say(
                textwrap.fill(
                    f"{number}: {', '.join(names)}", 88, break_on_hyphens=False
                )
            )
