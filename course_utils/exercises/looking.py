"""Look at what an answer is written like, without running it.

While grading, a student's function stays in a process of its own, where these are asked
(`in_sandbox`); the judge then holds a `Elsewhere` in its place.
"""

import ast
import dis
import inspect
import textwrap
from types import CodeType
from typing import Any

import numpy as np


class Elsewhere:
    """A function in another process, and what was seen of it there.

    Attributes
    ----------
    unfilled, dots : bool
        What `unfilled` and `dots` say of it.
    written : str
        Its text, as `written` gives it.
    """

    unfilled: bool
    dots: bool
    written: str


def unfilled(answer: Any) -> bool:
    """Whether nothing is filled in: None, dots, or a function that does nothing."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, Elsewhere):
        return answer.unfilled
    if type(answer) is str:
        return not answer.strip(" ._")
    if type(answer) in (list, tuple):
        inner = [a for row in answer if type(row) in (list, tuple) for a in row]
        return not answer or any(item is ... for item in [*answer, *inner])
    if type(answer) is np.ndarray and answer.dtype == object:
        return any(item is ... for item in answer.flat)
    code = getattr(answer, "__code__", None)
    return isinstance(code, CodeType) and _does_nothing(code)


def _does_nothing(code: CodeType) -> bool:
    """Whether a function has only a docstring, dots, `pass` or `return None`."""
    return all(
        instruction.opname in ("RESUME", "NOP", "RETURN_VALUE")
        or (
            instruction.opname in ("LOAD_CONST", "RETURN_CONST")
            and instruction.argval in (None, ...)
        )
        for instruction in dis.get_instructions(code)
    )


def dots(function: Any) -> bool:
    """Whether the code of a function holds dots."""
    if isinstance(function, Elsewhere):
        return function.dots
    code = getattr(function, "__code__", None)
    return isinstance(code, CodeType) and ... in code.co_consts


def same_code(one: Any, other: Any) -> bool:
    """Whether two functions were written alike, but for comments, docstrings and types.

    By their text: what Python compiles also depends on the imports around a function.
    Where there is no text, by the names and numbers in it.
    """
    texts = [written(function) for function in (one, other)]
    if all(texts):
        return texts[0] == texts[1]
    codes = [getattr(function, "__code__", None) for function in (one, other)]
    return all(isinstance(code, CodeType) for code in codes) and (
        _essence(codes[0]) == _essence(codes[1])
    )


def written(function: Any) -> str:
    """A function without name, docstring and annotations; "" where there is no text."""
    if isinstance(function, Elsewhere):
        return function.written
    try:
        return _written(function)
    except (OSError, SyntaxError, TypeError, StopIteration):
        return ""


def _written(function: Any) -> str:
    """The text of a function without its name, docstring and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    node = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    node.name, node.returns = "function", None
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    return ast.dump(node)


def _essence(code: Any) -> tuple[Any, ...]:
    inner = [_essence(const) for const in code.co_consts if isinstance(const, CodeType)]
    numbers = [const for const in code.co_consts if type(const) in (int, float)]
    return code.co_names, code.co_varnames, numbers, inner
