"""Drawings of networks say what the Keras models are."""

import keras
import matplotlib.pyplot as plt
import pytest
from keras import layers
from matplotlib.patches import FancyArrowPatch

from course_utils import diagrams, pretrained


@pytest.fixture(scope="module")
def branching() -> keras.Model:
    """Two branches and a way around; 20 layers' worth of everything that is drawn."""
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="block1_conv")(image)
    x = start = layers.ReLU(name="block1_relu")(layers.BatchNormalization()(x))
    left = layers.Conv2D(4, 1, name="block2_left")(x)
    right = layers.Conv2D(6, 1, name="block2_thin")(x)
    right = layers.Conv2D(4, (1, 3), padding="same", name="block2_right")(right)
    x = layers.Add(name="block2_add")([left, right, start])
    x = layers.DepthwiseConv2D(5, 2, padding="same", name="block3_look")(x)
    x = layers.Flatten()(layers.MaxPooling2D(3, name="block3_pool")(x))
    return keras.Model(image, layers.Dense(10, name="top")(x))


def words(figure: plt.Figure) -> list[str]:
    found = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    return found


def test_every_weight_is_in_one_node(branching: keras.Model) -> None:
    for model in (branching, pretrained.efficientnet_lite0(input_size=64)):
        found = diagrams.nodes(model)
        assert sum(node.weights for node in found) == model.count_params()
        seen: set[str] = set()
        for node in found:
            assert {parent.name for parent in node.parents} <= seen
            seen.add(node.name)


def test_multiplications_are_those_of_loops(branching: keras.Model) -> None:
    found = {node.name: node.multiplications for node in diagrams.nodes(branching)}
    expected = {
        "image": 0,
        "block1_conv": 12 * 12 * 4 * 3 * 3 * 3,
        "block2_left": 12 * 12 * 4 * 4,
        "block2_thin": 12 * 12 * 6 * 4,
        "block2_right": 12 * 12 * 4 * 3 * 6,
        "block2_add": 0,
        "block3_look": 6 * 6 * 4 * 5 * 5,
        "block3_pool": 0,
        "top": 2 * 2 * 4 * 10,
    }
    assert found == expected


def test_mobilenet_takes_the_published_number_of_multiplications() -> None:
    """Howard et al., 2017, table 8: 569 million with the top, whose part is 1."""
    model = keras.applications.MobileNet((224, 224, 3), include_top=False, weights=None)
    work = sum(node.multiplications for node in diagrams.nodes(model))
    assert round(work / 1e6) == 568


def test_a_block_shows_each_branch(branching: keras.Model) -> None:
    shown = words(diagrams.block(branching, "block1_conv", "block2_add", "a block"))
    for text in ("1×1, 4\n20 weights", "1×1, 6\n30 weights", "1×3, 4\n76 weights"):
        assert text in shown
    assert "+\n12×12×4" in shown
    assert len(shown) == 5


def test_a_stack_names_groups_and_their_weights(branching: keras.Model) -> None:
    figure = diagrams.stack(branching, "small")
    arcs = [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]
    shown = words(figure)
    assert "block1\n128" in shown  # with its batch normalisation
    assert "block2\n126" in shown
    assert len(arcs) == 2  # past block2_thin and block2_right, and from block1


@pytest.mark.parametrize(
    ("first", "last", "match"),
    [
        ("nothing", "top", "first: 'nothing' is no layer"),
        ("image", "block1_relu", "last: 'block1_relu' is no layer"),
        ("top", "image", "no way leads from 'top' to 'image'"),
    ],
)
def test_places_that_do_not_exist_are_named(
    branching: keras.Model, first: str, last: str, match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        diagrams.block(branching, first, last, "")


def test_maps_without_a_size_cannot_be_drawn() -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="build it for one size"):
        diagrams.nodes(model)
