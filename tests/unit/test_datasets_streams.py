"""Streams of batches: order, sizes, values, memory."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets import ImageSet, Split


@pytest.fixture(scope="module")
def pets():
    return datasets.cats_vs_dogs("sample")


@pytest.fixture
def photos(tmp_path):
    """120 photographs of many sizes whose red and blue tell their number and class."""
    for name, blue in (("a", 0), ("b", 200)):
        (tmp_path / name).mkdir()
        for i in range(60):
            picture = Image.new("RGB", (40 + i, 30), (4 * i, 0, blue))
            picture.save(tmp_path / name / f"{i:02}.png")
    return datasets.cats_vs_dogs(folder=tmp_path)


def collected(stream):
    batches = list(stream.as_numpy_iterator())
    return np.concatenate([x for x, _ in batches]), np.concatenate(
        [y for _, y in batches]
    )


def test_validation_comes_whole_and_in_order(pets):
    images, labels = collected(pets.as_dataset("validation", batch_size=64))
    assert images.dtype == np.float32
    assert labels.dtype == np.int32
    assert (images == pets.validation.images).all()
    assert (labels == pets.validation.labels).all()


def test_training_images_are_mixed_with_their_labels(pets):
    stream = pets.as_dataset("train", batch_size=500)
    first, labels = collected(stream)
    second, _ = collected(stream)
    assert not (first == second).all()
    assert not (first[:200] == pets.train.images[:200]).all()
    place = {image.tobytes(): i for i, image in enumerate(pets.train.images)}
    order = [place[image.astype(np.uint8).tobytes()] for image in first]
    assert sorted(order) == list(range(3_000))
    assert (labels == pets.train.labels[order]).all()


def test_the_seed_settles_the_order(pets):
    def first_batch(seed):
        return next(iter(pets.as_dataset("train", seed=seed)))[0].numpy()

    assert (first_batch(1) == first_batch(1)).all()
    assert not (first_batch(1) == first_batch(2)).all()


def test_gray_images_get_a_channel_axis():
    digits = datasets.mnist("sample")
    images, _ = next(iter(digits.as_dataset("test", batch_size=5)))
    assert images.shape == (5, 28, 28, 1)
    assert (images[..., 0] == digits.test.images[:5]).numpy().all()


def test_images_in_memory_are_scaled(pets):
    stream = pets.as_dataset("test", image_size=(16, 48), batch_size=10)
    images, _ = next(iter(stream))
    assert images.shape == (10, 16, 48, 3)
    means = images.numpy().mean((1, 2, 3))
    assert np.allclose(means, pets.test.images[:10].mean((1, 2, 3)), atol=3)
    assert stream.element_spec[0].shape == (None, 16, 48, 3)
    assert len(stream) == 100


@pytest.mark.parametrize("cache", [False, True])
def test_photographs_come_once_an_epoch_with_their_labels(photos, cache):
    stream = photos.as_dataset("train", image_size=12, batch_size=7, cache=cache)
    assert len(stream) == 14
    assert stream.element_spec[0].shape == (None, 12, 12, 3)
    orders = []
    for _ in range(2):
        images, labels = collected(stream)
        assert images.shape == (96, 12, 12, 3)
        assert images.dtype == np.float32
        red, blue = images[:, 6, 6, 0], images[:, 6, 6, 2]
        assert ((blue > 100) == labels).all()
        assert len({*zip(red, labels)}) == 96
        orders.append(red)
    assert not (orders[0] == orders[1]).all()


def test_an_epoch_ends_though_a_photograph_was_lost(photos):
    stream = photos.as_dataset("train", image_size=12)
    for file in photos.train.images.files[10:13]:
        file.unlink()
    images, labels = collected(stream)
    assert len(images) == 96
    assert ((images[:, 6, 6, 2] > 100) == labels).all()
    assert "3 became unreadable" in photos.describe()


def test_keras_trains_on_a_stream(photos):
    import keras

    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    adam = keras.optimizers.Adam(0.05)
    model.compile(adam, "binary_crossentropy", metrics=["accuracy"])
    stream = photos.as_dataset("train", 12)
    model.fit(stream, epochs=15, verbose=0, shuffle=False)
    assert model.evaluate(photos.as_dataset("test", 12), verbose=0)[1] == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("both",), ValueError, "split is 'both'; it must be one of"),
        (("train",), ValueError, "image_size is None; photographs differ"),
        (("train", 0), ValueError, "image_size must be 1 or more, not 0"),
        (("train", (9, -1)), ValueError, "image_size must be 1 or more, not -1"),
        (("train", 1.5), TypeError, "image_size must be a whole number, not 1.5"),
        (("train", "150"), TypeError, "image_size must be a whole number, not '150'"),
        (("train", (1, 2, 3)), ValueError, r"one whole number or two, not \(1, 2, 3\)"),
        (("train", 9, 0), ValueError, "batch_size must be 1 or more, not 0"),
        (("train", 9, 2.0), TypeError, "batch_size must be a whole number, not 2.0"),
        (("train", 9, True), TypeError, "batch_size must be a whole number, not True"),
    ],
)
def test_wrong_arguments_are_named(photos, arguments, error, message):
    with pytest.raises(error, match=message):
        photos.as_dataset(*arguments)


def test_an_empty_split_is_named(pets):
    nothing = Split(pets.test.images[:0], pets.test.labels[:0])
    data = ImageSet("Pets", "sample", "", ("a", "b"), pets.train, pets.train, nothing)
    with pytest.raises(ValueError, match="split is 'test', which has no images"):
        data.as_dataset("test")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_does_not_grow_with_the_number_of_photographs(tmp_path):
    """Ten times the photographs, nearly the same peak; all at once would be 430 MB."""
    picture = Image.effect_noise((200, 160), 90).convert("RGB")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        picture.save(tmp_path / name / "0.jpg")
        for i in range(1, 1_000):
            (tmp_path / name / f"{i}.jpg").hardlink_to(tmp_path / name / "0.jpg")
    many = datasets.cats_vs_dogs(folder=tmp_path)
    part = Split(many.train.images[:160], many.train.labels[:160])
    few = ImageSet("few", "", "", ("a", "b"), part, part, part)

    def peak(data, n):
        pages = []
        for images, _ in data.as_dataset("train", image_size=150):
            pages.append(int(Path("/proc/self/statm").read_text().split()[1]))
            n -= len(images)
        assert n == 0
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    before = peak(few, 160)
    assert peak(many, 1_600) - before < 60
