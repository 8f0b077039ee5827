"""Pictures for tests: of two colours, forged, spoilt."""

import io
import struct
import zlib

from PIL import Image

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
