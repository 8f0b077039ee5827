"""Folders of photographs as they come: checked once, then read one at a time."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import overload

import numpy as np
from tqdm import tqdm

from course_utils.datasets.folders import SPLITS, Layout, key, understand
from course_utils.datasets.pictures import SPOILT, examine, read_photo

Files = dict[str, dict[str, list[Path]]]  # of a split, of a class
MOST_CLASSES = 256  # labels are uint8


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
        Has one sub-folder a class, or sub-folders for splits with one sub-folder a
        class each, at any depth. Splits are called train, validation and test, or what
        they are called elsewhere: training_set, val, valid, dev, Testing, holdout. A
        missing validation gets a fifth of train, a missing test half of validation.

    Returns
    -------
    splits : photographs and labels of "train", "validation" and "test", well mixed
    class_names : names of the sub-folders, in the order of the labels
    notes : what was left out and what is converted, with counts

    Raises
    ------
    ValueError
        When fewer than two classes have a picture that can be used, or where it is not
        sure what is a split and what is a class.
    """
    if folder.is_file():
        raise ValueError(
            f"folder is {str(folder)!r}, which is a file. Unpack it, and give the "
            "folder with the photographs."
        )
    if not folder.is_dir():
        raise ValueError(f"folder is {str(folder)!r}; there is no such folder.")
    try:
        layout = understand(folder)
        usable, digests = _checked(layout)
        class_names = _class_names(usable, layout)
    except ValueError as error:
        raise ValueError(f"folder is {str(folder)!r}; {error}") from None
    notes = layout.notes
    given = {split for split in SPLITS if any(usable.get(split, {}).values())}
    rng = np.random.default_rng(0)
    for new, old, share in (("validation", "train", 0.2), ("test", "validation", 0.5)):
        if new in given:
            continue
        usable[new] = {}
        for name in class_names:
            files = usable[old].get(name, [])
            moved = _part(rng, files, share, digests)
            usable[new][name] = [f for i, f in enumerate(files) if i in moved]
            usable[old][name] = [f for i, f in enumerate(files) if i not in moved]
    texts = [f"{n:,} {note}" for note, n in sorted(notes.items())]
    texts += _remarks(usable, class_names, layout, given, digests)
    splits = {split: _mixed(rng, usable[split], class_names) for split in SPLITS}
    return splits, tuple(map(_printable, class_names)), texts


def _printable(name: str) -> str:
    """A name in another encoding, as old archives have them, with marks for letters."""
    return os.fsencode(name).decode("utf-8", "replace")


def _checked(layout: Layout) -> tuple[Files, dict[Path, bytes]]:
    """The files that can be used, and a digest of each."""
    found = [
        (split, name, file)
        for split, classes in layout.classes.items()
        for name, files in classes.items()
        for file in files
    ]
    links = [(file.is_symlink(), i) for i, (_, _, file) in enumerate(found)]
    targets = [os.path.realpath(file) for _, _, file in found]
    first: dict[str, int] = {}  # of all links to a file, and the file itself
    for _, i in sorted(links):
        first.setdefault(targets[i], i)
    usable: Files = {s: {n: [] for n in c} for s, c in layout.classes.items()}
    digests = {}
    with ThreadPoolExecutor() as pool:
        reports = pool.map(_report, [file for _, _, file in found])
        bar = tqdm(reports, "checking photographs", len(found), delay=10, leave=False)
        for i, ((split, name, file), (fault, done, digest)) in enumerate(
            zip(found, bar)
        ):
            if not fault and first[targets[i]] != i:
                fault = "links to pictures that are there already"
            layout.notes.update([f"left out, {fault}"] if fault else done)
            if not fault:
                usable[split][name].append(file)
                digests[file] = digest
    return usable, digests


def _report(file: Path) -> tuple[str, list[str], bytes]:
    fault, done = examine(file)
    if fault:
        return fault, done, b""
    with file.open("rb") as content:
        return fault, done, hashlib.file_digest(content, "blake2b").digest()


def _class_names(usable: Files, layout: Layout) -> tuple[str, ...]:
    """Names of the classes to train on; those of other splits become the same."""
    notes = layout.notes
    class_names = tuple(name for name, files in usable["train"].items() if files)
    if len(class_names) < 2:
        raise ValueError(
            "it must have a sub-folder with pictures for each of at least two classes, "
            f"and has {len(class_names)} of them."
        )
    if len(class_names) > MOST_CLASSES:
        raise ValueError(
            f"it has {len(class_names)} classes, and labels count to {MOST_CLASSES}."
        )
    alike = {key(name): name for name in class_names}
    empty = set()
    for split, classes in usable.items():
        had = any(classes.values())
        for name in list(classes):
            same = name if name in class_names else alike.get(key(name))
            if same is None:
                files = classes.pop(name)
                notes[f"left out, of class {name!r}, which train lacks"] += len(files)
                empty |= set() if files else {name}
            elif same != name:
                classes.setdefault(same, []).extend(classes.pop(name))
        if had and not any(classes.values()):
            raise ValueError(
                f"its split {split!r} has none of the classes to train on, which are "
                f"{', '.join(map(repr, class_names))}."
            )
    for name in sorted(empty):
        notes[f"left out, class {name!r} without pictures to train on"] += 1
    for note in [note for note, n in notes.items() if not n]:
        del notes[note]
    return class_names


def _part(
    rng: np.random.Generator,
    files: list[Path],
    share: float,
    digests: dict[Path, bytes],
) -> set[int]:
    """Places of a share of the files; copies of a picture stay together."""
    copies: dict[bytes, list[int]] = {}
    for i, file in enumerate(files):
        copies.setdefault(digests[file], []).append(i)
    groups = list(copies.values())
    if len(groups) == 1:  # nothing but one picture
        groups = [[i] for i in groups[0]]
    most, moved = round(share * len(files)), set[int]()
    for i in rng.permutation(len(groups)):
        if len(moved) + len(groups[i]) <= most:
            moved |= set(groups[i])
    return moved


def _remarks(
    usable: Files,
    class_names: tuple[str, ...],
    layout: Layout,
    given: set[str],
    digests: dict[Path, bytes],
) -> list[str]:
    """How the splits came about and what is odd about them, in sentences."""
    texts = []
    if set(layout.classes) != {"train"}:
        for split, source in (
            ("validation", "a fifth of train"),
            ("test", "half of validation"),
        ):
            if split not in given:
                empty = split in layout.classes
                why = "has no pictures in classes" if empty else "is missing"
                texts.append(f"{split} is {source}, as its folder {why}")
        for split in SPLITS:
            lacks = [name for name in class_names if not usable[split].get(name)]
            if split in given and lacks:
                texts.append(f"{split} lacks the class {', '.join(map(repr, lacks))}")
    for split in SPLITS:
        if not any(usable[split].values()):
            texts.append(f"{split} is empty: there are too few pictures to divide")
    before: set[bytes] = set()
    for split in SPLITS:
        own = [digests[f] for f in chain(*usable[split].values())]
        twice = sum(digest in before for digest in own)
        if twice:
            texts.append(
                f"{twice:,} of {split} are copies, byte for byte, of others before it"
            )
        before |= set(own)
    return texts


def _mixed(
    rng: np.random.Generator, classes: dict[str, list[Path]], names: tuple[str, ...]
) -> Labelled:
    """Photographs and labels in random order, else all of one class come first."""
    groups = [classes.get(name, []) for name in names]
    labels = np.repeat(np.arange(len(groups)), [len(files) for files in groups])
    order = rng.permutation(len(labels))
    files = list(chain(*groups))
    return Photos([files[i] for i in order]), labels[order].astype(np.uint8)
