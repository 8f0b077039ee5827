"""`course.py doctor`: what a helper needs to know, and what to do about it."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Iterator, NamedTuple

from tools.launcher import health
from tools.launcher.environment import Environment
from tools.launcher.machine import LauncherError, Machine
from tools.launcher.pythons import as_typed, suitable

PORT = 8888
DISK, MEMORY = 4e9, 3e9  # bytes that a set-up takes, and lesson 07 while it trains
SYNCED = ("OneDrive", "Dropbox", "iCloud", "Mobile Documents", "Google Drive")


class Finding(NamedTuple):
    """One line of the report.

    `cure` says what to do, and is empty where all is well; what is no `trouble` is
    told, and not counted.
    """

    what: str
    found: str
    cure: str = ""
    trouble: bool = True


def findings(machine: Machine, environment: Environment) -> Iterator[Finding]:
    yield Finding("system", f"{platform.platform()}, {platform.machine()}")
    yield from folder(machine, environment)
    try:
        yield Finding("Python", suitable(machine).words)
    except LauncherError as trouble:
        first, _, rest = str(trouble).partition("\n")
        yield Finding("Python", first, rest.strip() or "see above")
    yield from installed(machine, environment)
    yield from room(machine)
    yield from doors(machine)


def folder(machine: Machine, environment: Environment) -> Iterator[Finding]:
    cures = []
    if environment.paths_too_long():
        cures.append(r"move it to a short folder, such as C:\cnn: Windows cuts paths")
    if any(name in part for part in machine.root.parts for name in SYNCED):
        cures.append(
            "move it out of the folder that is kept in step with a server, which would "
            "copy .venv, two gigabytes"
        )
    if not health.can_write(Path(machine.root)):
        cures.append("copy it to a folder of your own: this one cannot be written")
    yield Finding("folder", str(machine.root), "; ".join(cures))


def installed(machine: Machine, environment: Environment) -> Iterator[Finding]:
    again = f"it is made anew by '{as_typed(machine, 'setup')}'"
    if not machine.exists(environment.folder):
        yield Finding("environment", "not made yet", as_typed(machine, "setup"))
        return
    if not environment.is_ready():
        yield Finding("environment", "half made, or older than the lock", again)
        return
    python = str(environment.python)
    yield Finding("environment", f"ready, {environment.settings().get('version', '')}")
    different = machine.ask([python, "-c", health.COMPARE])
    clean = f"'{as_typed(machine, 'clean')}', then '{as_typed(machine, 'setup')}'"
    if different is None:
        yield Finding("versions", "could not be read", clean)
    elif different:
        found = ", ".join(different.splitlines())
        yield Finding("versions", found, f"where this was not meant: {clean}")
    else:
        yield Finding("versions", "as in the lock")
    cache = (machine.ask([python, "-c", health.CACHE]) or "").strip()
    if cache:
        cure = "set COURSE_DATA_DIR to a folder that can be written"
        writes = health.can_write(Path(cache))
        yield Finding("data sets", cache, "" if writes else cure)


def room(machine: Machine) -> Iterator[Finding]:
    free = health.free_disk(Path(machine.root))
    ready = machine.exists(machine.root / ".venv")
    low = free < (DISK / 8 if ready else DISK)
    cure = f"make room: the set-up takes {DISK / health.GB:.0f} GB"
    yield Finding("free disk", f"{free / health.GB:.1f} GB", cure if low else "")
    memory = health.memory(machine)
    if memory:
        free, whole = memory
        cure = "close other programs and other notebooks' kernels; lesson 07 needs 3 GB"
        found = f"{free / health.GB:.1f} of {whole / health.GB:.1f} GB"
        yield Finding("free memory", found, cure if free < MEMORY else "")


def doors(machine: Machine) -> Iterator[Finding]:
    free = health.port_is_free(PORT)
    found = "free" if free else "taken, by JupyterLab or another program"
    cure = "JupyterLab takes the next one and says so in its address"
    yield Finding(f"port {PORT}", found, "" if free else cure, trouble=False)
    name = health.browser()
    cure = "open the address that 'lab' prints in a browser, here or elsewhere"
    yield Finding("browser", name or "none is known", "" if name else cure, False)


def main(machine: Machine, environment: Environment) -> int:
    """Print the report; 1 where there is something to do."""
    cures = 0
    for what, found, cure, trouble in findings(machine, environment):
        machine.say(f"{what:12} {found}")
        for line in cure.splitlines():
            machine.say(f"{'':12} -> {line.strip()}")
        cures += bool(cure and trouble)
    told = "no trouble found" if not cures else f"{cures} to look at: the lines with ->"
    machine.say(f"\n{told}")
    return int(bool(cures))
