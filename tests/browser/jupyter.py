"""Drive JupyterLab and its slide show the way a student and a lecturer do."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

from tests.lessons import starts_a_slide
from tools.notebooks import METADATA

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
# The notebook panel that JupyterLab shows, from the application it exposes for tests.
PANEL = "window.jupyterapp.shell.currentWidget"


class Lab:
    """A JupyterLab over a copy of the notebooks, without token, on a free port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("notebooks", "imgs"):
            ignore = shutil.ignore_patterns(".ipynb_checkpoints", "*.tmp")
            shutil.copytree(ROOT / part, folder / part, ignore=ignore)
        self.log = folder / "jupyter.log"
        # By this file a server is known as ours: two workers' folders have one name.
        self.mark = f"served-for-{os.getpid()}"
        (folder / self.mark).touch()
        for _ in range(3):  # the port may be taken between being found and being used
            if self.start():
                return
            self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-2000:]}")

    def start(self) -> bool:
        """Whether a server of this folder, and no other, answers."""
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", "--no-browser"),
                    *("--allow-root", "--ip=127.0.0.1"),
                    *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
                    f"--ServerApp.root_dir={self.folder}",
                    "--IdentityProvider.token=",
                    "--ServerApp.disable_check_xsrf=True",  # for `api`
                    "--LabApp.expose_app_in_browser=True",
                    # Nobody needs what a kernel does before it ends: a second of work.
                    "--KernelManager.shutdown_wait_time=0",
                ],
                env=os.environ
                | {name: str(self.folder / name.lower()) for name in JUPYTER_FOLDERS},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )
        for _ in range(480):
            if self.process.poll() is not None:
                return False
            try:
                self.api("GET", f"contents/{self.mark}?content=0")
            except OSError:  # not yet, or another server, which has no such file
                time.sleep(0.25)
            else:
                return True
        return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def fresh(self, name: str) -> str:
        """End the notebook's kernel and undo its changes; its path on the server."""
        path = f"notebooks/{name}"
        stored = ROOT / path
        for session in self.api("GET", "sessions"):
            if session["path"] == path:
                self.api("DELETE", f"sessions/{session['id']}")
        if stored.exists():
            shutil.copy(stored, self.folder / path)
        return path

    def start_kernel(self, path: str) -> None:
        """Let the notebook's kernel start while the page loads."""
        session = {"path": path, "name": path, "type": "notebook"}
        self.api("POST", "sessions", session | {"kernel": {"name": "python3"}})

    def add(self, name: str, cells: list[str]) -> None:
        """Write a notebook of code cells, a slide each, for `open_notebook`."""
        made = [nbformat.v4.new_code_cell(source) for source in cells]
        for cell in made:
            cell.metadata["slideshow"] = {"slide_type": "slide"}
        notebook = nbformat.v4.new_notebook(cells=made, metadata=METADATA)
        nbformat.write(notebook, self.folder / "notebooks" / name)

    def part(self, name: str, last: str) -> str:
        """Add the lesson up to the slide after that with this text; the part's name."""
        lesson = nbformat.read(ROOT / "notebooks" / name, as_version=4)
        cells = lesson.cells
        here = next(i for i, cell in enumerate(cells) if last in cell.source)
        starts = [i for i, cell in enumerate(cells) if starts_a_slide(cell)]
        lesson.cells = cells[: next(i for i in starts if i > here) + 1]
        nbformat.write(lesson, self.folder / "notebooks" / f"95_{name}")
        return f"95_{name}"


JUPYTER_FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


def open_notebook(page: Page, lab: Lab, name: str, theme: str = "light") -> None:
    """Show `notebooks/<name>` in JupyterLab, with a clean kernel, idle."""
    path = lab.fresh(name)
    metadata = nbformat.read(lab.folder / path, as_version=4).metadata
    assert "kernelspec" in metadata, f"{name} names no kernel: make notebooks"
    lab.start_kernel(path)
    page.goto(f"{lab.url}/lab/tree/{path}?reset")
    page.wait_for_function(
        f"() => window.jupyterapp && {PANEL} && {PANEL}.sessionContext && "
        f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )
    # What JupyterLab notes of the kernel must not make a lesson look changed.
    changed = page.evaluate(
        f"""async () => {{
            const kernel = {PANEL}.sessionContext.session.kernel;
            await Promise.all([kernel.info, kernel.spec]).then();
            return {PANEL}.model.dirty;
        }}"""
    )
    assert not changed, f"{name} is marked as changed, though nothing was done"
    set_theme(page, theme)


def set_theme(page: Page, theme: str) -> None:
    """`theme` is "light" or "dark"."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute("
        "'apputils:change-theme', {theme: `JupyterLab ${theme}`})",
        theme.capitalize(),
    )
    light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
    # JupyterLab stumbles over a second change while the splash of the first one fades.
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def command(page: Page, name: str) -> None:
    """Execute a JupyterLab command, for example "docmanager:save", and wait for it."""
    page.evaluate("name => window.jupyterapp.commands.execute(name)", name)


def run_all(page: Page, timeout: float = 240) -> None:
    """Run every cell; return when the kernel is idle. A cell's error fails the test."""
    page.set_default_timeout(timeout * 1000)
    page.evaluate(
        f"""async () => {{
            await window.jupyterapp.commands.execute('notebook:run-all-cells');
            const kernel = {PANEL}.sessionContext.session.kernel;
            while (kernel.status !== 'idle') await new Promise(r => setTimeout(r, 50));
        }}"""
    )
    page.set_default_timeout(30_000)
    errors = page.evaluate(
        f"""() => [...{PANEL}.content.model.cells].flatMap((cell, i) =>
            cell.type !== 'code' ? [] : cell.outputs.toJSON()
                .filter(o => o.output_type === 'error')
                .map(o => `cell ${{i}}: ${{o.ename}}: ${{o.evalue}}`))"""
    )
    assert not errors, errors


def cell(page: Page, text: str) -> Locator:
    """The first cell whose source contains `text`, scrolled into view."""
    index = page.evaluate(
        f"""async text => {{
            const notebook = {PANEL}.content;
            const index = [...notebook.model.cells]
                .findIndex(cell => cell.sharedModel.getSource().includes(text));
            if (index >= 0) {{
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, 'start');
            }}
            return index;
        }}""",
        text,
    )
    assert index >= 0, f"no cell contains {text!r}"
    found = page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{index}']")
    found.wait_for()
    return found


def output(page: Page, text: str) -> Locator:
    """The output area of the first cell whose source contains `text`."""
    return cell(page, text).locator(".jp-Cell-outputArea")


def in_kernel(page: Page, expression: str) -> str:
    """What the notebook's kernel gives for an expression, as text."""
    return page.evaluate(
        f"""async expression => {{
            const kernel = {PANEL}.sessionContext.session.kernel;
            const reply = await kernel.requestExecute({{
                code: '', silent: true, user_expressions: {{it: expression}},
            }}).done;
            const it = reply.content.user_expressions.it;
            return it.data ? it.data['text/plain'] : it.evalue;
        }}""",
        expression,
    )


def hears(page: Page, expression: str, expected: str = "True") -> None:
    """Wait until the kernel, which is told a moment later, gives what is expected."""
    for _ in range(300):
        if in_kernel(page, expression) == expected:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{expression} is {in_kernel(page, expression)}")


def contrast(root: Locator) -> float:
    """Between the soft text of an explorer and what is behind it."""
    return root.evaluate(
        """root => {
            const luminance = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const label = root.querySelector(".cx-label");
            const both = [getComputedStyle(label).color,
                          getComputedStyle(root).backgroundColor].map(luminance);
            return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        }"""
    )


def open_slides(page: Page, lab: Lab, name: str) -> None:
    """Show the notebook, with its running kernel, as slides."""
    page.goto(f"{lab.url}/rise/notebooks/{name}")
    page.wait_for_selector(".reveal.ready section.present", timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")


def present_and_run(page: Page, lab: Lab, name: str) -> None:
    """Run the notebook in JupyterLab, save it, and open its slides."""
    open_notebook(page, lab, name)
    run_all(page)
    command(page, "docmanager:save")
    open_slides(page, lab, name)
