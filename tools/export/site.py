"""The whole course as a site for any static host, or a stick: `course.py site`.

index.html      what the course is, an explorer, the lessons with pictures and goals
NN_*.html       lessons as pages; decks/ as slides; notebooks/ to download
glossary.html   the terms, with the lesson that explains each
search.html     looks through search_index.js: headings, prose and terms
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from bs4 import BeautifulSoup, NavigableString, Tag
from markupsafe import Markup
from nbformat import NotebookNode

from course_utils import datasets, filters
from course_utils.exercises.terms import Term, terms
from course_utils.widgets import ConvolutionExplorer
from tools.export import cells
from tools.export.executed import ROOT
from tools.export.files import environment, file_around, summary, title
from tools.export.said import link_terms, slug
from tools.standalone import HOST, encode_state, widgets_script

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
FIRST = "vertical Sobel"  # the kernel of the explorer on the first page
Entry = dict[str, str]


def sections(soup: BeautifulSoup, page: str, lesson: str) -> list[Entry]:
    """What can be found in a lesson: each heading's address, words and prose."""
    found: list[Entry] = [{"at": page, "of": lesson, "title": lesson, "text": ""}]
    for cell in soup.select(".jp-MarkdownCell"):
        for node in cell.descendants:
            if isinstance(node, Tag) and re.fullmatch("h[2-4]", node.name):
                words = node.get_text().removesuffix("¶")
                at = f"{page}#{node['id']}"
                found.append({"at": at, "of": lesson, "title": words, "text": ""})
            elif isinstance(node, NavigableString) and not node.find_parent(
                re.compile("h[1-4]|style|script")
            ):
                found[-1]["text"] += str(node) + " "
    for entry in found:
        entry["text"] = " ".join(entry["text"].split())
    return found


def place_of(term: Term, entries: list[Entry]) -> str:
    """Where its lesson first says a term; "" when the lesson is not in the site."""
    lesson = [e for e in entries if e["at"].startswith(term.lesson)]
    words = [re.escape(word) for word in (term.name, *term.also)]
    said = re.compile(rf"\b({'|'.join(words)})", re.IGNORECASE)
    first = [e for e in lesson if said.search(f"{e['title']} {e['text']}")]
    return (first or lesson or [{"at": ""}])[0]["at"]


def elsewhere(repository: str, name: str) -> dict[str, str]:
    """Links that open a notebook at its repository, and where that one can run it.

    Raises
    ------
    ValueError
        For what is not the address of a repository.
    """
    if not repository:
        return {}
    address = repository.removesuffix(".git").rstrip("/")
    if not re.fullmatch(r"https://[\w.-]+/[\w./~-]+", address):
        raise ValueError(
            f"repository: {repository!r}; an address is asked for, such as "
            "https://github.com/owner/name"
        )
    github = GITHUB.fullmatch(repository)
    if not github:
        return {"Repository": address}
    file = f"blob/main/notebooks/{name}.ipynb"
    return {
        "GitHub": f"{address}/{file}",
        "Colab": f"https://colab.research.google.com/github/{github[1]}/{file}",
        "Binder": f"https://mybinder.org/v2/gh/{github[1]}/main"
        f"?urlpath=lab/tree/notebooks/{name}.ipynb",
    }


def start(lessons: list[dict[str, Any]]) -> str:
    """The first page: an explorer that lives, then the lessons."""
    images = datasets.mnist(source="sample").train.images[:3]
    # The window opens on a stroke, at the strongest edge: on the empty corner where it
    # would start there is nothing to see.
    edges = filters.convolve(images[0], filters.KERNELS[FIRST], padding="same")
    explorer = ConvolutionExplorer(
        {f"digit {i + 1}": x for i, x in enumerate(images)},
        kernel=FIRST,
        step=int(np.argmax(abs(edges))),
    )
    states = {"start": encode_state(explorer)}
    return (
        environment()
        .get_template("site_index.html.j2")
        .render(
            lessons=lessons, widgets=Markup(widgets_script(states)), host=Markup(HOST)
        )
    )


def cover(number: str) -> str:
    """The lesson's picture, as an address that holds it; "" where there is none."""
    return cells.embedded(ROOT / "imgs" / f"cover_{number}.svg") or ""


def site(notebooks: Mapping[str, NotebookNode], repository: str = "") -> dict[str, str]:
    """The text of each file of the site, by its path; decks and notebooks not yet.

    Parameters
    ----------
    notebooks : the lessons by the names of their files, without .ipynb, in their order
    repository : address of a public copy, for links to it; "" for none
    """
    names, files = list(notebooks), {}
    bodies = {name: cells.body(one, "page") for name, one in notebooks.items()}
    entries: list[Entry] = []
    lessons = []
    for name, notebook in notebooks.items():
        entries += sections(bodies[name], f"{name}.html", title(notebook))
        files_of = {
            "name": name,
            "cover": cover(name[:2]),
            "elsewhere": elsewhere(repository, name),
        }
        lessons.append({**summary(f"{name}.html", notebook), **files_of})
    said = {}
    for name in names:
        ours = [term for term in terms() if term.lesson == name[:2]]
        for word, anchor in link_terms(bodies[name], ours).items():
            said[word] = f"{name}.html#{anchor}"
    glossary: list[dict[str, Any]] = [
        {
            "term": term,
            "id": slug(term.name),
            "at": said.get(term.name) or place_of(term, entries),
        }
        for term in terms()
    ]
    for i, (name, notebook) in enumerate(notebooks.items()):
        around = {
            "lesson": lessons[i],
            "before": lessons[i - 1] if i else None,
            "after": lessons[i + 1] if i + 1 < len(names) else None,
            "terms": [g for g in glossary if g["at"].startswith(f"{name}.html")],
        }
        files[f"{name}.html"] = file_around(bodies[name], notebook, "page", around)
    for g in glossary:
        term: Term = g["term"]
        text = " ".join((term.text, *term.also))
        at = f"glossary.html#{g['id']}"
        entries.append({"at": at, "of": "Glossary", "title": term.name, "text": text})
    made = environment()
    files["index.html"] = start(lessons)
    files["glossary.html"] = made.get_template("glossary.html.j2").render(
        terms=glossary
    )
    files["search.html"] = made.get_template("search.html.j2").render()
    found = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    files["search_index.js"] = f"window.COURSE = {found};\n"
    return files


def without_links(text: str, lessons: list[Path]) -> str:
    """A file's text; links to lessons that are not among these become words."""
    there = {lesson.stem for lesson in lessons}
    link = re.compile(r'<a\b[^>]*\bhref="(\d\d_\w+)\.html[^"]*"[^>]*>(.*?)</a>', re.S)
    return link.sub(lambda m: m[0] if m[1] in there else m[2], text)


def broken(folder: Path) -> list[str]:
    """Links inside the site that lead to no file or no place in it."""
    soups = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(folder.rglob("*.html"))
    }
    places = {
        path: {str(e["id"]) for e in soup.select("[id]")}
        for path, soup in soups.items()
    }
    found = []
    for path, soup in soups.items():
        for link in soup.select("a[href], script[src]"):
            address = urlsplit(str(link.get("href") or link.get("src")))
            if address.scheme or address.netloc:
                continue
            target = path
            if address.path:
                target = (path.parent / unquote(address.path)).resolve()
            # Browsers look for an anchor as it is written, then for its letters.
            anchors = {address.fragment, unquote(address.fragment)}
            if not target.is_file():
                found.append(f"{path.name}: {address.geturl()} is no file")
            elif anchors != {""} and not anchors & places.get(target, anchors):
                found.append(f"{path.name}: {address.geturl()} is no place")
    return found
