"""Compare networks by what they compute, however they were put together.

An answer may be Sequential or functional, nested or subclassed, with activations as
arguments, as layers or as functions. It is right when it gives, with the same weights,
what the solution gives. Keras is imported only here, once there is an answer.
"""

import itertools
import math
from functools import cache, cached_property
from typing import Any

import numpy as np

from course_utils.exercises.exercise import Wrong

# Weak and strong images: softplus differs from ReLU near 0, ReLU6 above 6.
STRENGTHS = (0.5, 3, 10, 50)
SPREADS = (1, 30)  # of weights, for them
BRIGHT = (2, 4, 64, 256)  # what pixels of pictures stay below
CLOSE = 1e-4  # of the largest output: float32, in another order of adding
TRIES = 8  # of what may differ each time
PLACES = 49  # of maps that are still a picture, if its pixels were only moved
TOO_LARGE = 1e30  # in place of what is no number
Shape = tuple[int, ...]


def needs_model(answer: Any, shape: Shape) -> None:
    """Raise Wrong unless the answer is a Keras model for images of this shape."""
    import keras

    if not isinstance(answer, keras.Model):
        raise Wrong(
            "A Keras model is asked for, such as `keras.Sequential([...])` or "
            "`keras.Model(maps, output)`."
        )
    if not answer.built:
        if isinstance(answer, keras.Sequential) and not answer.layers:
            raise Wrong("It has no layers yet.")
        if isinstance(answer, keras.Sequential):
            raise Wrong(
                "It does not know its input yet: begin with `keras.Input(...)`."
            )
    if not getattr(answer, "inputs", None):  # a class of one's own, built or not
        answer(np.zeros((1, *shape), np.float32))
    taken = getattr(answer, "input_shape", (None, *shape))
    sizes = taken[1:] if isinstance(taken, tuple) else ()
    fits = len(sizes) == len(shape) and all(
        size in (None, wanted) for size, wanted in zip(sizes, shape)
    )
    if not fits:
        raise Wrong(
            f"It takes inputs of shape {sizes or taken}. `keras.Input` is given the "
            f"shape of one image or stack of maps, here {shape}."
        )


class Compared:
    """A model for images of one shape, looked at from all sides, each once at most."""

    def __init__(self, model: Any, shape: Shape) -> None:
        self.model, self.shape = model, shape

    def stands_for(self, reference: "Compared", *, scaled: bool = False) -> bool:
        """Whether it computes what another model does, in training too.

        Both are given the same weights. Where `scaled`, it may first bring pictures of
        0..255 to 0..1 or to -1..1.
        """
        if self.weights != reference.weights:
            return False
        if scaled and _takes_whole_numbers(self.model):
            whole = _pictures(self.shape)
            return any(
                _close(self._in_training(whole), reference._given(pictures))
                # No picture is brighter, so weights are: ReLU6 differs above 6.
                and all(
                    _close(
                        self._given(whole, spread=s),
                        reference._given(pictures, spread=s),
                    )
                    for s in SPREADS
                )
                for pictures in (whole, whole / 255, whole / 127.5 - 1)
            )
        if _close(self.outputs, reference.outputs):
            return _close(self.outputs_in_training, reference.outputs)
        images = _images(self.shape)
        pictures = (images * 255, images * 127.5 + 127.5) if scaled else ()
        return any(
            _close(self._given(these), reference.outputs)
            and _close(self._in_training(these), reference.outputs)
            for these in pictures
        )

    @cached_property
    def weights(self) -> int:
        return int(self.model.count_params())

    @cached_property
    def learnable(self) -> int:
        """How many of its numbers training may change."""
        return sum(math.prod(weight.shape) for weight in self.model.trainable_weights)

    @cached_property
    def demands(self) -> int:
        """How many penalties and constraints there are, which only training minds."""
        of_weights = ((w.regularizer, w.constraint) for w in self.model.weights)
        of_layers = (
            getattr(layer, "activity_regularizer", None)
            for layer in _leaves(self.model)
        )
        all_of_them = (*itertools.chain(*of_weights), *of_layers)
        return sum(demand is not None for demand in all_of_them)

    @cached_property
    def layers_with_weights(self) -> int:
        return sum(bool(layer.weights) for layer in _leaves(self.model))

    @cached_property
    def shapes(self) -> list[Shape]:
        """Those of maps and rows on their way, each as often as it changes."""
        passed = _passed(self.model, self.shape)
        shapes = [self.shape, *(shape for *_, shape in passed)]
        return [shape for shape, _ in itertools.groupby(shapes)][1:]

    @cached_property
    def outputs(self) -> np.ndarray:
        return self._given(_images(self.shape))

    @cached_property
    def outputs_in_training(self) -> np.ndarray:
        return self._in_training(_images(self.shape))

    @cached_property
    def outputs_without_weights(self) -> np.ndarray:
        """What it gives where all weights are 0."""
        return self._given(_images(self.shape)[:1], spread=0)

    @property
    def both_ways(self) -> np.ndarray:
        """Its outputs, in use and in training."""
        return np.stack([self.outputs, self.outputs_in_training])

    def _in_training(self, images: np.ndarray) -> np.ndarray:
        """What it gives in training: of some tries the first that differs from use.

        A layer that throws dice, such as one that mirrors, may do nothing once.
        """
        in_use = self._given(images)
        tries = (self._given(images, training=True) for _ in range(TRIES))
        return next((given for given in tries if not _close(given, in_use)), in_use)

    def _given(
        self, images: np.ndarray, *, training: bool = False, spread: float = 1
    ) -> np.ndarray:
        """What it gives for images, with weights that depend on their shapes alone.

        So it matters not in which order layers are kept, nor whether a kernel that
        covers all of its maps belongs to a convolution or to a dense layer.
        """
        model, at_once = self.model, _batch_size(self.model)
        before = [weight.numpy() for weight in model.weights]
        try:
            for weight in model.weights:
                weight.assign(spread * _value(tuple(weight.shape)))
            if at_once is None:
                given = np.asarray(model(np.float32(images), training=training))
            else:
                batches = np.repeat(images[:, np.newaxis], at_once, axis=1)
                given = np.stack(
                    [np.asarray(model(x, training=training))[0] for x in batches]
                )
        finally:
            for weight, value in zip(model.weights, before):
                weight.assign(value)
        return np.nan_to_num(given, nan=TOO_LARGE, posinf=TOO_LARGE, neginf=-TOO_LARGE)


_latest: list[Compared] = []


def looked_at(model: Any, shape: Shape, *, anew: bool) -> Compared:
    """The model as it is now, or as it was when the first case was put to it."""
    if anew or not _latest or _latest[0].model is not model:
        _latest[:] = [Compared(model, shape)]
    return _latest[0]


def _close(got: np.ndarray, wanted: np.ndarray) -> bool:
    return got.shape == wanted.shape and np.allclose(
        got, wanted, rtol=0, atol=CLOSE * np.abs(wanted).max()
    )


@cache
def _images(shape: Shape) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.normal(0, strength, shape) for strength in STRENGTHS])


@cache
def _pictures(shape: Shape) -> np.ndarray:
    # Given as they are, bright ones make a softmax say 1 of one class and 0 of the
    # others, whatever a network computes; dark ones do not.
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(0, most, shape) for most in BRIGHT]).astype(float)


def _takes_whole_numbers(model: Any) -> bool:
    """Whether its input is of such a type as pictures are stored in."""
    (taken, *_) = getattr(model, "inputs", None) or [None]
    return "int" in str(getattr(taken, "dtype", ""))


def _value(shape: Shape) -> np.ndarray:
    """What a weight of this shape holds meanwhile; a very large one is not kept."""
    return (_kept if math.prod(shape) < 10**6 else _made)(shape)


@cache
def _kept(shape: Shape) -> np.ndarray:
    return _made(shape)


def _made(shape: Shape) -> np.ndarray:
    """What a kernel (..., inputs, outputs) or a bias (outputs,) holds meanwhile."""
    inputs, count = math.prod(shape[:-1]), shape[-1] if shape else 1
    rng = np.random.default_rng([inputs, count, len(shape) < 2])
    spread = math.sqrt(2 / inputs) if len(shape) > 1 else 0.5
    return rng.normal(0, spread, (inputs, count)).reshape(shape)


def _batch_size(model: Any) -> int | None:
    """How many images it takes at once, where that is fixed."""
    return getattr(model, "input_shape", (None,))[0]


def _leaves(model: Any) -> list[Any]:
    """The layers that hold no others, in no certain order."""
    return [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not list(layer._flatten_layers(include_self=False))
    ]


def _operations(model: Any) -> list[Any]:
    """The functions of Keras, such as `keras.ops.reshape`, that a network calls."""
    import keras

    models = model._flatten_layers(include_self=True)
    inside = itertools.chain(*(getattr(each, "operations", ()) for each in models))
    return [each for each in inside if not isinstance(each, keras.Layer)]


def _passed(
    model: Any, shape: Shape, *, operations: bool = False
) -> list[tuple[Any, Shape, Shape]]:
    """The layers that a picture passes, in order, the shapes before and behind each."""
    import keras

    seen: list[tuple[Any, Shape, Shape]] = []

    def watched(layer: Any, call: Any) -> Any:
        def watch(*inputs: Any, **options: Any) -> Any:
            result = call(*inputs, **options)
            given = (x for x in (*inputs, *options.values()) if hasattr(x, "shape"))
            before, behind = (
                tuple(getattr(maps, "shape", ())[1:])
                for maps in (next(given, None), result)
            )
            seen.append((layer, before, behind))
            return result

        return watch

    layers = [x for x in _leaves(model) if not isinstance(x, keras.layers.InputLayer)]
    layers += _operations(model) if operations else []
    images = np.zeros((_batch_size(model) or 1, *shape), np.float32)
    try:
        for layer in layers:
            layer.call = watched(layer, layer.call)
        model(images)
    finally:
        for layer in layers:
            vars(layer).pop("call", None)
    return seen


def layers_passed(model: Any, shape: Shape) -> list[Any]:
    """The layers that a picture passes, in order: nested models are opened."""
    return [layer for layer, *_ in _passed(model, shape)]


def sliding_kernels(model: Any, shape: Shape) -> list[Any]:
    """The kernels of its convolutions that learn.

    They have four axes. So have those of a dense layer that takes pictures as they
    are, and of a convolution of one place only: before it, or behind it, are no maps.
    Nor are there where a picture was made flat before, whatever it is made of then, or
    where its pixels were put into a few places, side by side.
    """
    import keras

    dense: set[int] = set()
    flat = False
    for layer, before, behind in _passed(model, shape, operations=True):
        places = [
            math.prod(maps[:2]) if len(maps) == 3 else 1 for maps in (before, behind)
        ]
        weights = getattr(layer, "weights", [])
        whole = isinstance(layer, keras.layers.EinsumDense) or 1 in places
        if whole or (flat and before != shape):
            dense.update(map(id, weights))
        moved = not weights and before != behind
        moved = moved and math.prod(before) == math.prod(behind)
        few = len(behind) == 3 and places[1] < (PLACES if moved else 2)
        flat = flat or few or len(behind) == 1
    four = [weight for weight in model.trainable_weights if len(weight.shape) == 4]
    return [kernel for kernel in four if id(kernel) not in dense]


def reached(model: Any, shape: Shape) -> int:
    """How many kernels get a slope from the loss, with the weights they have now."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    most = 255 if _takes_whole_numbers(model) else 1
    images = rng.uniform(0, most, (_batch_size(model) or 10, *shape)).astype(np.float32)
    labels = np.arange(len(images)) % 10
    kernels = [weight for weight in model.trainable_weights if len(weight.shape) > 1]
    with tf.GradientTape() as tape:
        given = model(images)
        of_truth = tf.gather(given, labels, axis=1, batch_dims=1)
        loss = -tf.reduce_mean(tf.math.log(of_truth + 1e-7))
    slopes = tape.gradient(loss, [kernel.value for kernel in kernels])
    return sum(slope is not None and bool(np.any(slope)) for slope in slopes)


# --- Facts ----------------------------------------------------------------------------


def facts_about(model: Any, shape: Shape) -> str:
    """What is certain about a model that computes something else."""
    passed = layers_passed(model, shape)
    kinds = [type(layer).__name__ for layer in passed]
    said = []
    if any(kind.startswith("Average") for kind in kinds):
        said.append("It has average pooling.")
    if any(np.max(getattr(layer, "dilation_rate", 1)) > 1 for layer in passed):
        said.append("A convolution in it is dilated.")
    said += [f"It has a {k}." for k in kinds if "Dropout" in k or "Noise" in k][:1]
    if named := [name for layer in passed if (name := _activation(layer))]:
        said.append(f"Its layers name these activations: {', '.join(named)}.")
    return " ".join(said)


def _activation(layer: Any) -> str:
    import keras

    if isinstance(layer, keras.layers.ReLU):
        config = layer.get_config()
        plain = config["max_value"] is None and not config["negative_slope"]
        return "relu" if plain and not config["threshold"] else "a changed relu"
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    function = getattr(layer, "activation", None)
    name = str(getattr(function, "__name__", ""))
    return "" if name in ("linear", "<lambda>") else name
