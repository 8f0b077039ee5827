"""Exercises that answer at once: `check`, `hint`, `solution`, `quiz` and `progress`.

The exercises themselves stand beside their solutions in `course_utils.solutions`, one
module a notebook. An answer is put to several cases and compared with what the solution
gives; a known wrong answer is recognised by doing the same in all of them.
"""
# ruff: noqa: A002 - `id` is what students, notebooks and the registry call it

import ast
import contextlib
import copy
import difflib
import dis
import functools
import importlib
import inspect
import json
import os
import pkgutil
import sys
import tempfile
import textwrap
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from course_utils import solutions
from course_utils._limits import Printed, TimeUp, limited
from course_utils._verdicts import (
    Table,
    Verdict,
    as_html,
    clue,
    difference,
    explain,
    fits,
    message,
    partly_right,
    same,
    tables_of,
    text,
)

Answer = Any  # whatever a student may give: looked at with care, never trusted


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise. Its lesson is the number before the dot in its id.

    Attributes
    ----------
    id, title : str
        "NN.name", and the title that verdicts show.
    solution : function
        The function that is asked for or, in an exercise that asks for a value, a
        function without arguments that returns it.
    hints : one to three str
        From a nudge to nearly the answer.
    mistakes : pairs (wrong answer, its hint)
        Wrong functions where a function is asked for, otherwise wrong values (or
        functions without arguments that return them). Text between backticks is code,
        between asterisks stressed.
    insight : str
        What is worth knowing once the answer is right.
    cases : function of a `numpy.random.Generator`
        Gives tuples of arguments, the easiest first: each is put to the answer. Without
        it the answer is a value, compared as it is.
    run : function of an answer and a case
        What the answer does in a case, where it is not a function to be called: a
        kernel is slid over an image. It may raise `Wrong`.
    start : function
        What the cell holds at first where a bug is to be found: not an attempt yet.
    question, choices : str, and pairs (text, feedback)
        For a quiz; the solution returns the letter of the right one.
    seconds : float
        An answer that takes longer is stopped.
    """

    id: str
    title: str
    solution: Callable[..., Any]
    hints: Sequence[str]
    mistakes: Sequence[tuple[Any, str]] = ()
    insight: str = ""
    cases: Callable[[np.random.Generator], Iterable[tuple[Any, ...]]] | None = None
    run: Callable[..., Any] | None = None
    start: Callable[..., Any] | None = None
    question: str = ""
    choices: Sequence[tuple[str, str]] = ()
    seconds: float = 5

    @property
    def asks_for_function(self) -> bool:
        return self.cases is not None and self.run is None

    def case_list(self) -> list[tuple[Any, ...]]:
        """All cases, the same ones each time and on every machine."""
        if self.cases is None:
            return [()]
        return list(self.cases(np.random.default_rng(zlib.crc32(self.id.encode()))))

    def stored(self, answer: Any) -> Answer:
        """An answer as the registry holds it, ready for `outcome`."""
        return answer() if callable(answer) and not self.asks_for_function else answer

    def outcome(self, answer: Answer, case: tuple[Any, ...]) -> "Outcome":
        """What an answer does in a case. The case is copied: answers may change it."""
        case = copy.deepcopy(case)
        try:
            if self.run:
                value = self.run(answer, *case)
            else:
                value = answer(*case) if self.cases else answer
            # A function may give the same array each time and change it in between.
            return Outcome(value.copy() if isinstance(value, np.ndarray) else value)
        except (TimeUp, KeyboardInterrupt):
            raise
        except BaseException as error:  # sys.exit() in an answer ends no lesson
            return Outcome(error=error)


@dataclass(frozen=True)
class Outcome:
    """What an answer gave in one case, or the exception it raised."""

    value: Any = None
    error: BaseException | None = None

    def same(self, other: "Outcome") -> bool:
        if self.error or other.error:
            return type(self.error) is type(other.error)
        return same(self.value, other.value)


class Wrong(Exception):  # noqa: N818 - an answer is wrong, not the program
    """Raised by `Exercise.run` to say in its own words what is wrong with an answer."""


def needs_model(answer: Any, shape: tuple[int, ...]) -> None:
    """Raise Wrong unless the answer is a Keras model for one image of this shape."""
    import keras

    if not isinstance(answer, keras.Model):
        raise Wrong("A Keras model is asked for, such as `keras.Sequential([...])`.")
    if not answer.built:
        raise Wrong("It does not know its input yet: begin with `keras.Input(...)`.")
    if answer.input_shape != (None, *shape):
        raise Wrong(
            f"It takes inputs of shape {answer.input_shape[1:]}. `keras.Input` is "
            "given the shape of one image: height, width, channels."
        )


# --- What notebooks call --------------------------------------------------------------


def check(id: str, answer: Answer = ...) -> None:
    """Say whether an answer is right and, where it is not, in which case it fails.

    Parameters
    ----------
    id : str
        Such as "01.output-size".
    answer : number, tuple, array, function, ...
        What the exercise asks for. Lists and arrays count the same, so do 3 and 3.0.

    Raises
    ------
    ValueError
        For an unknown id. No answer makes `check` raise, and none takes longer than the
        exercise's limit (5 s).
    """
    verdict = grade(id, answer)
    if verdict.status != "blank":  # a lesson nobody touched looks the same everywhere
        _remember(id, verdict.status)
        verdict = replace(verdict, lines=[*verdict.lines, _count(id[:2])])
    _show(verdict, id)


def hint(id: str) -> None:
    """Print the next hint of an exercise: the more often, the more it tells."""
    exercise = find(id)
    given = min(_hints_given.get(id, 0) + 1, len(exercise.hints))
    _hints_given[id] = given
    words = f"Hint {given} of {len(exercise.hints)}: {exercise.hints[given - 1]}"
    print(textwrap.fill(words, 88))
    if given == len(exercise.hints):
        print(f'That was the last one; solution("{id}") shows a way to do it.')


def solution(id: str) -> None:
    """Print a solution that runs in the exercise's cell."""
    print(source(id))


def quiz(id: str) -> Any:
    """Return the widget of an exercise with choices; each tells why it is right or not.

    Raises
    ------
    ValueError
        For an unknown id, or an exercise without choices.
    """
    from course_utils.quiz import Quiz  # widgets take a moment to import

    exercise = find(id)
    if not exercise.choices:
        raise ValueError(f"id: {id!r} has no choices; use check({id!r}, answer)")

    def clicked(change: Any) -> None:
        _remember(id, grade(id, letters(exercise)[change.new]).status)
        widget.note = _count(id[:2])

    right = exercise.solution()
    widget = Quiz(
        title=exercise.title,
        question=as_html(exercise.question),
        options=[
            {"text": as_html(words), "feedback": as_html(why), "right": letter == right}
            for letter, (words, why) in zip(letters(exercise), exercise.choices)
        ],
    )
    widget.observe(clicked, "choice")
    return widget


def progress(*, reset: bool = False) -> None:
    """Print how many exercises of each lesson are solved, and which come next.

    Parameters
    ----------
    reset : bool
        Forget everything first. It is kept on this computer only.
    """
    if reset:
        _session.clear()
        with contextlib.suppress(OSError):
            _progress_file().unlink(missing_ok=True)
    known = _known()
    for number in lessons():
        todo = [id_ for id_ in _lesson(number) if known.get(id_) != "correct"]
        then = f"next: {', '.join(todo[:3])}" if todo else "all done"
        print(f"{_count(number, f'lesson {number}')}; {then}")


# --- The registry ---------------------------------------------------------------------


def lessons() -> list[str]:
    """The numbers of the lessons that have exercises, such as "01"."""
    names = (module.name for module in pkgutil.iter_modules(solutions.__path__))
    return sorted(name[2:] for name in names if name.startswith("nb"))


@functools.cache
def _lesson(number: str) -> dict[str, Exercise]:
    module = importlib.import_module(f"{solutions.__name__}.nb{number}")
    return {exercise.id: exercise for exercise in module.EXERCISES}


def registry() -> dict[str, Exercise]:
    """All exercises by id, in teaching order."""
    return {id_: e for number in lessons() for id_, e in _lesson(number).items()}


def find(id: str) -> Exercise:
    """Return an exercise, or raise ValueError naming the ids that look similar."""
    if not isinstance(id, str):
        raise ValueError(
            f"id must be a text such as '01.output-size', not a {type(id).__name__}: "
            "the id comes first, then the answer"
        )
    there = _lesson(id[:2]) if id[:2] in lessons() else registry()
    if id in there:
        return there[id]
    close = difflib.get_close_matches(id, registry(), cutoff=0.5) or there
    raise ValueError(
        f"id: there is no exercise {id!r}, but there is {', '.join(close)}"
    )


def letters(exercise: Exercise) -> list[str]:
    """The letters of its choices: "a", "b", ..."""
    return [chr(ord("a") + i) for i in range(len(exercise.choices))]


def source(id: str) -> str:
    """The solution of an exercise as text for its cell, with the imports it needs."""
    exercise = find(id)
    if exercise.choices:
        return f'check("{id}", "{exercise.solution()}")'
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
    return "\n".join([*body, "", f'check("{id}", {name})'])


def _imports(exercise: Exercise, function: ast.FunctionDef) -> Iterator[str]:
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    module = inspect.getmodule(exercise.solution)
    assert module is not None
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [n for n in node.names if (n.asname or n.name) in used]
            if node.names:
                yield ast.unparse(node)


# --- Judging --------------------------------------------------------------------------


def grade(id: str, answer: Answer = ...) -> Verdict:
    """Return the verdict on an answer without showing or remembering it."""
    exercise = find(id)
    printed = Printed()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(Printed()),
            np.errstate(all="ignore"),
        ):
            verdict = limited(lambda: _judge(exercise, answer), exercise.seconds)
    except TimeUp:
        verdict = _wrong(
            exercise,
            f"It was stopped because it had not finished after {exercise.seconds:g} s. "
            "Is there a loop that never ends, such as a `while` that stays true?",
        )
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an object whose own methods fail
        verdict = _wrong(
            exercise,
            f"The answer, {text(answer)}, could not be compared: doing so raised "
            f"{type(error).__name__}.",
        )
    if verdict.status != "wrong":
        return verdict
    lines = [*verdict.lines]
    if said := " ".join(printed.text.split()):
        lines.append(f"It printed: `{said[:200]}`")
    return replace(verdict, lines=[*lines, f'Stuck? `hint("{id}")`'])


def _judge(exercise: Exercise, answer: Answer) -> Verdict:
    if _unfilled(answer):
        place = "the body of the function" if callable(answer) else "the dots"
        return _blank(exercise, f"Replace {place} by your answer.")
    if exercise.choices:
        return _judge_choice(exercise, answer)
    cases = exercise.case_list()
    got = []
    if exercise.run:  # a solution may be a network that takes a second to train
        got = [exercise.outcome(answer, cases[0])]
        if isinstance(refused := got[0].error, Wrong):
            return _wrong(exercise, str(refused))
    right = exercise.stored(exercise.solution)
    if complaint := _wrong_form(exercise, answer, right):
        return _wrong(exercise, complaint)

    wanted = [exercise.outcome(right, case) for case in cases]
    got += [exercise.outcome(answer, case) for case in cases[len(got) :]]
    if exercise.asks_for_function and _has_dots(answer, got[0]):
        return _blank(exercise, "Some dots are still there: replace them by your code.")
    failed = [i for i, (g, w) in enumerate(zip(got, wanted)) if not g.same(w)]
    if not failed:
        lines = [exercise.insight] if exercise.insight else []
        return Verdict("correct", exercise.title, lines)

    def behaves_like(wrong: Any) -> bool:
        stored = exercise.stored(wrong)
        return all(g.same(exercise.outcome(stored, c)) for g, c in zip(got, cases))

    i = failed[0]
    words, tables = _compare(exercise, answer, cases[i], wanted[i], got[i])
    if len(cases) > 1:
        words = f"Case {i + 1} of {len(cases)}: {words}"
    if exercise.start and behaves_like(exercise.start):
        given = "This is still the function as it was given."
        return _blank(exercise, given, words, tables=tables)
    known = (advice for wrong, advice in exercise.mistakes if behaves_like(wrong))
    if advice := next(known, None):
        # A value needs no more; of a function the failing case is worth seeing too.
        lines = [advice, words] if exercise.cases else [advice]
        return _wrong(exercise, *lines, tables=tables)
    common = exercise.cases and clue(got[i].value, wanted[i].value)
    return _wrong(exercise, *([words, common] if common else [words]), tables=tables)


def _judge_choice(exercise: Exercise, answer: Answer) -> Verdict:
    names = letters(exercise)
    letter = answer.strip(" ().").lower() if isinstance(answer, str) else ""
    if letter not in names:
        return _wrong(exercise, f"The answer is one of the letters {', '.join(names)}.")
    feedback = exercise.choices[names.index(letter)][1]
    if letter == exercise.solution():
        return Verdict("correct", exercise.title, [feedback])
    return _wrong(exercise, feedback)


def _blank(exercise: Exercise, *lines: str, tables: Sequence[Table] = ()) -> Verdict:
    return Verdict("blank", exercise.title, lines, tables)


def _wrong(exercise: Exercise, *lines: str, tables: Sequence[Table] = ()) -> Verdict:
    return Verdict("wrong", exercise.title, lines, tables)


def _unfilled(answer: Answer) -> bool:
    """Whether nothing is filled in: None, dots, or a function that does nothing."""
    if answer is None or answer is ...:
        return True
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


def _has_dots(function: Answer, first: Outcome) -> bool:
    """Whether a function was filled in only partly."""
    if isinstance(first.error, NotImplementedError):
        return True
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or ... not in code.co_consts:
        return False
    return "ellipsis" in message(first.error).lower() or _unfilled(first.value)


def _wrong_form(exercise: Exercise, answer: Answer, right: Any) -> str:
    """What is wrong with the kind of answer, before any case is tried."""
    if exercise.asks_for_function:
        if callable(answer):
            return ""
        return (
            f"A function is asked for, but {text(answer)} came. Give its name without "
            f'brackets: `check("{exercise.id}", {exercise.solution.__name__})`.'
        )
    if callable(right):  # a model: `run` looks at it
        return ""
    if callable(answer):
        return "A value is asked for, but this is a function: call it, with brackets."
    if isinstance(answer, str):
        return f"Numbers are asked for, but {text(answer)} came: leave out the quotes."
    try:
        numbers = np.asarray(answer)
    except ValueError:
        return "The rows have different lengths: count the numbers in each."
    if numbers.dtype.kind not in "iufc":
        return f"Numbers are asked for, but {text(answer)} came."
    if not np.isfinite(numbers).all():
        return "There is a NaN or an infinity in it: was something divided by zero?"
    if exercise.run and numbers.shape != np.shape(right):
        return f"Its shape is {numbers.shape}; asked for is {np.shape(right)}."
    return ""


def _compare(
    exercise: Exercise,
    answer: Answer,
    case: tuple[Any, ...],
    wanted: Outcome,
    got: Outcome,
) -> tuple[str, list[Table]]:
    """Say how an answer differs in a case: in words, and in tables for small arrays."""
    if isinstance(got.error, Wrong):
        return str(got.error), []
    if exercise.cases is None:
        return partly_right(got.value, wanted.value), []
    function = exercise.run or exercise.solution
    names = list(inspect.signature(function).parameters)[bool(exercise.run) :]
    given = ", ".join(
        f"{name} of shape {np.shape(value)}"
        if np.ndim(value) > 1
        else f"{name} = {value if isinstance(value, str) else text(value)}"
        for name, value in zip(names, case)
    )
    tables: list[Table] = [
        (name, np.asarray(value), None)
        for name, value in zip(names, case)
        if fits(value)
    ]
    if got.error is not None:
        return f"with {given} it raised {explain(got.error, answer)}", tables
    if got.value is None:
        return f"with {given} it returns nothing. Is `return` missing?", tables
    words = f"with {given}, {difference(got.value, wanted.value)}"
    return words, tables + tables_of(got.value, wanted.value)


# --- Showing --------------------------------------------------------------------------


def _show(verdict: Verdict, id_: str) -> None:
    """Display a verdict in a notebook, print it elsewhere."""
    ipython = sys.modules.get("IPython")
    if not (ipython and ipython.get_ipython()):
        print(verdict)
        return
    from IPython.display import display

    # The metadata is for programs that read executed notebooks.
    display(
        {"text/plain": str(verdict), "text/html": verdict.html()},
        metadata={"exercise": {"id": id_, "status": verdict.status}},
        raw=True,
    )


# --- Progress -------------------------------------------------------------------------

_session: dict[str, str] = {}  # id -> "correct" or "wrong"
_hints_given: dict[str, int] = {}


def _progress_file() -> Path:
    from course_utils._download import data_dir

    return data_dir() / "progress.json"


def _known() -> dict[str, str]:
    """What was solved before and in this session; a spoilt file counts as none."""
    try:
        stored = json.loads(_progress_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    return (stored if isinstance(stored, dict) else {}) | _session


def _remember(id_: str, status: str) -> None:
    """Keep a result, in the session at least; what was solved once stays solved."""
    known = _known()
    if known.get(id_) in ("correct", status):
        return
    _session[id_] = status
    with contextlib.suppress(OSError):  # a cache that cannot be written spoils no check
        path = _progress_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known | {id_: status}, file, indent=1)
        Path(name).replace(path)


def _count(number: str, where: str = "this lesson") -> str:
    known = _known()
    solved = sum(known.get(id_) == "correct" for id_ in _lesson(number))
    return f"{solved} of {len(_lesson(number))} in {where}"


if __name__ == "__main__":
    from course_utils.grading import main

    main()
