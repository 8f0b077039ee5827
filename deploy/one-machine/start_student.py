"""What a student's server does first: fetch the lessons, then become JupyterLab.

Whatever goes wrong with the lessons, the server starts: yesterday's are better than
none, and where there are none, or no room for new ones, its first page says so.
"""

import contextlib
import os
import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))
import clock
import lessons

LOG = ".cnn-course.log"


def start_quickly() -> None:
    """Leave out what imports do and no server here needs: more than half of a start.

    Where a newer version has no such part, nothing is left out.
    """
    # jsonschema's check of international addresses builds a grammar for .8 s.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # JupyterLab asks Node where packages come from, for those who build it: .3 s.
    import jupyterlab.commands  # type: ignore[import-untyped]

    jupyterlab.commands._yarn_config = lambda _: {"yarn config": {}, "npm config": {}}


def listen_at(held: socket.socket) -> None:
    """Have the server listen at the hub's socket: its port is taken, by it."""
    from jupyter_server.serverapp import ServerApp

    def chosen(self: ServerApp) -> None:
        pass

    def bind(self: ServerApp) -> bool:
        held.listen(128)
        held.setblocking(False)
        self.http_server.add_socket(held)
        return True

    ServerApp._find_http_port = chosen  # type: ignore[method-assign]
    ServerApp._bind_http_server_tcp = bind  # type: ignore[method-assign]


def say_in(file: Path) -> None:
    """Write what this server says to a file of the student's, from its start on."""
    with contextlib.suppress(OSError):  # a full home
        log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(log, number)
        os.close(log)


def main() -> None:
    """Fetch, then run JupyterHub's own server with the arguments that the hub gives."""
    home = Path.home()
    held = os.environ.pop("COURSE_SOCKET", "")  # on one machine
    if held:
        say_in(home / LOG)
    start_quickly()
    clock.steady_timers()
    if held:
        listen_at(socket.socket(fileno=int(held)))
    trouble = lessons.bring(os.environ["COURSE_LESSONS"], home)
    if trouble == "full" or (trouble and not (home / lessons.LESSONS).exists()):
        os.environ["JUPYTERHUB_DEFAULT_URL"] = "/lessons"  # lessons_page.py

    from jupyterhub.singleuser import main as serve

    serve()


if __name__ == "__main__":
    main()
