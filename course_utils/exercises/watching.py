"""Watch over a student's process and all that it starts, and end it at its limits."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

from course_utils.clocks import processors
from course_utils.exercises.processes import (
    Started,
    below,
    ends,
    makes,
    stat,
    turn,
    wait_for,
)

IN_MEMORY = ("VmRSS:", "VmSwap:", "VmPTE:", "HugetlbPages:")  # in kilobytes
# Tables, in kilobytes and as a part of memory, beyond which each counts as what it is
# for: the kernel goes on through gigabytes of nothing, read once, for who is ended.
TABLES, MOST_TABLES, OF_TABLES = "VmPTE:", 2**15, 128
# What may be run, in kilobytes, beyond which it counts twice: what was written and then
# made so is in no limit of data. TensorFlow has half of that.
CODE, MOST_CODE = "VmLib:", 2**20
NUMBERED = ("Vm", "HugetlbPages:")  # how lines begin that hold such numbers
BY_CLOCK = 10  # times the seconds of a notebook that it may last on a busy computer
# Threads that may wait in the kernel, deaf, as for a disk, and that may want a
# processor at a time, beside those for each processor; and at how many looks there may
# be more. As many looks at fewer take one of these back.
HELD, BUSY, OFTEN = 8, 32, 10
# Threads at most: TensorFlow begins some for each processor. When they are to end each
# may be in the midst of work of the kernel's, of a second, that looks at no signal.
THREADS = min(512, 64 + 8 * (os.cpu_count() or 1))
TO_ITS_END = 60  # seconds at most until what was ended is gone, with its memory
UNCOUNTED = 50  # looks, some five seconds, without one at the threads that began


@dataclass(frozen=True)
class Limits:
    """What one notebook may have."""

    seconds: float = 600
    cell_seconds: float = 300
    memory: int = 6 * 2**30  # bytes, shared ones among them
    disk: int = 512 * 2**20
    file: int = 256 * 2**20
    threads: int = THREADS
    files: int = 100_000  # empty ones fill the kernel's memory, and no disk
    starts: int = 10_000  # threads begun, those of a calm pace aside: see `Started`


def threads_of_each(jobs: int) -> int:
    """How many threads a notebook may have where so many run at a time.

    In a sandbox they count for who grades as well, and shared computers allow few: one
    notebook must leave the others theirs. 0 where too few are left for a notebook.
    """
    if jobs == 1 or sys.platform == "win32" or os.geteuid() == 0:
        return Limits.threads
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if allowed == resource.RLIM_INFINITY:
        return Limits.threads
    # Before the watchman looks there may be twice as many: see `limit_threads`.
    each = min(Limits.threads, (allowed - 100) // (2 * jobs))
    return each if each >= 64 + 4 * (os.cpu_count() or 1) else 0


MANY = sys.maxsize
# Whose own folders nobody looks for.
UNKNOWN = Limits(disk=0, threads=MANY, files=MANY, memory=MANY)


@dataclass
class Used:
    """What a process and all below it use; 0 of what cannot be known.

    Attributes
    ----------
    memory, threads, files : int
        Memory in bytes, with what the kernel keeps to find it. Files are those in its
        own temporary folder, once it has one.
    processor : float
        Seconds of processor time, of all threads.
    running : int
        How many of its threads run, or wait for a processor.
    held : int
        How many wait in the kernel for something else.
    making : set of str
        Those of the first of these that wait to make a file or a folder, see `turn`.
    """

    memory: int = 0
    threads: int = 0
    files: int = 0
    processor: float = 0.0
    running: int = 0
    held: int = 0
    making: set[str] = field(default_factory=set)


class Account:
    """The seconds a notebook has had, whatever else the computer does meanwhile.

    What it waits counts by the clock. While it wants a processor, what it got of them
    counts, and never more than the clock shows: on a free computer the two agree.
    """

    def __init__(self, now: float) -> None:
        self.seconds = 0.0
        self._now, self._got = now, 0.0

    def add(self, now: float, processor: float, wants: bool) -> None:
        """Count what passed since the last look; `processor` is the sum so far."""
        passed, got = now - self._now, max(processor - self._got, 0)
        self.seconds += min(passed, got) if wants else passed
        self._now, self._got = now, processor


class Kept:
    """What a notebook's threads keep other programs from.

    Folders that are shown can only be read, and yet hundreds of threads that make a
    folder there, in vain, keep its lock from all others, and these from what lies
    there. So do a few, where others list it and are put off the processor, behind
    hundreds; and so does one, where another lists it into memory that comes slowly.

    Parameters
    ----------
    cores : int
    apart : bool
        Whether all that it can write to lies in memory of its own, where none waits.
    """

    def __init__(self, cores: int, apart: bool) -> None:
        self._most_held, self._most_busy = HELD + cores, BUSY + 4 * cores
        self._apart = apart
        self._held = self._busy = 0.0
        self._making: set[str] = set()

    def look(self, use: Used) -> str:
        """What it did too often, in words; "" as a rule."""
        still, self._making = use.making & self._making, use.making
        held = use.held > self._most_held or (self._apart and bool(still))
        self._held = _often(self._held, held)
        # Many are over within a look: each may stand in a call that it ends only once
        # the kernel is through with it, though it is ended.
        crowd = (use.held + use.running) / self._most_busy
        self._busy = _often(self._busy, max(1.0, crowd - 1) if crowd > 1 else 0)
        if self._held > OFTEN:
            return "it held files that others wait for"
        if self._busy > OFTEN:
            return f"more than {self._most_busy} threads wanted a processor at once"
        return ""


def _often(looks: float, now: float) -> float:
    """At how many looks it was so, lately; how much at this one, 0 for not."""
    return looks + now if now else max(0.0, looks - 1 / OFTEN)


class Running:
    """A process and all it started, watched until it ends.

    Parameters
    ----------
    command : list of str
    limits : Limits
    container : list of str
        A command that ends what the first one only talks to.
    options
        Go to `subprocess.Popen`.

    Attributes
    ----------
    peak : int
        The most memory it had, in bytes.
    beside : Running, or None
        With whom it talks: while that one works, this one does not wait for nothing.
    over : bool
        Whether it was ended here: then its number may be another's.
    """

    def __init__(
        self,
        command: list[str],
        limits: Limits,
        *,
        container: Sequence[str] = (),
        **options: object,
    ) -> None:
        self.limits, self.why, self._container = limits, "", container
        self.peak = 0
        self.beside: Running | None = None
        self._ending, self.over = threading.RLock(), False
        self._uncounted = 0
        self.process = subprocess.Popen(command, start_new_session=True, **options)  # type: ignore[call-overload]
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        threading.Thread(target=self._count, daemon=True).start()

    def end(self, why: str = "") -> None:
        """End it and all it started, at once. Then its number may be another's."""
        self.why = self.why or why
        with self._ending:
            if not self.over:
                self.over = True
                self._end()

    def _end(self) -> None:
        if self._container:
            subprocess.run(self._container, capture_output=True, check=False)
        dying: list[int] = []
        for pid in below(self.process.pid):  # they need not die with it
            dying += ends(pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        # What its threads asked of the kernel goes on to its end. Till then it holds
        # its memory, beside that of the next one.
        wait_for(dying, TO_ITS_END)

    def _over(self) -> bool:
        """Whether it came to its end; its number stays taken until it is waited for."""
        if not hasattr(os, "waitid"):
            return self.process.poll() is not None
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self.process.pid, how) is not None
        except ChildProcessError:  # it was waited for
            return True

    def _count(self) -> None:
        """Count the threads that begin. No other look waits for this one.

        It is at a folder of the sandbox' own, which a notebook can have locked.
        """
        with contextlib.closing(Started(time.monotonic())) as started:
            while not self._over():
                started.look(time.monotonic(), self.process.pid)
                self._uncounted = 0
                if started.lately > (most := self.limits.starts):
                    self.end(f"stopped: it began {most} threads within seconds")
                _sleep()

    def _look(self) -> None:
        limits, begun = self.limits, time.monotonic()
        account, kept = Account(begun), Kept(processors(), limits.files < MANY)
        while not self._over():
            now = time.monotonic()
            use = used(self.process.pid, limits)
            beside = self.beside if self.beside and not self.beside.over else None
            other = used(beside.process.pid, limits) if beside else Used()
            self.peak = max(self.peak, use.memory)
            self._uncounted += 1
            wants = use.running + other.running > 0
            account.add(now, use.processor + other.processor, wants)
            if account.seconds > limits.seconds:
                self.end(f"stopped after {limits.seconds:g} s")
            elif now - begun > BY_CLOCK * limits.seconds:
                self.end(f"stopped after {BY_CLOCK * limits.seconds:g} s by the clock")
            elif use.memory > limits.memory:
                most = limits.memory / 2**30
                self.end(f"stopped: it took more than {most:g} GB of memory")
            elif use.threads > limits.threads:
                self.end(f"stopped: it ran more than {limits.threads} threads")
            elif why := kept.look(use):
                self.end(f"stopped: {why}")
            elif self._uncounted > UNCOUNTED:
                self.end("stopped: it kept its threads from being counted")
            elif use.files > limits.files:
                self.end(f"stopped: it made more than {limits.files} files")
            _sleep()


def _sleep() -> None:
    """Wait for the next look. Who knew when it comes could sleep in between."""
    time.sleep(random.SystemRandom().uniform(0.05, 0.15))


def used(pid: int, limits: Limits = UNKNOWN) -> Used:
    """What a process uses, or so much of it that it has more than it may."""
    use = Used()
    for each in chain([pid], below(pid)):
        folder = Path("/proc", str(each))
        with contextlib.suppress(OSError, ValueError, IndexError):
            # Of its threads, and of processes it waited for.
            numbers = list(map(int, stat(folder)[11:18]))
            use.processor += sum(numbers[:4]) / os.sysconf("SC_CLK_TCK")
            use.threads += numbers[6]
            if use.threads > limits.threads:
                break
            tasks = list((folder / "task").iterdir())
            for task in tasks:
                with contextlib.suppress(OSError):  # it has ended
                    state = stat(task)[0]
                    use.running += state == "R"
                    use.held += state == "D"
                    if state == "D" and use.held <= HELD and makes(task):
                        use.making.add(turn(task))
            use.memory += _of_any(tasks, _memory) + _of_any(tasks, _in_sockets)
            files = _of_any(tasks, lambda task: _files(task, limits.disk))
            use.files = max(use.files, files)
            if use.files > limits.files or use.memory > limits.memory:
                break  # each look at its threads gives it time
    return use


def _of_any(tasks: list[Path], look: Callable[[Path], int | None]) -> int:
    """What is seen at one of the threads, which share it.

    The first of them may have ended while others go on: then nothing is seen at it,
    nor at the process.
    """
    for task in tasks:
        with contextlib.suppress(OSError, ValueError):
            if (seen := look(task)) is not None:
                return seen
    return 0


def _files(task: Path, disk: int) -> int:
    """How many files a process made in its own folders, which hold so many bytes."""
    found = 0
    for name in ("tmp", "dev/shm"):
        place = os.statvfs(task / "root" / name)
        if place.f_blocks * place.f_frsize <= disk:  # not that of the computer
            found += place.f_files - place.f_ffree
    return found


def _memory(task: Path) -> int | None:
    """Bytes in memory, and of the tables by which they are found; None at its end.

    What a process moved to the disk, as it may, is the computer's to hold all the same.
    Tables grow with addresses, not with what is written there: thousands of pages that
    were only read, far from each other, hold half a gigabyte.
    """
    text = (task / "status").read_text(encoding="utf-8", errors="replace")
    # Not `splitlines`: a process' own name could begin one with a vertical tab.
    lines = (line.split() for line in text.split("\n") if line)
    told = {words[0]: int(words[1]) for words in lines if words[0].startswith(NUMBERED)}
    seen = [told[name] for name in IN_MEMORY if name in told]
    code = max(0, told.get(CODE, 0) - MOST_CODE)
    usual = MOST_TABLES + told.get("VmRSS:", 0) // OF_TABLES
    read = 512 * max(0, told.get(TABLES, 0) - usual)
    return 1024 * (sum(seen) + code + read) if seen else None


def _in_sockets(task: Path) -> int:
    """Bytes that may wait in sockets of its own network, which are in no process.

    Nor are they among its files: what a thread waits for stays, though it was closed.
    """
    if (task / "ns/net").samefile("/proc/self/ns/net"):
        return 0  # that of the computer
    text = (task / "net/sockstat").read_text(encoding="ascii")
    lines = (line.split() for line in text.split("\n"))
    return sum(
        int(n) * _socket()
        for first, _, n, *_ in filter(None, lines)
        if first == "sockets:"
    )


@cache
def _socket() -> int:
    """Bytes that may wait in a socket, and what comes on top in the last one."""
    try:
        most = int(Path("/proc/sys/net/core/wmem_default").read_text(encoding="ascii"))
    except (OSError, ValueError):
        most = 212_992
    return most + 2**16
