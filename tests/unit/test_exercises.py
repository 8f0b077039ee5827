"""`check` and its companions: ids, hints, solutions, progress and quizzes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course_utils import exercises
from course_utils.exercises import (
    catalogue,
    check,
    hint,
    progress,
    remembered,
    solution,
    words,
)
from tests.exercises import SHAPE
from tests.lessons import cells_of

progress_file = remembered.progress_file  # before a test has another

pytestmark = pytest.mark.usefixtures("empty_progress")


# --- Ids, hints, solutions ------------------------------------------------------------


@pytest.mark.parametrize("function", [check, hint, solution, exercises.quiz])
def test_an_unknown_id_names_those_that_look_similar(function: Any) -> None:
    with pytest.raises(
        ValueError, match=r"no exercise '01\.outputsize'.*01\.output-size"
    ):
        function("01.outputsize")
    with pytest.raises(ValueError, match=r"no exercise 'zzz', but there is 00\."):
        function("zzz")
    with pytest.raises(ValueError, match="the id comes first, then the answer"):
        function(14)


def test_hints_tell_more_and_more(capsys: pytest.CaptureFixture) -> None:
    for _ in range(4):
        hint(SHAPE)
    lines = capsys.readouterr().out.splitlines()
    starts = [line[:11] for line in lines if line.startswith("Hint")]
    assert starts == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert (
        lines[-1]
        == 'That was the last one; solution("01.output-size") shows a way to do it.'
    )


def test_a_printed_solution_has_no_decorations(capsys: pytest.CaptureFixture) -> None:
    solution("01.mix-channels")
    assert capsys.readouterr().out == (
        "import numpy as np\n\n"
        "def mix_channels(image, weights):\n"
        "    height, width = image.shape[:2]\n"
        "    result = np.zeros((height, width))\n"
        "    for channel in range(len(weights)):\n"
        "        result += weights[channel] * image[:, :, channel]\n"
        "    return result\n\n"
        'check("01.mix-channels", mix_channels)\n'
    )


def test_ids_are_unique_and_belong_to_their_lesson() -> None:
    for number in catalogue.numbers():
        there = catalogue.lesson(number)
        assert all(id_.startswith(f"{number}.") for id_ in there)
    assert len({e.title for e in exercises.registry().values()}) == len(
        exercises.registry()
    )


def test_the_registry_loads_no_tensorflow() -> None:
    code = (
        "import sys; from course_utils import exercises; exercises.registry(); "
        "assert 'keras' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Progress -------------------------------------------------------------------------


def last_line(capsys: pytest.CaptureFixture) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "session", {})


def test_progress_survives_a_restart_and_later_mistakes(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(catalogue.lesson("01"))
    check(SHAPE, 3)
    assert last_line(capsys) == f"0 of {count} in this lesson"
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys) == f"1 of {count} in this lesson"
    restart(monkeypatch)
    check("01.sobel-sign", -3)
    check(SHAPE, 3)
    assert last_line(capsys) == f"2 of {count} in this lesson"
    progress()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"2 of {count} in lesson 01; next: 01.by-hand")
    progress(reset=True)
    assert capsys.readouterr().out.splitlines()[1].startswith(f"0 of {count}")
    restart(monkeypatch)
    progress()
    assert capsys.readouterr().out.splitlines()[1].startswith(f"0 of {count}")


def test_lesson_00_stores_the_progress_of_a_new_student(
    capsys: pytest.CaptureFixture,
) -> None:
    progress()
    now = capsys.readouterr().out
    stored = [cell.outputs for cell in cells_of("00") if cell.source == "progress()"]
    assert [output.text for (output,) in stored] == [now]


def test_a_blank_shows_no_progress_so_that_its_output_is_the_same_everywhere(
    capsys: pytest.CaptureFixture, empty_progress: Path
) -> None:
    check(SHAPE)
    before = capsys.readouterr().out
    assert not empty_progress.exists()
    check(SHAPE, (14, 14, 20))
    capsys.readouterr()
    check(SHAPE)
    assert capsys.readouterr().out == before


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"01.x": 3}', "\x00"])
def test_a_spoilt_progress_file_counts_as_none(
    content: str, empty_progress: Path, capsys: pytest.CaptureFixture
) -> None:
    empty_progress.parent.mkdir()
    empty_progress.write_text(content)
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys).startswith("1 of ")
    assert json.loads(empty_progress.read_text())[SHAPE] == "correct"


def test_a_cache_that_cannot_be_written_spoils_no_check(
    empty_progress: Path, capsys: pytest.CaptureFixture
) -> None:
    empty_progress.parent.write_text("a file where the folder should be")
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys).startswith("1 of ")
    progress(reset=True)
    assert capsys.readouterr().out


@pytest.mark.parametrize("home", [RuntimeError("no home"), Path("~/.cache/course")])
def test_without_a_home_folder_progress_lasts_for_the_session(
    home: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def user_data_dir(*_: object, **__: object) -> str:
        if isinstance(home, Exception):
            raise home
        return str(home)

    def expanduser(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(remembered, "progress_file", progress_file)
    monkeypatch.delenv("COURSE_USER_DIR")
    monkeypatch.setattr("platformdirs.user_data_dir", user_data_dir)
    monkeypatch.setattr(Path, "expanduser", expanduser)
    monkeypatch.chdir(tmp_path)
    check(SHAPE, (14, 14, 20))
    assert last_line(capsys).startswith("1 of ")
    progress(reset=True)
    assert list(tmp_path.iterdir()) == []


def test_all_done_is_said(capsys: pytest.CaptureFixture) -> None:
    for exercise in catalogue.lesson("00").values():
        check(exercise.id, exercise.stored(exercise.solution))
    count = len(catalogue.lesson("00"))
    assert last_line(capsys) == f"{count} of {count} in this lesson"
    progress()
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{count} of {count} in lesson 00; all done"


# --- The quiz -------------------------------------------------------------------------


def test_a_click_is_remembered_as_a_check_is() -> None:
    widget = exercises.quiz("01.flip")
    widget.choice = 0
    assert remembered.known()["01.flip"] == "wrong"
    widget.choice = 1
    assert remembered.known()["01.flip"] == "correct"
    assert widget.note.startswith("1 of ")


def test_a_quiz_unfolds_where_there_is_no_javascript() -> None:
    widget = exercises.quiz("01.flip")
    data, _ = widget._repr_mimebundle_()
    assert data["text/html"].count("<details>") == len(widget.options) == 4
    assert data["text/html"].count("Right: ") == 1
    assert repr(widget) == data["text/plain"]
    assert repr(exercises.quiz("01.flip")) == repr(widget)  # outputs can be compared
    assert "<" not in repr(widget)


def test_a_quiz_stresses_words_and_leaves_code_and_products_alone() -> None:
    line = "Is *this* `a *b* c`, 2 * 3 * 4 or '*x*' & <b>?"
    expected = (
        "Is <em>this</em> <code>a *b* c</code>, 2 * 3 * 4 or '*x*' &amp; &lt;b&gt;?"
    )
    assert words.as_html(line) == expected
    question = exercises.quiz("04.linear").question
    assert "512 units <em>without</em> activations" in question


def test_only_questions_with_choices_make_a_quiz() -> None:
    with pytest.raises(ValueError, match="has no choices"):
        exercises.quiz(SHAPE)
