"""Small notebooks as decks and pages, as the tests see them."""

import base64
from pathlib import Path
from typing import Any

import nbformat
from ipywidgets.embed import dependency_state
from nbformat import NotebookNode
from playwright.sync_api import Page

from course_utils import exercises
from tests.browser.alive import settle
from tools.export.files import lesson_file

STATE = "application/vnd.jupyter.widget-state+json"


def slide(cell: NotebookNode, kind: str = "slide") -> NotebookNode:
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def markdown(source: str, kind: str = "slide") -> NotebookNode:
    return slide(nbformat.v4.new_markdown_cell(source), kind)


def shown(widget: Any, source: str = "explorer", kind: str = "slide") -> NotebookNode:
    """A code cell with the widget as its output, as an executed notebook has it."""
    data, metadata = widget._repr_mimebundle_()
    if "image/png" in data:
        data = data | {"image/png": base64.b64encode(data["image/png"]).decode()}
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    return slide(nbformat.v4.new_code_cell(source, outputs=[output]), kind)


def checked(id_: str, source: str = "") -> NotebookNode:
    """A cell that was run with the blank."""
    verdict = exercises.grade(id_)
    output = nbformat.v4.new_output(
        "display_data",
        data={"text/html": verdict.html(), "text/plain": str(verdict)},
        metadata={"exercise": {"id": id_, "status": verdict.status}},
    )
    source = source or f'answer = ...\ncheck("{id_}", answer)'
    return slide(nbformat.v4.new_code_cell(source, outputs=[output]))


def lesson(*cells: NotebookNode, widgets: Any = ()) -> NotebookNode:
    """A notebook with a title, these cells and the state of these widgets."""
    notebook = nbformat.v4.new_notebook(cells=[markdown("# 99 Test"), *cells])
    state = dependency_state(list(widgets), drop_defaults=False) if widgets else {}
    notebook.metadata["widgets"] = {STATE: {"state": state}}
    notebook.metadata["language_info"] = {
        "name": "python",
        "pygments_lexer": "ipython3",
    }
    return notebook


def open_file(page: Page, folder: Path, notebook: NotebookNode, kind: str) -> Path:
    """Write the notebook as a deck or page and show it, with all widgets alive."""
    file = folder / f"{kind}.html"
    file.write_text(lesson_file(notebook, kind), encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_function(
        """() => (!window.Reveal || Reveal.isReady()) &&
            [...document.querySelectorAll(".explorer")].every(e => e.dataset.alive)"""
    )
    settle(page)
    return file
