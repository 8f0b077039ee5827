"""Servers that a hub started and lost, because it was killed before it noted them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 5  # seconds for a server to end by itself


async def end_leftovers(prefix: str, lessons: str) -> int:
    """End the servers of one student that a hub of ours does not know.

    Parameters
    ----------
    prefix : str
        Of the student's addresses, such as ``"/user/anna/"``.
    lessons : str
        What this hub hands out: another hub on the machine has its own.

    Returns
    -------
    int : how many there were.
    """
    found = list(servers(prefix, lessons))
    for way in (signal.SIGTERM, signal.SIGKILL):  # the first ends its kernels, too
        for pid in servers(prefix, lessons):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, way)
        for _ in range(PATIENCE * 5):
            if not any(servers(prefix, lessons)):
                break
            await asyncio.sleep(0.2)
    return len(found)


def servers(prefix: str, lessons: str) -> Iterator[int]:
    """The processes that serve these addresses, by their own variables."""
    wanted = {f"JUPYTERHUB_SERVICE_PREFIX={prefix}", f"COURSE_LESSONS={lessons}"}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            variables = (folder / "environ").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            continue
        ours = {v.decode(errors="replace") for v in variables.split(b"\0")}
        if b"start_student.py" in line and wanted <= ours:
            yield int(folder.name)
