"""Helpers for the course notebooks.

Importing this package, or ``filters``, ``datasets``, ``widgets``, ``plotting`` and
``exercises`` from it, loads no TensorFlow: the first lessons start at once.

Import it before Keras or TensorFlow, which greet every reader with log lines otherwise.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import Any

__version__ = "0.1.0"

# From the first operation on: log lines of the C++ side are not for readers.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Said while TensorFlow is imported, before it looks at that variable.
GREETING = re.compile(
    rb"absl::InitializeLog|oneDNN custom operations|cpu_feature_guard"
)


@contextmanager
def without_greeting() -> Iterator[None]:
    """Hold the error stream back meanwhile; pass on all of it but the greeting."""
    stream = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stream, 2)
            os.close(stream)
            held.seek(0)
            rest = [line for line in held if not GREETING.search(line)]
            os.write(2, b"".join(rest))


class _TensorFlowWithoutGreeting(MetaPathFinder):
    """Finds TensorFlow as ever, and wraps its first import."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec: ModuleSpec | None = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_quietly(module: Any) -> None:
                with without_greeting():
                    load(module)

            spec.loader.exec_module = load_quietly  # type: ignore[method-assign]
        return spec


if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _TensorFlowWithoutGreeting())
