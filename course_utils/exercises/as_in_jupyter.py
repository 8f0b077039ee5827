"""Cells as Jupyter runs them, where there is no screen, no network and no program.

What is for a student's own computer costs its own line, not the rest of its cell: with
the imports behind it a whole notebook would be lost.
"""

import ast
import asyncio
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from course_utils.exercises.diagnosis import message
from course_utils.exercises.words import type_name

# What is for Jupyter's screen, installs packages, or keeps something for another day.
MAGICS_WITHOUT_EFFECT = (
    *("autosave", "clear", "connect_info", "man", "qtconsole"),
    *("edit", "less", "more", "notebook", "store", "subshell"),
    *("conda", "mamba", "micromamba", "pip", "uv", "tensorflow_version"),
)
ELSEWHERE = (ImportError, OSError)  # a package, a folder, a program that is not here
TOLD = (SyntaxError, *ELSEWHERE)  # of a newer Python, perhaps


def nothing(*_: Any, **__: Any) -> None:
    """What is for a student's own computer."""


def new_shell() -> Any:
    """IPython, for cells that were written where there is a screen and a network.

    A cell goes on behind `%matplotlib inline` or `!pip install ...`, as it does in
    Jupyter whatever the command says. Here there are no figures and no commands.
    """
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.text import SList
    from traitlets.config import Config

    class ZMQInteractiveShell(InteractiveShell):  # by that name Jupyter is known
        def enable_gui(self, gui: Any = None) -> None:
            pass

        def enable_matplotlib(self, gui: Any = None) -> tuple[Any, str]:
            return None, "agg"

        def system(self, cmd: str) -> None:
            self.user_ns["_exit_code"] = 1

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
            return SList() if split else ""

    HistoryManager.enabled = False  # type: ignore[assignment]
    in_a_kernel = Config({"IPKernelApp": {}})
    shell: Any = ZMQInteractiveShell.instance(config=in_a_kernel)
    for name in MAGICS_WITHOUT_EFFECT:
        shell.register_magic_function(nothing, magic_name=name)
    return shell


class Cells:
    """Runs cells, and keeps what was missing in them.

    Attributes
    ----------
    ended : str
        What the last one lacked or was ended by, if that may be this computer's fault.
    """

    def __init__(self) -> None:
        self.shell = new_shell()
        self.ended = ""
        self._missing: set[str] = set()  # names that an import did not bring

    async def run(self, source: str) -> None:
        """Run a cell as a kernel does: while a loop runs, in which it may `await`."""
        self.ended, first = "", True
        while source:
            result = await self._once(source, store_history=first)
            errors = (
                getattr(result, f"error_{n}_exec", None) for n in ("before", "in")
            )
            error = next(filter(None, errors), None)
            if isinstance(error, TOLD) and not self.ended:
                self.ended = f"{type_name(error)}: {message(error)}"[:120]
            source, first = self._behind(source, error), False

    async def _once(self, source: str, *, store_history: bool) -> Any:
        transformed, problem = source, None
        try:
            transformed = self.shell.transform_cell(source)
        except Exception:
            problem = sys.exc_info()
        how = {"transformed_cell": transformed, "preprocessing_exc_tuple": problem}
        if self.shell.should_run_async(source, **how):
            return await self.shell.run_cell_async(
                source, store_history=store_history, **how
            )
        return self.shell.run_cell(source, store_history=store_history)

    def _behind(self, source: str, error: Any) -> str:
        """The code behind an import or a call that lacked something; else none.

        Behind anything else names would not be what the rest takes them for.
        """
        not_brought = isinstance(error, NameError) and error.name in self._missing
        no_magic = type_name(error) == "UsageError"
        if not (isinstance(error, ELSEWHERE) or not_brought or no_magic):
            return ""
        trace = error.__traceback__
        while trace and trace.tb_frame.f_globals is not self.shell.user_global_ns:
            trace = trace.tb_next
        if not trace:
            return ""
        code = self.shell.transform_cell(source)
        statements = _statements(code)
        places = list(trace.tb_frame.f_code.co_positions())
        line, _, column, _ = places[trace.tb_lasti // 2]
        here = (line or trace.tb_lineno, column or 0)
        for statement, behind in pairwise(statements):
            # Of several on one line those before it have run.
            if here < _start(behind):
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    names = (n.asname or n.name for n in statement.names)
                    self._missing |= {name.split(".")[0] for name in names}
                elif not isinstance(statement, ast.Expr):
                    return ""
                return _from(code, behind)
        return ""


def _statements(code: str) -> Sequence[ast.stmt]:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        return compile(code, "", "exec", flags).body
    except (SyntaxError, ValueError):
        return []


def _start(statement: ast.stmt) -> tuple[int, int]:
    """Its line, of those of its decorators the first, and its column."""
    decorators = getattr(statement, "decorator_list", [])
    return min((node.lineno, node.col_offset) for node in (statement, *decorators))


def _from(code: str, statement: ast.stmt) -> str:
    lines = code.splitlines(keepends=True)[_start(statement)[0] - 1 :]
    if not getattr(statement, "decorator_list", []):  # it may stand behind a semicolon
        lines[0] = lines[0].encode()[statement.col_offset :].decode()
    return "".join(lines)


async def rest() -> None:
    """Wait for what cells began and did not wait for."""
    mine = asyncio.current_task()
    while tasks := asyncio.all_tasks() - {mine}:
        await asyncio.wait(tasks)
