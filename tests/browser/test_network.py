"""The network that lives in the page, held against Keras in a real browser."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from playwright.sync_api import Browser, Page

from course_utils import datasets, models
from course_utils.widgets import DigitPad, network_of
from course_utils.widgets.explorer import NETWORK, script
from course_utils.widgets.network import model_of
from tests.browser.alive import draw_on, pad_of, show
from tests.browser.jupyter import ROOT

sides = st.tuples(st.integers(4, 9), st.integers(4, 9))
pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
activations = st.sampled_from(["linear", "relu", "sigmoid", "tanh", "softmax"])


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Iterator[Page]:
    """One page for all tests of this file, with nothing but the engine in it."""
    page = browser.new_page()
    page.add_script_tag(content=script(*NETWORK))
    yield page
    page.close()


def drawn_layer(draw: Any, kind: str) -> Any:
    padding = draw(st.sampled_from(["valid", "same"]))
    if kind == "Conv2D":
        return layers.Conv2D(
            draw(st.integers(2, 6)),
            draw(pairs),
            strides=draw(st.integers(1, 3)),
            padding=padding,
            activation=draw(activations),
            use_bias=draw(st.booleans()),
        )
    if kind.endswith("ing2D") and not kind.startswith("Global"):
        return getattr(layers, kind)(draw(pairs), draw(pairs), padding=padding)
    if kind == "Dense":
        return layers.Dense(draw(st.integers(2, 7)), activation=draw(activations))
    if kind == "Rescaling":
        return layers.Rescaling(draw(st.floats(0.1, 2)), draw(st.floats(-1, 1)))
    if kind == "Activation":
        return layers.Activation(draw(activations))
    return getattr(layers, kind)(*[0.5][: kind == "Dropout"])


KINDS = [
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "MaxPooling2D",
    "Rescaling",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_answers_and_learns_as_in_keras(engine: Page, kind: str) -> None:
    many = kind in ("Conv2D", "MaxPooling2D", "AveragePooling2D")

    @settings(max_examples=25 if many else 6, suppress_health_check=list(HealthCheck))
    @given(st.data(), sides, st.integers(2, 4), st.integers(0, 999))
    def same(data: st.DataObject, side: Any, channels: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        layer = drawn_layer(data.draw, kind)
        shape = (7,) if kind == "Dense" else (*side, channels)
        model = keras.Sequential([keras.Input(shape), layer])
        for values in model.weights:
            values.assign(rng.uniform(0.2, 1, values.shape) * rng.choice([1, 1, 0.5]))
        if kind in ("Conv2D", "Dense"):
            layer.kernel.assign(rng.normal(size=layer.kernel.shape))
        x = rng.normal(size=(3, *shape)).astype(np.float32)
        if kind == "MaxPooling2D":
            x = np.maximum(np.round(x), 0)  # many are equal: the first one learns
        with tf.GradientTape() as tape:
            image = tf.Variable(x)
            y = model(image, training=False)
            upstream = rng.normal(size=y.shape).astype(np.float32)
            loss = tf.reduce_sum(y * upstream)
        learning = layer.trainable_variables if kind in ("Conv2D", "Dense") else []
        expected = [y, *tape.gradient(loss, [image, *learning])]
        found = engine.evaluate(
            """([told, x, upstream, count]) => {
                const network = readNetwork(told);
                const [layer] = network.layers;
                layer.first = false; // here we ask what reaches the image
                const y = forward(network, Float32Array.from(x), count);
                backward(network, Float32Array.from(upstream), count);
                const gradients = layer.learns ? layer.gradients : [];
                return [y, layer.dx, ...gradients].map((numbers) => [...numbers]);
            }""",
            [network_of(model), x.ravel().tolist(), upstream.ravel().tolist(), 3],
        )
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected):
            numbers = np.asarray(theirs).ravel()
            limit = 1e-4 * max(np.abs(numbers).max(), 1e-3)
            np.testing.assert_allclose(ours, numbers, rtol=0, atol=limit)

    same()


def small_model(padding: str = "same") -> keras.Sequential:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Rescaling(0.5, 0.1),
            layers.Conv2D(4, 3, padding=padding, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(5, 2, activation="relu"),
            layers.MaxPooling2D(2, 1),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


OPTIMISERS = {
    "sgd": ({"rate": 0.1}, keras.optimizers.SGD, {}),
    "momentum": ({"rate": 0.03}, keras.optimizers.SGD, {"momentum": 0.9}),
    "adam": ({"rate": 0.01}, keras.optimizers.Adam, {}),
    "adam with decay": (
        {"rate": 0.01, "decay": 0.5},
        keras.optimizers.Adam,
        {"weight_decay": 0.5},
    ),
    "sgd with decay": (
        {"rate": 0.1, "decay": 0.3},
        keras.optimizers.SGD,
        {"weight_decay": 0.3},
    ),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_ten_steps_of_an_optimiser_are_those_of_keras(engine: Page, name: str) -> None:
    how, optimiser, theirs = OPTIMISERS[name]
    rng = np.random.default_rng(4)
    images = rng.normal(size=(10, 6, 8, 8, 2)).astype(np.float32)
    labels = rng.integers(0, 3, (10, 6))
    model = small_model()
    before = network_of(model)
    model.compile(
        optimizer=optimiser(learning_rate=how["rate"], **theirs),
        loss="sparse_categorical_crossentropy",
    )
    start = model.get_weights()
    told, losses = engine.evaluate(
        """([told, images, labels, how]) => {
            const network = readNetwork(told);
            const losses = images.map((image, i) =>
                trainStep(network, Float32Array.from(image), labels[i], how).loss);
            return [{ ...told, weights: tellWeights(network) }, losses];
        }""",
        [
            before,
            images.reshape(10, -1).tolist(),
            labels.tolist(),
            {**how, "optimiser": name.split()[0]},
        ],
    )
    expected = [float(model.train_on_batch(x, y)) for x, y in zip(images, labels)]
    assert losses[0] == pytest.approx(expected[0], rel=1e-4)
    for ours, weights, old in zip(
        model_of(told).get_weights(), model.get_weights(), start
    ):
        np.testing.assert_allclose(ours, weights, rtol=1e-3, atol=1e-4)
        assert (
            np.abs(weights - old).max() > 0.01
        )  # it learned, so that this says something


def functions_of_lesson(start: str, *names: str) -> dict[str, Any]:
    """Functions that a lesson writes out, without the rest of it."""
    (path,) = (ROOT / "notebooks").glob(f"{start}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    nodes = [node for source in code for node in ast.parse(source).body]
    found = {n.name: n for n in nodes if isinstance(n, ast.FunctionDef)}
    window_view = np.lib.stride_tricks.sliding_window_view
    space: dict[str, Any] = {"np": np, "sliding_window_view": window_view}
    for name in names:
        exec(ast.unparse(found[name]), space)
    return space


def test_the_step_of_lesson_08_is_the_same_in_the_page(engine: Page) -> None:
    names = "windows_as_rows", "by_matrix", "conv_backward", "numpy_step"
    numpy_step = functions_of_lesson("08", *names)["numpy_step"]
    train = datasets.mnist("sample").train
    images, labels = train.images[:16, :, :, np.newaxis] / 255, train.labels[:16]
    kernels = np.random.default_rng(3).normal(size=(3, 3, 1, 10)) / 3
    expected = numpy_step(images, labels, kernels, np.zeros(10), rate=0.5)
    found = engine.evaluate(
        """([images, labels, kernels]) => {
            const conv = { kind: "Conv2D", filters: 10, size: [3, 3], strides: [1, 1],
                padding: "valid", activation: "relu",
                weights: [kernels, Array(10).fill(0)] };
            const mean = { kind: "GlobalAveragePooling2D", activation: "softmax" };
            const network = makeNetwork({ input: [28, 28, 1], layers: [conv, mean] });
            const how = { optimiser: "sgd", rate: 0.5 };
            trainStep(network, Float32Array.from(images), labels, how);
            return network.layers[0].weights.map((values) => [...values]);
        }""",
        [images.ravel().tolist(), labels.tolist(), kernels.ravel().tolist()],
    )
    assert np.abs(expected[0] - kernels).max() > 0.003  # it learned
    for ours, theirs in zip(found, expected):
        np.testing.assert_allclose(ours, np.ravel(theirs), rtol=0, atol=1e-6)


def test_dropout_keeps_the_mean_and_weights_survive_sixteen_bits(engine: Page) -> None:
    model = keras.Sequential([keras.Input((400,)), layers.Dropout(0.3)])
    y = engine.evaluate(
        """(told) => {
            const ones = new Float32Array(4000).fill(1);
            return [...forward(readNetwork(told), ones, 10, true)];
        }""",
        network_of(model),
    )
    assert set(np.round(y, 4)) == {0, round(1 / 0.7, 4)}
    assert 0.9 < np.mean(y) < 1.1
    model = small_model()
    x = np.random.default_rng(1).normal(size=(4, 8, 8, 2)).astype(np.float32)
    answers = engine.evaluate(
        """([told, x]) => [...forward(readNetwork(told), Float32Array.from(x), 4)]""",
        [network_of(model, half=True), x.ravel().tolist()],
    )
    np.testing.assert_allclose(answers, np.ravel(model(x)), atol=3e-3)


def without_convolution() -> keras.Sequential:
    ends = [layers.Flatten(), layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28)), layers.Rescaling(1 / 255), *ends])


@pytest.mark.parametrize("build", [models.mnist_small_cnn, without_convolution])
def test_a_page_without_a_kernel_answers_a_drawing(
    page: Page, tmp_path: Path, build: Any
) -> None:
    keras.utils.set_random_seed(5)
    pad = DigitPad(build())
    show(page, tmp_path, pad)
    draw_on(page, pad_of(page), [(6, 5), (20, 5), (12, 24)])
    found = page.evaluate(
        """() => {
            const { drawing, answer } = document.querySelector(".cx").explorer;
            const maps = answer.own.values ? [...answer.own.values] : null;
            return { strokes: drawing.strokes, maps, ...answer };
        }"""
    )
    pad.strokes = found["strokes"]  # the kernel's answer to the same drawing
    np.testing.assert_allclose(found["probabilities"], pad.probabilities, atol=2e-3)
    best = int(np.argmax(pad.probabilities))
    assert f"it says {best}" in page.locator(".cx-says").inner_text()
    assert "needs a running notebook" not in page.locator(".cx").inner_text()
    if pad.maps is None:
        assert found["maps"] is None
    else:
        theirs = np.frombuffer(pad._maps, np.int8).astype(int)
        assert np.abs(np.array(found["maps"]) - theirs).max() <= 1
