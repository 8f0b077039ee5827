"""Whole files around the cells: decks, pages and the index."""

import base64
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from jupyterlab_pygments import JupyterStyle
from markupsafe import Markup
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from tools.export import cells
from tools.export.forms import course_script, exercises_of_lessons
from tools.export.pace import plan
from tools.export.parts import said, show_parts, show_question
from tools.notebooks import own_sizes
from tools.standalone import HOST, widgets_script

HERE = Path(__file__).parent
LAST = "What to remember"
LARGEST = 6_000_000  # bytes of a file; beyond, its photographs get fewer pixels


def include(name: str) -> Markup:
    """The text of a file beside this one, for a <script> or <style>."""
    text = (HERE / name).read_text(encoding="utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M)
    return Markup(text.replace("</script", r"<\/script"))


def font(name: str) -> str:
    return base64.b64encode((HERE / "fonts" / name).read_bytes()).decode()


def environment() -> Environment:
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)
    code = HtmlFormatter(style=JupyterStyle).get_style_defs(".highlight")
    made.globals |= {"include": include, "font": font, "code_style": Markup(code)}
    made.globals["course"] = course_script
    return made


def lesson_file(notebook: NotebookNode, kind: str) -> str:
    """One notebook, with its widgets' state, as one HTML file.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; without widget state it shows the stored pictures.
    kind : "deck" or "page"
    """
    made = file_around(cells.body(notebook, kind), notebook, kind)
    if len(made) > LARGEST:
        notebook = deepcopy(notebook)
        own_sizes(notebook)
        made = file_around(cells.body(notebook, kind), notebook, kind)
    return made


def file_around(
    soup: BeautifulSoup,
    notebook: NotebookNode,
    kind: str,
    around: dict[str, Any] | None = None,
) -> str:
    """The file that holds a notebook's cells, which are HTML already.

    around : what stands before and after it in a site; None for a file of its own
    """
    if kind == "deck":
        as_slides(soup)
        plan(soup, minutes(notebook))
    return (
        environment()
        .get_template(f"{kind}_file.html.j2")
        .render(
            title=title(notebook),
            lesson_number=number(notebook),
            around=around,
            body=Markup(str(soup)),
            contents=cells.contents(soup),
            widgets=Markup(widgets_script(cells.living(notebook))),
            host=Markup(HOST),
        )
    )


def as_slides(soup: BeautifulSoup) -> None:
    """Give the slides of a deck what its scripts need, and the lesson its face."""
    sections = soup.select("section section")
    for i, section in enumerate(sections, start=1):
        section["id"] = f"slide-{i}"
        # The speaker reads the notes before the fragment is shown.
        for note in section.select(".fragment aside.notes"):
            section.append(note.extract())
        room = soup.new_tag("div", attrs={"class": "room"})
        for part in [*section.children]:
            if getattr(part, "name", None) != "aside":
                room.append(part.extract())
        section.insert(0, room)
    show_parts(soup)
    if sections:
        show_question(sections[0])
    # The drawing of the lesson opens it, and comes back with what is to be remembered.
    cover = sections[0].find("img") if sections else None
    if not cover:
        return
    faces = [s for s in sections if (h := s.find("h2")) and LAST in h.get_text()]
    for section in [sections[0], *faces]:
        for room in section.select(".room"):
            room["class"] = "room face"
            kept = {name: str(cover[name]) for name in ("alt", "src")}
            drawing = soup.new_tag("img", attrs={"class": "cover", **kept})
            room.insert(0, drawing)
    cover.decompose()


def title(notebook: NotebookNode) -> str:
    found = re.search(r"^# (.+)$", notebook.cells[0].source, re.M)
    if not found:
        raise ValueError("the first cell has no title (# ...)")
    return found[1]


def minutes(notebook: NotebookNode) -> int:
    """What the head says that a student needs; 0 where it says nothing."""
    found = re.search(r"(\d+) minutes", notebook.cells[0].source)
    return int(found[1]) if found else 0


def number(notebook: NotebookNode) -> str:
    """The lesson's number, such as "01"; "" for a notebook that is no lesson."""
    found = re.match(r"\d\d\b", title(notebook))
    return found[0] if found and found[0] in exercises_of_lessons() else ""


def index(notebooks: dict[str, NotebookNode]) -> str:
    """The list of lessons: file name of the page -> its notebook."""
    lessons = [summary(name, notebook) for name, notebook in notebooks.items()]
    return environment().get_template("index.html.j2").render(lessons=lessons)


def summary(page: str, notebook: NotebookNode) -> dict[str, Any]:
    """What the head of a lesson says: title, about, goals, time; and its page."""
    head = NotebookNode(notebook | {"cells": notebook.cells[:1]})
    soup = cells.body(head, "page")
    first = next((p for p in soup.select("p") if not said(p, "strong")), None)
    return {
        "page": page,
        "number": number(notebook),
        "exercises": exercises_of_lessons().get(number(notebook), 0),
        "title": title(notebook),
        "about": first.get_text() if first else "",
        "goals": [goal.get_text() for goal in soup.select("li")],
        "time": f"{time} minutes" if (time := minutes(notebook)) else "",
    }
