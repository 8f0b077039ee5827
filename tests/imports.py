"""What each module of the project imports, read from its text and not by running it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
TENSORFLOW = {"tensorflow", "keras", "tf_keras_vis"}


@cache
def package() -> dict[str, Path]:
    """Each module of course_utils by its dotted name."""
    found = {}
    for path in sorted(ROOT.glob("course_utils/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def statements(tree: ast.AST, *, deferred: bool) -> Iterator[ast.stmt]:
    """The import statements; deferred: those in functions and for types only, too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if deferred or not (later or for_types):
            yield from statements(node, deferred=deferred)


@cache
def imports(path: Path, *, deferred: bool) -> frozenset[str]:
    """Absolute names: of a module where what is imported from it is none itself."""
    inside = path.relative_to(ROOT).parent.parts
    found = set()
    for node in statements(ast.parse(path.read_text("utf-8")), deferred=deferred):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = inside[: len(inside) - node.level + 1] if node.level else ()
            base = ".".join((*start, *filter(None, [node.module])))
            for alias in node.names:
                name = f"{base}.{alias.name}"
                found.add(name if name in package() else base)
    return frozenset(found)


def with_parents(name: str) -> Iterator[str]:
    """A module and the packages it is in, whose `__init__` runs before it."""
    parts = name.split(".")
    return (".".join(parts[: i + 1]) for i in range(len(parts)))


@cache
def loaded(name: str) -> frozenset[str]:
    """All modules that importing one of the package's loads, others' by their name."""
    seen: set[str] = set()
    new = list(with_parents(name))
    while new:
        module = new.pop()
        if module not in seen:
            seen.add(module)
            if module in package():
                for name in imports(package()[module], deferred=False):
                    new += with_parents(name)
    return frozenset(seen)


def loads_tensorflow(path: Path) -> bool:
    """Whether a file of tests imports TensorFlow anywhere, or what loads it."""
    return any(TENSORFLOW & loaded(name) for name in imports(path, deferred=True))
