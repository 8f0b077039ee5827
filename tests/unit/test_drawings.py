"""The drawings of `imgs`: as their scripts draw them, used, and said in words."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from imgs.__main__ import DRAWINGS
from tests.lessons import prose_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "imgs"
LESSONS = {f"{number:02}": prose_of(f"{number:02}") for number in range(10)}


def alt_of(name: str) -> str:
    root = ElementTree.fromstring((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    return root.attrib["aria-label"]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_what_its_script_draws(name: str) -> None:
    stored = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert stored == DRAWINGS[name](), "python -m imgs draws it anew"


def test_every_drawing_has_a_script() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_whole_small_and_readable_on_dark_pages(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert not re.search(r"(href|src|url)\s*=|@import|url\((?!#)", text)
    background = ElementTree.fromstring(text)[1]
    assert background.attrib["fill"] == "#ffffff"


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_lesson_shows_the_drawing_with_its_words(name: str) -> None:
    number = name.removeprefix("cover_")
    prose = LESSONS[number] if number in LESSONS else "\n".join(LESSONS.values())
    (tag,) = re.findall(
        rf"<img[^>]*imgs/{name}\.svg[^>]*>|!\[[^]]*\]\(\.\./imgs/{name}\.svg\)", prose
    )
    assert alt_of(name) in tag


def test_the_readme_shows_all_covers() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"imgs/(cover_\d\d)\.svg", readme)
    assert shown == [name for name in DRAWINGS if name.startswith("cover_")]
