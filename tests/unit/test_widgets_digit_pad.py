"""The digit pad in Python: MNIST's centring, the answer, what is refused."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.transform import resize_local_mean

from course_utils import datasets, models
from course_utils.widgets import DigitPad
from course_utils.widgets.digit_pad import as_drawn, centre, draw

DIGITS = datasets.mnist("sample").test.images
SEVEN = [[(8, 6), (19, 6), (12, 23)], [(9, 14), (18, 14)]]


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(4)
    return models.mnist_small_cnn()


@pytest.fixture
def pad(model: keras.Model) -> DigitPad:
    return DigitPad(model, strokes=SEVEN)


def small_network(*layers: keras.Layer, shape: tuple = (28, 28, 1)) -> keras.Model:
    ending = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input(shape), *layers, *ending])


@pytest.mark.parametrize("times", [1, 3, 5])
def test_digits_of_mnist_stay_as_they_are(times: int) -> None:
    """Its authors have centred them already: so ours is their way, to the pixel."""
    for digit in DIGITS[: 1000 // times]:
        enlarged = np.kron(digit, np.ones((times, times)))
        np.testing.assert_allclose(centre(enlarged), digit, atol=1e-9)


inks = st.tuples(
    st.integers(20, 90), st.integers(20, 90), st.integers(0, 10**6), st.floats(0.5, 4)
)


@given(inks)
@settings(max_examples=60)
def test_centring_is_that_of_scipy_and_scikit_image(ink: tuple) -> None:
    height, width, seed, blur = ink
    noise = np.random.default_rng(seed).normal(size=(height, width))
    image = np.maximum(ndimage.gaussian_filter(noise, blur) - 0.1, 0)
    picture = centre(image)
    if not image.any():
        assert not picture.any()
        return
    (box,) = ndimage.find_objects((image > 0).astype(int))
    shape = np.array(image[box].shape)
    rows, columns = np.maximum(np.floor(20 * shape / shape.max() + 0.5), 1).astype(int)
    small = resize_local_mean(image[box], (rows, columns), preserve_range=True)
    # It lies somewhere on the paper, whole, where its centre of mass is in the middle.
    (found,) = ndimage.find_objects((picture > 0).astype(int))
    (inner,) = ndimage.find_objects((small > 0).astype(int))
    np.testing.assert_allclose(picture[found], small[inner], atol=1e-9)
    for middle, place in zip(ndimage.center_of_mass(picture), found):
        pushed = place.start == 0 or place.stop == 28  # against the border
        assert pushed or 13.5 - 1e-5 <= middle <= 14.5 + 1e-5


@given(st.integers(-6, 6), st.integers(-6, 6))
@settings(max_examples=30)
def test_the_place_does_not_matter_once_centred(right: int, down: int) -> None:
    def moved(right: int, down: int) -> np.ndarray:
        half = [[(7 + x / 2, 7 + y / 2) for x, y in line] for line in SEVEN]
        return draw([[(x + right, y + down) for x, y in line] for line in half])

    here, there = moved(0, 0), moved(right, down)
    np.testing.assert_allclose(centre(there), centre(here), atol=1e-9)
    if (right, down) != (0, 0):
        assert np.abs(as_drawn(there) - as_drawn(here)).max() > 0.5


def test_as_drawn_is_the_mean_of_each_block() -> None:
    ink = np.random.default_rng(1).random((140, 140))
    small = resize_local_mean(ink, (28, 28))
    np.testing.assert_allclose(as_drawn(ink), small, atol=1e-12)


lines = st.lists(
    st.lists(st.tuples(st.floats(-3, 31), st.floats(-3, 31)), min_size=1, max_size=4),
    max_size=3,
)


@given(lines)
@settings(max_examples=15)
def test_ink_is_as_wide_as_the_pen(strokes: list) -> None:
    """The distance to many points on the lines, found by another algorithm.

    The longest line is 48 pixels: with 500 points the distance is 0.001 too large at
    most at the edge of the ink, which makes it 0.005 too light.
    """
    ink = draw(strokes)
    if not strokes:
        assert not ink.any()
        return
    points = [
        np.linspace(start, end, 500)
        for line in strokes
        for start, end in zip([line[0], *line], line)
    ]
    rows, columns = (np.indices((140, 140)) + 0.5) / 5
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1)
    distance, _ = cKDTree(np.concatenate(points)).query(pixels)
    expected = np.clip(5 * (1.2 - distance) + 0.5, 0, 1).reshape(140, 140)
    np.testing.assert_allclose(ink, expected, atol=0.01)


@pytest.mark.parametrize(
    "ink", [np.zeros(5), np.full((5, 5), -1), np.full((5, 5), np.nan)]
)
def test_other_ink_is_refused(ink: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"ink: shape .* allowed is \(H, W\)"):
        centre(ink)


def test_the_answer_is_the_models(model: keras.Model, pad: DigitPad) -> None:
    picture = pad.picture()
    assert picture.dtype == np.uint8
    assert picture.max() == 255
    expected = model.predict(picture[None, :, :, None], verbose=0)[0]
    np.testing.assert_allclose(pad.probabilities, expected, rtol=1e-4, atol=1e-6)
    first = keras.Model(model.inputs, model.get_layer("conv_1").output)
    maps = first.predict(picture[None, :, :, None], verbose=0)[0]
    assert pad.maps is not None
    np.testing.assert_allclose(pad.maps, maps, rtol=1e-4, atol=1e-5)


def test_what_is_sent_of_the_maps_is_what_they_are(pad: DigitPad) -> None:
    assert pad.maps is not None
    assert pad._maps_shape == [26, 26, 32, 32]
    sent = np.frombuffer(pad._maps, np.int8).reshape(26, 26, 32).astype(float)
    np.testing.assert_allclose(sent, pad.maps * (127 / pad.maps.max()), atol=0.51)


def test_the_answer_follows_every_change(pad: DigitPad) -> None:
    seen = [list(pad.probabilities)]
    for name, value in (
        ("centred", False),
        ("strokes", SEVEN[:1]),
        ("centred", True),
    ):
        setattr(pad, name, value)
        assert pad.probabilities not in seen
        seen.append(list(pad.probabilities))


def test_an_example_can_be_drawn_over_and_taken_away(model: keras.Model) -> None:
    pad = DigitPad(model, example=DIGITS[0])
    np.testing.assert_array_equal(pad.picture(), DIGITS[0])
    alone = list(pad.probabilities)
    pad.strokes = [[(5, 22), (23, 22)]]
    assert pad.probabilities != alone
    assert pad.ink()[110, 40] == 1
    pad.strokes = []
    assert pad.probabilities == alone
    pad.show_example = False
    assert pad.probabilities == []
    assert not pad.ink().any()


def test_an_empty_pad_asks_for_a_digit_and_not_the_model(
    model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    pad = DigitPad(model)
    monkeypatch.setattr(
        "course_utils.widgets.digit_pad.answer", lambda *_: pytest.fail("asked")
    )
    pad.centred = False
    assert pad.probabilities == []
    assert pad.maps is None
    assert "draw a digit" in repr(pad)
    assert "draw a digit" in [text.get_text() for text in pad.figure().axes[2].texts]


def test_more_training_is_heard_of_on_display(pad: DigitPad) -> None:
    before = list(pad.probabilities)
    layer = pad.model.get_layer("digit")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + np.eye(10)[4] * 50])
    pad._repr_mimebundle_()
    assert pad.probabilities != before
    assert "the model says 4" in repr(pad)
    layer.set_weights([kernel, bias])


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1)])
def test_networks_without_a_convolution_show_no_maps(shape: tuple) -> None:
    pad = DigitPad(small_network(shape=shape), strokes=SEVEN)
    assert len(pad.probabilities) == 10
    assert pad.maps is None
    assert pad._conv_name == ""
    assert len(pad.figure().axes[3].images) == 0


def test_many_signed_maps_are_shown_in_part() -> None:
    conv = keras.layers.Conv2D(40, 5, strides=2, name="many")
    pad = DigitPad(small_network(conv), strokes=SEVEN)
    assert pad.maps is not None
    assert pad.maps.shape == (12, 12, 40)
    assert pad._maps_shape == [12, 12, 32, 40]
    sent = np.frombuffer(pad._maps, np.int8)
    assert sent.size == 12 * 12 * 32
    assert sent.min() < 0 < sent.max()
    assert max(-sent.min(), sent.max()) == 127
    (image,) = pad.figure().axes[3].images
    low, high = image.get_clim()
    assert low == -high


def logits() -> keras.Model:
    return keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )


def broken() -> keras.Model:
    model = small_network()
    model.set_weights([np.full(w.shape, np.nan) for w in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: "model", TypeError, "Keras model, not str"),
        (lambda: small_network(shape=(32, 32, 3)), ValueError, r"\(N, 28, 28, 1\)"),
        (lambda: small_network(shape=(784,)), ValueError, r"\(N, 28, 28, 1\)"),
        (
            lambda: keras.Sequential(
                [keras.Input((28, 28, 1)), keras.layers.Flatten()]
            ),
            ValueError,
            r"ten probabilities, \(N, 10\)",
        ),
        (
            lambda: keras.Sequential([keras.layers.Dense(10)]),
            ValueError,
            r"begin with keras.Input\(\(28, 28, 1\)\)",
        ),
        (logits, ValueError, "not probabilities .* ends in softmax"),
        (broken, ValueError, "not probabilities .* diverge"),
    ],
)
def test_other_models_are_refused(make: object, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        DigitPad(make())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"example": np.zeros((32, 32))}, r"example: .* allowed is \(28, 28\)"),
        ({"example": np.full((28, 28), 300.0)}, "values from 300"),
        ({"strokes": [[]]}, "at least one point"),
        ({"strokes": [[(1, 2, 3)]]}, "unpack"),
        ({"strokes": [[(1, np.nan)]]}, "finite"),
    ],
)
def test_other_drawings_are_refused(
    model: keras.Model, arguments: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DigitPad(model, **arguments)


def question(pad: DigitPad, **news: object) -> None:
    """What the browser sends."""
    pad.set_state({**news, "asked": pad.asked + 1})


def test_a_question_is_answered_once_and_in_one_message(
    pad: DigitPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    from course_utils.widgets import digit_pad

    asked: list[np.ndarray] = []
    honest = digit_pad.answer

    def counted(probing: object, picture: np.ndarray) -> tuple:
        asked.append(picture)
        return honest(probing, picture)

    monkeypatch.setattr(digit_pad, "answer", counted)
    messages: list[set[str]] = []

    def send(message: dict, buffers: object = None) -> None:
        messages.append(
            {*message["state"], *(path[0] for path in message["buffer_paths"])}
        )

    monkeypatch.setattr(pad, "_send", send)
    question(
        pad, strokes=[[[4.0, 4.0], [20.0, 20.0]]], centred=False, show_example=True
    )
    assert len(asked) == 1
    np.testing.assert_array_equal(asked[0], pad.picture())
    assert pad.answered == pad.asked == 1
    told = [names for names in messages if "answered" in names]
    assert len(told) == 1
    assert {"probabilities", "_maps"} <= told[0]


def test_an_error_in_the_model_is_told_and_ends_the_question(
    pad: DigitPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> tuple:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("course_utils.widgets.digit_pad.answer", fails)
    question(pad, strokes=SEVEN[:1])
    assert pad.answered == pad.asked
    assert pad.probabilities == []
    assert "out of memory" in repr(pad)
    monkeypatch.undo()
    question(pad, strokes=SEVEN)
    assert len(pad.probabilities) == 10
    assert "out of memory" not in repr(pad)


def test_the_stored_picture_shows_drawing_answer_and_maps(pad: DigitPad) -> None:
    drawing, seen, bars, tiles = pad.figure().axes
    np.testing.assert_array_equal(drawing.images[0].get_array(), pad.ink())
    np.testing.assert_array_equal(seen.images[0].get_array(), pad.picture())
    widths = [bar.get_width() for bar in bars.containers[0]]
    assert widths == pytest.approx(pad.probabilities)
    maps, sheet = pad.maps, tiles.images[0].get_array()
    assert maps is not None
    assert sheet is not None
    np.testing.assert_array_equal(sheet[1:27, 29:55], maps[:, :, 1])
    np.testing.assert_array_equal(sheet[29:55, 1:27], maps[:, :, 8])
    data, metadata = pad._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"]
