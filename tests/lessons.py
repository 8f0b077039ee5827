"""Cells of the lessons, for tests that run some of them."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.contract import slide_type

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def starts_a_slide(cell: NotebookNode) -> bool:
    return slide_type(cell) in ("slide", "subslide")


def cells_of(number: str) -> list[NotebookNode]:
    """The lesson's code cells, with stored outputs."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def code(number: str, *texts: str) -> list[str]:
    """For each text the first code cell of the lesson with it."""
    sources = [cell.source for cell in cells_of(number)]
    return [next(source for source in sources if text in source) for text in texts]


def prose_of(number: str) -> str:
    """What a student reads in a lesson, without the signs of Markdown."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return text.replace("*", "").replace("`", "")
