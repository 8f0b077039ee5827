"""What Linux says of the processes that another one started, and of their threads."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

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


def stat(folder: Path) -> list[str]:
    """The fields of a `stat` behind the name, which may hold anything."""
    text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


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

    def look(self, now: float, pid: int) -> None:
        """Count what began since the last look, below this process."""
        self.lately = max(0.0, self.lately - CALM * (now - self._now))
        self._now = now
        for each in below(pid):
            with contextlib.suppress(OSError, ValueError):
                # Listed as they began, in this computer's own /proc: at that of the
                # sandbox those inside can have everybody wait.
                tasks = list(Path("/proc", str(each), "task").iterdir())
                if found := next(filter(None, map(_in_sandbox, reversed(tasks))), None):
                    last = Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii")
                    self.count(*found, int(last))
                    return

    def count(self, newest: int, start: int, numbers: int) -> None:
        """Count up to the newest thread: numbers are given in turn, and begin anew.

        Parameters
        ----------
        newest : int
            Its number in the sandbox.
        start : int
            When it began, in clock ticks.
        numbers : int
            How many numbers there are.
        """
        begun = (newest - self._newest) % numbers
        # Newer ones may have ended: then this is an older one.
        if start > self._start or (start == self._start and begun < numbers // 2):
            self.lately += begun
            self._newest, self._start = newest, start


def _in_sandbox(task: Path) -> tuple[int, int] | None:
    """A thread's number in its sandbox, and when it began; None if it is in none."""
    with contextlib.suppress(OSError, IndexError):  # it has ended
        text = (task / "status").read_text(encoding="utf-8", errors="replace")
        # A process' own name is the first line, whatever it holds.
        *_, line = (x for x in text.split("\n")[1:] if x.startswith("NSpid:"))
        _, _, *inside = line.split()
        return (int(inside[-1]), int(stat(task)[19])) if inside else None
    return None
