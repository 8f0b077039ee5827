"""Every exercise: its solution, its known mistakes, its blank, its mutants."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from course_utils import exercises
from course_utils.exercises import catalogue, judging, solution_text
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.limits import limited

pytestmark = pytest.mark.tensorflow

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


@pytest.mark.parametrize("exercise", [e for e in ALL if e.at_least], ids=name)
def test_a_solution_reaches_what_its_exercise_asks_for(exercise: Exercise) -> None:
    solution = exercise.stored(exercise.solution)
    for case in exercise.case_list():
        reached = exercise.outcome(solution, case).value
        assert reached >= 1.5 * (exercise.at_least or np.inf)  # and not by a hair


@pytest.mark.parametrize(
    "numbers",
    [
        (0.27682, 0.74059, 2.25816),
        (1 / 5, np.pi / 4 + np.pi, 4),  # the same wave, from the other end
        (0.2, np.float32(0.8), 8),
        [Fraction(1, 5), 0.75, 3.5],
    ],
)
def test_whoever_reaches_what_is_asked_for_is_right(numbers: Any) -> None:
    assert exercises.grade("02.tune", numbers).status == "correct"


def test_what_is_not_enough_is_told_with_how_much_it_is() -> None:
    verdict = exercises.grade("02.tune", (1 / 5, np.pi / 4, 2.5))
    assert (
        "coarse stripes, at least 10 is asked for, but it is 3.269" in verdict.lines[0]
    )


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


# --- Cases that rounding does not decide ----------------------------------------------

# Numbers that floats hold exactly, at a place of which the exercise itself speaks.
EXACT = {
    "05.accuracy-bug": "a probability of 0.5 is no dog: `> 0.5` is given",
    "08.pool-backward": "of equal pixels the first one gets all",
}


def changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """A case, with all its floats changed."""
    if isinstance(value, tuple | list):
        return type(value)(changed(item, change) for item in value)
    return change(value) if np.asarray(value).dtype.kind == "f" else value


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_no_case_sits_where_rounding_decides(exercise: Exercise) -> None:
    rng = np.random.default_rng(0)

    def shaken(value: Any) -> Any:
        return value * (1 + 1e-12 * rng.choice([-1, 1], np.shape(value)))

    changes: list[Callable[[Any], Any]] = [np.float32]
    changes += [shaken] * (0 if exercise.id in EXACT else 20)
    for number, case in enumerate(exercise.case_list()):
        wanted = exercise.outcome(exercise.solution, case)
        for change in changes:
            got = exercise.outcome(exercise.solution, changed(case, change))
            assert got.same(wanted), f"case {number + 1}"


def test_a_case_on_the_edge_of_a_bin_would_be_found() -> None:
    on_edge = replace(
        exercises.find("09.calibration"),
        cases=lambda _: [(np.array([0.7, 0.7, 0.65, 0.2]), np.array([1, 0, 0, 1]))],
    )
    with pytest.raises(AssertionError, match="case 1"):
        test_no_case_sits_where_rounding_decides(on_edge)


def by_edges(confidence: Any, right: Any, edges: Any) -> Any:
    place = np.clip(np.digitize(confidence, edges) - 1, 0, 9)
    here = [place == b for b in range(10) if (place == b).any()]
    gaps = [abs(right[h].mean() - confidence[h].mean()) * h.mean() for h in here]
    return sum(gaps)


def by_histogram(confidence: Any, right: Any) -> Any:
    edges = np.linspace(0, 1, 11)
    claimed, _ = np.histogram(confidence, edges, weights=confidence)
    found, _ = np.histogram(confidence, edges, weights=right)
    return abs(found - claimed).sum() / len(right)


def by_search(confidence: Any, right: Any) -> Any:
    place = np.searchsorted(np.linspace(0, 1, 11)[1:-1], confidence, side="left")
    sums = [np.bincount(place, weights=w, minlength=10) for w in (right, confidence)]
    return np.abs(sums[0] - sums[1]).sum() / len(right)


@pytest.mark.parametrize(
    "function",
    [
        by_histogram,
        by_search,
        lambda c, r: by_edges(c, r, np.linspace(0, 1, 11)),
        lambda c, r: by_edges(c, r, np.arange(11) * 0.1),
        lambda c, r: by_edges(c, r, [i / 10 for i in range(11)]),
    ],
)
def test_every_usual_way_to_make_bins_is_right(function: Any) -> None:
    assert exercises.grade("09.calibration", function).status == "correct"


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
