"""python -m tools.export decks|pages [NN ...]: see the package."""

import sys
import time
from pathlib import Path

import nbformat

from tools.export.executed import ROOT, executed
from tools.export.files import index, lesson_file
from tools.notebooks import FOLDER, chosen

KINDS = {"decks": "deck", "pages": "page"}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(arguments: list[str], build: Path = ROOT / "build") -> None:
    if not arguments or arguments[0] not in KINDS:
        raise SystemExit("python -m tools.export decks|pages [NN ...]")
    folder, *names = arguments
    for path in chosen(names):
        start = time.perf_counter()
        notebook = executed(path, build / "executed")
        file = build / folder / f"{path.stem}.html"
        write(file, lesson_file(notebook, KINDS[folder]))
        seconds = time.perf_counter() - start
        size = file.stat().st_size / 1e6
        print(f"{file}  {size:.1f} MB  {seconds:.0f} s", flush=True)
    if folder == "pages":
        made = sorted((build / folder).glob("[0-9][0-9]_*.html"))
        sources = {page.name: FOLDER / f"{page.stem}.ipynb" for page in made}
        there = {name: nbformat.read(s, 4) for name, s in sources.items() if s.exists()}
        write(build / folder / "index.html", index(there))
        print(f"Open {build / folder / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1:])
