"""Lessons as decks and pages: what goes into the files, and when they are made anew."""

import hashlib
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from course_utils.exercises.catalogue import lesson as lesson_of
from course_utils.widgets import ConvolutionExplorer
from tests.browser.exported import lesson, markdown, shown, slide
from tools.contract import NOTE, WIDGET_VIEW
from tools.export import cells, executed
from tools.export.__main__ import main
from tools.export.files import HERE, index, lesson_file

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
KINDS = ["deck", "page"]
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


def code(source: str, *outputs: NotebookNode) -> NotebookNode:
    return slide(nbformat.v4.new_code_cell(source, outputs=list(outputs)))


def text_of(notebook: NotebookNode, kind: str = "page") -> BeautifulSoup:
    return BeautifulSoup(lesson_file(notebook, kind), "html.parser")


@pytest.mark.parametrize("kind", KINDS)
def test_formulas_are_mathml(kind: str) -> None:
    formulas = r"Inline $x_1 \le 2$ and" + "\n\n" + r"$$\frac{W - F}{S}$$"
    soup = text_of(lesson(markdown(formulas)), kind)
    displays = [math["display"] for math in soup.select("main math, .slides math")]
    assert displays == ["inline", "block"]
    assert soup.select_one('math[display="block"] mfrac')
    assert "$" not in soup.select("math")[0].parent.get_text()  # type: ignore[union-attr]


def test_functions_in_formulas_stand_apart_from_factors() -> None:
    soup = text_of(lesson(markdown(r"$y\sin\theta - \ln 10$")))
    spaces = {o.get_text(): (o["lspace"], o["rspace"]) for o in soup.select("[lspace]")}
    assert spaces == {"sin": ("0.167em", "0.167em"), "ln": ("0", "0.167em")}


def test_code_is_coloured_and_whole() -> None:
    source = 'def f(x):\n    return x < 3 & "<b>"  # why'
    soup = text_of(lesson(code(source)))
    block = soup.select_one(".jp-CodeCell .highlight")
    assert block
    assert block.get_text().strip() == source
    assert [word.get_text() for word in block.select(".k")] == ["def", "return"]


@pytest.mark.parametrize("kind", KINDS)
def test_file_asks_for_nothing_but_links(kind: str) -> None:
    explorer = ConvolutionExplorer(np.eye(5))
    paper = markdown("Read [a paper](https://example.org/paper.pdf).")
    notebook = lesson(paper, shown(explorer), widgets=[explorer])
    soup = text_of(notebook, kind)
    assert not soup.select("link, iframe, object, embed, [srcset]")
    assert all(str(e["src"]).startswith("data:") for e in soup.select("[src]"))
    for style in soup.select("style"):
        addresses = re.findall(r"url\(([^)]*)|@import (.*)", style.get_text())
        assert all(address[0].startswith("data:") for address in addresses)
    assert "https://example.org/paper.pdf" in [
        a["href"] for a in soup.select("a[href]")
    ]


@pytest.mark.parametrize(
    "source", ["![x](https://example.org/x.png)", "<img alt='x' src='missing.png'>"]
)
def test_a_picture_from_elsewhere_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"(x|missing)\.png would be fetched"):
        lesson_file(lesson(markdown(source)), "deck")


def test_pictures_of_the_project_are_put_in() -> None:
    drawing = "../imgs/convolution_explorer.png"
    soup = text_of(lesson(markdown(f"![Explorer]({drawing})\n\n![dot]({PIXEL})")))
    first, second = (str(image["src"]) for image in soup.select("main img"))
    assert first.startswith("data:image/png;base64,iVBOR")
    assert second == PIXEL


def test_keys_in_prose_stay_whole() -> None:
    soup = text_of(lesson(markdown("Press <kbd>Shift</kbd>+<kbd>Enter</kbd>.")))
    assert [key.get_text() for key in soup.select("main kbd")] == ["Shift", "Enter"]


def test_links_lead_to_the_other_pages() -> None:
    links = "[a](01_convolution.ipynb) [b](02_gabor.ipynb#size) [c](other.ipynb)"
    soup = text_of(lesson(markdown(links)))
    found = [a["href"] for a in soup.select("main p a")]
    assert found == ["01_convolution.html", "02_gabor.html#size", "other.ipynb"]


def test_contents_reach_headings_of_the_same_words() -> None:
    soup = text_of(lesson(markdown("## Exercise"), markdown("## Exercise")))
    targets = [str(a["href"])[1:] for a in soup.select("nav a")]
    assert len(set(targets)) == 2
    for heading, id_ in zip(soup.select("main h2"), targets):
        assert heading["id"] == id_
        assert heading.select_one(f'a[href="#{id_}"]')


def test_only_exercises_and_training_say_that_they_need_a_kernel() -> None:
    sources = ['check("01.x", answer)', "checked = 1", 'x = 1\nhint("01.x")']
    soup = text_of(lesson(*(code(source) for source in sources)))
    notes = [bool(cell.select(".kernel")) for cell in soup.select(".jp-CodeCell")]
    # Without an output there is nothing to be told about.
    assert notes == [False, False, False]
    output = nbformat.v4.new_output("stream", text="Not attempted")
    soup = text_of(lesson(*(code(source, output) for source in sources)))
    notes = [bool(cell.select(".kernel")) for cell in soup.select(".jp-CodeCell")]
    assert notes == [True, False, True]


def test_notes_are_open_for_the_speaker_and_not_on_the_page() -> None:
    note = markdown("say *this*".join(NOTE), "notes")
    soup = text_of(lesson(markdown("question"), note), "deck")
    assert [n.get_text().strip() for n in soup.select("aside.notes")] == ["say this"]
    assert soup.select_one("aside.notes em")
    assert "say this" not in text_of(lesson(markdown("question"), note)).get_text()


def test_stored_notebook_without_widget_state_shows_the_picture() -> None:
    explorer = ConvolutionExplorer(np.eye(5))
    notebook = lesson(shown(explorer), widgets=[explorer])
    assert text_of(notebook).select_one("div.explorer img[alt^=ConvolutionExplorer]")
    del notebook.metadata["widgets"]
    soup = text_of(notebook)
    assert not soup.select("div.explorer")
    assert soup.select_one(".jp-OutputArea img[alt^=ConvolutionExplorer]")


def test_code_that_widgets_share_is_stored_once() -> None:
    pair = [ConvolutionExplorer(np.eye(n)) for n in (4, 5)]
    notebook = lesson(*map(shown, pair), widgets=pair)
    assert lesson_file(notebook, "page").count("function pixelMap(") == 1
    assert len(cells.living(notebook)) == 2


def test_index_names_every_lesson() -> None:
    head = "# 07 A title\n\nIn it you\n\n- *learn*;\n- play.\n\n**Time:** 40 minutes."
    notebook = lesson()
    notebook.cells[0].source = head
    soup = BeautifulSoup(index({"07_x.html": notebook}), "html.parser")
    link = soup.select_one("article a")
    assert link
    assert (link["href"], link.get_text()) == ("07_x.html", "07 A title")
    words = [p.get_text() for p in soup.select("article :is(p, li)")]
    exercises = f"{len(lesson_of('07'))} exercises"
    assert words == ["In it you", "learn;", "play.", "40 minutes", exercises]


def test_fingerprint_follows_cells_and_code_but_not_outputs(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    notebook = lesson(code("x = 1"))
    first = executed.fingerprint(notebook, tmp_path)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="1")]
    assert executed.fingerprint(notebook, tmp_path) == first
    (tmp_path / "a.py").write_text("2")
    second = executed.fingerprint(notebook, tmp_path)
    notebook.cells[1].source = "x = 2"
    third = executed.fingerprint(notebook, tmp_path)
    assert len({first, second, third}) == 3


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[NotebookNode]]:
    """A notebook, and what became of it in two kernels that order sets differently."""
    folder = tmp_path_factory.mktemp("executed")
    path = folder / "99_test.ipynb"
    source = (
        "import numpy as np\nfrom course_utils.widgets import ConvolutionExplorer\n"
        "from course_utils.exercises import check, quiz\n"
        "explorer = ConvolutionExplorer(np.eye(5), stride=2)\nexplorer"
    )
    cells = [source, "quiz('01.flip')", "check('01.output-size', ...)", "explorer"]
    nbformat.write(lesson(*map(code, cells)), path)
    with pytest.MonkeyPatch.context() as patch:
        results = []
        for seed in "12":
            patch.setenv("PYTHONHASHSEED", seed)
            results.append(executed.executed(path, folder / seed, folder / "package"))
    return path, results


def test_executes_once_and_keeps_views_and_state(
    lived: tuple[Path, list[NotebookNode]],
) -> None:
    path, (result, _) = lived
    kept, package = path.parent / "1", path.parent / "package"
    state, _ = cells.living(result).values()
    assert state["stride"] == 2
    assert state["_pixels"]["base64"]
    assert WIDGET_VIEW in result.cells[1].outputs[0].data
    # The second time the copy is read, whatever it holds.
    (copy,) = kept.iterdir()
    changed = nbformat.read(copy, as_version=4)
    changed.cells[1].source = "# kept"
    nbformat.write(changed, copy)
    assert executed.executed(path, kept, package).cells[1].source == "# kept"


@pytest.mark.parametrize("kind", KINDS)
def test_two_exports_are_the_same_byte_for_byte(
    kind: str, lived: tuple[Path, list[NotebookNode]]
) -> None:
    first, second = (lesson_file(notebook, kind) for notebook in lived[1])
    assert first == second
    assert first.count('class="explorer') >= 3


def test_a_cell_that_fails_leaves_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "99_test.ipynb"
    nbformat.write(lesson(code("1 / 0")), path)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed.executed(path, tmp_path / "executed")
    assert not list(tmp_path.glob("executed/*"))


@pytest.mark.parametrize("arguments", [[], ["slides"], ["decks", "nothing"]])
def test_wrong_call_says_what_there_is(arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"decks\|pages|There are: 00_"):
        main(arguments, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_comes_from_others_is_unchanged() -> None:
    sources = (HERE / "reveal" / "SOURCES.md").read_text()
    found = re.findall(r"^(\w{64})  (\S+)$", sources, re.M)
    listed = {name: digest for digest, name in found}
    for name, digest in listed.items():
        data = (HERE / "reveal" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, name
    there = {p.name for f in ("reveal", "fonts") for p in (HERE / f).iterdir()}
    assert there - {"SOURCES.md"} == {Path(name).name for name in listed}


def test_a_deck_shows_its_question_and_its_parts() -> None:
    parts = [
        markdown(f"*Part {n} of 2: {name}*\n\n## x") for n, name in [(1, "a"), (2, "b")]
    ]
    notebook = lesson(*parts)
    notebook.cells[0].source += "\n\n**Why?**\n\nIt is **bold**.\n\n- do\n- this"
    soup = text_of(notebook, "deck")
    assert [p.get_text() for p in soup.select(".question")] == ["Why?"]
    lists = soup.select("section section .parts")
    assert [[li.get_text() for li in one.select("li")] for one in lists] == [
        ["a", "b"]
    ] * 2
    assert [one.select_one("[aria-current]").get_text() for one in lists] == ["a", "b"]  # type: ignore[union-attr]
    assert [len(one.select(".done")) for one in lists] == [0, 1]
    page = text_of(notebook)
    assert "Part 2 of 2: b" in page.get_text()
    about = BeautifulSoup(index({"99.html": notebook}), "html.parser")
    assert "It is bold." in about.get_text()
