"""Look into a network: what its layers answer, what they like, where they look.

Everything here works on Sequential, functional and nested models, because it listens
to the layers while the model runs instead of cutting the model into pieces. Nothing is
changed: neither the model, nor the image. Scores are logits, what the last layer gives
before its softmax or sigmoid.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
ACTIVATIONS = (
    *(layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU),
    layers.Softmax,
)
# What may stand behind the layer that gives the scores without changing them.
PASSING = (layers.Reshape, layers.Flatten, layers.Dropout)

# How red, green and blue go together in the course's cats and dogs: a root of their
# covariance, largest number 1. Columns: brightness, red to blue, green to purple.
COLOURS = np.array([[0.98, 0.30, 0.07], [1.0, -0.02, -0.16], [0.99, -0.27, 0.09]])


class Heard(NamedTuple):
    """One layer at work: its name in the model, what went in, what came out."""

    name: str
    layer: keras.Layer
    input: Any
    output: Any


def activations(model: keras.Model, image: npt.ArrayLike) -> dict[str, np.ndarray]:
    """What every layer with maps answers to one image.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional; models inside it are opened.
    image : (H, W, C), or (H, W) for one channel
        In the value range that the model takes.

    Returns
    -------
    dict
        Name of the layer to its maps, float32 (h, w, channels), in the order in which
        the layers run. A name that occurs twice has its model's name before it.

    Raises
    ------
    ValueError
        For an image of another shape, NaN in it, a model that answers with NaN.
    """
    heard = _run(model, _batch(model, image))
    return {
        one.name: one.output[0].numpy().astype("float32")
        for one in heard
        if len(one.output.shape) == 4
    }


def convolutions(model: keras.Model, image: npt.ArrayLike | None = None) -> list[str]:
    """Names of the layers whose maps are worth looking at, in the order they run.

    One for each convolution: where normalisation and activation are layers of their
    own, the name of the last of them. Maps of a single place are left out.

    Parameters
    ----------
    model : keras.Model
    image : optional
        Needed only for a model that takes images of any size.
    """
    if image is None:
        image = np.zeros([side or 64 for side in model.input_shape[1:]])
    return [one.name for one in _features(_run(model, _batch(model, image)))]


def grad_cam(
    model: keras.Model,
    image: npt.ArrayLike,
    class_index: int,
    layer: str | None = None,
) -> np.ndarray:
    """Where the network looks for a class: gradient-weighted class activation map.

    Parameters
    ----------
    model : keras.Model
        A classifier. With a single output, class 1 is its logit and class 0 minus it.
    image : (H, W, C), or (H, W) for one channel
        In the value range that the model takes.
    class_index : int
    layer : str, optional
        A layer with maps; by default the last convolution, after its activation.

    Returns
    -------
    (H, W) float32 in 0..1
        The strongest place is 1. All 0 where nothing in the maps speaks for the class.

    Raises
    ------
    ValueError
        For an unknown layer or one without maps, a class that does not exist, an image
        of another shape, NaN.

    Notes
    -----
    Each map is weighted by the mean of its gradient, the sum goes through a ReLU:
    ``relu(sum_k mean(d logit / d map_k) * map_k)``, then it is scaled up.

    References
    ----------
    R. Selvaraju and others, "Grad-CAM: visual explanations from deep networks via
    gradient-based localization", 2017.
    """
    batch = _batch(model, image)
    with tf.GradientTape() as tape:
        tape.watch(batch)  # a frozen model has nothing else to watch
        heard = _run(model, batch)
        logit = _logit(heard, class_index)[0]
    maps = (_find(heard, layer) if layer else _features(heard)[-1]).output
    gradients = tape.gradient(logit, maps)
    if gradients is None:
        raise ValueError(f"layer: the classes do not depend on {layer!r}; choose one")
    weights = tf.reduce_mean(gradients, axis=(1, 2))
    return _as_heat(maps[0] @ weights[0][:, tf.newaxis], batch)


def class_activation_map(
    model: keras.Model, image: npt.ArrayLike, class_index: int
) -> np.ndarray:
    """Where the network looks for a class, read off its last weights.

    Works for a network that ends in convolution, `GlobalAveragePooling2D`, `Dense`
    (dropout between them is no obstacle), without any gradient.

    Parameters
    ----------
    model, image, class_index
        As in `grad_cam`.

    Returns
    -------
    (H, W) float32 in 0..1
        The sum of the maps before the pooling, weighted with the weights of the class;
        what is below 0 becomes 0, the strongest place is 1.

    Raises
    ------
    ValueError
        For a model with another ending, and as in `grad_cam`.

    References
    ----------
    B. Zhou and others, "Learning deep features for discriminative localization", 2016.
    """
    batch = _batch(model, image)
    heard = _run(model, batch)
    _logit(heard, class_index)  # checks the class
    body = [one for one in heard if not isinstance(one.layer, (*PASSING, *ACTIVATIONS))]
    kinds = [type(one.layer) for one in body[-2:]]
    if kinds != [layers.GlobalAveragePooling2D, layers.Dense]:
        raise ValueError(
            "model: it ends in "
            + ", ".join(kind.__name__ for kind in kinds)
            + "; class activation maps need GlobalAveragePooling2D, Dense. grad_cam "
            "works for any ending"
        )
    pool, dense = body[-2:]
    weights = tf.convert_to_tensor(dense.layer.kernel)
    if weights.shape[1] == 1:
        weights = tf.concat([-weights, weights], axis=1)
    return _as_heat(pool.input[0] @ weights[:, class_index : class_index + 1], batch)


def occlusion(
    model: keras.Model,
    image: npt.ArrayLike,
    class_index: int,
    *,
    size: int | None = None,
    stride: int | None = None,
    fill: npt.ArrayLike | None = None,
) -> np.ndarray:
    """How much the logit of a class drops when a patch of the image is covered.

    Needs no gradient, only many answers: one for each place of the patch.

    Parameters
    ----------
    model, image, class_index
        As in `grad_cam`.
    size : int, optional
        Side of the patch in pixels; by default a sixth of the image's shorter side.
    stride : int, optional
        Pixels from one place to the next; by default half the size.
    fill : number or colour, optional
        What covers; by default the mean colour of the image.

    Returns
    -------
    (H, W) float32, in logits
        For each pixel the mean drop over the patches that cover it. Positive: what is
        here speaks for the class. Negative: it speaks against it.

    Raises
    ------
    ValueError
        For a patch that does not fit, a stride below 1 or above the size, and as in
        `grad_cam`.
    """
    batch = _batch(model, image)
    height, width = batch.shape[1:3]
    size = max(1, min(height, width) // 6) if size is None else size
    stride = max(1, size // 2) if stride is None else stride
    if not 1 <= size <= min(height, width) or not 1 <= stride <= size:
        raise ValueError(
            f"size: {size}, stride: {stride}; allowed are 1 <= stride <= size <= "
            f"{min(height, width)}, so that every pixel is covered"
        )
    picture = batch[0].numpy()
    colour = picture.mean(axis=(0, 1)) if fill is None else fill
    heard = _run(model, batch)
    whole, last = _logit(heard, class_index)[0], _last(heard).layer
    corners = [
        (top, left)
        for top in _steps(height, size, stride)
        for left in _steps(width, size, stride)
    ]
    drop, times = np.zeros((2, height, width), "float32")
    for start in range(0, len(corners), 16):
        some = corners[start : start + 16]
        covered = np.repeat(picture[np.newaxis], len(some), axis=0)
        for one, (top, left) in zip(covered, some):
            one[top : top + size, left : left + size] = colour
        logits = _logit(_run(model, tf.constant(covered), [last]), class_index)
        for (top, left), logit in zip(some, logits):
            drop[top : top + size, left : left + size] += whole - logit
            times[top : top + size, left : left + size] += 1
    return drop / times


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
    rows, columns, depth = (side or size for side in model.input_shape[1:])
    chosen = np.atleast_1d(np.asarray(channel))
    gray = np.full((rows, columns, depth), (low + high) / 2)
    probe = _run(model, _batch(model, gray))
    target = _find(probe, layer)
    count = target.output.shape[-1]
    if chosen.dtype.kind != "i" or not (
        len(chosen) and 0 <= chosen.min() <= chosen.max() < count
    ):
        raise ValueError(
            f"channel: {channel}; {layer!r} has the channels 0 to {count - 1}"
        )
    rng = np.random.default_rng(seed)
    shape = (len(chosen), rows, columns, depth)
    start, draw = _waves(shape) if smooth else (np.zeros(shape), tf.identity)
    paper = tf.Variable(start + rng.normal(0, 0.01, start.shape), dtype=tf.float32)
    far = (min(rows, columns) // 8 if smooth else 0) if jitter is None else jitter

    def paint() -> tf.Tensor:
        return low + (high - low) * tf.sigmoid(draw(paper))

    @tf.function(reduce_retracing=True)
    def climb(shift: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            seen = _run(model, tf.roll(paint(), shift, axis=(1, 2)), [target.layer])
            maps = _before_activation(_find(seen, layer))
            own = tf.gather(maps, chosen[:, np.newaxis], axis=3, batch_dims=1)
            score = tf.reduce_sum(tf.reduce_mean(tf.nn.leaky_relu(own, 0.1), (1, 2)))
        slope = tape.gradient(score, paper)
        axes = list(range(1, slope.shape.rank))
        steepness = tf.sqrt(tf.reduce_mean(slope**2, axes, keepdims=True))
        paper.assign_add(rate * slope / (steepness + 1e-12))

    for _ in range(steps):
        climb(tf.constant(rng.integers(-far, far + 1, 2), tf.int32))
    pictures = paint().numpy()
    return pictures if np.ndim(channel) else pictures[0]


# --- Listening ------------------------------------------------------------------------


def _leaves(model: keras.Model, path: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """All layers with their paths; models inside the model are opened."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer, f"{path}{layer.name}/")
        elif not isinstance(layer, layers.InputLayer):
            yield path + layer.name, layer


def _run(
    model: keras.Model, batch: Any, only: Sequence[keras.Layer] | None = None
) -> list[Heard]:
    """Run the model and note what its layers take and give, in the order they run."""
    heard: list[Heard] = []
    paths = dict(_leaves(model))
    short = [path.rpartition("/")[2] for path in paths]

    def listener(name: str, layer: keras.Layer, call: Any) -> Any:
        def heard_call(x: Any, *args: Any, **kwargs: Any) -> Any:
            output = call(x, *args, **kwargs)
            heard.append(Heard(name, layer, x, output))
            return output

        return heard_call

    told = []
    try:
        for path, layer in paths.items():
            name = path.rpartition("/")[2]
            if only is None or any(layer is one for one in only):
                unique = name if short.count(name) == 1 else path
                vars(layer)["call"] = listener(unique, layer, layer.call)
                told.append(layer)
        model(batch, training=False)
    finally:
        for layer in told:
            del vars(layer)["call"]
    return heard


def _find(heard: list[Heard], name: str) -> Heard:
    """The layer of this name; it must have maps."""
    with_maps = {one.name: one for one in heard if len(one.output.shape) == 4}
    if name not in with_maps:
        silent = "has no maps" if name in {one.name for one in heard} else "is unknown"
        raise ValueError(
            f"layer: {name!r} {silent}; layers with maps are {', '.join(with_maps)}"
        )
    return with_maps[name]


def _features(heard: list[Heard]) -> list[Heard]:
    """Each convolution, or the normalisation and activation that follow it alone."""
    found = []
    for one in heard:
        if isinstance(one.layer, CONVOLUTIONS) and max(one.output.shape[1:3]) > 1:
            for later in heard:
                follows = isinstance(
                    later.layer, (layers.BatchNormalization, *ACTIVATIONS)
                )
                if follows and later.input is one.output:
                    one = later
            found.append(one)
    if not found:
        raise ValueError("model: it has no convolution whose maps could be looked at")
    return found


def _last(heard: list[Heard]) -> Heard:
    return next(one for one in reversed(heard) if not isinstance(one.layer, PASSING))


def _before_activation(one: Heard) -> Any:
    """What a layer would give without its own activation."""
    if isinstance(one.layer, ACTIVATIONS):
        return one.input
    kept = getattr(one.layer, "activation", None)
    if kept is None or kept is keras.activations.linear:
        return one.output
    one.layer.activation = keras.activations.linear
    try:
        return one.layer(one.input)
    finally:
        one.layer.activation = kept


def _logit(heard: list[Heard], class_index: int) -> Any:
    """The logits (N,) of a class, from before the last softmax or sigmoid."""
    last = _last(heard)
    logits = last.output
    activation = getattr(last.layer, "activation", None)
    squashed = activation in (keras.activations.softmax, keras.activations.sigmoid)
    if squashed or isinstance(last.layer, layers.Softmax):
        logits = _before_activation(last)
    logits = tf.reshape(logits, (len(logits), -1))
    if logits.shape[1] == 1:
        logits = tf.concat([-logits, logits], axis=1)
    if isinstance(class_index, bool) or not isinstance(class_index, int | np.integer):
        raise TypeError(f"class_index: {class_index!r}; a whole number is needed")
    if not 0 <= class_index < logits.shape[1]:
        raise ValueError(
            f"class_index: {class_index}; the model tells {logits.shape[1]} classes "
            f"apart: 0 to {logits.shape[1] - 1}"
        )
    return logits[:, class_index]


# --- Pictures -------------------------------------------------------------------------


def _batch(model: keras.Model, image: npt.ArrayLike) -> tf.Tensor:
    """One image as a batch of float32, checked against what the model takes."""
    array = np.array(image, "float32")  # a copy
    if len(getattr(model, "inputs", None) or []) != 1:
        raise ValueError(
            "model: it must have one input; does a Sequential start with keras.Input?"
        )
    wanted = model.input_shape[1:]
    if array.ndim == 2 and wanted[-1] == 1:
        array = array[..., np.newaxis]
    if array.ndim != len(wanted) or any(
        need not in (None, has) for need, has in zip(wanted, array.shape)
    ):
        raise ValueError(
            f"image: shape {np.shape(image)}, but {model.name} takes one image of "
            f"shape {wanted}"
        )
    if not np.isfinite(array).all():
        raise ValueError("image: it holds NaN or infinity")
    for weight in model.weights:  # a ReLU may turn NaN into 0: look where it begins
        if not np.isfinite(weight).all():
            raise ValueError(f"model: {weight.path} holds NaN or infinity: train anew")
    return tf.constant(array[np.newaxis])


def _as_heat(sums: tf.Tensor, batch: tf.Tensor) -> np.ndarray:
    """ReLU, scaled up to the image, strongest place 1; (h, w, 1) to (H, W)."""
    heat = tf.image.resize(tf.nn.relu(sums), batch.shape[1:3])[..., 0].numpy()
    return heat / heat.max() if heat.max() > 0 else heat


def _steps(length: int, size: int, stride: int) -> list[int]:
    """Where a patch starts so that it gets to the end."""
    return [*range(0, length - size, stride), length - size]


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
