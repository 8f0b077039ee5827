"""Run what a student wrote: time-limited, and without its flood of output."""

import ctypes
import io
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


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
    """

    def __init__(self, seconds: float, took: float, *, running: bool = False) -> None:
        self.seconds, self.took, self.running = seconds, took, running


class Printed(io.TextIOBase):
    """Keeps the first thousand characters of what an answer prints."""

    text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[:1000]
        return len(text)


def limited(work: Callable[[], T], seconds: float) -> T:
    """Return work(), or raise `TimeUp` when it takes longer than these seconds."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        return _limited_by_thread(work, seconds)
    running, alarms = True, 0
    begun = time.monotonic()

    def stop(_: int, frame: FrameType | None) -> None:
        nonlocal alarms
        if not running:
            return
        alarms += 1
        if alarms == 1:
            raise TimeUp(seconds, time.monotonic() - begun)
        # A bare `except:` swallowed it. The next line that runs may stand outside the
        # `try`: fail there.
        while frame and frame.f_code is not limited.__code__:
            frame.f_trace = fail
            frame = frame.f_back
        sys.settrace(fail)

    def fail(*_: Any) -> None:
        if running:
            raise TimeUp(seconds, time.monotonic() - begun)

    handler = signal.signal(signal.SIGALRM, stop)
    trace = sys.gettrace()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
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
        if left:  # someone else's timer goes on where it was
            rest = max(left - (time.monotonic() - begun), 0.001)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


class _Stop(TimeUp):
    """What is raised in another thread, which makes it without arguments."""

    def __init__(self) -> None:
        super().__init__(0, 0)


def _limited_by_thread(work: Callable[[], T], seconds: float) -> T:
    """The same on Windows and outside the main thread, where there is no such timer."""
    begun = time.monotonic()
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop)
        )
        thread.join(1)  # a loop of Python's stops at once
        raise TimeUp(seconds, time.monotonic() - begun, running=thread.is_alive())
    if errors:
        raise errors[0]
    return results[0]
