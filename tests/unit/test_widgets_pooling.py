"""The pooling explorer's Python side: what it accepts, refuses, computes and stores."""

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import block_reduce

from course_utils.widgets import PoolingExplorer
from course_utils.widgets.pooling import (
    KERNELS,
    as_map,
    default_images,
    relative_distance,
    shifted_image,
    strided_kernel,
)

RNG = np.random.default_rng(5)
IMAGE = RNG.random((12, 12))
shifts = st.tuples(st.integers(-4, 4), st.integers(-4, 4))


def test_any_finite_numbers_are_a_map() -> None:
    signed = RNG.normal(size=(5, 6))
    np.testing.assert_allclose(as_map(signed), signed, rtol=1e-6)
    np.testing.assert_array_equal(as_map(np.arange(6).reshape(2, 3, 1))[1], [3, 4, 5])
    np.testing.assert_allclose(as_map(np.full((2, 2), 51, np.uint8)), 0.2, rtol=1e-6)


def test_colours_are_made_gray_in_whatever_numbers_they_come() -> None:
    colours = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    gray = as_map(colours)
    assert gray.shape == (4, 5)
    np.testing.assert_allclose(as_map(colours / 255), gray, rtol=1e-5)
    np.testing.assert_allclose(as_map(colours.astype(int)), 255 * gray, rtol=1e-5)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(5),
        np.zeros((5, 5, 2)),
        np.zeros((0, 5)),
        np.full((5, 5), np.nan),
        np.full((5, 5), 1e300),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_other_pictures_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="image: "):
        PoolingExplorer(image)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kind", "mean", "'max', 'average', 'l2'"),
        ("padding", "full", "'valid', 'same'"),
        ("kernel", "Sobel", "'one pixel', 'blur', 'vertical edge'"),
        ("image_name", "horse", "no picture 'horse'"),
        ("shift", (0, -5), "shift: .*from -4 to 4"),
        ("place", (-1, 0), "place: .*from 0"),
    ],
)
def test_a_wrong_value_says_what_is_allowed(
    name: str, value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        setattr(PoolingExplorer(IMAGE), name, value)
    with pytest.raises(ValueError, match=message):
        PoolingExplorer(IMAGE, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 0),
        ("size", 8),
        ("stride", 0),
        ("shift", (1, 2, 3)),
        ("place", (0, 0.5)),
    ],
)
def test_numbers_out_of_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(traitlets.TraitError, match=name):
        setattr(PoolingExplorer(IMAGE), name, value)


def test_the_stride_is_the_window_unless_it_is_given() -> None:
    explorer = PoolingExplorer(IMAGE, size=3, kind="average")
    expected = block_reduce(IMAGE, (3, 3), np.mean)
    np.testing.assert_allclose(explorer.output(), expected, rtol=1e-6)
    explorer.stride = 1
    assert explorer.output().shape == explorer.strided().shape == (10, 10)


@given(shifts)
def test_a_shift_moves_pixels_and_lets_zeros_in(shift: tuple[int, int]) -> None:
    down, right = shift
    moved = shifted_image(IMAGE, shift)
    for (i, j), value in np.ndenumerate(moved):
        inside = 0 <= i - down < 12 and 0 <= j - right < 12
        assert value == (IMAGE[i - down, j - right] if inside else 0)


@given(st.integers(1, 4), shifts, st.sampled_from(["max", "average", "l2"]))
def test_a_shift_by_whole_windows_moves_the_map(
    size: int, steps: tuple[int, int], kind: str
) -> None:
    """It does not leave it as it is: the distance stays large."""
    down, right = (int(max(-4, min(4, n * size)) / size) for n in steps)
    explorer = PoolingExplorer(
        IMAGE, size=size, kind=kind, shift=(down * size, right * size)
    )
    np.testing.assert_allclose(
        explorer.output(shifted=True), shifted_image(explorer.output(), (down, right))
    )


def test_distance_is_a_share_of_what_was_there() -> None:
    one, other = np.eye(4), np.eye(4)[::-1]
    assert relative_distance(one, one) == 0
    assert relative_distance(one, 3 * one) == pytest.approx(2)
    assert relative_distance(one, other) == pytest.approx(np.sqrt(2))
    assert np.isnan(relative_distance(0 * one, 0 * one))
    assert np.isinf(relative_distance(0 * one, one))


def test_distances_compare_the_same_shift_on_three_maps() -> None:
    flat = PoolingExplorer(np.pad(np.ones((4, 4)), 4), size=2, shift=(0, 1))
    # Eight pixels of the square's sixteen change; no window of 2 that holds ink loses
    # it all, but two more windows get some.
    assert flat.distances()["picture"] == pytest.approx(np.sqrt(8 / 16))
    assert flat.distances()["pooled"] == pytest.approx(np.sqrt(2 / 4))
    flat.shift = (0, 0)
    assert set(flat.distances().values()) == {0}


def test_a_blur_is_average_pooling_and_one_pixel_is_subsampling() -> None:
    explorer = PoolingExplorer(IMAGE, size=3, kind="average", kernel="blur")
    np.testing.assert_allclose(explorer.strided(), explorer.output())
    explorer.kernel = "one pixel"
    np.testing.assert_array_equal(explorer.strided(), as_map(IMAGE)[1::3, 1::3])


@pytest.mark.parametrize("size", range(1, 8))
def test_kernels_sum_to_one_or_to_zero(size: int) -> None:
    sums = [strided_kernel(name, size).sum() for name in KERNELS]
    np.testing.assert_allclose(sums, [1, 1, 0], atol=1e-12)
    with pytest.raises(ValueError, match="'blur'"):
        strided_kernel("Sobel", size)


def test_the_output_holds_the_picture_for_places_without_javascript() -> None:
    explorer = PoolingExplorer(IMAGE, shift=(0, 1), padding="same", size=5, stride=2)
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert f"pooled {explorer.distances()['pooled']:.2f}" in data["text/plain"]


def test_a_window_that_does_not_fit_is_said_in_the_picture() -> None:
    explorer = PoolingExplorer(np.eye(3), size=5)
    assert "does not fit" in explorer.figure().texts[0].get_text()
    assert "does not fit" in repr(explorer)


def test_default_pictures_are_there() -> None:
    shapes = [np.shape(image) for image in default_images().values()]
    assert shapes == [(28, 28), (28, 28), (32, 32, 3), (128, 128), (4, 4)]
    assert list(PoolingExplorer().images) == list(default_images())
