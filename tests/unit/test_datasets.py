"""The bundled samples and the interface that all data sets share."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets import bundled
from course_utils.datasets.house_numbers import draw_house_numbers

SPLITS = ("train", "validation", "test")
NAMES = ("mnist", "fashion_mnist", "svhn", "cats_vs_dogs")


@pytest.fixture(scope="module")
def digits():
    return datasets.mnist("sample")


@pytest.fixture(scope="module")
def numbers():
    return datasets.svhn("sample")


def test_mnist_sample_is_the_first_digits_of_mnist(digits):
    assert [len(getattr(digits, s)) for s in SPLITS] == [20_000, 2_000, 10_000]
    # The SHA-256 of the pixels of the original test file, without its 16-byte header.
    header = bytes.fromhex("00000803 00002710 0000001c 0000001c")
    original = hashlib.sha256(header + digits.test.images.tobytes()).hexdigest()
    assert original == (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    )
    header = bytes.fromhex("00000801 00002710")
    original = hashlib.sha256(header + digits.test.labels.tobytes()).hexdigest()
    assert original == (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    )


def test_labels_fit_the_digits(digits):
    """The nearest class mean is right as often as is known for MNIST, 0.82."""
    x, y = digits.train.images.reshape(-1, 784) / 255, digits.train.labels
    means = np.stack([x[y == k].mean(0) for k in range(10)])
    for split in (digits.validation, digits.test):
        x = split.images.reshape(-1, 784) / 255
        nearest = (means**2).sum(1) - 2 * x @ means.T
        assert (nearest.argmin(1) == split.labels).mean() == pytest.approx(
            0.82, abs=0.02
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_set_has_the_same_interface(name):
    data = getattr(datasets, name)("sample")
    assert data.source == "sample"
    text = data.describe()
    assert repr(data) == text
    for split in SPLITS:
        images, labels = getattr(data, split).images, getattr(data, split).labels
        assert images.dtype == labels.dtype == np.uint8
        assert len(images) == len(labels)
        assert set(labels) == set(range(len(data.class_names)))
        assert f"{len(images):,} of {'x'.join(map(str, images.shape[1:]))}" in text


@pytest.mark.parametrize("name", NAMES)
def test_splits_share_no_image(name):
    data = getattr(datasets, name)("sample")
    images = np.concatenate([getattr(data, split).images for split in SPLITS])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_changing_what_one_call_gave_does_not_change_the_next():
    data = datasets.svhn("sample")
    images, labels = data.train.images.copy(), data.train.labels.copy()
    data.train.images[:] = 0
    data.train.labels[:] = 0
    assert (datasets.svhn("sample").train.images == images).all()
    assert (datasets.svhn("sample").train.labels == labels).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("source", ["web", None, 3])
def test_unknown_source_is_refused_by_name(name, source):
    with pytest.raises(ValueError, match=rf"source is {source!r}; .*'sample', 'full'"):
        getattr(datasets, name)(source)


def test_samples_of_two_classes_and_more_are_balanced():
    for data in (datasets.fashion_mnist("sample"), datasets.cats_vs_dogs("sample")):
        for split in SPLITS:
            assert len(set(np.bincount(getattr(data, split).labels))) == 1


def test_house_numbers_say_that_they_are_drawn(numbers):
    assert numbers.train.images.shape[1:] == (32, 32, 3)
    assert "drawn" in numbers.describe()


def test_house_numbers_depend_on_the_seed_alone():
    images, labels = draw_house_numbers(60, seed=4)
    again, same = draw_house_numbers(60, seed=4)
    other, _ = draw_house_numbers(60, seed=5)
    assert (images == again).all()
    assert (labels == same).all()
    assert not (images == other).all()
    assert np.bincount(labels).tolist() == [6] * 10


def test_house_numbers_can_be_told_apart(numbers):
    """Nearest neighbours on the outlines: far above chance, and not too easy."""

    def outlines(images):
        gray = images.mean(-1)
        dy, dx = np.gradient(gray, axis=(1, 2))
        size = np.hypot(dx, dy).reshape(len(gray), -1)
        return size / np.linalg.norm(size, axis=1, keepdims=True)

    train, test = numbers.train, numbers.test
    likeness = outlines(test.images) @ outlines(train.images).T
    right = train.labels[likeness.argmax(1)] == test.labels
    assert 0.5 < right.mean() < 0.95


def test_a_damaged_sample_is_not_used(tmp_path, monkeypatch):
    shutil.copytree(bundled.SAMPLES, tmp_path / "samples")
    monkeypatch.setattr(bundled, "SAMPLES", tmp_path / "samples")
    file = tmp_path / "samples" / "mnist.png"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(OSError, match=r"mnist\.png is damaged"):
        datasets.mnist("sample")


def test_samples_are_small_and_known():
    files = list(bundled.SAMPLES.glob("*.png"))
    sources = (bundled.SAMPLES / "SOURCES.md").read_text()
    for file in files:
        assert Image.open(file).format == "PNG"
        assert f"`{hashlib.sha256(file.read_bytes()).hexdigest()}`" in sources
        assert f"{file.stat().st_size:,} bytes" in sources
    assert sum(file.stat().st_size for file in files) < 20e6


def test_digits_load_without_tensorflow():
    code = (
        "import sys; from course_utils import datasets; datasets.mnist('sample')\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2]
    )


def test_while_graded_samples_stand_for_whole_sets(monkeypatch):
    """There is no network then; who trained on all of MNIST is judged all the same."""
    monkeypatch.setenv("COURSE_SAMPLES_ONLY", "1")
    given = [datasets.mnist("full"), datasets.svhn(), datasets.cats_vs_dogs("kaggle")]
    assert [data.source for data in given] == ["sample"] * 3
    with pytest.raises(ValueError, match="must be one of"):
        datasets.mnist("whole")
