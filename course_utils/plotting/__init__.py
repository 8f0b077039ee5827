"""The look of all figures, and the figures that are drawn more than once.

`use_style` comes first in a notebook; `show` puts a figure, with its alternative text,
on the page.
"""

from course_utils.plotting.curves import show_curves
from course_utils.plotting.grids import show_grid, show_kernels
from course_utils.plotting.marks import mark
from course_utils.plotting.numbers import show_numbers
from course_utils.plotting.page import animate, picture, show
from course_utils.plotting.pictures import show_heat, show_image
from course_utils.plotting.style import PALETTE, SIGNED, STYLE, use_style

__all__ = ["PALETTE", "SIGNED", "STYLE", "animate", "mark", "picture", "show"]
__all__ += ["show_curves", "show_grid", "show_heat", "show_image", "show_kernels"]
__all__ += ["show_numbers", "use_style"]
