"""Folders of photographs as people have them: odd, spoilt, empty."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import datasets
from course_utils.datasets.photos import Photos, examine, read_photo, scan

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def halves(left, right, mode="RGB"):
    """40x20 picture of two colours."""
    picture = Image.new(mode, (40, 20), left)
    picture.paste(right, (20, 0, 40, 20))
    return picture


def pixel(photo, across):
    """Colour in the middle of the left (0.25) or right (0.75) half."""
    return photo[photo.shape[0] // 2, int(across * photo.shape[1])].tolist()


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def forged_png(width, height):
    """A PNG whose header claims another size."""
    content = bytearray(encoded(Image.new("L", (9, 9)), "PNG"))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.fixture
def photo_folder(tmp_path):
    """Two classes of ten small photographs each, JPEG."""
    for name, colour in (("apples", RED), ("sky", BLUE)):
        (tmp_path / name).mkdir()
        for i in range(10):
            picture = Image.new("RGB", (30 + i, 20), colour)
            picture.save(tmp_path / name / f"{i}.jpg")
    return tmp_path


# ---- what a picture becomes ----


@pytest.mark.parametrize(
    ("picture", "kind", "left", "right", "said"),
    [
        (halves(RED, BLUE), "PNG", RED, BLUE, []),
        (halves(0, 200, "L"), "PNG", [0] * 3, [200] * 3, ["gray or 16-bit made RGB"]),
        (halves(0, 1, "1"), "PNG", [0] * 3, WHITE, ["gray or 16-bit made RGB"]),
        (
            halves(RED, BLUE).quantize(4),
            *("PNG", RED, BLUE, ["palette made RGB"]),
        ),
        (
            halves((*RED, 255), (*BLUE, 0), "RGBA"),
            *("PNG", RED, WHITE, ["transparent parts made white"]),
        ),
        (
            halves((50, 255), (50, 0), "LA"),
            *("PNG", [50] * 3, WHITE),
            ["gray or 16-bit made RGB", "transparent parts made white"],
        ),
        (
            Image.fromarray(np.array([[0] * 20 + [25_700] * 20] * 20, np.uint16)),
            *("PNG", [0] * 3, [100] * 3, ["gray or 16-bit made RGB"]),
        ),
        (halves(RED, BLUE), "GIF", RED, BLUE, ["palette made RGB"]),
        (halves(RED, BLUE), "BMP", RED, BLUE, []),
        (halves(RED, BLUE), "TIFF", RED, BLUE, []),
        (
            halves((0, 255, 255, 0), (0, 0, 0, 0), "CMYK"),
            *("TIFF", RED, WHITE, ["CMYK made RGB"]),
        ),
    ],
)
def test_every_kind_of_picture_becomes_rgb(tmp_path, picture, kind, left, right, said):
    suffix = {"TIFF": "tif"}.get(kind, kind.lower())
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(encoded(picture, kind))
    assert examine(file) == ("", said)
    for photo in (read_photo(file), read_photo(file, (12, 30))):
        assert photo.dtype == np.uint8
        assert photo.shape in ((20, 40, 3), (12, 30, 3))
        assert pixel(photo, 0.2) == list(left)
        assert pixel(photo, 0.8) == list(right)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg_of_every_mode_becomes_rgb(tmp_path, mode):
    file = tmp_path / "a.jpeg"
    file.write_bytes(encoded(halves(RED, WHITE).convert(mode), "JPEG", quality=95))
    fault, _ = examine(file)
    assert not fault
    expected = np.asarray(halves(RED, WHITE).convert("L" if mode == "L" else "RGB"))
    expected = np.broadcast_to(expected.reshape(20, 40, -1), (20, 40, 3))
    assert abs(read_photo(file).astype(int) - expected)[:, :16].max() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path, orientation):
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:20, :30], upright[:20, 30:], upright[20:, :30] = RED, GREEN, BLUE
    # How a camera held each way stores the same scene (EXIF 2.3, tag Orientation).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = tmp_path / "a.jpg"
    picture = Image.fromarray(np.ascontiguousarray(stored[orientation]))
    picture.save(file, exif=exif, quality=100, subsampling=0)
    assert abs(read_photo(file).astype(int) - upright).mean() < 3
    assert examine(file) == ("", ["turned upright"] * (orientation > 1))
    small = read_photo(file, (20, 30))
    assert abs(small[5, 5].astype(int) - RED).max() < 10
    assert abs(small[15, 5].astype(int) - BLUE).max() < 10


def test_shrinking_averages_instead_of_picking_pixels(tmp_path):
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    for kind in ("png", "jpg"):
        Image.fromarray(stripes).save(tmp_path / f"a.{kind}", quality=100)
        small = read_photo(tmp_path / f"a.{kind}", (8, 8))
        assert abs(small.astype(int) - 127).max() < 12


# ---- what cannot be used ----

JPEG = encoded(Image.effect_noise((60, 40), 90).convert("RGB"), "JPEG")
UNUSABLE = {
    "empty.jpg": (b"", "empty"),
    "text.jpg": (b"not a picture", "not pictures"),
    "list.txt": (b"a.jpg b.jpg", "not pictures"),
    "cut.jpg": (JPEG[: len(JPEG) // 2], "damaged"),
    "cut.png": (encoded(halves(RED, BLUE), "PNG")[:60], "damaged"),
    "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), "smaller than 8 pixels"),
    "line.png": (encoded(Image.new("RGB", (90, 2)), "PNG"), "smaller than 8 pixels"),
    "huge.png": (forged_png(9_000, 8_000), "larger than 64 megapixels"),
    "bomb.png": (forged_png(60_000, 60_000), "larger than 64 megapixels"),
    ".hidden.jpg": (JPEG, "hidden"),
    "._mac.jpg": (b"\0\5\x16\7", "hidden"),
    "Thumbs.db": (b"\xd0\xcf\x11\xe0", "not pictures"),
    "program.eps": (encoded(halves(RED, BLUE), "EPS"), "not pictures"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_is_named(tmp_path, name):
    content, fault = UNUSABLE[name]
    (tmp_path / name).write_bytes(content)
    assert examine(tmp_path / name) == (fault, [])


def test_links_to_nothing_and_pipes_are_not_opened(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")  # to open it would wait for ever
    assert examine(tmp_path / "gone.jpg") == ("not files", [])
    assert examine(tmp_path / "pipe.jpg") == ("not files", [])


def test_a_wrong_extension_does_no_harm(tmp_path):
    file = tmp_path / "really_png.jpg"
    file.write_bytes(encoded(halves(RED, BLUE), "PNG"))
    assert examine(file) == ("", ["read in spite of a wrong extension"])
    assert pixel(read_photo(file), 0.25) == list(RED)


def test_a_large_photograph_is_used(tmp_path):
    Image.new("RGB", (6_000, 5_000), RED).save(tmp_path / "a.jpg")
    assert examine(tmp_path / "a.jpg") == ("", [])
    assert read_photo(tmp_path / "a.jpg", (50, 50)).shape == (50, 50, 3)


ORIGINALS = [
    encoded(Image.effect_noise((40, 30), 90).convert(mode), kind)
    for kind, mode in (
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("GIF", "P"),
        ("BMP", "RGB"),
        ("WEBP", "RGB"),
        ("TIFF", "CMYK"),
    )
]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=150)
@given(
    content=st.sampled_from(ORIGINALS),
    keep=st.floats(0.01, 1),
    spoilt=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
)
def test_spoilt_files_are_either_left_out_or_readable(
    tmp_path_factory, content, keep, spoilt
):
    content = bytearray(content[: max(1, int(keep * len(content)))])
    for where, value in spoilt:
        content[int(where * len(content))] = value
    file = tmp_path_factory.getbasetemp() / "spoilt.jpg"
    file.write_bytes(content)
    fault, changes = examine(file)
    if fault:
        assert not changes
    else:
        assert read_photo(file, (16, 24)).shape == (16, 24, 3)


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
        "1 gray or 16-bit made RGB",
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
