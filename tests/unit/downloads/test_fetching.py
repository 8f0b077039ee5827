"""Whole sets are fetched once and get right what they hold; faults of the network."""

import hashlib
import io
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest

from course_utils import datasets
from course_utils.datasets import whole
from course_utils.datasets.download import Remote
from course_utils.datasets.whole import OneFile, PhotoSet, fetch, forget, state
from tests.unit.downloads.stand_ins import (
    BOTH,
    FILES,
    Server,
    leftovers,
    load,
    put_stand_ins,
)


def test_photographs_are_fetched_once_and_divided(sets, cache):
    data = load("cats_and_dogs_filtered")
    assert (len(data.train), len(data.validation), len(data.test)) == (24, 4, 4)
    assert data.class_names == ("cat", "dog")
    for split in (data.train, data.validation, data.test):
        for photo, label in zip(split.images, split.labels):
            assert photo[0, 0].argmax() == (0, 2)[label]
    load("cats_and_dogs_filtered")
    assert sets.requests == ["/pets.zip"]
    assert not list((cache / "downloads").glob("*/*"))


def test_only_photographs_leave_the_archive(sets, cache):
    load("cats_and_dogs_filtered")
    kinds = {p.suffix for p in (cache / "pets").rglob("*") if p.is_file()}
    assert kinds == {".jpg"}


def test_the_large_set_has_files_to_leave_out(sets, cache, monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(FILES["pets.zip"])) as pets:
        photo = pets.read("pets/train/cats/0.jpg")
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("Cat", "Dog"):
            for i in range(10):
                archive.writestr(f"PetImages/{name}/{i}.jpg", photo if i else b"")
            archive.writestr(f"PetImages/{name}/Thumbs.db", b"x")
    sets.files["kaggle.zip"] = file.getvalue()
    remote = Remote(f"{sets.address}/kaggle.zip", len(file.getvalue()))
    stand_in = PhotoSet("PetImages", 20, remote)
    monkeypatch.setitem(whole.WHOLE, "kagglecatsanddogs", stand_in)
    data = datasets.cats_vs_dogs("kaggle")
    assert data.class_names == ("cat", "dog")
    assert len(data.train) + len(data.validation) + len(data.test) == 18
    assert "2 left out, empty" in data.describe()


def test_a_single_file_is_fetched_once_and_checked(sets, cache, monkeypatch):
    content = b"two elephants" * 99
    sets.files["two.jpg"] = content
    known = f"sha256:{hashlib.sha256(content).hexdigest()}"
    remote = Remote(f"{sets.address}/two.jpg", len(content), known)
    monkeypatch.setitem(whole.WHOLE, "elephants", OneFile("photos", remote))
    file = cache / "photos" / "two.jpg"
    sets.faults = ["spoilt"] * 3
    with pytest.raises(OSError, match=r"two\.jpg could not be fetched"):
        fetch("elephants")
    assert state("elephants") == "absent"
    for _ in range(2):
        fetch("elephants")
    assert file.read_bytes() == content
    assert len(sets.requests) == 4
    file.write_bytes(content[:-1])
    assert state("elephants") == "damaged"
    fetch("elephants")
    assert state("elephants") == "whole"
    forget("elephants")
    assert not file.exists()


def test_the_elephants_are_the_photograph_of_the_lesson():
    about = whole.WHOLE["elephants"]
    assert isinstance(about, OneFile)
    here = Path(__file__).parents[4] / "shared" / "data" / about.folder
    file = here / about.remote.name
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the project")
    content = file.read_bytes()
    assert len(content) == about.download
    assert about.remote.known_hash == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_svhn_gets_its_axes_and_its_zero_right(sets):
    fetch("svhn")
    (x, y), (x_test, y_test) = whole.read_whole("svhn")
    assert x.shape == (6_000, 32, 32, 3)
    assert x.dtype == y.dtype == np.uint8
    assert y[:11].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert (x[:, 0, 0, 0] == 10 * y).all()
    assert x_test.shape == (40, 32, 32, 3)
    data = datasets.svhn("full")
    assert (len(data.train), len(data.validation), len(data.test)) == (1_000, 5_000, 40)
    assert (data.validation.images == x[1_000:]).all()
    assert (data.test.labels == y_test).all()
    assert len(sets.requests) == 2


def test_auto_takes_what_is_there_and_says_so(sets, capsys):
    assert datasets.svhn().source == "sample"
    assert "bundled sample (source='full' downloads" in capsys.readouterr().out
    fetch("svhn")
    capsys.readouterr()
    assert datasets.svhn().source == "full"
    assert capsys.readouterr().out == "House numbers: the whole set, from the cache.\n"
    datasets.svhn("sample")
    assert capsys.readouterr().out == ""


def test_a_file_brought_by_hand_is_used_if_it_is_right(sets, cache):
    work = cache / "downloads" / "svhn"
    work.mkdir(parents=True)
    (work / "train.mat").write_bytes(FILES["train.mat"])
    (work / "test.mat").write_bytes(b"something else")
    fetch("svhn")
    assert sets.requests == ["/test.mat"]
    work = cache / "downloads" / "cats_and_dogs_filtered"
    work.mkdir(parents=True)
    (work / "pets.zip").write_bytes(FILES["pets.zip"])
    fetch("cats_and_dogs_filtered")
    assert sets.requests == ["/test.mat"]


# ---- the network ----


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("faults", "message", "requests"),
    [
        (["404"], "the server answered 404", 1),
        (["500"] * 3, "the server answered 500", 3),
        (["cut"] * 3, "the transfer broke off", 3),
        (["stall"] * 3, "sent nothing for 1 seconds", 3),
    ],
    ids=["404", "500", "cut", "stall"],
)
@pytest.mark.usefixtures("impatient")
def test_a_fault_of_the_server(sets, cache, name, faults, message, requests):
    sets.faults = list(faults)
    with pytest.raises(OSError, match=message) as raised:
        load(name)
    assert "source='sample'" in str(raised.value)
    assert len(sets.requests) == requests
    assert state(name) == "absent"
    assert leftovers(cache) == []
    load(name)
    assert state(name) == "whole"


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("fault", ["500", "cut", "stall"])
@pytest.mark.usefixtures("impatient")
def test_a_passing_fault_is_not_noticed(sets, name, fault):
    sets.faults = [fault]
    load(name)
    assert sets.requests[0] == sets.requests[1]  # it was asked for again


def test_a_wrong_hash_is_refused(sets, cache):
    sets.faults = ["spoilt"] * 3
    with pytest.raises(OSError, match=r"MD5 hash of downloaded file .* does not match"):
        load("svhn")
    assert leftovers(cache) == []
    load("svhn")


def test_without_a_hash_the_checksums_in_the_archive_tell(sets, cache):
    sets.faults = ["spoilt"]
    with pytest.raises(OSError, match=r"pets\.zip is not used: "):
        load("cats_and_dogs_filtered")
    assert state("cats_and_dogs_filtered") == "absent"
    load("cats_and_dogs_filtered")


def test_without_a_hash_the_size_tells(sets, cache):
    sets.files["pets.zip"] += b"more"
    with pytest.raises(OSError, match=r"bytes came instead of"):
        load("cats_and_dogs_filtered")
    assert leftovers(cache) == []


def test_a_refused_connection(cache, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    put_stand_ins(f"http://127.0.0.1:{port}", monkeypatch)
    with pytest.raises(OSError, match="no connection to the server"):
        load("svhn")
    assert leftovers(cache) == []
    server = Server(port)
    server.files = FILES
    load("svhn")
    server.shutdown()
    server.server_close()
