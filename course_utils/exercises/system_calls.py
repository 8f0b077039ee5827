"""What a student's process may not ask the kernel for, as a filter for bubblewrap.

No other process is started, and this one does not take back that it dies with the
grader, so that none outlives grading and none escapes the count; nothing holds memory
that no limit counts, as locks and rules without number would; nobody takes the
processor another notebook is graded on; and parts of the kernel that are rarely used,
where its mistakes tend to be, are out of reach.
"""

import errno
import platform
import struct

ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # places in what the kernel shows
THREAD = 0x10000  # of `clone`
X32 = 0x40000000
FAMILIES = (1, 2, 10)  # sockets: of files, of the (absent) network

# io_uring, newer ways to mount, Landlock's rules, memfd_secret; alike everywhere.
NEW = {*range(425, 434), 442, *range(444, 448)}
# fork, vfork, ptrace, memfd_create, shmget, msgget, semget, unshare, setns, mount,
# umount2, pivot_root, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd,
# process_vm_readv, process_vm_writev, kcmp, open_by_handle_at, sched_setaffinity
X86 = {
    *(57, 58, 101, 319, 29, 68, 64, 272, 308, 165, 166, 155, 248, 249, 250, 321, 298),
    *(323, 310, 311, 312, 304, 203),
}
ARM = {
    *(117, 279, 194, 186, 190, 97, 268, 40, 39, 41, 217, 218, 219, 280, 241, 282, 270),
    *(271, 272, 265, 122),
}
DEATH_SIGNAL = (0, 1)  # prctl(PR_SET_PDEATHSIG, ...): by that bubblewrap ends a student
PIPE_SIZE = (1, 1031)  # fcntl(..., F_SETPIPE_SZ, ...): a megabyte that no limit counts
# fcntl(..., F_SETLK, ...), F_SETLKW and the same of open files: as many as one likes.
# Who is alone would be given each: that is what they are told.
LOCKS = (6, 7, 37, 38)
# Machine: how the kernel calls it; the numbers; clone, clone3, socket; prctl, fcntl.
MACHINES = {
    "x86_64": (0xC000003E, X86, (56, 435, 41), (157, 72)),
    "aarch64": (0xC00000B7, ARM, (220, 435, 198), (167, 25)),
}


def program(machine: str | None = None) -> bytes | None:
    """The filter for a machine, this one as a rule; None where it is not known."""
    machine = machine or platform.machine()
    if machine not in MACHINES:
        return None
    architecture, numbers, (clone, clone3, socket), asking = MACHINES[machine]
    refuse = ERROR | errno.EPERM
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, refuse),
    ]
    for number in sorted(numbers | NEW):
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, refuse)]
    told = ((*DEATH_SIGNAL, ()), (*PIPE_SIZE, LOCKS))
    for number, (place, value, granted) in zip(asking, told):
        steps += [
            (EQUAL, 0, 4 + 2 * len(granted), number),
            (LOAD, 0, 0, FIRST_ARGUMENT + 8 * place),
            (EQUAL, 0, 1, value),
            (RETURN, 0, 0, refuse),
        ]
        for each in granted:
            steps += [(EQUAL, 0, 1, each), (RETURN, 0, 0, ERROR)]
        steps.append((RETURN, 0, 0, ALLOW))
    # The C library then asks for `clone`, whose flags can be seen.
    steps += [(EQUAL, 0, 1, clone3), (RETURN, 0, 0, ERROR | errno.ENOSYS)]
    steps += [
        (EQUAL, 0, 4, clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 1, 0, THREAD),
        (RETURN, 0, 0, refuse),
        (RETURN, 0, 0, ALLOW),
    ]
    known = [(EQUAL, len(FAMILIES) - i, 0, f) for i, f in enumerate(FAMILIES)]
    steps += [(EQUAL, 0, len(FAMILIES) + 2, socket), (LOAD, 0, 0, FIRST_ARGUMENT)]
    steps += [*known, (RETURN, 0, 0, ERROR | errno.EAFNOSUPPORT)]
    steps += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
