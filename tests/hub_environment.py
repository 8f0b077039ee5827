"""A hub's environment for tests: what the hub adds, on top of the course's own.

`course.py hub` installs all of it a second time, and compiles it: half a minute that a
test need not take. The versions and hashes are those of the same locks.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "deploy" / "one-machine"
FOLDER = ROOT / "build" / "hub"


def objection() -> str:
    """Why no hub can be started here; empty where nothing is missing."""
    if sys.platform == "win32":
        return "JupyterHub does not run on Windows"
    missing = [name for name in ("git", "node", "npm") if not shutil.which(name)]
    return f"{' and '.join(missing)} not found" if missing else ""


def python() -> Path:
    """The Python of the environment in build/hub, made where it is not there yet.

    Raises
    ------
    subprocess.CalledProcessError
        Where something cannot be fetched; its `stderr` says what.
    """
    ours, hubs = ((p / "requirements.lock").read_text() for p in (ROOT, PLACE))
    made_from = ours + hubs + (PLACE / "package-lock.json").read_text() + str(ROOT)
    mark = FOLDER / f"ready-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}"
    own = FOLDER / "bin" / "python"
    if mark.exists():
        return own
    shutil.rmtree(FOLDER, ignore_errors=True)
    run(sys.executable, "-m", "uv", "venv", "--python", sys.executable, FOLDER)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(FOLDER)})
    beside = Path(packages) / "course.pth"
    beside.write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    shared = FOLDER / "share"
    shared.mkdir()
    (shared / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    lock = FOLDER / "added.lock"
    lock.write_text("".join(v for k, v in entries(hubs).items() if k not in ours))
    install = ("-m", "uv", "pip", "install", "--no-deps", "--python", own)
    run(sys.executable, *install, "--require-hashes", "-r", lock)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PLACE / name, FOLDER)
    npm = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix")
    run(*npm, FOLDER)
    etc = Path(sys.prefix) / "etc" / "jupyter"
    shutil.copytree(etc, FOLDER / "etc" / "jupyter", dirs_exist_ok=True)
    mark.touch()
    return own


def entries(lock: str) -> dict[str, str]:
    """The lines of each package, by its pin, such as ``"mako==1.3.10"``."""
    parts = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    return {re.split(r"[ ;\\]", part)[0]: part for part in parts if "==" in part}


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
