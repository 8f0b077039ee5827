"""`check` never raises and always ends, whatever the answer does."""

import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from course_utils import exercises
from course_utils.exercises import check, grade, judging
from course_utils.exercises.lessons import nb01
from course_utils.exercises.limits import TimeUp, limited
from tests.exercises import FUNCTION, convolution, said

pytestmark = pytest.mark.usefixtures("empty_progress")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "limited", lambda work, _: limited(work, 0.3))


def endless(image: Any, kernel: Any) -> Any:
    while True:
        pass


def endless_and_deaf(image: Any, kernel: Any) -> Any:
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            continue


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("answer", [endless, endless_and_deaf])
def test_an_endless_loop_is_stopped(answer: Any) -> None:
    begun = time.monotonic()
    assert "had not finished" in said(FUNCTION, answer)
    assert time.monotonic() - begun < 3


@pytest.mark.usefixtures("quick")
def test_an_endless_loop_is_stopped_outside_the_main_thread_too() -> None:
    verdicts: list[str] = []
    thread = threading.Thread(target=lambda: verdicts.append(said(FUNCTION, endless)))
    thread.start()
    thread.join(5)
    assert "had not finished" in verdicts[0]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such timer here")
def test_the_limit_leaves_other_timers_and_handlers_as_they_were() -> None:
    def handler(*_: Any) -> None: ...

    before = signal.signal(signal.SIGALRM, handler)
    timer = signal.setitimer(signal.ITIMER_REAL, 100, 7)
    try:
        with pytest.raises(TimeUp):
            limited(lambda: endless(0, 0), 0.2)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 98 < left < 100
        assert interval == pytest.approx(7)
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def test_huge_output_does_not_reach_the_page(capsys: pytest.CaptureFixture) -> None:
    def answer(image: Any, kernel: Any) -> Any:
        for _ in range(2000):
            print("x" * 10_000)
            print("x" * 10_000, file=sys.stderr)
        return image

    check(FUNCTION, answer)
    printed = capsys.readouterr()
    assert len(printed.out) < 2000
    assert not printed.err


class Strange:
    """Everything about it fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError

    __repr__ = __str__ = __len__ = __array__ = __bool__ = _fail
    __eq__ = __hash__ = __iter__ = __format__ = __float__ = _fail


STRANGE_ARRAY = np.empty(1, dtype=object)
STRANGE_ARRAY[0] = Strange()


class StrangeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def raise_strange(image: Any, kernel: Any) -> Any:
    raise StrangeError


HOSTILE = [
    Strange(),
    Strange,
    [Strange()],
    STRANGE_ARRAY,
    StrangeError(),
    raise_strange,
    lambda *_: Strange(),
    lambda *_: STRANGE_ARRAY,
    lambda *_: np.full((3, 3), np.nan),
    lambda *_: "text",
    lambda *_: [[1], [1, 2]],
    lambda *_: lambda: 3,
    lambda *_: np.datetime64("2020-01-01"),
    object(),
    type,
    len,
    sys,
    {},
    set(),
    b"1",
    "x" * 10**6,
    float("nan"),
    10**5000,
    np.zeros((0, 3)),
    np.zeros(10**6),
    [[[[[]]]]],
    range(3),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_answer_makes_check_raise(
    number: int, capsys: pytest.CaptureFixture
) -> None:
    for id_ in exercises.registry():
        check(id_, HOSTILE[number])
        assert capsys.readouterr().out.startswith("✗ Not yet: ")
        assert grade(id_, HOSTILE[number]).html()


def test_a_student_can_still_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt):
        grade(FUNCTION, convolution("raise KeyboardInterrupt"))


def test_an_answer_cannot_spoil_the_cases() -> None:
    def spoils(image: Any, kernel: Any) -> Any:
        result = nb01.my_convolve(image, kernel)
        image[:] = kernel[:] = 0
        return result

    assert grade(FUNCTION, spoils).status == "correct"
    assert grade(FUNCTION, nb01.my_convolve).status == "correct"


def test_an_answer_that_reuses_its_result_is_judged_by_what_it_gave() -> None:
    memory: dict[Any, Any] = {}

    def reuses(image: Any, kernel: Any) -> Any:
        result = nb01.my_convolve(image, kernel)
        kept = memory.setdefault("first", result)
        kept[:] = 0 if result is not kept else kept
        return result

    assert grade(FUNCTION, reuses).status == "correct"


def test_a_partly_filled_function_is_not_attempted() -> None:
    code = "out = np.zeros((3, 3))\n    out[0, 0] = ...\n    return out"
    assert grade(FUNCTION, convolution(code)).status == "blank"


def test_dots_in_an_index_are_no_blank() -> None:
    assert grade(
        "01.mix-channels", lambda image, w: (image * w)[..., :].sum(-1)
    ).status == ("correct")


def test_giving_back_the_input_is_an_attempt() -> None:
    assert "gives the picture back" in said("00.to-unit", lambda image: image)
