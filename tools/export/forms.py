"""Exercises on a page: what a form needs, hints and a solution."""

import html
import json
from typing import Any

from course_utils import exercises
from course_utils.exercises import answer_on_page, as_html, source


def with_form(output: dict[str, Any]) -> bool:
    """Give the blank of an exercise what it needs on a page; say if it answers there.

    Parameters
    ----------
    output : dict
        Of a cell that called `check`; changed in place.
    """
    about = output.get("metadata", {}).get("exercise", {})
    if about.get("status") != "blank" or about["id"] not in exercises.registry():
        return False
    exercise = exercises.find(about["id"])
    found = answer_on_page(exercise)
    parts = [output["data"]["text/html"]]
    if found:
        text = json.dumps(found).replace("<", r"\u003c")
        parts.append(f'<script type="application/json">{text}</script>')
    for i, hint in enumerate(exercise.hints, start=1):
        name = f"Hint {i} of {len(exercise.hints)}"
        parts.append(
            f'<details class="hint"><summary>{name}</summary>'
            f"<p>{as_html(hint)}</p></details>"
        )
    code = html.escape(source(exercise.id), quote=False)
    parts.append(
        '<details class="solution"><summary>A solution</summary>'
        f'<pre tabindex="0">{code}</pre></details>'
    )
    inside = "".join(parts)
    output["data"]["text/html"] = (
        f'<div class="exercise" data-exercise="{exercise.id}">{inside}</div>'
    )
    return found is not None
