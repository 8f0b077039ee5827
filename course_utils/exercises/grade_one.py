"""The judge of one notebook: asks the sandbox, decides, and writes each verdict.

python -m course_utils.exercises.grade_one LESSON WRITING MEMORY

Reads a student's answers from its input, and calls their functions through the
descriptor WRITING. Once there are no more it prints a line of JSON for each verdict: by
the time a verdict takes, a notebook that waited for it would learn what it says. It
decides with the same code as `exercises.grade`; all that it takes from the student is
data, and of MEMORY bytes at most.
"""

import builtins
import contextlib
import hashlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.exercises.as_data import (
    TOO_LONG,
    Blobs,
    Channel,
    ForeignError,
    pack,
    thing,
    unpack,
)
from course_utils.exercises.catalogue import lesson
from course_utils.exercises.diagnosis import as_explained
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.gradebook import MOST_ANSWERS
from course_utils.exercises.in_sandbox import limit
from course_utils.exercises.judging import grade
from course_utils.exercises.limits import PATIENCE, SHORT, TimeUp, limited
from course_utils.exercises.looking import Elsewhere
from course_utils.exercises.networks_as_data import (
    ByHandError,
    pack_network,
    unpack_network,
)
from course_utils.exercises.words import Verdict

# What came is not what `in_sandbox` sends, but of somebody who writes to the pipe.
UNREADABLE = (
    *(ForeignError, ArithmeticError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError),
)
MOST_MESSAGES = 2000
MOST_OF_CELLS = 20
BY_HAND = (
    "This network has code of its own that no layers of Keras stand for, or was never "
    "given an input, so it cannot be taken out of the sandbox: look at it yourself."
)


class Far(Elsewhere):
    """A student's function: called here, it runs in the sandbox."""

    def __init__(self, judge: "Judge", handle: int, facts: dict[str, Any]) -> None:
        self._judge, self._handle, self._seconds = judge, handle, judge.seconds
        self.unfilled, self.dots = bool(facts["unfilled"]), bool(facts["dots"])
        self.written = str(facts["written"])

    def __call__(self, *arguments: Any) -> Any:
        reply, blobs = self._judge.reply(self._handle, arguments)
        print(str(reply.get("printed", ""))[:1000], end="")
        for argument, written in zip(arguments, reply.get("written", [])):
            if written and isinstance(argument, Path):
                argument.touch()  # that it was written is all that is asked
        if "late" in reply:
            took, running, waited = reply["late"]
            raise TimeUp(
                self._seconds * (PATIENCE if waited else 1),
                float(took),
                running=bool(running),
                waited=bool(waited),
            )
        if "error" in reply:
            raise rebuilt(reply["error"])

        def other(packed: list[Any]) -> Any:
            if packed[0] == "argument":
                return arguments[packed[1]]
            return self._judge.other(packed, blobs)

        return unpack(reply["value"], blobs, other=other)


class _Words(str):
    """A message; an exception that shows how Python writes it shows it as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def rebuilt(told: dict[str, Any]) -> BaseException:
    """An exception of the same kind, if it is one of Python's own; in `told` its words.

    Of several cases that raise one is told of: each exception has its own.
    """
    error = _of_kind(told)
    words = told.get("told", {})
    each = {b: as_explained(str(words.get(str(b), ""))[:600]) for b in (False, True)}
    if all(each.values()):
        error.told = each  # type: ignore[attr-defined]
    return error


def _of_kind(told: dict[str, Any]) -> BaseException:
    words = _Words(str(told["message"])[:200])
    for i, name in enumerate(map(str, told["names"])):
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            if i:
                own = str(told["names"][0])
                kind = type(own if own.isidentifier() else "Error", (kind,), {})
            with contextlib.suppress(TypeError):
                return kind(words)
            return Exception(words)
    return Exception(words)


NOTHING: tuple[str, Blobs] = ('{"value": ["none"]}', [])


@dataclass
class Taken:
    """An answer as it came, to be judged once the notebook is over.

    Attributes
    ----------
    id : str
        Of its exercise.
    value, replies : pair (JSON, bytes of arrays), and a list of such and of exceptions
        What was handed over and, of a function, what it gave call by call.
    came : hash
        Of all that, so that two runs of a notebook can be compared.
    gone : bool
        Whether the other end was no more while its function was asked.
    """

    id: str
    value: tuple[str, Blobs]
    replies: list[tuple[str, Blobs] | BaseException] = field(default_factory=list)
    came: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    gone: bool = False


class Judge:
    """One notebook's answers, from the first to the last.

    Parameters
    ----------
    number : str
        The lesson; answers to other lessons' exercises are not judged.
    channel : Channel
        To the sandbox.
    most : int
        Bytes of answers that are kept; what comes then is not looked at.
    """

    def __init__(self, number: str, channel: Channel, most: int = 2**30) -> None:
        self.channel, self.room = channel, most
        self.exercises: dict[str, Exercise] = {
            id_: each for id_, each in lesson(number).items() if not each.choices
        }
        self.answers: dict[str, int] = {}
        self.calls, self.seconds, self.left = 0, 5.0, 5.0
        self.network = self.by_hand = False
        self.taken: list[Taken] = []
        self.now = Taken("", NOTHING)  # the one that is asked or judged
        self.asks = False  # no longer, once all have been asked
        self.of_cells = 0

    def run(self) -> None:
        """Take the answers until the last cell, then judge them."""
        ended = False
        try:
            ended = self._take_all()
        except UNREADABLE as error:
            say({"note": f"its answers could not be read: {_why(error)}"[:200]})
        while self.taken:
            self._decide(self.taken.pop(0))
        if ended:
            say({"end": True})

    def _take_all(self) -> bool:
        """Whether the notebook came to its end."""
        for _ in range(MOST_MESSAGES):
            try:
                message, blobs = self.channel.receive()
            except EOFError:
                return False
            kind = message.get("kind")
            if kind == "end":
                return True
            self._say_of_cell(message)
            if kind == "check":
                self._take(str(message["id"]), message["value"], blobs)
                number = int(message["number"])
                with contextlib.suppress(OSError):  # it ended while it was asked
                    self.channel.send({"kind": "done", "number": number})
        say({"note": f"sent more than {MOST_MESSAGES} messages"})
        return False

    def _take(self, id_: str, packed: Any, blobs: Blobs) -> None:
        """Keep an answer, and what its function does in all cases, right or wrong."""
        if id_ not in self.exercises:
            return
        self.answers[id_] = self.answers.get(id_, 0) + 1
        if self.answers[id_] > MOST_ANSWERS:
            if self.answers[id_] == MOST_ANSWERS + 1:
                say({"many": id_})
            return
        exercise = self.exercises[id_]
        self.seconds = self.left = exercise.seconds
        self.network = exercise.network
        self.now = Taken(id_, NOTHING)
        self.now.value = self._kept({"value": packed}, blobs)
        function = self._function(packed)
        self.taken.append(self.now)
        if not function:
            return
        self.asks = True
        try:
            limited(lambda: self._ask(exercise, function), exercise.seconds)
        except TimeUp as late:
            self.now.replies.append(late)
        finally:
            self.asks = False

    def _ask(self, exercise: Exercise, function: "Far") -> None:
        for case in exercise.case_list():
            exercise.outcome(function, case)

    def _function(self, packed: Any) -> "Far | None":
        """The function that was given, or the network that may stand for one."""
        if packed[0] == "by hand" and len(packed) == 3:
            packed = packed[2]
        if packed[0] != "function":
            return None
        return Far(self, int(packed[1]), packed[3])

    def _kept(self, message: dict[str, Any], blobs: Blobs) -> tuple[str, Blobs]:
        """What came, to be judged later, where there is room for it.

        Of networks nothing is kept in mind: each training gives another one. Else with
        lengths, or the same bytes are other answers, cut elsewhere; of an error without
        its words, which may hold an address that each run has others of.
        """
        if not self.network:
            told = [message.get("value"), message.get("written"), "error" in message]
            words = json.dumps([*told, [*map(len, blobs)]])
            for data in (words.encode(), *blobs):
                self.now.came.update(data)
        words = json.dumps(message)
        if (size := len(words) + sum(map(len, blobs))) > self.room:
            return json.dumps({"value": ["refused", TOO_LONG]}), []
        self.room -= size
        return words, blobs

    def _decide(self, taken: Taken) -> None:
        """Judge an answer as `exercises.grade` does, and say what it says."""
        id_, (words, blobs) = taken.id, taken.value
        self.now, self.seconds = taken, self.exercises[id_].seconds
        self.network, self.by_hand = self.exercises[id_].network, False
        verdict = None
        try:
            packed = json.loads(words)["value"]
            answer = unpack(packed, blobs, other=lambda p: self.other(p, blobs))
            verdict = grade(id_, answer)
        except ByHandError:
            self.by_hand = True
        except UNREADABLE as error:
            say({"note": f"an answer to {id_} could not be read: {_why(error)}"[:200]})
            return
        if verdict is None or self.by_hand:
            status = "by hand"
            shown = Verdict("blank", self.exercises[id_].title, [BY_HAND])
        else:
            status, shown = verdict.status, verdict
        said = next(iter(shown.lines), "")
        lines = [line[:2000] for line in shown.lines if not line.startswith("Stuck? `")]
        row = {"id": id_, "status": status, "said": said[:300], "lines": lines[:10]}
        late = shown.late or taken.gone
        say({**row, "late": late, "came": taken.came.hexdigest()})

    def reply(self, handle: int, arguments: tuple[Any, ...]) -> tuple[dict, Blobs]:
        """What a function in the sandbox gives or, once that is over, what it gave."""
        replies = self.now.replies
        if self.asks:
            try:
                replies.append(self.call(handle, arguments))
            except BaseException as error:
                self.now.gone |= isinstance(error, EOFError | BrokenPipeError)
                replies.append(error)
            given = replies[-1]
        else:
            given = replies.pop(0) if replies else ForeignError("no reply")
        if isinstance(given, BaseException):
            raise given
        return json.loads(given[0]), given[1]

    def call(self, handle: int, arguments: tuple[Any, ...]) -> tuple[str, Blobs]:
        """Have a function run in the sandbox; replies to older calls are dropped."""
        self.calls += 1
        blobs: Blobs = []
        packed = [pack(argument, blobs, other=pack_network) for argument in arguments]
        request = {"kind": "call", "number": self.calls, "function": handle}
        request |= {"arguments": packed, "seconds": self.left}
        self.channel.send(request, blobs)
        for _ in range(MOST_MESSAGES):
            reply, blobs = self.channel.receive()
            if reply.get("kind") == "reply" and reply.get("number") == self.calls:
                # All cases together have these seconds, as they have in `check`. Who
                # lies here gains time, and no more than the notebook has.
                if (spent := float(reply.get("spent", 0))) > 0:
                    self.left = max(self.left - spent, SHORT)
                return self._kept(reply, blobs)
            self._say_of_cell(reply)  # it was stopped meanwhile
        raise ForeignError("no reply")

    def _say_of_cell(self, message: dict[str, Any]) -> None:
        """Pass on that a cell took too long, or what it lacked; nothing of other kinds.

        No more of them than anybody reads, nor longer: who listens keeps what is said.
        """
        if message.get("kind") not in ("slow cell", "lacking"):
            return
        number = max(0, min(int(message["cell"]), 99_999))
        self.of_cells += 1
        if self.of_cells > MOST_OF_CELLS:
            return
        if message["kind"] == "slow cell":
            say({"slow": number})
        else:
            words = str(message["what"])[:80].replace('"', "'")  # a student's, perhaps
            say({"lacking": f'cell {number} said "{words}"'})

    def other(self, packed: list[Any], blobs: Blobs) -> Any:
        """What is not plain data: a function, a network."""
        if packed[0] == "function":
            return Far(self, int(packed[1]), packed[3])
        if packed[0] == "path":
            return thing("Path")
        if packed[0] in ("network", "run", "by hand"):
            try:
                return unpack_network(packed, blobs)
            except ByHandError:
                if self.network:
                    self.by_hand = True  # wherever it was asked for
                    raise
                # It may still be called, as any function where one is asked for.
                function = len(packed) == 3 and packed[2][0] == "function"
                return self.other(packed[2], blobs) if function else thing("Model")
        raise ForeignError("an unknown mark")


def _why(error: BaseException) -> str:
    return str(error) if isinstance(error, ForeignError) else type(error).__name__


_rows = sys.stdout


def say(found: dict[str, Any]) -> None:
    """A line for the grader, at once: what follows may crash."""
    _rows.write(json.dumps(found) + "\n")
    _rows.flush()


def main(number: str, writing: str, memory: str) -> None:
    limit(int(memory), 2**28, 86_400)
    channel = Channel(os.dup(0), int(writing))
    sys.stdout = sys.stderr  # libraries' words are no rows
    Judge(number, channel, int(memory) // 3).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # all is said; to take TensorFlow down in order is a second's work
