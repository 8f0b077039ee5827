"""A handout on paper: what is printed, and what is said where nothing can print."""

from pathlib import Path

import pytest

from tools.export import __main__ as command
from tools.export import paper


def test_without_a_browser_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "chromium", lambda _: None)
    with pytest.raises(SystemExit, match=r"CHROMIUM.*a\.html in Chrome.*handout"):
        paper.print_handouts([tmp_path / "a.html"], tmp_path)


def test_the_decks_of_the_chosen_lessons_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = []

    def prints(decks: list[Path], folder: Path) -> list[Path]:
        printed.extend(decks)
        (tmp_path / "made.pdf").touch()
        assert folder == tmp_path / "handouts"
        return [tmp_path / "made.pdf"]

    monkeypatch.setattr(command, "print_handouts", prints)
    monkeypatch.setattr(command, "executed", lambda path, _: path)
    monkeypatch.setattr(command, "lesson_file", lambda path, kind: f"{kind} {path}")
    command.main(["handout-pdf", "01"], tmp_path)
    assert printed == [tmp_path / "decks" / "01_convolution.html"]
    assert printed[0].read_text().startswith("deck ")
