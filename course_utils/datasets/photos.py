"""Folders of photographs as they come: checked once, then read one at a time."""

import os
import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import overload

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

SPLITS = ("train", "validation", "test")
# What Pillow may try. Not all it knows: for some formats it starts other programs.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "MPO": (".jpg", ".jpeg", ".mpo"),
    "TIFF": (".tif", ".tiff"),
}
SMALLEST = 8  # pixels on the shorter side
LARGEST = 64_000_000  # pixels: 256 MB while it is decoded
EXIF_ORIENTATION = 0x0112
# What Pillow raises for spoilt files. A narrower list would let some stop an epoch, a
# wider one would hide mistakes of our own.
SPOILT = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError),
    *(MemoryError, struct.error, zlib.error, Image.DecompressionBombError),
)

# Remarks on odd EXIF data would appear in the middle of a lesson.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_photo(file: Path, image_size: tuple[int, int] | None = None) -> np.ndarray:
    """One photograph as uint8 (H, W, 3), turned upright.

    Gray, palette, CMYK and 16-bit pictures become RGB; what is transparent becomes
    white. With `image_size` (height, width) the whole picture is scaled to that, as
    `keras.utils.image_dataset_from_directory` does, but smoothed before it shrinks.
    """
    with Image.open(file, formats=FORMATS) as picture:
        if image_size:  # a JPEG decodes faster at 1/2, 1/4 or 1/8 of its size
            picture.draft(None, (max(image_size),) * 2)
        photo = _to_rgb(ImageOps.exif_transpose(picture))
        if image_size:
            photo = photo.resize(image_size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(photo)


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):  # 16 bits or more, which convert() clips
        values = np.nan_to_num(np.asarray(picture, float))
        top = 65_535 if picture.mode.startswith("I") else max(values.max(), 1e-9)
        picture = Image.fromarray((255 * values / top).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def examine(file: Path) -> tuple[str, list[str]]:
    """Why a file cannot be used ("" if it can), and what will be done to it."""
    if _hidden(file):
        return "hidden", []
    if not file.is_file():
        return "not files", []
    try:
        if file.stat().st_size == 0:
            return "empty", []
        with Image.open(file, formats=FORMATS) as picture:
            kind, mode, info = picture.format or "", picture.mode, picture.info
            if min(picture.size) < SMALLEST:
                return f"smaller than {SMALLEST} pixels", []
            if picture.width * picture.height > LARGEST:
                return f"larger than {LARGEST // 10**6} megapixels", []
            turned = picture.getexif().get(EXIF_ORIENTATION, 1) != 1
        read_photo(file, (SMALLEST, SMALLEST))
    except UnidentifiedImageError:
        return "not pictures", []
    except Image.DecompressionBombError:
        return f"larger than {LARGEST // 10**6} megapixels", []
    except SPOILT:
        return "damaged", []
    done = {
        "turned upright": turned,
        "gray or 16-bit made RGB": mode[0] in "1LIF",
        "palette made RGB": mode[0] == "P",
        "CMYK made RGB": mode == "CMYK",
        "transparent parts made white": "transparency" in info or mode[-1] in "Aa",
        "read in spite of a wrong extension": (
            file.suffix.lower() not in SUFFIXES.get(kind, (f".{kind.lower()}",))
        ),
    }
    return "", [text for text, is_so in done.items() if is_so]


class Photos(Sequence[np.ndarray]):
    """Photographs on disk, each of its own size: ``photos[i]`` is uint8 (H, W, 3)."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self.lost: set[Path] = set()  # could be read at first, not when they were due

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, place: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, place: slice) -> "Photos": ...
    def __getitem__(self, place: int | slice) -> "np.ndarray | Photos":
        if isinstance(place, slice):
            return Photos(self.files[place])
        return read_photo(self.files[place])

    def read(self, place: int, image_size: tuple[int, int]) -> tuple[np.ndarray, int]:
        """Photograph at `place` as (height, width, 3) and its place.

        When the file has become unreadable, the next one that can be read stands in,
        so that an epoch keeps its length and ends.
        """
        for step in range(min(len(self), 10)):
            stand_in = (place + step) % len(self)
            try:
                return read_photo(self.files[stand_in], image_size), stand_in
            except SPOILT:
                self.lost.add(self.files[stand_in])
        raise OSError(f"{self.files[place]} and the 9 files after it cannot be read")


Labelled = tuple[Photos, np.ndarray]


def scan(folder: Path) -> tuple[dict[str, Labelled], tuple[str, ...], list[str]]:
    """Find, check and divide the photographs of a folder.

    Parameters
    ----------
    folder : Path
        Has one sub-folder a class, or sub-folders ``train``, ``validation`` and
        ``test`` with one sub-folder a class each. A missing ``validation`` gets a fifth
        of ``train``, a missing ``test`` half of ``validation``. A sub-folder
        ``PetImages`` is looked into.

    Returns
    -------
    splits : photographs and labels of "train", "validation" and "test", well mixed
    class_names : names of the sub-folders, in the order of the labels
    notes : what was left out and what is converted, with counts

    Raises
    ------
    ValueError
        When fewer than two classes have a picture that can be used.
    """
    if not folder.is_dir():
        raise ValueError(f"folder is {str(folder)!r}; there is no such folder.")
    if (folder / "PetImages").is_dir():
        folder /= "PetImages"
    places = {"train": folder}
    if (folder / "train").is_dir():
        places = {split: folder / split for split in SPLITS}
    classes = [
        (split, below)
        for split, place in places.items()
        for below in (sorted(place.iterdir()) if place.is_dir() else [])
        if below.is_dir() and not _hidden(below)
    ]
    found = [
        (split, below.name, Path(path, name))
        for split, below in classes
        for path, _, names in sorted(os.walk(below))
        for name in sorted(names)
    ]
    notes: Counter[str] = Counter()
    usable: dict[str, dict[str, list[Path]]] = {split: {} for split in SPLITS}
    for split, below in classes:
        usable[split][below.name] = []
    with ThreadPoolExecutor() as pool:
        reports = pool.map(examine, [file for _, _, file in found])
        bar = tqdm(reports, "checking photographs", len(found), delay=10, leave=False)
        for (split, name, file), (fault, changes) in zip(found, bar):
            notes.update([f"left out, {fault}"] if fault else changes)
            if not fault:
                usable[split][name].append(file)

    class_names = tuple(name for name, files in usable["train"].items() if files)
    for name in sorted({below.name for _, below in classes} - set(class_names)):
        notes[f"left out, class {name!r} without pictures to train on"] += 1
    if len(class_names) < 2:
        raise ValueError(
            f"folder is {str(folder)!r}; it must have a sub-folder with pictures for "
            f"each of at least two classes, and has {len(class_names)} of them."
        )
    rng = np.random.default_rng(0)
    for new, old, share in (("validation", "train", 0.2), ("test", "validation", 0.5)):
        if new in places and (folder / new).is_dir():
            continue
        for name in class_names:
            files = usable[old].get(name, [])
            order = rng.permutation(len(files))
            moved = set(order[: round(share * len(files))])
            usable[new][name] = [files[i] for i in sorted(moved)]
            usable[old][name] = [f for i, f in enumerate(files) if i not in moved]
    splits = {}
    for split in SPLITS:
        groups = [usable[split].get(name, []) for name in class_names]
        labels = np.repeat(np.arange(len(groups)), [len(files) for files in groups])
        order = rng.permutation(len(labels))  # else all of one class come first
        files = list(chain(*groups))
        mixed = Photos([files[i] for i in order])
        splits[split] = (mixed, labels[order].astype(np.uint8))
    return splits, class_names, [f"{n:,} {note}" for note, n in sorted(notes.items())]


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "__MACOSX"))
