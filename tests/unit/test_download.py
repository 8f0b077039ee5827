"""Faults of networks and disks: a clear message, nothing half-done, then success."""

import hashlib
import http.server
import io
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import filelock
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from course_utils import datasets
from course_utils.datasets import __main__ as command
from course_utils.datasets import download, whole
from course_utils.datasets.download import Remote, data_dir, extract
from course_utils.datasets.whole import PhotoSet, fetch, place, state

# ---- a server that misbehaves on request, and small stand-ins for the real sets ----


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; each answer takes the next of `faults`, then all is well."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.go_on = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass  # clients hang up on purpose


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        server = self.server
        server.requests.append(self.path)
        fault = server.faults.pop(0) if server.faults else ""
        if fault.isdigit():
            return self.send_error(int(fault))
        content = server.files[self.path.rpartition("/")[2]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        if fault == "cut":
            return self.wfile.write(content[:half])
        if fault == "spoilt":
            spoilt = bytes([content[half] ^ 1])
            content = content[:half] + spoilt + content[half + 1 :]
        self.wfile.write(content[:half])
        if fault in ("stall", "slow"):
            self.wfile.flush()
            server.go_on.wait(20 if fault == "stall" else 1)
        return self.wfile.write(content[half:])

    def log_message(self, *_):
        pass


def pet_archive():
    """A zip as cats_and_dogs_filtered.zip is, with a program in it as there."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("pets/run_me.py", "raise SystemExit('executed')")
        for split, n in (("train", 12), ("validation", 4)):
            for name, colour in (("cats", "red"), ("dogs", "blue")):
                for i in range(n):
                    picture = io.BytesIO()
                    Image.new("RGB", (90 + i, 70), colour).save(picture, "JPEG")
                    member = f"pets/{split}/{name}/{i}.jpg"
                    archive.writestr(member, picture.getvalue())
    return file.getvalue()


def matlab_file(n):
    """As SVHN's files are: axes (H, W, C, N), labels 1..10, 10 for the digit 0."""
    file = io.BytesIO()
    labels = (np.arange(1, n + 1) % 10).astype(np.uint8)
    images = np.broadcast_to(10 * labels, (32, 32, 3, n))
    savemat(file, {"X": images, "y": np.where(labels, labels, 10)[:, None]})
    return file.getvalue()


FILES = {
    "pets.zip": pet_archive(),
    "train.mat": matlab_file(6_000),
    "test.mat": matlab_file(40),
}
BOTH = ("cats_and_dogs_filtered", "svhn")


def stand_ins(address):
    """Code that puts small sets in the place of two whole ones."""

    def remote(name):
        md5 = f"md5:{hashlib.md5(FILES[name]).hexdigest()}"
        known = None if name == "pets.zip" else md5
        return Remote(f"{address}/{name}", len(FILES[name]), known)

    return textwrap.dedent(
        f"""
        from course_utils.datasets import whole
        from course_utils.datasets.download import Remote
        from course_utils.datasets.whole import ArraySet, PhotoSet

        whole.SVHN = {remote("train.mat")}, {remote("test.mat")}
        whole.WHOLE["svhn"] = ArraySet(
            (6_000, 32, 32, 3), (40, 32, 32, 3), 10**6, whole._svhn
        )
        whole.WHOLE["cats_and_dogs_filtered"] = PhotoSet(
            "pets", 32, {remote("pets.zip")}
        )
        """
    )


@pytest.fixture
def server():
    server = Server()
    server.files = dict(FILES)
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache directory of its own, and no waiting between tries."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setattr(download, "TIMEOUT", 1)
    return tmp_path / "cache"


def put_stand_ins(address, monkeypatch):
    monkeypatch.setattr(whole, "SVHN", whole.SVHN)  # to be put back afterwards
    for name in BOTH:
        monkeypatch.setitem(whole.WHOLE, name, whole.WHOLE[name])
    exec(stand_ins(address), {})


@pytest.fixture
def sets(server, cache, monkeypatch):
    put_stand_ins(server.address, monkeypatch)
    return server


def load(name):
    """The set as a lesson gets it."""
    if name == "svhn":
        return datasets.svhn("full")
    return datasets.cats_vs_dogs("full")


def other_process(server, cache, code="whole.fetch('svhn')", before=()):
    """Start `code` in another process on the same cache."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", stand_ins(server.address) + code],
        env={**os.environ, "COURSE_DATA_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def leftovers(cache):
    """Files in the cache but for locks and archives that passed their check."""
    return [
        str(path.relative_to(cache))
        for path in cache.rglob("*")
        if path.is_file()
        and path.suffix != ".lock"
        and FILES.get(path.name) != path.read_bytes()
    ]


# ---- all is well ----


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
)
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


# ---- the disk ----


def test_too_little_space_is_told_before_the_download(sets, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match=r"no space left .* MB are needed.*COURSE_DATA_D"):
        load("svhn")
    assert sets.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("limit", [200, 100_000, len(FILES["train.mat"]) + 9_000])
def test_a_disk_that_fills_up(sets, cache, limit):
    """With the limit on file sizes as a full disk, while loading or while storing."""
    code = (
        f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)\n"
        "whole.fetch('svhn')"
    )
    process = other_process(sets, cache, code)
    _, errors = process.communicate(timeout=60)
    message = r"svhn was not stored: there is no space left in .* Set COURSE_DATA_DIR"
    assert re.search(message, errors)
    assert state("svhn") == "absent"
    assert leftovers(cache) == []
    load("svhn")


def namespace(cache, mount, code):
    """Run code in another process where `cache` is mounted in some way."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs user namespaces")
    before = ["unshare", "-rm", "sh", "-c", mount.format(cache) + ' && exec "$@"', "sh"]
    return before, code


def test_a_real_disk_that_is_full(sets, cache):
    cache.mkdir()
    before, code = namespace(
        cache,
        "mount -t tmpfs -o size=64k none '{}'",
        "import shutil\nusage = shutil.disk_usage('/')._replace(free=10**12)\n"
        "shutil.disk_usage = lambda path: usage\n"  # let it begin
        "whole.fetch('svhn')",
    )
    _, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    message = r"svhn was not stored: there is no space left .*No space left on device"
    assert re.search(message, errors)


READ_ONLY = "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}'"


@pytest.mark.parametrize("folder", ["", "downloads", "downloads/svhn"])
def test_a_read_only_cache_says_what_to_do(sets, cache, folder):
    (cache / folder).mkdir(parents=True)
    before, code = namespace(cache, READ_ONLY, "whole.fetch('svhn')")
    _, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    assert "cannot be written. Set COURSE_DATA_DIR to another folder" in errors


def test_what_is_in_a_read_only_cache_can_be_used(sets, cache):
    fetch("cats_and_dogs_filtered")
    code = (
        "from course_utils import datasets\ndata = datasets.cats_vs_dogs()\n"
        "print(data.source, len(data.train), data.train.images[0].shape[2])\n"
        "print(datasets.svhn().source)"
    )
    before, code = namespace(cache, READ_ONLY, code)
    output, errors = other_process(sets, cache, code, before).communicate(timeout=60)
    assert "full 24 3" in output, errors
    assert output.strip().endswith("sample")


def test_an_unwritable_folder_is_told_as_such(sets, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(PermissionError, match=r"cannot be written\. Set COURSE_DATA"):
        load("svhn")


# ---- other processes ----


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.02)  # time.sleep is out of order here


def test_a_process_killed_in_mid_download_leaves_nothing_trusted(sets, cache):
    sets.faults = ["stall"]
    process = other_process(sets, cache)
    work = cache / "downloads" / "svhn"
    half = len(FILES["train.mat"]) // 2
    wait_for(lambda: any(f.stat().st_size >= half - 2**16 for f in work.glob("tmp*")))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert leftovers(cache)
    assert state("svhn") == "absent"
    sets.faults = ["404"]
    with pytest.raises(OSError, match="404"):
        load("svhn")
    assert leftovers(cache) == []
    load("svhn")
    assert not work.exists()
    assert leftovers(cache) == ["svhn.npz"]


def test_a_process_killed_in_mid_extraction_leaves_nothing_trusted(sets, cache):
    code = (
        "import os\nfrom course_utils.datasets import download\nopened = []\n"
        "class Killed(download.zipfile.ZipFile):\n"
        "    def extract(self, *arguments):\n"
        "        opened.append(0)\n"
        "        if len(opened) == 9: os.kill(os.getpid(), 9)\n"
        "        return super().extract(*arguments)\n"
        "download.zipfile.ZipFile = Killed\n"
        "whole.fetch('cats_and_dogs_filtered')"
    )
    process = other_process(sets, cache, code)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(list(cache.rglob("*.jpg"))) == 8
    assert state("cats_and_dogs_filtered") == "absent"
    assert len(load("cats_and_dogs_filtered").train) == 24
    assert sets.requests == ["/pets.zip"]  # the archive had passed its check


def test_two_processes_at_once_download_once(sets, cache):
    sets.faults = ["slow"]
    processes = [other_process(sets, cache) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sorted(sets.requests) == ["/test.mat", "/train.mat"]
    assert state("svhn") == "whole"


def test_waiting_for_another_process_is_told(sets, cache, capsys):
    (cache / "downloads").mkdir(parents=True)
    held = threading.Event()

    def hold():
        with filelock.FileLock(cache / "downloads" / "svhn.lock"):
            held.set()
            threading.Event().wait(2)

    threading.Thread(target=hold).start()
    held.wait()
    fetch("svhn")
    assert "svhn: another process is fetching it; waiting" in capsys.readouterr().out


# ---- the cache as an earlier version, or an accident, left it ----


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
