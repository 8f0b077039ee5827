"""`check` and its companions, on answers that nobody would expect."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import exercises
from course_utils.exercises import (
    catalogue,
    check,
    grade,
    hint,
    judging,
    progress,
    remembered,
    solution,
    words,
)
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.lessons import nb01
from course_utils.exercises.limits import TimeUp, limited
from tests.lessons import cells_of

SHAPE, FUNCTION, KERNEL = "01.output-size", "01.my-convolve", "01.shift"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(remembered, "session", {})
    monkeypatch.setattr(exercises, "_hints_given", {})
    file = tmp_path / "cache" / "progress.json"
    monkeypatch.setattr(remembered, "progress_file", lambda: file)
    return file


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "limited", lambda work, _: limited(work, 0.3))


def said(id_: str, answer: Any) -> str:
    verdict = grade(id_, answer)
    assert verdict.status == "wrong"
    return " ".join(verdict.lines)


# --- What counts as the same ----------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        (14, 14, 20), [14, 14, 20], (14.0, 14.0, 20), np.array([14, 14, 20]),
        np.array([14, 14, 20], np.float32), (np.int64(14), np.uint8(14), 20.0),
    ],
)  # fmt: skip
def test_lists_arrays_and_floats_count_as_the_same(answer: Any) -> None:
    assert grade(SHAPE, answer).status == "correct"


def test_a_number_in_an_array_of_no_axes_is_a_number() -> None:
    assert grade("01.sharing-ratio", np.array(196)).status == "correct"


def test_a_function_may_return_lists_and_other_number_types() -> None:
    def as_list(image: Any, kernel: Any) -> Any:
        return nb01.my_convolve(image, kernel).tolist()

    def as_float32(image: Any, kernel: Any) -> Any:
        return nb01.my_convolve(image, kernel).astype(np.float32)

    assert grade(FUNCTION, as_list).status == "correct"
    assert grade(FUNCTION, as_float32).status == "correct"


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=3))
def test_only_the_right_shape_is_right(answer: list[int]) -> None:
    expected = "correct" if answer == [14, 14, 20] else "wrong"
    assert grade(SHAPE, answer).status == expected


# --- What is said about wrong answers -------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "answer", "words"),
    [
        (SHAPE, (14, 15, 20), "2 of the 3 numbers are right; the first wrong one is at "
         "index 1"),
        (SHAPE, (14, 14), "third number is missing"),
        (SHAPE, (14, 14, 20, 1), "3 numbers are asked for, but 4 came"),
        (SHAPE, 14, "Several numbers are asked for"),
        (SHAPE, "14", "leave out the quotes"),
        (SHAPE, True, "Numbers are asked for, but True came"),
        (SHAPE, nb01.output_size, "this is a function: call it"),
        (SHAPE, {"a": 1}, "Numbers are asked for, but a dict came"),
        ("01.by-hand", [[1, 2], [3]], "The rows have different lengths"),
        ("01.by-hand", np.full((3, 3), np.nan), "There is a NaN"),
        ("01.by-hand", np.zeros((5, 5)), "Its shape is (5, 5), which is not"),
        ("01.sobel-sign", [1, 2], "One number is asked for"),
        ("01.sobel-sign", 7 + 2j, "7 + 2i is not it"),
        (FUNCTION, np.zeros((3, 3)), "Give its name without brackets: "
         '`check("01.my-convolve", my_convolve)`'),
        (KERNEL, np.zeros((2, 2)), "Its shape is (2, 2); asked for is (3, 3)"),
        (KERNEL, np.full((3, 3), np.inf), "There is a NaN or an infinity"),
        ("01.flip", "z", "one of the letters a, b, c, d"),
        ("01.flip", 3, "one of the letters a, b, c, d"),
    ],
)  # fmt: skip
def test_wrong_values_are_explained(id_: str, answer: Any, words: str) -> None:
    assert words in said(id_, answer)


def test_a_number_too_long_to_print_is_a_very_large_one() -> None:
    assert "a very large number came" in said("01.sobel-sign", 10**5000)


def test_the_right_value_is_not_given_away() -> None:
    text = str(grade(SHAPE, (1, 1, 1))) + str(grade("01.by-hand", np.zeros((3, 3))))
    assert "14" not in text
    assert "expected" not in text


def raising(code: str) -> Callable[..., Any]:
    space: dict[str, Any] = {"np": np}
    exec(f"def answer(image, kernel):\n    {code}", space)
    return space["answer"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("return np.ones((2, 3)) + np.ones((3, 2))", "Two arrays of different shapes"),
        ("out = np.zeros(3); out[3] = 1; return out", "Counting starts at 0"),
        ("out = np.zeros(3); out[0] = image; return out", "is a `sum()` missing"),
        ("return np.zeros(image.shape[0] / 2)", "`//` divides whole numbers"),
        ("return imag", "Is it spelt as where it was made"),
        ("x = x + 1; return x", "used before anything was put into it"),
        ("return image if image > 0 else kernel", "as one True or False"),
        ("return 1 / 0", "Something is divided by zero"),
        ("return image.shap", "print its type"),
        ("return image(0)", "an array takes square brackets"),
        ("return None + 1", "a function without `return` gives None"),
        ("return answer(image, kernel)", "calls itself without end"),
        ("raise SystemExit", "SystemExit"),
        ("image.sum()", "returns nothing. Is `return` missing"),
        ("return image.sum()", "shape (3, 3) is expected, not ()"),
        ("return image[:3, :3] * np.nan", "has NaN in it"),
        ("return 'what'", "it gives the text 'what'"),
        ("return [[1, 2], [3]]", "rows of different lengths"),
        ("return np.array([[{}]])", "it gives an array of shape (1, 1)"),
        ("print('here'); return image", "It printed: `here here"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_a_function_is_explained(code: str, words: str) -> None:
    assert words in said(FUNCTION, raising(code))


def test_a_function_with_too_few_arguments_is_told_so() -> None:
    assert "arguments of the exercise" in said(FUNCTION, lambda image: image)


def test_the_failing_line_is_quoted(tmp_path: Path) -> None:
    file = tmp_path / "cell.py"
    file.write_text("def answer(image, kernel):\n    image = 3\n    return image[0]\n")
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    assert "in the line `return image[0]`" in said(FUNCTION, space["answer"])


def test_the_failing_case_is_shown_with_input_expected_yours_and_difference() -> None:
    def answer(image: Any, kernel: Any) -> Any:
        result = nb01.my_convolve(image, kernel)
        result[0, 1] += 1
        return result

    verdict = grade(FUNCTION, answer)
    assert "Case 1 of 6" in verdict.lines[0]
    assert (
        "1 of 9 numbers is wrong. The first is at row 0, column 1" in verdict.lines[0]
    )
    tables = {caption: numbers for caption, numbers, _ in verdict.tables}
    assert list(tables) == ["image", "kernel", "expected", "yours", "difference"]
    wanted = nb01.my_convolve(tables["image"], tables["kernel"])
    np.testing.assert_array_equal(tables["expected"], wanted)
    np.testing.assert_array_equal(tables["difference"], [[0, 1, 0]] + 2 * [[0, 0, 0]])
    marked = next(mask for caption, _, mask in verdict.tables if caption == "yours")
    assert marked is not None
    assert np.argwhere(marked).tolist() == [[0, 1]]
    assert verdict.html().count("font-weight:bold") == 2  # in yours and difference


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda right: right.astype(np.uint8), "go on with 0 after 255"),
        (lambda right: -right, "Only the sign is wrong"),
    ],
)
def test_common_mistakes_with_numbers_are_named(change: Any, words: str) -> None:
    case = (np.array([[200, 100, 200]]), np.array([2, 1, 2]))
    exercise = Exercise(
        id="01.x",
        title="x",
        solution=lambda image, weights: image * weights,
        hints=["x"],
        cases=lambda rng: [case],
    )
    verdict = judging._judge(exercise, lambda image, weights: change(image * weights))
    assert words in verdict.lines[1]


def test_code_in_a_verdict_cannot_become_html() -> None:
    verdict = grade(SHAPE, "<script>alert(1)</script>")
    assert "<script>" in str(verdict)
    assert "<script>" not in verdict.html()


def test_right_and_wrong_differ_in_words_not_in_colour_alone() -> None:
    assert "Correct:" in grade(SHAPE, (14, 14, 20)).html()
    assert "Not yet:" in grade(SHAPE, 1).html()
    assert "Not attempted:" in grade(SHAPE).html()


# --- Hostile answers ------------------------------------------------------------------


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
        grade(FUNCTION, raising("raise KeyboardInterrupt"))


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
    assert grade(FUNCTION, raising(code)).status == "blank"


def test_dots_in_an_index_are_no_blank() -> None:
    assert grade(
        "01.mix-channels", lambda image, w: (image * w)[..., :].sum(-1)
    ).status == ("correct")


def test_giving_back_the_input_is_an_attempt() -> None:
    assert "gives the picture back" in said("00.to-unit", lambda image: image)


# --- Ids, hints, solutions ------------------------------------------------------------


@pytest.mark.parametrize("function", [check, hint, solution, exercises.quiz])
def test_an_unknown_id_names_those_that_look_similar(function: Any) -> None:
    with pytest.raises(
        ValueError, match=r"no exercise '01\.outputsize'.*01\.output-size"
    ):
        function("01.outputsize")
    with pytest.raises(ValueError, match=r"no exercise 'zzz', but there is 00\."):
        function("zzz")
    with pytest.raises(ValueError, match="the id comes first, then the answer"):
        function(14)


def test_hints_tell_more_and_more(capsys: pytest.CaptureFixture) -> None:
    for _ in range(4):
        hint(SHAPE)
    lines = capsys.readouterr().out.splitlines()
    starts = [line[:11] for line in lines if line.startswith("Hint")]
    assert starts == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert (
        lines[-1]
        == 'That was the last one; solution("01.output-size") shows a way to do it.'
    )


def test_a_printed_solution_has_no_decorations(capsys: pytest.CaptureFixture) -> None:
    solution("01.mix-channels")
    assert capsys.readouterr().out == (
        "import numpy as np\n\n"
        "def mix_channels(image, weights):\n"
        "    height, width = image.shape[:2]\n"
        "    result = np.zeros((height, width))\n"
        "    for channel in range(len(weights)):\n"
        "        result += weights[channel] * image[:, :, channel]\n"
        "    return result\n\n"
        'check("01.mix-channels", mix_channels)\n'
    )


def test_ids_are_unique_and_belong_to_their_lesson() -> None:
    for number in catalogue.numbers():
        there = catalogue.lesson(number)
        assert all(id_.startswith(f"{number}.") for id_ in there)
    assert len({e.title for e in exercises.registry().values()}) == len(
        exercises.registry()
    )


def test_the_registry_loads_no_tensorflow() -> None:
    code = (
        "import sys; from course_utils import exercises; exercises.registry(); "
        "assert 'keras' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Progress -------------------------------------------------------------------------


def last_line(capsys: pytest.CaptureFixture) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "session", {})


def test_progress_survives_a_restart_and_later_mistakes(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(catalogue.lesson("01"))
    check(SHAPE, 3)
    assert last_line(capsys) == f"0 of {count} in this lesson"
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys) == f"1 of {count} in this lesson"
    restart(monkeypatch)
    check("01.sobel-sign", -3)
    check(SHAPE, 3)
    assert last_line(capsys) == f"2 of {count} in this lesson"
    progress()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"2 of {count} in lesson 01; next: 01.by-hand")
    progress(reset=True)
    assert capsys.readouterr().out.splitlines()[1].startswith(f"0 of {count}")
    restart(monkeypatch)
    progress()
    assert capsys.readouterr().out.splitlines()[1].startswith(f"0 of {count}")


def test_lesson_00_stores_the_progress_of_a_new_student(
    capsys: pytest.CaptureFixture,
) -> None:
    progress()
    now = capsys.readouterr().out
    stored = [cell.outputs for cell in cells_of("00") if cell.source == "progress()"]
    assert [output.text for (output,) in stored] == [now]


def test_a_blank_shows_no_progress_so_that_its_output_is_the_same_everywhere(
    capsys: pytest.CaptureFixture, empty_cache: Path
) -> None:
    check(SHAPE)
    before = capsys.readouterr().out
    assert not empty_cache.exists()
    check(SHAPE, (14, 14, 20))
    capsys.readouterr()
    check(SHAPE)
    assert capsys.readouterr().out == before


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"01.x": 3}', "\x00"])
def test_a_spoilt_progress_file_counts_as_none(
    content: str, empty_cache: Path, capsys: pytest.CaptureFixture
) -> None:
    empty_cache.parent.mkdir()
    empty_cache.write_text(content)
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys).startswith("1 of ")
    assert json.loads(empty_cache.read_text())[SHAPE] == "correct"


def test_a_cache_that_cannot_be_written_spoils_no_check(
    empty_cache: Path, capsys: pytest.CaptureFixture
) -> None:
    empty_cache.parent.write_text("a file where the folder should be")
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys).startswith("1 of ")
    progress(reset=True)
    assert capsys.readouterr().out


def test_all_done_is_said(capsys: pytest.CaptureFixture) -> None:
    for exercise in catalogue.lesson("00").values():
        check(exercise.id, exercise.stored(exercise.solution))
    count = len(catalogue.lesson("00"))
    assert last_line(capsys) == f"{count} of {count} in this lesson"
    progress()
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{count} of {count} in lesson 00; all done"


# --- The quiz -------------------------------------------------------------------------


def test_a_click_is_remembered_as_a_check_is() -> None:
    widget = exercises.quiz("01.flip")
    widget.choice = 0
    assert remembered.known()["01.flip"] == "wrong"
    widget.choice = 1
    assert remembered.known()["01.flip"] == "correct"
    assert widget.note.startswith("1 of ")


def test_a_quiz_unfolds_where_there_is_no_javascript() -> None:
    widget = exercises.quiz("01.flip")
    data, _ = widget._repr_mimebundle_()
    assert data["text/html"].count("<details>") == len(widget.options) == 4
    assert data["text/html"].count("Right: ") == 1
    assert repr(widget) == data["text/plain"]
    assert repr(exercises.quiz("01.flip")) == repr(widget)  # outputs can be compared
    assert "<" not in repr(widget)


def test_a_quiz_stresses_words_and_leaves_code_and_products_alone() -> None:
    line = "Is *this* `a *b* c`, 2 * 3 * 4 or '*x*' & <b>?"
    expected = (
        "Is <em>this</em> <code>a *b* c</code>, 2 * 3 * 4 or '*x*' &amp; &lt;b&gt;?"
    )
    assert words.as_html(line) == expected
    question = exercises.quiz("04.linear").question
    assert "512 units <em>without</em> activations" in question


def test_only_questions_with_choices_make_a_quiz() -> None:
    with pytest.raises(ValueError, match="has no choices"):
        exercises.quiz(SHAPE)
