"""Where a lesson first says a term: a link to the glossary, and its target."""

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup, NavigableString

from course_utils.exercises.terms import Term

# Headings and links lead elsewhere; in code and formulas a term is no word.
NOT_IN = re.compile("h[1-6]|a|code|pre|math|svg|button|summary|style|script")


def slug(term: str) -> str:
    """The term's anchor in the glossary: term-l2-pooling."""
    return "term-" + re.sub(r"\W+", "-", term.lower()).strip("-")


def link_terms(soup: BeautifulSoup, terms: Iterable[Term]) -> dict[str, str]:
    """Turn the first mention of each term in a lesson's prose into a link.

    Parameters
    ----------
    soup : the lesson's cells, which are changed
    terms : those that are explained in this lesson

    Returns
    -------
    dict
        Names of terms that the prose says -> the anchor of the mention.
    """
    # Longer names first: "max pooling" is not a mention of "pooling".
    words = {
        word: term
        for term in sorted(terms, key=lambda term: -len(term.name))
        for word in (term.name, *term.also)
    }
    found: dict[str, str] = {}
    # The head only says what will be learned; the term is explained further down.
    for cell in soup.select(".jp-MarkdownCell")[1:]:
        for text in list(cell.find_all(string=True)):
            if type(text) is NavigableString and not inside(text):
                link_first(soup, text, words, found)
    return found


def inside(text: NavigableString) -> bool:
    """Whether it stands in what must stay as it is."""
    return any(NOT_IN.fullmatch(parent.name) for parent in text.parents)


def link_first(
    soup: BeautifulSoup,
    text: NavigableString,
    words: dict[str, Term],
    found: dict[str, str],
) -> None:
    """Link, in this piece of text, the terms that were not said before."""
    left = [word for word in words if words[word].name not in found]
    if not left:
        return
    any_of = "|".join(re.escape(w) for w in sorted(left, key=len, reverse=True))
    said = re.search(rf"\b({any_of})(?:e?s)?\b", text, re.IGNORECASE)
    if not said:
        return
    term = next(words[word] for word in left if word.lower() == said[1].lower())
    there = slug(term.name)
    found[term.name] = there.replace("term-", "said-", 1)
    link = soup.new_tag("a", href=f"glossary.html#{there}", id=found[term.name])
    link["class"] = "term"
    link.string = said[0]
    before, after = text[: said.start()], NavigableString(text[said.end() :])
    text.replace_with(NavigableString(before), link, after)
    link_first(soup, after, words, found)
