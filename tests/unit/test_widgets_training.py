"""The training explorer's Python side: what it takes, counts, carries and tells."""

from typing import Any

import numpy as np
import pytest

from course_utils import datasets
from course_utils.widgets import TrainingExplorer
from course_utils.widgets.training_explorer import CARRIED, PRESETS, carried, unpacked


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "best"}, "preset: 'best'; allowed are 'good', 'too fast'"),
        ({"filters": 3}, "filters: 3; allowed are 2, 4, 6"),
        ({"data": "cats"}, "data: 'cats'; allowed are 'digits', 'clothes'"),
        ({"rate": 0}, "rate: 0.0; allowed are numbers over 0, up to 100"),
        ({"rate": float("nan")}, "rate: nan"),
        ({"seed": -1}, "seed: -1; allowed are whole numbers from 0"),
    ],
)
def test_what_is_not_offered_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingExplorer(**settings)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_settings_and_settings_make_the_same(preset: str) -> None:
    explorer = TrainingExplorer(preset)
    assert explorer.settings() == PRESETS[preset]
    assert TrainingExplorer(**explorer.settings()).settings() == explorer.settings()
    assert repr(explorer) == f"TrainingExplorer: {explorer.summary()}"


def test_weights_are_counted_as_in_the_lessons() -> None:
    first: dict[str, Any] = {"blocks": 1, "filters": 32, "kernel_size": 3}
    assert TrainingExplorer(**first).weights() == 54_410  # mnist_small_cnn
    assert TrainingExplorer(blocks=0).weights() == 7_850
    assert TrainingExplorer(blocks=0, hidden=2).weights() == 26_506
    two: dict[str, Any] = {
        "blocks": 2,
        "filters": 4,
        "kernel_size": 3,
        "pooling": "none",
    }
    assert TrainingExplorer(**two).weights() == 40 + 296 + 24 * 24 * 8 * 10 + 10


@pytest.mark.parametrize("name", CARRIED)
def test_pictures_are_carried_in_sixteen_shades(name: str) -> None:
    whole = {"digits": datasets.mnist, "clothes": datasets.fashion_mnist}[name](
        "sample"
    )
    about, packed = carried(name)
    train, validation = CARRIED[name]
    images = np.concatenate(
        [whole.train.images[:train], whole.validation.images[:validation]]
    )
    back = unpacked(packed)
    assert back.shape == images.shape
    assert np.abs(back.astype(int) - images).max() <= 8
    labels = [*whole.train.labels[:train], *whole.validation.labels[:validation]]
    assert about["labels"] == "".join(map(str, labels))
    assert len(packed) < 500_000


def test_fewer_clothes_than_digits_are_carried() -> None:
    assert TrainingExplorer(data="clothes").examples == 2_000


def test_the_picture_shows_what_the_page_has_told() -> None:
    explorer = TrainingExplorer("wrong labels")
    assert "30% of the labels wrong" in explorer.summary()
    assert explorer.figure().axes[2].texts[0].get_text() == "press Play"
    explorer.progress = {
        "steps": 94,
        "training": [[0.5, 1.2, 0.5], [1, None, 0.9]],
        "validation": [[0, 2.3, 0.1], [1, 0.4, 0.875]],
    }
    assert explorer.summary().endswith("94 steps, validation 87.5%")
    loss = explorer.figure().axes[2]
    assert list(loss.texts) == []
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), [2.3, 0.4])


def test_there_is_no_model_before_the_page_has_told_of_one() -> None:
    with pytest.raises(ValueError, match="press Play"):
        TrainingExplorer().model()
