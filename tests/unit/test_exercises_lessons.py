"""Every exercise: its solution, its known mistakes, its blank, its mutants."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from course_utils import exercises
from course_utils.exercises import catalogue, judging, solution_text
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.limits import limited

ALL = list(exercises.registry().values())
FUNCTIONS = [exercise for exercise in ALL if exercise.asks_for_function]
QUIZZES = [exercise for exercise in ALL if exercise.choices]


def name(exercise: Exercise) -> str:
    return exercise.id


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_the_printed_solution_runs_in_an_empty_cell_and_is_right(
    exercise: Exercise,
) -> None:
    verdicts = []

    def check(id_: str, answer: Any) -> None:
        verdicts.append((id_, exercises.grade(id_, answer).status))

    exec(solution_text.source(exercise.id), {"check": check})
    assert verdicts == [(exercise.id, "correct")]


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_each_known_mistake_gets_the_hint_of_its_own(
    exercise: Exercise,
) -> None:
    for wrong, advice in exercise.mistakes:
        verdict = exercises.grade(exercise.id, exercise.stored(wrong))
        assert (verdict.status, verdict.lines[0]) == ("wrong", advice)
    advices = [advice for _, advice in exercise.mistakes]
    assert len(set(advices)) == len(advices)


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_a_blank_is_not_attempted(exercise: Exercise) -> None:
    blanks: list[Any] = [..., None, "", "...", (..., ..., 20)]
    if exercise.asks_for_function:
        arguments = ", ".join(inspect.signature(exercise.solution).parameters)
        for body in (
            "...",
            "pass",
            '"""Say what."""',
            "return None",
            "return ...",
            "raise NotImplementedError",
            "x = 1\n    return x + ...",
        ):
            space: dict[str, Any] = {}
            exec(f"def function({arguments}):\n    {body}", space)
            blanks.append(space["function"])
    if exercise.start:
        blanks.append(exercise.start)
    for blank in blanks:
        assert exercises.grade(exercise.id, blank).status == "blank"


@pytest.mark.parametrize("exercise", QUIZZES, ids=name)
def test_each_choice_of_a_quiz_has_feedback_and_one_is_right(
    exercise: Exercise,
) -> None:
    verdicts = [exercises.grade(exercise.id, x) for x in catalogue.letters(exercise)]
    assert [v.status for v in verdicts].count("correct") == 1
    assert [v.lines[0] for v in verdicts] == [why for _, why in exercise.choices]
    assert len(exercise.choices) >= 3


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_an_exercise_is_complete(exercise: Exercise) -> None:
    assert 1 <= len(exercise.hints) <= 3
    assert exercise.mistakes or exercise.choices
    prose = [*exercise.hints, exercise.insight, exercise.question]
    prose += [words for pair in exercise.choices for words in pair]
    prose += [advice for _, advice in exercise.mistakes]
    for words in prose:
        assert words.count("`") % 2 == 0, words
        assert "  " not in words, words
    cases = exercise.case_list()
    assert len(cases) >= 3 or not exercise.asks_for_function
    assert repr(cases) == repr(exercise.case_list())  # the same on every machine


# --- Mutants --------------------------------------------------------------------------

SWAPS: dict[type, Any] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(), ast.Mod: ast.FloorDiv(), ast.Pow: ast.Mult(),
    ast.MatMult: ast.Mult(),
    ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(), ast.NotEq: ast.Eq(),
}  # fmt: skip
RENAMES = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "sqrt": "abs",
    "cos": "sin", "sin": "cos", "exp": "expm1", "zeros": "ones", "std": "var",
}  # fmt: skip


def mutations(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Small changes of one node, as (field, new value)."""
    if isinstance(node, ast.BinOp) and getattr(node.right, "value", 1) == 1e-8:
        return  # what only keeps a division from 0 may have either sign
    if isinstance(node, ast.BinOp | ast.AugAssign):
        yield "op", SWAPS[type(node.op)]
    if isinstance(node, ast.Compare):
        yield "ops", [SWAPS[type(op)] for op in node.ops]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "value", node.value + 1
        yield "value", node.value - 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "op", ast.UAdd()
    if isinstance(node, ast.Attribute) and node.attr in RENAMES:
        yield "attr", RENAMES[node.attr]
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper"):
            if bound := getattr(node, field):
                yield field, off_by_one(bound, ast.Add())
                yield field, off_by_one(bound, ast.Sub())
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
        for i, argument in enumerate(node.args):
            for op in (ast.Add(), ast.Sub()):
                arguments: list[ast.expr] = list(node.args)
                arguments[i] = off_by_one(argument, op)
                yield "args", arguments


def off_by_one(value: ast.expr, op: ast.operator) -> ast.BinOp:
    return ast.BinOp(value, op, ast.Constant(1))


def mutants(function: Any) -> Iterator[tuple[str, Any]]:
    """The function with one small mistake at a time: (its source, the function)."""
    original = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for i, node in enumerate(ast.walk(original)):
        for field, value in mutations(node):
            tree = copy.deepcopy(original)
            setattr(list(ast.walk(tree))[i], field, copy.deepcopy(value))
            code = ast.unparse(ast.fix_missing_locations(tree))
            space = dict(function.__globals__)
            exec(code, space)
            yield code, space[function.__name__]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_small_mistakes_in_a_function_are_caught(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "limited", lambda work, _: limited(work, 0.5))
    survivors, total = [], 0
    for code, mutant in mutants(exercise.solution):
        total += 1
        if exercises.grade(exercise.id, mutant).status == "correct":
            survivors.append(code)
    print(f"{exercise.id}: {total - len(survivors)} of {total} mutants caught")
    assert total, "nothing in this solution can be mutated"
    assert len(survivors) <= 0.05 * total, "\n\n".join(survivors)
