"""`filters.pool` against Keras pooling, scikit-image and the drills of lesson 03."""

import keras
import numpy as np
import pytest
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import filters

rng = np.random.default_rng(0)
pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 10**6)
images = st.builds(
    lambda seed, *shape: np.random.default_rng(seed).normal(size=shape),
    seeds,
    st.integers(1, 13),
    st.integers(1, 13),
    st.integers(1, 3),
)
kinds = st.sampled_from(["max", "average", "l2"])


def keras_pool(image, size, stride, padding, kind):
    pool = {"max": keras.ops.max_pool, "average": keras.ops.average_pool}[kind]
    result = pool(image[np.newaxis], size, stride, padding)
    return keras.ops.convert_to_numpy(result)[0]


@settings(max_examples=200)
@given(
    images,
    pairs,
    pairs,
    st.sampled_from(["valid", "same"]),
    st.sampled_from(["max", "average"]),
)
def test_max_and_average_are_those_of_tensorflow(image, size, stride, padding, kind):
    if padding == "valid":  # make it fit: what does not has a test of its own
        size = tuple(np.minimum(size, image.shape[:2]).tolist())
    np.testing.assert_allclose(
        filters.pool(image, size, stride=stride, padding=padding, kind=kind),
        keras_pool(image, size, stride, padding, kind),
        atol=1e-9,
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "stride"), [(2, None), (3, 2), (2, 3), ((3, 2), (1, 2)), ((2, 4), None)]
)
def test_keras_layers_give_the_same_maps(size, stride, padding):
    image = rng.normal(size=(11, 14, 3)).astype("float32")
    layers = {
        "max": keras.layers.MaxPooling2D(size, stride, padding),
        "average": keras.layers.AveragePooling2D(size, stride, padding),
    }
    for kind, layer in layers.items():
        np.testing.assert_allclose(
            filters.pool(image, size, stride=stride, padding=padding, kind=kind),
            keras.ops.convert_to_numpy(layer(image[np.newaxis]))[0],
            atol=1e-6,
            err_msg=kind,
        )


@given(pairs, pairs, seeds)
def test_l2_is_the_length_of_each_window(size, places, seed):
    shape = size[0] * places[0], size[1] * places[1]
    image = np.random.default_rng(seed).normal(size=shape)
    blocks = np.sqrt(skimage.measure.block_reduce(image**2, size, np.sum))
    np.testing.assert_allclose(filters.pool(image, size, kind="l2"), blocks)


@given(images, st.integers(2, 5), st.integers(1, 4), kinds, st.data())
def test_padding_never_takes_part(image, size, stride, kind, data):
    """Each answer is that of the real pixels in the window, looked up one by one."""
    amount = st.integers(0, size - 1)
    padding = data.draw(st.tuples(*[st.tuples(amount, amount)] * 2))
    (top, bottom), (left, right) = padding
    height, width = image.shape[:2]
    if height + top + bottom < size or width + left + right < size:
        return
    result = filters.pool(image, size, stride=stride, padding=padding, kind=kind)
    functions: dict = {"max": np.max, "average": np.mean, "l2": np.linalg.norm}
    for i, j, c in np.ndindex(result.shape):
        y, x = i * stride - top, j * stride - left
        window = image[max(y, 0) : y + size, max(x, 0) : x + size, c]
        assert result[i, j, c] == pytest.approx(functions[kind](window.ravel()))


def test_the_drills_of_lesson_03():
    image = np.block(
        [
            [np.array([[1, 0], [4, 6]]), np.array([[2, 3], [6, 8]])],
            [np.array([[1, 1], [5, 6]]), np.array([[3, 2], [1, 2]])],
        ]
    )
    np.testing.assert_array_equal(filters.pool(image), [[6, 8], [6, 3]])
    assert filters.pool(np.ones((4, 4, 5))).shape == (2, 2, 5)
    assert filters.pool(np.ones((100, 100, 15))).shape == (50, 50, 15)
    whole = rng.normal(size=(6, 7, 4))
    np.testing.assert_allclose(
        filters.pool(whole, (6, 7), kind="average")[0, 0], whole.mean(axis=(0, 1))
    )


def test_a_negative_maximum_beats_the_padding():
    image = -np.ones((3, 3))
    np.testing.assert_array_equal(filters.pool(image, 3, stride=1, padding=1), image)


def test_8_bit_images_do_not_overflow_and_stay_as_they_were():
    image = np.full((4, 4), 200, np.uint8)
    average = filters.pool(image, kind="average")
    assert (average.shape, average.dtype) == ((2, 2), np.float64)
    np.testing.assert_array_equal(average, 200)
    np.testing.assert_array_equal(filters.pool(image, kind="l2"), 400)
    np.testing.assert_array_equal(image, 200)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"kind": "median"}, ValueError, "'max', 'average' or 'l2', not 'median'"),
        ({"size": 6}, ValueError, "height: a window of 6 does not fit on 5 pixels"),
        ({"size": 0}, ValueError, "size must be 1 or more"),
        ({"size": 2.0}, TypeError, r"size must be a whole number, not 2\.0"),
        ({"stride": 0}, ValueError, "stride must be 1 or more"),
        ({"padding": 2}, ValueError, "nothing but padding"),
        ({"padding": "reflect"}, ValueError, "padding must be 'valid', 'same'"),
        ({"image": np.full((4, 4), np.nan)}, ValueError, "image holds NaN"),
        ({"image": np.ones(4)}, ValueError, "image must have 2 or 3 axes"),
    ],
)
def test_wrong_input_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        filters.pool(**{"image": np.ones((5, 6)), **arguments})
