"""Explorers: pictures and numbers that answer while the student moves a control."""

from course_utils.widgets.convolution import ConvolutionExplorer

__all__ = ["ConvolutionExplorer"]
