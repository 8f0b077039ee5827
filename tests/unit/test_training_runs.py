"""A run is saved whole and comes back whole, or is refused."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from tests.tiny_training import TRAIN, VALIDATION, tiny_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    run = training.fit(tiny_model(), TRAIN, VALIDATION, epochs=2)
    return run, run.save(tmp_path_factory.mktemp("runs") / "folder" / "tiny.zip")


def test_a_saved_run_comes_back_whole(saved):
    run, path = saved
    loaded = training.load_run(path)
    assert loaded.history == run.history
    assert loaded.settings == json.loads(json.dumps(run.settings, default=str))
    assert loaded.versions == run.versions
    assert (loaded.seconds, loaded.stopped) == (run.seconds, run.stopped)
    for name in ("last_weights", "best"):
        ours, theirs = (
            r.last_weights if name == "last_weights" else r.model.get_weights()
            for r in (run, loaded)
        )
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert run.versions["keras"] == keras.__version__
    assert run.versions["tensorflow"] == tf.__version__
    assert run.settings["train_examples"] == 96


def test_saving_replaces_the_old_file_at_once_and_leaves_nothing_beside_it(saved):
    run, path = saved
    run.save(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_failed_save_leaves_the_old_file(saved, monkeypatch, tmp_path):
    run, path = saved
    copy = tmp_path / "copy.zip"
    copy.write_bytes(path.read_bytes())

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(OSError, match="disk full"):
        run.save(copy)
    assert copy.read_bytes() == path.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["copy.zip"]


def flip_a_bit(content: bytes) -> bytes:
    """In the middle of the weights."""
    at = content.index(b"last_weights.npz") + 400
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a run",
        lambda content: content[: len(content) // 2],
        flip_a_bit,
        lambda content: content.replace(b'"format": ', b'"farmot": '),
    ],
    ids=["empty", "text", "cut off", "a bit flipped", "manifest changed"],
)
def test_a_damaged_file_is_refused(saved, tmp_path, damage):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(damage(saved[1].read_bytes()))
    with pytest.raises(
        ValueError, match=r"bad\.zip is not a saved run, or it is damag"
    ):
        training.load_run(bad)


def test_foreign_and_missing_files_are_refused(tmp_path):
    foreign = tmp_path / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match="not a saved run"):
        training.load_run(foreign)
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(newer, "w") as archive:
        archive.writestr("run.json", json.dumps({"format": "cnn-course run 9"}))
        archive.writestr("last_weights.npz", b"")
        archive.writestr("model.keras", b"")
    with pytest.raises(ValueError, match="format 'cnn-course run 9'"):
        training.load_run(newer)
    with pytest.raises(FileNotFoundError, match=r"no saved run at .*none\.zip"):
        training.load_run(tmp_path / "none.zip")


def test_a_run_of_another_model_is_refused_and_says_where_they_differ(saved):
    path = saved[1]
    with pytest.raises(
        ValueError,
        match=r"another model.* has 'Dense units=8 .*yours has 'Dense units=9",
    ):
        training.load_run(path, model=tiny_model(units=9))
    with pytest.raises(ValueError, match=r"activation=relu.*activation=tanh"):
        training.load_run(path, model=tiny_model(activation="tanh"))
    deeper = keras.Sequential([keras.Input((4, 4, 1)), *tiny_model().layers])
    deeper.add(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="'no layer', yours has 'Dense units=3"):
        training.load_run(path, model=deeper)
    model = tiny_model()
    with pytest.raises(ValueError, match="resume: this run trained another model"):
        training.fit(model, TRAIN, VALIDATION, epochs=3, resume=training.load_run(path))
