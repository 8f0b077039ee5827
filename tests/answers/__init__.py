"""Further answers to the exercises, right ones and wrong ones: one module a lesson.

A module `nbNN` holds two dictionaries from the id of an exercise to a list of answers.

RIGHT
    At least three in other styles than the solution's.
WRONG
    At least two that are plausible and none of the known mistakes. No hint of a known
    mistake and no general remark may be given about them, for these say what was done,
    unless it is written `Told(answer, words)`: then these words must be said.

An answer is what a student gives to `check`; where a value or a model is asked for, a
function without arguments may make it. A lesson may have more modules, such as
`nbNN_more`. Answers that need TensorFlow are in modules `nbNN_tensorflow`, which import
it inside their functions: they are tried in a file of tests of their own.
"""

import importlib
import pkgutil
from collections import Counter
from dataclasses import dataclass
from typing import Any

from course_utils import exercises

Given = tuple[str, Any]  # the id of an exercise, and an answer to it


@dataclass
class Told:
    """A wrong answer about which certain words must be said."""

    answer: Any
    words: str


def answers(kind: str, *, tensorflow: bool) -> list[Given]:
    """All answers of a kind, "RIGHT" or "WRONG", that need TensorFlow or do not."""
    found = []
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        if name.endswith("_tensorflow") is tensorflow:
            module = importlib.import_module(f"{__name__}.{name}")
            for id_, given in getattr(module, kind).items():
                assert id_[:2] == name[2:4], f"{id_} is in {name}"
                found += [(id_, answer) for answer in given]
    return found


def names(given: list[Given]) -> list[str]:
    """A name for the test of each: the exercise and a number."""
    seen: Counter[str] = Counter()
    found = []
    for id_, _ in given:
        seen[id_] += 1
        found.append(f"{id_}-{seen[id_]}")
    return found


def assert_right(id_: str, answer: Any) -> None:
    exercise = exercises.registry()[id_]
    verdict = exercises.grade(id_, exercise.stored(answer))
    assert verdict.status == "correct", str(verdict)


def assert_wrong(id_: str, answer: Any) -> None:
    """And that nothing is said about it that is not certain."""
    exercise = exercises.registry()[id_]
    told = answer.words if isinstance(answer, Told) else None
    given = answer.answer if isinstance(answer, Told) else answer
    verdict = exercises.grade(id_, exercise.stored(given))
    assert verdict.status == "wrong", str(verdict)
    if told is not None:
        assert told in " ".join(verdict.lines), str(verdict)
        return
    assert verdict.lines[0] not in [advice for _, advice in exercise.mistakes]
    remarks = [line for line in verdict.lines[1:] if not line.startswith("Stuck?")]
    assert not remarks
