"""Become another user, and then a program: how root starts what a student runs.

python -I -S become.py USER GROUP FOLDER PROGRAM ...

Who starts a program with `subprocess` waits until it has begun. Where it changed its
user before that, the student's other processes could stop it there, and root would wait
for ever: the hub, and all who want something of it. This program has begun as root's.
"""

import os
import shutil
import sys

ITSELF = (sys.executable, "-I", "-S", os.path.abspath(__file__))  # noqa: PTH100


def becoming(user: int, group: int, folder: str) -> list[str]:
    """What stands in front of a command that is to run as this user, in a folder."""
    return [*ITSELF, str(user), str(group), folder]


def main(user: str, group: str, folder: str, *command: str) -> None:
    # Before: where Python lies in root's home it can import nothing more.
    program = shutil.which(command[0]) or command[0]
    if os.getuid() != int(user):
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    os.chdir(folder)
    os.execv(program, command)


if __name__ == "__main__":
    main(*sys.argv[1:])
