"""Files of arrays from elsewhere: read whole, or refused with the true reason."""

import errno
import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.datasets import DamagedError, read_arrays

X = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
Y = np.array([0.5, 2], np.float32)
EXPECTED = {"x": ((2, 3, 4), "uint8"), "y": ((2,), "float16", "float32")}


def stored(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def packed(members):
    """A compressed archive of these bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(header, version=1, numbers=b""):
    """An .npy file with any header."""
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + numbers


GOOD = stored(x=X, y=Y)
UINT8 = b"{'descr': '|u1', 'fortran_order': False, 'shape': "


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_expected_is_read(tmp_path, save, order):
    file = tmp_path / "a.npz"
    for y in (Y, Y.astype(np.float16)):
        save(file, x=np.asarray(X, order=order), y=y, more=np.zeros(3))
        found = read_arrays(file, EXPECTED)
        assert list(found) == ["x", "y"]
        np.testing.assert_array_equal(found["x"], X)
        assert found["y"].dtype == y.dtype


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File is not a zip file"),
        (GOOD[:-40], "File is not a zip file"),
        (GOOD[40:], "it points outside itself"),
        (GOOD.replace(X.tobytes(), X.tobytes()[::-1]), "Bad CRC-32 for file 'x.npy'"),
        (npy(b"{}"), "File is not a zip file"),
        (stored(y=Y), "there is no array 'x' in it"),
        (stored(x=X[0], y=Y), r"x is uint8 \(3, 4\), not uint8 \(2, 3, 4\)"),
        (stored(x=X.astype("int8"), y=Y), r"x is int8 \(2, 3, 4\), not uint8 \(2, 3"),
        (stored(x=X, y=[1, 2]), r"y is int64 \(2,\), not float16 or float32 \(2,\)"),
        (stored(x=X, y=Y.astype(">f4")), r"y is >f4 \(2,\), not float16 or float32"),
        (stored(x=X, y=np.array([print, 1])), r"y is object \(2,\), not float16 or"),
        (packed({"x.npy": npy(b"{'descr'"), "y.npy": b""}), "x is no array of numbers"),
        (packed({"x.npy": npy(b"(" * 900)}), "x is no array"),
        (packed({"x.npy": npy(b"-" * 9_000 + b"1")}), "x is no array"),
        (packed({"x.npy": npy(b"{}", version=9)}), ""),
        (packed({"x.npy": b"GIF"}), "EOF|magic"),
        (b"\0" * 2**21, "it has 2,097,152 bytes, far too many"),
    ],
)
def test_what_is_not_expected_is_refused_with_the_reason(tmp_path, content, reason):
    file = tmp_path / "a.npz"
    file.write_bytes(content)
    with pytest.raises(
        DamagedError, match="is damaged or of another version: " + reason
    ):
        read_arrays(file, EXPECTED)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "bomb",
    [
        # 200 MB in 0.2 MB: as an array, as its header, and by a header that lies.
        packed({"x.npy": npy(b"{}" + b" " * 118, numbers=b"\0" * 200_000_000)}),
        packed({"x.npy": npy(b" " * 200_000_000, version=2)}),
        packed({"x.npy": npy(UINT8 + b"(2, 1000000000000), }")}),
        packed({"x.npy": npy(UINT8 + b"(2, 99999999), }")}),
    ],
)
def test_a_bomb_takes_no_memory(tmp_path, bomb):
    (tmp_path / "a.npz").write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(DamagedError):
        read_arrays(tmp_path / "a.npz", EXPECTED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


@settings(max_examples=100, derandomize=True)
@given(
    content=st.sampled_from([GOOD, packed({"x.npy": GOOD, "y.npy": b""})]),
    keep=st.floats(0.01, 1),
    spoilt=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
)
def test_spoilt_files_are_damaged_or_good(tmp_path_factory, content, keep, spoilt):
    content = bytearray(content[: max(1, int(keep * len(content)))])
    for where, value in spoilt:
        content[int(where * len(content))] = value
    file = tmp_path_factory.getbasetemp() / "spoilt.npz"
    file.write_bytes(content)
    try:
        found = read_arrays(file, EXPECTED)
    except DamagedError:
        return
    np.testing.assert_array_equal(found["x"], X)  # the damage was somewhere else


def refuse(error):
    def do(*_, **__):
        raise error

    return do


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE, errno.EMFILE])
def test_what_cannot_be_read_is_not_called_damaged(tmp_path, monkeypatch, code):
    (tmp_path / "a.npz").write_bytes(GOOD)
    monkeypatch.setattr(Path, "open", refuse(OSError(code, os.strerror(code))))
    with pytest.raises(OSError, match=r"a\.npz cannot be read") as raised:
        read_arrays(tmp_path / "a.npz", EXPECTED)
    assert not isinstance(raised.value, DamagedError)
    assert raised.value.errno == code


def test_nothing_a_folder_and_too_little_memory_are_told_apart(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz", EXPECTED)
    with pytest.raises(IsADirectoryError, match="cannot be read"):
        read_arrays(tmp_path, EXPECTED)
    (tmp_path / "a.npz").write_bytes(GOOD)
    monkeypatch.setattr(np.lib.format, "read_array", refuse(MemoryError()))
    with pytest.raises(MemoryError, match=r"a\.npz does not fit into the memory"):
        read_arrays(tmp_path / "a.npz", EXPECTED)
