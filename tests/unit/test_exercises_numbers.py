"""Which numbers count as the same, and what is said where they do not."""

import array
import itertools
import re
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from course_utils.exercises import grade
from course_utils.exercises.comparing import as_numbers, wrong_places
from course_utils.exercises.lessons import nb01, nb03, nb07
from tests.exercises import FUNCTION, SHAPE, said


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


# --- Whatever holds numbers -----------------------------------------------------------


class Tensor:
    """As PyTorch's tensors are that remember a gradient: it must be let go first."""

    def __init__(self, numbers: Any, attached: bool = True) -> None:
        self.numbers, self.attached = np.asarray(numbers), attached

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        if self.attached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.numbers

    def __float__(self) -> float:
        return float(self.numbers)

    def detach(self) -> "Tensor":
        return Tensor(self.numbers, attached=False)

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> np.ndarray:
        return self.numbers


class Frame:
    """As data frames are: no sequence, but an array when asked."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.asarray(numbers, dtype=object)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        return self.numbers


class Exact:
    """As numbers of a library for exact arithmetic are."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value


OTHER_NUMBERS: list[Callable[[], Any]] = [
    lambda: (number for number in (14, 14, 20)),
    lambda: map(int, ("14", "14", "20")),
    lambda: {"height": 14, "width": 14, "maps": 20}.values(),
    lambda: deque([14, 14, 20]),
    lambda: array.array("i", [14, 14, 20]),
    lambda: memoryview(array.array("d", [14, 14, 20])),
    lambda: [Fraction(28, 2), Decimal("14"), 20],
    lambda: np.array([Fraction(14), Decimal(14), np.array(20)], object),
    lambda: (np.array(14), np.array(14.0), np.array(20, np.uint8)),
    lambda: np.ma.array([14, 14, 20]),
    lambda: np.array([14, 14, 20], np.longdouble),
    lambda: np.array([14, 14, 20]) + 0j,
    lambda: Tensor([14, 14, 20]),
    lambda: [Tensor(14), Tensor(14), Tensor(20)],
    lambda: Frame([14, 14, 20]),
    lambda: [Exact(14.0), 14, Exact(20.0)],
]


@pytest.mark.parametrize("make", OTHER_NUMBERS)
def test_numbers_of_other_libraries_are_numbers(make: Callable[[], Any]) -> None:
    assert grade(SHAPE, make()).status == "correct"


def test_a_range_and_a_sparse_matrix_are_numbers() -> None:
    np.testing.assert_array_equal(as_numbers(range(3)), [0, 1, 2])
    matrix = scipy.sparse.csr_matrix(np.eye(3))
    np.testing.assert_array_equal(as_numbers(matrix), np.eye(3))
    np.testing.assert_array_equal(
        as_numbers([(n for n in row) for row in "ab"[:0]]), []
    )
    rows = [(n for n in (1, 2)), [Fraction(1, 2), 3]]
    np.testing.assert_array_equal(as_numbers(rows), [[1, 2], [0.5, 3]])


def test_numbers_of_eight_or_sixteen_bits_of_a_network_are_numbers() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    numbers = np.array([14, 14, 20], ml_dtypes.bfloat16)
    assert grade(SHAPE, numbers).status == "correct"


@pytest.mark.parametrize(
    "make", [*OTHER_NUMBERS, lambda: [[1, 2], [3]], lambda: {1, 2}, lambda: "12"]
)
def test_a_function_may_return_whatever_holds_numbers(make: Callable[[], Any]) -> None:
    """And what it returns is compared, not refused for its type."""

    def answer(image: Any, kernel: Any) -> Any:
        return [map(Fraction, row.tolist()) for row in nb01.my_convolve(image, kernel)]

    assert grade(FUNCTION, answer).status == "correct"
    assert grade(FUNCTION, lambda image, kernel: make()).status == "wrong"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({14, 20}, "a set has no order: write the numbers in round or square brackets"),
        (itertools.count(), "It goes on after a million numbers"),
        ({"height": 14}, "Numbers are asked for, but a dict came"),
        ([Fraction(14), "14", 20], "Numbers are asked for"),
        (np.array([np.datetime64("2020-01-01")] * 3), "Numbers are asked for"),
        ([Fraction(14), [14, 20]], "The rows have different lengths"),
        ((n for n in (14, 15, 20)), "the first wrong one is at index 1"),
        ([Fraction(14), Decimal(15), 20], "the first wrong one is at index 1"),
        (np.ma.array([14, 14, 20], mask=[False, False, True]), "There is a NaN"),
        (10**40, "Several numbers are asked for, such as (1, 2); 1e+40 came"),
    ],
)
def test_what_holds_no_numbers_is_told_why(answer: Any, words: str) -> None:
    assert words in said(SHAPE, answer)


def test_a_list_that_holds_itself_is_no_numbers() -> None:
    endless: list[Any] = []
    endless.extend([endless] * 3)
    assert "Numbers are asked for" in said(SHAPE, endless)


# --- How close is close enough --------------------------------------------------------


def right(got: Any, wanted: Any, **options: Any) -> bool:
    return not wrong_places(np.asarray(got), np.asarray(wanted), **options).any()


@pytest.mark.parametrize(
    ("got", "wanted", "expected"),
    [
        ([0.00003, 5.0], [0.0, 5.2], False),
        ([0.00003, 5.2], [0.0, 5.2], True),  # beside 5.2 it is nothing
        ([0.00006, 5.2], [0.0, 5.2], False),
        (np.float32(1.0123456789), 1.0123456789, True),
        (np.float16(1.0123456789), 1.0123456789, False),
        (3453100, 3453121, False),  # whole numbers are counted
        (105369601, 105369600, False),
        (np.float32(105369600), 105369600, True),
        ([1e6, 4.0], [1e6, 3.0], False),
        (1e-7, 0.0, True),
        (1e-5, 0.0, False),
        (9.54e-7, 9.5367431640625e-07, False),
        (np.uint8(255), np.uint8(0), False),
        (np.inf, np.inf, True),
        (np.inf, 1.0, False),
        ([np.nan, 1.0], [np.nan, 1.0], True),
        ([np.nan, 1.0], [0.0, 1.0], False),
        (3 + 0j, 3, True),
        (3 + 1j, 3, False),
        (3 + 1j, 3 + 1j, True),
        (True, 1, True),
    ],
)
def test_numbers_are_held_against_the_largest_of_them(
    got: Any, wanted: Any, expected: bool
) -> None:
    assert right(got, wanted) is expected


@pytest.mark.parametrize(
    ("got", "wanted", "expected"),
    [
        (0.262, 0.2618004511, True),
        (np.float32(0.262), 0.2618004511, True),
        (np.float16(0.262), 0.2618004511, True),
        (Fraction(262, 1000), 0.2618004511, True),
        (0.2618, 0.2618004511, True),
        (0.261, 0.2618004511, False),  # cut off
        (0.26, 0.2618004511, False),
        (0.2622, 0.2618004511, False),  # four digits, and the fourth is wrong
        (0.0126, 0.0126491106, True),
        (0.0126554, 0.0126491106, False),  # divided by n - 1: not a matter of digits
        (0.989, 0.98888888, True),
        (0.9888, 0.98888888, True),  # cut off after more digits than are needed
        (0.99, 0.98888888, False),
        (9.54e-7, 9.5367431640625e-07, True),
        (1.0, 0.99996, True),
        (0.1254, 0.125, False),
        (-0.262, -0.2618004511, True),
        (0.262, -0.2618004511, False),
        (3860, 3861, False),
        (3860.0, 3861.0, False),
        (3.86e3, 3861, False),
        (0.0, 0.2618004511, False),
    ],
)
def test_a_value_may_be_rounded_to_three_digits_but_a_count_may_not(
    got: Any, wanted: Any, expected: bool
) -> None:
    got = as_numbers(got)[()]
    assert right(got, wanted, rounded=True) is expected


def test_rounded_values_are_right_and_rounded_results_of_functions_are_not() -> None:
    assert grade("05.shear", 0.262).status == "correct"
    assert grade("09.hand-over", np.float32(0.989)).status == "correct"
    assert grade("03.batch-norm", lambda batch: nb03.batch_norm(batch)).status == (
        "correct"
    )
    assert grade("03.batch-norm", lambda b: nb03.batch_norm(b).round(3)).status == (
        "wrong"
    )


def test_results_in_float32_are_right() -> None:
    def in_single(batch: Any) -> Any:
        return nb03.batch_norm(batch.astype(np.float32))

    assert grade("03.batch-norm", in_single).status == "correct"


def test_a_value_that_is_rounded_too_far_is_told_so() -> None:
    assert "give at least 3 significant digits" in said("05.shear", 0.26)
    assert "rounded" not in said("05.shear", 0.28)
    assert "rounded" not in said("01.weights-shared", 3900)


# --- Numbers that are written alike ---------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda right: right + 0.00021, "4 is expected, not 4.0002"),
        (lambda right: right * (1 + 3e-5), "is expected, not"),
        (lambda right: right + 1e-3j, "is expected, not"),
    ],
)
def test_no_number_is_expected_and_refused_in_the_same_words(
    change: Any, words: str
) -> None:
    def answer(image: Any, kernel: Any) -> Any:
        return change(nb01.my_convolve(image, kernel))

    line = said(FUNCTION, answer)
    pair = re.search(r": (\S.*?) is expected, not (\S.*?)\. ", line)
    assert pair
    assert pair[1] != pair[2]


def test_a_single_number_is_not_refused_in_the_words_of_the_right_one() -> None:
    line = said("05.shear", 0.26184)
    assert "0.26184 is not it" in line
    many = said(
        "07.separable-share", lambda *sizes: nb07.separable_share(*sizes) + 2e-5
    )
    one, other = re.findall(r"(0\.\d+) is expected, but it gives (0\.\d+)", many)[0]
    assert one != other


def test_tables_show_the_digits_that_differ() -> None:
    def answer(image: Any, kernel: Any) -> Any:
        result = nb01.my_convolve(image, kernel)
        result[0, 0] += 0.0002
        return result

    verdict = grade(FUNCTION, answer)
    rows = str(verdict).split("yours:")[1].split("difference:")[0]
    assert "2.0002" in rows
    assert ">2.0002<" in verdict.html()
