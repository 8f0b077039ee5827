"""What Linux says of the processes that another one started, and of their threads."""

import contextlib
import os
import platform
import select
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from course_utils.exercises.system_calls import MACHINES, MAKING, OPENS, numbers

CALM = 2_000  # threads begun in a second; a network that is asked begins eight


def below(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they did.

    Each as it is found: to go through thousands of threads, for what they started,
    takes longer than it takes to start thousands more.
    """
    all_ = [pid]
    for each in all_:  # which grows
        with contextlib.suppress(OSError):  # it ends while it is looked at
            for task in Path("/proc", str(each), "task").glob("*/children"):
                with contextlib.suppress(OSError, ValueError):
                    found = [int(n) for n in task.read_text(encoding="ascii").split()]
                    all_ += found
                    yield from found


def ends(pid: int) -> list[int]:
    """A descriptor by which a process' end is waited for; none where there is none."""
    with contextlib.suppress(OSError, AttributeError):  # a system without
        return [os.pidfd_open(pid)]
    return []


def wait_for(descriptors: Sequence[int], seconds: float) -> None:
    """Wait for the ends of processes, so long at most, and close the descriptors."""
    until = time.monotonic() + seconds
    for end in descriptors:
        look = select.poll()
        look.register(end, select.POLLIN)
        look.poll(1000 * max(0.0, until - time.monotonic()))
        os.close(end)


def stat(folder: Path) -> list[str]:
    """The fields of a `stat` behind the name, which may hold anything."""
    text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


def makes(task: Path) -> bool:
    """Whether a thread that waits has asked the kernel for a new file or folder."""
    with contextlib.suppress(OSError, ValueError, IndexError):  # "running", or "-1"
        words = (task / "syscall").read_text(encoding="ascii").split()
        number, arguments = int(words[0]), words[1:7]
        making, opening = _calls(platform.machine())
        if place := opening.get(number):
            return bool(int(arguments[place], 16) & os.O_CREAT)
        return number in making
    return False


def turn(task: Path) -> str:
    """A thread, and how often it waited: the same while it waits for the same."""
    text = (task / "status").read_text(encoding="utf-8", errors="replace")
    waited = [x for x in text.split("\n") if x.startswith("voluntary_ctxt_switches")]
    return " ".join([task.name, *waited])


@cache
def _calls(machine: str) -> tuple[set[int], dict[int, int]]:
    """The numbers of calls that make something, and of those whose flags may say so."""
    if machine not in MACHINES:
        return set(), {}
    column = MACHINES[machine][1]
    opening = {n: place for text, place in OPENS for n in numbers(text, column)}
    return set(numbers(MAKING, column)), opening


class Started:
    """How many threads a sandbox began lately, those that have ended among them.

    What the kernel had for a thread, 16 kB for its stack and more, is taken back later,
    where hundreds run much later: it is in no process, and no limit counts it.

    Attributes
    ----------
    lately : float
        Threads begun, less `CALM` for each second since.
    """

    def __init__(self, now: float) -> None:
        self.lately = 0.0
        self._now, self._newest, self._start = now, 0, 0
        self._folder: int | None = None
        self._listed: set[str] = set()

    def look(self, now: float, pid: int) -> None:
        """Count what began since the last look, below this process."""
        self.lately = max(0.0, self.lately - CALM * (now - self._now))
        self._now = now
        with contextlib.suppress(OSError, ValueError, IndexError):
            if self._folder is None:
                found = (_apart(each) for each in below(pid))
                self._folder = next((x for x in found if x is not None), None)
            if self._folder is not None:
                tasks = Path(f"/proc/self/fd/{self._folder}/1/task")
                listed = [task.name for task in tasks.iterdir()]
                numbers = Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii")
                self.count(listed, _begun(tasks / listed[-1]), int(numbers))

    def close(self) -> None:
        """Look no more."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def count(self, listed: list[str], start: int | None, numbers: int) -> None:
        """Count up to the newest thread: numbers are given in turn, and begin anew.

        Parameters
        ----------
        listed : list of str
            Numbers of the threads there are, as they began.
        start : int or None
            When the last of them began, in clock ticks; None where it has ended since.
        numbers : int
            How many numbers there are.
        """
        before, self._listed = self._listed, set(listed)
        if start is None:
            if listed[-1] in before:
                return
            start = _now()
        newest = int(listed[-1])
        begun = newest - self._newest
        if begun < 0:  # else as it is: a sandbox may have more numbers (Linux 6.14)
            begun %= numbers
        # Newer ones may have ended: then an older one is the last.
        if start > self._start or (start == self._start and begun < numbers // 2):
            self.lately += begun
            self._newest, self._start = newest, start


def _begun(task: Path) -> int | None:
    try:
        return int(stat(task)[19])
    except OSError:
        return None


def _now() -> int:
    uptime = Path("/proc/uptime").read_text(encoding="ascii").split()[0]
    return int(float(uptime) * os.sysconf("SC_CLK_TCK"))


def _apart(pid: int) -> int | None:
    """The folder /proc of a sandbox, kept open; None elsewhere.

    By its name it is found only while the process' first thread lives.
    """
    own, root = Path(f"/proc/{pid}/ns/pid"), Path(f"/proc/{pid}/root/proc")
    with contextlib.suppress(OSError):
        if not own.samefile("/proc/self/ns/pid") and own.samefile(root / "1/ns/pid"):
            return os.open(root, os.O_RDONLY)
    return None
