"""Say how an answer differs from what is right, as far as that is certain."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_utils.exercises.comparing import (
    DIGITS,
    as_numbers,
    right_to,
    wrong_places,
)
from course_utils.exercises.words import (
    MORE_DIGITS,
    Table,
    digits_apart,
    fits,
    number,
    shape_of,
    text,
)


def partly_right(got: Any, wanted: Any) -> str:
    """Say which numbers of a value are right, but not what the others should be."""
    if np.ndim(wanted) == 0:
        if np.ndim(got):
            return f"One number is asked for, but {text(got)} came."
        return _not_it(got, wanted)
    if np.ndim(got) == 0:
        return f"Several numbers are asked for, such as (1, 2); {text(got)} came."
    if np.shape(got) != np.shape(wanted):
        if np.ndim(wanted) == np.ndim(got) == 1:
            return f"{len(wanted)} numbers are asked for, but {len(got)} came."
        return f"Its shape is {np.shape(got)}, which is not the one asked for."
    wrong = wrong_places(as_numbers(got), wanted, rounded=True)
    right = wrong.size - wrong.sum()
    return (
        f"{right} of the {wrong.size} numbers {_are(right)} right; the first wrong one "
        f"is {_place(_first(wrong))}."
    )


def _not_it(got: Any, wanted: Any) -> str:
    value, right = as_numbers(got)[()], np.asarray(wanted)[()]
    if not np.iscomplexobj(value) and any(right_to(n, value, right) for n in (1, 2)):
        return (
            f"If {text(value)} is rounded, it is rounded too far: give at least "
            f"{DIGITS} significant digits."
        )
    # 0.26184 must not be written 0.2618 where that is the answer.
    for digits in MORE_DIGITS:
        said = text(value, digits)
        try:
            if wrong_places(float(said), right, rounded=True):
                break
        except ValueError:  # a complex number
            break
    return f"{said} is not it."


def difference(got: Any, wanted: Any, numbers: np.ndarray | None, why: str = "") -> str:
    """Say how the result of a function differs from what is expected.

    Its numbers, or why it is none, were read before: to read a long list takes time.
    """
    if numbers is None:
        if "different lengths" in why:
            return "it gives rows of different lengths."
        return f"{text(wanted)} is expected, but it gives {text(got)}."
    expected = np.asarray(wanted)
    if expected.dtype.kind not in "biufc":
        return f"{text(wanted)} is expected, but it gives {text(got)}."
    if expected.ndim == numbers.ndim == 0:
        right, given = apart(expected[()], numbers[()])
        return f"{right} is expected, but it gives {given}."
    if numbers.shape != expected.shape:
        if expected.ndim == 0:
            return f"one number is expected, but it gives {text(got)}."
        return f"a result of shape {expected.shape} is expected, not {numbers.shape}."
    if np.isnan(numbers).any() and not np.isnan(expected).any():
        return "the result has NaN in it: was something divided by zero?"
    wrong = wrong_places(numbers, expected)
    first = _first(wrong)
    right, given = apart(expected[first], numbers[first])
    return (
        f"{wrong.sum()} of {wrong.size} numbers {_are(wrong.sum())} wrong. The first "
        f"is {_place(first)}: {right} is expected, not {given}."
    )


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Two numbers as texts, with as many digits as it takes to tell them apart."""
    digits = digits_apart([(one, other)])
    return number(one, digits), number(other, digits)


def clue(
    got: Sequence[Any], wanted: Sequence[Any], failed: int, *, eight_bit: bool = False
) -> str:
    """Name what often goes wrong with numbers in any exercise, where it is certain.

    Parameters
    ----------
    got, wanted : arrays, or None where there is none
        What came and what was right, in each case.
    failed : int
        The case that is shown.
    eight_bit : bool
        Whether 8-bit numbers were given in it.
    """
    numbers, expected = got[failed], wanted[failed]
    if numbers is None or expected is None or numbers.shape != expected.shape:
        return ""
    if numbers.dtype.kind not in "iuf" or expected.dtype.kind not in "iuf":
        return ""
    expected = expected.astype(float)
    gap = expected - numbers
    if not (gap % 256).any():
        if numbers.dtype in (np.uint8, np.int8):
            return "8-bit numbers go on with 0 after 255: compute with float."
        if eight_bit:
            return (
                "All is right but for multiples of 256, as where 8-bit numbers go on "
                "with 0 after 255: compute with float."
            )
    cut_off = np.trunc(expected)
    if numbers.dtype.kind in "iu" and numbers.any() and (cut_off == numbers).all():
        return "What comes after the decimal point is cut off: compute with float."
    if not expected.any() or wrong_places(numbers, -expected).any():
        return ""
    if all(_opposite(g, w) for g, w in zip(got, wanted)):
        return "Only the sign is wrong."
    return "Here each number has the opposite sign."


def _opposite(got: Any, wanted: Any) -> bool:
    if got is None or wanted is None or got.shape != wanted.shape:
        return False
    return not wrong_places(got, -wanted.astype(float)).any()


def tables_of(got: Any, wanted: Any) -> list[Table]:
    """Expected result, given result and their difference, where they are small."""
    comparable = shape_of(got) == np.shape(wanted)
    mask = wrong_places(got, wanted) if comparable else None
    tables: list[Table] = []
    for caption, value, marks in (("expected", wanted, None), ("yours", got, mask)):
        if fits(value):
            tables.append((caption, np.asarray(value), marks))
    if comparable and fits(got):
        gap = np.subtract(got, wanted, dtype=np.result_type(float, np.asarray(got)))
        tables.append(("difference", gap, mask))
    return tables


def _first(wrong: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _place(index: tuple[int, ...]) -> str:
    if len(index) == 2:
        return f"at row {index[0]}, column {index[1]}"
    # What a third axis means, and which one it is, only the exercise knows.
    return f"at index {', '.join(map(str, index))}"
