"""Folders as they are handed out: splits and classes told apart, or refused."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets.folders import split_of
from tests.unit.folders import NUMBERS, fill, lengths, load


def numbers(data, split):
    return {int(file.stem) for file in getattr(data, split).images.files}


@pytest.mark.parametrize(
    "names",
    [
        ("train", "validation", "test"),
        ("train", "val", "test"),
        ("train", "valid", "test"),
        ("training", "validation", "testing"),
        ("Training", "Validation", "Testing"),
        ("TRAIN", "VAL", "TEST"),
        ("training_set", "validation_set", "test_set"),
        ("trainset", "valset", "testset"),
        ("train_images", "val_images", "test_images"),
        ("seg_train", "seg_dev", "seg_test"),
        ("TrainingData", "ValidationData", "TestData"),
        ("1 - train", "2 - valid", "3 - test"),
        ("train2017", "val2017", "test2017"),
        ("train", "dev", "test"),
        ("train", "dev", "eval"),
        ("train", "eval", "test"),
        ("train", "val", "holdout"),
        ("train", "val", "hold-out"),
        ("train", "val", "Held Out"),
    ],
)
@pytest.mark.parametrize("around", ["", "archive/dataset", "train.zip files/Images"])
def test_splits_are_understood(tmp_path, names, around):
    for split, name in zip(NUMBERS, names):
        fill(tmp_path / around / name, NUMBERS[split])
    data = load(tmp_path)
    assert data.class_names == ("ants", "bees")
    assert {split: numbers(data, split) for split in NUMBERS} == {
        split: set(n) for split, n in NUMBERS.items()
    }
    assert data.notes == ()


@pytest.mark.parametrize(
    ("names", "expected", "note"),
    [
        (("train", "val"), (20, 4, 4), "test is half of validation, as its folder is"),
        (("train", "test"), (16, 4, 8), "validation is a fifth of train, as its fold"),
        (("Training", "Testing"), (16, 4, 8), "validation is a fifth of train"),
        (("train", "test1"), (16, 4, 8), "validation is a fifth of train"),
        (("train", "eval"), (20, 4, 4), "test is half of validation"),
        (("train", "holdout"), (16, 4, 8), "validation is a fifth of train"),
    ],
)
def test_what_is_missing_is_cut_and_told(tmp_path, names, expected, note):
    for name, part in zip(names, (range(10), range(10, 14))):
        fill(tmp_path / name, part)
    data = load(tmp_path)
    assert lengths(data) == expected
    assert note in data.describe()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("VAL", "validation"),
        ("my train", None),
        ("trains", None),
        ("station", None),
        ("trainval", None),
        ("train_val", None),
        ("latest", None),
        ("contest", None),
        ("set", None),
        ("42", None),
        ("", None),
    ],
)
def test_only_what_says_nothing_else_is_a_split(name, split):
    assert split_of(name) == split


def flat(folder: Path, n=3, start=0):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(start, start + n):
        picture = Image.new("RGB", (20, 20), (i, len(folder.name), 9))
        picture.save(folder / f"{i}.png")


def refused(folder, *words):
    with pytest.raises(ValueError, match="folder is ") as raised:
        datasets.cats_vs_dogs(folder=folder)
    sentence = str(raised.value)
    assert str(folder) in sentence
    for word in words:
        assert word in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (("entrenamiento", "prueba"), ["'prueba' have the same sub-folders"]),
        (("fold1", "fold2", "fold3"), ["'fold1' and 'fold2' have the same"]),
        (("my_train", "my_test"), ["'my_test' and 'my_train' look like splits"]),
        (("entrenamiento", "test"), ["'test' looks like a split", "'entrenamiento'"]),
        (("train", "Lernen"), ["'train' looks like a split", "'Lernen' beside it"]),
        (("val", "test"), ["'test' and 'val', but no split to train on"]),
        (("train", "training", "test"), ["both look like the split 'train'"]),
        (("train", "val", "valid"), ["'val' and 'valid' both look like"]),
        (("train", "test", "holdout"), ["both look like the split 'test'"]),
        (("train/train", "train/val"), ["'train' holds splits within a split"]),
        (("Large/train", "Small/train"), ["'Large/train' looks like a split within"]),
        (("a/train", "a/val", "b/train", "b/more"), ["split within the class 'a'"]),
    ],
)
def test_what_might_be_splits_is_never_taken_for_classes(tmp_path, splits, words):
    for i, name in enumerate(splits):
        fill(tmp_path / name, range(4 * i, 4 * i + 4))
    refused(tmp_path, *words)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("train", "test"), "'test' and 'train' look like splits, but have no sub-f"),
        (("train", "test", "cats"), "'test' and 'train' look like splits"),
        (("control", "test"), "'test' looks like a split, but has no sub-folder"),
        (("train",), "'train' looks like a split, but has no sub-folder"),
        (("cats_train", "cats_test", "dogs_train"), "'cats_test' and 'cats_train'"),
    ],
)
def test_splits_without_classes_are_refused(tmp_path, names, words):
    for name in names:
        flat(tmp_path / name)
    refused(tmp_path, words)


def test_a_class_may_be_called_like_a_split(tmp_path):
    for name in ("bus", "car", "train"):
        flat(tmp_path / "vehicles" / name, 5)
        for split in ("train", "val", "test"):
            flat(tmp_path / "given" / split / name, 4, 10 * len(split))
    data = load(tmp_path / "vehicles")
    assert data.class_names == ("bus", "car", "train")
    assert "class is called 'train', as there are others beside" in data.describe()
    data = load(tmp_path / "given")
    assert data.class_names == ("bus", "car", "train")
    assert lengths(data) == (12, 12, 12)


def test_classes_may_be_divided_each_for_itself(tmp_path):
    for name in ("ants", "bees"):
        for split, part in zip(("Train", "val", "test"), NUMBERS.values()):
            flat(tmp_path / name / split, len(part), part.start)
    data = load(tmp_path)
    assert data.class_names == ("ants", "bees")
    for split, part in NUMBERS.items():
        assert numbers(data, split) == set(part)


def test_folders_that_only_stand_around_others_are_looked_into(tmp_path):
    fill(tmp_path / "seg_train" / "seg_train", range(10))
    fill(tmp_path / "seg_test" / "seg_test", range(14, 18))
    flat(tmp_path / "seg_pred" / "seg_pred", 3)
    data = load(tmp_path)
    assert data.class_names == ("ants", "bees")
    assert numbers(data, "test") == {14, 15, 16, 17}
    assert "3 left out, in 'seg_pred', which is no split" in data.describe()


def test_what_is_there_twice_is_left_out(tmp_path):
    for around in ("", "chest"):
        fill(tmp_path / "a" / around / "train", range(10))
        fill(tmp_path / "a" / around / "test", range(14, 18))
        fill(tmp_path / "b" / around, range(10))
    data = load(tmp_path / "a")
    assert (lengths(data), data.class_names) == ((16, 4, 8), ("ants", "bees"))
    assert "28 left out, in 'chest', which is no split" in data.describe()
    data = load(tmp_path / "b")
    assert (lengths(data), data.class_names) == ((16, 2, 2), ("ants", "bees"))
    assert "20 left out, in 'chest', which repeats the folders" in data.describe()


def test_classes_that_differ_between_splits_are_told(tmp_path):
    fill(tmp_path / "train", range(10), ("ants", "bees", "wasps"))
    fill(tmp_path / "val", range(10, 14), ("Ants", "bees "))
    fill(tmp_path / "test", range(14, 18), ("ants", "flies"))
    (tmp_path / "train" / "moths").mkdir()
    data = load(tmp_path)
    assert data.class_names == ("ants", "bees", "wasps")
    assert lengths(data) == (30, 8, 4)
    text = data.describe()
    assert "4 left out, of class 'flies', which train lacks" in text
    assert "validation lacks the class 'wasps'" in text
    assert "test lacks the class 'bees', 'wasps'" in text
    assert "class 'moths' without pictures to train on" in text


def test_splits_of_other_classes_are_refused(tmp_path):
    fill(tmp_path / "train", range(10))
    fill(tmp_path / "test", range(4), ("0", "1"))
    refused(tmp_path, "split 'test' has none of the classes", "'ants', 'bees'")


@pytest.mark.parametrize("kind", ["nothing", "empty classes", "spoilt", "unlabelled"])
def test_a_split_without_labelled_pictures_is_told(tmp_path, kind):
    fill(tmp_path / "train", range(10))
    fill(tmp_path / "val", range(10, 14))
    (tmp_path / "test").mkdir()
    if kind in ("empty classes", "spoilt"):
        for name in ("ants", "bees"):
            (tmp_path / "test" / name).mkdir()
    if kind == "spoilt":
        (tmp_path / "test" / "ants" / "1.jpg").write_bytes(b"")
    if kind == "unlabelled":
        flat(tmp_path / "test")
    data = load(tmp_path)
    assert lengths(data) == (20, 4, 4)
    assert "test is half of validation, as its folder has no pictures in" in str(data)
    told = {
        "nothing": "",
        "empty classes": "",
        "spoilt": "1 left out, empty",
        "unlabelled": "3 left out, in 'test' but in no folder of a class",
    }
    assert told[kind] in data.describe()


def test_what_lies_about_is_told(tmp_path):
    fill(tmp_path, range(10))
    flat(tmp_path, 2, 50)
    (tmp_path / "labels.csv").write_text("file,class")
    fill(tmp_path / "__MACOSX", range(3))
    for hidden in (".ipynb_checkpoints", "@eaDir"):
        flat(tmp_path / "ants" / hidden)
    for name in ("Thumbs.db", ".DS_Store", "._1.png"):
        (tmp_path / "bees" / name).write_bytes(b"\0\5\x16\7")
    flat(tmp_path / "bees" / "more", 5, 20)
    data = load(tmp_path)
    assert sum(lengths(data)) == 25
    assert data.notes == (
        "2 left out, hidden",
        "3 left out, hidden folders",
        "2 left out, in no folder of a class",
        "1 left out, not pictures",
    )


@pytest.mark.parametrize(
    "names", [("1", "2", "10"), ("ein Käfer", "小鳥"), ("a b", "a  b", "[c]*"), "AB"]
)
def test_classes_may_have_any_name(tmp_path, names):
    fill(tmp_path, range(5), names)
    assert load(tmp_path).class_names == tuple(sorted(names))


def test_accents_are_the_same_however_they_are_stored(tmp_path):
    fill(tmp_path / "train", range(10), ("caf\u00e9", "th\u00e9"))
    fill(tmp_path / "test", range(14, 18), ("cafe\u0301", "the\u0301"))
    data = datasets.cats_vs_dogs(folder=tmp_path)
    assert lengths(data) == (16, 4, 8)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_in_another_encoding_can_be_printed(tmp_path):
    latin = os.fsdecode("K\xe4fer".encode("latin-1"))
    fill(tmp_path / "train", range(5), ("ants", latin))
    fill(tmp_path / "test", range(5, 9), ("ants", latin, os.fsdecode(b"\xfc")))
    data = datasets.cats_vs_dogs(folder=tmp_path)
    assert sorted(data.class_names) == ["K\ufffdfer", "ants"]
    assert data.describe().encode()


def test_folders_may_lie_deep_but_not_without_end(tmp_path):
    fill(tmp_path / "a/b/c/d/e/f/g/h/i/j", range(5))
    fill(tmp_path.joinpath("a/b/c/d/e/f/g/h/i/j/ants", *["x"] * 60), range(5, 9))
    data = load(tmp_path)
    assert sum(lengths(data)) == 10
    assert "1 left out, folders more than 50 deep" in data.notes


def test_folders_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    fill(tmp_path, range(10))
    (tmp_path / "ants" / "locked").mkdir()
    scan = os.scandir

    def locked(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    assert "1 left out, folders that cannot be read" in load(tmp_path).notes


def test_too_few_pictures_are_told(tmp_path):
    fill(tmp_path, range(3))
    notes = ("test is empty: there are too few pictures to divide",)
    assert (lengths(load(tmp_path)), load(tmp_path).notes) == ((4, 2, 0), notes)


def test_an_archive_is_to_be_unpacked(tmp_path):
    (tmp_path / "pets.zip").write_bytes(b"PK")
    refused(tmp_path / "pets.zip", "is a file. Unpack it")


def test_more_classes_than_labels_can_count_are_refused(tmp_path):
    fill(tmp_path, range(1), [f"c{i}" for i in range(257)])
    refused(tmp_path, "it has 257 classes, and labels count to 256")
