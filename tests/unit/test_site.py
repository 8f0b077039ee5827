"""The site: what its files hold, where links lead, what can be found."""

import json
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from course_utils import datasets
from course_utils.exercises.terms import Term
from course_utils.widgets import ConvolutionExplorer
from tests.browser.exported import lesson, markdown
from tools.export import __main__ as export
from tools.export import site as site_module
from tools.export.said import link_terms, slug
from tools.export.site import broken, elsewhere, place_of, site
from tools.launcher.commands import ROOT
from tools.standalone import encode_state

pytestmark = pytest.mark.kernel


def named(title: str, *texts: str) -> NotebookNode:
    notebook = lesson(*(markdown(text) for text in texts))
    notebook.cells[0].source = f"# {title}\n\nWhat it is.\n\n**Time:** 5 minutes."
    return notebook


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    first = "## 3×3, slid\n\nThe *stride* says how far; see [pooling](03_b.ipynb)."
    return site(
        {
            "01_a": named("01 A", first, "## Same\n\nx", "## Same\n\ny"),
            "03_b": named("03 B", "Back to [the first](01_a.ipynb#Same)."),
        },
        repository="https://github.com/some/course",
    )


@pytest.fixture(scope="module")
def folder(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    for name in ("decks/01_a.html", "decks/03_b.html"):
        export.write(made / name, "<p>deck</p>")
    for name in ("notebooks/01_a.ipynb", "notebooks/03_b.ipynb"):
        export.write(made / name, "{}")
    for name, text in files.items():
        export.write(made / name, text)
    return made


def soup(files: dict[str, str], name: str) -> BeautifulSoup:
    return BeautifulSoup(files[name], "html.parser")


def test_every_link_leads_somewhere(folder: Path) -> None:
    assert broken(folder) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [("02_gone.html", "is no file"), ("03_b.html#Nowhere", "is no place")],
)
def test_a_link_that_leads_nowhere_is_found(
    folder: Path, address: str, words: str
) -> None:
    bad = folder / "bad.html"
    bad.write_text(f'<a href="{address}">x</a>')
    found = broken(folder)
    bad.unlink()
    assert found == [f"bad.html: {address} {words}"]


def test_pages_lead_to_the_one_before_and_the_one_after(files: dict[str, str]) -> None:
    first, last = soup(files, "01_a.html"), soup(files, "03_b.html")
    assert [a["href"] for a in first.select("a[rel]")] == ["03_b.html"]
    assert [a["href"] for a in last.select("a[rel]")] == ["01_a.html"]


def test_terms_lead_both_ways(files: dict[str, str]) -> None:
    back = soup(files, "01_a.html").select('footer a[href="glossary.html#term-stride"]')
    assert len(back) == 1
    (place,) = soup(files, "glossary.html").select("#term-stride + dd a")
    assert place["href"] == "01_a.html#said-stride"
    (said,) = soup(files, "01_a.html").select("#said-stride")
    assert (said.get_text(), said["href"]) == ("stride", "glossary.html#term-stride")
    # Of lessons that are not in the site there is a sentence and no link.
    assert not soup(files, "glossary.html").select("#term-adam + dd a")


def test_the_first_mention_in_prose_is_the_link() -> None:
    head = "<p>You can tell a stride from pooling.</p>"
    text = (
        "<h2>Max pooling</h2> <code>stride</code> <a href='x'>stride</a>"
        "<p>Max pooling, <em>Pooling</em>, pooling; strides, strident, stride.</p>"
    )
    cells = [f"<div class='jp-MarkdownCell'>{each}</div>" for each in (head, text)]
    made = BeautifulSoup("".join(cells), "html.parser")
    terms = [Term(name, "01", "") for name in ("pooling", "stride", "max pooling")]
    before = made.get_text()
    found = link_terms(made, terms)
    links = [(a["id"], a.get_text()) for a in made.select("a.term")]
    assert links == [
        ("said-max-pooling", "Max pooling"),
        ("said-pooling", "Pooling"),
        ("said-stride", "strides"),
    ]
    assert found == {
        "max pooling": "said-max-pooling",
        "pooling": "said-pooling",
        "stride": "said-stride",
    }
    assert made.get_text() == before


def test_the_first_explorer_opens_on_a_stroke(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ConvolutionExplorer] = []

    def keep(explorer: ConvolutionExplorer) -> dict:
        made.append(explorer)
        return encode_state(explorer)

    monkeypatch.setattr(site_module, "encode_state", keep)
    site_module.start([])
    row, column = divmod(made[0].step, 28)
    image = datasets.mnist(source="sample").train.images[0]
    assert image[row - 1 : row + 2, column - 1 : column + 2].max() > 128


def test_what_can_be_found(files: dict[str, str]) -> None:
    text = files["search_index.js"].removeprefix("window.COURSE = ")
    entries = json.loads(text.removesuffix(";\n"))
    at = {entry["at"]: entry for entry in entries}
    assert {"01_a.html#Same", "01_a.html#Same-2"} <= set(at)
    assert at["glossary.html#term-stride"]["of"] == "Glossary"
    (slid,) = [entry for entry in entries if entry["title"] == "3×3, slid"]
    assert slid["text"].startswith("The stride says how far")


def test_links_to_the_repository_only_where_one_is_named(files: dict[str, str]) -> None:
    github = "https://github.com/some/course/blob/main/notebooks/01_a.ipynb"
    assert github in files["index.html"]
    assert elsewhere("", "01_a") == {}
    assert list(elsewhere("https://github.com/a/b.git", "01_a")) == [
        *("GitHub", "Colab", "Binder")
    ]
    assert elsewhere("https://example.org/c", "01_a") == {
        "Repository": "https://example.org/c"
    }
    with pytest.raises(ValueError, match="repository: 'javascript:x'; an address"):
        elsewhere("javascript:x", "01_a")


def test_each_lesson_has_its_picture_and_downloads(files: dict[str, str]) -> None:
    start = soup(files, "index.html")
    assert len(start.select("article img.cover[src^='data:image/svg']")) == 2
    assert [a["href"] for a in start.select("a[download]")] == [
        *("notebooks/01_a.ipynb", "notebooks/03_b.ipynb")
    ]


def test_anchors_of_terms_are_words_that_differ() -> None:
    assert slug("L2 pooling") == "term-l2-pooling"
    made = [slug(entry.name) for entry in export_terms()]
    assert len(set(made)) == len(made)


def export_terms() -> list:
    from course_utils.exercises.terms import terms

    return list(terms())


def test_a_term_leads_to_its_lesson_even_when_no_heading_has_it() -> None:
    (term,) = [t for t in export_terms() if t.name == "stride"]
    start = {"at": "01_a.html", "of": "", "title": "A", "text": ""}
    assert place_of(term, [start]) == "01_a.html"
    assert place_of(term, []) == ""


def test_the_command_writes_all_and_refuses_dead_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons = {"01_a": named("01 A", "x"), "03_b": named("03 B", "y")}
    paths = [tmp_path / f"{name}.ipynb" for name in lessons]
    for path, notebook in zip(paths, lessons.values()):
        nbformat.write(notebook, path)
    monkeypatch.setattr(export, "executed", lambda path, _: nbformat.read(path, 4))
    export.write_site(paths, tmp_path / "build", "")
    made = tmp_path / "build" / "site"
    assert (made / "decks" / "03_b.html").exists()
    assert (made / "notebooks" / "01_a.ipynb").read_bytes() == paths[0].read_bytes()
    assert "github.com" not in (made / "index.html").read_text(encoding="utf-8")
    nbformat.write(named("01 A", "[gone](07_gone.ipynb)"), paths[0])
    with pytest.raises(ValueError, match=r"01_a\.html: 07_gone\.html is no file"):
        export.write_site(paths, tmp_path / "build", "")


def test_a_handout_has_chosen_lessons_and_no_dead_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "01_a.ipynb"
    links = "[there](01_a.ipynb) and [*not* there](07_b.ipynb#x)"
    nbformat.write(named("01 A", links), path)
    monkeypatch.setattr(export, "executed", lambda path, _: nbformat.read(path, 4))
    export.write_handout([path], tmp_path / "build")
    with ZipFile(tmp_path / "build" / "handout.zip") as packed:
        names = set(packed.namelist())
        page = BeautifulSoup(packed.read("01_a.html").decode(), "html.parser")
    assert {"index.html", "decks/01_a.html", "notebooks/01_a.ipynb", "LICENSE"} <= names
    assert [a.get_text() for a in page.select("main .jp-Cell p a")] == ["there"]
    assert "not there" in page.get_text()


def test_publishing_takes_the_site() -> None:
    workflow = (ROOT / ".github" / "workflows" / "pages.yml").read_text()
    assert "course.py site --repository" in workflow
    assert "path: build/site" in workflow
