"""A student's side of grading: run the cells, hand answers over, know none.

Started by `sandbox`, with pipes to the judge as input and output. Where the sandbox
holds, none of the files with solutions, cases' answers or judging exist around it. What
a student patches here changes what is handed over, which is theirs to choose; what is
right is decided at the other end.
"""

import asyncio
import contextlib
import io
import os
import re
import select
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.clocks import Clock
from course_utils.exercises import looking, system_calls
from course_utils.exercises.as_data import (
    TOO_SLOW,
    Blobs,
    Channel,
    Packed,
    held,
    pack,
    unpack,
)
from course_utils.exercises.as_in_jupyter import Cells, nothing, rest
from course_utils.exercises.diagnosis import explain, message
from course_utils.exercises.limits import IDLE, Printed, TimeUp, left, limited
from course_utils.exercises.networks_as_data import (
    is_network,
    pack_network,
    unpack_network,
)
from course_utils.exercises.words import type_name

MOST_FUNCTIONS = 1000
MOST_TOLD = 2  # cells that lacked something
MOST_INNER = 100  # answers that are checked while another is
ENDED = (TimeUp, SystemExit, KeyboardInterrupt, RuntimeError, asyncio.CancelledError)


class Client:
    """What `check` is in the sandbox."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.functions: list[Callable[..., Any]] = []
        self.lock = threading.RLock()  # cells may check from several threads
        self.calling = False
        self.inner: list[tuple[str, Any]] = []
        self.sent = 0
        self.open = 0  # the number of a check that nobody has waited for to its end
        self.owed: tuple[dict[str, Any], Blobs] | None = None  # a call without reply

    def check(self, id: str, answer: Any = ...) -> None:  # noqa: A002 - its known name
        """Hand an answer over, and call functions for the judge until it has seen all.

        What it says of them it says to the grader alone, once the notebook is over.
        """
        if not isinstance(id, str):
            raise ValueError("id must be a text such as '01.output-size'")
        if self.calling:  # by the function that is asked now: it is waited for
            self.inner += [(id, answer)] if len(self.inner) < MOST_INNER else []
            return
        with self.lock:
            self._check(id, answer)
            while self.inner:
                self._check(*self.inner.pop(0))

    def end(self) -> None:
        """Say that this was the last cell, once the last answer was asked."""
        with self.lock:
            self._answer_calls()
            self.channel.send({"kind": "end"})

    def _check(self, id_: str, answer: Any) -> None:
        self._answer_calls()
        del self.functions[:]
        blobs: Blobs = []
        try:
            with np.errstate(all="ignore"):  # as `check` does outside
                packed = limited(lambda: pack(answer, blobs, other=self._known), 60)
        except TimeUp:
            packed, blobs = ["refused", TOO_SLOW], []
        self.sent += 1
        request = {"kind": "check", "number": self.sent, "id": id_[:100]}
        with held():  # what was not sent is not waited for
            self.channel.send({**request, "value": packed}, blobs)
            self.open = self.sent
        self._answer_calls()

    def _answer_calls(self) -> None:
        """Answer the judge's calls. A cell that is stopped leaves that to the next."""
        while self.open:
            if self.owed:
                self._called(*self.owed)
                self.owed = None
            asked, blobs = self.channel.receive()
            if asked["kind"] == "done" and asked["number"] == self.open:
                self.open = 0
            if asked["kind"] == "call":
                self.owed = asked, blobs

    def _known(self, function: Any, blobs: Blobs) -> Packed | None:
        network = pack_network(function, blobs)
        if network and network[0] != "by hand":
            return network
        if not callable(function) or hasattr(type(function), "__array__"):
            return None
        if len(self.functions) >= MOST_FUNCTIONS:
            return ["thing", "function"]
        self.functions.append(function)
        facts = {
            "unfilled": looking.unfilled(function),
            "dots": looking.dots(function),
            "written": looking.written(function)[:50_000],
        }
        number, kind = len(self.functions) - 1, type_name(function)[:60]
        packed = ["function", number, kind, facts]
        return [*network, packed] if network else packed

    def _called(self, asked: dict[str, Any], blobs: Blobs) -> None:
        reply: dict[str, Any] = {"kind": "reply", "number": asked["number"]}
        printed, given, function = Printed(), _Given(), None
        clock = Clock()
        out: Blobs = []
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(Printed()),
            np.errstate(all="ignore"),
        ):
            self.calling = True
            try:
                function = self.functions[asked["function"]]
                arguments = given.unpacked(asked["arguments"], blobs)
                reply["value"], out = limited(
                    lambda: given.packed(function(*arguments)), asked["seconds"]
                )
            except TimeUp as late:
                reply["late"] = [late.took, late.running, late.waited]
            except BaseException as error:  # sys.exit() in an answer ends no lesson
                reply["error"] = _told(error, function)
            finally:
                self.calling = False
        reply |= {"written": given.written(), "spent": clock.work()}
        self.channel.send({**reply, "printed": printed.text}, out)


class _Given:
    """The arguments of one call: numbers, and for some exercises a network, a file."""

    def __init__(self) -> None:
        self.arguments: list[Any] = []
        self.files: list[Path | None] = []

    def unpacked(self, packed: list[Any], blobs: Blobs) -> list[Any]:
        self.arguments = [unpack(p, blobs, other=_maker(blobs)) for p in packed]
        self.files = [a if isinstance(a, Path) else None for a in self.arguments]
        return self.arguments

    def packed(self, value: Any) -> tuple[Packed, Blobs]:
        for i, argument in enumerate(self.arguments):
            if argument is value and is_network(value):
                return ["argument", i], []
        blobs: Blobs = []
        return pack(value, blobs, other=pack_network), blobs

    def written(self) -> list[bool]:
        return [bool(file and file.is_file()) for file in self.files]


def _maker(blobs: Blobs) -> Callable[[Packed], Any]:
    """What makes the arguments that are no numbers."""

    def make(packed: Packed) -> Any:
        if packed[0] == "path":
            return Path(tempfile.mkdtemp()) / Path(packed[1]).name
        return unpack_network(packed, blobs)

    return make


def _told(error: BaseException, function: Any) -> dict[str, Any]:
    names = [kind.__name__ for kind in type.mro(type(error))]
    words = {str(b): explain(error, function, border=b)[:600] for b in (False, True)}
    return {"names": names[:10], "message": message(error), "told": words}


class _Anything(str):
    """What only a judge could give: a cell that asks it goes on to its `check`.

    A text, as most of it is, in which everything is; who is right reads "correct".
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name) if name.startswith("__") else self

    def __call__(self, *_: Any, **__: Any) -> "_Anything":
        return self

    def __getitem__(self, _: Any) -> "_Anything":
        return self

    def __contains__(self, _: object) -> bool:
        return True

    def __eq__(self, _: object) -> bool:
        return True

    def __ne__(self, _: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash("correct")

    def __bool__(self) -> bool:
        return True


def _quiz(_: str) -> Any:
    """A widget that says nothing, and takes what a quiz does: a click is not stored."""
    from ipywidgets import HTML

    widget: Any = HTML()
    widget.title = widget.question = widget.note = ""
    widget.options, widget.choice = [], -1
    return widget


def run_cells(sources: list[str], seconds: float, channel: Channel) -> None:
    """Run the cells one after another, as the notebook would."""
    cells = Cells()
    lacking = 0
    sys.stdin = io.StringIO()  # input() ends at once
    loop = asyncio.new_event_loop()
    for number, source in enumerate([*sources, None], 1):
        if loop.is_closed() or loop.is_running():  # by a cell that could not be stopped
            loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        clock = Clock()
        work = rest() if source is None else cells.run(source)
        # An error in a cell is shown and ends there, as in the notebook.
        with contextlib.suppress(*ENDED):
            limited(
                lambda run=loop.run_until_complete, work=work: run(work),  # type: ignore[misc]
                seconds if source is not None else min(seconds, 10.0),
                idle=IDLE,  # one that waits leaves the next ones their time
            )
        work.close()
        if source is not None and left(clock, seconds, IDLE) <= 0:
            channel.send({"kind": "slow cell", "cell": number})
        if source is not None and cells.ended and lacking < MOST_TOLD:
            lacking += 1
            channel.send({"kind": "lacking", "cell": number, "what": cells.ended})


def limit(memory: int, file: int, seconds: float) -> None:
    """Bound what this process may have, where the system can; nothing lifts it again.

    The sandbox and its watchman bound more: this is what stops most at once. Addresses
    have no limit: where it is reached the kernel forgets that of data (mprotect).
    """
    if sys.platform == "win32":
        return
    import resource

    cores = os.cpu_count() or 1
    for name, most in (
        ("RLIMIT_DATA", memory),
        ("RLIMIT_STACK", 2**26),  # the first thread's, which is no data
        ("RLIMIT_FSIZE", file),
        ("RLIMIT_CORE", 1),  # with 0 a crash is still told to a program outside
        ("RLIMIT_NOFILE", 256),  # each pipe among them holds memory of the kernel
        ("RLIMIT_MEMLOCK", 2**20),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_SIGPENDING", 1000),  # of those that all programs of a user have
        ("RLIMIT_CPU", int(seconds * cores) + 10),
    ):
        if hasattr(resource, name):
            with contextlib.suppress(OSError, ValueError):
                _limit(getattr(resource, name), most)
    with contextlib.suppress(OSError):  # the first to go where memory runs out
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit(kind: int, most: int) -> None:
    """Bound one thing by a number, or by what the computer allows if that is less."""
    import resource

    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


def limit_threads(most: int = 1000) -> None:
    """Bound threads before the watchman looks: a loop starts thousands meanwhile.

    In a sandbox they count by themselves, since Linux 5.14; before, with all that runs
    in this user's name. Those of root have no limit.
    """
    import resource

    release = [int(number) for number in re.findall(r"\d+", os.uname().release)[:2]]
    if release >= [5, 14]:
        _limit(resource.RLIMIT_NPROC, most)


def end_if_alone() -> None:
    """End where the grader was gone before this process was bound to die with it.

    Else it would wait for its judge, and its judge for it, or its cells run unwatched.
    What stands for errors is a pipe whose other end only the grader has.
    """
    if hasattr(select, "poll"):
        look = select.poll()
        look.register(2, 0)
        if look.poll(0):
            os._exit(1)


def main() -> None:
    end_if_alone()
    channel = Channel(os.dup(0), os.dup(1))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    order, _ = channel.receive()
    limit(order["memory"], order["file"], order["seconds"])
    if order["filtered"]:
        limit_threads(min(1000, 2 * order["threads"]))
        system_calls.refuse_programs()
    client = Client(channel)
    import course_utils.exercises as package

    names: dict[str, Any] = {"check": client.check, "quiz": _quiz}
    names |= dict.fromkeys(("hint", "solution", "progress", "glossary"), nothing)
    names |= dict.fromkeys(("find", "grade", "registry"), _Anything())
    for name, value in names.items():
        setattr(package, name, value)
    run_cells(order["cells"], order["cell_seconds"], channel)
    client.end()
    os._exit(0)  # whatever threads a student left


if __name__ == "__main__":
    main()
