"""Stops servers that nobody uses, and ends with the hub that started it.

A hub that is killed cannot end it, and the next one starts its own.
"""

import sys
from pathlib import Path

from jupyterhub_idle_culler import IdleCuller  # type: ignore[import-not-found]

sys.path.append(str(Path(__file__).resolve().parent))
import alone
import clock

alone.end_with_parent()
clock.steady_timers()
# This one is what `launch_instance` then starts.
IdleCuller.instance(cull_arbiter_hook=clock.Patience())
IdleCuller.launch_instance()
