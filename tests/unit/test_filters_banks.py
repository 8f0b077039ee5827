"""Gabor, Haar-like and Sobel families against scikit-image and SciPy."""

import itertools

import numpy as np
import pytest
import skimage.filters
import skimage.transform
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_utils import filters

rng = np.random.default_rng(0)
seeds = st.integers(0, 10**6)
frequencies = st.floats(0.01, 1.0)
thetas = st.floats(-7, 7)
sigmas = st.floats(0.1, 6)


@given(frequencies, thetas, sigmas)
def test_gabor_kernels_are_those_of_scikit_image(frequency, theta, sigma):
    np.testing.assert_allclose(
        filters.gabor_kernel(frequency, theta, sigma),
        skimage.filters.gabor_kernel(frequency, theta, sigma_x=sigma, sigma_y=sigma),
        atol=1e-12,
    )


def mirrored_magnitude(image, kernel):
    """A plain sum over an image that goes on as in a mirror, however far.

    SciPy's correlation with mode="reflect", and scikit-image's Gabor filter on it, read
    outside their array when a kernel is several times larger than the image.
    """
    height, width = image.shape
    rows = np.arange(height)[:, np.newaxis]
    columns = np.arange(width)[np.newaxis]
    total = np.zeros(image.shape, complex)
    for (i, j), weight in np.ndenumerate(kernel):
        y, x = rows + i - kernel.shape[0] // 2, columns + j - kernel.shape[1] // 2
        # Twice the length later everything comes again; the second half runs back.
        y, x = y % (2 * height), x % (2 * width)
        y, x = np.minimum(y, 2 * height - 1 - y), np.minimum(x, 2 * width - 1 - x)
        total += weight * image[y, x]
    return np.abs(total)


def test_the_mirror_is_that_of_scikit_image_where_the_kernel_is_small():
    image = np.random.default_rng(0).uniform(-1, 1, (13, 15))
    kernel = skimage.filters.gabor_kernel(0.2, 0.7, sigma_x=1.5, sigma_y=1.5)
    real, imaginary = skimage.filters.gabor(image, 0.2, 0.7, sigma_x=1.5, sigma_y=1.5)
    np.testing.assert_allclose(
        mirrored_magnitude(image, kernel), np.hypot(real, imaginary), atol=1e-12
    )


@settings(max_examples=50)
@given(
    frequencies,
    thetas,
    st.floats(0.1, 3),
    st.tuples(st.integers(1, 24), st.integers(1, 24)),
    seeds,
)
@example(frequency=0.2, theta=0.0, sigma=3, shape=(1, 2), seed=0)  # kernel 19 x 19
def test_gabor_magnitude_is_that_of_two_plain_sums(
    frequency, theta, sigma, shape, seed
):
    image = np.random.default_rng(seed).uniform(-1, 1, shape)
    kernel = skimage.filters.gabor_kernel(
        frequency, theta, sigma_x=sigma, sigma_y=sigma
    )
    np.testing.assert_allclose(
        filters.gabor_magnitude(image, filters.gabor_kernel(frequency, theta, sigma)),
        mirrored_magnitude(image, kernel),
        atol=1e-10,
    )


@given(st.integers(0, 3), st.integers(0, 3), seeds)
def test_gabor_magnitude_does_not_flip_any_other_kernel(half_height, half_width, seed):
    noise = np.random.default_rng(seed)
    image = noise.uniform(0, 255, (9, 12))
    kernel = noise.normal(size=(2 * half_height + 1, 2 * half_width + 1))
    np.testing.assert_allclose(
        filters.gabor_magnitude(image, kernel),
        mirrored_magnitude(image, kernel),
        atol=1e-9,
    )


def test_gabor_magnitude_follows_the_wave_not_its_phase():
    x = np.arange(64)
    wave = np.tile(np.cos(2 * np.pi * 0.2 * x), (64, 1))
    across = filters.gabor_magnitude(wave, filters.gabor_kernel(0.2, 0, 3))
    along = filters.gabor_magnitude(wave, filters.gabor_kernel(0.2, np.pi / 2, 3))
    inner = across[:, 16:-16]
    np.testing.assert_allclose(inner, 0.5, atol=0.01)  # half of a cosine of height 1
    assert along.max() < 0.01


def test_gabor_magnitude_of_an_8_bit_image_does_not_overflow():
    image = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    kernel = filters.gabor_kernel(0.1, 1, 2)
    np.testing.assert_array_equal(
        filters.gabor_magnitude(image, kernel),
        filters.gabor_magnitude(image.astype(float), kernel),
    )


def test_a_bank_holds_every_combination_under_its_own_name():
    choices = [0, np.pi / 4], [0.1, 0.2], [1, 3]
    bank = filters.gabor_bank(*choices)
    assert list(bank) == list(itertools.product(*choices))
    for (theta, frequency, sigma), kernel in bank.items():
        np.testing.assert_array_equal(
            kernel, filters.gabor_kernel(frequency, theta, sigma)
        )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0.1, 0, 0), ValueError, "sigma must be above 0 and finite, not 0"),
        ((0.1, 0, -1), ValueError, "sigma must be above 0"),
        ((0, 0, 1), ValueError, "frequency must be above 0"),
        ((0.1, np.nan, 1), ValueError, "theta must be finite, not nan"),
        ((0.1, 0, np.inf), ValueError, "sigma must be above 0 and finite, not inf"),
        ((0.1, "up", 1), TypeError, "theta must be a number, not 'up'"),
    ],
)
def test_wrong_gabor_parameters_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        filters.gabor_kernel(*arguments)


@pytest.mark.parametrize(
    ("image", "kernel", "words"),
    [
        (np.ones((5, 5, 3)), np.ones((3, 3)), "image must have 2 axes"),
        (np.full((5, 5), np.nan), np.ones((3, 3)), "image holds NaN"),
        (np.ones((5, 5)), np.ones((3, 4)), "kernel must have a middle.* not 3 x 4"),
        (np.ones((5, 5)), np.ones(3), "kernel must have 2 axes"),
    ],
)
def test_wrong_input_of_gabor_magnitude_is_named(image, kernel, words):
    with pytest.raises(ValueError, match=words):
        filters.gabor_magnitude(image, kernel)


@given(thetas)
def test_a_sobel_kernel_answers_to_its_own_direction_alone(theta):
    y, x = np.mgrid[:7, :7]
    ramp = x * np.cos(theta) + y * np.sin(theta)
    across = y * np.cos(theta) - x * np.sin(theta)
    kernel = filters.sobel_kernel(theta)
    np.testing.assert_allclose(filters.convolve(ramp, kernel), 8)
    np.testing.assert_allclose(filters.convolve(across, kernel), 0, atol=1e-12)


def test_the_named_sobel_kernels_belong_to_the_family():
    for name, theta in {"vertical Sobel": 0, "horizontal Sobel": np.pi / 2}.items():
        np.testing.assert_allclose(
            filters.sobel_kernel(theta), filters.KERNELS[name], atol=1e-12
        )
    with pytest.raises(ValueError, match="theta must be finite"):
        filters.sobel_kernel(np.inf)


@pytest.mark.parametrize("block", [1, 2, 5])
def test_haar_kernels_are_differences_of_rectangle_sums(block):
    """As Viola and Jones do: four look-ups a rectangle in an integral image."""
    image = rng.uniform(size=(3 * block, 3 * block))
    integral = skimage.transform.integral_image(image)

    def rectangle(top, left, bottom, right):  # in blocks; the last two excluded
        corners = (top * block, left * block), (bottom * block - 1, right * block - 1)
        return skimage.transform.integrate(integral, *corners)[0]

    two, three = rectangle(0, 0, 2, 2), rectangle(0, 0, 3, 3)
    corners = rectangle(0, 0, 1, 1) + rectangle(1, 1, 2, 2)
    expected = {
        "horizontal edge": two - 2 * rectangle(0, 0, 1, 2),
        "vertical edge": two - 2 * rectangle(0, 0, 2, 1),
        "horizontal line": 3 * rectangle(1, 0, 2, 3) - three,
        "vertical line": 3 * rectangle(0, 1, 3, 2) - three,
        "checkerboard": 2 * corners - two,
    }
    kernels = filters.haar_kernels(block)
    assert set(kernels) == set(expected)
    for name, kernel in kernels.items():
        assert kernel.sum() == 0, name
        answer = filters.convolve(image, kernel)[0, 0]
        assert answer == pytest.approx(expected[name], abs=1e-9), name


def test_haar_blocks_have_whole_pixels():
    with pytest.raises(TypeError, match=r"block must be a whole number, not 2\.5"):
        filters.haar_kernels(2.5)  # type: ignore[arg-type]
