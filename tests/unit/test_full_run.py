"""The long run: it survives its death, and lessons find what it left."""

import os
import re
from dataclasses import replace
from typing import Any

import filelock
import keras
import numpy as np
import pytest

from course_utils import datasets, full_run, training


def tiny(image_size, dropout=0.0, augment=False):
    """A network that learns from mean colours, in no time."""
    model = keras.Sequential([keras.Input((image_size, image_size, 3))])
    model.add(keras.layers.GlobalAveragePooling2D())
    if dropout:
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A cache of its own, a tiny network and a few small photographs."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_USER_DIR", str(tmp_path))
    monkeypatch.setattr(full_run, "SIZE", 8)
    monkeypatch.setattr(full_run.models, "cats_dogs_cnn", tiny)
    whole = datasets.cats_vs_dogs("sample")
    few: dict[str, Any] = {
        split: type(whole.train)(*(a[:40] for a in (part.images, part.labels)))
        for split in ("train", "validation", "test")
        if (part := getattr(whole, split))
    }
    data = replace(whole, source="full", **few)
    monkeypatch.setattr(datasets, "cats_vs_dogs", lambda source: data)
    return data


def die_after(monkeypatch, calls, how):
    """Let the training end in another way than planned at a later epoch."""
    fit = training.fit

    def mortal(*args, **kwargs):
        if kwargs["epochs"] > calls:
            return how(fit, args, kwargs)
        return fit(*args, **kwargs)

    monkeypatch.setattr(training, "fit", mortal)


def killed(fit, args, kwargs):
    raise SystemExit("killed")


def interrupted(fit, args, kwargs):
    run = fit(*args, **kwargs)
    run.stopped = True
    return run


def found(name: str) -> training.Run:
    run = full_run.load(name)
    assert run is not None
    return run


def losses(name: str) -> list[float]:
    return found(name).history["loss"]


@pytest.mark.parametrize(
    ("name", "death"), [("plain", killed), ("augmented", interrupted)]
)
def test_it_goes_on_after_the_last_whole_epoch(monkeypatch, name, death, small):
    with monkeypatch.context() as patch:
        die_after(patch, 2, death)
        if death is killed:
            with pytest.raises(SystemExit, match="killed"):
                full_run.train(name, small, 3)
        else:
            assert full_run.train(name, small, 3).stopped
    before = losses(name)
    run = full_run.train(name, small, 3)
    assert len(before) == 2
    assert losses(name) == run.history["loss"]
    assert run.history["loss"][:2] == before
    assert run.epochs == 3
    assert not run.stopped
    loaded = found(name)
    assert int(loaded.model.optimizer.iterations) == 3 * 2  # two batches an epoch
    images = small.test.images
    images = keras.ops.image.resize(images, (8, 8))
    np.testing.assert_allclose(loaded.model(images), run.model(images), atol=1e-6)


def test_a_stop_in_the_first_epoch_leaves_nothing_behind(monkeypatch, small):
    die_after(monkeypatch, 0, interrupted)
    assert full_run.train("plain", small, 1).stopped
    assert full_run.load("plain") is None


def test_what_is_done_is_not_done_again(monkeypatch, small):
    full_run.train("plain", small, 1)
    die_after(monkeypatch, 0, killed)
    assert full_run.train("plain", small, 1).epochs == 1


def test_the_command_trains_both_and_says_where_they_are(capsys, tmp_path):
    (tmp_path / "runs" / ".cats_dogs_8_plain.zip-x").mkdir(parents=True)
    full_run.main(["--plain", "1", "--augmented", "2"])
    assert [found(name).epochs for name in ("plain", "augmented")] == [1, 2]
    said = capsys.readouterr().out
    assert len(re.findall(r"epoch \d/", said)) == 3
    assert str(tmp_path / "runs") in said
    assert not list((tmp_path / "runs").glob(".*"))  # nor the draft of a dead process
    kinds = {type(layer) for layer in found("augmented").model.layers}
    assert keras.layers.Dropout in kinds


def test_the_command_says_that_it_was_stopped(monkeypatch):
    die_after(monkeypatch, 1, interrupted)
    with pytest.raises(SystemExit, match="goes on after the last epoch"):
        full_run.main(["--plain", "2"])


def test_two_at_once_are_refused(tmp_path):
    (tmp_path / "runs").mkdir()
    with (
        filelock.FileLock(tmp_path / "runs" / "full_run.lock"),
        pytest.raises(SystemExit, match="Another process is training"),
    ):
        full_run.main([])


def test_a_cache_that_cannot_be_written_is_explained(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(SystemExit, match="Set COURSE_USER_DIR to a folder of yours"):
        full_run.main([])


def test_damaged_runs_and_other_networks_are_refused_and_kept(small):
    file = full_run.place("plain")
    file.parent.mkdir()
    file.write_bytes(b"no run")
    with pytest.raises(SystemExit, match="damaged"):
        full_run.main([])
    with pytest.raises(ValueError, match="damaged"):
        full_run.load("plain")
    assert file.read_bytes() == b"no run"
    full_run.train("augmented", small, 1)
    full_run.place("augmented").replace(file)
    with pytest.raises(SystemExit, match="saved by another model"):
        full_run.main(["--plain", "2"])


@pytest.mark.parametrize("call", [full_run.place, full_run.load])
def test_other_names_are_refused(call):
    with pytest.raises(ValueError, match="name: 'both'; allowed are plain, augmented"):
        call("both")


def test_lessons_work_on_full_photographs_where_both_runs_are(
    small, capsys, monkeypatch
):
    bundled = replace(small, source="sample")

    def one(source="full"):
        return bundled if source == "sample" else small

    monkeypatch.setattr(datasets, "cats_vs_dogs", one)
    full_run.train("plain", small, 1)
    capsys.readouterr()
    assert full_run.photographs().source == "sample"
    assert "python -m course_utils.full_run" in capsys.readouterr().out
    full_run.train("augmented", small, 1)
    capsys.readouterr()
    assert full_run.photographs().source == "full"
    assert not capsys.readouterr().out
