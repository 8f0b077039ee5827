"""Run one student's notebook and write down its verdicts; `grading` starts it, apart.

python -m course_utils.exercises.grade_one CELLS RESULTS

CELLS is a JSON list of the sources of its code cells.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from course_utils.exercises import showing
from course_utils.exercises.words import Verdict

NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo")
PROCESSES = (
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
    *("os.fork", "os.forkpty", "os.kill", "os.killpg", "os.startfile", "pty.spawn"),
)
# What these change is named by their first argument, or by the first two.
CHANGES = (
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink"),
    *("os.truncate", "os.chmod", "os.chown", "os.utime", "shutil.rmtree"),
)
DONE = "done\n"  # the last line, unless the notebook ended the process
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def fence(folder: Path) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook: no network, no other process, no changed file outside a folder.

    It stops accidents and simple mischief. Native code gets around it: where that must
    be feared, grade in a container.
    """

    def inside(path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # a file that is open already
        real = os.path.realpath(os.fsdecode(path))
        return real == os.devnull or real.startswith(f"{folder}{os.sep}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in NETWORK or event in PROCESSES:
            raise PermissionError(f"{event} is not allowed while grading")
        changed: tuple[Any, ...] = ()
        if event == "open":
            path, mode, flags = arguments
            writes = set(mode or "") & set("wax+") or (flags or 0) & WRITING
            changed = (path,) if writes else ()
        elif event in CHANGES:
            changed = arguments[:2]
        if not all(inside(path) for path in changed):
            raise PermissionError(f"{event} outside {folder} while grading")

    return hook


def limit(memory: int = 8 * 2**30, file: int = 2**28) -> None:
    """Let the process have so many bytes of memory, and in one file, where it can."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))


def main(cells: str, results: str) -> None:
    sources = json.loads(Path(cells).read_text(encoding="utf-8"))
    limit()
    with Path(results).open("w", encoding="utf-8", buffering=1) as file:

        def record(verdict: Verdict, id_: str) -> None:
            said = next(iter(verdict.lines), "")
            found = {"id": id_, "status": verdict.status, "said": said}
            file.write(json.dumps(found) + "\n")  # at once: what follows may crash

        showing.show = record
        shell = InteractiveShell.instance()
        sys.stdin = io.StringIO()  # input() ends at once
        sys.addaudithook(fence(Path.cwd().resolve()))
        for source in sources:
            # An error in a cell is shown and ends there, as in the notebook.
            shell.run_cell(source, store_history=False)
        file.write(DONE)


if __name__ == "__main__":
    main(*sys.argv[1:])
