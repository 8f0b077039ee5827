"""Whom a roster means: its tables, and what students may be called."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from course_utils.exercises import attempts
from course_utils.exercises.attempts import newest, on_roster, read_roster
from course_utils.exercises.submissions import UnreadableError, find_notebooks
from tests.unit.test_exercises_attempts import ZERO, put


def roster(folder: Path, *lines: str) -> dict[str, str]:
    file = folder / "roster.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_roster(file)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_roster_knows_a_student_by_each_cell(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    lines = ["id,first,last", "s1,Ada,Lovelace", "", "s2,Łukasz,Nowak"]
    file = tmp_path / "roster.csv"
    file.write_text("\n".join(lines).replace(",", separator), encoding=encoding)
    known = read_roster(file)
    for name in ("s1", "ada lovelace", "lovelace"):
        assert known[name] == "s1"
    for name in ("łukasz nowak", "nowak łukasz", "nowakłukasz"):  # the last of Canvas
        assert known[name] == "s2"


def test_what_canvas_says_of_points_is_no_student(tmp_path: Path) -> None:
    lines = ["Student,ID,Section,HW (1)", "    Points Possible,,,10", "Ada L,7,A,"]
    assert "Ada L" in roster(tmp_path, *lines).values()
    assert "Points Possible" not in roster(tmp_path, *lines).values()


def test_apostrophes_on_a_roster_are_letters(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    names = ["s1,'t Hooft,Gerard", "s2,Jones',Mary", "s3,O'Brien,Pat"]
    file.write_text("\r".join(["id,last,first", *names]), encoding="utf-8")
    known = read_roster(file)
    assert [known[n] for n in ("gerard 't hooft", "mary", "o'brien pat", "s2")] == [
        *("s1", "s2", "s3", "s2")
    ]
    file.write_text('id,name\ns1,"Ada\ns2,Bob\n', encoding="utf-8")
    with pytest.raises(UnreadableError, match="is no table"):
        read_roster(file)


def test_nobody_takes_a_name_as_moodle_writes_it(tmp_path: Path) -> None:
    """Without apostrophes; beside one another stand fields that students fill in."""
    form = "{}_{}_assignsubmission_file_/a.ipynb"
    called = ["Conan OBrien", "Zoe DAngelo", "Al x", "Bo Li"]
    paths = [put(tmp_path / form.format(n, i), ZERO) for i, n in enumerate(called)]
    lines = ["id,first,last,institution,department", "s1,Conan,O'Brien,,"]
    lines += ["s2,Zoe,D'Angelo,,", "s3,Al_x,,,", "s4,Mallory,Mean,Conan,OBrien"]
    lines += ["bo_li,Bob,Lin,,", "s5,Bo,Li,,"]  # an id that could be a name
    found = on_roster(newest(paths, tmp_path), roster(tmp_path, *lines))
    unclear = "more than one on the roster is called so"
    assert [(each.student, each.note) for each in found] == [
        ("s3", ""),
        ("Bo Li", unclear),
        ("Conan OBrien", unclear),
        ("s2", ""),
    ]


def test_an_id_stands_for_one_student_alone(tmp_path: Path) -> None:
    called = ["Ada", "ADA", "Bob", "s2", "Zoe\u0308", "Łukasz  Nowak", "Eve"]
    form = "{}_{}_assignsubmission_file_/a.ipynb"
    paths = [put(tmp_path / form.format(n, i), ZERO) for i, n in enumerate(called)]
    file = tmp_path / "roster.csv"
    lines = ["id,name", "s1,Ada", "s2,Bob", "s3,Zo\u00eb", "s4,Łukasz Nowak"]
    file.write_text("\n".join(lines), encoding="utf-8")
    found = on_roster(newest(paths, tmp_path), read_roster(file))
    shown_as = {each.called: each.student for each in found}
    assert shown_as.pop("Zo\u00eb") == "s3"
    assert shown_as.pop("Łukasz  Nowak") == "s4"
    assert shown_as.pop("s2") == "s2 (?)"
    assert shown_as == {name: name for name in ("Ada", "ADA", "Bob", "Eve")}
    notes = {each.called: each.note for each in found}
    assert notes["Ada"] == notes["ADA"] == "2 here could be s1 of the roster"
    assert notes["Bob"] == notes["s2"] == "2 here could be s2 of the roster"
    assert notes["Eve"] == "is not on the roster"


def test_what_several_are_called_stands_for_none(tmp_path: Path) -> None:
    lines = ["id,first,last,group", "s1,Ada,Lovelace,a", "s2,Ada,Lovelace,a"]
    file = tmp_path / "roster.csv"
    file.write_text("\n".join([*lines, "s3,S1,Ada,b"]), encoding="utf-8")
    known = read_roster(file)
    assert known["ada lovelace"] == known["ada"] == known["a"] == ""
    assert (known["s1"], known["s2"], known["s3"], known["b"]) == (
        "s1",
        "s2",
        *["s3"] * 2,
    )


def test_ids_that_only_capitals_tell_apart_are_two(tmp_path: Path) -> None:
    called = ["A1", "stra\u00dfe", "STRASSE", "bob"]
    paths = [put(tmp_path / name / "a.ipynb", ZERO) for name in called]
    lines = ["id,name", "A1,Ada", "a1,Bob", "Strasse,Carl", "stra\u00dfe,Dora"]
    file = tmp_path / "roster.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    found = on_roster(newest(paths, tmp_path), read_roster(file))
    assert {each.called: (each.student, bool(each.note)) for each in found} == {
        "A1": ("A1", False),
        "stra\u00dfe": ("stra\u00dfe", False),
        "STRASSE": ("STRASSE", True),  # one of two
        "bob": ("a1", False),
    }


def test_a_roster_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
    for name, words in (("a", "no text in UTF-8"), ("none", "cannot be opened")):
        with pytest.raises(UnreadableError, match=words):
            read_roster(tmp_path / name)


@pytest.mark.parametrize("later", ["", "Uni X", ",x"])
def test_no_cell_of_a_student_takes_others_off_the_roster(
    tmp_path: Path, later: str
) -> None:
    r"""PHP, and so Moodle, writes \" as it is: for others the cell goes on."""
    lines = ["sep=,", "id,name,institution", "s1,Bob,", 's2,Eve,"\\""', "s3,Ada,"]
    with pytest.raises(UnreadableError, match=r"is no table: .*, from line 4 on"):
        roster(tmp_path, *lines, f's4,Zed,"{later}"' if later else "s4,Zed,")


MOODLE = "{}_12345_assignsubmission_file_/01.ipynb"
CANVAS = "{}_123_456_01.ipynb"


@pytest.mark.parametrize(
    ("lines", "paths"),
    [
        (
            ["id,mail,first,last", "s1,ada@x.org,Ada,Lovelace"],
            [MOODLE.format("Ada Lovelace"), CANVAS.format("lovelaceada")],
        ),
        (
            ["id,first,mail,number,last", "s1,Ada,ada@x.org,77,Lovelace"],
            [MOODLE.format("Ada Lovelace"), CANVAS.format("lovelaceada")],
        ),
        (
            ["id,first,middle,last,group", "s1,Ada,King,Lovelace,Group 1"],
            [
                MOODLE.format("Ada King Lovelace"),
                MOODLE.format("Ada Lovelace"),
                MOODLE.format("Lovelace Ada King"),
                CANVAS.format("lovelaceadaking"),
                CANVAS.format("lovelaceada"),
            ],
        ),
        (
            ["id,last,first,middle", "s1,Lovelace,Ada,King"],
            [MOODLE.format("Ada King Lovelace"), CANVAS.format("lovelaceadaking")],
        ),
        (
            ["id,title,first,second,third,last", "s1,Dr.,Ada,Anne,King,Lovelace"],
            [
                MOODLE.format("Dr. Ada Anne King Lovelace"),
                MOODLE.format("Ada Anne King Lovelace"),
                CANVAS.format("lovelaceadaanneking"),
            ],
        ),
        (
            ["id,name", 's1,"Lovelace, Ada"'],
            [
                MOODLE.format("Ada Lovelace"),
                MOODLE.format("Lovelace, Ada"),
                CANVAS.format("lovelaceada"),
            ],
        ),
        (
            ["id,name", 's1,"de la Fuente y Garc\u00eda, Ana Mar\u00eda"'],
            [CANVAS.format("delafuenteygarc\u00edaanamar\u00eda")],
        ),
        (["id,name", "s1,Ada King Lovelace"], [CANVAS.format("lovelaceadaking")]),
        (["id,mail,name", "s1,ada@x.org,Zoe Ada"], [CANVAS.format("adazoe")]),
        (
            ["id,first,last", "s1,Jose\u0301,\u0936\u094d\u0930\u0940"],
            [CANVAS.format("\u0936\u094d\u0930\u0940jos\u00e9")],
        ),
    ],
)
def test_a_name_in_several_cells_or_turned_is_its_students(
    lines: list[str], paths: list[str], tmp_path: Path
) -> None:
    for path in paths:
        put(tmp_path / path / "a.ipynb" if "." not in path else tmp_path / path, ZERO)
        found = on_roster(
            newest([tmp_path / path], tmp_path),
            roster(tmp_path, *lines, "s2,Bob,Bobson,Bobby,Bobsen"),
        )
        assert [(each.student, each.note) for each in found] == [("s1", "")], path


def test_the_students_of_canvas_own_table_are_known(tmp_path: Path) -> None:
    known = roster(tmp_path, "Student,ID,Section", '"Lovelace, Ada",123,A')
    for name in ("lovelaceada", "ada lovelace", "lovelace, ada", "123"):
        assert known[name] == "Lovelace, Ada"


@pytest.mark.parametrize(
    "above", ["", "sep=;", '"sep=;"', "\n \n", ";;", "\nSEP=;", "sep=;\n;;", "\ufeff"]
)
def test_what_stands_above_the_names_of_columns_is_no_student(
    above: str, tmp_path: Path
) -> None:
    known = roster(tmp_path, above, "id;name, full;group", "7;Ada;a", "", "8;Bob;b")
    assert set(known.values()) == {"7", "8"}
    assert (known["ada"], known["bob"]) == ("7", "8")


def test_a_separator_is_what_the_table_says(tmp_path: Path) -> None:
    for sign in ("|", "\t"):
        lines = [line.replace("|", sign) for line in ("sep=|", "id|a, b", "7|Ada")]
        assert roster(tmp_path, *lines)["ada"] == "7"
    assert roster(tmp_path, "") == roster(tmp_path, "sep=;", "") == {}


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["1,ada@x.org,Ada,Lovelace", "2,al@x.org,Lovelace,Ada"], "Ada Lovelace"),
        (["1,Ada,King,Lovelace", "2,Ada,,Lovelace"], "Ada Lovelace"),
        (["1,Ada,King,Lovelace", "2,Ada,Anne,Lovelace"], "lovelaceada"),
        (["1,Ada,King,Lovelace", "2,King,Lovelace"], "lovelaceking"),
        (['1,"Lovelace, Ada"', "2,Ada Lovelace"], "Ada Lovelace"),
        (['1,"Lovelace, Ada"', "2,Lovelace Ada"], "Lovelace Ada"),
        (["1,Thomas Martin", "2,Martin Thomas"], "martinthomas"),
        (["1,x,Ann,Alee", "2,x,Anna,Lee"], "annalee"),
        (["1,adalovelace", "2,x,Ada,Lovelace"], "adalovelace"),
    ],
)
def test_a_name_put_together_that_two_could_have_is_nobodys(
    lines: list[str], name: str, tmp_path: Path
) -> None:
    for turned in (lines, lines[::-1]):
        known = roster(tmp_path, "id,a,b,c", *turned)
        assert known[attempts.folded(name)] == ""
        assert (known["1"], known["2"]) == ("1", "2")


def test_names_in_one_cell_that_are_turned_ones_of_others_stay(tmp_path: Path) -> None:
    known = roster(tmp_path, "id,name", "1,Thomas Martin", "2,Martin Thomas")
    assert (known["thomas martin"], known["martin thomas"]) == ("1", "2")


def test_an_id_wins_over_a_name_put_together(tmp_path: Path) -> None:
    lines = ["annlee,x,Bob,Bobson", "2,x,Ann,Lee", "Ann Lee,x,Eve,Miller"]
    known = roster(tmp_path, "id,a,b,c", *lines)
    assert (known["annlee"], known["ann lee"]) == ("annlee", "Ann Lee")
    assert known["lee ann"] == "2"  # an id is not turned where no comma says so


def test_no_part_of_a_mail_address_and_of_an_id_is_a_name(tmp_path: Path) -> None:
    known = roster(tmp_path, "id,mail,name", "a 1,eve@x.org,Ada", "b-2,77,Bob B")
    for name in ("eve", "a1", "1a", "b2", "77 bob b", "eve@x.org ada", "bob", ""):
        assert name not in known
    assert known["eve@x.org"] == "a 1"


def test_who_takes_one_of_a_classmates_names_takes_no_row(tmp_path: Path) -> None:
    for i, name in enumerate(("Ada Lovelace", "Lovelace Ada King")):
        put(tmp_path / f"{name}_{i}_assignsubmission_file_" / "a.ipynb", ZERO)
    known = roster(tmp_path, "id,first,middle,last", "s1,Ada,King,Lovelace")
    found = on_roster(newest(find_notebooks(tmp_path), tmp_path), known)
    assert [each.student for each in found] == ["Ada Lovelace", "Lovelace Ada King"]
    assert {each.note for each in found} == {"2 here could be s1 of the roster"}


def test_the_names_of_a_wide_table_are_not_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [f"a{'b' * i} c{'d' * i}, e f g" for i in range(60)]
    counts = []
    for width in (30, 60):
        row = ",".join(f'"{cell}"' for cell in cells[:width])
        counts.append(len(roster(tmp_path, "id", f"s1,{row}")))
    assert counts[0] < 500  # of 2,000 students a million
    assert counts[1] - counts[0] <= 30 + 6  # cells alone, and all those joined
    known = roster(tmp_path, "id,name", *(f"{i},Ada {i}" for i in range(200)))
    for i in range(200):
        for name in (f"Ada {i}_1", f"ada {i}_2"):  # one could be the other
            put(tmp_path / f"{name}_assignsubmission_file_" / "a.ipynb", ZERO)
    chosen = newest(find_notebooks(tmp_path), tmp_path)
    folded = Mock(side_effect=attempts.folded)
    monkeypatch.setattr(attempts, "folded", folded)
    on_roster(chosen, known)
    assert folded.call_count <= len(known) + 2 * len(chosen)


@pytest.mark.parametrize(
    "form",
    [
        "Eve_7_assignsubmission_file_x_{}_assignsubmission_file_a.ipynb",
        "eve_7_45{}_x_{}_assignsubmission_file_a.ipynb",
        "eve_7_456_{}_assignsubmission_file_{}.ipynb",
        "eve_LATE_7_456_{}_assignsubmission_file_{}.ipynb",
        "eve_7_45{}_assignsubmission_{}.ipynb",
        "eve_7_456_x{}_1_assignsubmission_file_x{}_2_assignsubmission_file_a.ipynb",
        "Eve_7_assignsubmission_file_y{}_5_assignsubmission_file_"
        "Eve_7_assignsubmission_file_y{}_5_assignsubmission_file_a.ipynb",
    ],
)
def test_many_files_of_one_student_are_not_many_students(
    form: str, tmp_path: Path
) -> None:
    """Each would be run for its limit, and have ten guesses of its own."""
    for n in range(3):
        put(tmp_path / form.format(n, n), ZERO)
    canvas = form.startswith("eve")
    put(tmp_path / f"x_1_{2 if canvas else 'assignsubmission_file'}_a.ipynb", ZERO)
    chosen = newest(find_notebooks(tmp_path), tmp_path)
    students = sorted(each.student.casefold() for each in chosen)
    assert [name.replace("late_", "") for name in students] == ["eve_7", "x"]


def test_of_two_on_moodle_whose_names_end_in_one_number_none_is_lost(
    tmp_path: Path,
) -> None:
    for number in (1, 2):
        put(tmp_path / f"eve_7_{number}_assignsubmission_file_a.ipynb", ZERO)
    chosen = newest(find_notebooks(tmp_path), tmp_path)
    assert [each.student for each in chosen] == ["eve_7 (1)", "eve_7 (2)"]
