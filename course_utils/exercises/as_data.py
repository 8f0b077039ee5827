"""Values as plain data on their way between a student's process and the judge's.

What arrives is taken apart with care: lengths are bounded before anything is read,
arrays are numbers only, and nothing in a message names code to be run. Never pickle.
"""

import contextlib
import json
import math
import os
import re
import select
import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from course_utils.exercises.comparing import (
    ENDLESS,
    NO_ORDER,
    TOO_GREAT,
    UNEVEN,
    NotNumbers,
    as_numbers,
)
from course_utils.exercises.words import CLASS, type_name

HEADER = struct.Struct(">IQ")  # bytes of the JSON, bytes of the arrays behind it
MOST_TEXT = 8_000_000
MOST_BYTES = 256_000_000
TOO_LONG = "It is far longer than what is asked for."
TOO_LARGE = "It is an array of more than 256 MB."
TOO_SLOW = "It gave its numbers too slowly."
# No other words of a student's process stand for the judge's own.
REFUSALS = {ENDLESS, NO_ORDER, TOO_GREAT, TOO_LARGE, TOO_LONG, TOO_SLOW, UNEVEN}
LONG = 2_000  # items of a list that travels as it is; a longer one becomes an array
DEEPEST = 40
Packed = list[Any]
Blobs = list[bytes]


class ForeignError(ValueError):
    """What arrived is not what this program sends."""


class Channel:
    """Messages over two pipes: JSON, and behind it the bytes of arrays."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading, self.writing = reading, writing
        self._buffer = bytearray()

    def send(self, message: dict[str, Any], blobs: Blobs | None = None) -> None:
        blobs = blobs or []
        text = json.dumps({**message, "sizes": [len(b) for b in blobs]}).encode()
        if len(text) > MOST_TEXT or sum(map(len, blobs)) > MOST_BYTES:
            # What the other end takes for somebody else's ends all that follows.
            refused = {"value": ["refused", TOO_LONG], "sizes": []}
            text, blobs = json.dumps({**message, **refused}).encode(), []
        data = HEADER.pack(len(text), sum(map(len, blobs))) + text + b"".join(blobs)
        view = memoryview(data)
        with held():  # of a message there is all or nothing
            while view:
                view = view[os.write(self.writing, view) :]

    def receive(self) -> tuple[dict[str, Any], Blobs]:
        """The next message; EOFError where there is none, ForeignError for others'."""
        while True:
            if taken := self._take():
                return taken
            if hasattr(signal, "pthread_sigmask"):
                select.select([self.reading], [], [])
            with held():  # between reading and keeping nothing may come
                data = os.read(self.reading, 1 << 20)
                self._buffer += data
            if not data:
                raise EOFError

    def _take(self) -> tuple[dict[str, Any], Blobs] | None:
        if len(self._buffer) < HEADER.size:
            return None
        first, second = HEADER.unpack_from(self._buffer)
        if first > MOST_TEXT or second > MOST_BYTES:
            raise ForeignError("a message is too long")
        whole = HEADER.size + first + second
        if len(self._buffer) < whole:
            return None
        text = bytes(self._buffer[HEADER.size : HEADER.size + first])
        rest = bytes(self._buffer[HEADER.size + first : whole])
        del self._buffer[:whole]
        try:
            message = json.loads(text)
            blobs, place = [], 0
            for size in message["sizes"]:
                if not 0 <= size <= len(rest) - place:
                    raise ForeignError("an array is longer than its message")
                blobs.append(rest[place : place + size])
                place += size
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise ForeignError(f"no message: {type(error).__name__}") from None
        return message, blobs


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the alarm of a time limit back, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- To data --------------------------------------------------------------------------


def pack(
    value: Any,
    blobs: Blobs,
    *,
    other: Callable[[Any, Blobs], Packed | None] | None = None,
    depth: int = 0,
) -> Packed:
    """A value as JSON; the bytes of its arrays are added to `blobs`.

    `other` says what stands for functions and networks, and None for the rest.
    """
    kind = type(value)
    if value is None or value is ...:
        return ["none" if value is None else "dots"]
    if kind in (bool, float):
        return [kind.__name__, value]
    if kind is int:
        if value.bit_length() > 4000:
            return ["refused", TOO_GREAT]
        return ["int", hex(value)]
    if kind is complex:
        return ["complex", value.real, value.imag]
    if kind is str:
        return ["text", value[:100_000]]
    if isinstance(value, PurePath):
        return ["path", value.name]
    if kind in (list, tuple, set, frozenset) and len(value) <= LONG and depth < DEEPEST:
        inside = [pack(v, blobs, other=other, depth=depth + 1) for v in value]
        return [kind.__name__, inside]
    if kind is np.ndarray and value.dtype.kind in "biufc":
        return _array(value, blobs)
    # A number of NumPy's stays one: unlike an array, it is a float, or can be a key.
    if kind in np.sctypeDict.values() and value.dtype.kind in "biufc":
        return ["number", *_array(np.asarray(value), blobs)[1:]]
    if kind is np.ndarray and value.dtype == object and value.size <= LONG:
        inside = [pack(v, blobs, other=other, depth=depth + 1) for v in value.flat]
        return ["objects", list(value.shape), inside]
    if other and (made := other(value, blobs)):
        return made
    try:
        return _array(as_numbers(value), blobs)
    except NotNumbers as error:
        if str(error) in REFUSALS:
            return ["refused", str(error)]
    return ["thing", type_name(value)[:60]]


def _array(value: np.ndarray, blobs: Blobs) -> Packed:
    if value.nbytes > MOST_BYTES:
        return ["refused", TOO_LARGE]
    data = np.ascontiguousarray(value)
    plain = data.astype(data.dtype.newbyteorder("<"), copy=False)
    blobs.append(plain.tobytes())
    return ["array", plain.dtype.str, list(value.shape), len(blobs) - 1]


# --- From data ------------------------------------------------------------------------


def unpack(
    packed: Any, blobs: Blobs, *, other: Callable[[Packed], Any] | None = None
) -> Any:
    """The value again. `other` makes what is not plain data, by its mark."""
    try:
        return _value(packed, blobs, other, 0)
    except ForeignError:
        raise
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise ForeignError(f"no value: {type(error).__name__}") from None


def _value(
    packed: Any, blobs: Blobs, other: Callable[[Packed], Any] | None, depth: int
) -> Any:
    if depth > 2 * DEEPEST:
        raise ForeignError("lists in lists without end")
    mark, *rest = packed
    if mark in ("none", "dots"):
        return None if mark == "none" else ...
    if mark in ("bool", "float"):
        return {"bool": bool, "float": float}[mark](rest[0])
    if mark == "int":
        return int(rest[0], 16)
    if mark == "complex":
        return complex(*rest)
    if mark == "text":
        return str(rest[0])
    if mark in ("list", "tuple", "set", "frozenset"):
        items = [_value(item, blobs, other, depth + 1) for item in rest[0]]
        return {"list": list, "tuple": tuple}.get(mark, set)(items)
    if mark in ("array", "number"):
        dtype, shape, place = rest
        array = _from_bytes(dtype, shape, place, blobs)
        return array if mark == "array" else array[()]
    if mark == "objects":
        shape, items = rest
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            array[i] = _value(item, blobs, other, depth + 1)
        return array.reshape(shape)
    if mark == "refused":
        words = str(rest[0])
        return Refused(words) if words in REFUSALS else thing("object")
    if mark == "thing":
        return thing(str(rest[0]))
    if other is None:
        raise ForeignError(f"unknown mark {str(mark)[:40]!r}")
    return other(packed)


def _from_bytes(dtype: str, shape: list[int], place: int, blobs: Blobs) -> np.ndarray:
    kind = np.dtype(dtype)
    if kind.kind not in "biufc" or kind.names or kind.subdtype:
        raise ForeignError("an array of something else than numbers")
    if len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        raise ForeignError("an array of a strange shape")
    if not 0 <= place < len(blobs):
        raise ForeignError("an array that did not come")
    if math.prod(shape) * kind.itemsize != len(blobs[place]):
        raise ForeignError("an array of another length than its shape")
    return np.frombuffer(blobs[place], kind).reshape(shape).copy()


class Refused:
    """What could not be read as numbers, for a reason that is known."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __iter__(self) -> Iterator[Any]:
        raise NotNumbers(self._words)


def thing(name: str) -> Any:
    """Something of which only the name of its class is known.

    It is said as it is: letters that look like blanks would make a sentence of it.
    """
    return type(name if re.fullmatch(CLASS, name) else "object", (), {})()
