"""One picture: what it becomes, what is said of it, and why some are left out."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from course_utils.datasets.pictures import FORMATS, SUFFIXES, examine, read_photo
from tests.unit.odd_pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    encoded,
    halves,
    pixel,
)

# ---- what a picture becomes ----


@pytest.mark.parametrize(
    ("picture", "kind", "left", "right", "said"),
    [
        (halves(RED, BLUE), "PNG", RED, BLUE, []),
        (halves(0, 200, "L"), "PNG", [0] * 3, [200] * 3, ["gray made RGB"]),
        (halves(0, 1, "1"), "PNG", [0] * 3, WHITE, ["gray made RGB"]),
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
            ["gray made RGB", "transparent parts made white"],
        ),
        (
            Image.fromarray(np.array([[0] * 20 + [25_700] * 20] * 20, np.uint16)),
            *("PNG", [0] * 3, [100] * 3, ["16 bits made 8", "gray made RGB"]),
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


# ---- true words about every kind ----


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of two orientations at once
@pytest.mark.parametrize(
    "kind", sorted({"JPEG", "PNG", "WEBP", "TIFF", "AVIF"} & {*FORMATS})
)
@pytest.mark.parametrize("orientation", [*range(10), 6_000, None, (6, 6)])
def test_orientations_are_obeyed_and_told_in_every_format(tmp_path, kind, orientation):
    value = orientation[0] if isinstance(orientation, tuple) else orientation
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:20, :30], upright[:20, 30:], upright[20:, :30] = RED, GREEN, BLUE
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = value if kind == "AVIF" else orientation
    options = {"TIFF": {}, "WEBP": {"lossless": True}}.get(kind, {"quality": 100})
    file = tmp_path / f"a.{kind.lower()}"
    Image.fromarray(upright).save(file, kind, exif=exif, **options)
    photo = read_photo(file).astype(int)
    _, done = examine(file)
    turned = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, -1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright),
    }
    assert abs(photo - turned.get(value, upright)).mean() < 8
    assert ("turned upright" in done) == (value in turned)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what is spoilt
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_spoilt_remarks_do_not_spoil_the_picture(tmp_path, kind):
    file = tmp_path / f"a.{kind.lower()}"
    for exif in (
        b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12",
        b"Exif\0\0??",
        b"Exif\0\0II*\0",
    ):
        halves(RED, BLUE).save(file, kind, exif=exif, quality=100)
        assert examine(file) == ("", [])
        assert read_photo(file).shape == (20, 40, 3)


def gray(left, right, dtype):
    return Image.fromarray(np.array([[left] * 20 + [right] * 20] * 20, dtype))


SCALED = "numbers scaled, the smallest or 0 to black, the largest to white"


@pytest.mark.parametrize(
    ("picture", "kind", "left", "right", "how"),
    [
        (gray(0, 65_535, np.uint16), "PNG", 0, 255, "16 bits made 8"),
        (gray(257, 25_700, np.uint16), "TIFF", 1, 100, "16 bits made 8"),
        (gray(257, 25_700, np.uint16), "PPM", 1, 100, "16 bits made 8"),
        (gray(0, 0.5, np.float32), "TIFF", 0, 128, "numbers in 0..1 made 0..255"),
        (gray(7, 200.4, np.float32), "TIFF", 7, 200, "numbers in 0..255 rounded"),
        (gray(0, 1000, np.float32), "TIFF", 0, 255, SCALED),
        (gray(-1, 1, np.float32), "TIFF", 0, 255, SCALED),
        (gray(-3, -3, np.float32), "TIFF", 0, 0, SCALED),
        (
            gray(np.nan, 1, np.float32),
            *("TIFF", 0, 255),
            "numbers in 0..1 made 0..255, NaN and infinity made black",
        ),
        (
            gray(np.inf, 500, np.float32),
            *("TIFF", 0, 255, SCALED + ", NaN and infinity made black"),
        ),
        (gray(7, 200, np.int32), "TIFF", 7, 200, "numbers in 0..255 rounded"),
        (gray(0, 2**30, np.int32), "TIFF", 0, 255, SCALED),
        (gray(2**29, 2**30, np.int32), "TIFF", 128, 255, SCALED),
    ],
)
def test_deep_pictures_are_scaled_and_not_clipped(
    tmp_path, picture, kind, left, right, how
):
    file = tmp_path / f"a.{SUFFIXES[kind][0][1:]}"
    picture.save(file, kind)
    assert examine(file) == ("", sorted(["gray made RGB", how]))
    for photo in (read_photo(file), read_photo(file, (12, 30))):
        assert pixel(photo, 0.2) == [left] * 3
        assert pixel(photo, 0.8) == [right] * 3


def deep_png(colour_type, *numbers):
    """A PNG of 20x20 equal pixels with 16 bits for each of these numbers."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    row = b"\0" + struct.pack(f">{len(numbers)}H", *numbers) * 20
    head = struct.pack(">IIBBBBB", 20, 20, 16, colour_type, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(row * 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "colour", "said"),
    [
        (deep_png(2, 25_700, 0, 65_535), [100, 0, 255], []),
        (deep_png(6, 25_700, 0, 65_535, 65_535), [100, 0, 255], []),
        (deep_png(6, 0, 0, 0, 0), [255] * 3, ["transparent parts made white"]),
        (deep_png(4, 25_700, 65_535), [100] * 3, ["gray made RGB"]),
    ],
)
def test_colours_of_16_bits_are_told(tmp_path, content, colour, said):
    (tmp_path / "a.png").write_bytes(content)
    assert examine(tmp_path / "a.png") == ("", sorted(["16 bits made 8", *said]))
    assert read_photo(tmp_path / "a.png")[9, 9].tolist() == colour


def test_more_modes_become_rgb(tmp_path):
    file = tmp_path / "a.tif"
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(halves(RED, WHITE), *profiles, outputMode="LAB")
    assert lab
    for picture, said in (
        (lab, "LAB made RGB"),
        (halves(RED, WHITE).convert("YCbCr"), "YCbCr made RGB"),
        (halves(RED, WHITE).convert("CMYK"), "CMYK made RGB"),
        (halves(RED, WHITE).quantize(4), "palette made RGB"),
    ):
        picture.save(file)
        assert examine(file) == ("", [said])
        photo = read_photo(file).astype(int)
        assert abs(photo[9, 9] - RED).max() < 12
        assert abs(photo[9, 30] - WHITE).max() < 12


def test_opaque_pictures_are_not_called_transparent(tmp_path):
    for mode in ("RGBA", "LA", "PA"):
        file = tmp_path / f"{mode}.tif"
        halves(RED, WHITE).convert(mode).save(file)
        assert "transparent parts made white" not in examine(file)[1]
    clear = halves(RED, BLUE).quantize(4)
    clear.save(tmp_path / "a.gif", transparency=clear.getpixel((0, 0)))
    assert "transparent parts made white" in examine(tmp_path / "a.gif")[1]
    assert pixel(read_photo(tmp_path / "a.gif"), 0.2) == list(WHITE)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG", "MPO"])
def test_of_several_pictures_the_first_is_used_and_that_is_told(tmp_path, kind):
    file = tmp_path / f"a.{SUFFIXES[kind][0][1:]}"
    more = [halves(GREEN, GREEN), halves(BLUE, BLUE)]
    halves(RED, RED).save(file, kind, save_all=True, append_images=more)
    fault, done = examine(file)
    assert not fault
    assert "the first of several pictures in a file used" in done
    assert abs(np.subtract(pixel(read_photo(file), 0.2), RED)).max() < 9


@pytest.mark.parametrize(
    "name",
    [
        *("a.jpg", "a.JPG", "a.jpeg", "a.JPEG", "a.jfif", "a.jpe", "a.png", "a.PNG"),
        *("a.gif", "a.bmp", "a.dib", "a.webp", "a.WebP", "a.tif", "a.TIFF", "a.ppm"),
    ],
)
def test_usual_extensions_are_right_in_any_case(tmp_path, name):
    suffix = Path(name).suffix.lower()
    kind = next(kind for kind, known in SUFFIXES.items() if suffix in known)
    halves(RED, BLUE).save(tmp_path / name, kind)
    assert "extension" not in " ".join(examine(tmp_path / name)[1])
    (tmp_path / name).rename(tmp_path / "noname")
    assert "read though the name has no extension" in examine(tmp_path / "noname")[1]
