"""The file of a run: a manifest, the last weights, the model with its best ones."""

import errno
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import keras
import numpy as np

from course_utils import models
from course_utils.datasets import DamagedError, read_arrays
from course_utils.training.unpacking import Unfit, at_most, check_keras_file, unpack

FORMAT = "cnn-course run 1"
MANIFEST, LAST, MODEL = "run.json", "last_weights.npz", "model.keras"
LONGEST = 50_000_000  # bytes of a manifest; a thousand epochs take 100,000
# What a manifest has beside its format, and of which type.
KINDS: dict[str, Any] = {
    "architecture": list,
    "history": dict,
    "seconds": (int, float),
    "stopped": bool,
    "settings": dict,
    "versions": dict,
}


class Parts(NamedTuple):
    """What a file holds."""

    about: dict[str, Any]
    model: keras.Model
    last_weights: list[np.ndarray]


def write(
    target: Path,
    about: dict[str, Any],
    model: keras.Model,
    last_weights: list[np.ndarray],
) -> None:
    """Write a whole file or none: beside its place, and then moved."""
    target.parent.mkdir(parents=True, exist_ok=True)
    weights = io.BytesIO()
    np.savez(weights, *last_weights)
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=f".{target.name}-"
    ) as folder:
        model.save(Path(folder, MODEL))
        draft = Path(folder, "run.zip")
        with zipfile.ZipFile(draft, "w") as archive:
            manifest = {"format": FORMAT, **about}
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1, default=str))
            archive.writestr(LAST, weights.getvalue())
            archive.write(Path(folder, MODEL), MODEL)
        draft.replace(target)


def read(source: Path) -> Parts:
    """Read a file that `write` wrote, in memory bounded by its size; refuse any other.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        Where there is none, or it cannot be read.
    ValueError
        Where it is no saved run, or is damaged.
    MemoryError
        Where it is larger than the memory that is free.
    """
    if source.is_dir():
        raise IsADirectoryError(f"path: {source} is a folder, not the file of a run")
    try:
        content = source.open("rb")
    except FileNotFoundError:
        raise FileNotFoundError(f"path: there is no saved run at {source}") from None
    except OSError as error:
        raise _unreadable(source, error) from None
    with content, tempfile.TemporaryDirectory() as folder:
        try:
            return _parts(content, Path(folder))
        except Unfit as error:
            raise ValueError(
                f"path: {source} is not a saved run, or it is damaged ({error}); "
                "train again and save it anew"
            ) from error
        except _OtherFormat as error:
            raise ValueError(f"path: {source} {error}") from None
        except MemoryError:
            raise MemoryError(
                f"path: {source} may be good, but it needs more memory than is free"
            ) from None
        except OSError as error:
            if error.errno == errno.EINVAL:  # from a jump to an address that is none
                raise ValueError(
                    f"path: {source} is damaged: it points outside itself; train again "
                    "and save it anew"
                ) from error
            raise _unreadable(source, error) from None


class _OtherFormat(Exception):  # noqa: N818 - the file is good, for another version
    pass


def _unreadable(source: Path, error: OSError) -> OSError:
    return type(error)(
        f"path: {source} cannot be read ({error.strerror or error}); this says nothing "
        "about what it holds"
    )


def _parts(content: BinaryIO, folder: Path) -> Parts:
    unpack(content, [MANIFEST], folder)
    about = _manifest(Path(folder, MANIFEST))
    unpack(content, [LAST, MODEL], folder)
    model = _model(Path(folder, MODEL))
    last_weights = _arrays(Path(folder, LAST), model.get_weights())
    if not _finite(model.get_weights()):
        raise Unfit("its weights hold NaN or infinity: that training failed")
    # Where the loss was no number in the end, the weights after it need not be.
    ran_away = not np.isfinite(about["history"].get("loss", [])).all()
    if not ran_away and not _finite(last_weights):
        raise Unfit("its last weights hold NaN or infinity")
    return Parts(about, model, last_weights)


def _finite(weights: list[np.ndarray]) -> bool:
    return all(np.isfinite(w).all() for w in weights if w.dtype.kind == "f")


def _manifest(file: Path) -> dict[str, Any]:
    if file.stat().st_size > LONGEST:
        raise Unfit(f"{MANIFEST} has {file.stat().st_size:,} bytes")
    try:
        about = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unfit(f"{MANIFEST} is no JSON: {error}") from error
    if not isinstance(about, dict) or "format" not in about:
        raise Unfit(f"{MANIFEST} names no format")
    if about["format"] != FORMAT:
        raise _OtherFormat(
            f"has the format {about['format']!r}; this version of course_utils reads "
            f"{FORMAT!r}"
        )
    for key, kind in KINDS.items():
        if key not in about:
            raise Unfit(f"{MANIFEST} lacks {key!r}")
        if not isinstance(about[key], kind):
            raise Unfit(f"{key!r} in {MANIFEST} is a {type(about[key]).__name__}")
    series = list(about["history"].values())
    if not all(
        isinstance(values, list)
        and len(values) == len(series[0])
        and all(isinstance(v, (int, float)) for v in values)
        for values in series
    ):
        raise Unfit(f"'history' in {MANIFEST} is not one number an epoch for each name")
    return about


def _model(file: Path) -> keras.Model:
    numbers = check_keras_file(file)
    try:
        with at_most(numbers):
            return keras.saving.load_model(
                file,
                custom_objects={"Augmentation": models.Augmentation},
                safe_mode=True,  # runs no code from the file
            )
    except (Unfit, MemoryError):
        raise
    except Exception as error:  # Keras raises what it meets: any kind
        if type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
            raise MemoryError from error
        cause: BaseException | None = error
        while cause is not None:  # Keras wraps ours
            if isinstance(cause, Unfit):
                raise cause from None
            cause = cause.__cause__ or cause.__context__
        told = " ".join(str(error).split())
        raise Unfit(f"Keras cannot load its model: {told[:300]}") from error


def _arrays(file: Path, like: list[np.ndarray]) -> list[np.ndarray]:
    """The last weights: as many, and of the same shapes, as those of the model."""
    with file.open("rb") as content:
        try:
            with zipfile.ZipFile(content) as archive:
                count = len(archive.namelist())
        except zipfile.BadZipFile as error:
            raise Unfit(f"its last weights are damaged: {error}") from error
    if count == 0:  # saved before anything was trained
        return []
    if count != len(like):
        raise Unfit(f"it has {count} last weights, but its model {len(like)}")
    names = [f"arr_{i}" for i in range(count)]
    try:
        kept = read_arrays(
            file, {name: (w.shape, w.dtype) for name, w in zip(names, like)}
        )
    except DamagedError as error:
        told = str(error).partition(": ")[2]
        raise Unfit(f"its last weights do not fit its model: {told}") from error
    return [kept[name] for name in names]
