"""Files of arrays (.npz), unpacked only where they hold what they should."""

import errno
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HEADER = 10_000  # bytes before the numbers of an array; np.savez writes 128
# Compared with a pattern: NumPy takes a header for Python, whose parser some exhaust.
HEADER_TEXT = re.compile(
    rb"\{'descr': '([<>|=]?[a-zA-Z]\d*)', 'fortran_order': (?:True|False), "
    rb"'shape': \(([\d, ]*)\), \}\s*$"
)
# What zipfile and NumPy raise for spoilt contents. Neither OSError, which tells of the
# disk, nor MemoryError, which tells of the computer: the file may be a good one.
SPOILT = (
    *(ValueError, KeyError, EOFError, OverflowError, RuntimeError, SyntaxError),
    *(struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, NotImplementedError),
)


class DamagedError(OSError):
    """A file that can be read but does not hold what it should."""


def read_arrays(
    file: Path, expected: Mapping[str, tuple[Any, ...]]
) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, if they are the expected ones.

    Names, types, shapes and sizes are compared before anything is unpacked, so that
    the arrays asked for are all the memory that is taken.

    Parameters
    ----------
    file : Path
    expected : dict name -> (shape, dtype, ...)
        The shape of each array and one or more allowed types, such as
        ``{"x": ((7, 28, 28), "uint8"), "y": ((7,), "float16", "float32")}``.

    Returns
    -------
    dict name -> array

    Raises
    ------
    DamagedError
        When it is no .npz file, is truncated, does not fit its checksums, lacks an
        array, or has one of another type or shape.
    OSError
        When it cannot be read, as for want of permission. FileNotFoundError when
        there is none.
    MemoryError
        When the arrays are too large for this computer at this time.
    """
    try:
        with file.open("rb") as content:
            return _unpack(content, expected)
    except SPOILT as error:
        raise DamagedError(
            f"{file} is damaged or of another version: {error}"
        ) from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # from a jump to an address that is none
            raise DamagedError(
                f"{file} is damaged or of another version: it points outside itself"
            ) from None
        if isinstance(error, FileNotFoundError):
            raise
        raise OSError(
            error.errno, f"{file} cannot be read ({error.strerror})"
        ) from None
    except MemoryError:
        raise MemoryError(f"{file} does not fit into the memory that is free") from None


def _unpack(content: Any, expected: Mapping[str, tuple[Any, ...]]) -> dict:
    arrays, most = {}, {}
    for name, (shape, *dtypes) in expected.items():
        most[name] = max(np.dtype(d).itemsize for d in dtypes) * int(np.prod(shape))
    size = content.seek(0, io.SEEK_END)
    if size > 1.01 * sum(most.values()) + 2**20:  # packed, noise grows a little
        raise ValueError(f"it has {size:,} bytes, far too many")
    with zipfile.ZipFile(content) as archive:
        names = set(archive.namelist())
        for name, (shape, *dtypes) in expected.items():
            member = f"{name}.npy"
            if member not in names:
                raise ValueError(f"there is no array {name!r} in it")
            size = archive.getinfo(member).file_size
            if size > most[name] + HEADER:
                raise ValueError(f"{name} has {size:,} bytes, not {most[name]:,}")
            with archive.open(member) as stream:
                _compare(name, stream, tuple(shape), [np.dtype(d) for d in dtypes])
            with archive.open(member) as stream:
                arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
                stream.read()  # up to the checksum at its end
    return arrays


def _compare(
    name: str, stream: Any, shape: tuple[int, ...], allowed: list[np.dtype]
) -> None:
    version, _ = np.lib.format.read_magic(stream)
    (length,) = struct.unpack(
        "<H" if version == 1 else "<I", stream.read(min(version, 2) * 2)
    )
    header = HEADER_TEXT.match(stream.read(length))
    if not header:
        raise ValueError(f"{name} is no array of numbers")
    dtype = np.dtype(header[1].decode())
    found = tuple(int(n) for n in header[2].split(b",") if n.strip())
    if found != shape or dtype not in allowed:
        types = " or ".join(map(str, allowed))
        raise ValueError(f"{name} is {dtype} {found}, not {types} {shape}")
