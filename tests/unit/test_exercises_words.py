"""What `check` says about wrong answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal

from course_utils.exercises import grade, judging
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.lessons import nb01
from tests.exercises import FUNCTION, KERNEL, SHAPE, convolution, said


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
    assert words in said(FUNCTION, convolution(code))


@pytest.mark.parametrize(
    ("code", "names", "words"),
    [
        ("return [i for i in range(3)]", {"range": 5},
         "`range` is one of Python's own functions. Outside it was overwritten and "
         "holds 5: choose another name, and run `del range` once."),
        ("return max(image.ravel()) + sum(kernel)", {"sum": np.ones(3)},
         "`sum` is one of Python's own functions. Outside it was overwritten and holds "
         "an array of shape (3,): choose another name, and run `del sum` once."),
        ("len = 3; return len(image)", {},
         "`len` is one of Python's own functions. Here it was overwritten and holds 3: "
         "choose another name."),
        ("return image.sum()(3)", {"sum": 3}, "that is no function"),
        ("return 2(image)", {}, "is a `*` missing?"),
        ("return [1, 2](0)", {}, "a list takes square brackets"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_call_of_what_is_no_function_is_explained_by_its_name(
    code: str, names: dict[str, Any], words: str
) -> None:
    line = said(FUNCTION, convolution(code, **names))
    assert words in line
    assert "square brackets" not in line or "[1, 2]" in code


def test_a_wrong_call_inside_the_function_is_not_taken_for_its_own_arguments() -> None:
    line = said(FUNCTION, convolution("return (lambda x: x)(image, kernel)"))
    assert "more or fewer arguments than it takes" in line
    assert "of the exercise" not in line


def test_a_border_is_spoken_of_only_where_a_kernel_is_slid_over_an_image() -> None:
    def unequal(*_: Any) -> Any:
        return np.ones((2, 3)) + np.ones((3, 2))

    assert "At the border of an image" in said(FUNCTION, unequal)
    for id_ in ("04.softmax-bug", "03.batch-norm", "09.entropy", "03.my-pool"):
        assert "different shapes meet here: print both shapes. Stuck" in said(
            id_, unequal
        )


def test_rows_that_make_no_array_are_not_told_of_a_missing_sum() -> None:
    line = said(FUNCTION, convolution("return np.array([[1, 2], [3]])"))
    assert "Rows of different lengths make no array" in line
    assert "sum()" not in line


# --- A hint only where it is certain --------------------------------------------------


def exercise_on(cases: list[tuple[Any, ...]], **options: Any) -> Exercise:
    return Exercise(
        id="01.x",
        title="x",
        solution=lambda image, weights: image * weights,
        hints=["x"],
        cases=lambda rng: cases,
        **options,
    )


def fails(image: Any, weights: Any) -> Any:
    raise ValueError("one reason")


def fails_otherwise(image: Any, weights: Any) -> Any:
    raise ValueError("another reason")


def fails_once(image: Any, weights: Any) -> Any:
    return fails(image, weights) if weights[0] == 1 else image


def fails_once_otherwise(image: Any, weights: Any) -> Any:
    return fails_otherwise(image, weights) if weights[0] == 1 else image


TWO = [(np.array([1, 2]), np.array([2, 3])), (np.array([1, 2]), np.array([1, 3]))]


@pytest.mark.parametrize(
    ("mistake", "answer", "fits"),
    [
        (fails, fails, False),  # nothing was seen of what either of them does
        (fails, fails_otherwise, False),
        (fails_once, fails_once, True),
        (fails_once, fails_once_otherwise, False),
        (fails_once, fails, False),
    ],
)
def test_a_mistake_is_recognised_by_what_it_gives(
    mistake: Any, answer: Any, fits: bool
) -> None:
    exercise = exercise_on(TWO, mistakes=[(mistake, "I know you.")])
    verdict = judging._judge(exercise, answer)
    assert verdict.status == "wrong"
    assert ("I know you." in verdict.lines) is fits


def test_an_error_of_its_own_gets_no_advice_for_another() -> None:
    def mode(image: Any, kernel: Any) -> Any:
        return scipy.signal.convolve2d(image, kernel, mode="Valid")

    assert "added up" not in said(FUNCTION, mode)


def test_a_mirrored_kernel_is_not_only_a_wrong_sign() -> None:
    """Where a kernel is antisymmetric both look the same: only one case says so."""
    image = np.arange(12.0).reshape(3, 4)
    sobel, other = np.array([1, 0, -1]), np.array([1, 2, 4])
    exercise = replace(
        exercise_on([(image, sobel), (image, other)]),
        solution=lambda image, kernel: np.apply_along_axis(
            np.correlate, 1, image, kernel
        ),
    )
    mirrored = judging._judge(exercise, lambda i, k: exercise.solution(i, k[::-1]))
    assert mirrored.lines[1] == "Here each number has the opposite sign."
    negative = judging._judge(exercise, lambda i, k: -exercise.solution(i, k))
    assert negative.lines[1] == "Only the sign is wrong."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda image, weights: image * weights + 256, ""),
        (lambda image, weights: (image * weights).astype(np.uint8), "go on with 0"),
        (lambda image, weights: np.zeros(2, int), ""),
        (lambda image, weights: 0 * weights, ""),
    ],
)
def test_eight_bits_and_cut_off_decimals_are_named_only_where_they_are_seen(
    answer: Any, words: str
) -> None:
    verdict = judging._judge(
        exercise_on([(np.array([200, 100]), np.array([2, 1]))]), answer
    )
    assert verdict.status == "wrong"
    assert words in " ".join(verdict.lines[1:]) if words else len(verdict.lines) == 1


def test_products_of_eight_bits_are_seen_in_results_of_floats() -> None:
    case = (np.array([200, 100], np.uint8), np.array([2, 1]))
    verdict = judging._judge(
        exercise_on([case]), lambda i, w: (i * w.astype(np.uint8)).astype(float)
    )
    assert "right but for multiples of 256" in verdict.lines[1]


def test_a_mask_has_no_eight_bit_numbers() -> None:
    case = (np.array([True, False]), np.array([2, 1]))
    verdict = judging._judge(exercise_on([case]), lambda i, w: i * w + 256)
    assert len(verdict.lines) == 1


def test_a_changed_function_that_behaves_like_the_start_is_an_attempt() -> None:
    def changed(real: Any, imaginary: Any) -> Any:
        size = abs(imaginary)
        return size + abs(real)

    def same(real: Any, imaginary: Any) -> Any:
        """What it does."""
        return abs(real) + abs(imaginary)  # a remark

    assert "It still does what the function did as it was given" in said(
        "02.magnitude", changed
    )
    verdict = grade("02.magnitude", same)
    assert verdict.status == "blank"
    assert "expected" not in str(verdict)  # nothing that finds the bug for them


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
    assert "Case 1 of 8" in verdict.lines[0]
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


def test_who_fails_as_the_solution_does_is_not_right() -> None:
    """It fails where memory runs out, which an answer can see to."""

    def fails(*_: Any) -> Any:
        raise MemoryError("Unable to allocate 1 MiB")

    exercise = Exercise(
        id="01.fails", title="", solution=fails, hints=["none"], cases=lambda _: [(1,)]
    )
    (case,) = exercise.case_list()
    outcome = exercise.outcome(fails, case)
    assert not exercise.right(outcome, outcome)
