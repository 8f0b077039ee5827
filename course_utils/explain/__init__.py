"""Look into a network: what its layers answer, what they like, where they look.

Everything here works on Sequential, functional, subclassed and nested models, because
it listens to the layers while the model runs instead of cutting the model into pieces.
Nothing is changed: neither the model, nor the image. Scores are logits, what the last
layer gives before its softmax or sigmoid.
"""

from course_utils.explain.heat_maps import class_activation_map, grad_cam, occlusion
from course_utils.explain.maps import activations, convolutions
from course_utils.explain.preferred import preferred_input

__all__ = ["activations", "class_activation_map", "convolutions", "grad_cam"]
__all__ += ["occlusion", "preferred_input"]
