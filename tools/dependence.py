"""Which assertions of a notebook depend on a training, by names that pass it on.

A training that somebody stopped early is nobody's mistake. What a later cell asserts
about it must say so, not end in an AssertionError without a word.
"""

import ast
from collections.abc import Iterator
from typing import Any

TRAINS = {"fit", "train_step"}  # functions and methods
MODULE = "training"  # course_utils.training


class Trained:
    """The names that hold something of a training, statement by statement."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.functions: set[str] = set()  # that train what they are given

    def silent_asserts(self, source: str) -> Iterator[str]:
        """The assertions of a cell that depend on a training and have no message."""
        for statement in ast.parse(source).body:
            if isinstance(statement, ast.FunctionDef):
                self._define(statement)
                continue
            if isinstance(statement, ast.For) and not self._holds(statement.iter):
                self.names -= set(map(_name, _parts(statement.target)))
            before = set(self.names)
            while self._follow(statement):
                pass  # until no name is added: loops come back to their beginning
            for node in ast.walk(statement):
                if isinstance(node, ast.Assert) and self._holds(node) and not node.msg:
                    yield ast.unparse(node)
            self.names -= _of_comprehensions(statement) - before
            self._forget(statement)

    def _define(self, function: ast.FunctionDef) -> None:
        """A function passes a training on where it does one, or uses its results."""
        inside = list(ast.walk(function))
        own = {n.arg for n in inside if isinstance(n, ast.arg)}
        own |= {
            n.id
            for n in inside
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        outside, self.names = self.names, self.names - own
        holds = any(map(self._holds, function.body))
        self.names = outside - {function.name} | ({function.name} if holds else set())
        if any(isinstance(n, ast.Call) and _called(n) in TRAINS for n in inside):
            self.functions.add(function.name)

    def _forget(self, statement: ast.stmt) -> None:
        """A name that is given something else holds a training no longer."""
        given: dict[str, bool] = {}  # to a whole variable: whether of a training
        for node in ast.walk(statement):
            for source, targets in self._passes(node):
                holds = self._holds(source)
                whole = [
                    _name(part)
                    for part in targets
                    if holds or isinstance(part, ast.Name)
                ]
                if holds or not isinstance(node, ast.Call):
                    given |= {name: given.get(name, False) or holds for name in whole}
        self.names -= {name for name, holds in given.items() if not holds}

    def _follow(self, statement: ast.stmt) -> bool:
        before = len(self.names)
        for node in ast.walk(statement):
            for source, targets in self._passes(node):
                if self._holds(source):
                    self.names |= set(map(_name, targets)) - {"", MODULE}
        return len(self.names) > before

    def _passes(self, node: ast.AST) -> Iterator[tuple[ast.AST, list[Any]]]:
        """What a node takes from, and what it gives to."""
        match node:
            case ast.Assign(targets=targets, value=value):
                yield value, [part for t in targets for part in _parts(t)]
            case ast.AugAssign(target=target, value=value):
                yield value, _parts(target)
            case ast.For(target=target, iter=source):
                yield source, _parts(target)
            case ast.withitem(context_expr=source, optional_vars=target) if target:
                yield source, _parts(target)
            case ast.comprehension(target=target, iter=source):
                yield source, _parts(target)
            case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=args):
                # model.fit(...) trains the model, training.fit(model, ...) its first
                # argument; runs.append(run) passes a run on.
                if attr in TRAINS:
                    yield (
                        node,
                        [owner, *args[:1]] if _name(owner) == MODULE else [owner],
                    )
                elif attr in ("append", "extend", "update", "add"):
                    yield ast.Tuple(elts=args), [owner]
            case ast.Call(func=ast.Name(id=name) as function, args=args):
                if name in self.functions:  # learn(model)
                    yield function, args

    def _holds(self, node: ast.AST) -> bool:
        return any(
            (isinstance(n, ast.Name) and n.id in self.names)
            or (isinstance(n, ast.Call) and _called(n) in TRAINS)
            for n in ast.walk(node)
        )


def _of_comprehensions(statement: ast.stmt) -> set[str]:
    return {
        _name(part)
        for node in ast.walk(statement)
        if isinstance(node, ast.comprehension)
        for part in _parts(node.target)
    }


def _parts(target: Any) -> list[Any]:
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in _parts(element)]
    return [target]


def _name(target: Any) -> str:
    """The variable at the beginning of `a`, `a.b`, `a[b]` and `*a`."""
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))
