"""`check` never raises and always ends, whatever the answer does."""

import io
import re
import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from course_utils import exercises
from course_utils.exercises import check, grade, judging, limits
from course_utils.exercises.lessons import nb01
from course_utils.exercises.limits import TimeUp, limited
from tests.exercises import FUNCTION, SHAPE, convolution, said

pytestmark = pytest.mark.usefixtures("empty_progress")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "limited", lambda work, _: limited(work, 0.3))
    monkeypatch.setattr(limits, "PATIENCE", 3)


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
    verdict = grade(FUNCTION, answer)
    assert "had not finished" in str(verdict)
    assert verdict.late


@pytest.mark.usefixtures("quick")
def test_an_endless_loop_is_stopped_outside_the_main_thread_too() -> None:
    verdicts: list[str] = []
    thread = threading.Thread(target=lambda: verdicts.append(said(FUNCTION, endless)))
    thread.start()
    thread.join(60)
    assert "had not finished" in verdicts[0]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such timer here")
def test_the_limit_leaves_other_timers_and_handlers_as_they_were() -> None:
    def handler(*_: Any) -> None: ...

    before = signal.signal(signal.SIGALRM, handler)
    timer = signal.setitimer(signal.ITIMER_REAL, 1000, 7)
    try:
        with pytest.raises(TimeUp):
            limited(lambda: endless(0, 0), 0.2)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 900 < left < 1000
        assert interval == pytest.approx(7)
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def deaf_for_a_second(image: Any, kernel: Any) -> Any:
    """Computes for a second or more inside one call: no signal stops it there."""
    sum(range(300_000_000))
    return nb01.my_convolve(image, kernel)


@pytest.mark.usefixtures("quick")
def test_what_could_not_be_stopped_is_told_how_long_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 10**6)  # however busy the computer is
    words = said(FUNCTION, deaf_for_a_second)
    assert re.match(r"It took [1-9][\d.]* s, and 0\.3 s are allowed\.", words)
    assert "inside a single call of compiled code" in words
    assert "never ends" not in words


@pytest.mark.usefixtures("quick")
def test_what_cannot_be_stopped_outside_the_main_thread_is_left_behind() -> None:
    verdicts: list[str] = []
    go_on = threading.Event()

    def busy(image: Any, kernel: Any) -> Any:
        go_on.wait(60)

    thread = threading.Thread(target=lambda: verdicts.append(said(FUNCTION, busy)))
    thread.start()
    thread.join(60)
    go_on.set()
    assert "it could not be stopped: it is still running" in verdicts[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timer")
def test_short_limits_inside_a_long_one_do_not_put_it_off() -> None:
    """A cell that checks quick answers again and again has its own limit, too."""

    def work() -> None:
        for _ in range(100_000):  # several seconds, each a fraction of a millisecond
            limited(lambda: sum(range(1000)), 5)

    with pytest.raises(TimeUp):
        limited(work, 0.2)


@pytest.mark.usefixtures("quick")
def test_an_answer_that_waits_is_told_so() -> None:
    words = said(FUNCTION, lambda *_: threading.Event().wait())
    assert re.search(r"not finished after 0\.9 s, most of which it waited\.", words)


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


class Nameless(type):
    """The type of classes about which everything fails, even their name."""

    def _fail(cls, *_: Any) -> Any:
        raise RuntimeError

    __getattr__ = __hash__ = __eq__ = __repr__ = __instancecheck__ = _fail
    __name__ = property(_fail)


class NamelessThing(metaclass=Nameless):
    pass


class NamelessError(Exception, metaclass=Nameless):
    pass


class Liar:
    """Says that it is of another class, and fails at what that class can do."""

    def __init__(self, pretended: Any) -> None:
        self.pretended = pretended

    def _class(self) -> Any:
        if isinstance(self.pretended, Exception):
            raise self.pretended
        return self.pretended

    __class__ = property(_class)


class Shut:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class StrangeNumber(float):
    def _fail(self, *_: Any) -> Any:
        raise RuntimeError

    __float__ = __repr__ = __abs__ = __sub__ = __eq__ = __hash__ = _fail


class StrangeArray(np.ndarray):
    def __array_finalize__(self, other: Any) -> None:
        if isinstance(other, StrangeArray):
            raise RuntimeError


def raise_nameless(image: Any, kernel: Any) -> Any:
    raise NamelessError


HOLDS_ITSELF: list[Any] = [1]
HOLDS_ITSELF += [HOLDS_ITSELF] * 5

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
    NamelessThing,
    NamelessThing(),
    [NamelessThing()],
    raise_nameless,
    lambda *_: NamelessThing(),
    Liar(np.ndarray),
    Liar(int),
    Liar(RuntimeError()),
    lambda *_: Liar(str),
    Shut(),
    lambda *_: Shut(),
    StrangeNumber(7),
    np.zeros((3, 3)).view(StrangeArray),
    HOLDS_ITSELF,
    {1, 2},
    "\ud800",
]


@pytest.mark.tensorflow
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_answer_makes_check_raise(
    number: int, capsys: pytest.CaptureFixture
) -> None:
    for id_ in exercises.registry():
        check(id_, HOSTILE[number])
        assert capsys.readouterr().out.startswith("✗ Not yet: ")
        assert grade(id_, HOSTILE[number]).html()


def test_half_a_character_can_be_sent_to_a_page() -> None:
    def answer(image: Any, kernel: Any) -> Any:
        print("\ud800")
        raise ValueError("\udfff \x1b[1mbold\x1b[0m")

    verdict = grade(FUNCTION, answer)
    assert "? bold`" in verdict.lines[0]
    assert (str(verdict) + verdict.html()).encode()


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "latin-1"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [(..., "Not attempted: "), (3, "Not yet: "), ((14, 14, 20), "Correct: ")],
)
def test_an_old_code_page_gets_the_words_without_the_signs(
    encoding: str, answer: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    check(SHAPE, answer)
    for id_ in exercises.registry():
        exercises.hint(id_)
    exercises.glossary()
    exercises.glossary("ECE")
    exercises.progress()
    out.flush()
    written = out.buffer.getvalue().decode(encoding)
    assert written.startswith(words)
    assert "in lesson 09" in written


def test_an_output_that_is_shut_makes_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    out.close()
    for nowhere in (out, None):
        monkeypatch.setattr(sys, "stdout", nowhere)
        check(SHAPE, 3)


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
