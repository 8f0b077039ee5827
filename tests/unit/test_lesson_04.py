"""Lesson 04: its networks are those of `models`, its exercises agree with libraries."""

from itertools import product
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score

from course_utils import models
from course_utils.exercises.lessons import nb04
from course_utils.widgets import TrainingExplorer
from course_utils.widgets.training_explorer import CHOICES

NOTEBOOK = Path(__file__).parents[2] / "notebooks/04_mnist_from_mlp_to_cnn.ipynb"
BEGINNINGS = ("mlp =", "small_cnn =", "def lecture_cnn(", "heads =")


@pytest.fixture(scope="module")
def written() -> dict:
    """The names made by the cells in which the lesson writes its networks out."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    made: dict = {"keras": keras, "layers": layers}
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    found = [next(c for c in code if f"\n{begin}" in f"\n{c}") for begin in BEGINNINGS]
    for source in found:
        exec(source, made)
    return made


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("mlp", models.mnist_mlp),
        ("small_cnn", models.mnist_small_cnn),
        ("flatten", models.mnist_cnn),
        ("pooled", lambda: models.mnist_cnn("gap")),
    ],
)
def test_written_networks_are_those_of_the_package(written, name, build):
    ours, theirs = (written | written["heads"])[name], build()
    assert [type(x) for x in ours.layers] == [type(x) for x in theirs.layers]
    rates = [[x.rate for x in m.layers if hasattr(x, "rate")] for m in (ours, theirs)]
    assert rates[0] == rates[1]
    theirs.set_weights(ours.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), np.uint8)
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)


def test_the_race_is_run_on_the_loss_that_the_lesson_names():
    """The slope in the race, by small differences of 0.01 x² + y²."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (cell,) = [
        c for c in cells if c.source.startswith("racers") and "paths" in c.source
    ]
    (line,) = [x for x in cell.source.splitlines() if "slope =" in x]
    place, tiny = np.array([-3.0, 0.5]), 1e-6
    made = {"place": place}
    exec(line.strip(), made)
    loss = lambda x, y: 0.01 * x**2 + y**2  # noqa: E731
    numeric = [
        (loss(*(place + step)) - loss(*(place - step))) / (2 * tiny)
        for step in tiny * np.eye(2)
    ]
    np.testing.assert_allclose(made["slope"], numeric, rtol=1e-5)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_one_hot_agrees_with_keras(labels):
    ours = nb04.one_hot(np.array(labels))
    np.testing.assert_array_equal(ours, keras.utils.to_categorical(labels, 10))


@given(st.integers(1, 5), st.integers(2, 10), st.integers(0, 99))
def test_softmax_and_cross_entropy_agree_with_scipy_and_scikit_learn(n, classes, seed):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(0, 3, (n, classes)), rng.integers(0, classes, n)
    ours = nb04.softmax(scores)
    np.testing.assert_allclose(ours, softmax(scores, axis=1))
    theirs = log_loss(labels, ours, labels=range(classes))
    assert nb04.cross_entropy(ours, labels) == pytest.approx(theirs)


def test_momentum_steps_as_keras_does():
    optimizer = keras.optimizers.SGD(0.05, momentum=0.8)
    variable, weight, velocity = keras.Variable(2.0), 2.0, 0.0
    for slope in (1.0, -0.5, 3.0):
        optimizer.apply([keras.ops.convert_to_tensor(slope)], [variable])
        weight, velocity = nb04.momentum_step(weight, velocity, slope, 0.05, 0.8)
        assert weight == pytest.approx(float(variable.value), rel=1e-5)


def test_early_stopping_stops_where_keras_stops():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (text,) = [c.source for c in cells if "| loss | 0.60" in c.source]
    (row,) = [x for x in text.splitlines() if x.startswith("| loss")]
    losses = [float(x) for x in row.strip("| ").split("|")[1:]]
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    stopping = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    stopping.set_model(model)
    stopping.on_train_begin()
    model.stop_training = False
    for epoch, loss in enumerate(losses):
        model.set_weights([np.full((1, 1), epoch + 1.0)])
        stopping.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    stopping.on_train_end()
    assert nb04.early_stopping() == (epoch + 1, int(model.get_weights()[0].item()))


def test_weights_and_shapes_asked_for_are_those_of_the_networks():
    assert nb04.mlp_weights() == models.mnist_mlp().count_params() == 669_706
    cnn = models.mnist_small_cnn()
    maps, pooled = (cnn.get_layer(x).output.shape[1:] for x in ("conv_1", "pool_1"))
    flat = cnn.get_layer("flatten").output.shape[1]
    assert nb04.shapes() == (maps[0], pooled[0], maps[2], flat)
    assert nb04.lenet().count_params() == 61_706


def test_the_test_digits_are_asked_in_one_cell():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    asking = [
        c for c in code if "digits.test" in c.replace("digits.test.images.sh", "")
    ]
    (cell,) = asking
    later = code[code.index(cell) + 1 :]
    assert cell.count(".predict(digits.test.images") == 1
    assert not any("training.fit" in c or ".fit(" in c for c in later)


def test_confusion_table_of_the_lesson_is_that_of_its_solution():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    (text,) = [c.source for c in cells if "| truth | says 4" in c.source]
    rows = [x.split("|")[2:5] for x in text.splitlines() if x.startswith("| **")]
    table = np.array(rows, int)
    truth, said = (
        np.repeat(index.ravel(), table.ravel()) for index in np.indices((3, 3))
    )
    assert nb04.reading_mistakes() == pytest.approx(
        (
            accuracy_score(truth, said),
            recall_score(truth, said, average=None)[0],
            precision_score(truth, said, average=None)[0],
        )
    )


def test_adamw_takes_the_share_that_the_lesson_says():
    """Where slopes are 0 nothing else moves the weight: 0.5 % a step."""
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    weight = keras.Variable(1.0)
    for _ in range(100):
        optimizer.apply([keras.ops.zeros(())], [weight])
    assert float(weight.value) == pytest.approx(0.995**100, rel=1e-4)


def test_the_drill_counts_weights_as_the_explorer_does() -> None:
    names = ("blocks", "filters", "kernel_size", "hidden")
    assert [*nb04.OFFERED.values()] == [CHOICES[name] for name in names]
    assert set(nb04.MEASURED) == {
        chosen
        for chosen in product(*nb04.OFFERED.values())
        if nb04.weights_of(*chosen) <= nb04.MOST_WEIGHTS
    }
    for chosen in [*nb04.MEASURED, (0, 8, 5, 0), (1, 32, 3, 8), (2, 24, 7, 4)]:
        explorer = TrainingExplorer("good", **dict(zip(names, chosen)))
        assert nb04.weights_of(*chosen) == explorer.weights(), chosen
    assert sum(share >= nb04.ENOUGH for share in nb04.MEASURED.values()) >= 3
