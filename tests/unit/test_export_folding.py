"""What of a cell's code is one line on a slide, and that no exercise is."""

import re
from html import unescape

import nbformat
import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from tests.lessons import NOTEBOOKS
from tools.export.folding import drawing_lines, folded, is_exercise

COMPUTES = "answer = filters.convolve(digit, kernel)\n"
DRAWS = 'figure = plotting.show_grid(answer)\nplotting.show(\n    figure, "words"\n)'


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        (COMPUTES + DRAWS, [(1, 4)]),
        (DRAWS, [(0, 3)]),
        (COMPUTES, []),
        (COMPUTES + 'panels = {"digit": digit}\n' + DRAWS, [(1, 5)]),
        (
            "panels = {}\nfor c in range(3):\n    panels[c] = digit[c]\n" + DRAWS,
            [(0, 6)],
        ),
        (
            "alt = f'{n} maps'\nfor n in m:\n    words = n[0]\n    ax.text(n, words)",
            [(0, 3)],
        ),
        ("panels = {3: f(digit)}\n" + DRAWS, [(1, 4)]),
        (DRAWS + "\nprint(answer)\n" + DRAWS, [(0, 3), (5, 8)]),
        ("figure, (left, right) = plt.subplots(1, 2)", [(0, 0)]),
        ("for ax in axes:\n    ax.set_title('a')\n    plotting.mark(ax, 1)", [(0, 2)]),
        ("for ax in axes:\n    best = answer.max()\n    ax.set_title(best)", []),
        ("answer = ...\nfigure = plotting.show_grid(answer)", []),
        ("figure = plotting.show_grid(a)\ncheck('01.x', a)", []),
        ("%timeit figure.show()", []),
    ],
)
def test_lines_that_only_draw(source: str, runs: list[tuple[int, int]]) -> None:
    assert drawing_lines(source) == runs


def code_of(source: str, kind: str, **metadata: object) -> str:
    cell = nbformat.v4.new_code_cell(source, metadata=metadata)
    html = highlight(source, PythonLexer(), HtmlFormatter())
    return folded(html, cell, kind)


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_a_deck_folds_what_draws_and_keeps_every_line() -> None:
    source = COMPUTES + DRAWS
    html = code_of(source, "deck")
    assert html.count('class="fold"') == 1
    seen, _, hidden = html.partition('<span class="lines" hidden>')
    assert text(seen).startswith("answer = filters.convolve")
    assert text(seen).endswith("(digit, kernel) … 4 lines draw")
    assert "plotting" not in text(seen)
    assert text(hidden).strip() == DRAWS


def test_what_draws_first_is_folded_in_front_of_what_computes() -> None:
    html = code_of(f"{DRAWS}\n{COMPUTES}", "deck")
    lines = text(html).strip().split("\n")
    assert lines == [*f"… 4 lines draw{DRAWS}".split("\n"), COMPUTES.strip()]
    assert "fold whole" not in html
    assert "fold whole" in code_of(DRAWS, "deck")


def test_a_page_folds_only_what_the_author_folded() -> None:
    assert "fold" not in code_of(COMPUTES + DRAWS, "page")
    hidden = {"source_hidden": True}
    for kind in ("deck", "page"):
        html = code_of(COMPUTES + DRAWS, kind, jupyter=hidden)
        assert "… 5 lines of code" in text(html.partition('class="lines"')[0])


def test_the_lessons_fold_drawing_and_no_exercise() -> None:
    count = 0
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                runs = drawing_lines(cell.source)
                count += bool(runs)
                assert not (runs and is_exercise(cell.source))
    assert count > 100
