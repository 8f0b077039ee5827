"""Images have the shape and the range that the network takes, or are refused."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import datasets, models, training
from course_utils.training.images import as_images
from tests.tiny_training import TRAIN, VALIDATION, tiny_model

IMAGES, LABELS = TRAIN


def taking(*shape, scaled=True) -> keras.Model:
    """A network that takes images of a shape, and scales them from 0..255."""
    kept = keras.layers.Rescaling(1 / 255 if scaled else 1)
    flat = [keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input(shape), kept, *flat])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES / 255, "are in 0..1 already, but the model scales 0..255"),
        (IMAGES > 90, "are in 0..1 already"),
        (IMAGES / 127.5 - 1, r"images go from -1 to 0\.4.*as if they were scaled"),
        ((IMAGES - IMAGES.mean()) / IMAGES.std(), "as if they were scaled already"),
        (IMAGES.astype("uint16") * 257, r"go from 0 to \d+.*16-bit"),
        (IMAGES.astype("int32") * 16, "scales 0..255; bring them into that range"),
        (IMAGES * np.float32(np.nan), "images hold NaN"),
        (np.where(IMAGES > 90, np.inf, 0), "images hold NaN or infinity"),
        (IMAGES.astype(str), "images are no array of numbers.*same size for all"),
        ([IMAGES[0], IMAGES[1][:2]], "images are no array of numbers.*same size"),
        (np.array([IMAGES[0], None], object), "no array of numbers"),
    ],
)
@pytest.mark.parametrize("side", ["train", "validation"])
def test_values_that_the_network_would_misread_are_refused(images, words, side):
    good = (IMAGES, LABELS)
    pairs = [(images, LABELS[: len(images)]), good][:: 1 if side == "train" else -1]
    with pytest.raises(ValueError, match=f"{side}: .*{words}"):
        training.fit(tiny_model(), *pairs, epochs=1)


NOISE = np.random.default_rng(0).normal(0, 20, IMAGES.shape)


@pytest.mark.parametrize(
    "images",
    [
        IMAGES + NOISE,  # below 0 and above 255
        IMAGES[..., 0],
        IMAGES.astype(np.float16),
        IMAGES.astype(np.uint16),
        IMAGES.astype(">f4"),
        IMAGES.tolist(),
        tf.cast(IMAGES, tf.bfloat16),
        np.zeros_like(IMAGES),
    ],
)
def test_values_that_the_network_reads_well_are_understood(images):
    model = tiny_model()
    run = training.fit(model, (images, LABELS), VALIDATION, epochs=1, show=False)
    assert np.isfinite(run.history["loss"]).all()


def test_what_is_behind_other_layers_or_in_another_network_counts():
    augmented = models.cats_dogs_cnn(22, augment=True)
    nested = keras.Sequential([keras.Input((22, 22, 3)), augmented])
    whole = keras.Model(nested.inputs, nested(nested.inputs[0]))
    for model in (augmented, nested, whole):
        with pytest.raises(ValueError, match=r"0\.\.1 already"):
            as_images("train", np.full((2, 22, 22, 3), 0.5), model)


def test_a_network_that_does_not_scale_takes_any_range_and_bytes_with_a_warning():
    plain = taking(4, 4, 1, scaled=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for images in (IMAGES / 255, IMAGES / 100 - 1, IMAGES * 300.0, IMAGES):
            as_images("train", images, plain)  # Rescaling(1) may mean anything
        head = keras.Sequential([keras.Input((9,)), keras.layers.Dense(1)])
        as_images("train", np.full((2, 9), 9, np.uint8), head)
    raw = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 3)])
    with pytest.warns(UserWarning, match=r"train: .*Rescaling\(1 / 255\)"):
        as_images("train", IMAGES, raw)
    image = keras.Input((4, 4, 1))
    by_hand = keras.Model(image, keras.layers.Conv2D(1, 3)(image / 255))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_images("train", IMAGES, by_hand)


@pytest.mark.parametrize(
    ("shape", "takes", "words"),
    [
        ((2, 3, 8, 9), (8, 9, 3), r"channels come first; np\.moveaxis"),
        ((2, 8, 9), (8, 9, 3), r"gray; np\.repeat\(images\[\.\.\., np\.newaxis\], 3"),
        ((2, 8, 9, 1), (8, 9, 3), r"gray; np\.repeat\(images, 3"),
        ((2, 8, 9, 3), (8, 9, 1), "in colour"),
        ((2, 8, 9, 4), (8, 9, 3), "fourth channel is opacity"),
        ((8, 9, 3), (8, 9, 3), "single image"),
        ((8, 9), (8, 9, 1), "single image"),
        ((2, 9, 9, 3), (8, 9, 3), r"\(9, 9, 3\), but .*; tf\.image\.resize"),
        ((2, 72), (8, 9, 1), r"\(72,\), but the model takes \(8, 9, 1\)"),
    ],
)  # fmt: skip
def test_images_of_another_shape_are_refused_with_what_mends_them(shape, takes, words):
    with pytest.raises(ValueError, match=f"train: images have the shape.*{words}"):
        as_images("train", np.full(shape, 99), taking(*takes))


@pytest.mark.parametrize(
    ("shape", "takes"),
    [
        ((2, 8, 9), (8, 9, 1)),
        ((2, 8, 9, 1), (8, 9)),
        ((2, 8, 9, 3), (None, None, 3)),
        ((2, 72), (72,)),
    ],
)
def test_images_that_keras_fits_in_are_let_through(shape, takes):
    model = keras.Sequential([keras.Input(takes), keras.layers.Rescaling(1 / 255)])
    assert as_images("train", np.full(shape, 99), model).shape == shape
    model(np.full(shape, 99.0))


def test_photographs_on_the_disk_are_sent_to_as_dataset():
    with pytest.raises(ValueError, match=r"data\.as_dataset\('train', image_size="):
        training.fit(tiny_model(), (datasets.Photos([]), LABELS), VALIDATION, epochs=1)


def test_a_network_of_mixed_precision_trains_and_its_run_comes_back(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Rescaling(1 / 255, dtype="mixed_float16"),
            keras.layers.Flatten(dtype="mixed_float16"),
            keras.layers.Dense(3, dtype="mixed_float16"),
            keras.layers.Activation("softmax", dtype="float32"),
        ]
    )
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01))
    model.compile(optimizer, "sparse_categorical_crossentropy")
    run = training.fit(model, TRAIN, VALIDATION, epochs=1, show=False)
    loaded = training.load_run(run.save(tmp_path / "run.zip"))
    np.testing.assert_array_equal(
        loaded.model.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )
