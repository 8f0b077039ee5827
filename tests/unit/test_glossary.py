"""The glossary: each term occurs where it says, and is found as people write it."""

import re

import pytest

from course_utils.exercises import glossary
from course_utils.exercises.terms import Term, find_term, key, terms
from tests.lessons import prose_of

STANDARD = (
    *("feature map", "backpropagation", "hyperparameter", "fully connected layer"),
    *("ELBO", "epoch", "batch", "logit", "receptive field", "ground truth"),
    *("baseline", "generalise"),
)


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_each_term_occurs_in_its_lesson(term: Term) -> None:
    prose = key(prose_of(term.lesson))
    names = [re.escape(key(name)) for name in (term.name, *term.also)]
    assert re.search(rf"\b({'|'.join(names)})(s|es|d)?\b", prose)


def test_terms_stand_in_order_and_once() -> None:
    names = [term.name.lower() for term in terms()]
    assert names == sorted(names)
    words = [key(name) for term in terms() for name in (term.name, *term.also)]
    assert len(words) == len(set(words)) > len(names) >= 80


def test_texts_are_one_or_two_short_sentences() -> None:
    for term in terms():
        assert term.text[0].isupper()
        assert term.text.endswith((".", ".)"))
        assert len(term.text) < 260, term.name


@pytest.mark.parametrize("word", STANDARD)
def test_the_standard_terms_of_the_field_are_there(word: str) -> None:
    assert find_term(word).text


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Feature Maps", "feature map"),
        ("fully-connected layer", "dense layer"),
        (" relu ", "ReLU"),
        ("Bias", "bias"),
        ("lasso", "lasso"),
        ("ECE", "expected calibration error"),
    ],
)
def test_words_are_found_as_people_write_them(word: str, name: str) -> None:
    assert find_term(word).name == name


def test_glossary_prints_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    glossary("stride")
    said = capsys.readouterr().out
    assert said.startswith("stride, lesson 01: How many pixels")


def test_glossary_lists_all_terms(capsys: pytest.CaptureFixture[str]) -> None:
    glossary()
    said = " ".join(capsys.readouterr().out.split())
    assert all(term.name in said for term in terms())


@pytest.mark.parametrize(
    ("word", "similar"), [("strides of 2", "stride"), ("convolutoin", "convolution")]
)
def test_unknown_words_lead_to_similar_ones(word: str, similar: str) -> None:
    with pytest.raises(ValueError, match=similar):
        glossary(word)


@pytest.mark.parametrize("word", ["", 3, "xyzzy"])
def test_what_is_no_term_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="term: "):
        glossary(word)
