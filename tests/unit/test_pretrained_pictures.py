"""Photographs into an ImageNet network, names out of it."""

import numpy as np
import pytest

from course_utils import pretrained


def test_preprocess_takes_the_middle_and_keeps_the_range() -> None:
    photo = np.zeros((60, 100, 3), np.uint8)
    photo[:, 20:80] = (10, 100, 250)  # the central square
    small = pretrained.preprocess(photo, 32)
    assert small.shape == (32, 32, 3)
    assert small.dtype == np.float32
    np.testing.assert_allclose(
        small, np.broadcast_to((10, 100, 250), small.shape), 1e-5
    )
    white = np.full((61, 61, 3), 255, np.uint8)
    assert all(pretrained.preprocess(white, size).max() <= 255 for size in range(8, 60))
    several = pretrained.preprocess(np.stack([photo, photo // 2]), 60)
    np.testing.assert_array_equal(several[1], photo[:, 20:80] // 2)


def test_decode_sorts_and_names() -> None:
    predictions = np.zeros((2, 1000))
    predictions[0, [285, 1]] = (0.75, 0.25)
    predictions[1, 386] = 1
    first, second = pretrained.decode(predictions, top=2)
    assert first == [(285, "Egyptian cat", 0.75), (1, "goldfish", 0.25)]
    assert second[0] == (386, "African elephant", 1.0)
    assert pretrained.decode(predictions[0], 1) == [[(285, "Egyptian cat", 0.75)]]


def test_class_names_are_the_thousand_in_order() -> None:
    names = pretrained.class_names()
    assert len(names) == len(set(names)) == 1000
    known = {
        0: "tench",
        134: "crane (bird)",
        281: "tabby",
        282: "tiger cat",
        285: "Egyptian cat",
        386: "African elephant",
        517: "crane (machine)",
        967: "espresso",
        999: "toilet tissue",
    }
    assert {index: names[index] for index in known} == known


@pytest.mark.parametrize(
    ("images", "match"),
    [
        (np.zeros((5, 5)), r"shape is \(5, 5\)"),
        (np.zeros((0, 5, 5, 3)), "shape is"),
        (np.full((5, 5, 3), np.nan), "in 0..255"),
        (np.full((5, 5, 3), -1.0), "in 0..255"),
        (np.full((5, 5, 3), 0.5), "multiply them by 255"),
    ],
)
def test_pictures_that_cannot_be_meant_are_refused(
    images: np.ndarray, match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        pretrained.preprocess(images, 32)


@pytest.mark.parametrize(
    ("predictions", "top", "match"),
    [
        (np.ones((1, 10)) / 10, 5, r"\(1, 10\)"),
        (np.ones((1, 1000)), 5, "add up to 1"),
        (np.full((1, 1000), np.nan), 5, "add up to 1"),
        (np.ones((1, 1000)) / 1000, 0, "top: 0"),
    ],
)
def test_numbers_that_are_no_probabilities_are_refused(
    predictions: np.ndarray, top: int, match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        pretrained.decode(predictions, top)
