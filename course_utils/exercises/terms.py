"""The glossary: what the terms of the course mean, and where each first comes up."""

import difflib
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """One entry: its name, other words for it, the lesson, and a sentence or two."""

    name: str
    lesson: str
    text: str
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        also = f" (also: {', '.join(self.also)})" if self.also else ""
        return f"{self.name}{also}, lesson {self.lesson}: {self.text}"


@functools.cache
def terms() -> tuple[Term, ...]:
    """All entries, in alphabetical order."""
    file = Path(__file__).with_name("glossary.toml")
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["term"]
    return tuple(Term(**{**e, "also": tuple(e.get("also", ()))}) for e in entries)


def find_term(word: str) -> Term:
    """Return the entry for a word; capitals and a plural do not matter.

    Raises
    ------
    ValueError
        For a word that is not in the glossary, naming those that look similar.
    """
    if not isinstance(word, str) or not word.strip():
        raise ValueError(f"term: {word!r}; a word is asked for, such as 'stride'")
    named = {key(n): term for term in terms() for n in (term.name, *term.also)}
    wanted = key(word)
    if wanted in named:
        return named[wanted]
    close = difflib.get_close_matches(wanted, named, n=5, cutoff=0.5)
    inside = [n for n in named if wanted in n.split()]
    there = sorted({named[n].name for n in [*inside, *close]})
    advice = f"similar are {', '.join(there)}" if there else "glossary() lists all"
    raise ValueError(f"term: {word!r} is not in the glossary; {advice}")


def key(word: str) -> str:
    """A word as it is compared: lower case, single spaces, no plural."""
    word = " ".join(word.lower().replace("-", " ").split())
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "as")) else word
