"""The file of a run: a manifest, the last weights, the model with its best ones."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from course_utils import models

FORMAT = "cnn-course run 1"


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
        model.save(Path(folder, "model.keras"))
        draft = Path(folder, "run.zip")
        with zipfile.ZipFile(draft, "w") as archive:
            manifest = {"format": FORMAT, **about}
            archive.writestr("run.json", json.dumps(manifest, indent=1, default=str))
            archive.writestr("last_weights.npz", weights.getvalue())
            archive.write(Path(folder, "model.keras"), "model.keras")
        draft.replace(target)


def read(source: Path) -> Parts:
    """Read a file that `write` wrote; refuse any other."""
    if not source.is_file():
        raise FileNotFoundError(f"path: there is no saved run at {source}")
    try:
        with zipfile.ZipFile(source) as archive:
            about = json.loads(archive.read("run.json"))
            weights = io.BytesIO(archive.read("last_weights.npz"))  # CRC is checked
            saved_model = archive.read("model.keras")
        known = about["format"] == FORMAT
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise ValueError(
            f"path: {source} is not a saved run, or it is damaged ({error}); "
            "train again and save it anew"
        ) from error
    if not known:
        raise ValueError(
            f"path: {source} has the format {about['format']!r}; this version of "
            f"course_utils reads {FORMAT!r}"
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        file.write_bytes(saved_model)
        model = keras.saving.load_model(
            file, custom_objects={"Augmentation": models.Augmentation}
        )
    with np.load(weights) as arrays:
        last_weights = [arrays[name] for name in arrays.files]
    return Parts(about, model, last_weights)
