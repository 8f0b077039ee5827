"""How often one may guess where a notebook is graded once more."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_utils.exercises import find, grade, grade_one
from course_utils.exercises.gradebook import MOST_ANSWERS, Gradebook, Row
from course_utils.exercises.one_notebook import _listen

ID = "00.pixels"


def guessed(status: str, *answers: int) -> Row:
    came = [str(answer) for answer in answers]
    return Row("ada", "00", 0, "", {ID: status}, {ID: "."}, answers={ID: came})


@pytest.mark.parametrize(
    ("first", "again", "kept"),
    [
        (guessed("wrong", *range(10)), guessed("correct", *range(10, 20)), "wrong"),
        (guessed("wrong", *range(9)), guessed("correct", 20, 21), "wrong"),
        (guessed("wrong", *range(9)), guessed("correct", 20), "correct"),
        # What is handed over again is no other guess: it was late the first time.
        (guessed("wrong", *range(10)), guessed("correct", *range(10)), "correct"),
        # Nor has who was right the first time had more than ten.
        (guessed("correct", *range(10)), guessed("wrong", *range(10, 20)), "correct"),
    ],
)
def test_two_runs_are_not_twice_as_many_guesses(
    first: Row, again: Row, kept: str
) -> None:
    again.keep_right(first)
    assert again.results == {ID: kept}
    lost = again.results != {ID: "correct"}
    assert again.note == (f"only {MOST_ANSWERS} answers to {ID} count" if lost else "")


def test_what_two_runs_tried_is_remembered(tmp_path: Path) -> None:
    """Else `--resume` grades it from the start, with ten more guesses each time."""
    again = Row("ada", "00", digest="1", file="ada.ipynb")
    again.keep_right(guessed("wrong", *range(10)))
    assert (again.results, again.said) == ({ID: "wrong"}, {ID: "."})
    Gradebook(tmp_path, ["00"]).add(again)
    assert Gradebook(tmp_path, ["00"], resume=True).rows == [again]


def test_an_answer_that_came_too_late_was_no_guess() -> None:
    """A neighbour can hold it up; alone the same one is the tenth, not another."""
    line = {"id": ID, "status": "wrong", "said": "Not yet.", "lines": []}
    said = [{**line, "came": str(n), "late": n == 9} for n in range(10)]
    process = SimpleNamespace(stdout=map(json.dumps, [*said, {"end": True}]))
    row = Row("ada", "00")
    assert _listen(row, SimpleNamespace(process=process))  # type: ignore[arg-type]
    assert row.late
    assert row.answers == {ID: [str(n) for n in range(9)]}


class _Channel:
    """A student's end: answers as they come, and what a function returns."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.sent: list[str] = []

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        if not self.messages:
            raise EOFError
        message = self.messages.pop(0)
        return message, message.get("blobs", [])

    def send(self, message: dict[str, Any], _: Any = None) -> None:
        self.sent.append(message["kind"])
        if message["kind"] == "call" and self.messages:
            reply = self.messages[0]
            assert reply["kind"] == "reply"
            reply["number"] = message["number"]


def judged(
    monkeypatch: pytest.MonkeyPatch, *messages: dict[str, Any], most: int = 2**20
) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(grade_one, "say", said.append)
    channel: Any = _Channel(*messages)
    grade_one.Judge("00", channel, most).run()
    return said


def came(monkeypatch: pytest.MonkeyPatch, *messages: dict[str, Any]) -> list[str]:
    return [row["came"] for row in judged(monkeypatch, *messages)]


def answer(id_: str, value: list[Any]) -> dict[str, Any]:
    return {"kind": "check", "number": 1, "id": id_, "value": value}


FACTS = {"unfilled": False, "dots": False, "written": ""}
FUNCTION = answer("00.to-unit", ["function", 0, "f", FACTS])


@pytest.mark.parametrize("error", [False, True])
def test_no_verdict_is_there_while_a_notebook_runs(
    error: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time it takes, or by what is asked then, a notebook would learn it."""
    reply: dict[str, Any] = {"kind": "reply", "value": ["float", 1.0], "written": []}
    if error:
        reply["error"] = {"names": ["ValueError"], "message": "1"}
    cases = len(find("00.to-unit").case_list())
    messages = [FUNCTION, *({**reply} for _ in range(cases)), answer(ID, ["none"])]
    channel: Any = _Channel(*messages)
    seen = []

    def verdict(id_: str, given: Any) -> Any:
        seen.append((id_, list(channel.sent), list(channel.messages)))
        return grade(id_, given)

    monkeypatch.setattr(grade_one, "grade", verdict)
    monkeypatch.setattr(grade_one, "say", lambda _: None)
    grade_one.Judge("00", channel).run()
    sent = [*["call"] * cases, "done", "done"]
    assert seen == [("00.to-unit", sent, []), (ID, sent, [])]


def test_what_came_before_an_unreadable_answer_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = answer(ID, ["int", hex(find(ID).solution())])
    note, row = judged(monkeypatch, right, answer(ID, 7), right)  # type: ignore[arg-type]
    assert (row["id"], row["status"]) == (ID, "correct")
    assert "could not be read" in note["note"]


def test_there_is_room_for_so_many_bytes_of_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = answer(ID, ["int", hex(find(ID).solution())])
    long = answer(ID, ["text", "x" * 1000])
    array = answer(ID, ["array", "|u1", [1000], 0]) | {"blobs": [bytes(1000)]}
    reply = {"kind": "reply", "value": ["text", "x" * 1000], "written": []}
    for given in (long, array):
        found = judged(monkeypatch, given, right, most=500)
        assert [row["status"] for row in found] == ["wrong", "correct"]
        assert "far longer" in found[0]["said"]
    found = judged(monkeypatch, FUNCTION, reply, right, most=500)
    assert [row["status"] for row in found] == ["wrong", "correct"]
    assert "Refused" in found[0]["said"]


def test_answers_are_alike_where_they_do_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = answer(ID, ["int", "0x1"]), answer(ID, ["int", "0x2"])
    first, second, third = came(monkeypatch, one, other, one)
    assert first == third != second

    def returns(number: float) -> list[str]:
        reply = {"kind": "reply", "value": ["float", number], "written": []}
        return came(monkeypatch, FUNCTION, *({**reply} for _ in range(50)))

    assert returns(1) == returns(1) != returns(2)

    def raises(words: str) -> list[str]:
        reply = {"kind": "reply", "error": {"type": "TypeError", "words": words}}
        return came(monkeypatch, FUNCTION, *({**reply} for _ in range(50)))

    assert raises("at 0x7f01") == raises("at 0x7f02") != returns(1)


def test_the_same_bytes_cut_elsewhere_are_another_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut(*sizes: int) -> dict[str, Any]:
        text, blobs = bytes(range(32)), []
        for size in sizes:
            blobs.append(text[:size])
            text = text[size:]
        return answer(ID, ["array", "<i8", [1], 1]) | {"blobs": blobs}

    first, second, third = came(monkeypatch, cut(8, 8), cut(16, 8), cut(8, 8, 8))
    assert len({first, second, third}) == 3


def test_whose_notebook_ended_in_the_midst_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A neighbour can bring it to its limit; alone the answer is the same one."""
    reply = {"kind": "reply", "value": ["float", 1.0], "written": []}
    (row,) = judged(monkeypatch, FUNCTION, reply)
    assert row["late"]


def test_no_case_is_read_twice() -> None:
    """What is said of the one that failed first is said of numbers that are there."""
    read = 0

    class Slow:
        def __float__(self) -> float:
            nonlocal read
            read += 1
            return 0.5

    verdict = grade("04.choose", lambda losses: [Slow()] * len(losses))
    assert verdict.status == "wrong"
    assert read == sum(len(losses) for (losses,) in find("04.choose").case_list())
