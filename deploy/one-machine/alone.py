"""One hub for a state folder, one program for an address, no process left behind."""

import contextlib
import ctypes
import fcntl
import os
import random
import signal
import socket
import sys
import time
from itertools import islice
from pathlib import Path
from typing import BinaryIO

PR_SET_PDEATHSIG = 1  # as in Linux' sys/prctl.h


def end_with_parent() -> None:
    """Let this process be asked to end when the one that started it is gone.

    Whoever is killed cannot end others: the proxy of a hub that is gone would keep the
    address, and the next one would stay without.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def hold(state: Path, seconds: float = 30) -> BinaryIO:
    """The file that says that a hub has this folder, held for as long as it is open.

    What the hub starts has it open, too: a hub is gone when all of it is.

    seconds : how long to wait for another one, which may be about to end

    Raises
    ------
    BlockingIOError
        Where it does not end.
    """
    held = (state / "lock").open("wb")
    begun, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() - begun > seconds:
                held.close()
                raise BlockingIOError(f"another hub runs with {state}.") from None
            if not told:
                print(
                    f"Another hub runs with {state}: waiting for its end.", flush=True
                )
                told = True
            time.sleep(0.2)
        else:
            return held


def ports(state: Path, number: int = 2) -> list[int]:
    """Ports of ours on this machine alone, the same at each start.

    Students' servers outlive the hub, and go on asking it where it was when they were
    started. Root takes ports at which no student may listen in its place.
    """
    file = state / "ports"
    known = [int(word) for word in file.read_text().split()] if file.exists() else []
    if len(known) != number or not all(is_free("127.0.0.1", port) for port in known):
        # Below the ports that the system gives to whoever asks for any.
        allowed = range(600, 1024) if os.geteuid() == 0 else range(20000, 32768)
        mixed = random.sample(allowed, len(allowed))
        free = (port for port in mixed if is_free("127.0.0.1", port))
        known = list(islice(free, number))
        file.write_text(" ".join(map(str, known)))
    return known


def is_free(address: str, port: int) -> bool:
    with contextlib.suppress(OSError):
        check_address(address, port)
        return True
    return False


def own_port() -> socket.socket:
    """A port for a student's server, held until it is handed on to it.

    Else another student, who has taken all others, could listen there first: as long as
    the server has not begun, and again when it has ended. Root's ports nobody takes.
    """
    allowed = range(600, 1024) if os.geteuid() == 0 else range(0)
    for port in (*random.sample(allowed, len(allowed)), 0):
        held = socket.socket()
        try:  # without SO_REUSEADDR, with which two could have it
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
        else:
            return held
    raise OSError("no port is free")


def check_address(address: str, port: int) -> None:
    """Raise an OSError where another program has it: the proxy stays silent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind((address, port))
        except OSError as why:
            raise OSError(
                f"{address or '*'}:{port} cannot be had ({why.strerror}). End the "
                "program that has it, or choose another port in settings.toml."
            ) from None
