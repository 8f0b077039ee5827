"""The networks have the sizes the lessons speak of, and refuse nonsense."""

import keras
import numpy as np
import pytest

from course_utils import filters, models


def convolution(kernel: int, channels: int, kernels: int) -> int:
    return filters.parameter_count(kernel, channels, kernels)


def dense(inputs: int, units: int) -> int:
    return (inputs + 1) * units


def sides(model: keras.Model) -> list[int]:
    """Height of the maps after each convolution and pool."""
    return [
        layer.output.shape[1]
        for layer in model.layers
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.MaxPooling2D))
    ]


def test_mlp_has_the_weights_of_its_three_dense_layers():
    model = models.mnist_mlp()
    assert model.count_params() == dense(784, 512) + dense(512, 512) + dense(512, 10)
    assert model.count_params() == 669_706


def test_mlp_takes_other_layers_activation_and_dropout():
    model = models.mnist_mlp(hidden=(20, 30, 40), activation=None, dropout=0.3)
    hidden = [layer for layer in model.layers if layer.name.startswith("hidden")]
    assert [layer.units for layer in hidden] == [20, 30, 40]
    assert {layer.activation.__name__ for layer in hidden} == {"linear"}
    drops = [x for x in model.layers if isinstance(x, keras.layers.Dropout)]
    assert [layer.rate for layer in drops] == [0.3] * 3


def test_small_cnn_has_54410_weights():
    model = models.mnist_small_cnn()
    assert sides(model) == [26, 13]
    assert model.count_params() == convolution(3, 1, 32) + dense(13 * 13 * 32, 10)
    assert model.count_params() == 54_410


@pytest.mark.parametrize(
    ("head", "head_weights", "total"),
    [
        ("flatten", dense(3 * 3 * 64, 64) + dense(64, 10), 93_322),
        ("gap", dense(64, 10), 56_394),
    ],
)
def test_lecture_cnn_has_55744_weights_and_a_head(head, head_weights, total):
    model = models.mnist_cnn(head)
    body = convolution(3, 1, 32) + convolution(3, 32, 64) + convolution(3, 64, 64)
    assert body == 55_744
    assert sides(model) == [26, 13, 11, 5, 3]
    assert model.count_params() == body + head_weights == total


def test_cats_and_dogs_at_150_has_the_shapes_of_the_lesson():
    model = models.cats_dogs_cnn()
    assert sides(model) == [148, 74, 72, 36, 34, 17, 15, 7]
    channels = [layer.output.shape[-1] for layer in model.layers[1:9:2]]
    assert channels == [32, 64, 128, 128]
    assert model.count_params() == 3_453_121


def test_cats_and_dogs_at_32_has_three_blocks():
    model = models.cats_dogs_cnn(32)
    assert sides(model) == [30, 15, 13, 6, 4, 2]
    assert model.output_shape == (None, 1)


def test_augmentation_and_dropout_add_no_weights():
    plain = models.cats_dogs_cnn(32)
    full = models.cats_dogs_cnn(32, dropout=0.5, augment=True)
    assert full.count_params() == plain.count_params()
    assert {"augmentation", "dropout"} <= {layer.name for layer in full.layers}


@pytest.mark.parametrize("size", [22, 23, 63, 64, 96])
def test_every_allowed_size_leaves_something_to_flatten(size):
    assert min(sides(models.cats_dogs_cnn(size))) >= 1


BUILDERS = {
    "mlp": models.mnist_mlp,
    "small cnn": models.mnist_small_cnn,
    "cnn": models.mnist_cnn,
    "cnn, pooled": lambda: models.mnist_cnn("gap"),
    "cats and dogs": lambda: models.cats_dogs_cnn(32, dropout=0.5, augment=True),
}


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
def test_answers_are_probabilities_for_whole_number_pixels(build):
    model = build()
    shape = model.input_shape[1:]
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    answers = np.asarray(model(images))
    assert ((answers >= 0) & (answers <= 1)).all()
    if answers.shape[1] > 1:
        np.testing.assert_allclose(answers.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(model(images), answers)  # nothing random in it


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
def test_the_first_layers_scale_to_0_1(build):
    model = build()
    scale = model.get_layer("scale")
    white = scale(np.full((1, *model.input_shape[1:]), 255, np.uint8))
    np.testing.assert_allclose(white, 1, rtol=1e-6)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())
def test_models_can_be_saved_and_have_input_and_output(build, tmp_path):
    model = build()
    assert len(model.inputs) == 1  # which a Sequential without keras.Input lacks
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_digits_may_come_without_the_channel_axis():
    model = models.mnist_small_cnn()
    images = np.random.default_rng(1).integers(0, 256, (4, 28, 28), np.uint8)
    np.testing.assert_allclose(model(images), model(images[..., np.newaxis]), rtol=1e-5)


def test_augmentation_changes_pictures_in_training_only():
    keras.utils.set_random_seed(3)
    layer = models.augmentation()
    photo = np.random.default_rng(2).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    photos = np.repeat(photo, 8, axis=0)
    np.testing.assert_array_equal(layer(photos, training=False), photos)
    variants = np.asarray(layer(photos, training=True))
    assert variants.shape == photos.shape
    assert variants.min() >= -1e-3
    assert variants.max() <= 255 + 1e-3
    for i in range(1, 8):
        assert not np.allclose(variants[i], variants[0])


def test_augmentation_rests_where_nobody_says_whether_it_is_training():
    model = models.cats_dogs_cnn(32, augment=True)
    photos = np.random.default_rng(5).integers(0, 256, (4, 32, 32, 3), np.uint8)
    np.testing.assert_array_equal(model(photos), model(photos, training=False))
    inner = keras.Model(model.inputs[0], model.get_layer("conv_1").output)
    np.testing.assert_array_equal(inner(photos), inner(photos))
    assert not np.allclose(inner(photos, training=True), inner(photos))


def test_augmentation_moves_by_as_much_as_it_says():
    """A point in the centre is moved by shift and shear, and zoomed after."""
    keras.utils.set_random_seed(4)
    photos = np.zeros((64, 65, 65, 1), "float32")
    photos[:, 31:34, 31:34] = 255
    variants = np.asarray(models.augmentation()(photos, training=True))[..., 0]
    total = variants.sum((1, 2))
    rows = (variants.sum(2) * np.arange(65)).sum(1) / total - 32
    columns = (variants.sum(1) * np.arange(65)).sum(1) / total - 32
    assert 4 < np.abs(rows).max() < 6.5 * 1.15  # a tenth of the side, zoomed after
    assert 5 < np.abs(columns).max() < 6.5 * 1.15 + 40 * 0.18  # and slanted


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: models.mnist_cnn("pool"), "head: 'pool'; allowed are 'flatten'"),
        (lambda: models.mnist_mlp(hidden=(512, 0)), "hidden"),
        (lambda: models.mnist_mlp(dropout=1), "dropout: 1"),
        (lambda: models.mnist_mlp(dropout=-0.1), "dropout"),
        (lambda: models.mnist_mlp(activation="rellu"), "rellu"),
        (lambda: models.cats_dogs_cnn(21), "image_size: 21; at least 22"),
        (lambda: models.cats_dogs_cnn(32, dropout=1.5), "dropout"),
    ],
)
def test_nonsense_is_refused_by_name(call, words):
    with pytest.raises(ValueError, match=words):
        call()
