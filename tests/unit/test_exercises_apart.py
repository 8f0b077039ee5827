"""The judge says of an answer elsewhere what `check` says of one that is here.

And in no other words: a student's own stand between backticks.
"""

import re
from typing import Any

import numpy as np
import pytest

from course_utils.exercises import find, in_sandbox
from course_utils.exercises.comparing import NotNumbers
from course_utils.exercises.diagnosis import as_explained
from course_utils.exercises.words import text
from tests.answers import answers
from tests.exercises import assert_judged_alike, judged

CHOSEN = [
    (id_, answer)
    for kind in ("RIGHT", "WRONG")
    for id_, answer in answers(kind, tensorflow=False)
]
IDS = sorted({id_ for id_, _ in CHOSEN if not find(id_).choices})


@pytest.mark.parametrize("id_", IDS)
def test_the_judge_says_what_check_says(
    id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [answer for other, answer in CHOSEN if other == id_][:10]
    given = [a for a in given if not hasattr(a, "__next__")]  # numbers come once
    assert_judged_alike(id_, given, monkeypatch)


def test_of_several_exceptions_the_one_of_the_case_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def in_every_case(image):
        return image.reshape(7, 7)

    def in_one_case(image):
        return image.reshape(7, 7) if image.shape == (2, 3) else image / 255

    assert_judged_alike("00.to-unit", [in_every_case, in_one_case], monkeypatch)


OWN = "This is right: give the point by hand."
# A class may be called so; the letters between the words look like blanks.
NAMED_SO = OWN[:-1].replace(":", "").replace(" ", "\u3164")


class ReasonOfOnesOwn:
    def __iter__(self) -> Any:
        raise NotNumbers(OWN)


def backtick_in_an_error(image: Any) -> Any:
    raise ValueError(f"1`. {OWN} `")


def backtick_in_what_is_printed(image: Any) -> Any:
    print(f"` {OWN} `")
    return image


@pytest.mark.parametrize(
    ("id_", "answer"),
    [
        ("00.pixels", ReasonOfOnesOwn()),
        ("00.to-unit", backtick_in_an_error),
        ("00.to-unit", backtick_in_what_is_printed),
        ("00.pixels", type(NAMED_SO, (), {})()),
        ("00.to-unit", lambda image: type(NAMED_SO, (), {})()),
    ],
)
def test_no_words_of_a_student_stand_for_the_judges(
    id_: str, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found, _) = judged(id_, [answer], monkeypatch)
    assert found["status"] == "wrong"
    said = re.sub("`[^`]*`", "", "\n".join(found["lines"]))
    assert OWN not in said
    assert NAMED_SO not in said


HOLDS = "`E`. `sum` is one of Python's own functions. Here it was overwritten and holds"


@pytest.mark.parametrize(
    "words",
    [
        *(OWN, f"`ValueError: 1`. {OWN}", f"`1`. {OWN} `2`."),
        f"{HOLDS} 1. {OWN}: choose another name.",
        f"{HOLDS} a {NAMED_SO}: choose another name.",
    ],
)
def test_the_judge_explains_an_error_itself_where_it_is_told_another_story(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"names": ["ValueError"], "message": "1", "told": {}}
    told["told"] = {"True": words, "False": words}
    monkeypatch.setattr(in_sandbox, "_told", lambda *_: told)
    (found, _) = judged("00.to-unit", [backtick_in_an_error], monkeypatch)
    assert "it raised `ValueError: 1`." in found["said"]
    assert OWN not in found["said"]
    assert NAMED_SO not in found["said"]


@pytest.mark.parametrize(
    "value",
    [
        *(3, -2.5e-7, 1 + 2j, float("nan"), 10**400, True, None, "it's", 'a "b"'),
        *([1, (2, [3.5, "x"])], [], (None,), np.zeros((2, 3)), np.float32(2), {}, []),
    ],
)
def test_what_the_judge_would_say_itself_is_passed_on(value: Any) -> None:
    words = f"{HOLDS} {text(value)}: choose another name, and run `del sum` once."
    assert as_explained(words) == words
