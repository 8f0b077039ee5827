"""Pictures that are left out, and why in true words."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from course_utils.datasets.photos import Photos
from course_utils.datasets.pictures import examine, read_photo
from tests.unit.odd_pictures import (
    BLUE,
    JPEG,
    RED,
    UNUSABLE,
    encoded,
    halves,
    pixel,
)


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
        ("PPM", "L"),
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


# ---- in true words ----


def box(brand):
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"mif1" + bytes(40)


TIFF = encoded(halves(RED, BLUE), "TIFF")
UNKNOWN_COMPRESSION = TIFF.replace(b"\3\1\3\0\1\0\0\0\1\0", b"\3\1\3\0\1\0\0\0\x77\x77")
DNG = TiffImagePlugin.ImageFileDirectory_v2()
THUMBNAIL = TiffImagePlugin.ImageFileDirectory_v2()
DNG[50_706], THUMBNAIL[254] = b"\1\4\0\0", 1


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.heic", box(b"heic"), "HEIC"),
        ("a.jpg", box(b"heix"), "HEIC"),
        ("a.svg", b'<?xml version="1.0"?>\n<svg xmlns="x"></svg>', "SVG"),
        ("a.SVG", b"<svg/>", "SVG"),
        ("a.cr2", TIFF, "RAW"),
        ("a.NEF", TIFF, "RAW"),
        ("a.cr3", box(b"crx "), "RAW"),
        ("a.raf", b"FUJIFILMCCD-RAW 0201", "RAW"),
        ("a.tif", encoded(halves(RED, BLUE), "TIFF", tiffinfo=DNG), "RAW"),
        ("a.tif", encoded(halves(RED, BLUE), "TIFF", tiffinfo=THUMBNAIL), "RAW"),
        ("a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        ("a.jxl", b"\xff\x0a\0\0", "JPEG XL"),
        ("a.psd", b"8BPS\0\1", "Photoshop"),
        ("a.ico", b"\0\0\1\0\1\0", "icon"),
    ],
)
def test_what_pillow_does_not_read_is_called_by_its_name(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    fault = f"{kind} pictures, which are not read: save them as JPEG or PNG"
    assert examine(tmp_path / name) == (fault, [])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # it remarks on the faults
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (JPEG[:-2], "damaged"),
        (JPEG[:8], "damaged"),
        (JPEG[:2], "not pictures"),
        (encoded(halves(RED, BLUE), "PNG")[:20], "damaged"),
        (encoded(halves(RED, BLUE), "PNG")[:-30], "damaged"),
        (encoded(halves(RED, BLUE), "GIF")[:-30], "damaged"),
        (encoded(halves(RED, BLUE), "BMP")[:-300], "damaged"),
        (encoded(halves(RED, BLUE), "BMP")[:20], "damaged"),
        (encoded(halves(RED, BLUE), "WEBP")[:-10], "damaged"),
        (TIFF[:100], "damaged or of a rare kind"),
        (UNKNOWN_COMPRESSION, "damaged or of a rare kind"),
        (b"II*\0\x08\0\0\0\xff\xff", "damaged or of a rare kind"),
        (b"P5\n9 9\n255\n123", "damaged"),
        (b"P6 99999 99999 255\n", "larger than 64 megapixels"),
        (b"RIFF\4\0\0\0WAVE", "not pictures"),
        (b"\0" * 99, "not pictures"),
    ],
)
def test_spoilt_pictures_are_not_called_something_else(tmp_path, content, fault):
    (tmp_path / "a.jpg").write_bytes(content)
    assert examine(tmp_path / "a.jpg") == (fault, [])


def test_a_good_picture_is_not_called_damaged_for_want_of_memory_or_permission(
    tmp_path, monkeypatch
):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    photos = Photos([tmp_path / "a.jpg"])
    for error, fault in (
        (MemoryError(), "damaged, or too large for the memory that is free"),
        (PermissionError(13, "Permission denied"), "unreadable"),
        (OSError(5, "Input/output error"), "unreadable"),
        (OSError("broken data stream"), "damaged"),
        (RuntimeError("Failed to decode image"), "damaged"),  # as AVIF tells it
    ):
        monkeypatch.setattr(Image, "open", lambda *_, error=error, **__: throw(error))
        assert examine(tmp_path / "a.jpg") == (fault, [])
    monkeypatch.setattr(Image, "open", lambda *_, **__: throw(MemoryError()))
    with pytest.raises(MemoryError):
        photos.read(0, (9, 9))
    assert not photos.lost


def throw(error):
    raise error
