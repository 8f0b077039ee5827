"""Exercises on a page or deck: a form, hints, a solution and the progress."""

import ast
import html
import json
import re
from collections import Counter
from typing import Any

import numpy as np
from markupsafe import Markup

import course_utils
from course_utils import exercises
from course_utils.exercises import answer_on_page, as_html, source
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.words import SIGNS

QUIZ = re.compile(r'\bquiz\(\s*"([^"]+)"')


def as_script(value: Any, **attributes: str) -> str:
    """An element that holds data for the scripts of a file."""
    text = json.dumps(value).replace("<", r"\u003c")
    named = "".join(f' {name}="{words}"' for name, words in attributes.items())
    return f'<script type="application/json"{named}>{text}</script>'


def exercises_of_lessons() -> dict[str, int]:
    """How many exercises each lesson has, by its number."""
    return Counter(id_[:2] for id_ in exercises.registry())


def course_script() -> Markup:
    """What the files of a course share: its version, exercises of a lesson, signs."""
    about = {
        "version": course_utils.__version__,
        "totals": exercises_of_lessons(),
        "signs": SIGNS,
    }
    return Markup(as_script(about, id="course"))


def with_form(output: dict[str, Any], cell: str) -> bool:
    """Give the blank of an exercise what it needs on a page; say if it answers there.

    Parameters
    ----------
    output : dict
        Of a cell that called `check`; changed in place.
    cell : str
        The source of the cell: numbers that its blank gives stand in the fields.
    """
    about = output.get("metadata", {}).get("exercise", {})
    if about.get("status") != "blank" or about["id"] not in exercises.registry():
        return False
    exercise = exercises.find(about["id"])
    found = answer_on_page(exercise)
    parts = [output["data"]["text/html"]]
    if found:
        parts.append(as_script(found | {"blank": blank(cell, exercise, found)}))
    for i, hint in enumerate(exercise.hints, start=1):
        name = f"Hint {i} of {len(exercise.hints)}"
        parts.append(
            f'<details class="hint"><summary>{name}</summary>'
            f"<p>{as_html(hint)}</p></details>"
        )
    parts.append(solution(exercise, found is not None))
    output["data"]["text/html"] = (
        f'<div class="exercise" data-exercise="{exercise.id}" data-prevent-swipe>'
        f"{''.join(parts)}</div>"
    )
    return found is not None


def solution(exercise: Exercise, has_value: bool) -> str:
    """The code of a solution, and the value that it gives, which no page computes."""
    code = html.escape(source(exercise.id), quote=False)
    gives = ""
    if has_value:
        value = str(np.asarray(exercise.solution()).tolist())
        if not value.startswith("["):
            value = f"{float(value):.6g}"
        gives = f"<p>It gives <code>{value}</code>.</p>"
    return (
        '<details class="solution"><summary>A solution</summary>'
        f'<pre tabindex="0">{code}</pre>{gives}</details>'
    )


def blank(cell: str, exercise: Exercise, found: dict[str, Any]) -> list[str]:
    """What stands in each field at first: the numbers that the cell's blank gives.

    Empty where the blank is not of the shape that is asked for.
    """
    empty = [""] * int(np.prod(found["shape"]))
    values: dict[str, ast.expr] = {}
    for node in ast.parse(cell).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or len(call.args) != 2:
            continue
        id_, name = call.args
        if isinstance(id_, ast.Constant) and id_.value == exercise.id:
            value = values.get(name.id) if isinstance(name, ast.Name) else name
            fields = list(_fields(value, len(found["shape"])))
            return fields if len(fields) == len(empty) else empty
    return empty


def _fields(node: ast.expr | None, depth: int) -> Any:
    if depth and isinstance(node, ast.Tuple | ast.List):
        for item in node.elts:
            yield from _fields(item, depth - 1)
    elif not depth:
        given = isinstance(node, ast.Constant) and node.value is not ...
        yield str(node.value) if given else ""  # type: ignore[union-attr]


def quiz_of(cell: str) -> str:
    """The id of the quiz that a cell shows; "" for none."""
    found = QUIZ.search(cell)
    return found[1] if found else ""
