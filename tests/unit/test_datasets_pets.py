"""The bundled photographs of pets: whole, labelled twice, and honestly described."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets import bundled
from course_utils.datasets.photos import SPLITS

ABOUT = json.loads((bundled.SAMPLES / "pets.json").read_text())
BREEDS = [breed for breeds in ABOUT["breeds"].values() for breed in breeds]


@pytest.fixture(scope="module")
def by_species() -> datasets.ImageSet:
    return datasets.pets("sample")


@pytest.fixture(scope="module")
def by_breed() -> datasets.ImageSet:
    return datasets.pets("sample", label="breed")


def files(data: datasets.ImageSet) -> list:
    return [file for name in SPLITS for file in getattr(data, name).images.files]


def test_photographs_are_small_sharp_and_in_colour(
    by_species: datasets.ImageSet,
) -> None:
    for name in SPLITS:
        for photo in getattr(by_species, name).images:
            height, width, colours = photo.shape
            assert photo.dtype == np.uint8
            assert 100 < min(height, width) <= max(height, width) <= 256
            assert colours == 3
            assert photo.std() > 10


def test_each_photograph_is_there_once(by_species: datasets.ImageSet) -> None:
    contents = {
        hashlib.sha256(file.read_bytes()).digest() for file in files(by_species)
    }
    assert len(contents) == len(files(by_species)) == 349
    stored = set((bundled.SAMPLES / "pets").iterdir())
    assert stored == set(files(by_species))


def test_species_are_those_of_the_breeds(by_species: datasets.ImageSet) -> None:
    assert by_species.class_names == ("cat", "dog")
    for name in SPLITS:
        split = getattr(by_species, name)
        for file, label in zip(split.images.files, split.labels):
            breed = file.stem.rpartition("_")[0]
            assert breed in ABOUT["breeds"][by_species.class_names[label]]


def test_five_of_each_breed_train_and_one_validates(
    by_breed: datasets.ImageSet,
) -> None:
    assert by_breed.class_names == tuple(b.replace("_", " ") for b in BREEDS)
    assert (len(ABOUT["breeds"]["cat"]), len(ABOUT["breeds"]["dog"])) == (12, 25)
    assert (np.bincount(by_breed.train.labels) == 5).all()
    assert (np.bincount(by_breed.validation.labels) == 1).all()
    assert np.bincount(by_breed.test.labels, minlength=37).min() >= 1


def test_both_labels_are_for_the_same_photographs_in_the_same_order(
    by_species: datasets.ImageSet, by_breed: datasets.ImageSet
) -> None:
    assert files(by_species) == files(by_breed)
    kinds = by_breed.train.labels >= 12  # cats come first
    assert (by_species.train.labels == kinds).all()


def test_breeds_do_not_come_one_after_the_other(by_breed: datasets.ImageSet) -> None:
    labels = by_breed.train.labels
    assert (labels[1:] == labels[:-1]).mean() < 0.1


@pytest.mark.parametrize("spoil", ["change", "remove"])
def test_damaged_photographs_are_not_used(
    tmp_path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    shutil.copytree(bundled.SAMPLES / "pets", tmp_path / "pets")
    shutil.copy(bundled.SAMPLES / "pets.json", tmp_path)
    monkeypatch.setattr(bundled, "SAMPLES", tmp_path)
    assert len(datasets.pets("sample").train) == 185
    file = tmp_path / "pets" / "pug_112.webp"
    if spoil == "change":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    else:
        file.unlink()
    with pytest.raises(OSError, match="pets is damaged"):
        datasets.pets("sample")


def test_other_sources_and_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="source is 'full'; it must be 'auto' or"):
        datasets.pets("full")
    with pytest.raises(ValueError, match="label is 'name'; it must be 'species' or"):
        datasets.pets(label="name")


def test_auto_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert datasets.pets().source == "sample"
    assert capsys.readouterr().out == "Pets: the bundled sample.\n"


def test_sources_name_authors_licence_and_changes() -> None:
    text = (bundled.SAMPLES / "SOURCES.md").read_text()
    section = text.split("## pets")[1].split("\n## ")[0]
    for words in ("Parkhi", "CC BY-SA 4.0", "| changed |", ABOUT["sha256"]):
        assert words in section
    size = sum(file.stat().st_size for file in (bundled.SAMPLES / "pets").iterdir())
    assert f"{size:,} bytes" in section
    assert size < 3.5e6


def test_photographs_are_webp_without_metadata() -> None:
    for file in (bundled.SAMPLES / "pets").iterdir():
        with Image.open(file) as picture:
            assert picture.format == "WEBP"
            assert not picture.getexif()


def test_describe_counts_both_species(by_species: datasets.ImageSet) -> None:
    text = by_species.describe()
    assert "train         185 photographs (cat: 60, dog: 125)" in text
