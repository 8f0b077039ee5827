"""Features of frozen networks: the right ones, kept, and never those of another."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from course_utils import datasets, features
from course_utils.datasets.image_set import ImageSet, Split

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (7, 8, 8, 3)).astype(np.uint8)
EMPTY = Split(PIXELS[:0], np.zeros(0, np.uint8))


def pictures(pixels: np.ndarray) -> ImageSet:
    split = Split(pixels, np.arange(len(pixels)).astype(np.uint8) % 2)
    return ImageSet("noise", "sample", "drawn", ("a", "b"), split, EMPTY, EMPTY)


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="c")], name="tiny"
    )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_USER_DIR", str(tmp_path / "own"))
    return tmp_path / "cache" / "features"


@pytest.fixture
def counted(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each time that the network computes."""
    calls: list[int] = []
    predict = model.predict

    def counting(*arguments: object, **options: object) -> np.ndarray:
        calls.append(1)
        return predict(*arguments, **options)

    monkeypatch.setattr(model, "predict", counting)
    return calls


def test_features_are_what_the_network_gives_in_order(model: keras.Model) -> None:
    values, seconds = features.extract(model, pictures(PIXELS), "train")
    expected = np.asarray(model(PIXELS.astype(np.float32)))
    assert values.dtype == np.float32
    assert seconds > 0
    np.testing.assert_allclose(values, expected, rtol=1e-3, atol=0.1)
    flipped, _ = features.extract(model, pictures(PIXELS), "train", mirror=True)
    expected = np.asarray(model(PIXELS[:, :, ::-1].astype(np.float32)))
    np.testing.assert_allclose(flipped, expected, rtol=1e-3, atol=0.1)


def test_a_second_call_reads_the_same(model: keras.Model, counted: list[int]) -> None:
    first = features.extract(model, pictures(PIXELS), "train")
    second = features.extract(model, pictures(PIXELS.copy()), "train")
    assert len(counted) == 1
    np.testing.assert_array_equal(first.values, second.values)
    assert first.seconds == second.seconds


def test_anything_that_changes_is_computed_anew(
    model: keras.Model, counted: list[int], cache: Path
) -> None:
    features.extract(model, pictures(PIXELS), "train")
    features.extract(model, pictures(PIXELS), "train", mirror=True)
    other = PIXELS.copy()
    other[3, 2, 1, 0] ^= 1
    features.extract(model, pictures(other), "train")
    features.extract(model, pictures(PIXELS[::-1]), "train")
    kernel, bias = model.get_weights()
    kernel[0, 0, 0, 0] += 1e-3
    model.set_weights([kernel, bias])
    features.extract(model, pictures(PIXELS), "train")
    assert len(counted) == 5
    assert len(list(cache.iterdir())) == 5


def test_another_preprocessing_is_another_key() -> None:
    def key(scale: float) -> str:
        keras.utils.set_random_seed(1)
        image = keras.Input((8, 8, 3), name="image")
        scaled = keras.layers.Rescaling(scale, name="scale")(image)
        return features._key(keras.Model(image, scaled, name="tiny"), PIXELS, False)

    assert key(1 / 255) != key(1 / 127)
    assert key(1 / 255) == key(1 / 255)


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "other shape", "pickle"])
def test_a_damaged_file_is_computed_anew(
    damage: str, model: keras.Model, counted: list[int], cache: Path
) -> None:
    first = features.extract(model, pictures(PIXELS), "train")
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    if damage == "empty":
        content.clear()
    if damage == "cut":
        del content[len(content) // 2 :]
    if damage == "changed":
        content[len(content) // 3] ^= 1
    file.write_bytes(content)
    if damage == "other shape":
        np.savez(file, values=np.zeros((7, 2), np.float16), seconds=1.0)
    if damage == "pickle":
        np.savez(file, values=np.array([{}], object), seconds=1.0)
    again = features.extract(model, pictures(PIXELS), "train")
    assert len(counted) == 2
    np.testing.assert_array_equal(first.values, again.values)
    features.extract(model, pictures(PIXELS), "train")
    assert len(counted) == 2  # it is whole again


def test_a_cache_that_cannot_be_written_is_done_without(
    model: keras.Model, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")  # root may write anywhere
    own = cache.parents[1] / "own"
    own.write_text("the same")
    values, _ = features.extract(model, pictures(PIXELS), "train")
    assert values.shape == (7, 6, 6, 4)
    assert "not kept" in capsys.readouterr().out


def test_what_a_shared_cache_does_not_take_is_kept_in_the_users_folder(
    model: keras.Model,
    cache: Path,
    counted: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    first = features.extract(model, pictures(PIXELS), "train")
    assert len(list((cache.parents[1] / "own" / "features").iterdir())) == 1
    again = features.extract(model, pictures(PIXELS), "train")
    assert len(counted) == 1
    np.testing.assert_array_equal(first.values, again.values)
    assert capsys.readouterr().out == ""


def test_without_a_place_that_takes_them_they_are_not_kept(
    model: keras.Model, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (cache, cache.parents[1] / "own" / "features"):
        place.parent.mkdir()
        place.write_text("a file where the folder should be")
    assert len(features.extract(model, pictures(PIXELS), "train").values) == 7
    assert "not kept" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write")
def test_what_a_read_only_cache_does_not_take_is_kept_in_the_users_folder(
    model: keras.Model, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    assert len(features.extract(model, pictures(PIXELS), "train").values) == 7
    assert len(list((cache.parents[1] / "own" / "features").iterdir())) == 1
    assert capsys.readouterr().out == ""


def test_large_numbers_are_not_lost(model: keras.Model) -> None:
    model.set_weights([weight + 1000 for weight in model.get_weights()])
    values, _ = features.extract(model, pictures(PIXELS), "train")
    assert values.max() > 65_504
    again, _ = features.extract(model, pictures(PIXELS), "train")
    np.testing.assert_array_equal(values, again)


def test_photographs_on_disk_count_by_content(
    model: keras.Model, counted: list[int], tmp_path: Path
) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for i, pixels in enumerate(PIXELS):
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    pets = datasets.cats_vs_dogs(folder=tmp_path)
    first, _ = features.extract(model, pets, "train")
    photos = np.stack([np.asarray(photo, np.float32) for photo in pets.train.images])
    np.testing.assert_allclose(first, model(photos), rtol=1e-3, atol=0.1)
    features.extract(model, pets, "train")
    assert len(counted) == 1
    Image.fromarray(255 - PIXELS[0]).save(pets.train.images.files[0])
    features.extract(model, pets, "train")
    assert len(counted) == 2


def test_a_model_that_takes_other_things_is_refused() -> None:
    for shape in [(8, 9, 3), (8, 8, 1), (None, None, 3), (8,)]:
        model = keras.Sequential([keras.Input(shape), keras.layers.ReLU()])
        with pytest.raises(ValueError, match="square colour images"):
            features.extract(model, pictures(PIXELS), "train")
