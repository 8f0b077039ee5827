"""Collect a lesson from all students of the hub and grade it, as root starts it:

    .hub/bin/python deploy/one-machine/grade.py 04

Each notebook is read as the student who wrote it, so that a link in a home leads to
nothing else, and runs as a user who is neither root nor a student, in the sandbox of
`course_utils.exercises`. What stands behind the lesson goes to that command.
"""

import argparse
import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from pwd import struct_passwd
from typing import Any

import state as hub_state
from accounts import PREFIX, ensure_account
from become import becoming
from lessons import LESSONS

GRADER = "cnngrader"  # no student has this name: theirs begin with "cnn-"
LARGEST = 50 * 1024**2
SECONDS = 30


def as_user() -> dict[str, Any]:
    """How to start what runs as another user.

    A student's other processes may take hold of it: it has no terminal of root's, into
    which they could type, nor what root types there.
    """
    return {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
        "cwd": "/",
        "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        "umask": 0o077,
    }


def read_as(user: struct_passwd, *command: str) -> bytes:
    """What a command prints that runs as this user, and one byte too many at most.

    Others of the user's processes may write to where it prints.

    Raises
    ------
    subprocess.SubprocessError
        Where it fails or does not end.
    """
    found, end = bytearray(), time.monotonic() + SECONDS
    as_them = becoming(user.pw_uid, user.pw_gid, "/")
    process = subprocess.Popen([*as_them, *command], **as_user())
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    try:
        while len(found) <= LARGEST:
            left = end - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise subprocess.TimeoutExpired(command, SECONDS)
            if not (data := os.read(process.stdout.fileno(), 2**16)):
                break
            found += data
        else:
            return bytes(found[: LARGEST + 1])
        if code := process.wait(max(0.1, end - time.monotonic())):
            raise subprocess.CalledProcessError(code, command)
    finally:
        process.kill()
        process.stdout.close()
        # What waits for a file system of the student's own does not hear that.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    return bytes(found)


def run_as(user: struct_passwd, *command: str, given: bytes = b"") -> None:
    """Run a command as this user.

    Raises
    ------
    subprocess.SubprocessError
        Where it fails or does not end.
    """
    options = as_user() | {"stdout": subprocess.DEVNULL}
    options.pop("stdin")  # a pipe, too, as something is given
    as_them = becoming(user.pw_uid, user.pw_gid, "/")
    done = [*as_them, *command]
    subprocess.run(done, input=given, timeout=SECONDS, check=True, **options)


def collect(homes: Path, notebook: str, grader: struct_passwd) -> tuple[Path, int]:
    """Copy one notebook of every student into a folder of the grader's.

    Parameters
    ----------
    homes : Path
        The folder of all homes.
    notebook : str
        Its file name, such as ``"04_first_cnn.ipynb"``.
    grader : struct_passwd
        Whose folder it is.

    Returns
    -------
    Path, int : the folder, with STUDENT/NOTEBOOK in it, and how many there are.
    """
    folder, found = homes / GRADER / "submitted" / Path(notebook).stem, 0
    for home in sorted(homes.glob(f"{PREFIX}*")):
        student, place = home.name[len(PREFIX) :], home / LESSONS / "notebooks"
        try:
            owner = ensure_account(home.name, homes)
            text = read_as(
                owner, "head", "-c", str(LARGEST + 1), "--", str(place / notebook)
            )
        except (OSError, RuntimeError, subprocess.SubprocessError):
            print(f"{student}: no {notebook} that this student may read")
            continue
        if len(text) > LARGEST:
            print(f"{student}: larger than {LARGEST // 1024**2} MB")
            continue
        # As the grader: root would follow what leads elsewhere.
        run_as(grader, "mkdir", "-p", str(folder / student))
        run_as(grader, "tee", str(folder / student / notebook), given=text)
        found += 1
    return folder, found


def main() -> None:
    parser = argparse.ArgumentParser(prog="grade.py", description=__doc__)
    parser.add_argument("lesson", help="its number")
    parser.add_argument("--state", type=Path, default=hub_state.usual_place())
    args, rest = parser.parse_known_args()
    if os.geteuid() != 0:
        sys.exit("grade.py reads the homes of all students: start it as root.")
    books = sorted((hub_state.ROOT / "notebooks").glob(f"{args.lesson}_*.ipynb"))
    if not books:
        sys.exit(f"No lesson has the number {args.lesson!r}.")
    homes = args.state.resolve() / "homes"
    grader = ensure_account(GRADER, homes)
    folder, found = collect(homes, books[0].name, grader)
    if not found:
        sys.exit(f"No student has {books[0].name} yet.")
    os.setgroups([])
    os.setgid(grader.pw_gid)
    os.setuid(grader.pw_uid)
    os.umask(0o077)
    os.chdir(grader.pw_dir)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": grader.pw_dir,
        "LC_ALL": "C.UTF-8",
        "COURSE_DATA_DIR": str(args.state.resolve() / "data"),
    }
    command = ["-P", "-m", "course_utils.exercises", str(folder), *rest]
    print(f"{found} notebooks; results go to {folder}", flush=True)
    os.execve(sys.executable, [sys.executable, *command], environ)


if __name__ == "__main__":
    main()
