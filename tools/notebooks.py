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
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).parents[1] / "notebooks"
MAX_BYTES = 1_000_000
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# How lines of TensorFlow, absl and Python's logging and warnings begin.
LOG_LINE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+|[IWEF]\d{4} \d\d:\d\d|"
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b.*:|.*\w*Warning: )",
    re.MULTILINE,
)
# A progress bar that redraws itself stores every one of its states.
REDRAW = re.compile(r"[\b\x1b]|\r(?!\n)")
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


def smaller_png(png: bytes, photo: int = 40_000) -> bytes:
    """The same picture in fewer bytes.

    Nothing changes in a picture of at most 256 colours (most plots), or of less than
    `photo` bytes, or with transparency. Others are redrawn with their 256 best colours.
    """
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    if np.asarray(image)[..., 3].min() == 255:
        image = image.convert("RGB")
        palette = image.quantize(256, method=Image.Quantize.MEDIANCUT)
        if np.array_equal(np.asarray(palette.convert("RGB")), np.asarray(image)):
            image = palette
        elif len(packed(image)) > photo:
            image = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return min(png, packed(image), key=len)


def packed(image: Image.Image) -> bytes:
    """A PNG file as small as zlib can make it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def normalise(notebook: NotebookNode) -> None:
    """Remove what changes from run to run and what a stored notebook cannot show."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in ("slideshow", "tags")}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                # An explorer gives both. Its model ends with the kernel, and JupyterLab
                # would show an error instead of the picture.
                data.pop(WIDGET_VIEW, None)
                png = smaller_png(base64.b64decode(data["image/png"]))
                data["image/png"] = base64.b64encode(png).decode()


def unclean(notebook: NotebookNode) -> list[str]:
    """What the outputs hold that a reader should never see, one line each."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            text = output.get("text", "")
            if output.output_type == "error":
                found.append(f"cell {number}: error {output.ename}: {output.evalue}")
            elif output.get("name") == "stderr":
                found.append(f"cell {number}: writes to stderr: {text.strip()[:200]!r}")
            elif match := LOG_LINE.search(text):
                found.append(f"cell {number}: log line or warning: {match.group()!r}")
            elif REDRAW.search(text):
                found.append(
                    f"cell {number}: control characters (a progress bar or colours) "
                    "in the text; use verbose=0 or the live monitor"
                )
            if WIDGET_VIEW in output.get("data", {}):
                found.append(
                    f"cell {number}: a widget without a picture beside it; the stored "
                    'notebook would show "model not found"'
                )
    return found


def execute(path: Path) -> list[str]:
    """Run one notebook, store it if its outputs are clean, return what is wrong."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return [str(error)]
    normalise(notebook)
    text = nbformat.writes(notebook) + "\n"
    found = unclean(notebook)
    if len(text.encode()) > MAX_BYTES:
        found.append(f"{len(text.encode()):,} bytes; at most {MAX_BYTES:,} are allowed")
    if not found:
        draft = path.with_suffix(".ipynb.tmp")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
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
        for line in found:
            print(f"    {line}", flush=True)
        failed |= bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
