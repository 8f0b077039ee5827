"""One picture: whether it can be used, and what is done to it on the way to RGB."""

import errno
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError, features

# What Pillow may try, with the usual extensions. Not all it knows: for some formats it
# starts other programs.
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jif", ".jfif"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
}
if features.check("avif"):
    SUFFIXES["AVIF"] = (".avif", ".avifs")
FORMATS = tuple(SUFFIXES)
SUFFIXES["MPO"] = (*SUFFIXES["JPEG"], ".mpo")  # a JPEG with more pictures behind it
STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TIFF"),
    # What is not read is named, so that its owner can save it as something else.
    **dict.fromkeys((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "JPEG 2000"),
    **dict.fromkeys((b"\0\0\0\x0cJXL ", b"\xff\x0a"), "JPEG XL"),
    **dict.fromkeys((b"FUJIFILM", b"IIRO", b"IIRS", b"MMOR", b"IIU\0"), "RAW"),
    b"8BPS": "Photoshop",
    b"\0\0\1\0": "icon",
    b"v/1\1": "OpenEXR",
}
BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIC"),
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"crx ": "RAW",
}
# Many of these are TIFF files, whose first picture is a thumbnail.
RAW = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mrw"),
    *(".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srf", ".srw"),
    ".x3f",
)
FOREIGN = (".heic", ".heif", ".svg", ".jp2", ".jxl", ".psd", *RAW)
DNG_VERSION, REDUCED = 50_706, 254  # TIFF tags
SMALLEST = 8  # pixels on the shorter side
LARGEST = 64_000_000  # pixels: 256 MB while it is decoded
TOO_LARGE = f"larger than {LARGEST // 10**6} megapixels"
BITS = 258  # TIFF tag
ORIENTATION = 0x0112  # EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises for spoilt files. A narrower list would let some stop an epoch, a
# wider one would hide mistakes of our own. Not MemoryError: the file may be a good one.
SPOILT = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError),
    *(KeyError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError),
)

# Remarks on odd EXIF data would appear in the middle of a lesson.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_photo(file: Path, image_size: tuple[int, int] | None = None) -> np.ndarray:
    """One photograph as uint8 (H, W, 3), turned upright.

    Gray, palette, CMYK, LAB, 16-bit and float pictures become RGB; what is transparent
    becomes white; of several pictures in a file the first is taken. With `image_size`
    (height, width) the whole picture is scaled to that, as
    `keras.utils.image_dataset_from_directory` does, but smoothed before it shrinks.
    """
    with Image.open(file, formats=FORMATS) as picture:
        return _converted(picture, image_size)[0]


def _converted(
    picture: Image.Image, image_size: tuple[int, int] | None
) -> tuple[np.ndarray, list[str]]:
    """An opened picture as uint8 (H, W, 3), and what was done to make it so."""
    done = []
    if getattr(picture, "is_animated", False):
        done.append("the first of several pictures in a file used")
    bits, gray = _stored(picture)
    if image_size:  # a JPEG decodes faster at 1/2, 1/4 or 1/8 of its size
        picture.draft(None, (max(image_size),) * 2)
    turn = _orientation(picture)
    picture.load()
    photo = picture
    if _orientation(picture) in TURNS:  # TIFF is turned by now
        photo = picture.transpose(TURNS[turn])
    if turn in TURNS:
        done.append("turned upright")
    if photo.mode.startswith(("I", "F")):
        photo, how = _eight_bits(photo, picture.format)
        done.append(how)
    elif bits > 8:
        done.append("16 bits made 8")
    if gray or photo.mode in ("1", "L", "LA", "La"):
        done.append("gray made RGB")
    elif not photo.mode.startswith("RGB"):
        made = "palette" if photo.mode[0] == "P" else photo.mode
        done.append(f"{made} made RGB")
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        if np.asarray(photo)[..., 3].min() < 255:
            done.append("transparent parts made white")
        photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)
    photo = photo if photo.mode == "RGB" else photo.convert("RGB")
    if image_size:
        photo = photo.resize(image_size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(photo), sorted(done)


def _stored(picture: Any) -> tuple[int, bool]:
    """Bits of a colour in the file, and whether it is gray there.

    Pillow makes 8 bits of 16 where there are colours, and RGBA of gray with alpha.
    """
    if picture.format == "TIFF":
        bits = picture.tag_v2.get(BITS, ())
        numbers = bits if isinstance(bits, tuple) else (bits,)
        return max((n for n in numbers if isinstance(n, int)), default=1), False
    if picture.format == "PNG":
        place = picture.fp.tell()
        picture.fp.seek(24)
        bits, colour = picture.fp.read(2)
        picture.fp.seek(place)
        return bits, colour in (0, 4)
    if picture.format == "PPM" and isinstance(picture.tile[0][3], tuple):
        highest = picture.tile[0][3][-1]
        return 16 if isinstance(highest, int) and highest > 255 else 8, False
    return 8, False


def _orientation(picture: Image.Image) -> int:
    """How the camera was held, 1 to 8 (1 is upright), as far as it is known."""
    try:
        value = picture.getexif().get(ORIENTATION)
    except SPOILT:  # only the remarks on the picture are spoilt
        return 1
    return value if isinstance(value, int) and value in TURNS else 1


def _eight_bits(picture: Image.Image, kind: str | None) -> tuple[Image.Image, str]:
    """A gray picture of 16 bits or more, which convert() would clip, and how."""
    values = np.asarray(picture, float)
    good = np.isfinite(values)
    low, high = (values[good].min(), values[good].max()) if good.any() else (0, 0)
    sixteen = picture.mode.startswith("I;16") or kind in ("PNG", "PPM")
    if picture.mode[0] == "I" and sixteen:
        low, high, how = 0, 65_535, "16 bits made 8"
    elif picture.mode == "F" and low >= 0 and high <= 1:
        low, high, how = 0, 1, "numbers in 0..1 made 0..255"
    elif low >= 0 and high <= 255:
        low, high, how = 0, 255, "numbers in 0..255 rounded"
    else:
        low = min(low, 0)
        how = "numbers scaled, the smallest or 0 to black, the largest to white"
    if not good.all():
        how += ", NaN and infinity made black"
    scaled = (np.where(good, values, low) - low) * (255 / max(high - low, 1e-300))
    return Image.fromarray(np.rint(scaled).clip(0, 255).astype(np.uint8)), how


def kind_of(file: Path) -> str:
    """The format that a file begins like, "" for none that is known."""
    with file.open("rb") as content:
        head = content.read(256)
    if head[4:8] == b"ftyp":
        if b"avif" in head[8:64]:
            return "AVIF"
        return BRANDS.get(head[8:12], "")
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else ""
    if b"<svg" in head.lower():
        return "SVG"
    if head[:1] == b"P" and head[1:2] in b"123456fF" and head[2:3].isspace():
        return "PPM"
    return next((kind for start, kind in STARTS.items() if head.startswith(start)), "")


def may_be_picture(file: Path) -> bool:
    """Whether name or beginning are those of a picture, readable or not."""
    suffix = file.suffix.lower()
    if suffix in FOREIGN or any(suffix in known for known in SUFFIXES.values()):
        return True
    try:
        return file.is_file() and bool(kind_of(file))
    except OSError:
        return False


def examine(file: Path) -> tuple[str, list[str]]:
    """Why a file cannot be used ("" if it can), and what will be done to it."""
    kind = ""
    try:
        if hidden(file):
            return "hidden", []
        if not file.is_file():
            return "not files", []
        if file.stat().st_size == 0:
            return "empty", []
        kind = "RAW" if file.suffix.lower() in RAW else kind_of(file)
        if kind and kind not in FORMATS:
            return f"{kind} pictures, which are not read: save them as JPEG or PNG", []
        with Image.open(file, formats=FORMATS) as picture:
            if min(picture.size) < SMALLEST:
                return f"smaller than {SMALLEST} pixels", []
            if picture.width * picture.height > LARGEST:
                return TOO_LARGE, []
            tags = getattr(picture, "tag_v2", {})
            if DNG_VERSION in tags or tags.get(REDUCED) == 1:
                return "RAW pictures, which are not read: save them as JPEG or PNG", []
            kind = picture.format or ""
            _, done = _converted(picture, (SMALLEST, SMALLEST))
    except UnidentifiedImageError:
        return "damaged or of a rare kind" if kind else "not pictures", []
    except Image.DecompressionBombError:
        return TOO_LARGE, []
    except MemoryError:
        return "damaged, or too large for the memory that is free", []
    except OSError as error:  # with a number it tells of the disk, not of the file
        return "damaged" if error.errno in (None, errno.EINVAL) else "unreadable", []
    except SPOILT:
        return "damaged", []
    if not file.suffix:
        done.append("read though the name has no extension")
    elif file.suffix.lower() not in SUFFIXES[kind]:
        done.append("read in spite of a wrong extension")
    return "", done


def hidden(path: Path) -> bool:
    """Whether a system or a program keeps a file or folder for itself."""
    own = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information")
    return path.name.startswith((".", *own))
