"""The judge says of an answer elsewhere what `check` says of one that is here."""

import pytest

from course_utils.exercises import find
from tests.answers import answers
from tests.exercises import assert_judged_alike

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
