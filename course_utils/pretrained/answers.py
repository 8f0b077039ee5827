"""Names for the answers: the 1,000 classes of ImageNet."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def decode(predictions: ArrayLike, top: int = 5) -> list[list[tuple[int, str, float]]]:
    """The likeliest classes of each image.

    Parameters
    ----------
    predictions : (N, 1000), or (1000,) for one image; probabilities.
    top : how many classes.

    Returns
    -------
    list : for each image a list of (class index, name, probability), likeliest first.

    Raises
    ------
    ValueError
        For another shape, numbers that are not probabilities, a top outside 1..1000.
    """
    answers = np.atleast_2d(np.asarray(predictions, np.float64))
    if answers.ndim != 2 or answers.shape[1] != 1000:
        raise ValueError(
            f"predictions: their shape is {np.shape(predictions)}; allowed are "
            "(N, 1000) and (1000,)"
        )
    sums = answers.sum(axis=1)
    if not (np.all(answers >= 0) and np.allclose(sums, 1, atol=1e-2)):
        raise ValueError(
            "predictions: they must be probabilities, which add up to 1; give logits "
            "to a softmax first"
        )
    if not 1 <= top <= 1000:
        raise ValueError(f"top: {top}; allowed are 1 to 1000")
    names = class_names()
    best = np.argsort(-answers, axis=1, kind="stable")[:, :top]
    return [
        [(int(i), names[i], float(row[i])) for i in places]
        for row, places in zip(answers, best)
    ]


@cache
def class_names() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes, in the order of the outputs."""
    lines = Path(__file__).with_name("imagenet_classes.txt").read_text("utf-8")
    return tuple(line for line in lines.splitlines() if not line.startswith("#"))
