"""The judge says of an answer elsewhere what `check` says of one that is here."""

import io
import json
import os
import threading
from typing import Any

import pytest

from course_utils.exercises import find, grade, grade_one
from course_utils.exercises.as_data import Channel
from course_utils.exercises.in_sandbox import Client
from tests.answers import answers

CHOSEN = [
    (kind, id_, answer)
    for kind in ("RIGHT", "WRONG")
    for id_, answer in answers(kind, tensorflow=False)
]


def judged(id_: str, answers: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the judge prints of answers that a client hands over from another thread."""
    out = io.StringIO()
    monkeypatch.setattr(grade_one, "_rows", out)
    to_client, from_judge = os.pipe()
    to_judge, from_client = os.pipe()
    client = Client(Channel(to_client, from_client))

    def hand_over() -> None:
        for answer in answers:
            client.check(id_, answer)
        client.channel.send({"kind": "end"})

    thread = threading.Thread(target=hand_over)
    thread.start()
    grade_one.Judge(id_[:2], Channel(to_judge, from_judge)).run()
    thread.join()
    for end in (to_client, from_judge, to_judge, from_client):
        os.close(end)
    return [json.loads(line) for line in out.getvalue().splitlines()]


IDS = sorted({id_ for _, id_, _ in CHOSEN if not find(id_).choices})


@pytest.mark.parametrize("id_", IDS)
def test_the_judge_says_what_check_says(
    id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [answer for _, other, answer in CHOSEN if other == id_][:10]
    given = [a for a in given if not hasattr(a, "__next__")]  # numbers come once
    wanted = []
    for answer in given:
        verdict = grade(id_, answer)
        lines = [line for line in verdict.lines if not line.startswith("Stuck?")]
        wanted.append((verdict.status, lines))
    found = judged(id_, given, monkeypatch)
    assert found.pop() == {"end": True}
    assert [(each["status"], each["lines"]) for each in found] == wanted
