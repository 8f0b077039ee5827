"""Execute notebooks from a clean kernel and store their outputs.

python -m tools.notebooks          all of them
python -m tools.notebooks 01 04    these two
"""

import base64
import io
import re
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode
from nbformat.validator import normalize
from PIL import Image

from course_utils.plotting.encoding import photograph
from tools.contract import WIDGET_VIEW, complaints, is_small, outputs_are_clean
from tools.export.folding import is_hidden

FOLDER = Path(__file__).parents[1] / "notebooks"
PHOTO = re.compile(r'width="(\d+)" (src="data:image/webp;base64,)([A-Za-z0-9+/=]+)')
PNG_URI = re.compile(r"(data:image/png;base64,)([A-Za-z0-9+/=]+)")
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    # Without language_info ruff lints nothing, silently. The exact Python version would
    # change the file on every machine.
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
    # A slide is a page of 1280x720, scaled to the screen: what fits, fits everywhere.
    "rise": {
        "auto_select": "none",
        "center": False,
        "height": 720,
        "margin": 0,
        "minScale": 0.2,
        "slideNumber": "c/t",
        "start_slideshow_at": "beginning",
        "theme": "white",
        "transition": "none",
        "width": 1280,
    },
}


def smaller_png(png: bytes, photo: int = 60_000) -> bytes:
    """The same picture in fewer bytes.

    Nothing changes in a picture that packs into `photo` bytes (most plots), is gray or
    transparent, or moves. Others are redrawn with their 254 best colours, white and
    black.
    """
    file = Image.open(io.BytesIO(png))
    if getattr(file, "is_animated", False):
        return png  # below only one frame would stay
    image = file.convert("RGBA")
    pixels = np.asarray(image)
    if pixels[..., 3].min() == 255:
        image = image.convert("RGB")
        if (pixels[..., :3] == pixels[..., :1]).all():
            image = image.convert("L")
        elif image.getcolors(256):
            image = image.quantize(256)
        elif len(packed(image)) > photo:
            image = image.quantize(254)
            colours = [*(image.getpalette() or []), *[0] * 762][:762]
            # Paper and ink stay pure: dithering would put dots on them.
            index = np.array(image)
            index[(pixels[..., :3] == 255).all(axis=-1)] = 254
            index[(pixels[..., :3] == 0).all(axis=-1)] = 255
            image = Image.fromarray(index)
            image.putpalette([*colours, 255, 255, 255, 0, 0, 0])
    return min(png, packed(image), key=len)


def smaller_base64(png: str) -> str:
    return base64.b64encode(smaller_png(base64.b64decode(png))).decode()


def own_size(photo: str, width: int) -> str:
    """A figure of photographs with as many pixels as it takes on a page.

    Kernels draw more of them, for slides. Stored, they would be most of a notebook.
    """
    data = base64.b64decode(photo)
    image = Image.open(io.BytesIO(data))
    if getattr(image, "is_animated", False):
        return photo  # only one frame of it would stay
    if data[12:16] == b"VP8L" or image.width <= width:
        return photo  # without loss, and mostly small
    height = round(image.height * width / image.width)
    return base64.b64encode(photograph(image.resize((width, height)))).decode()


def narrower(png: str, width: int) -> str:
    """An explorer's picture with as many pixels as it takes on a page."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    height = round(image.height * width / image.width)
    small = packed(image.resize((width, height), Image.Resampling.LANCZOS))
    return base64.b64encode(smaller_png(small)).decode()


def packed(image: Image.Image) -> bytes:
    """A PNG file as small as zlib can make it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def own_sizes(notebook: NotebookNode) -> None:
    """Bring pictures down to the pixels that they take on a page."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            about = output.get("metadata", {}).get("image/png", {})
            if "image/png" in data and "width" in about:
                data["image/png"] = narrower(data["image/png"], about.pop("width"))
            if "text/html" in data:
                data["text/html"] = PHOTO.sub(
                    lambda found: (
                        f'width="{found[1]}" {found[2]}'
                        + own_size(found[3], int(found[1]))
                    ),
                    data["text/html"],
                )


def normalise(notebook: NotebookNode, *, slides: bool = False) -> None:
    """Remove what changes from run to run and what a stored notebook cannot show.

    For slides, which make pictures larger, these keep all their pixels.
    """
    if not slides:
        own_sizes(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    # A kernel sends what is printed in pieces; where they end is chance. nbclient's own
    # `coalesce_streams` also joins pieces across a figure between them.
    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in ("slideshow", "tags")}
        if is_hidden(cell):
            kept["jupyter"] = {"source_hidden": True}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data or "text/html" in data:
                # Explorers and quizzes give both. Their model ends with the kernel, and
                # JupyterLab would show an error instead of the picture.
                data.pop(WIDGET_VIEW, None)
            if "image/png" in data:
                data["image/png"] = smaller_base64(data["image/png"])
            if "text/html" in data:
                data["text/html"] = PNG_URI.sub(
                    lambda found: found[1] + smaller_base64(found[2]), data["text/html"]
                )


def client_of(notebook: NotebookNode, folder: Path) -> NotebookClient:
    """What executes a notebook with a clean kernel in this folder."""
    return NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )


def store(notebook: NotebookNode, path: Path) -> None:
    """Write it whole or not at all."""
    draft = path.with_suffix(".ipynb.tmp")
    draft.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    draft.replace(path)


def execute(path: Path) -> list[str]:
    """Run one notebook, store it if its outputs are clean, return what is wrong."""
    # Cells without an id get one.
    _, notebook = normalize(nbformat.read(path, as_version=4))
    client = client_of(notebook, path.parent)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return [str(error)]
    normalise(notebook)
    found = outputs_are_clean(notebook) + is_small(notebook)
    if not found:
        store(notebook, path)
    return found


def chosen(names: list[str]) -> list[Path]:
    """The notebooks whose file names begin with one of the names; all without names."""
    paths = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    for name in names:
        if not any(path.name.startswith(name) for path in paths):
            there = ", ".join(path.name for path in paths) or "none"
            raise SystemExit(f"No notebook begins with {name!r}. There are: {there}")
    return [p for p in paths if not names or p.name.startswith(tuple(names))]


def main(names: list[str]) -> int:
    failed = False
    for path in chosen(names):
        start = time.perf_counter()
        found = execute(path)
        seconds = time.perf_counter() - start
        kilobytes = path.stat().st_size / 1000
        state = "NOT STORED" if found else f"{kilobytes:.0f} kB"
        print(f"{path.name:32} {seconds:6.1f} s  {state}", flush=True)
        # Rules about the writing do not keep outputs from being stored, but are told.
        stored = nbformat.read(path, as_version=4)
        found = found or complaints(stored, lesson=not path.name.startswith("00"))
        for line in found:
            print(f"    {line}", flush=True)
        failed |= bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
