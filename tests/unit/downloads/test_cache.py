"""The cache as an accident left it, archives that are not trusted, the command line."""

import os
import re
import stat
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from course_utils import datasets
from course_utils.datasets import __main__ as command
from course_utils.datasets import whole
from course_utils.datasets.download import Remote, data_dir, extract
from course_utils.datasets.whole import PhotoSet, fetch, place, state
from tests.unit.downloads.stand_ins import BOTH, FILES, load


def save(path, array):
    np.savez(path, x_train=array, y_train=array, x_test=array, y_test=array)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit,
        lambda path: path.write_bytes(path.read_bytes()[:-1000]),
        lambda path: path.write_bytes(b""),
        lambda path: np.savez(path, images=np.zeros(3)),
        lambda path: save(path, np.zeros(3)),
        lambda path: save(path, np.array([print], object)),
    ],
)
def test_a_damaged_set_is_told_and_fetched_anew(sets, capsys, damage):
    fetch("svhn")
    damage(place("svhn"))
    assert state("svhn") == "damaged"
    assert datasets.svhn().source == "sample"
    assert "the whole set in the cache is damaged" in capsys.readouterr().out
    assert load("svhn").source == "full"
    assert datasets.svhn().source == "full"


def test_a_folder_with_photographs_missing_is_fetched_anew(sets, capsys):
    fetch("cats_and_dogs_filtered")
    (place("cats_and_dogs_filtered") / "train" / "cats" / "3.jpg").unlink()
    assert datasets.cats_vs_dogs().source == "sample"
    assert "is damaged" in capsys.readouterr().out
    assert len(load("cats_and_dogs_filtered").train) == 24


def test_an_archive_with_other_contents_is_refused(sets, cache, monkeypatch):
    more = PhotoSet(
        "pets", 33, Remote(f"{sets.address}/pets.zip", len(FILES["pets.zip"]))
    )
    monkeypatch.setitem(whole.WHOLE, "cats_and_dogs_filtered", more)
    with pytest.raises(OSError, match="32 photographs in pets, not 33"):
        load("cats_and_dogs_filtered")
    assert state("cats_and_dogs_filtered") == "absent"


def refuse(error):
    def do(*_, **__):
        raise error

    return do


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            PermissionError(13, "Permission denied"),
            r"svhn\.npz cannot be read \(Permiss",
        ),
        (OSError(5, "Input/output error"), r"svhn\.npz cannot be read \(Input/output"),
        (MemoryError(), r"svhn\.npz does not fit into the memory that is free"),
    ],
)
def test_what_cannot_be_read_is_neither_called_damaged_nor_replaced(
    sets, capsys, monkeypatch, error, reason
):
    fetch("svhn")
    content, requests = place("svhn").read_bytes(), len(sets.requests)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", refuse(error))
        assert state("svhn") == "unreadable"
        capsys.readouterr()
        assert datasets.svhn().source == "sample"
        told = (
            "House numbers: the bundled sample, as the whole set in the cache cannot "
        )
        assert capsys.readouterr().out == told + "be read (source='full' tells why).\n"
        with pytest.raises(type(error), match=reason):
            load("svhn")
    assert len(sets.requests) == requests
    assert place("svhn").read_bytes() == content
    assert load("svhn").source == "full"


def test_a_folder_in_the_place_of_a_file_is_kept(sets):
    place("svhn").mkdir(parents=True)
    (place("svhn") / "mine.txt").write_text("kept")
    assert state("svhn") == "unreadable"
    with pytest.raises(IsADirectoryError, match=r"svhn\.npz cannot be read"):
        load("svhn")
    assert (place("svhn") / "mine.txt").read_text() == "kept"


def test_photographs_that_cannot_be_read_are_kept(sets, monkeypatch):
    fetch("cats_and_dogs_filtered")
    scan = os.scandir

    def locked(path):
        if Path(path).name == "dogs":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    with monkeypatch.context() as broken:
        broken.setattr(os, "scandir", locked)
        assert state("cats_and_dogs_filtered") == "unreadable"
        with pytest.raises(PermissionError, match=r"dogs cannot be read \(Permission"):
            load("cats_and_dogs_filtered")
    assert state("cats_and_dogs_filtered") == "whole"
    assert sets.requests == ["/pets.zip"]


def test_a_file_in_the_place_of_photographs_is_kept(sets):
    place("cats_and_dogs_filtered").parent.mkdir(parents=True, exist_ok=True)
    place("cats_and_dogs_filtered").write_text("mine")
    assert state("cats_and_dogs_filtered") == "unreadable"
    with pytest.raises(NotADirectoryError, match="cannot be read"):
        load("cats_and_dogs_filtered")
    assert place("cats_and_dogs_filtered").read_text() == "mine"


def test_a_bomb_in_the_place_of_a_set_is_refused_in_little_memory(sets):
    place("svhn").parent.mkdir(parents=True)
    with zipfile.ZipFile(place("svhn"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", b"\0" * 200_000_000)
    tracemalloc.start()
    assert state("svhn") == "damaged"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


# ---- archives ----


@pytest.mark.parametrize(
    "name",
    ["../evil.jpg", "/tmp/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "C:\\e.jpg"],
)
def test_members_that_leave_the_folder_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good.jpg", b"1")
        archive.writestr(name, b"2")
    with pytest.raises(OSError, match="would leave the target folder"):
        extract(tmp_path / "a.zip", tmp_path / "deep" / "target", ".jpg")
    assert list(tmp_path.rglob("*.jpg")) == []
    assert not Path("/tmp/evil.jpg").exists()
    assert not (tmp_path / "a.zip").exists()


def test_links_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(OSError, match="would leave the target folder"):
        extract(tmp_path / "a.zip", tmp_path / "target", ".jpg")


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.jpg", b"\0" * 30_000_000)
    with pytest.raises(OSError, match=r"a\.zip is not used: it unpacks to 30 MB"):
        extract(tmp_path / "a.zip", tmp_path / "target", ".jpg")
    assert not list(tmp_path.rglob("*.jpg"))


# ---- the cache directory and the command line ----


def test_the_cache_directory_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    assert data_dir().name == "cnn-course"
    monkeypatch.setenv("COURSE_DATA_DIR", "")
    assert data_dir().name == "cnn-course"
    monkeypatch.setenv("COURSE_DATA_DIR", "~/pictures")
    assert data_dir() == Path.home() / "pictures"
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "new"))
    assert data_dir() == tmp_path / "new"
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(NotADirectoryError, match="which is not a folder"):
        data_dir()


def test_the_command_line_lists_fetches_and_removes(sets, cache, capsys):
    command.main([])
    assert re.search(r"svhn +absent +\d+ MB to download", capsys.readouterr().out)
    command.main(["fetch", *BOTH])
    assert "svhn: whole" in capsys.readouterr().out
    command.main(["list"])
    output = capsys.readouterr().out
    assert str(cache) in output
    assert re.search(r"svhn +whole +19 MB on disk", output)
    command.main(["remove", *BOTH])
    assert state("svhn") == state("cats_and_dogs_filtered") == "absent"
    sets.faults = ["404"]
    with pytest.raises(SystemExit, match="the server answered 404"):
        command.main(["fetch", "svhn"])
    with pytest.raises(SystemExit):
        command.main(["fetch", "imagenet"])


def test_the_published_sizes_and_hashes():
    """As DESIGN gives them; a slip of a digit would refuse every download."""
    svhn = [(f.url, f.size, f.known_hash) for f in whole.SVHN]
    assert svhn == [
        (
            "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
            182040794,
            "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
        ),
        (
            "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
            64275384,
            "md5:eb5a983be6a315427106f1b164d9cef3",
        ),
    ]
    pets, kaggle = (
        whole.archive for whole in whole.WHOLE.values() if isinstance(whole, PhotoSet)
    )
    assert pets.url == (
        "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip"
    )
    assert pets.size == 68606236
    assert kaggle.name == "kagglecatsanddogs_5340.zip"
    assert kaggle.known_hash == (
        "sha256:b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9"
    )
