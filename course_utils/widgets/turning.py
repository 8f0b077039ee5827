"""A picture that is turned, and what networks take it for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets
from matplotlib.figure import Figure
from scipy.special import entr

from course_utils import plotting
from course_utils.widgets.explorer import HERE, STYLE, Explorer, as_unit_image, script


class TurningExplorer(Explorer):
    """Turn a picture with a slider; bars show the probabilities of several methods.

    All answers are computed beforehand, so that it needs no kernel afterwards.

    Parameters
    ----------
    pictures : dict name -> array (A, H, H)
        Each picture at each of A angles, uint8 or in 0..1.
    answers : dict method -> array (P, A, K)
        Probabilities of K classes for each of the P pictures and A angles.
    angles : A numbers
        In degrees, at equal distances, rising.
    classes : K texts
        Names of the classes.

    Raises
    ------
    ValueError
        When the shapes do not fit, angles are not at equal distances, or rows of
        answers are not probabilities.
    """

    _esm = script("turning")
    _css = STYLE + (HERE / "turning.css").read_text(encoding="utf-8")

    picture = traitlets.Unicode().tag(sync=True)
    angle = traitlets.Int().tag(sync=True)
    _axes: traitlets.Dict = traitlets.Dict().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)
    _answers = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        pictures: Mapping[str, npt.ArrayLike],
        answers: Mapping[str, npt.ArrayLike],
        angles: Sequence[int],
        classes: Sequence[str],
        **traits: Any,
    ) -> None:
        self.angles = [int(angle) for angle in angles]
        if len(self.angles) < 2 or len(set(np.diff(self.angles))) != 1:
            raise ValueError(
                f"angles: {self.angles}; needed are two or more at equal distances"
            )
        frames = [[as_unit_image(f) for f in np.asarray(p)] for p in pictures.values()]
        self.frames = np.array(frames)
        shape = self.frames.shape
        if shape != (len(pictures), len(angles), shape[-1], shape[-1]):
            raise ValueError(
                f"pictures: together of shape {shape}; needed are squares, "
                f"one for each of {len(angles)} angles"
            )
        self.answers = {m: np.asarray(a, np.float32) for m, a in answers.items()}
        for method, shares in self.answers.items():
            wanted = (len(pictures), len(angles), len(classes))
            if shares.shape != wanted:
                raise ValueError(
                    f"answers of {method!r} have the shape {shares.shape}; "
                    f"needed is {wanted}"
                )
            if not (shares.min() >= 0 and np.allclose(shares.sum(-1), 1, atol=1e-3)):
                raise ValueError(
                    f"answers of {method!r} are no probabilities: each row must add up "
                    "to 1, without negative numbers and NaN"
                )
        axes = {
            "pictures": [str(name) for name in pictures],
            "methods": list(self.answers),
            "classes": [str(name) for name in classes],
            "angles": self.angles,
            "side": shape[-1],
        }
        super().__init__(
            _axes=axes,
            _pixels=(255 * self.frames).round().astype(np.uint8).tobytes(),
            _answers=b"".join(shares.tobytes() for shares in self.answers.values()),
            picture=traits.pop("picture", axes["pictures"][0]),
            angle=traits.pop("angle", self.angles[0]),
            **traits,
        )

    @traitlets.validate("picture")
    def _known_picture(self, proposal: Any) -> str:
        if proposal.value not in self._axes["pictures"]:
            raise ValueError(
                f"picture: there is no {proposal.value!r}; "
                f"there are {self._axes['pictures']}"
            )
        return proposal.value

    @traitlets.validate("angle")
    def _known_angle(self, proposal: Any) -> int:
        if proposal.value not in self.angles:
            raise ValueError(f"angle: {proposal.value} is none of {self.angles}")
        return proposal.value

    def now(self) -> dict[str, npt.NDArray[np.float32]]:
        """The probabilities (K,) of each method in the present state."""
        row = self._axes["pictures"].index(self.picture)
        column = self.angles.index(self.angle)
        return {method: shares[row, column] for method, shares in self.answers.items()}

    def summary(self) -> str:
        words = [f"{self.picture}, turned by {self.angle} degrees"]
        for method, shares in self.now().items():
            name = self._axes["classes"][shares.argmax()]
            words.append(f"{method} says {name}; entropy {entr(shares).sum():.2f}")
        return ". ".join(words)

    def __repr__(self) -> str:  # answers differ between machines, and nbval compares
        return f"TurningExplorer: {self.picture}, turned by {self.angle} degrees"

    def figure(self) -> Figure:
        """Draw the picture and one row of bars for each method."""
        row = self._axes["pictures"].index(self.picture)
        figure = Figure(figsize=(3.6 * (1 + len(self.answers)), 3.4))
        figure.set_layout_engine("constrained")
        first, *rest = figure.subplots(1, 1 + len(self.answers))
        frame = self.frames[row, self.angles.index(self.angle)]
        plotting.show_image(first, frame, f"turned by {self.angle}°")
        names = self._axes["classes"]
        for ax, (method, shares) in zip(rest, self.now().items()):
            colours = [plotting.PALETTE["sky blue"]] * len(names)
            colours[int(shares.argmax())] = plotting.PALETTE["vermilion"]
            ax.barh(names, shares, color=colours)
            ax.set(title=method, xlim=(0, 1), xlabel="probability")
            ax.invert_yaxis()
        return figure
