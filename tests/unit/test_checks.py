"""Arguments are taken as they are meant, or refused by name."""

import numpy as np
import pytest

from course_utils import checks


def test_what_is_meant_is_taken():
    assert checks.whole_number("n", np.int64(3)) == 3
    assert checks.whole_number("n", 0, least=0) == 0
    assert checks.pair("size", 4) == checks.pair("size", [4, np.uint8(4)]) == (4, 4)
    assert checks.real("theta", np.float32(0.5)) == checks.real("theta", 0.5) == 0.5
    assert checks.padding("same") == ("same", "same")
    assert checks.padding([[1, 2], (3, 4)]) == ((1, 2), (3, 4))
    checks.one_of("kind", "max", ("max", "l2"))


def test_arrays_become_float64_and_complex_ones_stay_where_they_are_allowed():
    assert checks.array("x", [[1, 2]], (2,)).dtype == np.float64
    assert checks.array("x", [[1j, 2]], (2,), complex).dtype == np.complex128
    assert checks.image(np.ones((2, 3), bool)).shape == (2, 3, 1)
    assert checks.filters(np.ones((2, 3)), np.ones((9, 9))).shape == (2, 3, 1, 1)
    assert checks.filters(np.ones((2, 3, 4)), np.ones((9, 9, 4))).shape == (2, 3, 4, 1)
    assert checks.centred("kernel", [[1j]]).shape == (1, 1)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: checks.whole_number("n", 1.0), TypeError, "n must be a whole number"),
        (lambda: checks.whole_number("n", True), TypeError, "n must be .* not True"),
        (lambda: checks.whole_number("n", -1), ValueError, "n must be 1 or more"),
        (lambda: checks.pair("n", (1, 2, 3)), ValueError, "n must be one .* or two"),
        (lambda: checks.pair("n", (1, None)), TypeError, "n must be a whole number"),
        (lambda: checks.real("x", "one"), TypeError, "x must be a number, not 'one'"),
        (lambda: checks.real("x", np.nan), ValueError, "x must be finite, not nan"),
        (lambda: checks.real("x", 0, above=0), ValueError, "x must be above 0 and"),
        (lambda: checks.array("x", ["a"], (1,)), TypeError, "x must hold real numbers"),
        (lambda: checks.array("x", [1j], (1,)), TypeError, "not complex128"),
        (lambda: checks.array("x", [1], (2, 3)), ValueError, "x must have 2 or 3 axes"),
        (lambda: checks.array("x", [], (1,)), ValueError, r"shape is \(0,\)"),
        (lambda: checks.array("x", [np.inf], (1,)), ValueError, "x holds NaN or inf"),
        (lambda: checks.image([1, 2]), ValueError, "image must have 2 or 3 axes"),
        (
            lambda: checks.filters(np.ones((2, 2, 3)), np.ones((9, 9))),
            *(ValueError, r"\(2, 2, 3\) is for 3 channel.* \(9, 9\) has 1"),
        ),
        (lambda: checks.centred("k", np.ones((3, 2))), ValueError, "k must have a mid"),
        (lambda: checks.padding((1, (2, 3))), ValueError, "padding must be 'valid'"),
        (lambda: checks.padding(((1, 2), 3, (4, 5))), ValueError, "padding must be"),
        (
            lambda: checks.one_of("kind", ["max"], ("max", "mean", "l2")),
            *(ValueError, r"kind must be 'max', 'mean' or 'l2', not \['max'\]"),
        ),
    ],
)
def test_what_is_not_meant_is_refused_by_name(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
