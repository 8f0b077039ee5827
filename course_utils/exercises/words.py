"""Say what is right or wrong about an answer: in words, and in small tables."""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Table = tuple[str, np.ndarray, np.ndarray | None]
# `Code` and *stress* in a line of text.
MARKS = re.compile(r"`([^`]*)`|(?<!\S)\*(\w[^*]*\w)\*(?!\w)")
CLASS = r"[A-Za-z_][A-Za-z0-9_]{0,59}"  # what the name of a class may be, to be said
MORE_DIGITS = (4, 6, 8, 12, 17)
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
    late : bool
        Whether it is wrong because its time ran out.
    """

    status: str
    title: str
    lines: Sequence[str] = ()
    tables: Sequence[Table] = ()
    late: bool = False

    def __str__(self) -> str:
        sign, word, _ = SIGNS[self.status]
        lines = [f"{sign} {word}: {self.title}", *self.lines]
        lines = [textwrap.fill(line, 88, subsequent_indent="  ") for line in lines]
        digits = _digits(self.tables)
        for caption, numbers, _ in self.tables:
            rows = [[number(cell, digits) for cell in row] for row in numbers]
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
        digits = _digits(self.tables)
        tables = "".join(_html_table(*table, digits) for table in self.tables)
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


def as_code(words: str) -> str:
    """What a student wrote between backticks, which nothing in it ends."""
    return "`" + words.replace("`", "'") + "`"


def _digits(tables: Sequence[Table]) -> int:
    """How many digits tell the numbers expected from those that came."""
    found = {caption: (numbers, mask) for caption, numbers, mask in tables}
    given, wrong = found.get("yours", (None, None))
    if given is None or wrong is None:
        return MORE_DIGITS[0]
    return digits_apart(list(zip(found["expected"][0][wrong], given[wrong])))


def _html_table(
    caption: str, numbers: np.ndarray, mask: np.ndarray | None, digits: int
) -> str:
    rows = []
    for i, row in enumerate(numbers):
        cells = []
        for j, cell in enumerate(row):
            wrong = mask is not None and mask[i, j]
            style = ";font-weight:bold;outline:2px solid #D55E00" if wrong else ""
            cells.append(
                f'<td style="text-align:right{style}">{number(cell, digits)}</td>'
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        '<table style="margin:4px 0"><caption style="text-align:left">'
        f"{html.escape(caption)}</caption>{''.join(rows)}</table>"
    )


# --- Numbers and values in words ------------------------------------------------------


def number(value: Any, digits: int = 4) -> str:
    """A number as a person would write it: 3 for 3.0, four digits else."""
    if isinstance(value, str | bool | np.bool_):
        return str(value)
    if isinstance(value, complex | np.complexfloating):
        sign = "-" if value.imag < 0 else "+"
        return f"{number(value.real, digits)} {sign} {number(abs(value.imag), digits)}i"
    try:
        value, exact = float(value), value
    except OverflowError:
        return "a very large number"
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "infinity" if value > 0 else "-infinity"
    if value == round(value) and abs(value) < 10**15:
        return str(round(exact))
    return f"{value:.{digits}g}"


def digits_apart(pairs: Sequence[tuple[Any, Any]]) -> int:
    """How many digits it takes so that no two numbers of a pair are written alike."""
    for digits in MORE_DIGITS:
        if all(number(a, digits) != number(b, digits) for a, b in pairs):
            break
    return digits


def text(value: Any, digits: int = 4) -> str:
    """A value in a few words. Strange objects are named by their type, not asked."""
    try:
        return _text(value, digits, 0)
    except Exception:  # an object that lies about its class
        return f"a {type_name(value)}"


def _text(value: Any, digits: int, depth: int) -> str:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_ | int | float | complex | np.number):
        return number(value, digits)
    if type(value) is str:
        return f"the text {value[:40]!r}"
    if type(value) in (tuple, list) and len(value) <= 6 and depth < 3:
        inside = ", ".join(_text(item, digits, depth + 1) for item in value)
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None:
        return "nothing"
    name = type_name(value)
    return f"{'an' if name[:1] in 'aeiouAEIO' else 'a'} {name}"


def type_name(value: Any) -> str:
    """The name of an object's class, past a metaclass that would rather not tell."""
    return str(type.__dict__["__name__"].__get__(type(value)))


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
