"""What lies in a folder of students' work, odd and hostile things among it."""

import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from course_utils.exercises import grading, one_notebook
from course_utils.exercises.attempts import handed_in
from course_utils.exercises.clearing import remove_tree
from course_utils.exercises.gradebook import Gradebook, Row, cell, shown, summary
from course_utils.exercises.one_notebook import Way, run
from course_utils.exercises.sandbox import Sandbox
from course_utils.exercises.submissions import (
    Notebook,
    UnreadableError,
    find_notebooks,
    lesson_of,
    read_notebook,
    read_regular,
    read_sources,
)
from course_utils.exercises.watching import Limits

PIXELS = "from course_utils.exercises import check\ncheck('00.pixels', 784)"
NESTED = """
import os
for _ in range(3000):  # more than Python calls, or a path's length
    os.mkdir("d")
    os.chdir("d")
"""
PIPE = "import os\nos.remove('results')\nos.mkfifo('results')"
WAY = Way(Sandbox("bubblewrap"), Limits(), Path("nowhere"))
needs_posix = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no pipes in folders, and no bytes for names"
)


def notebook(*sources: str, **more: object) -> str:
    cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}, **more})


def rows_of(folder: Path) -> list[dict[str, str]]:
    text = (folder / "grades.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_resource_files_and_copies_are_no_notebooks(tmp_path: Path) -> None:
    for name in ("ada/01.ipynb", "bob/01.IPYNB"):
        put(tmp_path / name, notebook())
    for name in (
        "__MACOSX/ada/._01.ipynb",
        "ada/._01.ipynb",
        "ada/.ipynb_checkpoints/01-checkpoint.ipynb",
        "ada/notes.txt",
    ):
        put(tmp_path / name, "")
    names = [handed_in(path, tmp_path).student for path in find_notebooks(tmp_path)]
    assert names == ["ada", "bob"]


@needs_posix
def test_folders_beyond_pythons_stack_are_searched_and_removed(tmp_path: Path) -> None:
    keep = put(tmp_path / "keep" / "me", "")
    deep = tmp_path / "deep"
    try:
        put(deep / "locked" / "file", "").parent.chmod(0)
        (deep / "link").symlink_to(keep.parent)
        put(tmp_path / "ada.ipynb", notebook())
        subprocess.run([sys.executable, "-c", NESTED], cwd=deep, check=True)
        as_root = os.access(deep / "locked", os.R_OK)
        locked = [] if as_root else ["locked"]
        found = [path.name for path in find_notebooks(tmp_path)]
        assert found == ["ada.ipynb", *locked]
    finally:  # the test's own folder could not be cleared with it
        remove_tree(deep)
    assert not deep.exists()
    assert keep.exists()


@needs_posix
def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "zero.ipynb").symlink_to("/dev/zero")
    (tmp_path / "gone.ipynb").symlink_to(tmp_path / "nowhere")
    for name, words in (
        ("pipe.ipynb", "is a pipe or a device, not a file"),
        ("zero.ipynb", "is a link, not a file"),
        ("gone.ipynb", "is a link, not a file"),
        ("none.ipynb", "cannot be opened: No such file or directory"),
    ):
        with pytest.raises(UnreadableError) as caught:
            read_regular(tmp_path / name)
        assert str(caught.value) == words


def test_no_more_than_the_largest_size_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.ipynb", "x" * 2_000_001)
    assert len(read_regular(path, 2_000_001)) == 2_000_001
    with pytest.raises(UnreadableError, match="is larger than 2 MB; without its outp"):
        read_regular(path, 2_000_000)


def test_a_hole_of_a_terabyte_is_no_notebook(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        try:
            file.truncate(10**12)
        except OSError:
            pytest.skip("this file system has no files with holes of that size")
    assert "is larger than 50 MB" in read_notebook(path).unreadable


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_at_the_beginning_do_not_matter(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook("1 + 1"), encoding=encoding)
    assert read_notebook(path).sources == ["1 + 1"]


def test_the_format_before_is_read(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["words"]},
        {"cell_type": "code", "input": ["a = 1\n", "a"], "language": "python"},
    ]
    text = json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3})
    assert read_notebook(put(tmp_path / "a.ipynb", text)).sources == ["a = 1\na"]


def test_long_code_costs_little_more_than_its_letters() -> None:
    data = notebook("\N{GREEK CAPITAL LETTER OMEGA}" * 2 * 10**6).encode()
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="2 MB of code"):
        read_sources(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 10**6


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    marks = '{\n<<<<<<< HEAD\n"cells": []\n=======\n>>>>>>> other\n}'
    plain = "is not a notebook that can be read"
    for text, words in (
        (marks, "holds conflict marks of Git (<<<<<<<)"),
        ("", plain),
        ("[" * 100_000, plain),
        ("[]", plain),
        ('{"cells": [1]}', plain),
        ('{"cells": [{"cell_type": "code", "source": 7}]}', plain),
        ('{"cells": ' + "1" * 5000 + "}", plain),
        (notebook("#" * 2_000_000), "holds more than 2 MB of code"),
        (
            '{"cells": [' + "[]," * 2_000_000,
            "holds too many numbers; without its outputs it can be read",
        ),
    ):
        row = run(read_notebook(put(tmp_path / "a.ipynb", text)), "a", WAY)
        assert (row.note, row.lesson) == (words, "")
    (tmp_path / "a.ipynb").write_bytes(b"\xff{}")
    assert read_notebook(tmp_path / "a.ipynb").unreadable == plain


@pytest.mark.parametrize(
    "source",
    [
        "check('01.output-size', 3)",
        'check(id="01.output-size", answer=3)',
        *('check(f"01.{x}", 3)', 'check("01." + x, 3)', 'l = "01"; check(l + ".x", 3)'),
        'check(answer=(1, "a"), id = "01.output-size")',
        'name = "01.output-size"\ncheck(name, 3)',
    ],
)
def test_the_lesson_is_found_however_ids_are_given(source: str) -> None:
    assert lesson_of(["1 + 1", source]) == "01"


def test_other_strings_are_no_lesson() -> None:
    assert lesson_of(["open('01.csv')"]) == ""
    assert lesson_of(["check('77.nothing', 1)"]) == ""


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_no_name_is_a_formula(first: str) -> None:
    assert cell(f"{first}1+1")[0] in ("'", "\\")


def test_names_are_one_line_that_every_file_can_take() -> None:
    assert shown("Łódź 李") == "Łódź 李"
    assert shown("\udcdcbung\n\u202e") == r"\udcdcbung\n\u202e"
    assert grading._key(Path("\udcdc"), Path()) != grading._key(Path(r"\udcdc"), Path())


def test_what_students_wrote_is_text_in_the_summary() -> None:
    row = Row("ada", "00", results={"00.pixels": "wrong"})
    row.said = {"00.pixels": "a | <img src=x> ![](http://b) | www.c //d"}
    last = summary([row]).splitlines()[-4]
    assert last.endswith(r"| 1x a \| &lt;img src=x> !\[]\(http\://b) \| www\.c \//d |")


def test_each_row_is_on_disk_before_the_next(tmp_path: Path) -> None:
    book = Gradebook(tmp_path, ["00"])
    assert rows_of(tmp_path) == []
    for number in (1, 2):
        results = {"00.pixels": "correct"}
        book.add(Row(f"s{number}", "00", results=results, file=f"{number}"))
        assert len(rows_of(tmp_path)) == number
    assert [row["score"] for row in rows_of(tmp_path)] == ["1", "1"]


def test_a_run_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    said = {"00.pixels": "Not yet."}
    first = Row("ada", "00", results={"00.pixels": "wrong"}, said=said, file="ada")
    Gradebook(tmp_path, ["00"]).add(first)
    with (tmp_path / "grades.jsonl").open("a") as file:
        odd = ['{"student": "bob", "results": [1], "file": "bob"}', "[]", "null"]
        odd.append('{"student": 1, "lesson": "99", "seconds": "nan", "file": "bob"}')
        odd.append('{"student": "bob", "les')  # killed while it wrote
        file.write("\n".join(odd))
    again = Gradebook(tmp_path, ["00"], resume=True)
    assert again.rows == [first]
    again.add(Row("bob", "00", file="bob"))
    assert [row["student_id"] for row in rows_of(tmp_path)] == ["ada", "bob"]
    assert "1x Not yet." in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert Gradebook(tmp_path, ["00"]).rows == []  # without `resume`


def test_rows_end_in_the_order_of_the_notebooks(tmp_path: Path) -> None:
    book = Gradebook(tmp_path, ["00"])
    for name in "bca":  # as they were ready
        book.add(Row(name, "00", file=name))
    book.sort(["a", "b", "c"])
    assert [row["student_id"] for row in rows_of(tmp_path)] == ["a", "b", "c"]


@needs_posix
def test_what_lies_in_place_of_a_table_is_replaced(tmp_path: Path) -> None:
    mine = put(tmp_path / "mine", "keep me")
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "grades.csv").symlink_to(mine)
    os.mkfifo(folder / "grades.jsonl")
    Gradebook(folder, ["00"], resume=True).add(Row("ada", "00"))
    assert len(rows_of(folder)) == 1
    assert mine.read_text() == "keep me"


def test_ctrl_c_leaves_rows_and_resume_runs_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for name in "abc":
        put(tmp_path / f"{name}.ipynb", notebook(PIXELS))
    ran: list[str] = []

    def stopped(notebook: Notebook, student: str, way: Way) -> Row:
        if ran == ["a"]:
            raise KeyboardInterrupt
        ran.append(student)
        return Row(student, "00", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", stopped)
    with pytest.raises(SystemExit) as caught:
        grading.main([str(tmp_path), "--no-sandbox"])
    assert caught.value.code == 130
    assert "Go on with --resume" in capsys.readouterr().out
    assert [row["student_id"] for row in rows_of(tmp_path)] == ["a"]
    ran.clear()

    def whole(notebook: Notebook, student: str, way: Way) -> Row:
        ran.append(student)
        return Row(student, "00", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", whole)
    grading.main([str(tmp_path), "--resume", "--jobs=2", "--no-sandbox"])
    assert sorted(ran) == ["b", "c"]
    assert [row["student_id"] for row in rows_of(tmp_path)] == ["a", "b", "c"]
    out = capsys.readouterr().out
    assert "1 of 3 have their row already" in out
    assert "[2 of 2, about 0 s left]" in out


def test_what_was_handed_in_anew_is_graded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def solve(notebook: Notebook, student: str, way: Way) -> Row:
        ran.append(student)
        return Row(student, "00", digest=notebook.digest)

    monkeypatch.setattr(grading, "run", solve)
    for name in "ab":
        put(tmp_path / f"{name}.ipynb", notebook(PIXELS))
    roster = put(tmp_path / "roster.csv", "id\na\nb\nc\n")
    arguments = [str(tmp_path), "--no-sandbox", f"--roster={roster}"]
    grading.main(arguments)
    assert [row["note"] for row in rows_of(tmp_path)] == ["", "", "handed in nothing"]
    ran.clear()
    put(tmp_path / "b.ipynb", notebook(PIXELS, "1 + 1"))
    put(tmp_path / "c.ipynb", notebook(PIXELS))
    grading.main([*arguments, "--resume"])
    assert sorted(ran) == ["b", "c"]
    assert [row["note"] for row in rows_of(tmp_path)] == ["", "", ""]


def test_a_full_disk_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    put(tmp_path / "a.ipynb", notebook(PIXELS))
    monkeypatch.setattr(grading, "run", lambda *_: Row("a", "00"))
    for place, name in ((os, "fsync"), (Gradebook, "add")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(SystemExit):
                grading.main([str(tmp_path), "--no-sandbox"])
        said = capsys.readouterr().err
        assert "No space left on device. Rows that were written stay" in said
        assert not list(tmp_path.glob(".g*"))  # nothing half written


def test_each_job_has_processors_of_its_own() -> None:
    there = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}
    shares = grading.processors(1)
    assert shares in ([there], [set()])
    for jobs in (2, 3, 100):
        shares = grading.processors(jobs)
        assert len(shares) == jobs
        assert set().union(*shares) in (there, set()) or jobs < len(there)


def test_an_error_of_the_grader_costs_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(one_notebook, "_fill", full)
    row = run(read_notebook(put(tmp_path / "a.ipynb", notebook(PIXELS))), "a", WAY)
    assert row.note == (
        "could not be graded: OSError: [Errno 28] No space left on device"
    )


def test_a_row_says_what_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(row: Row, *_: object) -> None:
        row.results = {"00.pixels": "by hand", "00.to-unit": "correct"}

    monkeypatch.setattr(one_notebook, "_fill", judged)
    row = run(read_notebook(put(tmp_path / "a.ipynb", notebook(PIXELS))), "a", WAY)
    assert (row.note, row.solved) == ("look at 00.pixels yourself", 1)


@needs_posix
@pytest.mark.kernel
def test_odd_names_and_odd_results_have_their_rows(
    tmp_path: Path, sandbox: None
) -> None:
    names = {
        b"\xdcbung": notebook(PIXELS),
        "Łódź".encode(): notebook(PIXELS, PIPE),
        b"deep": notebook(PIXELS, NESTED),
    }
    for name, text in names.items():
        try:
            os.mkdir(os.fsencode(tmp_path) + b"/" + name)  # noqa: PTH102
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        put(tmp_path / os.fsdecode(name) / "00.ipynb", text)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "course_utils.exercises", tmp_path, "--jobs=2"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "cp1252", "TMPDIR": str(temporary)},
        )
        assert list(temporary.iterdir()) == []
    finally:  # the test's own folder could not be cleared with it
        remove_tree(temporary)
    scores = {row["student_id"]: row["score"] for row in rows_of(tmp_path)}
    assert scores == {r"\udcdcbung": "1", "Łódź": "1", "deep": "1"}
    assert r"\u0141ód\u017a: lesson 00" in done.stdout.decode("cp1252")
