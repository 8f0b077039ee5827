"""python -m tools.export decks|pages|handout|handout-pdf [NN ...], or site."""

import argparse
import shutil
import sys
import time
from pathlib import Path

import nbformat

from tools.export.executed import ROOT, executed
from tools.export.files import index, lesson_file
from tools.export.paper import print_handouts
from tools.export.site import broken, site, without_links
from tools.notebooks import FOLDER, chosen

HANDOUT = """Open index.html in a browser: pages and slides need nothing else.
The notebooks need the course, which its address or your instructor tells you.
Code is under the BSD 3-Clause licence, text under CC BY 4.0: see LICENSE.
"""
# What is written for each lesson; a handout on paper is printed from the deck.
KINDS = {"decks": "deck", "pages": "page", "handout-pdf": "deck"}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_site(
    paths: list[Path], build: Path, repository: str, folder: Path | None = None
) -> None:
    """Write the lessons into build/site, or a folder, and check every link in it.

    In a folder of chosen lessons, links to the others become words.

    Raises
    ------
    ValueError
        Where a link leads to nothing.
    """
    chosen_only = folder is not None
    folder = folder or build / "site"
    shutil.rmtree(folder, ignore_errors=True)
    notebooks = {path.stem: executed(path, build / "executed") for path in paths}
    for name, text in site(notebooks, repository).items():
        write(folder / name, without_links(text, paths) if chosen_only else text)
    for path in paths:
        deck = lesson_file(notebooks[path.stem], "deck")
        # A deck is one folder deeper, and its links lead to decks.
        deck = without_links(deck, paths) if chosen_only else deck
        write(folder / "decks" / f"{path.stem}.html", deck)
        (folder / "notebooks").mkdir(exist_ok=True)
        shutil.copy(path, folder / "notebooks")
    if found := broken(folder):
        raise ValueError("\n".join(found))
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    print(f"Open {folder / 'index.html'}  {size:.1f} MB")


def write_handout(paths: list[Path], build: Path) -> None:
    """Pack chosen lessons as build/handout.zip: a small site, for a course's page."""
    folder = build / "handout"
    write_site(paths, build, "", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    write(folder / "README.txt", HANDOUT)
    packed = shutil.make_archive(str(folder), "zip", folder)
    print(f"{packed}  {Path(packed).stat().st_size / 1e6:.1f} MB")


def main(arguments: list[str], build: Path = ROOT / "build") -> None:
    if arguments[:1] == ["handout"]:
        write_handout(chosen(arguments[1:]), build)
        return
    if arguments[:1] == ["site"]:
        parser = argparse.ArgumentParser(prog="course.py site")
        parser.add_argument("--repository", default="", help="address of a public copy")
        given = parser.parse_args(arguments[1:])
        write_site(chosen([]), build, given.repository)
        return
    if not arguments or arguments[0] not in KINDS:
        raise SystemExit(__doc__)
    command, *names = arguments
    folder, files = f"{KINDS[command]}s", []
    for path in chosen(names):
        start = time.perf_counter()
        notebook = executed(path, build / "executed")
        file = build / folder / f"{path.stem}.html"
        write(file, lesson_file(notebook, KINDS[command]))
        files.append(file)
        seconds = time.perf_counter() - start
        size = file.stat().st_size / 1e6
        print(f"{file}  {size:.1f} MB  {seconds:.0f} s", flush=True)
    if command == "handout-pdf":
        for file in print_handouts(files, build / "handouts"):
            print(f"{file}  {file.stat().st_size / 1e6:.1f} MB")
    if folder == "pages":
        made = sorted((build / folder).glob("[0-9][0-9]_*.html"))
        sources = {page.name: FOLDER / f"{page.stem}.ipynb" for page in made}
        there = {name: nbformat.read(s, 4) for name, s in sources.items() if s.exists()}
        write(build / folder / "index.html", index(there))
        print(f"Open {build / folder / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1:])
