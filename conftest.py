"""Settings of all tests, those in notebooks too: nothing around them decides a result.

- Surroundings: a home and folders of their own, and none of the user's settings.
- Property tests: the same examples everywhere; `make fuzz` draws new ones.
- Order: files that take long start first: no worker is left with one at the end.
- TensorFlow: which tests load it, found by reading imports, for `make quick`.
"""

import atexit
import gc
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.imports import loads_tensorflow
from tools.launcher.commands import WITHOUT_TENSORFLOW

ROOT = Path(__file__).parent

# --- Surroundings ---------------------------------------------------------------------

# A user's settings that would change what is computed, written or found.
THEIRS = re.compile(
    r"(JUPYTER|IPYTHON|KERAS|TF|XDG|OMP|MKL|OPENBLAS)_.*|COLUMNS|LINES|MPLBACKEND"
    r"|FORCE_COLOR|IPYTHONDIR|PYTHONWARNINGS|PYTHONSTARTUP|LANGUAGE|LC_.*"
)


def be_alone() -> None:
    """Give this process and all that it starts a home that is new and can be written.

    Workers inherit it from the process that starts them, which removes it at the end.
    """
    if "COURSE_TESTS_HOME" in os.environ:
        return
    for name in filter(THEIRS.fullmatch, list(os.environ)):
        del os.environ[name]
    # Compiled once, and not by each worker, kernel and other process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    home = tempfile.mkdtemp(prefix="course-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    # Lessons run as on a new user's machine: with the bundled samples, none solved.
    # The folders in build/ hold only what is slow to make anew: converted networks, a
    # table of fonts.
    os.environ |= {
        "COURSE_TESTS_HOME": home,
        "HOME": home,
        "COURSE_DATA_DIR": str(ROOT / "build" / "cache"),
        "COURSE_USER_DIR": str(Path(home) / "course"),
        "MPLCONFIGDIR": str(ROOT / "build" / "matplotlib"),
        "LC_ALL": "C.UTF-8",
        # Processes side by side share the cores; threads of each would mostly wait.
        "TF_NUM_INTRAOP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }


be_alone()

# --- Property tests -------------------------------------------------------------------

# No example is held to a time: a busy machine is no mistake of the code.
settings.register_profile(
    "same", derandomize=True, database=None, deadline=None, print_blob=True
)
# What failed is kept in .hypothesis and tried first the next time.
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("same")  # --hypothesis-profile=fuzz comes later and wins

# --- Order ----------------------------------------------------------------------------

LONGEST = (
    *("notebooks/07", "notebooks/05", "notebooks/04", "notebooks/09", "notebooks/06"),
    "tests/unit/test_exercises_in_notebooks.py",
    # Two wait for a limit, while others use the processor: not together.
    *("tests/unit/test_exercises_sandbox.py", "notebooks/02", "notebooks/03"),
    *("tests/unit/test_exercises_grading.py", "notebooks/08"),
    *("tests/unit/test_exercises_lessons.py", "tests/unit/test_hub_class.py"),
    *("tests/unit/test_exercises_answers_tensorflow.py", "tests/unit/test_training"),
    *("tests/unit/test_notebooks.py", "tests/unit/test_export.py"),
)


def rank(item: pytest.Item) -> tuple[int, int]:
    # Browser tests come last: a process that drives a browser has an event loop, in
    # which no notebook can be executed. What needs a JupyterLab takes longest of them.
    if item.nodeid.startswith("tests/browser/"):
        return 2 - ("lab" in getattr(item, "fixturenames", ())), 0
    starts = (i for i, start in enumerate(LONGEST) if item.nodeid.startswith(start))
    return 0, next(starts, len(LONGEST))


class OneProcessAFile(LoadScopeScheduling):
    """A lesson or a file of unit tests stays in one process; browser tests need not."""

    def _split_scope(self, nodeid: str) -> str:
        in_browser = nodeid.startswith("tests/browser/")
        return nodeid if in_browser else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> LoadScopeScheduling | None:
    files = config.getoption("dist") == "loadscope"
    return OneProcessAFile(config, log) if files else None


# --- TensorFlow -----------------------------------------------------------------------


@cache
def needs_tensorflow(path: Path) -> bool:
    """Whether a file of unit tests needs TensorFlow, by its imports or its own word.

    Its own word is `pytestmark = pytest.mark.tensorflow`: what it tests loads it late.
    """
    if path.suffix != ".py" or ROOT / "tests" / "unit" not in path.parents:
        return False
    said = "pytestmark = pytest.mark.tensorflow" in path.read_text("utf-8")
    return said or loads_tensorflow(path)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Not even import files that load TensorFlow where none of their tests will run."""
    left_out = config.option.markexpr == WITHOUT_TENSORFLOW and needs_tensorflow(
        collection_path
    )
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)
    for item in items:
        if needs_tensorflow(item.path):
            item.add_marker(pytest.mark.tensorflow)
        # What students write may warn, here as in their notebooks.
        if item.path.name.startswith("test_exercises"):
            item.add_marker(pytest.mark.filterwarnings("ignore"))


def pytest_collection_finish(session: pytest.Session) -> None:
    # What is loaded now stays to the end: nobody need look through it for what may go.
    gc.freeze()
    if (
        session.config.option.markexpr == WITHOUT_TENSORFLOW
        and "tensorflow" in sys.modules
    ):
        raise pytest.UsageError("a file that is not marked loads TensorFlow on import")


@pytest.fixture(autouse=True)
def _no_tensorflow_unmarked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where it was not loaded before, as in `make quick`, a test has to say it will."""
    before = "tensorflow" in sys.modules
    yield
    if not before and "tensorflow" in sys.modules:
        words = "loads TensorFlow; its file needs pytestmark = pytest.mark.tensorflow"
        assert request.node.get_closest_marker("tensorflow"), words
