"""Explorers: pictures and numbers that answer while the student moves a control."""

from course_utils.widgets.convolution import ConvolutionExplorer
from course_utils.widgets.digit_pad import DigitPad
from course_utils.widgets.feature_maps import FeatureMapExplorer
from course_utils.widgets.gabor import GaborExplorer
from course_utils.widgets.network import network_of
from course_utils.widgets.pooling import PoolingExplorer
from course_utils.widgets.training_explorer import TrainingExplorer
from course_utils.widgets.training_monitor import TrainingMonitor, plain
from course_utils.widgets.turning import TurningExplorer

__all__ = [
    "ConvolutionExplorer",
    "DigitPad",
    "FeatureMapExplorer",
    "GaborExplorer",
    "PoolingExplorer",
    "TrainingExplorer",
    "TurningExplorer",
    "network_of",
]
# What other rooms work with.
__all__ += ["TrainingMonitor", "plain"]
