"""Which cells may be folded in a stored notebook, and that the tools keep them so."""

from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from tests.unit.test_notebooks import good, html
from tools import contract, notebooks

pytestmark = pytest.mark.kernel  # as the file that it imports


def fold(
    source: str, after: str = "", *, picture: bool = True
) -> Callable[[NotebookNode], None]:
    """Cell 2 with this source, folded; cell 3 begins with `after`."""

    def break_it(notebook: NotebookNode) -> None:
        shown, later = notebook.cells[2:4]
        shown.source = source
        shown.metadata["jupyter"] = {"source_hidden": True}
        shown.outputs = [html('<img alt="a cat" src="x">')] * picture
        later.source = f"{after}\ncheck('b', 2)\n{later.source}"

    return break_it


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (fold("figure = plotting.show(x)\ny = 1"), "more than draw"),
        (fold("plotting.show(x)\nfigure = ..."), "more than draw"),
        (fold("fig = plotting.grid(x)", "fig.show()"), "later cells use ['fig']"),
        (fold("plotting.show(x)", "fig = 1", picture=False), "no picture to see"),
    ],
)
def test_what_must_stay_open(
    break_it: Callable[[NotebookNode], None], expected: str
) -> None:
    notebook = good()
    break_it(notebook)
    (found,) = contract.complaints(notebook)
    assert found.startswith("cell 2: folded")
    assert expected in found


def test_what_only_draws_may_be_folded_and_stays_so() -> None:
    notebook = good()
    fold("figure = plotting.show_grid(x)\nplotting.show(figure, 'a cat')")(notebook)
    notebook.cells[3].source += "\nfigure = plotting.show_grid(y)\nfigure.clear()"
    assert contract.complaints(notebook) == []
    notebook.cells[2].metadata["jupyter"]["outputs_hidden"] = True
    notebooks.normalise(notebook)
    assert notebook.cells[2].metadata["jupyter"] == {"source_hidden": True}
