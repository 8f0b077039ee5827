"""The explorers' Python side: what they accept, refuse, compute and store."""

import io

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.signal import correlate2d

from course_utils import filters
from course_utils.widgets import ConvolutionExplorer
from course_utils.widgets.explorer import as_unit_image

DIGIT = np.random.default_rng(3).integers(0, 256, (28, 28), dtype=np.uint8)


def test_pictures_are_taken_in_the_usual_forms() -> None:
    as_bytes = as_unit_image(DIGIT)
    np.testing.assert_allclose(as_bytes, DIGIT / 255, rtol=1e-6)
    np.testing.assert_array_equal(as_bytes, as_unit_image(DIGIT / 255))
    np.testing.assert_array_equal(as_bytes, as_unit_image(DIGIT[:, :, None]))
    np.testing.assert_array_equal(as_unit_image(np.eye(5, dtype=int)), np.eye(5))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(5),
        np.zeros((5, 5, 2)),
        np.zeros((0, 5)),
        np.full((5, 5), np.nan),
        np.full((5, 5), 255.0),
        np.full((5, 5), -0.1),
    ],
)
def test_other_pictures_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="image: "):
        ConvolutionExplorer(image)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kernel", "Sobell", "no kernel named 'Sobell'"),
        ("kernel", np.zeros((8, 8)), "from 1 to 7"),
        ("kernel", np.zeros((3, 3, 2)), r"\(h, w, 3\)"),
        ("kernel", [[np.nan]], "NaN"),
        ("padding", "full", "'valid', 'same'"),
        ("padding", -1, "whole numbers"),
        ("padding", 0.5, "whole numbers"),
        ("image_name", "horse", "no picture 'horse'"),
    ],
)
def test_a_wrong_value_says_what_is_allowed(
    name: str, value: object, message: str
) -> None:
    explorer = ConvolutionExplorer(DIGIT)
    with pytest.raises(ValueError, match=message):
        setattr(explorer, name, value)


@pytest.mark.parametrize(("name", "value"), [("stride", 0), ("step", -1)])
def test_numbers_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(traitlets.TraitError, match=name):
        setattr(ConvolutionExplorer(DIGIT), name, value)


def test_a_kernel_carries_its_name() -> None:
    explorer = ConvolutionExplorer(DIGIT, kernel="outline")
    assert explorer.kernel_name == "outline"
    explorer.kernel = np.ones((2, 2))
    assert explorer.kernel_name == "custom"
    explorer.kernel = filters.KERNELS["blur"]
    assert explorer.kernel_name == "blur"


@given(st.sampled_from(list(filters.KERNELS)), st.booleans())
def test_colours_reach_what_the_kernel_can_reach(name: str, fit: bool) -> None:
    """On a picture made to please the kernel, the answer is the limit exactly."""
    weights = filters.KERNELS[name]
    for image in (weights > 0, weights < 0):
        explorer = ConvolutionExplorer(
            image.astype(float), kernel=name, padding="valid", fit=fit
        )
        if fit:
            assert explorer.limit() == pytest.approx(abs(explorer.output().item()) or 1)
    answers = [
        abs(correlate2d(image.astype(float), weights, "valid").item())
        for image in (weights > 0, weights < 0)
    ]
    explorer.fit = False
    assert explorer.limit() == pytest.approx(max(answers))


def test_gray_and_colour_kernels_meet_both_kinds_of_picture() -> None:
    colour = np.random.default_rng(0).random((6, 6, 3))
    explorer = ConvolutionExplorer(colour, kernel="blur")
    assert explorer.image().shape == (6, 6)
    explorer.colour = True
    assert explorer.weights().shape == (3, 3, 3)
    expected = correlate2d(colour.sum(axis=2), np.full((3, 3), 1 / 9), "same")
    np.testing.assert_allclose(explorer.output(), expected, rtol=1e-5)
    explorer.kernel = np.arange(27.0).reshape(3, 3, 3)
    explorer.colour = False
    np.testing.assert_allclose(
        explorer.weights(), np.arange(27.0).reshape(3, 3, 3).mean(axis=2)
    )


def test_the_output_holds_the_picture_for_places_without_javascript() -> None:
    explorer = ConvolutionExplorer(DIGIT, step=5)
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata["image/png"]["alt"] == data["text/plain"]
    image = Image.open(io.BytesIO(data["image/png"]))
    assert image.width // 2 == metadata["image/png"]["width"]  # sharp when it grows
    assert "vertical Sobel" in data["text/plain"]
    assert "step 5" in data["text/plain"]


def test_a_kernel_that_does_not_fit_is_said_in_the_picture() -> None:
    explorer = ConvolutionExplorer(np.eye(3), kernel=np.ones((5, 5)), padding="valid")
    assert "does not fit" in explorer.figure().texts[0].get_text()
