"""A deck says where in the lesson one is: its parts, and first its question."""

import re

from bs4 import BeautifulSoup, Tag

PART = re.compile(r"Part (\d+) of (\d+): (.+)")


def said(paragraph: Tag, name: str) -> str:
    """What a paragraph says whose only content is one such element; else ""."""
    inside = [part for part in paragraph.children if str(part).strip()]
    only = inside[0] if len(inside) == 1 else None
    return only.get_text() if isinstance(only, Tag) and only.name == name else ""


def show_question(first: Tag) -> None:
    """Mark the question of the lesson, bold in its head."""
    question = next((p for p in first.select("p") if said(p, "strong")), None)
    if question:
        question["class"] = "question"


def show_parts(soup: BeautifulSoup) -> None:
    """Make of each line *Part 2 of 4: name* the list of all, with this one marked."""
    lines = [
        (paragraph, found)
        for paragraph in soup.select("section p")
        if (found := PART.fullmatch(said(paragraph, "em")))
    ]
    for here, (paragraph, _) in enumerate(lines):
        parts = soup.new_tag("ol", attrs={"class": "parts"})
        for number, (_, found) in enumerate(lines):
            part = soup.new_tag("li")
            part.string = found[3]
            if number == here:
                part["aria-current"] = "step"
            elif number < here:
                part["class"] = "done"
            parts.append(part)
        paragraph.replace_with(parts)
