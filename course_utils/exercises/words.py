"""Say what is right or wrong about an answer: in words, and in small tables."""

import html
import linecache
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

Table = tuple[str, np.ndarray, np.ndarray | None]
# `Code` and *stress* in a line of text.
MARKS = re.compile(r"`([^`]*)`|(?<!\S)\*(\w[^*]*\w)\*(?!\w)")
# Okabe-Ito colours, seen on white and on black; the sign and the word say the same.
SIGNS = {
    "correct": ("✓", "Correct", "#009E73"),
    "wrong": ("✗", "Not yet", "#D55E00"),
    "blank": ("○", "Not attempted", "#56B4E9"),
}


@dataclass(frozen=True)
class Verdict:
    """What `check` has to say.

    Attributes
    ----------
    status : "correct", "wrong" or "blank"
    title : str
    lines : str each
        Text between backticks is code, between asterisks stressed.
    tables : triples (caption, array, mask)
        Arrays (H, W); the mask says which numbers are wrong.
    """

    status: str
    title: str
    lines: Sequence[str] = ()
    tables: Sequence[Table] = ()

    def __str__(self) -> str:
        sign, word, _ = SIGNS[self.status]
        lines = [f"{sign} {word}: {self.title}", *self.lines]
        lines = [textwrap.fill(line, 88, subsequent_indent="  ") for line in lines]
        for caption, numbers, _ in self.tables:
            rows = [[number(cell) for cell in row] for row in numbers]
            width = max(len(cell) for row in rows for cell in row) + 2
            lines.append(f"{caption}:")
            lines += ["".join(cell.rjust(width) for cell in row) for row in rows]
        return "\n".join(lines)

    def html(self) -> str:
        sign, word, colour = SIGNS[self.status]
        lines = [
            f'<strong><span aria-hidden="true">{sign}</span> {word}:</strong> '
            + as_html(self.title),
            *map(as_html, self.lines),
        ]
        paragraphs = "".join(f'<p style="margin:2px 0">{line}</p>' for line in lines)
        tables = "".join(_html_table(*table) for table in self.tables)
        if tables:
            style = "display:flex;flex-wrap:wrap;gap:0 24px;align-items:flex-start"
            tables = f'<div style="{style}">{tables}</div>'
        return (
            f'<div role="status" style="border-left:5px solid {colour};'
            f'padding:2px 12px">{paragraphs}{tables}</div>'
        )


def as_html(line: str) -> str:
    """Escape a line of text; `this` becomes code, and *this* is stressed."""
    return MARKS.sub(
        lambda m: f"<em>{m[2]}</em>" if m[2] else f"<code>{m[1]}</code>",
        html.escape(line, quote=False),
    )


def _html_table(caption: str, numbers: np.ndarray, mask: np.ndarray | None) -> str:
    rows = []
    for i, row in enumerate(numbers):
        cells = []
        for j, cell in enumerate(row):
            wrong = mask is not None and mask[i, j]
            style = ";font-weight:bold;outline:2px solid #D55E00" if wrong else ""
            cells.append(f'<td style="text-align:right{style}">{number(cell)}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        '<table style="margin:4px 0"><caption style="text-align:left">'
        f"{html.escape(caption)}</caption>{''.join(rows)}</table>"
    )


# --- Numbers and values in words ------------------------------------------------------


def number(value: Any) -> str:
    """A number as a person would write it: 3 for 3.0, four digits else."""
    if isinstance(value, str | bool | np.bool_):
        return str(value)
    if isinstance(value, complex | np.complexfloating):
        return f"{number(value.real)} + {number(value.imag)}i"
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a very large number"
    value = float(value)
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "infinity" if value > 0 else "-infinity"
    rounded = round(value)
    return str(rounded) if value == rounded else f"{value:.4g}"


def text(value: Any) -> str:
    """A value in a few words. Strange objects are named by their type, not asked."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_ | int | float | complex | np.number):
        return number(value)
    if type(value) is str:
        return f"the text {value[:40]!r}"
    if type(value) in (tuple, list) and len(value) <= 6:
        inside = ", ".join(text(item) for item in value)
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return "nothing" if value is None else f"a {type(value).__name__}"


def fits(value: Any) -> bool:
    """Whether an array is small enough to be shown as a table."""
    shape = shape_of(value)
    return shape is not None and len(shape) == 2 and 0 < min(shape) <= max(shape) <= 10


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of an array or of nested lists; None for rows of different lengths."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def same(got: Any, wanted: Any) -> bool:
    """Equal up to rounding. Lists and arrays count the same, and so do 3 and 3.0."""
    if isinstance(wanted, str):
        return isinstance(got, str) and got == wanted
    try:
        got, wanted = np.asarray(got), np.asarray(wanted)
    except ValueError:
        return False
    if got.shape != wanted.shape or got.dtype.kind not in "biufc":
        return False
    return bool(np.allclose(got, wanted, rtol=1e-6, atol=1e-9, equal_nan=True))


def _wrong_places(got: Any, wanted: Any) -> np.ndarray:
    return ~np.isclose(np.asarray(got), np.asarray(wanted), rtol=1e-6, atol=1e-9)


# --- Differences ----------------------------------------------------------------------


def partly_right(got: Any, wanted: Any) -> str:
    """Say which numbers of a value are right, but not what the others should be."""
    if np.ndim(wanted) == 0:
        if np.ndim(got):
            return f"One number is asked for, but {text(got)} came."
        return f"{text(got)} is not it."
    if np.ndim(got) == 0:
        return f"Several numbers are asked for, such as (1, 2); {text(got)} came."
    if np.shape(got) != np.shape(wanted):
        if np.ndim(wanted) == np.ndim(got) == 1:
            return f"{len(wanted)} numbers are asked for, but {len(got)} came."
        return f"Its shape is {np.shape(got)}, which is not the one asked for."
    wrong = _wrong_places(got, wanted)
    right = wrong.size - wrong.sum()
    return (
        f"{right} of the {wrong.size} numbers {_are(right)} right; the first wrong one "
        f"is {_place(_first(wrong))}."
    )


def difference(got: Any, wanted: Any) -> str:
    """Say how the result of a function differs from what is expected."""
    try:
        numbers = np.asarray(got)
    except ValueError:
        return "it gives rows of different lengths."
    expected = np.asarray(wanted)
    if numbers.dtype.kind not in "biufc" or expected.ndim == numbers.ndim == 0:
        return f"{text(wanted)} is expected, but it gives {text(got)}."
    if numbers.shape != expected.shape:
        if expected.ndim == 0:
            return f"one number is expected, but it gives {text(got)}."
        return f"a result of shape {expected.shape} is expected, not {numbers.shape}."
    if np.isnan(numbers).any():
        return "the result has NaN in it: was something divided by zero?"
    wrong = _wrong_places(numbers, expected)
    first = _first(wrong)
    return (
        f"{wrong.sum()} of {wrong.size} numbers {_are(wrong.sum())} wrong. The first "
        f"is {_place(first)}: {number(expected[first])} is expected, "
        f"not {number(numbers[first])}."
    )


def clue(got: Any, wanted: Any) -> str:
    """Name what often goes wrong with numbers in any exercise, where it fits."""
    try:
        numbers, expected = np.asarray(got), np.asarray(wanted)
    except ValueError:
        return ""
    if numbers.shape != expected.shape or numbers.dtype.kind not in "iuf":
        return ""
    if numbers.dtype.kind in "iu" and np.allclose((expected - numbers) % 256, 0):
        return "8-bit numbers go on with 0 after 255: compute with float."
    if numbers.dtype.kind in "iu" and np.allclose(np.trunc(expected), numbers):
        return "All behind the decimal point is cut off: compute with float."
    return "Only the sign is wrong." if np.allclose(numbers, -expected) else ""


def tables_of(got: Any, wanted: Any) -> list[Table]:
    """Expected result, given result and their difference, where they are small."""
    comparable = shape_of(got) == np.shape(wanted)
    mask = _wrong_places(got, wanted) if comparable else None
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
    if len(index) == 1:
        return f"at index {index[0]}"
    names = ("row", "column", "channel")
    return "at " + ", ".join(f"{name} {i}" for name, i in zip(names, index))


# --- Exceptions -----------------------------------------------------------------------

SUM_MISSING = "A whole array is put where one number fits: is a `sum()` missing?"
# What Python says, and what it mostly means in these exercises. The first fit counts.
MEANINGS: list[tuple[type[BaseException], str, str]] = [
    (
        ValueError,
        "broadcast",
        "Two arrays of different shapes meet here: print both shapes. At the border of "
        "an image a slice is smaller than the kernel.",
    ),
    (ValueError, "element with a sequence|inhomogeneous", SUM_MISSING),
    (
        ValueError,
        "ambiguous",
        "An array is used as one True or False: use `.all()`, `.any()` or one number.",
    ),
    (
        ValueError,
        "matmul|not aligned",
        "In a matrix product the inner sizes must agree: print both shapes.",
    ),
    (TypeError, "element with a sequence|only .*scalar|0-dimensional", SUM_MISSING),
    (
        IndexError,
        "out of bounds|out of range",
        "Counting starts at 0, so the last index is the size minus 1: how far may the "
        "loop go?",
    ),
    (IndexError, "too many", "The array has fewer axes than there are indices."),
    (
        TypeError,
        "an integer|be integers|of integers",
        "A float stands where a whole number must: `//` divides whole numbers.",
    ),
    (
        TypeError,
        "positional argument",
        "It must take the arguments of the exercise in their order: look at its first "
        "line.",
    ),
    (
        TypeError,
        "NoneType",
        "Something is None here: a function without `return` gives None.",
    ),
    (
        TypeError,
        "not callable",
        "Round brackets call a function; an array takes square brackets.",
    ),
    (TypeError, "not subscriptable", "Square brackets stand after something else."),
    (UnboundLocalError, "", "A name is used before anything was put into it."),
    (NameError, "", "Is it spelt as where it was made, and has that cell been run?"),
    (ZeroDivisionError, "", "Something is divided by zero."),
    (RecursionError, "", "The function calls itself without end."),
    (MemoryError, "", "It asks for more memory than there is: print the shapes."),
    (
        OverflowError,
        "uint8",
        "8-bit numbers hold 0 to 255: compute with float.",
    ),
    (
        AttributeError,
        "",
        "What stands before the dot is not what you think: print its type.",
    ),
]


def explain(error: BaseException, answer: Any) -> str:
    """Python's message, the line it came from, and what it mostly means."""
    said = message(error)
    words = f"`{type(error).__name__}: {said}`" if said else f"`{type(error).__name__}`"
    code = getattr(answer, "__code__", None)
    line, trace = "", error.__traceback__
    while trace and isinstance(code, CodeType):
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip() or line
        trace = trace.tb_next
    if line:
        words += f" in the line `{line[:100]}`"
    meanings = (
        meaning
        for kind, pattern, meaning in MEANINGS
        if isinstance(error, kind) and re.search(pattern, said)
    )
    return f"{words}. {next(meanings, '')}".strip()


def message(error: BaseException | None) -> str:
    """The message of an exception, on one line; nothing where asking for it fails."""
    if error is None:
        return ""
    try:
        return " ".join(str(error).split())[:160]
    except Exception:
        return ""
