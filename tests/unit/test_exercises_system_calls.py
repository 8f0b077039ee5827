"""The filter of system calls, read as the kernel reads it, for each machine.

What it refuses in a sandbox: test_exercises_sandbox.py.
"""

import struct

import pytest

from course_utils.exercises import system_calls


def known(machine: str) -> set[int]:
    """The numbers of calls that are allowed, all or some of them."""
    some = (*(each.numbers for each in system_calls.ASKED), system_calls.CLONE)
    column = system_calls.MACHINES[machine][1]
    some = (*some, *(each[0] for each in system_calls.OPENS))
    texts = (*system_calls.ALLOWED, *some, system_calls.INSTEAD, system_calls.MMAP)
    texts = (*texts, system_calls.PROTECT)
    texts = (
        *texts,
        system_calls.SEND,
        system_calls.GRANTED,
        *(each[0] for each in (*system_calls.FEW, *system_calls.SIZES)),
    )
    return {n for text in texts for n in system_calls.numbers(text, column)}


def answer(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel does with the filter, read by its own documents."""
    shown = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6])
    steps = list(struct.iter_unpack("<HBBI", code))
    place = value = 0
    while True:
        kind, yes, no, k = steps[place]
        place += 1
        if kind == 0x20:  # load
            value = struct.unpack_from("<I", shown, k)[0]
        elif kind == 0x06:  # return
            return k
        else:  # jump if equal, at least, any bit
            test = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[kind]
            place += yes if test else no


OK, GIVEN, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50000, 0x50001, 0x50026, 0x80000000
# Machine: its own number; fork, vfork, ptrace, memfd_create, shmget, msgget, semget,
# unshare, setns, mount, pivot_root, add_key, keyctl, bpf, perf_event_open, userfaultfd,
# process_vm_readv, kcmp, open_by_handle_at, sched_setaffinity, seccomp, socket, bind,
# setsockopt, sendmsg, sync, syncfs, timer_create, inotify_init1, io_setup, chroot;
# io_uring_setup and Landlock, alike on both. Then clone, fcntl, prctl, socketpair.
NEVER = {
    "x86_64": (
        0xC000003E,
        (
            *(
                57,
                58,
                101,
                319,
                29,
                68,
                64,
                272,
                308,
                165,
                155,
                248,
                250,
                321,
                298,
                323,
            ),
            *(310, 312, 304, 203, 317, 41, 49, 54, 46, 162, 306, 222, 294, 206, 161),
            *(425, 444),
        ),
        (56, 72, 157, 53),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(117, 279, 194, 186, 190, 97, 268, 40, 41, 217, 219, 280, 241, 282, 270),
            *(
                272,
                265,
                122,
                277,
                198,
                200,
                208,
                211,
                81,
                267,
                107,
                26,
                0,
                51,
                425,
                444,
            ),
        ),
        (220, 25, 167, 199),
    ),
}


@pytest.mark.parametrize("machine", NEVER)
def test_the_filter_lets_through_what_is_listed_and_nothing_else(machine: str) -> None:
    architecture, never, (clone, fcntl, prctl, socketpair) = NEVER[machine]
    code = system_calls.program(machine)
    assert code

    def told(number: int, *arguments: int) -> int:
        return answer(code, architecture, number, *arguments)

    assert {told(number) for number in never} == {EPERM}
    column = system_calls.MACHINES[machine][1]
    listed = {
        number
        for text in system_calls.ALLOWED
        for number in system_calls.numbers(text, column)
    }
    for number in set(range(1000)) - known(machine):
        assert told(number) == (EPERM if number <= 450 else ENOSYS)
    assert {told(number) for number in listed} == {OK}
    assert told(0x40000000 + 57) == ENOSYS  # the other numbers of x86
    assert told(435) == ENOSYS  # clone3: the C library then asks for clone
    assert answer(code, 0x40000003, 1) == KILL  # as a 32-bit program
    # A thread as the C library starts one; a process; a thread in a new namespace.
    assert told(clone, 0x3D0F00) == OK
    assert told(clone, 17) == EPERM
    # With descriptors of its own each thread could have as many as all together.
    assert told(clone, 0x3D0F00 & ~0x400) == EPERM
    assert [told(436, 3, 9, flags) for flags in (0, 4, 2, 6)] == [OK, OK, EPERM, EPERM]
    assert {told(clone, 0x3D0F00 | 1 << n) for n in (17, *range(25, 31))} == {EPERM}
    # Flags of a descriptor; a lock, and one of the open file; the size of a pipe.
    assert [told(fcntl, 3, n) for n in (1, 6, 37, 1031)] == [OK, GIVEN, GIVEN, EPERM]
    # The name of a thread; the death signal; a filter of its own.
    assert [told(prctl, n) for n in (15, 1, 22)] == [OK, EPERM, EPERM]
    assert [told(socketpair, n) for n in (1, 2, 10, 16)] == [OK, EPERM, EPERM, EPERM]
    # Memory that is given back, in large pages; out of the computer's cache; removed.
    (advice,) = system_calls.numbers("madvise 28 233", column)
    advised = [told(advice, 0, 4096, n) for n in (4, 14, 20, 21, 9, 25)]
    assert advised == [OK, OK, GIVEN, GIVEN, EPERM, EPERM]
    # A filter over this one, once, and for all threads: without a number of its own.
    (filter_,) = system_calls.numbers(system_calls.SECCOMP, column)
    assert [told(filter_, 1, n) for n in (0, 1, 8, 9)] == [EPERM, OK, EPERM, EPERM]
    for text in ("chmod 90 -", "fchmod 91 52", "flock 73 32", "fsync 74 82"):
        assert {told(n) for n in system_calls.numbers(text, column)} <= {GIVEN}
    (mmap,) = system_calls.numbers(system_calls.MMAP, column)
    # What a thread waits for stays open, closed or not: so not for all there are.
    for text, place, most in system_calls.FEW:
        for number in system_calls.numbers(text, column):
            few, many = ([*[0] * place, count] for count in (most, most + 1))
            assert [told(number, *few), told(number, *many)] == [OK, EPERM]
    # Private, without a file; shared, of a file; for a stack; a library's.
    kinds = [told(mmap, 0, 4096, 3, n) for n in (0x22, 0x01, 0x20022, 0x812)]
    assert kinds == [OK] * 4
    # Shared and without, in two ways; one that grows downwards; huge pages.
    kinds = [told(mmap, 0, 4096, 3, n) for n in (0x21, 0x23, 0x122, 0x40022)]
    assert kinds == [EPERM] * 4


@pytest.mark.parametrize("machine", NEVER)
def test_no_file_is_read_past_the_computers_cache(machine: str) -> None:
    architecture, _, (_, fcntl, _, _) = NEVER[machine]
    code, column = system_calls.program(machine), system_calls.MACHINES[machine][1]
    assert code

    def told(number: int, *arguments: int) -> int:
        return answer(code, architecture, number, *arguments)

    newer = system_calls.numbers("openat2 437 437, preadv2 327 286", column)
    assert {told(number) for number in newer} == {ENOSYS}
    # To be read; past the computer's cache, when it is opened or later.
    direct = {"x86_64": 0o40000, "aarch64": 0o200000}[machine]
    for call, place in (("openat 257 56", 2), ("open 2 -", 1)):
        for number in system_calls.numbers(call, column):
            before = [0] * place
            assert [told(number, *before, n) for n in (0, direct)] == [OK, EPERM]
    assert [told(fcntl, 3, 4, n) for n in (0x800, direct | 0x800)] == [OK, EPERM]


@pytest.mark.parametrize("machine", NEVER)
def test_no_call_goes_on_for_long_once_it_is_ended(machine: str) -> None:
    """Of its own memory a process is told however much it asks for, deaf to signals."""
    architecture, column = system_calls.MACHINES[machine]
    code = system_calls.program(machine)
    assert code
    some, much = 2**28, 2**28 + 1
    for call, place in (("read 0 63", 2), ("pread64 17 67", 2), ("mincore 27 232", 1)):
        (number,) = system_calls.numbers(call, column)
        for size, told in ((some, OK), (much, EPERM), (2**32, EPERM), (2**63, EPERM)):
            before = [0x1000] * place
            assert answer(code, architecture, number, *before, size) == told
    for number in system_calls.numbers("readv 19 65, preadv 295 69", column):
        assert answer(code, architecture, number, 3, 0x1000, 1) == EPERM


@pytest.mark.parametrize("machine", NEVER)
def test_what_was_written_stays_data(machine: str) -> None:
    """Else there is no limit to it, and who is killed while it reads fills it all."""
    architecture, column = system_calls.MACHINES[machine]
    code = system_calls.program(machine)
    assert code
    (protect,) = system_calls.numbers("mprotect 10 226", column)
    told = {n: answer(code, architecture, protect, 4096, 4096, n) for n in range(8)}
    # Nothing, or to be read: said to be done. To be written, to be run: done.
    assert told == {0: GIVEN, 1: GIVEN} | dict.fromkeys(range(2, 8), OK)
    (move,) = system_calls.numbers("mremap 25 216", column)
    assert answer(code, architecture, move, 4096, 4096, 2**30, 1) == EPERM


@pytest.mark.parametrize("machine", NEVER)
def test_nothing_is_sent_to_a_socket_by_its_path(machine: str) -> None:
    architecture, column = system_calls.MACHINES[machine]
    code = system_calls.program(machine)
    (number,) = system_calls.numbers("sendto 44 206", column)
    assert code
    for to, told in ((0, OK), (0x7FFF0000, EPERM), (0x7FFF00000000, EPERM)):
        assert answer(code, architecture, number, 3, 0x1000, 1, 0, to) == told


@pytest.mark.parametrize("machine", NEVER)
def test_no_program_outside_is_told_of_a_crash(machine: str) -> None:
    """With no file of a crash its memory is given to a program outside."""
    architecture, column = system_calls.MACHINES[machine]
    code = system_calls.program_inside(machine)

    def told(call: str, *arguments: int) -> int:
        (number,) = system_calls.numbers(call, column)
        return answer(code, architecture, number, *arguments)

    assert told("setrlimit 160 164", 4, 0x7FFF0000) == EPERM
    assert told("setrlimit 160 164", 7, 0x7FFF0000) == OK  # fewer files
    assert told("prlimit64 302 261", 0, 7, 0x7FFF0000, 0) == OK
    assert told("prlimit64 302 261", 0, 4, 0, 0x7FFF0000) == OK  # to read it
    for new in (0x7FFF0000, 0x7FFF00000000):
        assert told("prlimit64 302 261", 0, 4, new, 0) == EPERM
        # Of addresses: where none is left the kernel forgets the limit of data.
        assert told("prlimit64 302 261", 0, 9, new, 0) == EPERM
    assert told("setrlimit 160 164", 9, 0x7FFF0000) == EPERM
    assert told("prlimit64 302 261", 0, 9, 0, 0x7FFF0000) == OK
    assert told("execve 59 221") == told(system_calls.SECCOMP, 1, 1) == EPERM
    assert told("read 0 63", 0) == told("getrlimit 97 163", 4) == OK
