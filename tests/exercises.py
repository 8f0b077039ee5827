"""Answers to exercises, for tests that ask what is said about them."""

import io
import json
import os
import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from course_utils.exercises import exercise, grade, grade_one
from course_utils.exercises.as_data import Channel
from course_utils.exercises.in_sandbox import Client

SHAPE, FUNCTION, KERNEL = "01.output-size", "01.my-convolve", "01.shift"


def said(id_: str, answer: Any) -> str:
    """What is said about a wrong answer."""
    verdict = grade(id_, answer)
    assert verdict.status == "wrong"
    return " ".join(verdict.lines)


def convolution(code: str, **names: Any) -> Callable[..., Any]:
    """An answer to 01.my-convolve with this body; names are what it finds outside."""
    space: dict[str, Any] = {"np": np, **names}
    exec(f"def answer(image, kernel):\n    {code}", space)
    return space["answer"]


# --- Judged from afar, as in grading --------------------------------------------------


def judged(id_: str, answers: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the judge prints of answers that a client hands over from another thread."""

    def hand_over(client: Client) -> None:
        for answer in answers:
            client.check(id_, answer)
        client.end()

    return talk(id_[:2], hand_over, monkeypatch)


def talk(
    lesson: str,
    hand_over: Callable[[Client], None],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Channel] = Channel,
) -> list[dict]:
    """What the judge prints while a client, in another thread, does this."""
    out = io.StringIO()
    monkeypatch.setattr(grade_one, "_rows", out)
    monkeypatch.setattr(exercise, "_networks", {})  # a judge begins without
    to_client, from_judge = os.pipe()
    to_judge, from_client = os.pipe()
    client = Client(kind(to_client, from_client))
    thread = threading.Thread(target=hand_over, args=(client,))
    thread.start()
    grade_one.Judge(lesson, Channel(to_judge, from_judge)).run()
    thread.join()
    for end in (to_client, from_judge, to_judge, from_client):
        os.close(end)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def assert_judged_alike(
    id_: str, answers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge says of answers elsewhere what `check` says of them here."""
    wanted = []
    for answer in answers:
        verdict = grade(id_, answer)
        lines = [line for line in verdict.lines if not line.startswith("Stuck?")]
        wanted.append((verdict.status, lines))
    found = judged(id_, answers, monkeypatch)
    assert found.pop() == {"end": True}
    told = [(each["status"], each["lines"]) for each in found]
    assert without_folders(told) == without_folders(wanted)


def without_folders(told: Any) -> str:
    """The same, without the folder of a moment in which a file was to be written."""
    return re.sub(r"=\S+/", "=", json.dumps(told))
