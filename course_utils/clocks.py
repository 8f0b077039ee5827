"""How long something took: by the clock, and in work, whatever else the computer does.

Where other programs have the processors too, the clock says more about them than about
what is measured. Work is the processor time of the thread that works or, where
libraries compute in threads of their own, that of all threads, divided by the
processors. On a free computer neither is more than the clock shows.
"""

import os
import time
from collections.abc import Callable


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Clock:
    """Seconds since it was made.

    Parameters
    ----------
    thread_time : function, or None
        The processor time of the thread that works, in seconds; that of the thread
        which asks, as a rule. Where nobody can ask for it (another thread's, on Windows
        and macOS), the time of all threads counts in full, but never more than the
        clock shows.
    """

    def __init__(self, thread_time: Callable[[], float] | None = time.thread_time):
        self._thread_time, self._processors = thread_time, processors()
        self._thread = thread_time() if thread_time else 0.0
        self._all, self._clock = time.process_time(), time.perf_counter()

    def passed(self) -> float:
        """Seconds by the clock."""
        return time.perf_counter() - self._clock

    def all_threads(self) -> float:
        """Seconds of processor time of the whole process."""
        return time.process_time() - self._all

    def work(self) -> float:
        """Seconds of work."""
        of_all = self.all_threads()
        if self._thread_time is None:
            return min(of_all, self.passed())
        return max(self._thread_time() - self._thread, of_all / self._processors)
