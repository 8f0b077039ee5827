"""The picture that a filter answers to as strongly as possible."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from course_utils.explain.images import as_batch, image_shape
from course_utils.explain.listening import Heard, before_activation, find, listen

# How red, green and blue go together in the course's cats and dogs: a root of their
# covariance, largest number 1. Columns: brightness, red to blue, green to purple.
COLOURS = np.array([[0.98, 0.30, 0.07], [1.0, -0.02, -0.16], [0.99, -0.27, 0.09]])


def preferred_input(
    model: keras.Model,
    layer: str,
    channel: int | Sequence[int],
    *,
    steps: int = 100,
    rate: float = 0.1,
    smooth: bool = True,
    jitter: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    size: int = 128,
    seed: int = 0,
) -> np.ndarray:
    """A picture that a filter answers to as strongly as possible.

    Gradient ascent, from almost even gray in the middle of the value range, on the mean
    of the filter's map. Its answers are taken before the layer's own activation and go
    through a leaky ReLU instead: answers below 0 count for little, and a filter that is
    silent on gray still says in which direction it would wake up.

    Parameters
    ----------
    model : keras.Model
    layer : str
        A layer with maps.
    channel : int or several
        Which filter. Several are worked on together, which is much faster.
    steps : int
        More give stronger, not always nicer pictures.
    rate : float
        How far a step goes: what all numbers that are learned change by on average, in
        the sense of a root mean square. A sigmoid makes colours of them.
    smooth : bool
        Learn amplitudes of waves, where long ones move first, in the colours of
        photographs: a Fourier parametrisation. Otherwise pixels, as written out in
        lesson 06.
    jitter : int, optional
        Each step moves the picture by up to so many pixels either way, so that nothing
        hangs on single pixels; by default an eighth of the side, or 0 if not `smooth`.
    value_range : (float, float)
        The darkest and the brightest value in the images that the model takes.
    size : int
        Side of the picture for a model that takes images of any size.
    seed : int
        Of the noise to start with and of the jitter.

    Returns
    -------
    (H, W, C) float32 within `value_range`; for several channels (N, H, W, C)
        A filter that is dead whatever it sees leaves its picture gray.

    Raises
    ------
    ValueError
        For an unknown layer or one without maps, a channel that does not exist, a value
        range that is none, NaN in the answers.

    References
    ----------
    C. Olah, A. Mordvintsev, L. Schubert, "Feature visualization", 2017.
    """
    low, high = value_range
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"value_range: {value_range}; needed is (darkest, brightest)")
    if steps < 1:
        raise ValueError(f"steps: {steps}; at least 1")
    rows, columns, depth = image_shape(model, size)
    gray = np.full((rows, columns, depth), (low + high) / 2)
    target = find(listen(model, as_batch(model, gray)).heard, layer)
    chosen = _chosen(channel, layer, target.output.shape[-1])

    rng = np.random.default_rng(seed)
    shape = (len(chosen), rows, columns, depth)
    start, draw = _waves(shape) if smooth else (np.zeros(shape), tf.identity)
    paper = tf.Variable(start + rng.normal(0, 0.01, start.shape), dtype=tf.float32)
    far = (min(rows, columns) // 8 if smooth else 0) if jitter is None else jitter

    def paint() -> tf.Tensor:
        return low + (high - low) * tf.sigmoid(draw(paper))

    climb = _climber(model, target, chosen, paper, paint, rate)
    for _ in range(steps):
        climb(tf.constant(rng.integers(-far, far + 1, 2), tf.int32))
    pictures = paint().numpy()
    return pictures if np.ndim(channel) else pictures[0]


def _chosen(channel: int | Sequence[int], layer: str, count: int) -> np.ndarray:
    """The channels as an array, each of them one of the layer's."""
    chosen = np.atleast_1d(np.asarray(channel))
    if chosen.dtype.kind != "i" or not (
        len(chosen) and 0 <= chosen.min() <= chosen.max() < count
    ):
        raise ValueError(
            f"channel: {channel}; {layer!r} has the channels 0 to {count - 1}"
        )
    return chosen


def _climber(
    model: keras.Model,
    target: Heard,
    chosen: np.ndarray,
    paper: tf.Variable,
    paint: Callable[[], tf.Tensor],
    rate: float,
) -> Any:
    """A function that changes `paper` by one step of gradient ascent."""

    def climb(shift: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            picture = tf.roll(paint(), shift, axis=(1, 2))
            run = listen(model, picture, [target.layer])
            maps = before_activation(find(run.heard, target.name))
            own = tf.gather(maps, chosen[:, np.newaxis], axis=3, batch_dims=1)
            score = tf.reduce_sum(tf.reduce_mean(tf.nn.leaky_relu(own, 0.1), (1, 2)))
        slope = tape.gradient(score, paper)
        if slope is None:
            raise ValueError(
                f"model: no gradient leads from {target.name!r} back to the image"
            )
        axes = list(range(1, slope.shape.rank))
        steepness = tf.sqrt(tf.reduce_mean(slope**2, axes, keepdims=True))
        paper.assign_add(rate * slope / (steepness + 1e-12))

    return _as_graph(climb)


def _as_graph(step: Callable[[tf.Tensor], None]) -> Callable[[tf.Tensor], None]:
    """The same step, much faster where a graph can be made of it.

    It cannot where a model's own `tf.function` hides what its layers give.
    """
    graph = tf.function(step, reduce_retracing=True, autograph=False)
    try:
        graph.get_concrete_function(tf.TensorSpec(2, tf.int32))
    except (TypeError, ValueError, NotImplementedError):
        return step
    return graph


def _waves(shape: tuple[int, ...]) -> tuple[np.ndarray, Any]:
    """Pictures as sums of waves: amplitudes to begin with, and how to draw them.

    A step changes long waves more than short ones: the picture comes out smooth.
    """
    count, rows, columns, depth = shape
    down, right = np.fft.fftfreq(rows)[:, np.newaxis], np.fft.rfftfreq(columns)
    frequency = np.maximum(np.hypot(down, right), 1 / max(rows, columns))
    weight = 1 / frequency
    # Amplitudes of about 1 then make a picture of numbers of about 1.
    weight *= rows * columns / 2 / np.sqrt((weight**2).sum())
    colours = COLOURS if depth == 3 else np.eye(depth)

    def draw(amplitudes: tf.Tensor) -> tf.Tensor:
        waves = tf.complex(amplitudes[:, 0], amplitudes[:, 1]) * weight.astype("c8")
        flat = tf.signal.irfft2d(waves, (rows, columns))
        pictures = tf.transpose(flat, (0, 2, 3, 1))
        return pictures @ tf.constant(colours.T, tf.float32)

    return np.zeros((count, 2, depth, rows, columns // 2 + 1)), draw
