"""Stops servers that nobody uses, and ends with the hub that started it.

A hub that is killed cannot end it, and the next one starts its own.
"""

import ctypes
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1  # as in Linux' sys/prctl.h

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
runpy.run_module("jupyterhub_idle_culler", run_name="__main__", alter_sys=True)
