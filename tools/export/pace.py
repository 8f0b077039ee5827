"""How long a lecturer may stay on each slide: the planned pace of the speaker view."""

import re

from bs4 import BeautifulSoup, Tag

# A lesson's minutes are those of a student alone; in class there are questions, too.
IN_CLASS = 1.5
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
# A note that begins with a time, such as "Five minutes in pairs".
TOLD = re.compile(rf"(\d+|{'|'.join(WORDS)}) minutes?\b", re.IGNORECASE)


def told(section: Tag) -> float:
    """The minutes with which a note of the slide begins; 0 where none does."""
    for note in section.select("aside.notes"):
        if found := TOLD.match(note.get_text().strip()):
            word = found[1].lower()
            return 1.0 + WORDS.index(word) if word in WORDS else float(word)
    return 0.0


def weight(section: Tag) -> float:
    """How long a slide takes, beside others: exercises and explorers take longest."""
    if section.select_one(".exercise, .quiz, [data-quiz], [role=status]"):
        return 4.0
    if section.select_one(".explorer"):
        return 3.0
    return 1.0 + 0.5 * len(section.select(".fragment"))


def plan(soup: BeautifulSoup, minutes: float) -> None:
    """Give each slide of a deck its seconds, `data-timing`, where reveal.js looks.

    Parameters
    ----------
    soup : the slides
    minutes : what the head of the lesson says that a student needs
    """
    sections = soup.select("section section") if minutes else []
    fixed = [told(section) * 60 for section in sections]
    weights = [0.0 if f else weight(s) for f, s in zip(fixed, sections)]
    left = max(0.0, minutes * 60 * IN_CLASS - sum(fixed))
    unit = left / sum(weights) if any(weights) else 0.0
    for section, seconds, share in zip(sections, fixed, weights):
        section["data-timing"] = str(round(seconds or unit * share))
