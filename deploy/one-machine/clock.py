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
    """Whether a server has been idle for long enough, for the idle culler to ask.

    By the hub's clock, and as long by our own: a server counts as idle from when this
    first saw the last thing that was done there.

    now : seconds that pass
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.seen: dict[str, tuple[str, float]] = {}

    def __call__(
        self, inactive: timedelta, inactive_limit: float, server: dict[str, Any]
    ) -> bool:
        now, last, address = self.now(), server["last_activity"], server["url"]
        if address not in self.seen or self.seen[address][0] != last:
            self.seen[address] = last, now
        ours = now - self.seen[address][1]
        return min(inactive.total_seconds(), ours) >= inactive_limit
