"""Say what an exception means, as far as that is certain."""

import builtins
import dis
import linecache
import re
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from course_utils.exercises.looking import Elsewhere
from course_utils.exercises.words import CLASS, as_code, text, type_name

SUM_MISSING = "A whole array is put where one number fits: is a `sum()` missing?"
SHAPES = "Two arrays of different shapes meet here: print both shapes."
BORDER = "At the border of an image a slice is smaller than the kernel."
CALLS = "Round brackets call a function; {} takes square brackets."
CALLED = "A function is called here with more or fewer arguments than it takes."
ENTERED = (
    "It must take the arguments of the exercise in their order: look at its first line."
)
INDEXED = {"numpy.ndarray": "an array", "list": "a list", "tuple": "a tuple"}
# What Python says, and what it means wherever it says so. The first fit counts.
MEANINGS: list[tuple[type[BaseException], str, str]] = [
    (ValueError, "broadcast", SHAPES),
    (ValueError, "inhomogeneous", "Rows of different lengths make no array."),
    (ValueError, "element with a sequence", SUM_MISSING),
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
    (
        ValueError,
        "to unpack",
        "As many names must stand on the left as there are values on the right.",
    ),
    (TypeError, "element with a sequence|only .*scalar|0-dimensional", SUM_MISSING),
    (
        IndexError,
        "out of bounds|out of range",
        "Counting starts at 0, so the last index is the size minus 1.",
    ),
    (IndexError, "too many", "The array has fewer axes than there are indices."),
    (
        TypeError,
        "an integer|be integers|of integers",
        "A whole number must stand here, and something else does: `//` divides whole "
        "numbers.",
    ),
    (
        TypeError,
        "NoneType",
        "Something is None here: a function without `return` gives None.",
    ),
    (
        TypeError,
        "'(int|float)' object is not callable",
        "Round brackets after a number call it: is a `*` missing?",
    ),
    (
        TypeError,
        "not callable",
        "Round brackets call what stands before them, and that is no function.",
    ),
    (
        TypeError,
        "not subscriptable",
        "Square brackets stand after something that has no places: print its type.",
    ),
    (UnboundLocalError, "", "A name is used before anything was put into it."),
    (NameError, "", "Is it spelt as where it was made, and has that cell been run?"),
    (ZeroDivisionError, "", "Something is divided by zero."),
    (
        RecursionError,
        "",
        "Too many calls wait for each other: as a rule, a function calls itself "
        "without end.",
    ),
    (MemoryError, "", "It asks for more memory than there is: print the shapes."),
    (
        OverflowError,
        "uint8",
        "8-bit numbers hold 0 to 255: compute with float.",
    ),
    (AttributeError, "^module", "Is the name behind the dot spelt right?"),
    (
        AttributeError,
        "",
        "What stands before the dot is not what you think: print its type.",
    ),
]
# What `explain` may say: a student's process is believed nothing else.
KNOWN = {
    *("", f"{SHAPES} {BORDER}", CALLED, ENTERED, *map(CALLS.format, INDEXED.values())),
    *(meaning for _, _, meaning in MEANINGS),
}
EXPLAINED = re.compile(r"`[^`]*`(?: in the line `[^`]*`)?\.(?: (?P<meaning>.+))?")
# A value as `text` says it: numbers, a kind of thing, a text in its quotes; or several.
VALUE = (
    r"(?:[-+\d.ei ]+|True|False|NaN|-?infinity|nothing|a very large number"
    rf"|an? {CLASS}"
    r"|an array of shape \([\d, ]*\)|the text (?:'[^'`]*'|\"[^\"`]*\")|)"
)
OVERWRITTEN = re.compile(
    r"`\w+` is one of Python's own functions\. (?:Here|Outside) it was overwritten and "
    rf"holds [\[(]*{VALUE}(?:[\])]*, [\[(]*{VALUE})*[\])]*: "
    r"choose another name(?:, and run `del \w+` once)?\."
)


def as_explained(words: str) -> str:
    """The same if `explain` could have said it, else nothing."""
    found = EXPLAINED.fullmatch(words)
    meaning = (found["meaning"] or "") if found else "?"
    known = meaning in KNOWN or OVERWRITTEN.fullmatch(meaning)
    return words if known else ""


def explain(error: BaseException, answer: Any, *, border: bool = False) -> str:
    """Python's message, the line it came from, and what it means.

    Parameters
    ----------
    error : exception
    answer : function
        Of the frames of the error, those in its file are the student's own.
    border : bool
        Whether a kernel is slid over an image here.
    """
    if isinstance(answer, Elsewhere) and (told := getattr(error, "told", None)):
        return str(told[border])  # by this function, where it was raised
    said, kind = message(error), type_name(error)
    words = as_code(f"{kind}: {said}" if said else kind)
    code = getattr(answer, "__code__", None)
    line = ""
    for frame, number in _frames(error):
        file = frame.f_code.co_filename
        if isinstance(code, CodeType) and file == code.co_filename:
            line = linecache.getline(file, number).strip() or line
    if line:
        words += f" in the line {as_code(line[:100])}"
    return f"{words}. {_meaning(error, said, border)}".strip()


def _meaning(error: BaseException, said: str, border: bool) -> str:
    if issubclass(type(error), TypeError):
        if called := re.search("'([^']+)' object is not callable", said):
            if named := _overwritten(error, called[1].split(".")[-1]):
                return named
            if called[1] in INDEXED:
                taken = INDEXED[called[1]]
                return CALLS.format(taken)
        if "positional argument" in said:
            return _arguments(error)
    for kind, pattern, meaning in MEANINGS:
        if issubclass(type(error), kind) and re.search(pattern, said):
            return f"{meaning} {BORDER}" if meaning is SHAPES and border else meaning
    return ""


def _arguments(error: BaseException) -> str:
    if len(list(_frames(error))) > 1:  # the answer was entered: it calls another one
        return CALLED
    return ENTERED


def _overwritten(error: BaseException, kind: str) -> str:
    """Which of Python's own functions was overwritten by what is called here."""
    *_, (frame, line) = _frames(error)
    for name in _loaded(frame.f_code, line):
        for names, where in ((frame.f_locals, "Here"), (frame.f_globals, "Outside")):
            value = names.get(name, len)
            if hasattr(builtins, name) and type_name(value) == kind:
                back = f", and run `del {name}` once" if where == "Outside" else ""
                return (
                    f"`{name}` is one of Python's own functions. {where} it was "
                    f"overwritten and holds {text(value)}: choose another name{back}."
                )
    return ""


def _loaded(code: CodeType, line: int) -> Iterator[str]:
    """The names that a line of code reads."""
    for instruction in dis.get_instructions(code):
        at = instruction.positions
        if at and at.lineno == line and instruction.opname.startswith("LOAD_"):
            values = instruction.argval
            values = values if isinstance(values, tuple) else (values,)
            if "CONST" not in instruction.opname and "ATTR" not in instruction.opname:
                yield from (value for value in values if isinstance(value, str))


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def message(error: BaseException | None) -> str:
    """The message of an exception, on one line; nothing where asking for it fails."""
    if error is None:
        return ""
    try:
        return " ".join(str(error).split())[:160]
    except Exception:
        return ""
