"""Pictures in stored notebooks: few bytes, and what must stay stays."""

import base64
import io
from copy import deepcopy
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from course_utils.widgets import PoolingExplorer
from tests.unit.test_notebooks import png, stored
from tools import notebooks
from tools.export import files


def test_photographs_are_stored_with_the_pixels_of_the_page(tmp_path: Path) -> None:
    source = (
        "import matplotlib.pyplot as plt\nimport numpy as np\n"
        "from course_utils import plotting\n"
        "for photo in (True, False):\n"
        "    figure, ax = plt.subplots(figsize=(3, 2))\n"
        "    ax.imshow(np.eye(9))\n"
        "    plotting.show(figure, 'Nine pixels', photo=photo)"
    )
    path = stored(tmp_path, source)
    assert notebooks.execute(path) == []
    outputs = nbformat.read(path, as_version=4).cells[0].outputs
    pages = [output.data["text/html"] for output in outputs]
    sizes = []
    for page in pages:
        assert 'width="300"' in page
        data = base64.b64decode(page.split("base64,")[1].split('"')[0])
        sizes.append(Image.open(io.BytesIO(data)).size)
    assert sizes == [(300, 200), (600, 400)]  # pixels keep their edges


def test_a_deck_has_all_pixels_of_photographs_unless_it_would_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = Image.fromarray(np.eye(600, dtype=np.uint8)).convert("RGB")
    data = base64.b64encode(notebooks.photograph(pixels)).decode()
    html = f'<img alt="x" width="300" src="data:image/webp;base64,{data}">'
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    head = nbformat.v4.new_markdown_cell("# 99 Test")
    cells = [head, nbformat.v4.new_code_cell("show()", outputs=[output])]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=notebooks.METADATA)
    for kind, most, width in [
        ("deck", 10**9, 600),
        ("deck", 1000, 300),
        ("page", 10**9, 300),
    ]:
        monkeypatch.setattr(files, "LARGEST", most)
        made = files.lesson_file(notebook, kind)
        data = made.partition('alt="x"')[2].partition("base64,")[2].partition('"')[0]
        assert Image.open(io.BytesIO(base64.b64decode(data))).width == width


def test_explorers_are_stored_with_the_pixels_of_the_page_and_slides_have_all() -> None:
    explorer = PoolingExplorer()
    data, about = explorer._repr_mimebundle_()
    picture = base64.b64encode(data["image/png"]).decode()
    sizes = []
    for slides in (False, True):
        output = nbformat.v4.new_output(
            "display_data", data={"image/png": picture}, metadata=deepcopy(about)
        )
        cell = nbformat.v4.new_code_cell("explorer", outputs=[output])
        notebooks.normalise(nbformat.v4.new_notebook(cells=[cell]), slides=slides)
        stored_picture = base64.b64decode(cell.outputs[0].data["image/png"])
        sizes.append(Image.open(io.BytesIO(stored_picture)).width)
        assert ("width" in cell.outputs[0].metadata["image/png"]) == slides
    width = about["image/png"]["width"]
    assert sizes[0] == width
    assert sizes[1] in (2 * width, 2 * width + 1)


def test_smaller_png_keeps_plots_and_grays_exactly() -> None:
    rng = np.random.default_rng(0)
    plot = np.full((300, 500, 3), 255, np.uint8)
    plot[::20, :, :] = rng.integers(0, 255, (15, 500, 3))
    gray = np.repeat(rng.integers(0, 256, (300, 500, 1), np.uint8), 3, axis=2)
    for pixels in (plot, gray):
        small = notebooks.smaller_png(png(pixels))
        assert len(small) < len(png(pixels)) / 2
        again = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))
        np.testing.assert_array_equal(again, pixels)


def test_smaller_png_keeps_animations_as_they_are() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "white")]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    assert notebooks.smaller_png(file.getvalue()) == file.getvalue()


def test_animations_keep_their_frames_and_pixels() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "white")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    data = base64.b64encode(file.getvalue()).decode()
    assert notebooks.own_size(data, width=20) == data


def test_smaller_png_keeps_photographs_close_and_paper_white() -> None:
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(0, 200, 400), np.linspace(0, 200, 400))
    photo = np.stack([x, y, (x + y) / 2], axis=-1) + rng.normal(0, 3, (400, 400, 3))
    pixels = photo.clip(0, 254).astype(np.uint8)
    pixels[:20] = 255
    small = notebooks.smaller_png(png(pixels))
    again = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))
    assert len(small) < len(notebooks.packed(Image.fromarray(pixels))) / 2
    assert (again[:20] == 255).all()
    assert np.abs(again.astype(int) - pixels).mean() < 6


# --- What nbval compares ---
