"""What a student's process may ask the kernel for, as a filter for bubblewrap.

A list of what is allowed: what nobody thought of, and what newer kernels bring, is
refused. So no other process is started, and this one does not take back that it dies
with the grader; nothing holds memory that no limit counts, as sockets, locks and rules
without number would, or pages of a file that a pipe was given with `sendfile`; nobody
takes the processor that another notebook is graded on, or makes the whole computer
write to its disks; and parts of the kernel that are rarely used, where its mistakes
tend to be, are out of reach.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import NamedTuple

ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # places in what the kernel shows
# The C library and Python try newer calls first, and do without where there are none.
NEWEST = 450
REFUSED, UNKNOWN, DONE = ERROR | errno.EPERM, ERROR | errno.ENOSYS, ERROR

# Each with its number on x86-64 and on 64-bit ARM, "-" where it has none there.
FILES = """
write 1 64, close 3 57, lseek 8 62, pwrite64 18 68, writev 20 66, pwritev 296 70,
copy_file_range 326 285, truncate 76 45, ftruncate 77 46,
fallocate 285 47, stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291,
statfs 137 43, fstatfs 138 44, access 21 -, faccessat 269 48, faccessat2 439 439,
getdents 78 -, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -,
renameat 264 38, renameat2 316 276, rmdir 84 -, unlink 87 -, unlinkat 263 35,
readlink 89 -, readlinkat 267 78, umask 95 166, getxattr 191 8, lgetxattr 192 9,
fgetxattr 193 10, listxattr 194 11, llistxattr 195 12, flistxattr 196 13
"""
# They lock the folder above for all others, also where nothing can be made.
MAKING = """
creat 85 -, mkdir 83 -, mkdirat 258 34, link 86 -, linkat 265 37, symlink 88 -,
symlinkat 266 36
"""
DESCRIPTORS = """
dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, eventfd 284 -,
eventfd2 290 19, recvfrom 45 207, recvmsg 47 212, shutdown 48 210,
getsockname 51 204, getpeername 52 205, getsockopt 55 209
"""
# Without `mremap`: of a piece of the stack it makes gigabytes that are no data either.
MEMORY = """
munmap 11 215, brk 12 214, membarrier 324 283, get_mempolicy 239 236
"""
ITSELF = """
execve 59 221, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95, kill 62 129,
tkill 200 130, tgkill 234 131, getpid 39 172, getppid 110 173, gettid 186 178,
getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158,
getresuid 118 148, getresgid 120 150, getpgid 121 155, getpgrp 111 -, getsid 124 156,
capget 125 90, uname 63 160, sysinfo 99 179, times 100 153, getrusage 98 165,
getrlimit 97 163, setrlimit 160 164, prlimit64 302 261, arch_prctl 158 -,
set_tid_address 218 96, set_robust_list 273 99, get_robust_list 274 100, rseq 334 293,
futex 202 98, futex_waitv 449 449, sched_yield 24 124, sched_getaffinity 204 123,
sched_getparam 143 121, sched_getscheduler 145 120, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, getpriority 140 141, getcpu 309 168, getrandom 318 278,
restart_syscall 219 128
"""
TIME_AND_SIGNALS = """
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114,
nanosleep 35 101, clock_nanosleep 230 115, alarm 37 -, getitimer 36 102,
setitimer 38 103, pause 34 -, rt_sigaction 13 134, rt_sigprocmask 14 135,
rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137,
rt_sigsuspend 130 133, sigaltstack 131 132
"""
ALLOWED = (FILES, MAKING, DESCRIPTORS, MEMORY, ITSELF, TIME_AND_SIGNALS)
# Answered with success, though nothing is done. Modes, owners and times: who is root
# outside owns /dev/null inside, whatever is mounted how. Locks, and having a disk
# write: files that can only be read are those of the computer, and they would wait.
GRANTED = """
chmod 90 -, fchmod 91 52, fchmodat 268 53, chown 92 -, fchown 93 55, lchown 94 -,
fchownat 260 54, utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88,
flock 73 32, fsync 74 82, fdatasync 75 83, msync 26 227, fadvise64 221 223
"""


class Asked(NamedTuple):
    """A call that is allowed with some values of one argument only.

    Attributes
    ----------
    numbers : str
        Its number on each machine.
    place : int
        Which argument, from 0.
    allowed : tuple of int
        Its values.
    granted : tuple of int
        Values that are answered with success, though nothing is done.
    """

    numbers: str
    place: int
    allowed: tuple[int, ...]
    granted: tuple[int, ...] = ()


# Flags of a file that is opened: read past the computer's cache, its disk would have no
# time for others. What they are is seen in these two.
OPENS = (("open 2 -", 1), ("openat 257 56", 2))
FCNTL, SET_FLAGS = "fcntl 72 25", 4
SECCOMP = "seccomp 317 277"
ASKED = (
    # Duplicates and flags, the size of a pipe (to read), what a file is sealed against.
    # Locks: as many as one likes. Who is alone would be given each: so it is told.
    Asked(FCNTL, 1, (0, 1, 2, 3, 4, 1030, 1032, 1034), (6, 7, 37, 38)),
    # The name of a thread; capabilities, and whether new ones can come: to read.
    Asked("prctl 157 167", 0, (15, 16, 23, 39)),
    # Whether it is a terminal, and how wide; flags; how much there is to read.
    Asked("ioctl 16 29", 1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # Two ends in the same process, as asyncio wakes itself; no other socket.
    Asked("socketpair 53 199", 0, (1,)),
    # Flags: none, or close at another program. A thread with descriptors of its own
    # would have its own number of them, and each may hold memory of the kernel.
    Asked("close_range 436 436", 2, (0, 4)),
    # What allocators say of their memory. That pages are cold or have to go out would
    # reach those of libraries, which all others would then read from the disk again.
    Asked("madvise 28 233", 2, (0, 1, 2, 3, 4, 8, 10, 11, *range(14, 20)), (20, 21)),
    # A filter over this one, for all threads at once: see `refuse_programs`.
    Asked(SECCOMP, 1, (1,)),
)
# What a thread waits for stays open for it, though another one closes it: each could
# have as many as all together. So a few: numbers on each machine; which argument says
# how many, or the highest one; and its largest value.
FEW = (
    *(("poll 7 -", 1, 16), ("ppoll 271 73", 1, 16)),
    *(("select 23 -", 0, 64), ("pselect6 270 72", 0, 64)),
)
# Of a process' own memory the kernel tells without a look at signals: who is ended
# comes to the end of such a call first, each of its threads to that of its own, and two
# gigabytes are a second's work. Bytes: in which argument, and at most, as a file may
# have. How many `readv` and `preadv` ask for no filter sees; nothing uses them.
SIZES = (*(("read 0 63", 2), ("pread64 17 67", 2)), ("mincore 27 232", 1))
MOST_BYTES = 2**28
# To the other end only: by its path a socket of the computer's could be reached.
SEND, TO = "sendto 44 206", 4
# Memory without a file that is shared: what is let go of stays, and is in no process.
MMAP, FLAGS, SHARED, ANONYMOUS = "mmap 9 222", 3, 0x01, 0x20
# Private; at a place; in the lower half; of a program; not reserved, or filled at once;
# for a stack. Others grow downwards, which is no data, to which there is a limit, or
# reserve the computer's huge pages, which are in no process.
OF_MMAP = SHARED | ANONYMOUS | 0x100000 | 0x3D852
# What was written and is then to be read only would be no data any more, to which there
# is a limit: it stays as it is. To be run it may be, see `watching`.
PROTECT, HOW, WRITE_OR_RUN = "mprotect 10 226", 2, 0x6
PROGRAM = "execve 59 221"
# Who lowers the size of a crash' file to 0 has the crash told to a program outside.
# And where there is a limit of addresses that is reached, there is none of data.
SET_LIMIT, LIMIT, NEW, CORE = "setrlimit 160 164", "prlimit64 302 261", 2, 4
ADDRESSES = 9
CLONE = "clone 56 220"
# Flags cannot be seen in them, or throw out of the cache what was read: the C library
# and Python then ask for the older ones.
INSTEAD = "clone3 435 435, openat2 437 437, preadv2 327 286, pwritev2 328 287"
THREAD, SHARED_DESCRIPTORS = 0x00010000, 0x0400
# A thread in new namespaces: mounts, cgroups, names, messages, users, processes, net.
APART = 0x00020000 | 0x02000000 | 0x7C000000

# Machine: how the kernel calls it, and which of the numbers are its own.
MACHINES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}
DIRECT = {"x86_64": 0x4000, "aarch64": 0x10000}  # past the cache
Step = tuple[int, int, int, int]


def numbers(text: str, column: int) -> list[int]:
    """The numbers of calls on one machine, of a text as those above."""
    each = (call.split()[column] for call in text.split(","))
    return [int(number) for number in each if number != "-"]


def program(machine: str | None = None) -> bytes | None:
    """The filter for a machine, this one as a rule; None where it is not known."""
    machine = machine or platform.machine()
    if machine not in MACHINES:
        return None
    architecture, column = MACHINES[machine]
    steps: list[Step] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    for text in ALLOWED:
        for number in numbers(text, column):
            steps += _answer(number, ALLOW)
    for number in numbers(GRANTED, column):
        steps += _answer(number, DONE)
    steps += _of_files(column, DIRECT[machine])
    for asked in ASKED:
        steps += _with_argument(asked, column)
    for text, place, most in FEW:
        for number in numbers(text, column):
            steps += _refused_where(number, place, AT_LEAST, most + 1)
    for text, place in SIZES:
        for number in numbers(text, column):
            steps += _at_most(number, place, MOST_BYTES)
    for number in numbers(INSTEAD, column):
        steps += _answer(number, UNKNOWN)
    steps += [
        *_of_memory(column),
        *_of_protection(column),
        *_of_threads(column),
        (EQUAL, 0, 6, numbers(SEND, column)[0]),
        *_only_nothing(TO),
        (AT_LEAST, 0, 1, NEWEST + 1),
        (RETURN, 0, 0, UNKNOWN),
        (RETURN, 0, 0, REFUSED),
    ]
    return _packed(steps)


def _of_files(column: int, refused: int) -> list[Step]:
    """No file with these flags, neither when it is opened nor later."""
    steps: list[Step] = []
    for text, place in OPENS:
        for number in numbers(text, column):
            steps += _refused_where(number, place, ANY_BIT, refused)
    return [
        *steps,
        (EQUAL, 0, 6, numbers(FCNTL, column)[0]),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8),
        (EQUAL, 0, 3, SET_FLAGS),
        (LOAD, 0, 0, FIRST_ARGUMENT + 16),
        (ANY_BIT, 0, 1, refused),
        (RETURN, 0, 0, REFUSED),
        (LOAD, 0, 0, NUMBER),
    ]


def _refused_where(number: int, place: int, test: int, value: int) -> list[Step]:
    """Refuse a call where the test of an argument holds; else allow it."""
    return [
        (EQUAL, 0, 4, number),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place),
        (test, 0, 1, value),
        (RETURN, 0, 0, REFUSED),
        (RETURN, 0, 0, ALLOW),
    ]


def _at_most(number: int, place: int, most: int) -> list[Step]:
    """Refuse a call where an argument, both halves of it, is larger."""
    return [
        (EQUAL, 0, 6, number),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place + 4),
        (EQUAL, 0, 2, 0),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place),
        (AT_LEAST, 0, 1, most + 1),
        (RETURN, 0, 0, REFUSED),
        (RETURN, 0, 0, ALLOW),
    ]


def _only_nothing(place: int) -> list[Step]:
    """Allow it where an address, both halves of that argument, is none."""
    return [
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place),
        (EQUAL, 0, 2, 0),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place + 4),
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, REFUSED),
        (RETURN, 0, 0, ALLOW),
    ]


def _of_memory(column: int) -> list[Step]:
    return [
        (EQUAL, 0, 6, numbers(MMAP, column)[0]),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * FLAGS),
        (ANY_BIT, 2, 0, 0xFFFFFFFF & ~OF_MMAP),
        (ANY_BIT, 0, 2, SHARED),
        (ANY_BIT, 0, 1, ANONYMOUS),
        (RETURN, 0, 0, REFUSED),
        (RETURN, 0, 0, ALLOW),
    ]


def _of_protection(column: int) -> list[Step]:
    return [
        (EQUAL, 0, 4, numbers(PROTECT, column)[0]),
        (LOAD, 0, 0, FIRST_ARGUMENT + 8 * HOW),
        (ANY_BIT, 0, 1, WRITE_OR_RUN),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, DONE),
    ]


def _of_threads(column: int) -> list[Step]:
    """No process, and no thread apart from the others."""
    return [
        (EQUAL, 0, 6, numbers(CLONE, column)[0]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 3, 0, APART),
        (ANY_BIT, 0, 2, THREAD),
        (ANY_BIT, 0, 1, SHARED_DESCRIPTORS),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSED),
    ]


def program_inside(machine: str) -> bytes:
    """The filter over the other one, once Python has begun and has its limits."""
    column = MACHINES[machine][1]
    return _packed(
        [
            (LOAD, 0, 0, NUMBER),
            *_answer(numbers(PROGRAM, column)[0], REFUSED),
            *_answer(numbers(SECCOMP, column)[0], REFUSED),
            (EQUAL, 0, 5, numbers(SET_LIMIT, column)[0]),
            (LOAD, 0, 0, FIRST_ARGUMENT),
            (EQUAL, 1, 0, CORE),
            (EQUAL, 0, 1, ADDRESSES),
            (RETURN, 0, 0, REFUSED),
            (RETURN, 0, 0, ALLOW),
            (EQUAL, 0, 9, numbers(LIMIT, column)[0]),
            (LOAD, 0, 0, FIRST_ARGUMENT + 8),
            (EQUAL, 1, 0, CORE),
            (EQUAL, 0, 5, ADDRESSES),
            *_only_nothing(NEW),  # to read it
            (RETURN, 0, 0, ALLOW),
        ]
    )


def refuse_programs() -> None:
    """Let this process become no other program, and crash without a word outside.

    A thread that calls `execve` becomes the process, and no longer dies with the
    grader. The sandbox' own filter cannot refuse it: this is how Python is started.
    """
    if platform.machine() not in MACHINES:
        return
    (filter_,) = numbers(SECCOMP, MACHINES[platform.machine()][1])
    code = program_inside(platform.machine())
    text = ctypes.create_string_buffer(code, len(code))
    steps = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(filter_, 1, 1, steps):  # in all threads
        number = ctypes.get_errno()
        raise OSError(number, f"no filter: {os.strerror(number)}")


def no_huge_pages() -> None:
    """Let this process, and what it starts from now on, have pages of 4 kB only.

    Of one that is larger a piece can be kept: the rest, five hundred times as much,
    stays with the kernel, and no limit counts it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # PR_SET_THP_DISABLE


def _packed(steps: list[Step]) -> bytes:
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _answer(value: int, answer: int) -> list[Step]:
    """Answer so if what was loaded is this value; else go on."""
    return [(EQUAL, 0, 1, value), (RETURN, 0, 0, answer)]


def _with_argument(asked: Asked, column: int) -> list[Step]:
    inside: list[Step] = [(LOAD, 0, 0, FIRST_ARGUMENT + 8 * asked.place)]
    for value in asked.allowed:
        inside += _answer(value, ALLOW)
    for value in asked.granted:
        inside += _answer(value, DONE)
    inside.append((RETURN, 0, 0, REFUSED))
    return [(EQUAL, 0, len(inside), numbers(asked.numbers, column)[0]), *inside]
