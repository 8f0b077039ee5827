"""How a machine is asked for its memory, disk, ports, letters and browsers."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import sys
import webbrowser
from pathlib import Path

from tools.launcher.machine import Machine

GB = 1e9
# Written for the environment's Python: what is installed, against the lock.
COMPARE = r"""
import re, sys
from importlib.metadata import distributions
from packaging.requirements import Requirement
there = {}
for found in distributions():
    name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
    there.setdefault(name, found.version)
for line in open("requirements.lock", encoding="utf-8"):
    if not re.match(r"[A-Za-z0-9]", line):
        continue
    wanted = Requirement(line.rstrip().rstrip("\\"))
    if wanted.marker and not wanted.marker.evaluate():
        continue
    name = re.sub(r"[-_.]+", "-", wanted.name).lower()
    if not wanted.specifier.contains(there.get(name, "0"), prereleases=True):
        print(wanted.name, there.get(name, "is missing"), "for", wanted.specifier)
"""
CACHE = "from course_utils.datasets import data_dir; print(data_dir())"


def memory(machine: Machine) -> tuple[float, float] | None:
    """Free and whole memory in bytes; None where the system does not say."""
    if machine.windows:
        return windows_memory()
    if machine.platform == "darwin":
        return mac_memory(machine)
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    kilobytes = dict(re.findall(r"^(\w+): +(\d+) kB", text, re.M))
    return (
        float(kilobytes.get("MemAvailable", 0)) * 1024,
        float(kilobytes.get("MemTotal", 0)) * 1024,
    )


def windows_memory() -> tuple[float, float] | None:
    names = ("whole", "free", "pages", "free_pages", "virtual", "free_virtual", "more")
    sizes = [(name, ctypes.c_uint64) for name in names]

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32), *sizes]

    status = Status(length=ctypes.sizeof(Status))
    kernel = vars(ctypes)["windll"].kernel32  # types know it on Windows only
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    values = {name: float(getattr(status, name)) for name in names}
    return values["free"], values["whole"]


def mac_memory(machine: Machine) -> tuple[float, float] | None:
    whole = machine.ask(["sysctl", "-n", "hw.memsize"])
    pages = machine.ask(["vm_stat"]) or ""
    size = re.search(r"page size of (\d+)", pages)
    if not whole or not size:
        return None
    kinds = re.findall(r"Pages (?:free|inactive|speculative): +(\d+)", pages)
    return sum(map(float, kinds)) * int(size[1]), float(whole)


def free_disk(path: Path) -> float:
    while not path.exists():
        path = path.parent
    return float(shutil.disk_usage(path).free)


def can_write(path: Path) -> bool:
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def port_is_free(port: int) -> bool:
    with socket.socket() as listener:
        if sys.platform != "win32":  # a connection that has just ended is no trouble
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def browser() -> str:
    """The name of the browser that would be opened; "" where there is none."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return ""
    return str(getattr(found, "name", type(found).__name__))
