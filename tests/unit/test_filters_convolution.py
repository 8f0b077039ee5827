"""`filters.convolve` and its arithmetic against SciPy, Keras and scikit-image."""

import keras
import numpy as np
import pytest
import scipy.signal
import skimage.filters
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_utils import filters

paddings = st.sampled_from(["valid", "same"])
sizes = st.integers(1, 7)
one = st.just(1)
rng = np.random.default_rng(0)


@st.composite
def problems(draw, channels=one, stack=one):
    """An image (H, W, C) and filters (h, w, C, F) that fit on it."""
    h, w = draw(sizes), draw(sizes)
    height, width = draw(st.integers(h, 14)), draw(st.integers(w, 14))
    c, f = draw(channels), draw(stack)
    normal = np.random.default_rng(draw(st.integers(0, 10**6))).normal
    return normal(size=(height, width, c)), normal(size=(h, w, c, f))


def keras_convolve(image, kernel, stride, padding):
    result = keras.ops.conv(
        image[np.newaxis].astype("float64"),
        kernel.astype("float64"),
        strides=stride,
        padding=padding,
    )
    return keras.ops.convert_to_numpy(result)[0]


@given(problems(), st.booleans())
def test_valid_convolution_is_that_of_scipy(problem, flip):
    image, kernel = problem[0][..., 0], problem[1][..., 0, 0]
    reference = scipy.signal.convolve2d if flip else scipy.signal.correlate2d
    np.testing.assert_allclose(
        filters.convolve(image, kernel, flip=flip),
        reference(image, kernel, "valid"),
        atol=1e-12,
    )


@given(problems(), st.tuples(*[st.tuples(st.integers(0, 4), st.integers(0, 4))] * 2))
def test_padding_by_numbers_goes_where_it_is_said(problem, padding):
    image, kernel = problem[0][..., 0], problem[1][..., 0, 0]
    padded = np.zeros(np.array(image.shape) + np.sum(padding, axis=1))
    (top, _), (left, _) = padding
    padded[top : top + image.shape[0], left : left + image.shape[1]] = image
    np.testing.assert_allclose(
        filters.convolve(image, kernel, padding=padding),
        scipy.signal.correlate2d(padded, kernel, "valid"),
        atol=1e-12,
    )


@given(problems(), st.integers(0, 4))
def test_one_number_pads_every_side_alike(problem, n):
    image, kernel = problem[0][..., 0], problem[1][..., 0, 0]
    np.testing.assert_array_equal(
        filters.convolve(image, kernel, padding=n),
        filters.convolve(image, kernel, padding=((n, n), (n, n))),
    )


@settings(max_examples=150)
@given(
    problems(channels=st.integers(1, 4), stack=st.integers(1, 3)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    paddings,
)
def test_strides_and_same_padding_are_those_of_tensorflow(problem, stride, padding):
    image, kernel = problem
    np.testing.assert_allclose(
        filters.convolve(image, kernel, stride=stride, padding=padding),
        keras_convolve(image, kernel, stride, padding),
        atol=1e-9,
    )


@settings(max_examples=50)
@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 4))
@example(n=3, kernel=8, stride=1)  # the kernel is larger than the image
def test_same_padding_also_fits_kernels_larger_than_the_image(n, kernel, stride):
    random = np.random.default_rng(0).random
    image, weights = random((n, n + 1, 1)), random((kernel, kernel, 1, 1))
    np.testing.assert_allclose(
        filters.convolve(image, weights, stride=stride, padding="same"),
        keras_convolve(image, weights, stride, "same"),
        atol=1e-9,
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("shape", "kernel_size", "stride", "count"),
    [
        ((28, 28, 1), (3, 3), 1, 8),
        ((17, 22, 3), (4, 5), 2, 5),
        ((9, 8, 2), (2, 6), 3, 1),
    ],
)
def test_a_keras_layer_gives_the_same_maps(shape, kernel_size, stride, count, padding):
    layer = keras.layers.Conv2D(count, kernel_size, stride, padding, use_bias=False)
    image = rng.uniform(0, 1, shape).astype("float32")
    maps = keras.ops.convert_to_numpy(layer(image[np.newaxis]))[0]
    (kernel,) = layer.get_weights()
    np.testing.assert_allclose(
        filters.convolve(image, kernel, stride=stride, padding=padding),
        maps,
        rtol=1e-4,
        atol=1e-5,
    )
    assert layer.count_params() == filters.parameter_count(
        kernel_size, shape[-1], count, bias=False
    )


@given(problems(channels=st.integers(2, 4), stack=st.integers(1, 3)), st.booleans())
def test_a_stack_gives_one_map_for_each_filter(problem, flip):
    image, kernels = problem
    maps = filters.convolve(image, kernels, flip=flip)
    for f in range(kernels.shape[-1]):
        single = filters.convolve(image, kernels[..., f], flip=flip)
        np.testing.assert_allclose(maps[..., f], single, atol=1e-12)
        channels = [
            filters.convolve(image[..., c], kernels[..., c, f], flip=flip)
            for c in range(image.shape[-1])
        ]
        np.testing.assert_allclose(single, sum(channels), atol=1e-12)


def test_a_missing_channel_axis_means_one_channel():
    image, kernel = rng.random((6, 5)), rng.random((3, 2))
    flat = filters.convolve(image, kernel)
    assert flat.shape == (4, 4)
    same = [
        filters.convolve(image[..., None], kernel),
        filters.convolve(image, kernel[..., None]),
        filters.convolve(image, kernel[..., None, None])[..., 0],
    ]
    for other in same:
        np.testing.assert_array_equal(other, flat)


@given(problems())
def test_a_complex_kernel_filters_real_and_imaginary_part(problem):
    image, kernel = problem[0][..., 0], problem[1][..., 0, 0]
    other = kernel[::-1]
    result = filters.convolve(image, kernel + 1j * other)
    np.testing.assert_allclose(result.real, filters.convolve(image, kernel), atol=1e-12)
    np.testing.assert_allclose(result.imag, filters.convolve(image, other), atol=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool", "float16", "float32"])
def test_small_number_types_do_not_overflow(dtype):
    image = np.full((5, 5), 100).astype(dtype)
    kernel = np.full((3, 3), 100).astype(dtype)
    result = filters.convolve(image, kernel)
    assert result.dtype == np.float64
    expected = 9.0 if dtype == "bool" else 90_000.0
    np.testing.assert_array_equal(result, np.full((3, 3), expected))


def test_input_stays_as_it_was():
    image, kernel = rng.random((6, 6)), rng.random((3, 3))
    before = image.copy(), kernel.copy()
    filters.convolve(image, kernel, padding="same", flip=True)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(kernel, before[1])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"kernel": np.ones((7, 3))}, ValueError, "height: a window of 7 .* 5 pixels"),
        ({"kernel": np.ones((3, 9)), "padding": 1}, ValueError, "width: .* 9 .* 8 pix"),
        ({"kernel": np.ones((3, 3, 3))}, ValueError, r"3 channel\(s\).*has 1"),
        ({"image": np.ones((5, 6, 3))}, ValueError, r"1 channel\(s\).*has 3"),
        ({"image": np.ones(5)}, ValueError, r"image must have 2 or 3 axes.*\(5,\)"),
        ({"image": np.ones((2, 5, 6, 3))}, ValueError, "image must have 2 or 3 axes"),
        ({"image": np.ones((0, 6))}, ValueError, "no empty one"),
        ({"kernel": np.ones(3)}, ValueError, "kernel must have 2 or 3 or 4 axes"),
        ({"image": np.full((5, 6), np.nan)}, ValueError, "image holds NaN"),
        ({"kernel": np.full((3, 3), np.inf)}, ValueError, "kernel holds NaN or inf"),
        ({"image": np.full((5, 6), "a")}, TypeError, "image must hold real numbers"),
        ({"image": np.ones((5, 6)) * 1j}, TypeError, "image must hold real numbers"),
        ({"kernel": None}, TypeError, "kernel must hold numbers"),
        ({"stride": 0}, ValueError, "stride must be 1 or more, not 0"),
        ({"stride": 1.5}, TypeError, "stride must be a whole number, not 1.5"),
        ({"stride": True}, TypeError, "stride must be a whole number"),
        ({"stride": (1, 2, 3)}, ValueError, "stride must be one whole number or two"),
        ({"padding": -1}, ValueError, "padding must be 0 or more, not -1"),
        ({"padding": "full"}, ValueError, "'valid', 'same' .* not 'full'"),
        ({"padding": (1, 2)}, ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        ({"padding": ((1, 2), 3)}, ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        (
            {"padding": [[1, 2]] * 3},
            ValueError,
            r"not \[\[1, 2\], \[1, 2\], \[1, 2\]\]",
        ),
        ({"padding": None}, TypeError, "padding must be a whole number, not None"),
    ],
)
def test_wrong_input_is_named(change, error, words):
    arguments = {"image": np.ones((5, 6)), "kernel": np.ones((3, 3))} | change
    with pytest.raises(error, match=words):
        filters.convolve(**arguments)


@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(1, 5),
    st.one_of(paddings, st.integers(0, 5)),
)
def test_output_size_tells_the_size_of_the_output(n, kernel, stride, padding):
    def size():
        return filters.output_size(n, kernel, stride=stride, padding=padding)

    def output():
        image, weights = np.ones((n, 40)), np.ones((kernel, 1))
        return filters.convolve(image, weights, stride=stride, padding=padding)

    if padding != "same" and kernel > n + 2 * (0 if padding == "valid" else padding):
        for call in (size, output):
            with pytest.raises(ValueError, match=f"a window of {kernel} does not fit"):
                call()
    else:
        assert size() == output().shape[0]
        if padding == "same":
            assert size() == np.ceil(n / stride)


def test_the_two_sizes_of_the_well_known_example():
    assert filters.output_size(32, 8, stride=2, padding=1) == 14
    assert filters.output_size(32, 8, stride=2) == 13
    assert filters.output_size(5, 3) == 3


def test_the_odd_zero_of_same_padding_comes_after_the_image():
    assert filters.padding_amounts(28, 4, 1, "same") == (1, 2)
    assert filters.padding_amounts(28, 3, 2, "same") == (0, 1)
    assert filters.padding_amounts(28, 3, 1, (2, 5)) == (2, 5)


def test_parameters_with_and_without_shared_weights():
    shared = filters.parameter_count(8, 3, 20)
    apart = filters.parameter_count(8, 3, 20, positions=14 * 14)
    assert (shared, apart, apart / shared) == (3860, 756_560, 196)
    assert filters.parameter_count((3, 5), 2, 4, bias=False) == 120
    with pytest.raises(ValueError, match="filters must be 1 or more, not 0"):
        filters.parameter_count(3, 1, 0)


def test_named_kernels_cannot_be_changed_by_accident():
    for name, kernel in filters.KERNELS.items():
        assert kernel.shape == (3, 3), name
        assert kernel.dtype == np.float64, name
        with pytest.raises(ValueError, match="read-only"):
            kernel[0, 0] = 1


def test_named_kernels_do_what_their_names_say():
    image = rng.random((12, 15))
    inner = (slice(1, -1), slice(1, -1))

    def result(name):
        return filters.convolve(image, filters.KERNELS[name])

    # scikit-image names its Sobel filters after the edges they find, too.
    horizontal = 4 * skimage.filters.sobel_h(image)[inner]
    vertical = 4 * skimage.filters.sobel_v(image)[inner]
    np.testing.assert_allclose(result("horizontal Sobel"), horizontal, atol=1e-12)
    np.testing.assert_allclose(result("vertical Sobel"), vertical, atol=1e-12)
    laplace = -skimage.filters.laplace(image)[inner]
    np.testing.assert_allclose(result("Laplacian"), laplace, atol=1e-12)
    np.testing.assert_array_equal(result("do nothing"), image[inner])
    np.testing.assert_allclose(result("blur").mean(), image.mean(), atol=0.05)
    np.testing.assert_allclose(
        result("sharpen"), image[inner] - result("Laplacian"), atol=1e-12
    )
    np.testing.assert_allclose(
        result("outline"), 9 * (image[inner] - result("blur")), atol=1e-12
    )
    np.testing.assert_array_equal(filters.KERNELS["diagonal"], np.eye(3))
    for name in ("blur", "sharpen", "emboss", "do nothing"):
        assert filters.KERNELS[name].sum() == pytest.approx(1), name
    down = np.add.outer(np.arange(5.0), np.zeros(5))
    assert filters.convolve(down, filters.KERNELS["horizontal Sobel"]).min() > 0
    assert filters.convolve(down.T, filters.KERNELS["vertical Sobel"]).min() > 0


def test_flipping_a_sobel_kernel_changes_the_sign():
    image, sobel = rng.random((8, 8)), filters.KERNELS["vertical Sobel"]
    np.testing.assert_allclose(
        filters.convolve(image, sobel, flip=True), -filters.convolve(image, sobel)
    )
