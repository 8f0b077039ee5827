"""Folders of photographs as they are handed out: which are splits, which classes."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from course_utils.datasets.pictures import hidden, may_be_picture

SPLITS = ("train", "validation", "test")
WORDS = {
    **dict.fromkeys(("train", "training", "trainset"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "valset", "dev"), "validation"),
    **dict.fromkeys(("development", "devset", "validate"), "validation"),
    **dict.fromkeys(("test", "tests", "testing", "testset"), "test"),
    **dict.fromkeys(("holdout", "heldout"), "test"),
    **dict.fromkeys(("eval", "evaluation", "evalset"), "eval"),  # one of the two
}
# What may stand beside such a word, as in "training_set", "seg_test" or "Images - val".
FILLERS = {
    *("set", "sets", "data", "dataset", "split", "splits", "seg", "folder", "the"),
    *("image", "images", "img", "imgs", "picture", "pictures", "pics"),
    *("photo", "photos"),
}
DEEPEST = 50  # folders within each other; Python's own limit is near 1,000
KNOWN = "train, validation (val, valid, dev) and test (testing, holdout, eval)"


@dataclass
class Place:
    """A folder with its files and sub-folders, those of the system left out."""

    path: Path
    files: list[Path] = field(default_factory=list)
    below: list["Place"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def own(self) -> int:
        """Files in the folder itself that may be pictures."""
        return sum(may_be_picture(f) for f in self.files if not hidden(f))

    @cached_property
    def full(self) -> list["Place"]:
        """Sub-folders with pictures somewhere in them."""
        return [place for place in self.below if place.own or place.full]

    def pictures(self) -> int:
        return self.own + sum(place.pictures() for place in self.full)

    def walk(self) -> Iterator["Place"]:
        yield self
        for place in self.below:
            yield from place.walk()


@dataclass
class Layout:
    """Classes found: ``classes[split][name]`` are files; "train" alone without splits.

    ``notes`` counts what was left out.
    """

    classes: dict[str, dict[str, list[Path]]]
    notes: Counter[str]

    def add(self, split: str, name: str, place: Place) -> None:
        files = self.classes[split].setdefault(name, [])
        files += [file for part in place.walk() for file in part.files]


def understand(folder: Path) -> Layout:
    """Tell splits and classes of a folder apart.

    Raises
    ------
    ValueError
        Where a split might be taken for a class or would be lost, saying which.
    """
    notes: Counter[str] = Counter()
    top = _main(_tree(folder, notes), notes)
    found = [(split_of(place.name), place) for place in top.full]
    if not any(split for split, _ in found):
        return _classes(top, notes)
    if not any(place.full for split, place in found if split):
        return _classes_named_like_splits(top, notes)
    layout = Layout({}, notes)
    for split, place in _roles(top, notes).items():
        layout.classes[split] = {}
        inner = place
        while len(inner.full) == 1 and not inner.own and _wraps(inner.full[0], split):
            inner = inner.full[0]
        if inner.own:
            note = f"left out, in {place.name!r} but in no folder of a class"
            notes[note] += inner.own
        if len({split_of(p.name) for p in inner.full} - {None}) > 1:
            names = " and ".join(repr(part.name) for part in inner.full)
            raise ValueError(f"{place.name!r} holds splits within a split: {names}.")
        for part in inner.below:
            _refuse_splits_in(part)
            layout.add(split, part.name, part)
    return layout


def split_of(name: str) -> str | None:
    """The split that a folder's name says: one of `SPLITS`, "eval", or None."""
    words = _words(name)
    said = [WORDS[word] for word in words if word in WORDS]
    others = {w for w in words if w not in WORDS and not w.isdigit()} - FILLERS
    return said[0] if len(said) == 1 and not others else None


def _words(name: str) -> list[str]:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    name = re.sub(r"\b(hold|held)[\W_]*out", r"\1out", name)
    return re.findall(r"[^\W\d_]+|\d+", name)


def _wraps(place: Place, split: str) -> bool:
    """Whether a folder only stands around classes, as in seg_train/seg_train."""
    said = split_of(place.name)
    return bool(place.full) and (said == split or set(_words(place.name)) <= FILLERS)


def _tree(folder: Path, notes: Counter[str]) -> Place:
    """All below a folder. Links to folders are followed, but nowhere twice."""
    root = folder.resolve()
    seen, links = {root}, []

    def read(path: Path, depth: int = 0) -> Place:
        place = Place(path)
        if depth > DEEPEST:
            notes[f"left out, folders more than {DEEPEST} deep"] += 1
            return place
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError:
            notes["left out, folders that cannot be read"] += 1
            return place
        for entry in entries:
            if not _is_folder(entry):
                place.files.append(path / entry.name)
            elif hidden(path / entry.name):
                notes["left out, hidden folders"] += 1
            elif entry.is_symlink():
                links.append((place, path / entry.name))
            else:
                seen.add((path / entry.name).resolve())
                place.below.append(read(path / entry.name, depth + 1))
        return place

    top = read(folder)
    for place, path in links:  # which grows: there may be more behind a link
        target = path.resolve()
        if target in seen or root.is_relative_to(target):
            notes["left out, links to folders that are there already"] += 1
            continue
        seen.add(target)
        place.below.append(read(path))
        place.below.sort(key=lambda p: p.name)
    return top


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _main(place: Place, notes: Counter[str]) -> Place:
    """The folder that has splits or classes in it, as deep as it may lie."""
    while True:
        if place.own:
            notes["left out, in no folder of a class"] += place.own
        pets = [p for p in place.full if p.name == "PetImages"]
        inner = pets or place.full
        named = any(split_of(p.name) for p in inner)
        if named or len(inner) != 1 or not inner[0].full or inner[0].own:
            return place
        place = inner[0]


def _roles(top: Place, notes: Counter[str]) -> dict[str, Place]:
    """Which folder is which split."""
    found = [(split_of(place.name), place) for place in top.full]
    named = {split for split, _ in found if split}
    beside = [place for split, place in found if not split]
    if beside and len(named) == 1:
        looks = next(place.name for split, place in found if split)
        raise ValueError(
            f"{looks!r} looks like a split, but {beside[0].name!r} beside it holds "
            f"pictures too. Splits are called {KNOWN}."
        )
    for place in beside:
        note = f"left out, in {place.name!r}, which is no split"
        notes[note] += place.pictures()
    roles = _assigned(found)
    if "train" not in roles:
        names = " and ".join(repr(place.name) for place in roles.values())
        raise ValueError(
            f"it has {names}, but no split to train on. Splits are called {KNOWN}."
        )
    if not roles["train"].full:
        raise ValueError(_without_classes([roles["train"]]))
    empty = [place for place in top.below if place not in top.full]
    for split, place in _assigned([(split_of(p.name), p) for p in empty]).items():
        if roles.setdefault(split, place) is not place:
            notes[f"left out, folder {place.name!r} without pictures"] += 1
    return roles


def _assigned(found: list[tuple[str | None, Place]]) -> dict[str, Place]:
    named = {split for split, _ in found}
    roles: dict[str, Place] = {}
    for split, place in found:
        if split == "eval":
            split = "test" if "validation" in named else "validation"
        if not split:
            continue
        if split in roles:
            raise ValueError(
                f"{roles[split].name!r} and {place.name!r} both look like the split "
                f"{split!r}: leave one of them."
            )
        roles[split] = place
    return roles


def _without_classes(places: list[Place]) -> str:
    names = " and ".join(repr(place.name) for place in places)
    if len(places) == 1:
        return f"{names} looks like a split, but has no sub-folder for each class."
    return f"{names} look like splits, but have no sub-folder for each class."


def _classes_named_like_splits(top: Place, notes: Counter[str]) -> Layout:
    """Where "train" stands among "bus" and "car", it is a class."""
    named = [place for place in top.full if split_of(place.name)]
    if len(named) > 1 or len(top.full) < 3 or any(place.full for place in top.full):
        raise ValueError(_without_classes(named))
    notes[f"class is called {named[0].name!r}, as there are others beside it"] += 1
    return _classes(top, notes)


def _classes(top: Place, notes: Counter[str]) -> Layout:
    """Folders of which none is a split: classes, with or without splits in them."""
    full = top.full
    inner = [{split_of(p.name) for p in place.full} for place in full]
    divided = all(sides and None not in sides for sides in inner)
    deeper = any(part.full for place in full for part in place.full)
    if full and divided and not deeper and not any(place.own for place in full):
        return _splits_in_classes(full, notes)
    words = {WORDS[w] for place in full for w in _words(place.name) if w in WORDS}
    if len(words) > 1:
        names = [p.name for p in full if set(_words(p.name)) & set(WORDS)]
        raise ValueError(
            f"{names[0]!r} and {names[1]!r} look like splits. Splits are folders "
            f"called {KNOWN}, with a sub-folder for each class."
        )
    siblings = {key(place.name) for place in full}
    repeats = [p for p in full if len(siblings & {key(b.name) for b in p.full}) > 1]
    for place in repeats:
        note = f"left out, in {place.name!r}, which repeats the folders beside it"
        notes[note] += place.pictures()
    kept = [place for place in top.below if place not in repeats]
    deep = [place for place in kept if place.full and not place.own]
    for one, other in pairwise(deep):
        both = {key(p.name) for p in one.full} & {key(p.name) for p in other.full}
        if len(both) > 1:
            raise ValueError(
                f"{one.name!r} and {other.name!r} have the same sub-folders, as splits "
                f"have. Splits are called {KNOWN}."
            )
    layout = Layout({"train": {}}, notes)
    for place in kept:
        _refuse_splits_in(place)
        layout.add("train", place.name, place)
    return layout


def _splits_in_classes(full: list[Place], notes: Counter[str]) -> Layout:
    """Classes that are divided each for itself: cats/train, cats/test, dogs/train."""
    layout = Layout({"train": {}}, notes)
    for place in full:
        roles = _assigned([(split_of(part.name), part) for part in place.full])
        for split, part in roles.items():
            layout.classes.setdefault(split, {})
            layout.add(split, place.name, part)
    return layout


def _refuse_splits_in(place: Place) -> None:
    for part in place.walk():
        for inner in part.full:
            if split_of(inner.name):
                raise ValueError(
                    f"{str(inner.path.relative_to(place.path.parent))!r} looks like a "
                    f"split within the class {place.name!r}."
                )


def key(name: str) -> str:
    """Names that differ in capitals or in the way an accent is stored are the same."""
    return unicodedata.normalize("NFC", name).casefold().strip()
