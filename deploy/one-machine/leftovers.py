"""Servers that a hub started and lost, because it was killed before it noted them.

python -I leftovers.py PREFIX LESSONS

ends those of the user who runs it, and prints how many there were. The hub runs it as
the student: what a process says of itself may be without end, or come never, and it may
be another's that claims to be this student's.
"""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PATIENCE = 5  # seconds for a server to end by itself
SECONDS = 30  # for all of it
MOST = 2**20  # bytes of what a process says of itself


async def end_leftovers(prefix: str, lessons: str, becoming: Sequence[str] = ()) -> int:
    """End the servers of one student that a hub of ours does not know.

    Parameters
    ----------
    prefix : str
        Of the student's addresses, such as ``"/user/anna/"``.
    lessons : str
        What this hub hands out: another hub on the machine has its own.
    becoming : list of str
        What stands in front of a command that is to run as the student.

    Returns
    -------
    int : how many there were.
    """
    command = [*becoming, sys.executable, "-I", __file__, prefix, lessons]
    number = (await asyncio.to_thread(_first_words, command)).strip()
    return int(number) if number.isdigit() else 0


def _first_words(command: list[str]) -> bytes:
    """What it prints first, in time; then it is ended, and hardly waited for.

    It may hear nothing, and what it runs as may write in its place.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        # The student's other processes read it, and the hub's has secrets.
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )
    assert process.stdout
    try:
        look = select.poll()
        look.register(process.stdout, select.POLLIN)
        ready = look.poll(SECONDS * 1000)
        return os.read(process.stdout.fileno(), 9) if ready else b""
    finally:
        process.kill()
        process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)


def end(prefix: str, lessons: str) -> int:
    """End them, as the student whose they are."""
    found = list(servers(prefix, lessons))
    for way in (signal.SIGTERM, signal.SIGKILL):  # the first ends its kernels, too
        for pid in servers(prefix, lessons):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, way)
        for _ in range(PATIENCE * 5):
            if not any(servers(prefix, lessons)):
                break
            time.sleep(0.2)
    return len(found)


def servers(prefix: str, lessons: str) -> Iterator[int]:
    """The processes of this user that serve these addresses, by their own variables."""
    wanted = {f"JUPYTERHUB_SERVICE_PREFIX={prefix}", f"COURSE_LESSONS={lessons}"}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid != os.geteuid():
                continue
            line, variables = (said(folder / name) for name in ("cmdline", "environ"))
        except OSError:  # it has ended, or is somebody else's
            continue
        ours = {v.decode(errors="replace") for v in variables.split(b"\0")}
        if b"start_student.py" in line and wanted <= ours:
            yield int(folder.name)


def said(file: Path) -> bytes:
    """So much of it, at most: where it lies and ends says the process itself."""
    with file.open("rb") as stream:
        return stream.read(MOST)


if __name__ == "__main__":
    print(end(*sys.argv[1:]), flush=True)
