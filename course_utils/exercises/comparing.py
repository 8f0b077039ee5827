"""Read what a student gave as numbers, and compare numbers as a fair person would."""

import collections.abc
import itertools
from decimal import Decimal
from typing import Any

import numpy as np

CLOSE = 1e-5  # of the largest number: what float32 loses in a long sum
WHOLE = 0.01  # the most that a whole number may be off, however large it is
NOTHING = 1e-6  # where only zeros are expected, nothing says what is small
DIGITS = 3  # significant ones that are enough, where a value is asked for
MOST = 10**6  # numbers that are taken from a generator
DEEPEST = 32  # lists in lists
# Why something is no number.
NO_ORDER = (
    "This is a set, and a set has no order: write the numbers in round or square "
    "brackets."
)
TOO_GREAT = "Numbers up to 10**308 can be compared, but a very large number came."
ENDLESS = "It goes on after a million numbers."
UNEVEN = "The rows have different lengths: count the numbers in each."


class NotNumbers(ValueError):  # noqa: N818 - an answer is wrong, not the program
    """What came cannot be read as numbers: the text is a sentence, or empty."""


def as_numbers(value: Any) -> np.ndarray:
    """A new array of the numbers in a value, whoever made them.

    Parameters
    ----------
    value : number, list, range, generator, array, tensor, data frame, ...
        Of any library that follows Python's or NumPy's conventions: nothing is imported
        for it. Fractions and Decimals become floats, and so do arrays of objects.

    Raises
    ------
    NotNumbers
        Where there is a text, a set, or rows of different lengths.
    """
    try:
        return np.array(_array(value, 0))
    except NotNumbers:
        raise
    except Exception:  # an object whose own methods fail
        raise NotNumbers from None


def _array(value: Any, depth: int) -> np.ndarray:
    kind = type(value)  # not isinstance: an object may lie about its class
    if issubclass(kind, str | bytes | collections.abc.Mapping):
        raise NotNumbers
    first, inside = value, depth
    while type(first) in (list, tuple) and first and inside <= DEEPEST:
        first, inside = first[0], inside + 1
    if inside > DEEPEST:  # it holds itself, perhaps
        raise NotNumbers
    if issubclass(kind, set | frozenset):
        raise NotNumbers(NO_ORDER)
    if issubclass(kind, np.ma.MaskedArray):
        return np.ma.filled(value.astype(np.result_type(value, float)), np.nan)
    try:
        array = np.asarray(value)
    except Exception:  # rows of different lengths, or a tensor that wants to be asked
        return _piece_by_piece(value, depth)
    if array.dtype.kind in "biufc":
        return array
    if array.dtype.kind == "V" and array.dtype.names is None:
        try:
            return array.astype(float)  # bfloat16 and the like
        except (TypeError, ValueError):
            raise NotNumbers from None
    if array.dtype.kind != "O":
        raise NotNumbers
    if array.ndim == 0:
        return _piece_by_piece(value if kind is not np.ndarray else array[()], depth)
    parts = [_array(item, depth + 1) for item in array.ravel()]
    return _together(parts).reshape(array.shape + parts[0].shape if parts else (0,))


def _piece_by_piece(value: Any, depth: int) -> np.ndarray:
    """The same for what NumPy does not understand as a whole."""
    kind = type(value)
    if hasattr(kind, "detach"):  # a tensor of PyTorch that remembers its gradient
        return _array(value.detach().cpu().numpy(), depth + 1)
    if hasattr(kind, "toarray"):  # a sparse matrix
        return _array(value.toarray(), depth + 1)
    if hasattr(kind, "__float__") or hasattr(kind, "__complex__"):
        try:
            return np.array(float(value))
        except OverflowError:
            raise NotNumbers(TOO_GREAT) from None
        except TypeError:
            return np.array(complex(value))
    if not hasattr(kind, "__iter__"):
        raise NotNumbers
    items = list(itertools.islice(value, MOST + 1))
    if len(items) > MOST:
        raise NotNumbers(ENDLESS)
    if kind is list or kind is tuple:
        return _together([_array(item, depth + 1) for item in items])
    return _array(items, depth + 1)


def _together(parts: list[np.ndarray]) -> np.ndarray:
    if len({part.shape for part in parts}) > 1:
        raise NotNumbers(UNEVEN)
    return np.stack(parts) if parts else np.zeros(0)


# --- Equal, or not --------------------------------------------------------------------


def wrong_places(got: Any, wanted: Any, *, rounded: bool = False) -> np.ndarray:
    """Where numbers differ by more than rounding explains.

    Parameters
    ----------
    got, wanted : array, or what becomes one, of one shape
    rounded : bool
        Take a number that is not whole for right, too, when it is given with at least
        three significant digits and is right in each of them: 0.262 for 0.26180.

    Returns
    -------
    array of bool
        Each number may be off by 1e-5 of the largest one. Whole numbers are exact.
    """
    given = np.asarray(got)
    values, expected = _wide(given), _wide(np.asarray(wanted))
    with np.errstate(all="ignore"):
        equal = (values == expected) | (np.isnan(values) & np.isnan(expected))
        near = np.abs(values - expected) <= _allowed(expected)
        wrong = np.asarray(~(equal | near))
    if rounded and wrong.any() and values.dtype == expected.dtype == float:
        for place in map(tuple, np.argwhere(wrong)):
            wrong[place] = not right_to(DIGITS, given[place], expected[place])
    return wrong


def same(got: Any, wanted: Any, *, rounded: bool = False) -> bool:
    """Whether two results are equal up to rounding; arrays of one shape, or texts."""
    if isinstance(wanted, str):
        return type(got) is str and got == wanted
    try:
        got, wanted = as_numbers(got), as_numbers(wanted)
    except NotNumbers:
        return False
    if got.shape != wanted.shape:
        return False
    return not wrong_places(got, wanted, rounded=rounded).any()


def right_to(digits: int, got: Any, wanted: Any) -> bool:
    """Whether a number is another one, rounded to so many significant digits or more.

    Where it shows more digits than these, the last may be cut off and not rounded.
    """
    if wanted == round(wanted) or not np.isfinite([got, wanted]).all():
        return False
    needed = 10.0 ** (np.floor(np.log10(abs(wanted))) - digits + 1)
    shortest = np.format_float_scientific(got) if got % 1 else str(int(got))
    exponent = Decimal(shortest).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    error = abs(float(got) - float(wanted))
    return bool(error <= needed * 0.5000001 and error < 10.0**exponent)


def _allowed(expected: np.ndarray) -> float:
    finite = expected[np.isfinite(expected)]
    largest = float(np.abs(finite).max(initial=0))
    whole = np.isrealobj(finite) and bool((finite == np.round(finite)).all())
    if largest == 0:
        return NOTHING
    return min(CLOSE * largest, WHOLE) if whole else CLOSE * largest


def _wide(numbers: np.ndarray) -> np.ndarray:
    """As floats of 64 bits: differences of unsigned numbers would not be negative."""
    return numbers.astype(complex if numbers.dtype.kind == "c" else float)
