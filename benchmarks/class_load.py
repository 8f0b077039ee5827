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
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hub_running import Hub, command_line, running
from benchmarks.hub_student import Student, StudentError

ROOT = Path(__file__).resolve().parents[1]
PORT = 8765
MIB = 1024**2


@dataclass
class Result:
    """What one student met. Seconds."""

    spawn: float = 0.0
    cells: list[float] = field(default_factory=list)
    failure: str = ""


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
        *("start_student.py", "ipykernel_launcher"),
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
            line = command_line(int(folder.name))
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


def main() -> int:
    args = arguments().parse_args()
    missing = [name for name in ("git", "node", "npm") if not shutil.which(name)]
    if missing:
        print(f"No class on a hub: {', '.join(missing)} not found.")
        return 0
    found = next((ROOT / "notebooks").glob(f"{args.lesson}_*.ipynb"))
    lesson = f"cnn-course/notebooks/{found.name}"
    names = [f"student{k:02}" for k in range(args.students)]
    shared = Path("/srv") if os.geteuid() == 0 else None  # /tmp's folders are closed
    with tempfile.TemporaryDirectory(prefix="cnn-hub-", dir=shared) as made:
        state = args.state or Path(made)
        state.chmod(0o711)
        command = [sys.executable, "course.py", "hub"]
        full = f"places = {len(names)}"
        with running(
            command, state, PORT, lambda s: s.replace("places = 0", full)
        ) as hub:
            hub.sign_up([*names, "late"])
            if args.restart:
                hub.kill("jupyterhub --config")
                hub.wait()
            watch, swap, begun = Watch(), swapped(), time.monotonic()
            watch.start()
            results = class_of(names, hub, lesson, args)
            seconds = time.monotonic() - begun
            watch.look()
            watch.ended.set()
            refused = attend(Student("late", hub.address), lesson, 1, 0).failure
        if os.geteuid() == 0:
            for name in names:
                subprocess.run(["userdel", f"cnn-{name}"], check=False)
        tell(results, watch, seconds, swapped() - swap)
        print(f"  who comes when all places are taken reads: {refused}")
    return int(any(r.failure for r in results))


def class_of(
    names: list[str], hub: Hub, lesson: str, args: argparse.Namespace
) -> list[Result]:
    """All of them at a time, each in the wave that it belongs to."""

    def one(k: int) -> Result:
        time.sleep(k % args.waves * args.between)
        student = Student(names[k], hub.address)
        return attend(student, lesson, args.cells, args.pace)

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(one, range(len(names))))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.class_load", description=str(__doc__).split("\n")[0]
    )
    add = parser.add_argument
    add("--students", type=int, default=30)
    add("--lesson", default="04", help="its number")
    add("--cells", type=int, default=10, help="the first so many")
    add("--pace", type=float, default=0.0, help="seconds of thinking before a cell")
    add("--waves", type=int, default=1, help="in so many groups")
    add("--between", type=float, default=20.0, help="seconds between two groups")
    add("--restart", action="store_true", help="kill the hub before the class comes")
    add("--state", type=Path, help="a folder, made where it is not there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
