"""A class comes in: students of a hub on this machine who all start at once.

python -m benchmarks.class_load --students 30 --lesson 04 --cells 10

It starts the hub of `course.py hub` with a state folder of its own, signs all of them
up and lets the teacher approve them. Then each logs in, waits for the server, opens the
lesson and runs its cells: all at once, or thinking `--pace` seconds before each. It
prints how long servers and cells took, what failed, and the memory of everything.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks.hub_student import Student, StudentError

ROOT = Path(__file__).resolve().parents[1]
PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
MIB = 1024**2


@dataclass
class Result:
    """What one student met. Seconds."""

    spawn: float = 0.0
    cells: list[float] = field(default_factory=list)
    failure: str = ""


@contextmanager
def hub(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`course.py hub` until the end of the block."""
    state.mkdir(parents=True, exist_ok=True)
    example = (ROOT / "deploy/one-machine/settings.toml").read_text(encoding="utf-8")
    settings = state / "settings.toml"
    settings.write_text(example.replace("port = 8000", f"port = {PORT}"))
    settings.chmod(0o600)
    log = (state / "hub.log").open("wb")
    command = [sys.executable, "course.py", "hub", "--state", str(state)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for_hub(process, state / "hub.log")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
        log.close()


def wait_for_hub(process: "subprocess.Popen[bytes]", log: Path) -> None:
    while process.poll() is None:
        try:
            if requests.get(f"{ADDRESS}/hub/login", timeout=60).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    raise SystemExit(f"The hub ended:\n{log.read_text(errors='replace')[-2000:]}")


def attend(student: Student, lesson: str, cells: int, pace: float) -> Result:
    """Log in, wait for the server, run the lesson's first cells."""
    result = Result()
    try:
        student.log_in()
        result.spawn = student.start_server()
        for seconds in student.run(student.open_lesson(lesson)[:cells], pace):
            result.cells.append(seconds)
    except (StudentError, OSError) as trouble:
        result.failure = str(trouble)[:200]
    return result


class Watch(threading.Thread):
    """The most memory that each kind of process took together, looked at every 5 s."""

    KINDS = (
        *("jupyterhub.singleuser", "ipykernel_launcher"),
        *("jupyterhub --config", "configurable-http-proxy"),
    )

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = dict.fromkeys(self.KINDS, 0)
        self.number = dict.fromkeys(self.KINDS, 0)
        self.all = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(5):
            self.look()

    def look(self) -> None:
        sums, numbers = dict.fromkeys(self.KINDS, 0), dict.fromkeys(self.KINDS, 0)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, UnicodeDecodeError):
                continue
            ours = ".hub/" in line  # not the kernels of somebody else here
            kind = next((k for k in self.KINDS if ours and k in line), None)
            if kind:
                sums[kind] += memory(int(folder.name))
                numbers[kind] += 1
        self.all = max(self.all, sum(sums.values()))
        for kind in self.KINDS:
            if sums[kind] > self.highest[kind]:
                self.highest[kind], self.number[kind] = sums[kind], numbers[kind]


def memory(pid: int) -> int:
    """Bytes of a process in its proportion of what is shared; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def swapped() -> int:
    """Pages written to swap since the machine started."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("pswpout "))


def tell(results: list[Result], watch: Watch, seconds: float, swap: int) -> None:
    spawns = sorted(r.spawn for r in results if r.spawn)
    cells = sorted(s for r in results for s in r.cells)
    failed = [r.failure for r in results if r.failure]
    print(f"{len(results)} students, {seconds:.0f} s in all, {len(failed)} failed")
    for name, values in (("server after", spawns), ("a cell took", cells)):
        if values:
            print(
                f"  {name:14} median {statistics.median(values):6.2f} s, p95 "
                f"{values[int(0.95 * (len(values) - 1))]:6.2f} s, "
                f"most {values[-1]:6.2f} s"
            )
    for kind, most in watch.highest.items():
        number = watch.number[kind]
        each = f", {most / number / MIB:.0f} MB each" if number else ""
        print(f"  {kind:26} {number:3} processes, {most / MIB:6.0f} MB{each}")
    print(f"  all together {watch.all / MIB:.0f} MB; pages swapped out: {swap}")
    for failure in sorted(set(failed)):
        print(f"  failed {failed.count(failure)} times: {failure}")


def sign_up(names: list[str]) -> None:
    """Accounts for all of them, approved by the teacher."""
    teacher = Student("teacher", ADDRESS)
    teacher.sign_up()
    teacher.log_in()
    for name in names:
        Student(name, ADDRESS).sign_up()
    teacher.approve(names)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.class_load", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--lesson", default="01", help="its number")
    parser.add_argument("--cells", type=int, default=10_000, help="the first so many")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds before a cell")
    parser.add_argument(
        "--state", type=Path, help="a folder, made where it is not there"
    )
    args = parser.parse_args()
    found = next((ROOT / "notebooks").glob(f"{args.lesson}_*.ipynb"))
    lesson = f"cnn-course/notebooks/{found.name}"
    names = [f"student{k:02}" for k in range(args.students)]
    shared = Path("/srv") if os.geteuid() == 0 else None  # /tmp's folders are closed
    with tempfile.TemporaryDirectory(prefix="cnn-hub-", dir=shared) as made:
        state = args.state or Path(made)
        state.chmod(0o711)
        with hub(state):
            sign_up(names)
            watch, swap, begun = Watch(), swapped(), time.monotonic()
            watch.start()
            with ThreadPoolExecutor(args.students) as pool:
                results = list(
                    pool.map(
                        lambda n: attend(
                            Student(n, ADDRESS), lesson, args.cells, args.pace
                        ),
                        names,
                    )
                )
            seconds = time.monotonic() - begun
            watch.look()
            watch.ended.set()
        if os.geteuid() == 0:
            for name in names:
                subprocess.run(["userdel", f"cnn-{name}"], check=False)
        tell(results, watch, seconds, swapped() - swap)
    return int(any(r.failure for r in results))


if __name__ == "__main__":
    sys.exit(main())
