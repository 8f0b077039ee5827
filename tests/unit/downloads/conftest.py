"""A server and a cache directory for each test of downloads."""

from types import SimpleNamespace

import pytest

from course_utils.datasets import download
from tests.unit.downloads.stand_ins import FILES, Server, put_stand_ins


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
    # Not `time.sleep` itself: other threads of this process would never rest.
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda seconds: None))
    return tmp_path / "cache"


@pytest.fixture
def impatient(monkeypatch, request):
    """Wait a second only for a server that stalls, and longer for a busy computer."""
    if "stall" in request.node.callspec.id:
        monkeypatch.setattr(download, "TIMEOUT", 1)


@pytest.fixture
def sets(server, cache, monkeypatch):
    put_stand_ins(server.address, monkeypatch)
    return server
