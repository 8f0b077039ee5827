"""Folders as learning platforms hand them out, and what is sent back."""

import csv
import io
import itertools
import json
import os
import re
import unicodedata
from pathlib import Path

import pytest

from course_utils.exercises import grading
from course_utils.exercises.attempts import handed_in, newest
from course_utils.exercises.gradebook import Gradebook, Row, cell, shown
from course_utils.exercises.one_notebook import Way
from course_utils.exercises.reports import gradescope, page
from course_utils.exercises.submissions import Notebook, find_notebooks

ZERO = "check('00.pixels', 784)"
ONE = "check('01.output-size', 3)"


def put(path: Path, source: str, time: float = 0) -> Path:
    cells = [{"cell_type": "code", "source": source, "metadata": {}}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    os.utime(path, (time, time))
    return path


@pytest.mark.parametrize(
    ("path", "student", "number"),
    [
        ("Ada Lovelace_12345_assignsubmission_file_/01.ipynb", "Ada Lovelace", "12345"),
        ("Ada Lovelace_12_assignsubmission_file/a/01.ipynb", "Ada Lovelace", "12"),
        ("Jean_Luc P_7_assignsubmission_file_01.ipynb", "Jean_Luc P", "7"),
        # Whose name is like Ada's folder is not Ada.
        (
            "Ada_1_assignsubmission_file__7_assignsubmission_file_/01.ipynb",
            "Ada_1_assignsubmission_file_",
            "7",
        ),
        # What was downloaded from there, and handed in once more.
        ("Ada_1_assignsubmission_file_" * 3 + "01.ipynb", "Ada", "1"),
        (
            "Ada_1_assignsubmission_file_" * 2 + "_7_assignsubmission_file_01.ipynb",
            "Ada_1",
            "",
        ),
        (
            "Ada_1_assignsubmission_file_Ada_1_assignsubmission_7_assignsubmission_file_"
            "01.ipynb",
            "Ada_1",
            "",
        ),
        (
            "Ada_1_assignsubmission_file_Ada_1_assignsubmission_file_/01.ipynb",
            "Ada_1_assignsubmission_file_Ada",
            "1",
        ),
        ("lovelaceada_123_456_01_convolution.ipynb", "lovelaceada", "123"),
        ("lovelaceada_LATE_123_456_01.ipynb", "lovelaceada", "123"),
        ("ada.lovelace", "ada.lovelace", ""),  # a folder that cannot be opened
        ("lovelaceada_123_456_01-2.IPYNB", "lovelaceada", "123"),
        ("submitted/ada/lesson01/01.ipynb", "ada", ""),
        ("ada/lesson01/01.ipynb", "ada", ""),
        ("ada/01.ipynb", "ada", ""),
        ("ada.ipynb", "ada", ""),
        ("ada.ipynb.json", "ada", ""),
        ("ada.ipynb (1).json", "ada (1)", ""),
        ("lovelaceada_123_456_01-2.ipynb.txt", "lovelaceada", "123"),
        ("01_convolution_ada.ipynb", "01_convolution_ada", ""),
    ],
)
def test_the_student_is_read_as_platforms_write(
    path: str, student: str, number: str, tmp_path: Path
) -> None:
    found = handed_in(tmp_path / path, tmp_path)
    assert (found.student, found.number) == (student, number)


def names(paths: list[Path], folder: Path) -> list[tuple[str, ...]]:
    return sorted(
        (each.path.name, each.student, each.notebook.lesson, each.note)
        for each in newest(paths, folder)
    )


def test_a_student_called_submitted_hands_in_for_nobody_else(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "01.ipynb", ZERO, 1000)
    put(tmp_path / "submitted" / "ada" / "01.ipynb", ZERO, 2000)
    found = names(find_notebooks(tmp_path), tmp_path)
    assert [student for _, student, _, _ in found] == ["ada", "submitted"]


def test_a_course_folder_of_nbgrader_is_read_below_submitted(tmp_path: Path) -> None:
    own = ("source", "release", "autograded/ada", "feedback/ada", "solution")
    for place in (*own, "downloaded/lesson00", "submitted/ada", "submitted/bob"):
        put(tmp_path / place / "lesson00" / "00.ipynb", ZERO)
    found = names(find_notebooks(tmp_path), tmp_path)
    assert [student for _, student, _, _ in found] == ["ada", "bob"]


def test_a_teachers_notebook_may_lie_loose_in_a_course_folder(tmp_path: Path) -> None:
    for path in ("Untitled.ipynb", "source/00.ipynb", "submitted/ada/x/00.ipynb"):
        put(tmp_path / path, ZERO)
    found = names(find_notebooks(tmp_path), tmp_path)
    students = [student for _, student, _, _ in found]
    assert students == ["source", "submitted", "Untitled"]  # by the notebook's name
    (tmp_path / "gradebook.db").touch()
    found = names(find_notebooks(tmp_path), tmp_path)
    assert [student for _, student, _, _ in found] == ["ada"]


def test_what_is_hidden_beside_submitted_makes_it_no_student(tmp_path: Path) -> None:
    for place in ("submitted/ada", "submitted/bob", ".Trash-1000/files", ".history"):
        put(tmp_path / place / "lesson00" / "00.ipynb", ZERO)
    found = names(find_notebooks(tmp_path), tmp_path)
    assert [student for _, student, _, _ in found] == ["ada", "bob"]


def test_without_submitted_a_folder_of_nbgrader_is_a_student(tmp_path: Path) -> None:
    for student in ("release", "source"):
        put(tmp_path / student / "00.ipynb", ZERO)
    found = names(find_notebooks(tmp_path), tmp_path)
    assert [student for _, student, _, _ in found] == ["release", "source"]


def test_of_several_attempts_the_newest_counts(tmp_path: Path) -> None:
    paths = [
        put(tmp_path / "ada" / "a.ipynb", ZERO, 2000),
        put(tmp_path / "ada" / "b.ipynb", ZERO, 1000),
        put(tmp_path / "ada" / "c.ipynb", ONE, 500),
        put(tmp_path / "bob_1_20_00.ipynb", ZERO, 1000),
        put(tmp_path / "bob_1_20_00-1.ipynb", ZERO, 10),
        put(tmp_path / "bob_1_20_00-10.ipynb", ZERO, 5),
    ]
    assert names(paths, tmp_path) == [
        ("a.ipynb", "ada", "00", "the newest of 2"),
        ("bob_1_20_00-10.ipynb", "bob", "00", "the newest of 3"),
        ("c.ipynb", "ada", "01", ""),
    ]


def test_what_is_hidden_counts_where_there_is_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "a.ipynb", ZERO, 1000)
    put(tmp_path / "ada" / "b.ipynb", ZERO, 2000)
    put(tmp_path / "ada" / ".~b.ipynb", ZERO, 3000)
    put(tmp_path / "ada" / ".history" / "c.ipynb", ONE, 5000)
    for time in range(60):
        put(tmp_path / "ada" / ".Trash-0" / f"{time}.ipynb", ZERO, 4000 + time)
    assert names(find_notebooks(tmp_path), tmp_path) == [
        ("b.ipynb", "ada", "00", "the newest of 2"),
        ("c.ipynb", "ada", "01", "hidden: a name on the way to it begins with a dot"),
    ]


def test_two_of_one_name_are_two(tmp_path: Path) -> None:
    form = "Ada_{}_assignsubmission_file_"
    paths = [put(tmp_path / form.format(n) / "a.ipynb", ZERO) for n in (1, 2)]
    found = [each.student for each in newest(paths, tmp_path)]
    assert found == ["Ada (1)", "Ada (2)"]


def test_no_two_students_are_shown_alike(tmp_path: Path) -> None:
    accents = "Zo\u00eb", "Zoe\u0308"  # as Linux and as a Mac write it
    form = "{}_assignsubmission_file_/{}.ipynb"
    paths = [
        *(put(tmp_path / name / "a.ipynb", ZERO) for name in accents),
        *(
            put(tmp_path / form.format(f"{n}2_7", i), ZERO)
            for i, n in enumerate(accents)
        ),
        put(tmp_path / form.format("Ada_1", "a"), ZERO),
        put(tmp_path / form.format("Ada_2", "a"), ZERO),
        put(tmp_path / form.format("Ada (2)_9", "a"), ONE),
        put(tmp_path / "Ada" / "a.ipynb", ONE),
        put(tmp_path / "b\tc" / "a.ipynb", ZERO),
        put(tmp_path / "b\\tc" / "a.ipynb", ZERO),
    ]
    found = [shown(each.student) for each in newest(paths, tmp_path)]
    assert len({unicodedata.normalize("NFC", name) for name in found}) == len(found)
    assert len(found) == len(paths) - 1  # one number, one student
    assert "Ada (1)" in found


def test_an_archive_counts_where_there_is_no_notebook(tmp_path: Path) -> None:
    paths = [
        put(tmp_path / "ada" / "00.zip", ""),
        put(tmp_path / "bob" / "00.zip", ""),
        put(tmp_path / "bob" / "00.ipynb", ZERO),
        put(tmp_path / "all.zip", ""),  # as the platform handed them out
        put(tmp_path / "hopper_124_457_work-1.tar.xz", ""),
        put(tmp_path / "turing_LATE_125_459_work.zip", ""),
        put(tmp_path / "turing_LATE_125_458_00.ipynb-1.json", ZERO),
    ]
    assert find_notebooks(tmp_path) == sorted(paths)
    found = [(c.student, c.notebook.unreadable) for c in newest(paths, tmp_path)]
    unpack = "is an archive: unpack it first"
    assert found == [("ada", unpack), ("bob", ""), ("hopper", unpack), ("turing", "")]


def test_no_code_is_kept_of_what_is_not_run(tmp_path: Path) -> None:
    """Of one student fifty notebooks may be of no lesson, with 2 MB of code each."""
    paths = [put(tmp_path / "ada" / f"{i}.ipynb", x) for i, x in enumerate(("1", ZERO))]
    found = [each.notebook for each in newest(paths, tmp_path)]
    assert [(n.lesson, n.sources) for n in found] == [("", []), ("00", [ZERO])]


def test_a_folder_that_cannot_be_looked_into_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "ada" / "00.ipynb", ZERO)
    put(tmp_path / "bob_7_assignsubmission_file_" / "00.ipynb", ZERO)
    look = os.scandir

    def refused(path: Path) -> object:
        if path.name.startswith("bob"):
            raise PermissionError(13, "Permission denied")  # root may look everywhere
        return look(path)

    monkeypatch.setattr(os, "scandir", refused)
    found = newest(find_notebooks(tmp_path), tmp_path)
    assert [(each.student, bool(each.notebook.unreadable)) for each in found] == [
        ("ada", False),
        ("bob", True),
    ]


def test_of_very_many_notebooks_the_newest_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [put(tmp_path / "a" / f"{n}.ipynb", "{", n) for n in range(70)]
    found = newest(paths, tmp_path)
    assert sorted(int(each.path.stem) for each in found) == list(range(20, 70))


def test_who_handed_in_nothing_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "ada" / "00.ipynb", ZERO)
    put(tmp_path / "eve" / "00.ipynb", ZERO)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\ns1,Ada\ns2,Bob\n", encoding="utf-8")

    def ran(path: Path, student: str, way: Way) -> Row:
        return Row(student, "00", results={"00.pixels": "correct"})

    monkeypatch.setattr(grading, "run", ran)
    for more in ([], ["--resume"]):
        grading.main([str(tmp_path), "--no-sandbox", f"--roster={roster}", *more])
        text = (tmp_path / "grades.csv").read_text(encoding="utf-8")
        rows = {r["student_id"]: r for r in csv.DictReader(io.StringIO(text))}
        notes = {student: row["note"] for student, row in rows.items()}
        assert notes == {
            "s1": "",
            "eve": "is not on the roster",
            "s2": "handed in nothing",
        }
        assert rows["s2"]["score"] == "0"


def test_a_roster_may_come_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ada", "s1", "Bob"):
        put(tmp_path / name / "00.ipynb", ZERO)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\ns1,Ada\ns2,Bob\n", encoding="utf-8")

    def ran(notebook: Notebook, student: str, way: Way) -> Row:
        return Row(student, "00", note="late", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", ran)
    for more in ([], ["--resume", f"--roster={roster}"]):
        grading.main([str(tmp_path), "--no-sandbox", *more])
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8")
    two = "late; 2 here could be s1 of the roster"
    notes = {r["student_id"]: r["note"] for r in csv.DictReader(io.StringIO(text))}
    assert notes.pop("s1") == "handed in nothing that is surely this student's"
    assert notes == {"Ada": two, "s1 (?)": two, "s2": "late"}


HOSTILE = "<script>alert(1)</script>"


def some_rows() -> list[Row]:
    wrong = {"00.pixels": "wrong"}
    said = {"00.pixels": f"Not {HOSTILE} `code`."}
    lines = {"00.pixels": [said["00.pixels"]]}
    one = Row(HOSTILE, "00", results=wrong, said=said, lines=lines, note=HOSTILE)
    two = Row("bob", "00", results=wrong, said=said, lines=lines)
    right = Row("cleo", "00", results={"00.pixels": "correct"})
    return [one, two, right, Row("dan", note="handed in nothing")]


def test_the_page_counts_mistakes_and_runs_nothing_of_a_students() -> None:
    text = page(some_rows())
    assert "<script" not in text
    assert "2 × Not &lt;script&gt;alert(1)&lt;/script&gt; <code>code</code>." in text
    assert "1 of 4 solved" in text
    assert "Not yet: How many pixels has a digit?</strong><br>Not &lt;" in text
    assert '<td aria-label="' not in text
    assert "handed in nothing" in text


def test_gradescope_has_a_test_for_each_exercise() -> None:
    found = json.loads(gradescope(some_rows()))
    one = found["cleo"]["00"]
    assert one["score"] == sum(test["score"] for test in one["tests"]) == 1
    assert len(one["tests"]) == sum(test["max_score"] for test in one["tests"]) == 4
    assert found["bob"]["00"]["tests"][0]["output"].startswith("Not ")
    assert found["dan"]["none"]["tests"] == []


def test_gradescope_is_given_no_codes_of_a_terminal() -> None:
    escape = "\x1b[31m"
    row = Row("ada", "00", note=escape, lines={"00.pixels": [f"Not {escape}."]})
    one = json.loads(gradescope([row]))["ada"]["00"]
    outputs = [one["output"], *(test["output"] for test in one["tests"])]
    assert r"Not \x1b[31m." in outputs
    assert "\x1b" not in "".join(outputs)


@pytest.mark.parametrize("text", ["x;=1+1;y", "x; @A1", 'x;"-1', 'x,y;""+1', "="])
def test_no_part_of_a_line_is_a_formula(text: str, tmp_path: Path) -> None:
    book = Gradebook(tmp_path, ["00"])
    for row in (Row(text), Row("ada", note=text), Row("b", note=f",{text}")):
        book.add(row)
    lines = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()
    for between in ",;":
        for part in itertools.chain(*csv.reader(lines, delimiter=between)):
            assert part.strip(' "')[:1] not in tuple("=+-@")


def test_semicolons_divide_no_text_of_the_table(tmp_path: Path) -> None:
    """Some spreadsheets divide a line at each comma, semicolon and tab."""
    book = Gradebook(tmp_path, ["00"])
    wrong = {"00.pixels": "wrong"}
    book.add(
        Row("mallory;00;4;4;3;;correct", "00", results=wrong, said=wrong, note="a; b")
    )
    book.sort([])
    for line in (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines():
        cells = re.findall(r'("(?:[^"]|"")*"|[^,;\t"]*)(?:[,;\t]|$)', line)[:-1]
        assert len(cells) == 10
    assert cells[2] == "0"
    assert cells[6] == '"wrong"'


@pytest.mark.parametrize("name", ["+49", "-bob", " =x", "a;-b", 'a; "@b'])
def test_no_two_names_become_one(name: str) -> None:
    """A classmate's row in the table would have another one called alike."""
    others = {f"'{name}", f"''{name}", name.replace(";", ";'"), f" '{name}"}
    assert len({cell(each) for each in {name, *others}}) == len({name, *others})
    assert cell("'t Hooft") == "'t Hooft"


def test_gradescope_loses_no_row_of_two_with_one_name() -> None:
    rows = [Row("Ada (2)", "00", note=each, file=each) for each in ("a", "b", "c")]
    found = json.loads(gradescope(rows))
    assert [each["00"]["output"] for each in found.values()] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["grades.csv", "grades.jsonl", "gradescope.json"])
def test_a_student_called_as_a_file_is_graded_and_the_file_lies_beside(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stem, ending = name.split(".")
    for student in (name, f"{stem}-2.{ending}", "ada"):
        put(tmp_path / student / "00.ipynb", ZERO)
    ran = []

    def graded(notebook: Notebook, student: str, way: Way) -> Row:
        ran.append(student)
        return Row(student, "00", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", graded)
    grading.main([str(tmp_path), "--no-sandbox"])
    said = capsys.readouterr().out
    assert f"{name} is a folder here: the file is called {stem}-3.{ending}\n" in said
    assert ("Written: grades-3.csv" in said) == (name == "grades.csv")
    assert sorted(ran) == sorted([name, f"{stem}-2.{ending}", "ada"])
    assert [path.name for path in (tmp_path / name).iterdir()] == ["00.ipynb"]
    table = "grades-3.csv" if name == "grades.csv" else "grades.csv"
    assert len((tmp_path / table).read_text(encoding="utf-8").splitlines()) == 4
    ran.clear()
    grading.main([str(tmp_path), "--no-sandbox", "--resume"])
    assert not ran
