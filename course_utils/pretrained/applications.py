"""The networks of `keras.applications`, each with the scaling it was trained with."""

from pathlib import Path
from typing import Any

import keras

from course_utils.pretrained.installed import INSTALLED
from course_utils.pretrained.weights_file import load_h5, mobilenet_width

# Networks of keras.applications, and the module that has their preprocessing.
APPLICATIONS = {
    "VGG16": "vgg16",
    "VGG19": "vgg19",
    "ResNet50": "resnet",
    "ResNet50V2": "resnet_v2",
    "InceptionV3": "inception_v3",
    "Xception": "xception",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet",
}


@keras.saving.register_keras_serializable("course_utils")
class Preprocessing(keras.Layer):
    """What the networks of one module of `keras.applications` were trained with.

    Parameters
    ----------
    family : name of the module, such as "vgg16"; its `preprocess_input` is called.
    """

    def __init__(self, family: str, **options: Any) -> None:
        super().__init__(**options)
        if family not in APPLICATIONS.values():
            raise ValueError(f"family: {family!r}; allowed are {APPLICATIONS.values()}")
        self.family = family

    def call(self, images: Any) -> Any:
        return getattr(keras.applications, self.family).preprocess_input(images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "family": self.family}


def application(
    name: str, include_top: bool, input_size: int, path: Path | None
) -> keras.Model:
    build = getattr(keras.applications, name)
    options: dict[str, Any] = {"include_top": include_top}
    if name == "MobileNet" and path is not None:
        options["alpha"] = mobilenet_width(path)
    image = keras.Input((input_size, input_size, 3), name="image")
    scaled = Preprocessing(APPLICATIONS[name], name="preprocess")(image)
    try:
        model = build(weights=None, input_tensor=scaled, **options)
        # Keras made a list of the input, and would warn of images that are none.
        model = keras.Model(image, model.output, name=model.name)
    except ValueError as error:
        raise ValueError(f"input_size: {input_size} with {name}: {error}") from error
    if path is not None:
        load_h5(model, path)
        return model
    try:
        trained = build(weights="imagenet", **options)
    except Exception as error:  # Keras raises plain Exception
        raise OSError(
            f"weights: those of {name} could not be downloaded ({error}); try again, "
            "bring the file by other means and give its path, or use "
            f"{INSTALLED!r}, which is installed"
        ) from error
    try:
        model.set_weights(trained.get_weights())
    except ValueError as error:  # dense layers on flattened maps, as in VGG16
        raise ValueError(
            f"input_size: {input_size}; the top of {name} only fits "
            f"{trained.input_shape[1]} pixels"
        ) from error
    return model
