"""The plan of the package: who imports whom, how long a file is, who loads TensorFlow.

Imports are read from the text (`tests.imports`), those in functions too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.imports import ROOT, TENSORFLOW, imports, loaded, package

# Rooms of a level call those below, and each other where that makes no circle.
LEVELS = (
    {"checks", "clocks", "notebook_files"},
    {"filters"},
    {"datasets", "models", "pretrained", "user_folder"},
    {"plotting", "explain", "training", "widgets", "exercises"},
    {"diagrams", "features"},
    {"full_run"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
LIGHT = ("filters", "datasets", "widgets", "plotting", "exercises")
PYTHON = [
    path
    for folder in ("course_utils", "tools", "tests", "benchmarks", "imgs")
    for path in sorted(ROOT.glob(f"{folder}/**/*.py"))
]
LESSONS = re.compile(r"exercises/lessons/nb\d\d\.py$")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
# Still to be divided. Nothing comes to it.
NOT_YET = {
    "tests/browser/test_digit_pad.py",
}

Arrow = tuple[str, str]


def room(module: str) -> str:
    """ "datasets" of course_utils.datasets.whole; "" of the package itself."""
    return f"{module}.".split(".")[1]


def arrows() -> Iterator[Arrow]:
    """A module of the package, and one that it imports."""
    for name, path in package().items():
        for other in imports(path, deferred=True):
            if other in package() and other != name:
                yield name, other


def circle(edges: set[Arrow]) -> list[str]:
    """What is on a circle or between two: all that is left when ends are taken away."""
    edges = {edge for edge in edges if edge[0] != edge[1]}
    while True:
        starts, ends = {a for a, _ in edges}, {b for _, b in edges}
        kept = {(a, b) for a, b in edges if a in ends and b in starts}
        if kept == edges:
            return sorted(starts)
        edges = kept


def insides(name: str, others: frozenset[str]) -> list[str]:
    """Modules inside a room that is not the one of `name`."""
    return [
        other
        for other in sorted(others)
        if other.count(".") > 1 and other in package() and room(other) != room(name)
    ]


def test_each_room_has_its_level() -> None:
    rooms = {room(name) for name in package()} - {""}
    assert rooms == set(LEVEL)


def test_no_file_is_on_a_circle() -> None:
    assert circle(set(arrows())) == []


def test_no_room_is_on_a_circle() -> None:
    assert circle({(room(a), room(b)) for a, b in arrows()} - {("", "")}) == []


def test_no_arrow_goes_up() -> None:
    wrong = [
        (a, b)
        for a, b in arrows()
        if room(a) and room(b) and LEVEL[room(a)] < LEVEL[room(b)]
    ]
    assert wrong == []


def test_nobody_imports_another_rooms_inside() -> None:
    wrong = {
        str(path.relative_to(ROOT)): insides(name, imports(path, deferred=True))
        for name, path in package().items()
    }
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=str)
def test_lessons_import_rooms_and_explorers_alone(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in cells)
    found = re.findall(r"^\s*(?:from|import) (course_utils[.\w]*)", text, re.MULTILINE)
    # Each explorer is a file of its own, and lessons may take more than it from there.
    assert [n for n in found if n.count(".") > 1 and room(n) != "widgets"] == []


@pytest.mark.parametrize("name", LIGHT)
def test_light_rooms_load_no_tensorflow(name: str) -> None:
    for module in package():
        if room(module) == name and not module.startswith(f"course_utils.{name}.__"):
            assert not TENSORFLOW & loaded(module), module


def test_no_file_is_too_long() -> None:
    scripts = sorted(ROOT.glob("course_utils/**/*.js")) + sorted(
        ROOT.glob("tools/**/*.js")
    )
    ours = [path for path in scripts if "reveal" not in path.as_posix()]
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in (*PYTHON, *ours)
        if not LESSONS.search(path.as_posix())
    }
    assert {name for name, n in lines.items() if n > LONGEST_FILE} <= NOT_YET


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    words = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (words.end_lineno or 0) - words.lineno + 1
    return lines


def test_no_function_is_too_long() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {node.name}": lines_of_code(node)
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines_of_code(node) > LONGEST_FUNCTION
    }
    assert long == {}


# --- What finds faults must be able to ------------------------------------------------


def test_circles_are_found() -> None:
    assert circle({("a", "b"), ("b", "c")}) == []
    assert circle({("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}) == ["b", "c"]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("from course_utils.datasets.whole import x", "course_utils.datasets.whole"),
        ("from course_utils.datasets import whole", "course_utils.datasets.whole"),
        ("def f():\n    import course_utils.models", "course_utils.models"),
        ("from course_utils import filters", "course_utils.filters"),
        ("from course_utils.datasets import mnist", "course_utils.datasets"),
        ("if TYPE_CHECKING:\n    import keras", "keras"),
    ],
)
def test_imports_are_read(
    line: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package()  # read before the root is another
    monkeypatch.setattr("tests.imports.ROOT", tmp_path)
    (tmp_path / "a.py").write_text(line)
    assert imports(tmp_path / "a.py", deferred=True) == {other}
    late = line.startswith(("def", "if"))
    assert imports(tmp_path / "a.py", deferred=False) == (set() if late else {other})
    outside = [other] if other.endswith("whole") else []
    assert insides("course_utils.widgets", frozenset({other})) == outside
    assert insides("course_utils.datasets.photos", frozenset({other})) == []


def test_light_and_heavy_are_told_apart() -> None:
    assert TENSORFLOW & loaded("course_utils.models")
    assert TENSORFLOW & loaded("course_utils.training")
