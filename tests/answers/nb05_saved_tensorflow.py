"""Lesson 05: functions that save a model and load it, in ways right and wrong."""

import numpy as np

from tests.answers import Told


def by_the_models_module(model, file):
    import keras

    keras.models.save_model(model, str(file))
    return keras.models.load_model(str(file))


def through_another_file(model, file):
    """Written beside it first, so that no half a file is ever there."""
    import keras

    draft = file.with_name("draft.keras")
    model.save(draft)
    draft.replace(file)
    return keras.saving.load_model(file)


def checked(model, file):
    import keras

    keras.saving.save_model(model, file, overwrite=True)
    loaded = keras.saving.load_model(file, safe_mode=True)
    for ours, theirs in zip(loaded.get_weights(), model.get_weights()):
        assert (ours == theirs).all()
    return loaded


def file_comes_back(model, file):
    model.save(file)
    return file


def weights_file(model, file):
    model.save_weights(file)
    return model


def compiled_anew(model, file):
    import keras

    model.save(file)
    loaded = keras.saving.load_model(file, compile=False)
    loaded.compile("sgd", "mse")
    loaded.fit(np.zeros((1, 6)), np.zeros((1, 1)), verbose=0)
    return loaded


def copied_weights(model, file):
    import keras

    model.save(file)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    return twin


def elsewhere(model, file):
    import keras

    other = file.with_name("other.keras")
    model.save(other)
    return keras.saving.load_model(other)


def trained_on(model, file):
    import keras

    model.save(file)
    loaded = keras.saving.load_model(file)
    loaded.train_on_batch(np.zeros((1, 6)), np.ones((1, 1)))
    return loaded


def with_the_optimizer_that_was(model, file):
    """It knows the old network's weights alone: `fit` raises."""
    import keras

    model.save(file)
    loaded = keras.saving.load_model(file, compile=False)
    loaded.compile(model.optimizer, model.loss)
    return loaded


def with_the_number_of_steps(model, file):
    """But without the mean slopes of Adam."""
    import keras

    model.save(file)
    loaded = keras.saving.load_model(file, compile=False)
    loaded.compile("adam", "mse")
    loaded.optimizer.build(loaded.trainable_variables)
    loaded.optimizer.iterations.assign(model.optimizer.iterations)
    return loaded


def never_returned(model, file):
    import keras

    model.save(file)
    model = keras.saving.load_model(file)


RIGHT = {
    "05.save-and-load": [
        lambda: by_the_models_module, lambda: through_another_file, lambda: checked,
    ],
}  # fmt: skip

WRONG = {
    "05.save-and-load": [
        Told(lambda: file_comes_back, "something else does"), lambda: weights_file,
        lambda: compiled_anew, lambda: elsewhere, lambda: trained_on,
        Told(lambda: copied_weights, "the state of the optimiser is lost"),
        Told(lambda: with_the_optimizer_that_was, "the state of the optimiser is lost"),
        lambda: with_the_number_of_steps,
        Told(lambda: never_returned, "Is `return` missing?"),
    ],
}  # fmt: skip
