"""Lesson 09: its formulas, its layer and its explorer against others' code."""

import ast
from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some
from scipy import stats
from sklearn.calibration import calibration_curve

from course_utils.exercises.lessons import nb09
from course_utils.widgets.turning import TurningExplorer

FILE = Path(__file__).parents[2] / "notebooks" / "09_how_sure_is_it.ipynb"
seeds = st.integers(0, 2**32 - 1)


def from_notebook(*names: str) -> dict[str, Any]:
    """The functions and classes of these names, as the lesson's cells define them."""
    space: dict[str, Any] = {}
    exec("import numpy as np, keras\nfrom keras import layers, ops", space)
    for cell in nbformat.read(FILE, 4).cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if getattr(node, "name", None) in names:
                    exec(ast.unparse(node), space)
    return space


@given(seeds, st.integers(2, 12))
def test_entropy_is_scipys(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(classes, 0.3), 5)
    shares[0] = np.eye(classes)[0]  # a network that is certain
    np.testing.assert_allclose(
        nb09.entropy(shares), stats.entropy(shares, axis=1), atol=1e-9
    )


@given(
    some.arrays(float, (2, 3), elements=st.floats(-3, 3)),
    some.arrays(float, (2, 3), elements=st.floats(0.05, 3)),
)
@settings(max_examples=20)
def test_kl_is_the_integral(mean: np.ndarray, std: np.ndarray) -> None:
    """The mean of log q - log prior under q, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    total = 0.0
    for m, s in zip(mean.flat, std.flat):
        w = m + s * nodes
        gap = stats.norm.logpdf(w, m, s) - stats.norm.logpdf(w)
        total += (weights * gap).sum() / weights.sum()
    assert nb09.kl(mean, std) == pytest.approx(total, rel=1e-6, abs=1e-8)


@given(seeds, st.integers(20, 200))
def test_calibration_error_is_that_of_scikit_learns_curve(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.001, 0.999, n)
    right = (rng.random(n) < confidence**2).astype(int)
    accuracy, claimed = calibration_curve(right, confidence, n_bins=10)
    counts = np.histogram(confidence, np.linspace(0, 1, 11))[0]
    share = counts[counts > 0] / n
    wanted = (share * np.abs(accuracy - claimed)).sum()
    assert nb09.calibration_error(confidence, right) == pytest.approx(wanted)


def test_the_lesson_measures_calibration_as_its_solution_does() -> None:
    lesson = from_notebook("by_bins", "ece")
    rng = np.random.default_rng(9)
    shares, labels = rng.dirichlet(np.full(10, 0.2), 300), rng.integers(0, 10, 300)
    right = (shares.argmax(axis=1) == labels).astype(int)
    wanted = nb09.calibration_error(shares.max(axis=1), right)
    assert lesson["ece"](shares, labels) == pytest.approx(wanted)


def test_the_variational_layer_draws_and_pays_what_it_says() -> None:
    layer = from_notebook("VariationalDense")["VariationalDense"](3, examples=50)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    layer(x)
    rng = np.random.default_rng(1)
    mean, rho = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    layer.set_weights([mean, rho])
    drawn = np.stack([keras.ops.convert_to_numpy(layer(x)) for _ in range(2)])
    assert not np.allclose(drawn[0], drawn[1])  # other weights at each call
    np.testing.assert_allclose(drawn.sum(axis=-1), 1, rtol=1e-5)
    std = np.log1p(np.exp(rho))
    kl = float(layer.losses[-1])
    assert kl == pytest.approx(nb09.kl(mean, std) / 50, rel=1e-4)
    # By Monte Carlo, without the formula: mean of log q - log prior under q.
    w = mean + std * rng.normal(size=(20_000, 6, 3))
    gap = stats.norm.logpdf(w, mean, std) - stats.norm.logpdf(w)
    assert kl == pytest.approx(gap.sum(axis=(1, 2)).mean() / 50, rel=0.05)


def test_without_spread_the_layer_is_an_ordinary_one() -> None:
    layer = from_notebook("VariationalDense")["VariationalDense"](3, examples=50)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    layer(x)
    mean = np.random.default_rng(1).normal(size=(6, 3)).astype("float32")
    layer.set_weights([mean, np.full((6, 3), -30.0)])
    dense = keras.layers.Dense(3, activation="softmax")
    dense(x)
    dense.set_weights([mean[:-1], mean[-1]])
    np.testing.assert_allclose(layer(x), dense(x), atol=1e-5)


# --- The explorer ---------------------------------------------------------------------

FRAMES = np.random.default_rng(3).integers(0, 256, (2, 4, 6, 6)).astype(np.uint8)
SHARES = np.random.default_rng(4).dirichlet(np.ones(3), (2, 2, 4))


def explorer(**changes: Any) -> TurningExplorer:
    given = {
        "pictures": {"first": FRAMES[0], "second": FRAMES[1]},
        "answers": {"one": SHARES[0], "many": SHARES[1]},
        "angles": [0, 30, 60, 90],
        "classes": "abc",
    }
    return TurningExplorer(**given | changes)


def test_the_explorer_shows_the_answers_of_its_state() -> None:
    shown = explorer(picture="second", angle=60)
    np.testing.assert_allclose(shown.now()["many"], SHARES[1, 1, 2], rtol=1e-6)
    best, doubt = "abc"[SHARES[1, 1, 2].argmax()], stats.entropy(SHARES[1, 1, 2])
    assert f"many says {best}; entropy {doubt:.2f}" in shown.summary()
    bars = [bar.get_extents().width for bar in shown.figure().axes[2].patches]
    np.testing.assert_allclose(bars / np.sum(bars), SHARES[1, 1, 2], rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"angles": [0, 30, 50, 90]}, "equal distances"),
        ({"angles": [0, 30]}, "one for each of 2 angles"),
        ({"classes": "ab"}, r"needed is \(2, 4, 2\)"),
        ({"answers": {"one": SHARES[0] + 0.1}}, "no probabilities"),
        ({"answers": {"one": SHARES[0] * np.nan}}, "no probabilities"),
        ({"picture": "third"}, "third"),
        ({"angle": 45}, "45"),
    ],
)
def test_the_explorer_refuses_what_does_not_fit(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        explorer(**changes)
