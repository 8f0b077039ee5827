"""The solution of an exercise as the text of its cell."""

import ast
import inspect
import textwrap
from collections.abc import Iterator

from course_utils.exercises.catalogue import find
from course_utils.exercises.exercise import Exercise


def source(id_: str) -> str:
    """The solution of an exercise as text for its cell, with the imports it needs."""
    exercise = find(id_)
    if exercise.choices:
        return f'check("{id_}", "{exercise.solution()}")'
    code = textwrap.dedent(inspect.getsource(exercise.solution))
    function = ast.parse(code).body[0]
    assert isinstance(function, ast.FunctionDef)
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None  # the notebooks do without type hints
    body = code.splitlines()[function.body[0].lineno - 1 :]
    if exercise.asks_for_function:
        name = function.name
        body.insert(0, f"def {name}({ast.unparse(function.args)}):")
    else:
        name = "answer"
        body = textwrap.dedent("\n".join(body)).splitlines()
        last = function.body[-1].lineno - function.body[0].lineno
        body[last] = body[last].replace("return", "answer =", 1)
    if imports := list(_imports(exercise, function)):
        body = [*imports, "", *body]
    return "\n".join([*body, "", f'check("{id_}", {name})'])


def _imports(exercise: Exercise, function: ast.FunctionDef) -> Iterator[str]:
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    module = inspect.getmodule(exercise.solution)
    assert module is not None
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [n for n in node.names if (n.asname or n.name) in used]
            if node.names:
                yield ast.unparse(node)
