"""Networks trained on ImageNet: the installed one, those of Keras, or from a file.

    model = pretrained.load()
    probabilities = model.predict(model.preprocess(photo)[None])
    model.decode(probabilities)[0]

Every network here takes images in 0..255; the scaling that it was trained with is its
first layer, so that it cannot be forgotten.
"""

from course_utils.pretrained.answers import class_names, decode
from course_utils.pretrained.applications import APPLICATIONS, Preprocessing
from course_utils.pretrained.installed import efficientnet_lite0
from course_utils.pretrained.loading import load
from course_utils.pretrained.photographs import preprocess

__all__ = ["APPLICATIONS", "Preprocessing", "class_names", "decode"]
__all__ += ["efficientnet_lite0", "load", "preprocess"]
