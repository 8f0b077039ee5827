"""Notebooks with the state of their widgets, which the stored ones do not keep."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.contract import WIDGET_VIEW, all_outputs, outputs_are_clean
from tools.notebooks import client_of, normalise, store

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "course_utils"


def fingerprint(notebook: NotebookNode, package: Path) -> str:
    """Changes when a cell or the package's code does; not with outputs."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        digest.update(f"{cell.cell_type}\n{cell.source}\0".encode())
    for path in sorted(package.rglob("*.*")):
        if path.suffix in (".py", ".js", ".css"):
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Execute in `folder`, keep widget views and state, refuse errors."""
    client_of(notebook, folder).execute()
    views = [
        (output.data, output.data[WIDGET_VIEW])
        for _, output in all_outputs(notebook)
        if WIDGET_VIEW in output.get("data", {})
    ]
    widgets = notebook.metadata.get("widgets")
    normalise(notebook, slides=True)
    if found := outputs_are_clean(notebook):
        raise ValueError("\n".join(found))
    for data, view in views:
        data[WIDGET_VIEW] = view
    if widgets:
        notebook.metadata["widgets"] = widgets
    return numbered(notebook)


def numbered(notebook: NotebookNode) -> NotebookNode:
    """Widgets named in the order in which they were made: theirs are random names."""
    kinds = notebook.metadata.get("widgets", {}).values()
    names = [name for kind in kinds for name in kind["state"]]
    text = nbformat.writes(notebook)
    for number, name in enumerate(names):
        text = text.replace(name, f"widget-{number:04}")
    return nbformat.reads(text, as_version=4)


def executed(path: Path, kept: Path, package: Path = PACKAGE) -> NotebookNode:
    """The executed notebook, run only when it or the package has changed.

    Copies are in the folder `kept`, under names that hold the fingerprint.
    """
    notebook = nbformat.read(path, as_version=4)
    copy = kept / f"{path.stem}-{fingerprint(notebook, package)}.ipynb"
    if not copy.exists():
        print(f"{path.name}: executing it for its widgets ...", flush=True)
        result = run(notebook, path.parent)
        kept.mkdir(parents=True, exist_ok=True)
        _remove(kept.glob(f"{path.stem}-*"))
        store(result, copy)
    return nbformat.read(copy, as_version=4)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
