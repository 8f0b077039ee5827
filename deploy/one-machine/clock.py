"""The machine's clock may jump: set by hand, by a time server, after a laptop slept.

Timers here go by seconds that pass, and nobody is idle for an hour that did not.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any


def steady_timers() -> None:
    """Let Tornado's timers go by the clock that nobody can set.

    They go by the other one. Set back by an hour, whatever is looked at again and
    again (the proxy, servers and kernels that ended) is not looked at for an hour; set
    forward, a server that just starts is given up.
    """
    from tornado.ioloop import IOLoop

    IOLoop.time = lambda self: time.monotonic()  # type: ignore[method-assign]


class Patience:
    """Whether somebody has been idle for long enough.

    By the clock, and as long by our own: whoever it is counts as idle from when this
    first saw the last thing that was done there.

    now : seconds that pass
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.seen: dict[str, tuple[object, float]] = {}

    def unchanged(self, who: str, last: object) -> float:
        """The seconds since this first saw that `last` is when `who` did something."""
        now = self.now()
        if who not in self.seen or self.seen[who][0] != last:
            self.seen[who] = last, now
        return now - self.seen[who][1]

    def __call__(
        self, inactive: timedelta, inactive_limit: float, server: dict[str, Any]
    ) -> bool:
        """Of a server, as the idle culler asks."""
        ours = self.unchanged(server["url"], server["last_activity"])
        return min(inactive.total_seconds(), ours) >= inactive_limit
