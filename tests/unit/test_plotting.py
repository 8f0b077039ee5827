"""Figures: what is drawn, in which colours, and that all of them can be read aloud."""

import base64
import html.parser
import io
import re

import matplotlib.pyplot as plt
import nbclient
import nbformat
import numpy as np
import pytest
from matplotlib.text import Text
from nbconvert import HTMLExporter, SlidesExporter
from PIL import Image

from course_utils import filters, plotting
from course_utils.plotting import page as paper
from course_utils.plotting.encoding import rendered

ALT = 'Two maps: the "left" one is larger than 3 & brighter, <b>twice</b>.'


@pytest.fixture(autouse=True)
def _style():
    plt.switch_backend("agg")
    with plt.style.context("default"):
        plotting.use_style()
        yield
    plt.close("all")


class Images(html.parser.HTMLParser):
    """The attributes of every picture on a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


@pytest.fixture(scope="module")
def notebook():
    """A notebook that shows one figure, executed."""
    source = f"""
    import matplotlib.pyplot as plt
    from course_utils import plotting
    plotting.use_style()
    figure, ax = plt.subplots(figsize=(3, 2))
    plotting.show_image(ax, [[0, 1]])
    plotting.show(figure, {ALT!r})
    """
    cell = nbformat.v4.new_code_cell("\n".join(map(str.strip, source.splitlines())))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    return notebook


def test_a_shown_figure_is_one_output_with_its_text(notebook):
    (output,) = notebook.cells[0].outputs  # and not drawn again at the end of the cell
    assert output["data"]["text/plain"] == f"Figure: {ALT}"
    (image,) = Images(output["data"]["text/html"]).found
    assert image["alt"] == ALT


@pytest.mark.parametrize("exporter", [HTMLExporter, SlidesExporter])
def test_exported_pages_read_the_text_aloud(notebook, exporter):
    page, _ = exporter().from_notebook_node(notebook)
    assert [image["alt"] for image in Images(page).found] == [ALT]


def shown(capture, make):
    """The page that a call puts on the display."""
    seen = []
    capture.setattr(paper, "display", lambda bundle, raw: seen.append(bundle))
    make()
    return seen[0]


def test_an_animation_is_one_small_picture_with_all_its_frames(monkeypatch):
    figure, ax = plt.subplots(figsize=(4, 2))
    (dot,) = ax.plot([0], [0], "o")
    ax.set(xlim=(0, 9), ylim=(0, 9))

    def frames():
        for place in range(10):
            dot.set_data([place], [place])
            yield figure

    bundle = shown(monkeypatch, lambda: plotting.animate(frames(), ALT, seconds=0.1))
    assert bundle["text/plain"] == f"Animation: {ALT}"
    page = bundle["text/html"]
    (image,) = Images(page).found
    assert (image["alt"], image["width"]) == (ALT, "400")
    assert page.count("data:image/webp;") == 2
    moving, still = (
        Image.open(io.BytesIO(base64.b64decode(data)))
        for data in sorted(re.findall(r"base64,([^\"]+)", page), key=len, reverse=True)
    )
    assert moving.size == still.size == (800, 400)  # stays sharp when it grows
    assert getattr(moving, "n_frames", 1) == 10
    seen, lasts = [], []
    for i in range(10):
        moving.seek(i)
        seen.append(np.asarray(moving.convert("RGB")))
        lasts.append(moving.info["duration"])
    assert lasts == [100] * 9 + [2000]
    assert len({frame.tobytes() for frame in seen}) == 10
    assert np.array_equal(seen[-1], np.asarray(still.convert("RGB")))
    fresh = rendered(figure, 200)
    assert np.array_equal(seen[-1], np.asarray(fresh))  # without loss
    assert not plt.get_fignums()


def test_animations_refuse_what_cannot_move():
    (one, _), (other, _) = plt.subplots(figsize=(1, 1)), plt.subplots(figsize=(2, 1))
    with pytest.raises(ValueError, match="alt is empty"):
        plotting.animate([one, one], " ")
    with pytest.raises(ValueError, match="at least two figures of one size, not 1"):
        plotting.animate([one], ALT)
    with pytest.raises(ValueError, match=r"\(100, 100\), \(200, 100\)"):
        plotting.animate([one, other], ALT)
    with pytest.raises(TypeError, match="must be a matplotlib Figure"):
        plotting.animate(["one", "two"], ALT)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="seconds must be"):
        plotting.animate([one, one], ALT, seconds=0)


def test_a_figure_is_closed_when_it_was_shown():
    figure, _ = plt.subplots()
    plotting.show(figure, "Nothing")
    assert not plt.fignum_exists(figure.number)


def test_a_figure_needs_words():
    figure, ax = plt.subplots()
    with pytest.raises(ValueError, match="alt is empty"):
        plotting.show(figure, " \n")
    with pytest.raises(
        TypeError, match=r"figure must be a matplotlib Figure, not .*Axes"
    ):
        plotting.picture(ax, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "limits", "cmap"),
    [
        (np.array([[0, 200]], np.uint8), (0, 255), "gray"),
        ([[0.2, 0.5]], (0, 1), "gray"),
        ([[0.0, 3.0]], (0, 3), "gray"),
        ([[False, True]], (0, 1), "gray"),
        ([[-2.0, 0.5]], (-2, 2), "signed"),
        ([[-0.1, 0.5]], (-0.5, 0.5), "signed"),
        ([[0, 0]], (0, 1), "gray"),
        (np.array([[-128, 5]], np.int8), (-128, 128), "signed"),
    ],
)
def test_colours_start_at_zero_and_signed_ones_have_it_in_the_middle(
    image, limits, cmap
):
    drawn = plotting.show_image(plt.subplots()[1], image)
    assert drawn.get_clim() == limits
    assert drawn.get_cmap().name == cmap


def test_limits_and_colours_can_be_given():
    ax = plt.subplots()[1]
    assert plotting.show_image(ax, [[1, 2]], signed=True).get_clim() == (-2, 2)
    assert plotting.show_image(ax, [[0, 0]], signed=True).get_clim() == (-1, 1)
    assert plotting.show_image(ax, [[1, -2]], limit=8).get_clim() == (-8, 8)
    assert (
        plotting.show_image(ax, [[1, 2]], cmap="cividis").get_cmap().name == "cividis"
    )


def test_negative_is_blue_zero_white_and_positive_orange():
    drawn = plotting.show_image(plt.subplots()[1], [[-1, 0, 1]])
    negative, zero, positive = drawn.to_rgba(np.array([-1, 0, 1]))
    assert negative[2] > negative[0] + 0.5
    assert positive[0] > positive[2] + 0.5
    assert zero[:3] == pytest.approx([1, 1, 1], abs=0.01)


@pytest.mark.parametrize("dtype", [np.uint8, float])
def test_colour_images_are_drawn_as_they_are(dtype):
    image = np.array([[[1, 0, 1], [0, 1, 0]]], dtype)
    drawn = plotting.show_image(plt.subplots()[1], image, "two pixels")
    np.testing.assert_array_equal(drawn.get_array(), image)


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.ones((2, 2, 4)), ValueError, r"\(H, W, 3\), not \(2, 2, 4\)"),
        (np.ones(3), ValueError, r"not \(3,\)"),
        (np.ones((0, 3)), ValueError, r"not \(0, 3\)"),
        ([[np.nan]], ValueError, "NaN"),
        (np.full((2, 2, 3), 1.5), ValueError, r"in 0\.\.1, but .*from 1\.5 to 1\.5"),
        (np.full((2, 2, 3), 200), ValueError, "int64 from 200 to 200"),
        ([[1j]], TypeError, r"draw \.real, \.imag or abs\(\)"),
        ([["a"]], TypeError, "real numbers"),
    ],
)
def test_what_cannot_be_drawn_is_named(image, error, words):
    with pytest.raises(error, match=words):
        plotting.show_image(plt.subplots()[1], image)


def test_numbers_stand_in_their_own_cells_and_can_be_read():
    array = np.array([[0, 255, 9], [128, 64, 1]], np.uint8)
    ax = plt.subplots()[1]
    drawn = plotting.show_numbers(ax, array)
    written = {text.get_position(): text for text in ax.texts}
    assert len(written) == array.size
    for (row, column), number in np.ndenumerate(array):
        text = written[column, row]
        assert int(text.get_text()) == number
        background = drawn.to_rgba(np.array([number]))[0, :3]
        ink = 1.0 if text.get_color() == "white" else 0.0
        assert abs(np.mean(background) - ink) > 0.4


@pytest.mark.parametrize("shape", [(28, 28), (3, 3), (5, 9)])
@pytest.mark.parametrize("layout", ["constrained", "none"])
def test_numbers_do_not_run_into_each_other(shape, layout):
    figure, ax = plt.subplots(figsize=(7, 7), layout=layout)
    plotting.show_numbers(ax, np.full(shape, 0.25) * -1)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert boxes[1].x0 > boxes[0].x1
    assert boxes[0].y0 > boxes[shape[1]].y1
    assert boxes[0].height > 6  # pixels


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.25, ".25"),
        (-0.5, "−.5"),
        (1 / 9, ".11"),
        (-8, "−8"),
        (10, "10"),
        (-0.001, "0"),
        (0, "0"),
        (100.0, "100"),
        (1.999, "2"),
    ],
)
def test_numbers_are_short(number, text):
    ax = plt.subplots()[1]
    plotting.show_numbers(ax, [[number]])
    assert ax.texts[0].get_text() == text


def test_numbers_of_a_colour_image_need_a_channel():
    with pytest.raises(ValueError, match="choose one channel"):
        plotting.show_numbers(plt.subplots()[1], np.ones((2, 2, 3)))


def drawn(figure):
    return [ax for ax in figure.axes if ax.images]


def test_a_grid_shows_every_image_under_its_title():
    images = np.arange(5 * 4).reshape(5, 2, 2).astype(np.uint8)
    figure = plotting.show_grid(images, titles=list("abcde"), columns=3)
    panels = drawn(figure)
    assert [ax.get_title(loc="left") for ax in panels] == list("abcde")
    for ax, image in zip(panels, images):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
    assert [bool(ax.axison) for ax in figure.axes] == [True] * 5 + [False]
    assert panels[0].get_subplotspec().get_geometry()[:2] == (2, 3)


def test_larger_titles_take_no_room_from_the_images():
    widths, images = [], np.zeros((4, 3, 3))
    for size in (11, 16):
        figure = plotting.show_grid(images, list("abgy"), 2, title_size=size)
        for _ in range(2):  # as figures are stored
            figure.draw_without_rendering()
        texts = [text for text in figure.findobj() if isinstance(text, Text)]
        assert [text.get_fontsize() for text in texts if text.get_text()] == [size] * 4
        widths.append(figure.axes[0].get_window_extent().width)
    assert widths[1] == pytest.approx(widths[0], rel=0.02)


def test_kernels_by_name_have_their_weights_written_in():
    panels = drawn(plotting.show_kernels(filters.KERNELS))
    assert [ax.get_title(loc="left") for ax in panels] == list(filters.KERNELS)
    for ax, kernel in zip(panels, filters.KERNELS.values()):
        assert len(ax.texts) == kernel.size
        largest = np.abs(kernel).max()
        assert ax.images[0].get_clim() == pytest.approx((-largest, largest))
        assert ax.images[0].get_cmap().name == "signed"


def test_large_kernels_have_colours_alone_and_one_scale_where_it_is_given():
    kernels = [np.full((7, 7), 0.5), np.full((7, 7), -2.0)]
    panels = drawn(plotting.show_kernels(kernels, limit=2))
    assert not any(ax.texts for ax in panels)
    assert {ax.images[0].get_clim() for ax in panels} == {(-2, 2)}


def test_wrong_grids_are_named():
    with pytest.raises(ValueError, match="images is empty"):
        plotting.show_grid([])
    with pytest.raises(ValueError, match="1 titles for 2 images"):
        plotting.show_grid(np.ones((2, 3, 3)), ["one"])


def test_lines_are_told_apart_by_colour_blind_readers_on_white():
    used = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert set(used) < set(plotting.PALETTE.values())
    for colour in used:  # contrast of WCAG for graphics that need not be text, 2 : 1
        rgb = np.array(plt.matplotlib.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        luminance = linear @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) > 2, colour


def test_curves_count_epochs_from_one_and_mark_the_best() -> None:
    _, ax = plt.subplots()
    history = {"loss": [3.0, 2, 1], "val_loss": [3.0, 1, 2], "accuracy": [0.1, 0.2]}
    plotting.show_curves(ax, history, "loss", best_epoch=1)
    training, validation, best = ax.lines
    np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(training.get_ydata(), history["loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history["val_loss"])
    np.testing.assert_array_equal(best.get_xdata(), [2, 2])
    assert training.get_color() != validation.get_color()
    with pytest.raises(ValueError, match="metric: 'speed'; there are loss"):
        plotting.show_curves(ax, history, "speed")
    plt.close()
