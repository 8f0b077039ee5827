"""Each student's kernel gives way to servers: a training makes no page wait.

The set-up of the hub puts this file into its environment's etc/ipython, and each kernel
runs it at its start.
"""

import contextlib
import os
from pathlib import Path

os.nice(5)
# Where Linux groups processes by session, that counts inside a group only, and a kernel
# is a session of its own: the same for the group.
with contextlib.suppress(OSError):
    Path("/proc/self/autogroup").write_text("5")
