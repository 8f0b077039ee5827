"""Exercises where students meet them: in a kernel, in the cells of each notebook."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import exercises
from course_utils.exercises import catalogue, solution_text

pytestmark = pytest.mark.kernel

FOLDER = Path(__file__).parents[2] / "notebooks"
HOW: dict[str, Any] = {
    "timeout": 600,
    "resources": {"metadata": {"path": str(FOLDER)}},
    "shutdown_kernel": "immediate",
}
CALL = re.compile(r"""^(check|quiz)\(\s*["'](\d\d\.[\w-]+)["']""", re.MULTILINE)
BLANK, WRONG, RIGHT = "○ Not attempted: ", "✗ Not yet: ", "✓ Correct: "
IMPORT = "from course_utils.exercises import check, hint, quiz, solution"


@pytest.fixture(scope="module")
def client() -> Iterator[NotebookClient]:
    """A kernel in which lessons follow one another: TensorFlow is loaded once."""
    client = NotebookClient(new_notebook(), **HOW)
    with client.setup_kernel():
        yield client


def run(
    cells: list[NotebookNode], cache: Path, client: NotebookClient | None = None
) -> list[NotebookNode]:
    """The cells, executed with a cache of their own.

    In a clean kernel, or in that of `client`, in which no name is left from before.
    """
    set_cache = new_code_cell(
        f"%reset -f\nimport os\nos.environ['COURSE_USER_DIR'] = {str(cache)!r}"
    )
    notebook = new_notebook(cells=[set_cache, *cells])
    if client is None:
        NotebookClient(notebook, **HOW).execute()
    else:
        client.nb = notebook
        client.reset_execution_trackers()
        for i, cell in enumerate(notebook.cells):
            client.execute_cell(cell, i)
    return notebook.cells[1:]


def verdicts(cell: NotebookNode) -> list[str]:
    """What each `check` in a cell said."""
    texts = [
        output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
    ]
    return [text for text in texts if text.startswith((BLANK, WRONG, RIGHT))]


def flat(text: str) -> str:
    return re.sub(r"\n *", " ", text)


def mistake(id_: str, number: int) -> str:
    """A cell that gives a known wrong answer."""
    return (
        "from course_utils import exercises\n"
        f"exercise = exercises.find('{id_}')\n"
        f"check('{id_}', exercise.stored(exercise.mistakes[{number}][0]))"
    )


def test_what_a_kernel_shows_can_be_stored_and_compared(tmp_path: Path) -> None:
    sources = [
        IMPORT,
        'answer = ...\ncheck("01.output-size", answer)',
        'quiz("01.flip")',
        'answer = 14, 14, 20\ncheck("01.output-size", answer)',
    ]
    runs = []
    for name in ("first", "second", "second"):  # the last finds a cache with results
        cells = run([new_code_cell(source) for source in sources], tmp_path / name)
        runs.append([cell.outputs for cell in cells])
    _, blank, question, right = runs[0]
    assert blank[0]["data"]["text/plain"].startswith(BLANK)
    assert blank[0]["data"]["text/html"].startswith('<div role="status"')
    assert blank[0]["metadata"] == {
        "exercise": {"id": "01.output-size", "status": "blank"}
    }
    assert question[0]["data"]["text/html"].count("<details>") == 4
    assert right[0]["data"]["text/plain"].endswith(" in this lesson")
    for later in runs[1:]:
        assert later[1] == blank
        for kind in ("text/plain", "text/html"):  # the widget has a new id each time
            assert later[2][0]["data"][kind] == question[0]["data"][kind]


def test_an_endless_loop_ends_and_the_next_cell_runs(
    tmp_path: Path, client: NotebookClient
) -> None:
    sources = [
        IMPORT,
        "def to_unit(image):\n    while True: pass\n\ncheck('00.to-unit', to_unit)",
        "def to_unit(image):\n    return imag / 255\n\ncheck('00.to-unit', to_unit)",
        "def to_unit(image):\n    return image / 255\n\ncheck('00.to-unit', to_unit)",
    ]
    _, endless, misspelt, right = run(
        [new_code_cell(source) for source in sources], tmp_path, client
    )
    assert "had not finished after 5 s" in verdicts(endless)[0]
    assert "in the line `return imag / 255`" in flat(verdicts(misspelt)[0])
    assert verdicts(right)[0].startswith(RIGHT)


@pytest.fixture(params=catalogue.numbers())
def lesson(request: pytest.FixtureRequest) -> tuple[str, NotebookNode]:
    """The number of a lesson with exercises, and its notebook."""
    found = sorted(FOLDER.glob(f"{request.param}_*.ipynb"))
    if not found:
        pytest.skip(f"there is no notebook {request.param} yet")
    return request.param, nbformat.read(found[0], as_version=4)


def asked(cell: NotebookNode, call: str = "check|quiz") -> list[str]:
    """The ids of the exercises in a cell."""
    calls = CALL.findall(cell.source) if cell.cell_type == "code" else []
    return [id_ for name, id_ in calls if name in call]


def test_each_exercise_has_its_cell_in_order(lesson: tuple[str, NotebookNode]) -> None:
    number, notebook = lesson
    ids = [id_ for cell in notebook.cells for id_ in asked(cell)]
    assert ids == list(catalogue.lesson(number))


def test_stored_exercises_are_not_attempted(lesson: tuple[str, NotebookNode]) -> None:
    for cell in lesson[1].cells:
        ids = asked(cell, "check")
        titles = [BLANK + exercises.find(id_).title for id_ in ids]
        assert [said.splitlines()[0] for said in verdicts(cell)] == titles


def test_solutions_and_mistakes_in_their_cells(
    lesson: tuple[str, NotebookNode], tmp_path: Path, client: NotebookClient
) -> None:
    """Only what exercises need is run: a whole lesson would train networks again."""
    cells: list[NotebookNode] = []
    expected: list[tuple[int, str, str]] = []  # cell, begin of its verdict, words in it
    for cell in lesson[1].cells:
        if (
            cell.cell_type == "code"
            and "from course_utils.exercises import" in cell.source
        ):
            cells.append(cell)
        for id_ in asked(cell):
            exercise = exercises.find(id_)
            for i, (_, advice) in enumerate(exercise.mistakes):
                expected.append((len(cells), WRONG, advice))
                cells.append(new_code_cell(mistake(id_, i)))
            expected.append((len(cells), RIGHT, exercise.insight))
            cells.append(new_code_cell(solution_text.source(id_)))
    done = run(cells, tmp_path, client)
    for i, start, words in expected:
        (said,) = verdicts(done[i])
        assert said.startswith(start), said
        assert words in flat(said)


def names(tree: ast.AST, context: type, deep: bool) -> set[str]:
    """Names that code stores or loads; not deep: leaves out those in functions."""
    found = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        if isinstance(node, ast.FunctionDef | ast.arg) and context is ast.Store:
            found.add(node.name if isinstance(node, ast.FunctionDef) else node.arg)
        inner = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)
        if deep or not isinstance(node, (*inner, ast.GeneratorExp)):
            found |= names(node, context, deep)
    return found


def test_a_solution_changes_nothing_that_later_cells_use(
    lesson: tuple[str, NotebookNode],
) -> None:
    """A student who pastes it must still see the outputs of the lesson."""
    code = [cell for cell in lesson[1].cells if cell.cell_type == "code"]
    trees = [ast.parse(cell.source) for cell in code]
    for i, cell in enumerate(code):
        for id_ in asked(cell):
            made = names(ast.parse(solution_text.source(id_)), ast.Store, deep=False)
            made -= names(trees[i], ast.Store, deep=False)
            for later in trees[i + 1 :]:
                made -= names(later, ast.Store, deep=True)
                lost = made & names(later, ast.Load, deep=True)
                assert not lost, (
                    f"{id_} overwrites {lost}, used in {ast.unparse(later)}"
                )
