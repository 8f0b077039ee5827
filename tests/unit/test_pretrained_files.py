"""Weights files from elsewhere: refused with the true reason, in bounded memory."""

import os
import pickle
import stat
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from course_utils import pretrained
from course_utils.pretrained import torch_file
from course_utils.pretrained.torch_file import MAGIC, read_tensors

Pickler: Any = pickle._Pickler  # the one written in Python can be taught
SMALL: dict[str, Any] = {"name": "MobileNet", "include_top": False, "input_size": 32}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the narrowest MobileNet, as Keras writes them."""
    keras.utils.set_random_seed(2)
    model = keras.applications.MobileNet(
        weights=None, include_top=False, alpha=0.25, input_shape=(32, 32, 3)
    )
    file = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    model.save_weights(file)
    return file


def changed(good: Path, folder: Path, change: Callable[[h5py.File], Any]) -> Path:
    file = folder / good.name
    file.write_bytes(good.read_bytes())
    with h5py.File(file, "a") as opened:
        change(opened)
    return file


def datasets_of(file: h5py.File) -> list[h5py.Dataset]:
    found: list[h5py.Dataset] = []
    file.visititems(
        lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None
    )
    return found


def nan(file: h5py.File) -> None:
    datasets_of(file)[3][...] = np.nan


def missing(file: h5py.File) -> None:
    del file[datasets_of(file)[3].name]


def bomb(file: h5py.File) -> None:
    """Half a gigabyte of zeros in some kilobytes."""
    file.create_dataset("more", (2**27,), "f4", chunks=(2**20,), compression="gzip")


def elsewhere(file: h5py.File) -> None:
    file["linked"] = h5py.ExternalLink("another.h5", "/weights")


def below_zero(file: h5py.File) -> None:
    variances = [one for one in datasets_of(file) if one.name.endswith("vars/3")]
    variances[2][...] = -1


def complex_numbers(file: h5py.File) -> None:
    name, shape = datasets_of(file)[3].name, datasets_of(file)[3].shape
    del file[name]
    file.create_dataset(name, shape, "c8")


def in_itself(file: h5py.File) -> None:
    file["layers/again"] = file["/"]


def outside(file: h5py.File) -> None:
    file.create_dataset("raw", (4,), "f4", external=[("/etc/hostname", 0, 16)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (nan, "does not fit .*, or it is damaged: .* holds NaN"),
        (missing, "does not fit"),
        (bomb, r"holds 134,\d\d\d,\d\d\d numbers, but .* has \d+,\d\d\d weights"),
        (elsewhere, "sends for 'another.h5', another file"),
        (outside, "keeps 'raw' in another file"),
        (below_zero, "is damaged: .*moving_variance is a variance below 0"),
        (complex_numbers, "holds complex numbers"),
        (in_itself, "is damaged"),
    ],
)
def test_files_are_refused_with_the_reason_and_in_little_memory(
    good: Path, tmp_path: Path, change: Callable, words: str
) -> None:
    file = changed(good, tmp_path, change)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=words):
            pretrained.load(**SMALL, weights=file)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100e6
    assert file.exists()


def test_the_unchanged_file_is_read(good: Path) -> None:
    model = pretrained.load(**SMALL, weights=good)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("cut", [0, 100, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(
    good: Path, tmp_path: Path, cut: float
) -> None:
    content = good.read_bytes()
    file = tmp_path / "cut.weights.h5"
    file.write_bytes(content[: int(cut if cut > 1 else cut * len(content))])
    with pytest.raises(ValueError, match=r"not a whole HDF5 file|does not fit"):
        pretrained.load(**SMALL, weights=file)


@pytest.mark.parametrize("suffix", [".weights.h5", ".pth"])
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="root may read everything, and Windows has other permissions",
)
def test_a_file_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"closed{suffix}"
    file.write_bytes(b"something")
    file.chmod(0)
    try:
        with pytest.raises(PermissionError):
            pretrained.load("efficientnet_lite0", weights=file)
    finally:
        file.chmod(stat.S_IRUSR | stat.S_IWUSR)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        pretrained.load(weights=tmp_path)


def pickled(file: Path, tensors: dict[str, Any], lengths: dict[str, int]) -> Path:
    """A weights file of PyTorch's old format, with one storage of zeros a key."""

    class Storage:
        def __init__(self, key: str) -> None:
            self.key = key

    class Writer(Pickler):
        def persistent_id(self, item: Any) -> Any:
            if isinstance(item, Storage):
                kind = Named("FloatStorage")
                return ("storage", kind, item.key, "cpu", lengths[item.key], None)
            return None

        def save(self, item: Any, save_persistent_id: bool = True) -> Any:
            if isinstance(item, Named):
                return self.write(b"ctorch\n" + item.encode() + b"\n")
            if isinstance(item, Rebuilt):
                self.write(b"ctorch._utils\n_rebuild_tensor_v2\n")
                super().save(item.arguments)
                return self.write(b"R")
            return super().save(item, save_persistent_id)

    class Named(str):
        pass

    class Rebuilt:
        def __init__(self, key: str, shape: tuple[int, ...]) -> None:
            steps = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
            self.arguments = (Storage(key), 0, shape, steps)

    described = OrderedDict(
        (name, Rebuilt(key, shape)) for name, (key, shape) in tensors.items()
    )
    with file.open("wb") as stream:
        parts: list[Any] = [MAGIC, 1001, {}, described, list(lengths)]
        for item in parts:
            Writer(stream, 2).dump(item)
        for length in lengths.values():
            stream.write(length.to_bytes(8, "little") + bytes(4 * length))
    return file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "is a zip file, as PyTorch since 1.6 and Keras write them"),
        (b"<!DOCTYPE html>", "does not begin as such a file does"),
        (b"version https://git-lfs", "does not begin as such a file does"),
    ],
)
def test_what_is_no_such_file_is_told_by_its_beginning(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "foreign.pth"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_tensors(file)


def test_tensors_without_names_are_refused(tmp_path: Path) -> None:
    nameless: Any = {1: ("a", (2, 2))}
    with pytest.raises(ValueError, match="have no names"):
        read_tensors(pickled(tmp_path / "nameless.pth", nameless, {"a": 4}))


def test_a_damaged_tree_is_refused(good: Path, tmp_path: Path) -> None:
    """The library then says so with a RuntimeError."""
    content = good.read_bytes().replace(b"TREE", b"EERT")
    (tmp_path / "tree.weights.h5").write_bytes(content)
    with pytest.raises(ValueError, match=r"weights: .*(damaged|does not fit)"):
        pretrained.load(**SMALL, weights=tmp_path / "tree.weights.h5")


def test_many_tensors_that_share_their_numbers_are_refused(tmp_path: Path) -> None:
    one = {"a": ("0", (1000,))}
    assert read_tensors(pickled(tmp_path / "one", one, {"0": 1000}))["a"].shape == (
        1000,
    )
    many = {f"t{i}": ("0", (1000,)) for i in range(50)}
    with pytest.raises(ValueError, match="together are far larger than the file"):
        read_tensors(pickled(tmp_path / "many", many, {"0": 1000}))


def test_running_out_of_memory_is_not_called_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pickled(tmp_path / "file", {"a": ("0", (10,))}, {"0": 10})

    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(torch_file, "_tensor", full)
    with pytest.raises(MemoryError):
        read_tensors(file)
    assert file.exists()


@pytest.mark.parametrize(
    ("error", "match", "arguments"),
    [
        (ValueError, "name: 'alexnet'; allowed are efficientnet", {"name": "alexnet"}),
        (ValueError, "name: None", {"name": None}),
        (ValueError, "input_size: 16; at least 32", {"input_size": 16}),
        (TypeError, "input_size: 64.5; it must be", {"input_size": 64.5}),
        (TypeError, "weights: None; allowed are", {"weights": None}),
        (FileNotFoundError, "there is no file nowhere", {"weights": "nowhere"}),
        (ValueError, "'installed' is only there for", {"name": "VGG16"}),
        (
            ValueError,
            "input_size: 40 with InceptionV3",
            {"name": "InceptionV3", "input_size": 40, "weights": "imagenet"},
        ),
    ],
)
def test_wrong_arguments_are_named(
    error: type[Exception], match: str, arguments: dict
) -> None:
    with pytest.raises(error, match=match):
        pretrained.load(**arguments)
