"""The maps in lesson 00 and in the README say what the lessons say of themselves."""

import re
from pathlib import Path

import nbformat
import pytest

from tests.lessons import starts_a_slide
from tools.contract import slide_type

ROOT = Path(__file__).parents[2]
LESSONS = {path.name: path for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")}
ROW = re.compile(r"^\| (\d\d) \| (.+?) \| .+? \| (.+?) \|", re.MULTILINE)
LINK = re.compile(r"\[(.+)\]\((?:notebooks/)?(.+)\)")


def head(path: Path) -> str:
    return nbformat.read(path, as_version=4).cells[0].source


def rows(text: str) -> list[tuple[str, str, str]]:
    found = [match.groups() for match in ROW.finditer(text)]
    assert [number for number, _, _ in found] == [f"{n:02}" for n in range(10)]
    return found  # type: ignore[return-value]


def map_in_lesson_00() -> str:
    cells = nbformat.read(LESSONS["00_start_here.ipynb"], as_version=4).cells
    return next(cell.source for cell in cells if "## The lessons" in cell.source)


@pytest.mark.parametrize("where", ["README", "lesson 00"])
def test_map_agrees_with_the_lessons(where: str) -> None:
    text = (
        map_in_lesson_00() if where == "lesson 00" else (ROOT / "README.md").read_text()
    )
    linked = set()
    for number, title, minutes in rows(text):
        link = LINK.fullmatch(title)
        name = link[2] if link else "00_start_here.ipynb"  # a page links not to itself
        linked.add(name)
        first = head(LESSONS[name])
        assert first.startswith(f"# {number} {link[1] if link else title}\n")
        told = re.search(r"\*\*Time:\*\* (\d+) minutes", first)
        assert told, f"{name} does not say **Time:** NN minutes"
        assert minutes == f"{told[1]} min"
    assert linked == set(LESSONS)


def slides(path: Path) -> dict[str, str]:
    """Heading of each slide -> its notes for the presenter."""
    found: dict[str, str] = {}
    heading = ""
    for cell in nbformat.read(path, as_version=4).cells:
        if starts_a_slide(cell):
            lines = cell.source.splitlines()  # a part may be named over the heading
            heading = next((li for li in lines if li[:1] == "#"), lines[0]).lstrip("# ")
            found.setdefault(heading, "")
        if slide_type(cell) == "notes":
            found[heading] += cell.source
    return found


def test_guide_and_notes_agree_on_half_time() -> None:
    guide = (ROOT / "docs" / "presenting.md").read_text()
    stops = dict(re.findall(r"^\| (\d\d) .+ \| (?:— |(.+) )\|$", guide, re.MULTILINE))
    assert list(stops) == [name[:2] for name in sorted(LESSONS)]
    for name, path in sorted(LESSONS.items()):
        notes = slides(path)
        halves = {h: note for h, note in notes.items() if "Half-time" in note}
        if not stops[name[:2]]:
            assert not halves
            continue
        stop = re.fullmatch(r"(after|before) \*(.+)\*", stops[name[:2]])
        assert stop, f"{stops[name[:2]]}: after or before which slide?"
        where, heading = stop.groups()
        assert list(halves) == [heading]
        assert f"Half-time {where} this slide" in halves[heading]
        assert sum(map(bool, notes.values())) >= 8
