"""Figures as files: sharp, and the same for the same figure."""

import base64
import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_utils import plotting
from course_utils.plotting.encoding import rendered


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    plt.switch_backend("agg")
    with plt.style.context("default"):
        plotting.use_style()
        yield
    plt.close("all")


def stored(text: str) -> tuple[dict[str, str], str, bytes]:
    """Attributes of a stored figure, its kind and its bytes."""
    image = dict(re.findall(r'(\w+)="([^"]*)"', text))
    data = re.fullmatch(r"data:image/([a-z+]+);base64,(.+)", image["src"])
    assert data
    return image, data[1], base64.b64decode(data[2])


def test_a_plot_is_a_drawing_that_asks_for_no_font():
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.plot([1, 2], [3, 4], label="line <1> & 2")
    ax.legend()
    image, kind, data = stored(plotting.picture(figure, "A line\n   that rises"))
    assert image["alt"] == "A line that rises"
    assert (kind, image["width"]) == ("svg+xml", "400")
    root = ElementTree.fromstring(data)  # whole and well-formed
    assert (root.get("width"), root.get("height")) == ("400", "300")
    assert root.get("viewBox") == "0 0 288 216"
    assert not [node for node in root.iter() if node.tag.endswith(("text", "image"))]
    # Whatever is asked for is in the file: letters, ticks, the frame that cuts off.
    ids = {node.get("id") for node in root.iter()}
    assert set(re.findall(rb'(?:href="|url\()#([^")]+)', data)) <= {
        str(name).encode() for name in ids
    }
    assert b"href=" in data


def test_pixels_keep_their_edges():
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.imshow(np.eye(5))
    image, kind, data = stored(plotting.picture(figure, "Five pixels"))
    assert (kind, image["width"]) == ("webp", "400")
    with Image.open(io.BytesIO(data)) as drawing:
        assert drawing.size == (800, 600)  # two for each pixel of the page
        fresh = rendered(figure, 200)
        assert np.array_equal(np.asarray(drawing.convert("RGB")), np.asarray(fresh))


def test_nothing_is_cut_off_above_pictures_that_are_narrower_than_their_place():
    figure, axes = plt.subplots(1, 3, figsize=(6.6, 2.4))
    for ax in axes:
        plotting.show_image(ax, np.eye(5), "before: 89%")
    _, _, data = stored(plotting.picture(figure, "Three pictures"))
    with Image.open(io.BytesIO(data)) as drawing:
        assert np.asarray(drawing.convert("L"))[0].min() == 255


@pytest.mark.parametrize("said", [True, False])
def test_photographs_are_stored_with_a_little_loss(said):
    figure, ax = plt.subplots(figsize=(4, 3))
    noise = np.random.default_rng(0).random((150, 200, 3))
    ax.imshow(np.zeros((2, 2)) if said else noise)
    _, kind, data = stored(plotting.picture(figure, "Noise", photo=said))
    assert kind == "webp"
    assert b"VP8 " in data[:16]  # lossless files say VP8L
    with Image.open(io.BytesIO(data)) as photo:
        assert photo.size == (800, 600)


def test_a_drawing_of_many_points_is_stored_as_pixels():
    figure, ax = plt.subplots()
    ax.scatter(*np.random.default_rng(0).random((2, 3000)))
    assert stored(plotting.picture(figure, "Points"))[1] == "webp"


@pytest.mark.parametrize("draw", ["plot", "imshow", "colorbar"])
def test_the_same_figure_gives_the_same_bytes(draw):
    def drawing():
        figure, ax = plt.subplots()
        if draw == "plot":
            ax.plot([1, 2], [3, 1])
        else:
            shown = ax.imshow(np.eye(3))
        if draw == "colorbar":
            figure.colorbar(shown)
        return figure

    figure = drawing()
    texts = [plotting.picture(f, "x") for f in (figure, figure, drawing())]
    assert len(set(texts)) == 1
