"""A file that is no good run is refused with the true reason, in bounded memory."""

import errno
import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from course_utils import training
from course_utils.training import archive
from tests.tiny_training import TRAIN, VALIDATION, tiny_model

HUGE = 10**9


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=1, show=False)
    return run.save(tmp_path_factory.mktemp("runs") / "tiny.zip")


def parts_of(file: Path | bytes) -> dict[str, bytes]:
    content = io.BytesIO(file) if isinstance(file, bytes) else file
    with zipfile.ZipFile(content) as source:
        return {name: source.read(name) for name in source.namelist()}


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as target:
        for name, part in parts.items():
            target.writestr(name, part)
    return content.getvalue()


def manifest(**changes):
    """Change the manifest; None takes a key away."""

    def change(parts):
        about = json.loads(parts["run.json"]) | changes
        about = {key: value for key, value in about.items() if value is not None}
        return packed(parts | {"run.json": json.dumps(about).encode()})

    return change


def text(content: bytes):
    return lambda parts: packed(parts | {"run.json": content})


def without(name: str):
    return lambda parts: packed({k: v for k, v in parts.items() if k != name})


def last(arrays, save=np.savez):
    def change(parts):
        content = io.BytesIO()
        with np.load(io.BytesIO(parts["last_weights.npz"])) as kept:
            save(content, *arrays(list(kept.values())))
        return packed(parts | {"last_weights.npz": content.getvalue()})

    return change


def inside(act):
    """Change the members of the .keras file."""

    def change(parts):
        inner = parts_of(parts["model.keras"])
        return packed(parts | {"model.keras": packed(act(inner) or inner)})

    return change


def weights(act):
    """Change the HDF5 file in the .keras file."""

    def change(inner):
        content = io.BytesIO(inner["model.weights.h5"])
        with h5py.File(content, "r+") as file:
            act(file)
        inner["model.weights.h5"] = content.getvalue()

    return inside(change)


def kernel_of(file: h5py.File) -> h5py.Group:
    return file["layers/dense/vars"]


def replace_kernel(make):
    def change(file):
        place = kernel_of(file)
        del place["0"]
        make(place)

    return weights(change)


def config(old: str, new: str):
    def change(inner):
        told = inner["config.json"].decode()
        assert old in told
        inner["config.json"] = told.replace(old, new, 1).encode()

    return inside(change)


def forged_npy(shape) -> bytes:
    """An array that claims a shape and holds nothing."""
    content = io.BytesIO()
    about = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(content, about)
    return content.getvalue()


def zeros(parts, name):
    """A megabyte that becomes a gigabyte would do; a tenth of it suffices here."""
    return packed(parts | {name: bytes(10**8)}, zipfile.ZIP_DEFLATED)


def set_nan(place):
    place["0"][:] = np.nan


REFUSED = {
    "lacks the weights": (without("last_weights.npz"), "last_weights.npz"),
    "lacks the model": (without("model.keras"), "model.keras"),
    "lacks the manifest": (without("run.json"), "run.json"),
    "no JSON": (text(b"{"), "run.json is no JSON"),
    "nested too deep": (text(b"[" * 200_000), "run.json is no JSON"),
    "no text": (text(b"\xff\xfe"), "run.json is no JSON"),
    "a list": (text(b"[1]"), "names no format"),
    "lacks history": (manifest(history=None), "lacks 'history'"),
    "lacks architecture": (manifest(architecture=None), "lacks 'architecture'"),
    "history a list": (manifest(history=[1]), "'history' in run.json is a list"),
    "history of texts": (manifest(history={"loss": ["a"]}), "one number an epoch"),
    "history uneven": (manifest(history={"a": [1], "b": []}), "one number an epoch"),
    "seconds a text": (manifest(seconds="long"), "'seconds' in run.json is a str"),
    "manifest of zeros": (lambda p: zeros(p, "run.json"), "bytes would become"),
    "weights of zeros": (lambda p: zeros(p, "last_weights.npz"), "would become"),
    "model of zeros": (lambda p: zeros(p, "model.keras"), "would become"),
    "something more": (lambda p: zeros(p, "more"), "bytes would become"),
    "another packing": (lambda p: packed(p, zipfile.ZIP_LZMA), "is compressed in a"),
    "weights missing": (last(lambda w: w[:-1]), "3 last weights, but its model 4"),
    "weights misfit": (last(lambda w: [*w[:-1], w[-1][:2]]), "do not fit its model"),
    "weights of texts": (last(lambda w: [*w[:-1], np.array("x")]), "do not fit"),
    "weights double": (last(lambda w: [w[0].astype(float), *w[1:]]), "do not fit"),
    "weights pickled": (last(lambda w: [*w[:-1], np.array([w], object)]), "do not fit"),
    "weights NaN": (last(lambda w: [w[0] * np.nan, *w[1:]]), "last weights hold NaN"),
    "weights grow": (
        last(lambda w: [np.zeros(10**8, "f4"), *w[1:]], np.savez_compressed),
        "do not fit its model|would become",
    ),
    "weights claim": (
        lambda p: packed(p | {"last_weights.npz": packed(
            {f"arr_{i}.npy": forged_npy((HUGE, 9)) for i in range(4)})}),
        "do not fit its model",
    ),
    "model no zip": (lambda p: packed(p | {"model.keras": b"x"}), "model is damaged"),
    "model without weights": (
        inside(lambda inner: {k: v for k, v in inner.items() if "h5" not in k}),
        "weights of its model are damaged.*model.weights.h5",
    ),
    "model cut": (
        inside(lambda inner: inner.update({"model.weights.h5": b"\x89HDF\r\n" * 99})),
        "weights of its model are damaged",
    ),
    "model grows": (
        lambda p: packed(p | {"model.keras": zeros(parts_of(p["model.keras"]), "x")}),
        "bytes would become",
    ),
    "h5 grows": (
        replace_kernel(lambda g: g.create_dataset(
            "0", (HUGE, 8), "f4", chunks=(10**6, 8), compression="gzip")),
        r"its weights would become 32,000,00\d,\d+ bytes",
    ),
    "h5 claims": (
        replace_kernel(lambda g: g.create_dataset("0", (HUGE, 8), "f4")),
        "its weights would become",
    ),
    "h5 elsewhere": (
        replace_kernel(lambda g: g.__setitem__("0", h5py.ExternalLink("x.h5", "/"))),
        "lies outside the file",
    ),
    "h5 of texts": (
        replace_kernel(lambda g: g.create_dataset("0", data=["a", "b"])),
        "holds no numbers",
    ),
    "h5 misfits": (
        replace_kernel(lambda g: g.create_dataset("0", (16, 9), "f4")),
        "Keras cannot load its model",
    ),
    "h5 lacks": (replace_kernel(lambda g: None), "Keras cannot load its model"),
    "h5 NaN": (weights(lambda f: set_nan(kernel_of(f))), "NaN or infinity: that tr"),
    "config claims": (config('"units": 8', f'"units": {HUGE}'), "more weights than"),
    "config of input": (config("4, 4, 1", f"4, {HUGE}, 1"), "Keras cannot load"),
    "config no JSON": (config('"units"', '"units'), "Keras cannot load its model"),
    "config unknown": (config('"Flatten"', '"Flat"'), "Keras cannot load .*Flat"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_with_its_reason_in_bounded_memory(saved, tmp_path, name):
    change, words = REFUSED[name]
    bad = tmp_path / "bad.zip"
    bad.write_bytes(change(parts_of(saved)))
    content = bad.read_bytes()
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=rf"bad\.zip is not a saved run.*({words})"
        ):
            training.load_run(bad)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert bad.read_bytes() == content


def test_a_model_with_code_of_its_own_is_not_run(saved, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Lambda(lambda x: x + 1),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    file = training.Run(model).save(tmp_path / "code.zip")
    with pytest.raises(ValueError, match=r"Keras cannot load .*ambda"):
        training.load_run(file)


def test_a_run_that_somebody_packed_again_comes_back(saved, tmp_path):
    again = tmp_path / "again.zip"
    again.write_bytes(packed(parts_of(saved), zipfile.ZIP_DEFLATED))
    assert training.load_run(again).history == training.load_run(saved).history


def test_a_run_whose_loss_ran_away_keeps_its_best_weights(tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                ours = self.model.get_weights()
                self.model.set_weights([w * np.nan for w in ours])

    run = training.fit(
        tiny_model(), TRAIN, VALIDATION, epochs=3, callbacks=[Spoil()], show=False
    )
    loaded = training.load_run(run.save(tmp_path / "away.zip"))
    assert loaded.best_epoch == 0
    assert np.isfinite(loaded.model.get_weights()[0]).all()
    assert np.isnan(loaded.last_weights[0]).all()


# ------------------------------------------------------------------ not damaged


def test_a_folder_is_called_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        training.load_run(tmp_path)


@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "Permission denied"), OSError(errno.EIO, "I/O")],
)
def test_a_file_that_cannot_be_read_is_not_called_damaged(saved, monkeypatch, error):
    def fail(self, *_, **__):
        raise error

    content = saved.read_bytes()
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(
        type(error), match=rf"tiny\.zip cannot be read.*{error.strerror}"
    ):
        training.load_run(saved)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "unpack", fail)
    with pytest.raises(type(error), match="cannot be read"):
        training.load_run(saved)
    assert saved.read_bytes() == content


@pytest.mark.parametrize("place", ["unpack", "read_arrays", "check_keras_file"])
def test_a_good_file_is_kept_where_memory_runs_out(saved, monkeypatch, place):
    def fail(*_):
        raise MemoryError

    content = saved.read_bytes()
    monkeypatch.setattr(archive, place, fail)
    with pytest.raises(MemoryError, match=r"tiny\.zip may be good, but"):
        training.load_run(saved)
    assert saved.read_bytes() == content
