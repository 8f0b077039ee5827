"""The feature map explorer's Python side: what it accepts, sends, computes, stores."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from course_utils import explain
from course_utils.widgets import FeatureMapExplorer
from course_utils.widgets.feature_maps import SIDE, as_bytes, peaks

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """A layer with answers of both signs, one without, and a dead filter in it."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((20, 16, 3)),
            layers.Rescaling(1 / 255, name="scale"),
            layers.Conv2D(4, 3, name="signed"),
            layers.Conv2D(40, 3, activation="relu", name="positive"),
            layers.Flatten(),
            layers.Dense(2, name="class"),
        ]
    )
    kernel, bias = model.get_layer("positive").get_weights()
    kernel[..., 5], bias[5] = 0, -1
    model.get_layer("positive").set_weights([kernel, bias])
    return model


@pytest.fixture(scope="module")
def images() -> dict[str, np.ndarray]:
    shape = (20, 16, 3)
    return {name: RNG.integers(0, 256, shape, np.uint8) for name in ("a", "b", "c")}


@pytest.fixture
def explorer(model: keras.Model, images: dict[str, np.ndarray]) -> FeatureMapExplorer:
    return FeatureMapExplorer(model, images)


def test_maps_are_the_activations_in_steps_of_the_strongest(
    explorer: FeatureMapExplorer, model: keras.Model, images: dict[str, np.ndarray]
) -> None:
    for name, image in images.items():
        answers = explain.activations(model, image)
        for layer in ("signed", "positive"):
            explorer.image_name, explorer.layer_name = name, layer
            for k in range(answers[layer].shape[-1]):
                explorer.filter = k
                step = explorer.strongest() / (127 if layer == "signed" else 255)
                difference = np.abs(explorer.map() - answers[layer][..., k]).max()
                assert difference <= 0.51 * step + 1e-6


def test_the_best_picture_has_the_largest_answer(
    explorer: FeatureMapExplorer, model: keras.Model, images: dict[str, np.ndarray]
) -> None:
    answers = {n: explain.activations(model, i)["signed"] for n, i in images.items()}
    for k in range(4):
        explorer.filter = k
        expected = max(answers, key=lambda name: answers[name][..., k].max())
        assert explorer.best_image() == expected
        place = list(images).index(expected)
        value, row, column, _ = explorer.peaks["signed"][place, k]
        i, j = int(row * 18), int(column * 14)
        assert value == pytest.approx(answers[expected][i, j, k], rel=1e-6)


def test_a_dead_filter_is_black_and_not_nan(explorer: FeatureMapExplorer) -> None:
    explorer.layer_name, explorer.filter = "positive", 5
    assert explorer.strongest() == 0
    assert not explorer.map().any()
    assert "positive, filter 5" in repr(explorer)


def test_large_maps_are_averaged_before_they_are_sent() -> None:
    maps = RNG.random((2, 150, 120, 3))
    small, signed = as_bytes(maps)
    assert not signed
    assert max(small.shape[2:]) <= SIDE
    assert small.dtype == np.uint8
    scale = maps.max(axis=(0, 1, 2))
    expected = maps[1, 3:6, 6:9, 2].mean() / scale[2] * 255
    assert small[1, 2, 1, 2] == pytest.approx(expected, abs=0.51)
    assert peaks(maps)[1, 2, 0] == pytest.approx(maps[1, ..., 2].max())


def test_all_that_is_sent_is_whole(explorer: FeatureMapExplorer) -> None:
    numbers = sum(a["n"] * a["h"] * a["w"] for a in explorer._layers)
    assert len(explorer._maps) == 3 * numbers
    assert len(explorer._pixels) == 3 * 20 * 16 * 3
    assert len(explorer._peaks) == 3 * 4 * 4 * (4 + 40)
    assert [a["signed"] for a in explorer._layers] == [True, False]


def test_fewer_filters_in_the_next_layer(explorer: FeatureMapExplorer) -> None:
    explorer.layer_name, explorer.filter = "positive", 30
    explorer.layer_name = "signed"
    assert explorer.filter == 0


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("layer_name", "x", "'x'; there are .'signed', 'positive'"),
        ("image_name", "d", "'d'; there are"),
        ("filter", 4, "signed has 0 to 3"),
        ("filter", -1, "signed has 0 to 3"),
    ],
)
def test_a_wrong_choice_says_what_there_is(
    explorer: FeatureMapExplorer, name: str, value: Any, message: str
) -> None:
    before = getattr(explorer, name)
    with pytest.raises(ValueError, match=f"{name}: .*{message}|filter: .*{message}"):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": {}}, "at least one picture"),
        ({"images": {"a": np.zeros((3, 3, 3))}}, "image: shape"),
        ({"layers": ["class"]}, "layers: .'class'.; layers with maps"),
        ({"layers": []}, "layers with maps"),
        ({"preferred": {("x", 0): np.zeros((4, 4, 3))}}, "preferred: .'x'"),
        ({"preferred": {("signed", 1): np.zeros((4, 4))}}, "preferred: .'signed', 1"),
    ],
)
def test_what_does_not_fit_is_refused(
    model: keras.Model,
    images: dict[str, np.ndarray],
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        FeatureMapExplorer(model, **{"images": images, **options})


def test_preferred_inputs_are_computed_when_asked_for_and_kept(
    explorer: FeatureMapExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(model: Any, layer: str, channel: int, **options: Any) -> np.ndarray:
        asked.append((layer, channel))
        if channel == 3:
            raise ValueError("no such luck")
        return np.full((20, 16, 3), 51.0)

    monkeypatch.setattr(explain, "preferred_input", fake)
    explorer.asked = "signed 2"
    explorer.asked = "signed 2"
    assert asked == [("signed", 2)]
    assert explorer.asked == ""
    assert explorer._liked == [{"layer": "signed", "filter": 2, "h": 20, "w": 16}]
    assert explorer._liked_pixels == bytes([51]) * (20 * 16 * 3)
    explorer.asked = "signed 3"
    assert explorer.trouble == "no such luck"
    assert explorer.asked == ""


def test_preferred_inputs_that_are_known_are_sent(
    model: keras.Model, images: dict[str, np.ndarray]
) -> None:
    known = {("positive", k): np.full((8, 8, 3), k / 4) for k in range(2)}
    scaled = {name: image / 255 for name, image in images.items()}
    explorer = FeatureMapExplorer(
        model, scaled, ["positive"], known, value_range=(0, 1)
    )
    assert [one["filter"] for one in explorer._liked] == [0, 1]
    assert explorer.liked["positive", 1].max() == round(255 / 4)
    np.testing.assert_array_equal(explorer.painted(scaled["a"]), images["a"])


def test_the_output_holds_the_picture_for_places_without_javascript(
    explorer: FeatureMapExplorer,
) -> None:
    data, metadata = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert "signed, filter 0 on a: map 18x14" in data["text/plain"]
