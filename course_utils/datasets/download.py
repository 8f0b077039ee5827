"""The cache directory, and downloads that never leave half a file for a later call."""

import errno
import os
import shutil
import socket
import stat
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import requests

TRIES = 3
TIMEOUT = 30  # seconds without a byte until a server counts as stalled
CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS)
BUSY = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EIO)  # nor of what is there
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def data_dir() -> Path:
    """The one cache directory: $COURSE_DATA_DIR, or the user's cache for this course.

    It is made when something is first stored, and may be read-only until then.
    """
    chosen = os.environ.get("COURSE_DATA_DIR")
    if not chosen:
        import pooch

        return Path(pooch.os_cache("cnn-course"))
    folder = Path(chosen).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"COURSE_DATA_DIR is {folder}, which is not a folder.")
    return folder


@dataclass(frozen=True)
class Remote:
    """A file on a server: address, bytes, and "algorithm:hash" where one is known."""

    url: str
    size: int
    known_hash: str | None = None

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


def obtain(
    name: str, present: Callable[[], bool], make: Callable[[Path], None], size: int
) -> None:
    """Make what is not present yet, in one process at a time.

    Parameters
    ----------
    name : str
        Name of the data set, for its lock and for messages.
    present : callable
        Whether there is nothing to do.
    make : callable
        Gets a folder for downloads, with an empty folder ``made`` in it for all else,
        and moves the result to its place at once, so that nobody ever sees half of it.
    size : int
        Bytes of disk that the work takes at its height.

    Raises
    ------
    OSError
        With the cause and what to do. The next call starts from a clean state.
    """
    import filelock

    if present():
        return
    work = data_dir() / "downloads" / name
    with _disk_errors_explained(name):
        work.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(work.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            print(f"{name}: another process is fetching it; waiting for it ...")
            lock.acquire()
        try:
            if present():
                return
            remove(work / "made")  # by a process that was killed
            (work / "made").mkdir(parents=True)
            there = sum(file.stat().st_size for file in work.iterdir())
            if shutil.disk_usage(work).free < size - there:
                raise OSError(errno.ENOSPC, f"{size / 1e6:,.0f} MB are needed")
            try:
                make(work)
            finally:
                remove(work / "made")
            remove(work)  # with the archive, which a failure keeps for the next call
        finally:
            lock.release()


@contextmanager
def _disk_errors_explained(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = data_dir()
        if error.errno in CANNOT_WRITE:
            cause = f"{folder} cannot be written"
        elif error.errno in DISK_FULL:
            cause = f"there is no space left in {folder} ({error.strerror})"
        else:
            raise
        advice = "Set COURSE_DATA_DIR to another folder, or use source='sample'."
        message = f"{name} was not stored: {cause}. {advice}"
        raise OSError(error.errno, message) from error


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def download(remote: Remote, work: Path) -> Path:
    """Fetch a file into `work`, check its hash or else its size, and return its path.

    A file that is there already, from a call that failed later or put there by hand,
    is taken if it passes the same check.
    """
    import pooch
    import requests
    from tqdm import tqdm

    def check_size(file: Path) -> None:
        size = file.stat().st_size
        if remote.known_hash is None and size != remote.size:
            raise ValueError(f"{size:,} bytes came instead of {remote.size:,}")

    def stream(url: str, output_file: str, _: object) -> None:
        try:
            with tqdm(total=remote.size, unit="B", unit_scale=True) as bar:
                fetch = pooch.HTTPDownloader(bar, chunk_size=2**16, timeout=TIMEOUT)
                fetch(url, output_file, None)
        except requests.HTTPError as error:
            if _status(error) < 500:  # asking again is no use
                raise LookupError(_reason(error)) from error
            raise
        check_size(Path(output_file))

    file = work / remote.name
    for left in work.iterdir():  # by a killed process
        if left != file and left.name.startswith("tmp"):
            remove(left)
    try:
        if file.exists():
            check_size(file)
    except ValueError:
        file.unlink()
    pooch.get_logger().setLevel("WARNING")
    shelf = pooch.create(
        work,
        base_url="",
        registry={remote.name: remote.known_hash},
        urls={remote.name: remote.url},
        retry_if_failed=TRIES - 1,
    )
    try:
        shelf.fetch(remote.name, downloader=stream)
    except (requests.RequestException, ValueError, LookupError) as error:
        raise OSError(
            f"{remote.url} could not be fetched: {_reason(error)}. Nothing was kept. "
            "Try again, use source='sample', or bring the file by other means and put "
            f"it in {work}."
        ) from error
    return file


def _status(error: "requests.HTTPError") -> int:
    return 0 if error.response is None else error.response.status_code


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered {_status(error)}"
    if "timed out" in str(error):
        return f"the server sent nothing for {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return str(error)


def extract(archive: Path, folder: Path, suffix: str) -> None:
    """Unpack the members that end in `suffix` into `folder`.

    Raises
    ------
    OSError
        When a member would land outside `folder`, is a link, or does not fit its
        checksum, or all would take far more room than the archive. It is removed then.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = [m for m in content.infolist() if m.filename.endswith(suffix)]
            size, packed = sum(m.file_size for m in members), archive.stat().st_size
            if size > 10 * packed + 2**20:  # photographs hardly become smaller
                raise zipfile.BadZipFile(f"it unpacks to {size / 1e6:,.0f} MB")
            for member in content.infolist():
                path = PurePosixPath(member.filename.replace("\\", "/"))
                link = stat.S_ISLNK(member.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or ":" in str(path) or link:
                    raise zipfile.BadZipFile(f"{path} would leave the target folder")
            for member in members:
                content.extract(member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        archive.unlink()
        raise OSError(f"{archive.name} is not used: {error}.") from error


Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

# What each of Keras' sets leaves in the folder `datasets` of Keras.
KERAS_FILES = {
    "mnist": "mnist.npz",
    "fashion_mnist": "fashion-mnist",
    "cifar10": "cifar-10-batches-py*",
}


def from_keras(name: str) -> Arrays:
    """``keras.datasets.<name>.load_data()``, tried again after a fault.

    Keras itself gives up at the first fault, waits without end for a stalled server,
    and trusts what a killed download of Fashion-MNIST left behind.
    """
    import keras

    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        tries = 0
        while True:
            try:
                return getattr(keras.datasets, name).load_data()
            except MemoryError:  # no fault of the files
                raise
            except Exception as error:  # Keras raises plain Exception
                if getattr(error, "errno", None) in DISK_FULL + CANNOT_WRITE + BUSY:
                    raise
                _remove_keras_files(name)
                tries += 1
                if tries == TRIES:
                    raise OSError(
                        f"{name} could not be fetched through keras.datasets: {error}. "
                        "Nothing was kept. Try again, or use source='sample'."
                    ) from error
            time.sleep(tries)
    finally:
        socket.setdefaulttimeout(timeout)


def _remove_keras_files(name: str) -> None:
    """Remove what Keras has of a set: damaged, or it would have loaded."""
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    for folder in (home, Path("/tmp/.keras")):  # the second when home is read-only
        for file in (folder / "datasets").glob(KERAS_FILES[name]):
            remove(file)
