"""Say what an exception means, as far as that is certain."""

import linecache
import re
from types import CodeType
from typing import Any

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
