"""Put an answer to the cases of its exercise and say what it did."""

import ast
import contextlib
import inspect
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course_utils.exercises.catalogue import find, letters
from course_utils.exercises.comparing import NotNumbers, as_numbers
from course_utils.exercises.diagnosis import explain, message
from course_utils.exercises.differences import (
    apart,
    clue,
    difference,
    partly_right,
    tables_of,
)
from course_utils.exercises.exercise import Answer, Exercise, Outcome, Wrong, registered
from course_utils.exercises.limits import Printed, TimeUp, limited
from course_utils.exercises.looking import dots, same_code, unfilled
from course_utils.exercises.words import (
    Table,
    Verdict,
    as_code,
    fits,
    text,
    type_name,
)

BOLD = re.compile(r"\x1b\[[\d;]*m")


def grade(id_: str, answer: Answer = ...) -> Verdict:
    """Return the verdict on an answer without showing or remembering it."""
    exercise = find(id_)
    printed = Printed()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(Printed()),
            np.errstate(all="ignore"),
        ):
            verdict = limited(lambda: _met(exercise, answer), exercise.seconds)
    except TimeUp as late:
        verdict = replace(_wrong(exercise, _too_slow(late)), late=True)
    lines = [*verdict.lines]
    if verdict.status == "wrong":
        if said := " ".join(printed.text.split()):
            lines.append(f"It printed: {as_code(said[:200])}")
        lines.append(f'Stuck? `hint("{id_}")`')
    # Half a character cannot be sent to a page, and Keras writes its errors in bold.
    lines = [line.encode("utf-8", "replace").decode() for line in lines]
    lines = [BOLD.sub("", line) for line in lines]
    return replace(verdict, lines=lines)


def _met(exercise: Exercise, answer: Answer) -> Verdict:
    """The verdict, also on an object whose own methods fail."""
    try:
        return _judge(exercise, answer)
    except (TimeUp, KeyboardInterrupt):
        raise
    except BaseException as error:
        return _wrong(
            exercise,
            f"The answer, {text(answer)}, could not be compared: doing so raised "
            f"{type_name(error)}.",
        )


def _too_slow(late: TimeUp) -> str:
    seconds = late.seconds
    if late.waited and not late.running:
        return (
            f"It was stopped because it had not finished after {seconds:g} s, most of "
            "which it waited. Is there a `sleep` in it, or another thread that never "
            "answers? Or is the computer very busy?"
        )
    if late.running:
        return (
            f"It had not finished after {seconds:g} s, and it could not be stopped: it "
            "is still running, which slows down what follows. A restart of the kernel "
            "ends it."
        )
    if late.took > 1.5 * seconds + 0.5:
        return (
            f"It took {late.took:.3g} s, and {seconds:g} s are allowed. Python could "
            "not stop it before: the time went by inside a single call of compiled "
            "code, such as a `sum` over very many numbers."
        )
    return (
        f"It was stopped because it had not finished after {seconds:g} s. Is there a "
        "loop that never ends, such as a `while` that stays true?"
    )


def _judge(exercise: Exercise, answer: Answer) -> Verdict:
    if unfilled(answer):
        place = "the body of the function" if callable(answer) else "the dots"
        return _blank(exercise, f"Replace {place} by your answer.")
    if exercise.choices:
        return _judge_choice(exercise, answer)
    if not exercise.asks_for_function:  # a generator gives its numbers only once
        came = Outcome.of(answer)
        as_array = exercise.run and came.numbers is not None
        answer = came.numbers if as_array else came.value
    cases = exercise.case_list()
    got = []
    if exercise.run:  # a solution may be a network that takes a second to train
        got = [exercise.outcome(answer, cases[0])]
        if isinstance(refused := got[0].error, Wrong):
            return replace(_wrong(exercise, str(refused)), late=refused.late)
    right = registered(exercise, exercise.solution)
    if complaint := _wrong_form(exercise, answer, right.value):
        return _wrong(exercise, complaint)

    # First what was answered: in grading it was asked so, and before anything else.
    got += [exercise.outcome(answer, case) for case in cases[len(got) :]]
    wanted = [right.outcome(i, case) for i, case in enumerate(cases)]
    if exercise.asks_for_function and _has_dots(answer, got[0]):
        return _blank(exercise, "Some dots are still there: replace them by your code.")
    failed = [
        i for i, (g, w) in enumerate(zip(got, wanted)) if not exercise.right(g, w)
    ]
    if not failed:
        lines = [exercise.insight] if exercise.insight else []
        return Verdict("correct", exercise.title, lines)

    return _explained(exercise, answer, cases, wanted, got, failed[0])


def _explained(
    exercise: Exercise,
    answer: Answer,
    cases: Sequence[tuple[Any, ...]],
    wanted: Sequence[Outcome],
    got: Sequence[Outcome],
    i: int,
) -> Verdict:
    """The verdict on an answer that fails in case i."""
    words, tables = _compare(exercise, answer, cases[i], wanted[i], got[i])
    if len(cases) > 1:
        words = f"Case {i + 1} of {len(cases)}: {words}"
    if exercise.start and _behaves_like(exercise, exercise.start, got, cases):
        if same_code(answer, exercise.start):
            # No failing case yet: to find what is wrong is the exercise.
            given = "This is still the function as it was given. Change it, then check."
            return _blank(exercise, given)
        given = "It still does what the function did as it was given."
        return _wrong(exercise, given, words, tables=tables)
    known = (
        advice
        for wrong, advice in exercise.mistakes
        if _behaves_like(exercise, wrong, got, cases)
    )
    if advice := next(known, None):
        # A value needs no more; of a function the failing case is worth seeing too.
        lines = [advice, words] if exercise.cases else [advice]
        return _wrong(exercise, *lines, tables=tables)
    if not exercise.cases:
        return _wrong(exercise, words)
    if exercise.facts:
        with contextlib.suppress(Exception):  # it fails as the answer does
            words = f"{words} {exercise.facts(answer)}".strip()
    common = clue(
        [g.numbers for g in got],
        [w.numbers for w in wanted],
        i,
        eight_bit=any(_eight_bit(value) for value in cases[i]),
    )
    return _wrong(exercise, *([words, common] if common else [words]), tables=tables)


def _behaves_like(
    exercise: Exercise,
    other: Any,
    got: Sequence[Outcome],
    cases: Sequence[tuple[Any, ...]],
) -> bool:
    """Whether an answer did in all cases what another one does.

    That two fail in the same words says little: at least once they must give the same.
    """
    if all(g.error for g in got):
        return False
    known = registered(exercise, other)
    return all(
        exercise.same(g, known.outcome(i, case))
        for i, (g, case) in enumerate(zip(got, cases))
    )


def _eight_bit(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype in (np.uint8, np.int8)


def _judge_choice(exercise: Exercise, answer: Answer) -> Verdict:
    names = letters(exercise)
    letter = answer.strip(" ().").lower() if isinstance(answer, str) else ""
    if letter not in names:
        return _wrong(exercise, f"The answer is one of the letters {', '.join(names)}.")
    feedback = exercise.choices[names.index(letter)][1]
    if letter == exercise.solution():
        return Verdict("correct", exercise.title, [feedback])
    return _wrong(exercise, feedback)


def _blank(exercise: Exercise, *lines: str) -> Verdict:
    return Verdict("blank", exercise.title, lines)


def _wrong(exercise: Exercise, *lines: str, tables: Sequence[Table] = ()) -> Verdict:
    return Verdict("wrong", exercise.title, lines, tables)


def _has_dots(function: Answer, first: Outcome) -> bool:
    """Whether a function was filled in only partly."""
    if isinstance(first.error, NotImplementedError):
        return True
    if not dots(function):
        return False
    return "ellipsis" in message(first.error).lower() or unfilled(first.value)


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
        advice = ": leave out the quotes" if _holds_numbers(answer) else ""
        return f"Numbers are asked for, but {text(answer)} came{advice}."
    try:
        numbers = as_numbers(answer)
    except NotNumbers as error:
        return str(error) or f"Numbers are asked for, but {text(answer)} came."
    if numbers.dtype.kind == "b":
        return f"Numbers are asked for, but {text(answer)} came."
    if not np.isfinite(numbers).all():
        return "There is a NaN or an infinity in it: was something divided by zero?"
    if exercise.run and numbers.shape != np.shape(right):
        return f"Its shape is {numbers.shape}; asked for is {np.shape(right)}."
    return ""


def _holds_numbers(words: str) -> bool:
    """Whether a text is what numbers look like in Python."""
    try:
        return as_numbers(ast.literal_eval(words.strip())).size > 0
    except Exception:  # not even its length is known
        return False


def names_of_case(exercise: Exercise) -> list[str]:
    """What the arguments of a case are called, in their order."""
    function = exercise.run or exercise.solution
    return list(inspect.signature(function).parameters)[bool(exercise.run) :]


def given_in_words(exercise: Exercise, case: tuple[Any, ...]) -> str:
    return ", ".join(
        f"{name} of shape {np.shape(value)}"
        if np.ndim(value) > 1
        else f"{name} = {value if isinstance(value, str) else text(value)}"
        for name, value in zip(names_of_case(exercise), case)
    )


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
    names = names_of_case(exercise)
    given = given_in_words(exercise, case)
    tables: list[Table] = [
        (name, np.asarray(value), None)
        for name, value in zip(names, case)
        if fits(value)
    ]
    if got.error is not None:
        border = {"image", "kernel"} <= {*names} or {"image", "kernels"} <= {*names}
        said = explain(got.error, answer, border=border)
        return f"with {given} it raised {said}", tables
    if got.value is None:
        return f"with {given} it returns nothing. Is `return` missing?", tables
    if exercise.at_least is not None:
        came = text(got.value) if got.numbers is None else got.numbers[()]
        enough, reached = apart(exercise.at_least, came)
        return f"with {given}, at least {enough} is asked for, but it is {reached}.", []
    differs = difference(got.value, wanted.value, got.numbers, got.why)
    words = f"with {given}, {differs}"
    if got.numbers is None or wanted.numbers is None:
        return words, tables
    return words, tables + tables_of(got.numbers, wanted.numbers)
