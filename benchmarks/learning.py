"""How fast does a network learn in the page, and does the page notice?

python -m benchmarks.learning

The smallest useful CNN for digits (54,410 weights, a batch of 64 real digits) in one
browser run: with the course's engine, with ConvNetJS and with TensorFlow.js on its
processor backend, both from npm in a folder that is thrown away. They take turns, and
of each the best of many short rounds counts: what else the machine does meets all
alike. Then the training explorer: time to 95 % on its validation digits, and the frames
of the page meanwhile; and one answer of the digit pad.
"""

import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.browser import launched
from course_utils import datasets
from course_utils.widgets import TrainingExplorer
from course_utils.widgets.explorer import NETWORK, script
from tests.browser.alive import show
from tests.browser.conftest import SIZE

ROUNDS = 25
PEERS = {
    "ConvNetJS 0.3.0": ("convnetjs@0.3.0", "convnetjs/build/convnet.js"),
    "TensorFlow.js 4.22, CPU": (
        "@tensorflow/tfjs@4.22.0",
        "@tensorflow/tfjs/dist/tf.min.js",
    ),
}
# Each leaves `learn`, which learns from one batch of 64, in its page.
DATA = """
    const images = Float32Array.from(pixels);"""
LAYERS = """[{ kind: "Rescaling", scale: 1 / 255, offset: 0 },
    { kind: "Conv2D", filters: 32, size: [3, 3], strides: [1, 1], padding: "valid",
      activation: "relu" },
    { kind: "MaxPooling2D", size: [2, 2], strides: [2, 2], padding: "valid" },
    { kind: "Flatten" }, { kind: "Dense", units: 10, activation: "softmax" }]"""
OURS = f"""([pixels, labels]) => {{ {DATA}
    const network = makeNetwork({{ input: [28, 28, 1], layers: {LAYERS} }});
    window.learn = () => trainStep(network, images, labels, {{ rate: 0.002 }});
}}"""
CONVNET = f"""([pixels, labels]) => {{ {DATA}
    const net = new convnetjs.Net();
    net.makeLayers([{{ type: "input", out_sx: 28, out_sy: 28, out_depth: 1 }},
        {{ type: "conv", sx: 3, filters: 32, stride: 1, activation: "relu" }},
        {{ type: "pool", sx: 2, stride: 2 }}, {{ type: "softmax", num_classes: 10 }}]);
    const trainer = new convnetjs.Trainer(net, {{ method: "adam", batch_size: 64,
        learning_rate: 0.002 }});
    const volumes = labels.map((_, n) => {{
        const volume = new convnetjs.Vol(28, 28, 1, 0);
        for (let i = 0; i < 784; i++) volume.w[i] = images[n * 784 + i] / 255;
        return volume; }});
    window.learn = () => volumes.forEach((volume, n) =>
        trainer.train(volume, labels[n]));
}}"""
TENSORFLOW = f"""async ([pixels, labels]) => {{ {DATA}
    await tf.setBackend("cpu");
    const model = tf.sequential({{ layers: [
        tf.layers.conv2d({{ inputShape: [28, 28, 1], filters: 32, kernelSize: 3,
            activation: "relu" }}), tf.layers.maxPooling2d({{ poolSize: 2 }}),
        tf.layers.flatten(),
        tf.layers.dense({{ units: 10, activation: "softmax" }})] }});
    model.compile({{
        optimizer: tf.train.adam(0.002), loss: "categoricalCrossentropy" }});
    const x = tf.tensor4d(images.map(v => v / 255), [64, 28, 28, 1]);
    const y = tf.oneHot(tf.tensor1d(labels, "int32"), 10);
    window.learn = () => model.trainOnBatch(x, y);
}}"""
PACE = """async batches => {
    const start = performance.now();
    for (let i = 0; i < batches; i++) await learn();
    return 64000 * batches / (performance.now() - start);
}"""
ANSWER = f"""([pixels]) => {{ {DATA}
    const network = makeNetwork({{ input: [28, 28, 1], layers: {LAYERS} }});
    const times = Array.from({{ length: 200 }}, () => {{
        const start = performance.now();
        forward(network, images.subarray(0, 784), 1);
        return performance.now() - start; }});
    return times.sort((a, b) => a - b)[100];
}}"""
WATCH = """async () => {
    const { run } = document.querySelector(".cx-training-explorer").explorer;
    const frame = () => new Promise(requestAnimationFrame);
    while (!run.answers) await frame();
    const start = performance.now(), frames = [];
    let last = await frame();
    run.play();
    while (run.validation.at(-1)[2] < 0.95 && performance.now() - start < 120000) {
        const now = await frame();
        frames.push(now - last);
        last = now;
    }
    run.pause();
    return { seconds: (performance.now() - start) / 1000, frames,
             reached: run.validation.at(-1)[2] };
}"""


def peer(folder: Path, page: Page, name: str) -> str:
    """Put a peer into a page; returns why it cannot be had, or nothing."""
    package, file = PEERS[name]
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", package]
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, timeout=300
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"not measured: npm could not fetch it ({type(error).__name__})"
    page.goto("about:blank")
    page.add_script_tag(path=folder / "node_modules" / file)
    return ""


def paces(browser: Browser, folder: Path, batch: list[Any]) -> dict[str, float | str]:
    """Digits a second of the engine and of its peers, or why there are none."""
    page = browser.new_page()
    page.add_script_tag(content=script(*NETWORK))
    page.evaluate(OURS, batch)
    racers = {"ours": (page, 4)}
    found: dict[str, float | str] = {"ours": 0.0}
    for name, work, batches in zip(PEERS, (CONVNET, TENSORFLOW), (1, 1), strict=True):
        page = browser.new_page()
        found[name] = peer(folder, page, name) or 0.0
        if found[name] == 0:
            page.evaluate(work, batch)
            racers[name] = (page, batches)
    for i in range(ROUNDS):
        for name, (page, batches) in racers.items():
            if i > 2 and name.startswith("TensorFlow"):
                continue  # a round of it takes as long as all others together
            found[name] = max(float(found[name]), page.evaluate(PACE, batches))
    return found


def main() -> None:
    digits = datasets.mnist("sample").train
    batch = [digits.images[:64].ravel().tolist(), digits.labels[:64].tolist()]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launched(playwright)
        page = browser.new_page(viewport=SIZE)
        page.add_script_tag(content=script(*NETWORK))
        answer = page.evaluate(ANSWER, batch)
        figures = paces(browser, folder, batch)
        show(page, folder, TrainingExplorer("good"))
        watched = page.evaluate(WATCH)
    print("54,410 weights, batches of 64, digits a second")
    for title, figure in figures.items():
        print(
            f"{title:<28}{figure if isinstance(figure, str) else f'{figure:,.0f}':>10}"
        )
    late = statistics.quantiles(watched["frames"], n=20)[-1]
    print(f"one answer of the digit pad {answer:.1f} ms")
    print(
        f"explorer: {watched['reached']:.1%} right after {watched['seconds']:.0f} s; "
        f"frames {statistics.median(watched['frames']):.0f} ms, p95 {late:.0f} ms"
    )


if __name__ == "__main__":
    main()
