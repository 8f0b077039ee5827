"""A hub on this machine for as long as it is tried: started, killed, and ended."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.hub_student import Student

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "deploy" / "one-machine" / "settings.toml"


@dataclass
class Hub:
    """A hub that runs.

    address : without a slash at its end; process : of `run.py`, or its parent
    """

    address: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait(self) -> None:
        """Until it shows its page; SystemExit with its last words where it ended."""
        while self.process.poll() is None:
            try:
                if requests.get(f"{self.address}/hub/login", timeout=60).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.2)
        words = self.log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"The hub ended:\n{words}")

    def kill(self, what: str) -> None:
        """End one of its processes at once, as a fault would; `run.py` has to see it.

        what : in its command line, such as "jupyterhub --config".
        """
        for pid in below(self.process.pid):
            if what in command_line(pid):
                os.kill(pid, 9)

    def sign_up(self, names: Sequence[str]) -> None:
        """Accounts for all of them, approved by the teacher."""
        teacher = Student("teacher", self.address)
        teacher.sign_up()
        teacher.log_in()
        for name in names:
            Student(name, self.address).sign_up()
        teacher.approve(names)


@contextmanager
def running(
    command: Sequence[str], state: Path, port: int, change: Callable[[str], str] = str
) -> Iterator[Hub]:
    """What `command --state FOLDER` starts, until the end of the block.

    change : makes the settings from the example's
    """
    state.mkdir(parents=True, exist_ok=True)
    settings = state / "settings.toml"
    example = EXAMPLE.read_text(encoding="utf-8")
    settings.write_text(change(example.replace("port = 8000", f"port = {port}")))
    settings.chmod(0o600)
    log = state / "hub.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--state", str(state)], cwd=ROOT, stdout=stream, stderr=stream
        )
        hub = Hub(f"http://127.0.0.1:{port}", process, log)
        try:
            hub.wait()
            yield hub
        finally:
            process.terminate()
            process.wait(120)


def below(pid: int) -> list[int]:
    """Processes that a process started, and those that they did."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents.setdefault(int(after_name[1]), []).append(int(folder.name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in parents.get(parent, [])]
        found += new
    return found


def command_line(pid: int) -> str:
    """Of a process, with spaces; empty where it has ended."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode(errors="replace")
