"""The planned pace: all minutes are given out, and more where the room works."""

import pytest
from bs4 import BeautifulSoup

from tools.export.pace import IN_CLASS, plan

SLIDES = {
    "words": "<p>words</p>",
    "answered": "<p>words</p><div class='fragment'>answer</div>",
    "explorer": "<div class='explorer'></div>",
    "exercise": "<div class='exercise'></div>",
    "told": "<p>words</p><aside class='notes'>Five minutes in pairs.</aside>",
    "not told": "<p>words</p><aside class='notes'>Wait five minutes.</aside>",
}


def planned(minutes: int) -> dict[str, int]:
    parts = "".join(f"<section>{html}</section>" for html in SLIDES.values())
    soup = BeautifulSoup(f"<section>{parts}</section>", "html.parser")
    plan(soup, minutes)
    found = soup.select("section section")
    return {name: int(str(s["data-timing"])) for name, s in zip(SLIDES, found)}


def test_all_minutes_are_given_out_by_what_there_is_to_do() -> None:
    seconds = planned(20)
    assert sum(seconds.values()) == pytest.approx(20 * 60 * IN_CLASS, abs=3)
    assert seconds["words"] < seconds["answered"] < seconds["explorer"]
    assert seconds["explorer"] < seconds["exercise"]


def test_a_note_that_begins_with_a_time_fixes_it() -> None:
    for minutes in (20, 40):
        seconds = planned(minutes)
        assert seconds["told"] == 300
        assert seconds["not told"] == seconds["words"]


def test_without_minutes_there_is_no_plan() -> None:
    soup = BeautifulSoup("<section><section></section></section>", "html.parser")
    plan(soup, 0)
    assert not soup.select("[data-timing]")
