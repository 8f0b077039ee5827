"""The server's side of it; that JupyterLab sees no change: tests/browser."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelspec import get_kernel_dict

from course_utils.notebook_files import NotebookFiles, completed
from tools.notebooks import METADATA

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
# What JupyterLab writes into a notebook as soon as a kernel runs.
WRITTEN = {
    "kernelspec": {
        "display_name": get_kernel_dict()["display_name"],
        "language": "python",
        "name": "python3",
    },
    "language_info": IPythonKernel.language_info,
}


def files(folder: Path) -> NotebookFiles:
    return NotebookFiles(root_dir=str(folder))


def opened(folder: Path, name: str) -> dict[str, Any]:
    """What the browser is given, as JSON that it may change."""
    model = asyncio.run(files(folder).get(name, type="notebook"))
    return json.loads(json.dumps(model["content"]))


def save(folder: Path, name: str, content: dict[str, Any]) -> None:
    model = {"type": "notebook", "format": "json", "content": content}
    asyncio.run(files(folder).save(model, name))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_that_is_opened_and_saved_stays_as_it_was(
    path: Path, tmp_path: Path
) -> None:
    shutil.copy(path, tmp_path)
    content = opened(tmp_path, path.name)
    before = json.dumps(content["metadata"], sort_keys=True)
    content["metadata"] |= WRITTEN
    assert json.dumps(content["metadata"], sort_keys=True) == before
    save(tmp_path, path.name, content)
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def written(folder: Path, metadata: dict[str, Any]) -> None:
    cells = [nbformat.v4.new_code_cell("1 + 1", id="one")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(notebook, folder / "mine.ipynb")


def test_what_was_changed_is_saved(tmp_path: Path) -> None:
    written(tmp_path, METADATA)
    content = opened(tmp_path, "mine.ipynb")
    content["cells"][0]["source"] = "2 + 2"
    content["metadata"] |= {"title": "Mine"}
    del content["metadata"]["rise"]
    save(tmp_path, "mine.ipynb", content)
    stored = nbformat.read(tmp_path / "mine.ipynb", as_version=4)
    assert stored.cells[0].source == "2 + 2"
    said = {name: METADATA[name] for name in ("kernelspec", "language_info")}
    assert stored.metadata == said | {"title": "Mine"}


OTHER = {"kernelspec": {"display_name": "R", "language": "R", "name": "ir"}}


@pytest.mark.parametrize("metadata", [{}, OTHER, OTHER | {"kernelspec": "python3"}])
def test_other_kernels_are_let_alone(metadata: dict[str, Any]) -> None:
    assert completed(metadata, "Python 3 (ipykernel)") == metadata


def test_a_kernel_that_was_chosen_is_saved(tmp_path: Path) -> None:
    written(tmp_path, METADATA)
    content = opened(tmp_path, "mine.ipynb")
    save(tmp_path, "mine.ipynb", content | {"metadata": OTHER})
    assert nbformat.read(tmp_path / "mine.ipynb", as_version=4).metadata == OTHER


def test_new_notebooks_and_other_files_are_saved_as_they_come(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell("1 + 1", id="one")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=WRITTEN)
    save(tmp_path, "new.ipynb", json.loads(nbformat.writes(notebook)))
    assert nbformat.read(tmp_path / "new.ipynb", as_version=4).metadata == WRITTEN
    text = {"type": "file", "format": "text", "content": "words"}
    asyncio.run(files(tmp_path).save(text, "words.txt"))
    assert (tmp_path / "words.txt").read_text() == "words"


def test_a_damaged_notebook_can_be_written_over(tmp_path: Path) -> None:
    written(tmp_path, METADATA)
    content = opened(tmp_path, "mine.ipynb")
    (tmp_path / "mine.ipynb").write_text("{")
    save(tmp_path, "mine.ipynb", content)
    assert nbformat.read(tmp_path / "mine.ipynb", as_version=4).cells[0].id == "one"
