"""The Gabor explorer's Python side: what it accepts, refuses, computes and stores."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import correlate
from skimage.filters import gabor_kernel

from course_utils.widgets import GaborExplorer
from course_utils.widgets.gabor import as_gray, rings

RNG = np.random.default_rng(5)
PICTURE = RNG.random((20, 17))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("frequency", 0, "0.01 to 1"),
        ("frequency", 1.2, "0.01 to 1"),
        ("theta", -0.1, "0 to 3.14"),
        ("theta", 4, "0 to 3.14"),
        ("sigma", 0, "0.1 to 5"),
        ("sigma", math.nan, "0.1 to 5"),
        ("image_name", "horse", "no picture 'horse'"),
    ],
)
def test_a_wrong_value_says_what_is_allowed(
    name: str, value: object, message: str
) -> None:
    explorer = GaborExplorer(PICTURE)
    before = getattr(explorer, name)
    with pytest.raises(ValueError, match=f"{name}: .*{message}"):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


@pytest.mark.parametrize("preset", [(0.16, 1.2, 4.0), (0.31, 0, 3.6), (0.36, 1.6, 1.3)])
def test_response_is_the_magnitude_of_two_correlations(
    preset: tuple[float, float, float],
) -> None:
    """Against scikit-image's kernel and SciPy's correlation, real and imaginary."""
    frequency, theta, sigma = preset
    explorer = GaborExplorer(PICTURE, frequency=frequency, theta=theta, sigma=sigma)
    kernel = gabor_kernel(frequency, theta, sigma_x=sigma, sigma_y=sigma)
    picture = np.float32(PICTURE).astype(float)
    real = correlate(picture, kernel.real, mode="reflect")
    imaginary = correlate(picture, kernel.imag, mode="reflect")
    expected = np.hypot(real, imaginary)
    np.testing.assert_allclose(explorer.kernel(), kernel, atol=1e-12)
    np.testing.assert_allclose(explorer.response(), expected, atol=1e-9)
    assert explorer.limit() == pytest.approx(expected.max())
    assert f"{expected.max():.2g}" in repr(explorer)


@given(st.floats(0.05, 0.5), st.floats(0, math.pi), st.floats(0.5, 5))
def test_no_picture_goes_beyond_the_limit(
    frequency: float, theta: float, sigma: float
) -> None:
    """The best picture is white where a wave is positive; the limit tries 16 waves."""
    explorer = GaborExplorer(PICTURE, frequency=frequency, theta=theta, sigma=sigma)
    explorer.fit = False
    kernel = explorer.kernel()
    phases = np.exp(1j * np.linspace(0, 2 * np.pi, 300))[:, np.newaxis, np.newaxis]
    best = np.maximum((kernel * phases).real, 0).sum(axis=(1, 2)).max()
    assert 0.98 * best <= explorer.limit() <= best * (1 + 1e-3)


def test_an_answer_of_zero_everywhere_still_has_colours() -> None:
    assert GaborExplorer(np.zeros((9, 9))).limit() == 1


def test_colour_is_made_gray() -> None:
    white = np.full((6, 6, 3), 255, np.uint8)
    np.testing.assert_allclose(as_gray(white), 1, atol=1e-6)
    explorer = GaborExplorer({"red": np.eye(6)[..., np.newaxis] * [1, 0, 0]})
    np.testing.assert_allclose(explorer.images["red"], 0.2125 * np.eye(6), rtol=1e-5)


def test_rings_hold_each_wave_where_its_frequency_says() -> None:
    """The strongest answer is as far from the middle as the frequency is high."""
    size = 160
    for frequency in (0.16, 0.31):
        explorer = GaborExplorer(rings(size), frequency=frequency, theta=0, sigma=5)
        inner = explorer.response()[:, size // 2 :]  # right half
        row, column = np.unravel_index(inner.argmax(), inner.shape)
        assert column == pytest.approx(frequency * size, abs=2)
        assert row == pytest.approx(size / 2, abs=2)


def test_the_output_holds_the_picture_for_places_without_javascript() -> None:
    data, metadata = GaborExplorer(PICTURE)._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert "theta 1.2" in data["text/plain"]
