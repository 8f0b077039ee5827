"""Drive JupyterLab and its slide show the way a student and a lecturer do."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
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


@dataclass
class Slide:
    """What stands on one slide."""

    id: str
    text: str
    outside: list[str] = field(default_factory=list)
    clipped: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    empty: bool = False

    @property
    def complaints(self) -> list[str]:
        where = f"slide {self.id} ({self.text[:40]!r})"
        # The last pieces are the lowest; one overfull page has dozens.
        found = [f"{where}: outside the page: {what}" for what in self.outside[-2:]]
        found += [f"{where}: needs scrolling: {what}" for what in self.clipped[:2]]
        found += [f"{where}: {what}" for what in self.broken]
        return found + ([f"{where}: is empty"] if self.empty else [])


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


# Everything that is seen on the present slide (each piece of text, each picture, each
# control) must lie inside the page and not under RISE's arrows and page number, and
# nothing may need scrolling. One pixel is lost in rounding.
LOOK = """() => {
    const slide = document.querySelector('section.present section.present')
        || document.querySelector('section.present');
    const own = node => node.closest(
        '.fragment:not(.visible), .cm-layer, .jp-InputPrompt, .jp-OutputPrompt, ' +
        'mjx-assistive-mml');
    const name = (node, text) => node.tagName.toLowerCase() +
        [...node.classList].slice(0, 2).map(c => '.' + c).join('') + ' ' +
        JSON.stringify((text || node.textContent || '').trim().slice(0, 40));
    const visible = [...slide.querySelectorAll('*')].filter(node =>
        node.checkVisibility({opacityProperty: true, visibilityProperty: true}) &&
        !own(node));
    const seen = [], outside = [], clipped = [];
    for (const node of visible) {
        if (node.clientWidth === 1) continue;  // read aloud, not seen
        if (node.matches('svg, canvas, img, video, input, select, button, textarea'))
            seen.push([node, '', node.getBoundingClientRect()]);
        for (const text of node.childNodes) {
            if (text.nodeType !== Node.TEXT_NODE || !text.data.trim()) continue;
            const range = document.createRange();
            range.selectNodeContents(text);
            for (const box of range.getClientRects()) seen.push([node, text.data, box]);
        }
        const style = getComputedStyle(node);
        const hides = v => v !== 'visible';
        if (!node.closest('.cm-gutters, textarea, input, select, svg') &&
            ((hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1) ||
             (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 1)) &&
            node.clientWidth > 1)  // an inline element has no client width
            clipped.push(name(node) +
                ` shows ${node.clientWidth}x${node.clientHeight}` +
                ` of ${node.scrollWidth}x${node.scrollHeight}`);
    }
    const marks = [...document.querySelectorAll('.slide-number, .controls button')]
        .map(node => node.getBoundingClientRect());
    let empty = true;
    for (const [node, text, box] of seen) {
        if (!box.width || !box.height || node.closest('.jp-cell-toolbar')) continue;
        empty = false;
        if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 ||
            box.left < -1 || box.top < -1)
            outside.push(`${name(node, text)} ends at ${Math.round(box.right)}, ` +
                         `${Math.round(box.bottom)}`);
        else if (marks.some(mark => box.right > mark.left && box.left < mark.right &&
                                    box.bottom > mark.top && box.top < mark.bottom))
            outside.push(`${name(node, text)} is under the arrows or page number`);
    }
    const broken = [];
    for (const node of slide.querySelectorAll('.jp-OutputArea-output')) {
        const text = node.textContent;
        if (/(error|stderr)$/.test(node.dataset.mimeType || ''))
            broken.push('an error output: ' + text.slice(0, 200));
        if (/Error (displaying|rendering) widget|Loading widget/.test(text))
            broken.push('a widget that did not load: ' + text.slice(0, 200));
    }
    return {
        text: slide.textContent.trim().replace(/\\s+/g, ' ').slice(0, 200),
        id: slide.id, outside, clipped, broken, empty,
    };
}"""


LEAF = "section:not(:has(section))"  # slides may stand one below the other


def walk_slides(page: Page, folder: Path | None = None) -> list[Slide]:
    """Page through the slides with Page Down, as a presenter does.

    A slide is looked at once its fragments are all there, when most of the page is
    needed. A picture of each that is not as it must be goes into `folder`.
    """
    shown: list[Slide] = []
    # Reveal leaves the keys to the element that has the focus when it is an editor.
    page.evaluate("document.activeElement?.blur()")
    while True:
        while page.locator(f"{LEAF}.present .fragment:not(.visible)").count():
            page.keyboard.press("PageDown")
        slide = look(page)
        if shown and slide.id == shown[-1].id:
            assert len(shown) == page.locator(LEAF).count()
            return shown
        shown.append(slide)
        if folder and slide.complaints:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{len(shown):02}-{slide.id}.png")
        page.keyboard.press("PageDown")


def look(page: Page) -> Slide:
    """Judge the present slide once it has stopped changing."""
    before, after = None, page.evaluate(LOOK)
    for _ in range(100):
        if before == after:
            break
        page.wait_for_timeout(60)
        before, after = after, page.evaluate(LOOK)
    return Slide(**after)
