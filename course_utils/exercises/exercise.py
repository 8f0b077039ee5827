"""One exercise: what is asked for, what is right, and what is often done wrong."""

import copy
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from course_utils.exercises.comparing import NotNumbers, as_numbers, wrong_places
from course_utils.exercises.diagnosis import message
from course_utils.exercises.limits import TimeUp

Answer = Any  # whatever a student may give: looked at with care, never trusted


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise. Its lesson is the number before the dot in its id.

    Attributes
    ----------
    id, title : str
        "NN.name", and the title that verdicts show.
    solution : function
        The function that is asked for or, in an exercise that asks for a value, a
        function without arguments that returns it.
    hints : one to three str
        From a nudge to nearly the answer.
    mistakes : pairs (wrong answer, its hint)
        Wrong functions where a function is asked for, otherwise wrong values (or
        functions without arguments that return them). Text between backticks is code,
        between asterisks stressed.
    insight : str
        What is worth knowing once the answer is right.
    cases : function of a `numpy.random.Generator`
        Gives tuples of arguments, the easiest first: each is put to the answer. Without
        it the answer is a value, compared as it is.
    run : function of an answer and a case
        What the answer does in a case, where it is not a function to be called: a
        kernel is slid over an image. It may raise `Wrong`. The same each time: in
        grading it is asked for before it is judged.
    network : bool
        Whether `run` looks at a network. One that cannot be judged from afar is then
        left to a person.
    facts : function of an answer
        What is certain about an answer that is wrong for a reason nobody foresaw.
    at_least : float
        Where `run` measures something: enough of it, in each case.
    on_page : dict
        Where `run` looks at numbers, what an exported page needs to do the same: the
        name of its arithmetic there (`run`), and what else that asks for; or, where
        each number is one of a few, all of them (`offered`). Without it the exercise
        answers in notebooks alone.
    start : function
        What the cell holds at first where a bug is to be found: not an attempt yet.
    question, choices : str, and pairs (text, feedback)
        For a quiz; the solution returns the letter of the right one.
    seconds : float
        An answer that computes longer is stopped: see `limits`.
    """

    id: str
    title: str
    solution: Callable[..., Any]
    hints: Sequence[str]
    mistakes: Sequence[tuple[Any, str]] = ()
    insight: str = ""
    cases: Callable[[np.random.Generator], Iterable[tuple[Any, ...]]] | None = None
    run: Callable[..., Any] | None = None
    network: bool = False
    facts: Callable[[Any], str] | None = None
    at_least: float | None = None
    on_page: Mapping[str, Any] = field(default_factory=dict)
    start: Callable[..., Any] | None = None
    question: str = ""
    choices: Sequence[tuple[str, str]] = ()
    seconds: float = 5

    @property
    def asks_for_function(self) -> bool:
        return self.cases is not None and self.run is None

    def case_list(self) -> list[tuple[Any, ...]]:
        """All cases, the same ones each time and on every machine."""
        if self.cases is None:
            return [()]
        return list(self.cases(np.random.default_rng(zlib.crc32(self.id.encode()))))

    def right(self, got: "Outcome", wanted: "Outcome") -> bool:
        """Whether an outcome is what is asked for, given that of the solution."""
        if got.error or wanted.error:  # a solution fails where memory runs out
            return False
        if self.at_least is None:
            return self.same(got, wanted)
        return got.numbers is not None and bool((got.numbers >= self.at_least).all())

    def same(self, got: "Outcome", wanted: "Outcome") -> bool:
        """Whether two outcomes are equal; a value may be rounded."""
        return got.same(wanted, rounded=self.cases is None)

    def stored(self, answer: Any) -> Answer:
        """An answer as the registry holds it, ready for `outcome`."""
        return answer() if callable(answer) and not self.asks_for_function else answer

    def outcome(self, answer: Answer, case: tuple[Any, ...]) -> "Outcome":
        """What an answer does in a case. The case is copied: answers may change it."""
        case = copy.deepcopy(case)
        try:
            if self.run:
                value = self.run(answer, *case)
            else:
                value = answer(*case) if self.cases else answer
            return Outcome.of(value)
        except (TimeUp, KeyboardInterrupt):
            raise
        except BaseException as error:  # sys.exit() in an answer ends no lesson
            return Outcome(error=error)


class Registered:
    """The solution of an exercise, or one of its known mistakes, put to the cases.

    It is built, and put to a case, when it is asked for, and once: it may be a network.
    """

    def __init__(self, exercise: Exercise, answer: Any) -> None:
        self._exercise, self._answer = exercise, answer
        self._outcomes: dict[int, Outcome] = {}

    @cached_property
    def value(self) -> Answer:
        return self._exercise.stored(self._answer)

    def outcome(self, i: int, case: tuple[Any, ...]) -> "Outcome":
        if i not in self._outcomes:
            self._outcomes[i] = self._exercise.outcome(self.value, case)
        return self._outcomes[i]


_networks: dict[tuple[Any, ...], Registered] = {}


def registered(exercise: Exercise, answer: Any) -> Registered:
    """An answer of the registry; what `run` looks at is kept for the next verdict."""
    if exercise.run is None or not callable(answer):
        return Registered(exercise, answer)
    key = (exercise.run, exercise.cases, answer)
    return _networks.setdefault(key, Registered(exercise, answer))


@dataclass(frozen=True)
class Outcome:
    """What an answer gave in one case, or the exception it raised.

    Attributes
    ----------
    value : object
        As it came, if it can be put in words; a new array of its numbers elsewhere.
    error : exception, or None
    numbers : array, or None where the value is no numbers
        A copy: a function may give the same array each time and change it in between.
    why : str
        It is no numbers, if that can be said.
    """

    value: Any = None
    error: BaseException | None = None
    numbers: np.ndarray | None = None
    why: str = ""

    @classmethod
    def of(cls, value: Any) -> "Outcome":
        try:
            numbers = as_numbers(value)
        except NotNumbers as error:
            return cls(value, why=str(error))
        plain = type(value) in (bool, int, float, complex, list, tuple)
        return cls(value if plain else numbers, numbers=numbers)

    def same(self, other: "Outcome", *, rounded: bool = False) -> bool:
        """Whether both gave the same; of errors, the same with the same words.

        Where a value is asked for, it may be rounded, and one number may come in an
        array: `np.uint8([200]) + 100` is one.
        """
        if self.error or other.error:
            same_kind = type(self.error) is type(other.error)
            return same_kind and message(self.error) == message(other.error)
        if self.numbers is None or other.numbers is None:
            texts = type(self.value) is type(other.value) is str
            return texts and self.value == other.value
        numbers = self.numbers
        if rounded and other.numbers.ndim == 0 and numbers.size == 1:
            numbers = numbers.reshape(())
        if numbers.shape != other.numbers.shape:
            return False
        return not wrong_places(numbers, other.numbers, rounded=rounded).any()


class Wrong(Exception):  # noqa: N818 - an answer is wrong, not the program
    """Raised by `Exercise.run` to say in its own words what is wrong with an answer.

    `late` where nothing but its time is wrong: others may have slowed the computer.
    """

    def __init__(self, words: str, *, late: bool = False) -> None:
        super().__init__(words)
        self.late = late
