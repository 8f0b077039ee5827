"""The whole sets that come through keras.datasets, and Keras' own weak points."""

import gzip
import http.server
import threading
import urllib.request
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras.src.backend import config
from keras.src.utils import file_utils

from course_utils import datasets
from course_utils.datasets import download, whole
from course_utils.datasets.whole import ArraySet, place, state


def idx(array):
    """A gzipped idx file of uint8."""
    sizes = np.array(array.shape, ">i4").tobytes()
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


LABELS = (np.arange(6_000) % 10).astype(np.uint8)
IMAGES = np.broadcast_to(LABELS[:, None, None], (6_000, 28, 28)).copy()
FILES = {
    "train-images-idx3-ubyte.gz": idx(IMAGES),
    "train-labels-idx1-ubyte.gz": idx(LABELS),
    "t10k-images-idx3-ubyte.gz": idx(IMAGES[:50]),
    "t10k-labels-idx1-ubyte.gz": idx(LABELS[:50]),
}


class Handler(http.server.BaseHTTPRequestHandler):
    faults: list[str] = []  # noqa: RUF012
    requests: list[str] = []  # noqa: RUF012
    go_on = threading.Event()

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        self.requests.append(name)
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdigit():
            return self.send_error(int(fault))
        content = FILES[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault == "spoilt":
            content = content[:400] + b"spoilt" + content[406:]
        if fault in ("cut", "stall"):
            self.wfile.write(content[:-200])
            self.wfile.flush()
            self.go_on.wait(30 if fault == "stall" else 0)
            return None
        return self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Fashion-MNIST in small, from a server of ours, with all folders of their own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"

    def retrieve(url, *arguments):
        url = address + url.rpartition("/")[2]
        return urllib.request.urlretrieve(url, *arguments)

    (tmp_path / "keras").mkdir()
    monkeypatch.setattr(file_utils, "urlretrieve", retrieve)
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "keras"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=lambda seconds: None))
    there = whole.WHOLE["fashion_mnist"]
    assert isinstance(there, ArraySet)
    small = ArraySet((6_000, 28, 28), (50, 28, 28), 10**6, there.get)
    monkeypatch.setitem(whole.WHOLE, "fashion_mnist", small)
    Handler.faults, Handler.requests = [], []
    Handler.go_on.clear()
    yield Handler
    Handler.go_on.set()
    server.shutdown()
    server.server_close()


def test_the_set_comes_through_keras_and_is_then_read_without_it(server, tmp_path):
    data = datasets.fashion_mnist("full")
    assert (len(data.train), len(data.validation), len(data.test)) == (1_000, 5_000, 50)
    assert (data.train.images[:, 0, 0] == data.train.labels).all()
    assert (data.validation.labels == LABELS[1_000:]).all()
    assert data.class_names[data.test.labels[9]] == "ankle boot"
    assert len(server.requests) == 4
    assert datasets.fashion_mnist().source == "full"
    assert len(server.requests) == 4
    assert not list((tmp_path / "cache" / "downloads").glob("*/*"))


@pytest.mark.parametrize("fault", ["500", "cut", "stall", "spoilt"])
@pytest.mark.usefixtures("impatient")
def test_a_passing_fault_is_not_noticed(server, fault):
    server.faults = ["", fault]
    assert datasets.fashion_mnist("full").source == "full"
    # It was asked for again: a stalled server, which goes on later, is not waited for.
    assert server.requests[1] in server.requests[2:]


def test_a_lasting_fault_is_told_and_the_next_call_succeeds(server):
    server.faults = ["404"] * 3
    message = (
        r"fashion_mnist could not be fetched through keras\.datasets: .*404.*sample"
    )
    with pytest.raises(OSError, match=message):
        datasets.fashion_mnist("full")
    assert state("fashion_mnist") == "absent"
    assert datasets.fashion_mnist("full").source == "full"


def test_what_a_killed_download_left_to_keras_is_not_trusted(server, tmp_path):
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    name = "train-images-idx3-ubyte.gz"
    (folder / name).write_bytes(FILES[name][:-300])
    assert datasets.fashion_mnist("full").source == "full"


def test_another_set_than_expected_is_refused(server, monkeypatch):
    monkeypatch.setitem(FILES, "t10k-labels-idx1-ubyte.gz", idx(LABELS[:49]))
    monkeypatch.setitem(FILES, "t10k-images-idx3-ubyte.gz", idx(IMAGES[:49]))
    with pytest.raises(
        OSError, match=r"x_test is uint8 \(49, 28, 28\), not uint8 \(50"
    ):
        datasets.fashion_mnist("full")
    assert not place("fashion_mnist").exists()


def test_mnist_and_cifar10_are_cut_from_what_keras_gives(tmp_path, monkeypatch):
    def arrays(n, *shape):
        return np.zeros((n, *shape), np.uint8), (np.arange(n) % 10).astype(np.uint8)

    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    gray = arrays(60_000, 28, 28), arrays(10_000, 28, 28)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: gray)
    data = datasets.mnist("full")
    assert (len(data.train), len(data.validation)) == (55_000, 5_000)
    assert len(data.test) == 10_000
    (x, y), test = arrays(50_000, 32, 32, 3), arrays(10_000, 32, 32, 3)
    x[:, 0, 0, 0] = y
    colour = (x, y[:, None]), (test[0], test[1][:, None])  # Keras: labels (N, 1)
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: colour)
    data = datasets.cats_vs_dogs("cifar10")
    assert (len(data.train), len(data.validation)) == (9_000, 1_000)
    assert len(data.test) == 2_000
    assert data.class_names == ("cat", "dog")
    assert (data.train.images[:, 0, 0, 0] == np.array([3, 5])[data.train.labels]).all()


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, "Too many open files")])
def test_good_files_are_kept_when_the_computer_cannot_cope(
    server, tmp_path, monkeypatch, error
):
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)

    def fail():
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(keras.datasets.fashion_mnist, "load_data", fail)
        with pytest.raises(type(error)):
            datasets.fashion_mnist("full")
    assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)
    assert datasets.fashion_mnist("full").source == "full"
    assert server.requests == []
