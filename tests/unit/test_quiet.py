"""TensorFlow greets nobody, and nothing else is lost."""

import subprocess
import sys
from pathlib import Path


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder
    )


def test_tensorflow_starts_without_a_word(tmp_path: Path) -> None:
    code = "import course_utils, tensorflow as tf; print(tf.add(1, 1).numpy())"
    result = run(code, tmp_path)
    assert (result.stdout, result.stderr) == ("2\n", "")


def test_what_is_not_the_greeting_comes_through(tmp_path: Path) -> None:
    """Also when the import fails, and at the next try."""
    (tmp_path / "tensorflow.py").write_text(
        "import os\n"
        "os.write(2, b'port.cc:153] oneDNN custom operations are on.\\n')\n"
        "os.write(2, b'a library is missing\\n')\n"
        "raise ImportError('no such library')\n"
    )
    code = (
        "import course_utils\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        import tensorflow\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    result = run(code, tmp_path)
    assert result.stdout == "no such library\n" * 2
    first = result.stderr.splitlines()
    assert first.count("a library is missing") == 2
    assert first[0] == "a library is missing"
