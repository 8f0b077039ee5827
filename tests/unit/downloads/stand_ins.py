"""A server that misbehaves on request, and small stand-ins for the real sets."""

import hashlib
import http.server
import io
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from course_utils import datasets
from course_utils.datasets import whole
from course_utils.datasets.download import Remote


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
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

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


def put_stand_ins(address, monkeypatch):
    monkeypatch.setattr(whole, "SVHN", whole.SVHN)  # to be put back afterwards
    for name in BOTH:
        monkeypatch.setitem(whole.WHOLE, name, whole.WHOLE[name])
    exec(stand_ins(address), {})


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


def namespace(cache, mount, code):
    """Run code in another process where `cache` is mounted in some way."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs user namespaces")
    before = ["unshare", "-rm", "sh", "-c", mount.format(cache) + ' && exec "$@"', "sh"]
    return before, code


READ_ONLY = "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}'"
