"""Run what a student wrote: time-limited, and without its flood of output.

What counts is work (see `clocks`), so that a slow answer is judged alike on a busy
computer. What waits does none: it is stopped by the clock, late.
"""

import contextlib
import ctypes
import io
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from course_utils.clocks import Clock

T = TypeVar("T")
PATIENCE = 20  # times the limit, by the clock: a computer may be that busy
IDLE = 0.05  # of a processor: on a busy computer, too, who works gets more
SHORT = 0.01  # seconds between two looks, at least
MOMENT = 0.001  # what is due within it is due


class TimeUp(BaseException):
    """Not an Exception, so that an answer's own `except Exception` lets it through.

    Attributes
    ----------
    seconds : float
        How long it might have taken.
    took : float
        Seconds until it could be stopped: compiled code cannot, before it comes back.
    running : bool
        Whether it could not be stopped at all.
    waited : bool
        Whether its work was not too much, but the clock ran out: these seconds are
        then the clock's.
    """

    def __init__(
        self,
        seconds: float,
        took: float,
        *,
        running: bool = False,
        waited: bool = False,
    ) -> None:
        self.seconds, self.took = seconds, took
        self.running, self.waited = running, waited


class Printed(io.TextIOBase):
    """Keeps the first thousand characters of what an answer prints."""

    text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[:1000]
        return len(text)


def left(clock: Clock, seconds: float, idle: float = 0.0) -> float:
    """Seconds until, at the earliest, so much work is done or patience ends.

    With who had less than `idle` of a processor there is none: it waits.
    """
    waits = clock.all_threads() < idle * clock.passed()
    most = seconds if waits else PATIENCE * seconds
    return min(seconds - clock.work(), most - clock.passed())


def time_up(clock: Clock, seconds: float, *, running: bool = False) -> TimeUp:
    """What to raise when nothing is left."""
    work, passed = clock.work(), clock.passed()
    if work < seconds:
        return TimeUp(PATIENCE * seconds, passed, running=running, waited=True)
    return TimeUp(seconds, work, running=running)


def limited(work: Callable[[], T], seconds: float, *, idle: float = 0.0) -> T:
    """Return work(), or raise `TimeUp` when it works longer than these seconds.

    What has less than `idle` of a processor may not last longer by the clock either.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        return _limited_by_thread(work, seconds, idle)
    running, late = True, False
    clock = Clock()

    def stop(_: int, frame: FrameType | None) -> None:
        nonlocal late
        if not running:
            return
        if not late:
            if (more := left(clock, seconds, idle)) > 0:
                signal.setitimer(signal.ITIMER_REAL, max(more, SHORT), 0.1)
                return
            late = True
            raise time_up(clock, seconds)
        # A bare `except:` swallowed it. The next line that runs may stand outside the
        # `try`: fail there.
        while frame and frame.f_code is not limited.__code__:
            frame.f_trace = fail
            frame = frame.f_back
        sys.settrace(fail)

    def fail(*_: Any) -> None:
        if running:
            raise time_up(clock, seconds)

    # First the timer: an alarm of the limit around this one must find its own handler.
    others, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    handler, trace = signal.signal(signal.SIGALRM, stop), sys.gettrace()
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        try:
            return work()
        finally:
            running = False
    finally:
        running = False  # an alarm may have come just before this was said
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        sys.settrace(trace)
        if others:  # someone else's timer goes on where it was
            rest = others - clock.passed()
            signal.setitimer(
                signal.ITIMER_REAL, rest if rest > MOMENT else interval, interval
            )
            if (
                rest <= MOMENT
            ):  # now, or the next limit inside it would put it off again
                signal.raise_signal(signal.SIGALRM)


class _Stop(TimeUp):
    """What is raised in another thread, which makes it without arguments."""

    def __init__(self) -> None:
        super().__init__(0, 0)


def _limited_by_thread(work: Callable[[], T], seconds: float, idle: float) -> T:
    """The same on Windows and outside the main thread, where there is no such timer."""
    clocks: list[Clock] = []
    results: list[T] = []
    errors: list[BaseException] = []
    begun = threading.Event()

    def target() -> None:
        clocks.append(Clock(_own_time()))
        begun.set()
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    begun.wait()
    (clock,) = clocks
    while thread.is_alive():
        if (more := left(clock, seconds, idle)) > 0:
            thread.join(max(more, SHORT))
            continue
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop)
        )
        thread.join(1)  # a loop of Python's stops at once
        raise time_up(clock, seconds, running=thread.is_alive())
    if errors:
        raise errors[0]
    return results[0]


def _own_time() -> Callable[[], float] | None:
    """The processor time of the thread that asks, to be read from any thread."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return None
    clock, last = time.pthread_getcpuclockid(threading.get_ident()), 0.0

    def read() -> float:
        nonlocal last
        with contextlib.suppress(OSError):  # it has ended
            last = time.clock_gettime(clock)
        return last

    return read
