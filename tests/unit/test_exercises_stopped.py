"""A cell that is stopped while its answer is judged."""

import json
import os
from typing import Any

import pytest

from course_utils.exercises.as_data import Channel
from course_utils.exercises.in_sandbox import Client
from course_utils.exercises.limits import TimeUp
from tests.exercises import talk


class Stopped(Channel):
    """Whose second message, the judge's first, finds a cell that is just stopped."""

    stops = 1

    def receive(self) -> Any:
        if self.stops:
            self.stops -= 1
            raise TimeUp(1, 1)
        return super().receive()


def test_a_cell_that_is_stopped_costs_no_other_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The judge heard no other check before it had the replies to its calls."""

    def hand_over(client: Client) -> None:
        with pytest.raises(TimeUp):
            client.check("00.to-unit", lambda image: image / 255)
        client.channel.send({"kind": "slow cell", "cell": 1})
        client.check("00.pixels", 784)
        client.end()

    found = talk("00", hand_over, monkeypatch, Stopped)
    verdicts = {each["id"]: each["status"] for each in found if "id" in each}
    assert verdicts == {"00.to-unit": "correct", "00.pixels": "correct"}
    assert {"slow": 1} in found
    assert found[-1] == {"end": True}


def test_of_cells_no_more_is_passed_on_than_anybody_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The grader keeps what it hears: 830 MB in a minute, once."""

    def hand_over(client: Client) -> None:
        def flood(image: Any) -> Any:
            for _ in range(500):
                client.channel.send({"kind": "slow cell", "cell": 10**4000})
                client.channel.send({"kind": "lacking", "cell": 1, "what": "x" * 999})
            return image / 255

        client.check("00.to-unit", flood)
        client.end()

    found = talk("00", hand_over, monkeypatch)
    of_cells = [each for each in found if {"slow", "lacking"} & each.keys()]
    assert len(of_cells) == 20
    assert max(len(json.dumps(each)) for each in of_cells) < 150
    assert [each["status"] for each in found if "id" in each] == ["correct"]


class Full(Channel):
    """Whose first message is too large for the memory that is left."""

    fails = 1

    def send(self, *message: Any) -> None:
        if self.fails:
            self.fails -= 1
            raise MemoryError
        super().send(*message)


def test_what_could_not_be_sent_is_not_waited_for() -> None:
    from_judge, written = os.pipe()
    read, to_judge = os.pipe()
    client = Client(Full(from_judge, to_judge))
    with pytest.raises(MemoryError):
        client.check("00.pixels", 784)
    Channel(-1, written).send({"kind": "done", "number": 2})
    os.close(written)  # what is waited for else ends at once
    client.check("00.pixels", 784)
    message, _ = Channel(read, -1).receive()
    assert message["number"] == 2
    for end in (from_judge, read, to_judge):
        os.close(end)
