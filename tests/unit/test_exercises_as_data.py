"""What passes between a student's process and the judge: data, and nothing else."""

import json
import os
import tempfile
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from course_utils.exercises.as_data import (
    HEADER,
    MOST_BYTES,
    Blobs,
    Channel,
    ForeignError,
    pack,
    unpack,
)
from course_utils.exercises.comparing import NotNumbers, as_numbers
from course_utils.exercises.grade_one import rebuilt

SAME: list[Any] = [
    *(None, ..., True, False, 0, -3, 10**40, 2.5, 1 + 2j, "text", "\udcff"),
    [1, (2.0, ["a", None])],
    *(np.float64(0.5), np.float32(0.5), np.int64(3), np.uint8(3), np.True_),
    (),
]


def there_and_back(value: Any) -> Any:
    blobs: Blobs = []
    packed = json.loads(json.dumps(pack(value, blobs)))
    return unpack(packed, blobs)


@pytest.mark.parametrize("value", SAME, ids=repr)
def test_plain_values_come_as_they_went(value: Any) -> None:
    back = there_and_back(value)
    assert type(back) is type(value)
    assert back == value


@pytest.mark.parametrize("dtype", ["bool", "u1", "i8", ">i4", "f2", "f8", "c16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_arrays_come_as_they_went(dtype: str, shape: tuple[int, ...]) -> None:
    value = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = there_and_back(value)
    assert back.dtype == value.dtype.newbyteorder("<")
    np.testing.assert_array_equal(back, value)
    back[...] = 1  # its own, to be written


def test_what_is_like_numbers_comes_as_numbers() -> None:
    for value in (range(4), (i for i in range(4)), [Fraction(i) for i in range(4)]):
        np.testing.assert_array_equal(as_numbers(there_and_back(value)), range(4))
    assert np.isnan(there_and_back(float("nan")))
    assert there_and_back({1, 2}) == {1, 2}
    long = there_and_back(list(range(5000)))
    np.testing.assert_array_equal(long, range(5000))


def test_why_something_is_no_number_is_told_at_the_other_end() -> None:
    def without_end() -> Any:
        while True:
            yield 1

    for value in (without_end(), 10**5000):
        with pytest.raises(NotNumbers, match=r"million|10\*\*308"):
            as_numbers(there_and_back(value))


def test_other_reasons_are_none() -> None:
    with pytest.raises(NotNumbers, match=r"\A\Z"):
        as_numbers(unpack(["refused", "It is right."], []))


def test_of_other_things_only_the_name_comes() -> None:
    class Thing:
        def __reduce__(self) -> Any:
            return os.system, ("exit 3",)

    back = there_and_back(Thing())
    assert type(back).__name__ == "Thing"
    assert not isinstance(back, Thing)
    assert type(there_and_back({"a": 1})).__name__ == "dict"
    itself: list[Any] = []
    itself.append(itself)
    there_and_back(itself)


HOSTILE = [
    [],
    7,
    None,
    ["unknown"],
    ["int", 7],
    ["int", "0x" + "g"],
    ["complex", "a", "b"],
    ["list", 3],
    ["array", "O", [1], 0],
    ["array", "|V8", [1], 0],
    ["array", "f8,f8", [1], 0],
    ["array", "<f8", [10**9, 10**9], 0],
    ["array", "<f8", [-1], 0],
    ["array", "<f8", [1.0], 0],
    ["array", "<f8", [1], 5],
    ["array", "<f8", [1], -1],
    ["array", "<f8", [1] * 40, 0],
    ["array", "<f8", [2], 0],
    ["objects", [5], [["none"]]],
]


@pytest.mark.parametrize("packed", HOSTILE, ids=str)
def test_a_forged_value_is_refused(packed: Any) -> None:
    with pytest.raises(ForeignError):
        unpack(packed, [b"\0" * 8])


def test_lists_in_lists_without_end_are_refused() -> None:
    packed: list[Any] = ["none"]
    for _ in range(500):
        packed = ["list", [packed]]
    with pytest.raises(ForeignError):
        unpack(packed, [])


def received(data: bytes) -> Any:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return Channel(file.fileno(), -1).receive()


def framed(text: bytes, rest: bytes = b"") -> bytes:
    return HEADER.pack(len(text), len(rest)) + text + rest


def test_messages_pass_a_pipe() -> None:
    reading, writing = os.pipe()
    channel = Channel(reading, writing)
    for i in range(3):
        channel.send({"kind": "check", "i": i}, [b"ab", b""])
    for i in range(3):
        message, blobs = channel.receive()
        assert (message["i"], blobs) == (i, [b"ab", b""])
    os.close(reading)
    os.close(writing)


def test_what_is_longer_than_a_message_is_told_and_ends_none() -> None:
    """A list of pixels by mistake: wrong, and what is right after it counts."""
    reading, writing = os.pipe()
    channel = Channel(reading, writing)
    zeros = bytes(MOST_BYTES // 2)
    for value, blobs in ((["float", 0.125] * 500_000, []), ([], [zeros, zeros, b"1"])):
        channel.send({"kind": "check", "value": value}, blobs)
        message, found = channel.receive()
        assert (message["kind"], message["value"][0], found) == ("check", "refused", [])
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(2**32 - 1, 0),
        HEADER.pack(2, MOST_BYTES + 1),
        framed(b"nothing"),
        framed(b"{}"),
        framed(b"[]"),
        framed(b'{"sizes": [9]}', b"12345678"),
        framed(b'{"sizes": [-1]}', b"12345678"),
        framed(b'{"sizes": ["a"]}'),
        framed(b"[" * 100_000),
        framed(b'{"sizes": [], "a": ' + b"1" * 5000 + b"}"),
        framed(b"\xff\xfe"),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_a_forged_message_is_refused_before_it_takes_memory(data: bytes) -> None:
    with pytest.raises(ForeignError):
        received(data)


@pytest.mark.parametrize("data", [b"", b"\0", framed(b'{"sizes": []}')[:-1]])
def test_a_message_cut_off_is_the_end(data: bytes) -> None:
    with pytest.raises(EOFError):
        received(data)


def failing(function: Callable[[], Any]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


def test_exceptions_are_of_the_same_kind_with_the_same_words() -> None:
    class OwnError(ValueError):
        pass

    def own() -> None:
        raise OwnError("mine")

    for function, kind in (
        (lambda: [][1], IndexError),
        (lambda: {"b": 1}["a"], KeyError),
        (lambda: b"\xff".decode(), UnicodeDecodeError),
        (own, ValueError),
    ):
        error = failing(function)
        names = [k.__name__ for k in type(error).__mro__]
        back = rebuilt({"names": names, "message": str(error)})
        assert str(back) == str(error)
        if kind is not UnicodeDecodeError:  # takes five arguments of its own
            assert isinstance(back, kind)
        assert type(back).__name__ in (type(error).__name__, "Exception")


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "SystemExit", "eval", "__x", ""])
def test_no_name_makes_an_exception_that_ends_the_judge(name: str) -> None:
    back = rebuilt({"names": [name, "BaseException", "object"], "message": "m"})
    assert type(back) is Exception
