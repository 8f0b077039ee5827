"""Folders of photographs as people have them: odd, spoilt, empty."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets.photos import Photos, scan
from tests.unit.odd_pictures import BLUE, JPEG, RED, UNUSABLE, encoded, halves


@pytest.fixture
def photo_folder(tmp_path):
    """Two classes of ten small photographs each, JPEG."""
    for name, colour in (("apples", RED), ("sky", BLUE)):
        (tmp_path / name).mkdir()
        for i in range(10):
            picture = Image.new("RGB", (30 + i, 20), colour)
            picture.save(tmp_path / name / f"{i}.jpg")
    return tmp_path


# ---- folders ----


def test_a_folder_of_classes_is_divided(photo_folder):
    splits, class_names, notes = scan(photo_folder)
    assert class_names == ("apples", "sky")
    assert {name: len(split[0]) for name, split in splits.items()} == {
        "train": 16,
        "validation": 2,
        "test": 2,
    }
    files = [file for photos, _ in splits.values() for file in photos.files]
    assert len(set(files)) == 20
    for photos, labels in splits.values():
        assert np.bincount(labels).tolist() == [len(labels) // 2] * 2
        for photo, label in zip(photos, labels):
            assert photo[0, 0].argmax() == {0: 0, 1: 2}[label]
    assert notes == []


def test_the_division_is_the_same_every_time(photo_folder):
    first, again = scan(photo_folder)[0], scan(photo_folder)[0]
    for split in first:
        assert first[split][0].files == again[split][0].files
        assert (first[split][1] == again[split][1]).all()


def test_given_splits_are_kept_and_missing_ones_cut(photo_folder):
    for name in ("apples", "sky"):
        for split, numbers in (("train", range(6)), ("validation", range(6, 10))):
            (photo_folder / split / name).mkdir(parents=True)
            for i in numbers:
                (photo_folder / name / f"{i}.jpg").rename(
                    photo_folder / split / name / f"{i}.jpg"
                )
        (photo_folder / name).rmdir()
    splits, class_names, _ = scan(photo_folder)
    assert class_names == ("apples", "sky")
    assert {name: len(split[0]) for name, split in splits.items()} == {
        "train": 12,
        "validation": 4,
        "test": 4,
    }
    assert {f.parts[-3] for f in splits["train"][0].files} == {"train"}
    assert {f.parts[-3] for f in splits["test"][0].files} == {"validation"}


def test_petimages_is_looked_into(photo_folder):
    (photo_folder / "PetImages").mkdir()
    (photo_folder / "apples").rename(photo_folder / "PetImages" / "Cat")
    (photo_folder / "sky").rename(photo_folder / "PetImages" / "Dog")
    assert scan(photo_folder)[1] == ("Cat", "Dog")


def test_a_messy_folder_is_used_and_reported(photo_folder):
    for name, (content, _) in UNUSABLE.items():
        (photo_folder / "sky" / name).write_bytes(content)
    (photo_folder / "sky" / "gray.png").write_bytes(encoded(halves(9, 9, "L"), "PNG"))
    (photo_folder / "nothing").mkdir()
    (photo_folder / ".git").mkdir()
    (photo_folder / "__MACOSX").mkdir()
    (photo_folder / "readme.txt").write_text("not a class")
    data = datasets.cats_vs_dogs(folder=photo_folder)
    assert data.class_names == ("apples", "sky")
    assert data.source == "folder"
    assert len(data.train) + len(data.validation) + len(data.test) == 21
    text = data.describe()
    for line in (
        "1 gray made RGB",
        "2 left out, damaged",
        "1 left out, empty",
        "2 left out, hidden",
        "4 left out, not pictures",
        "2 left out, smaller than 8 pixels",
        "2 left out, larger than 64 megapixels",
        "class 'nothing' without pictures",
    ):
        assert line in text


@pytest.mark.parametrize("classes", [[], ["cats"]])
def test_fewer_than_two_classes_are_refused(tmp_path, classes):
    for name in classes:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(JPEG)
    with pytest.raises(ValueError, match=rf"two classes, and has {len(classes)}"):
        datasets.cats_vs_dogs(folder=tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere'; there is no such folder"):
        datasets.cats_vs_dogs(folder=tmp_path / "nowhere")


def test_tiny_classes_stay_in_training(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(JPEG)
    data = datasets.cats_vs_dogs(folder=tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (2, 0, 0)


def test_photos_behave_like_a_sequence(photo_folder):
    photos = scan(photo_folder)[0]["train"][0]
    assert len(photos[2:5]) == 3
    assert isinstance(photos[2:5], Photos)
    assert (photos[2:5][0] == photos[2]).all()
    assert (photos[-1] == photos[len(photos) - 1]).all()
    with pytest.raises(IndexError):
        photos[len(photos)]


def test_a_photograph_lost_later_is_replaced_and_reported(photo_folder):
    data = datasets.cats_vs_dogs(folder=photo_folder)
    photos = data.train.images
    photos.files[3].unlink()
    Path(photos.files[4]).write_bytes(b"")
    photo, used = photos.read(3, (10, 10))
    assert photo.shape == (10, 10, 3)
    assert used == 5
    assert "2 became unreadable" in data.describe()
    for file in photos.files:
        file.unlink(missing_ok=True)
    with pytest.raises(OSError, match="cannot be read"):
        photos.read(0, (10, 10))


# ---- the photographs of the course ----

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(
    not (SHARED / "cats_and_dogs_filtered").is_dir(),
    reason=f"cats_and_dogs_filtered is not in {SHARED}",
)
def test_the_real_photographs_are_found_and_usable(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATA_DIR", str(SHARED))
    data = datasets.cats_vs_dogs()
    assert capsys.readouterr().out == "Cats and dogs: the whole set, from the cache.\n"
    assert data.source == "full"
    assert data.class_names == ("cat", "dog")
    lengths = {"train": 2_000, "validation": 500, "test": 500}
    for split, n in lengths.items():
        images, labels = getattr(data, split).images, getattr(data, split).labels
        assert np.bincount(labels).tolist() == [n // 2, n // 2]
        for file, label in zip(images.files, labels):
            assert file.name.startswith(("cat.", "dog.")[label])
        photo = images[0]
        assert photo.dtype == np.uint8
        assert photo.shape[2] == 3
    files = [set(getattr(data, split).images.files) for split in lengths]
    assert len(set.union(*files)) == 3_000
