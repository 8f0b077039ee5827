"""A notebook's cells as HTML, through nbconvert."""

import base64
import mimetypes
import re
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import pass_context
from latex2mathml.commands import FUNCTIONS
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from tools.contract import WIDGET_VIEW
from tools.export.folding import folded
from tools.export.forms import quiz_of, with_form
from tools.notebooks import FOLDER, own_sizes

HERE = Path(__file__).parent
# Only a kernel can answer in these. The first is over once it has been exported: its
# picture stands for it. On the second one can still draw.
NEED_KERNEL = ("TrainingMonitor", "DigitPad")  # the pad, where no network came with it
ASKS_KERNEL = re.compile(r"^\s*(exercises\.)?(check|hint|solution|progress)\(", re.M)
LESSON_LINK = re.compile(r"(\d\d_\w+)\.ipynb((#.*)?)$")
# A function, which latex2mathml writes like a variable, and the factor before it.
NAMES = "|".join(name.lstrip("\\") for name in FUNCTIONS)
FUNCTION = re.compile(rf"(</m(?!o>)\w+>)?<mi>({NAMES})</mi>")


def mathml(formula: str, display: str) -> str:
    """A LaTeX formula as MathML: `y sin x`, with TeX's thin spaces, not `ysinx`."""

    def set_apart(function: re.Match[str]) -> str:
        factor, name = function[1] or "", function[2]
        left = "0.167em" if factor else "0"
        return f'{factor}<mo lspace="{left}" rspace="0.167em">{name}</mo>'

    return FUNCTION.sub(set_apart, convert(formula, display=display))


def embedded(path: Path) -> str | None:
    """A file as an address that holds it; None where there is none."""
    if not path.is_file():
        return None
    data = base64.b64encode(path.read_bytes()).decode()
    return f"data:{mimetypes.guess_type(path)[0]};base64,{data}"


class Renderer(IPythonRenderer):
    """Markdown with formulas as MathML and pictures inside the file."""

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def _html_embed_images(self, html: str) -> str:
        """nbconvert's own closes each tag that it sees: <kbd> loses its key."""
        return super()._html_embed_images(html) if "<img" in html else html

    def _src_to_base64(self, src: str) -> str | None:
        """nbconvert's own takes no file outside the notebook's folder (`../imgs`)."""
        return embedded(FOLDER / src)


class Exporter(HTMLExporter):
    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        attachments = context["cell"].get("attachments", {})
        renderer = Renderer(escape=False, attachments=attachments, embed_images=True)
        return MarkdownWithMath(renderer=renderer).render(source)


def widget_states(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """The state of each widget of ours (anywidget), by model id; bytes as base64."""
    stored = notebook.metadata.get("widgets", {})
    models = stored.get("application/vnd.jupyter.widget-state+json", {"state": {}})
    return {
        key: model["state"]
        | {b["path"][0]: {"base64": b["data"]} for b in model.get("buffers", [])}
        for key, model in models["state"].items()
        if model["model_module"] == "anywidget"
    }


def living(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """The states of the widgets that live without a kernel."""
    return {
        key: state
        for key, state in widget_states(notebook).items()
        if not state["_anywidget_id"].endswith("TrainingMonitor")
    }


def prepare(notebook: NotebookNode) -> NotebookNode:
    """A copy that shows what lives, pictures of what does not, and says which."""
    notebook = deepcopy(notebook)
    states, alive = widget_states(notebook), living(notebook)
    for cell in notebook.cells:
        asks = cell.cell_type == "code" and ASKS_KERNEL.search(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            model = data.get(WIDGET_VIEW, {}).get("model_id")
            state = states.get(model, {})
            kind = state.get("_anywidget_id", "")
            asks = asks or (kind.endswith(NEED_KERNEL) and not state.get("_network"))
            if model not in alive:
                data.pop(WIDGET_VIEW, None)
        cell.metadata["needs_kernel"] = bool(asks)
    return notebook


def body(notebook: NotebookNode, kind: str) -> BeautifulSoup:
    """The cells as `kind`: "deck" (sections for reveal.js) or "page".

    Raises
    ------
    ValueError
        When something would be fetched from elsewhere: the file must be whole.
    """
    notebook = prepare(notebook)
    if kind == "page":
        own_sizes(notebook)  # most of its bytes would be photographs
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        answers = [with_form(output, cell.source) for output in outputs]
        if answers and all(answers):
            cell.metadata["needs_kernel"] = False
        cell.metadata["quiz"] = quiz_of(cell.source) if outputs else ""
    exporter = Exporter(
        extra_template_basedirs=[str(HERE / "templates")],
        template_name="course",
        template_file=f"{kind}.html.j2",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.register_filter("folded", partial(folded, kind=kind))
    html, _ = exporter.from_notebook_node(notebook)
    soup = BeautifulSoup(html, "html.parser")
    for element in soup.select("[src], link"):
        address = str(element.get("src") or element.get("href"))
        if not address.startswith("data:"):
            raise ValueError(f"{address} would be fetched; it must be in the file")
    for link in soup.select("a[href]"):
        link["href"] = LESSON_LINK.sub(r"\1.html\2", str(link["href"]))
    for fold in soup.select("aside.notes details"):  # the speaker sees them open
        if fold.summary:
            fold.summary.decompose()
        fold.unwrap()
    for head in soup.select("th"):
        if not head.get_text(strip=True):
            head.name = "td"  # the corner of a table is the head of nothing
    number_headings(soup)
    return soup


def number_headings(soup: BeautifulSoup) -> None:
    """Give headings of the same words ids of their own."""
    seen: dict[str, int] = {}
    for heading in soup.select("h1[id], h2[id], h3[id], h4[id]"):
        id_ = str(heading["id"])
        seen[id_] = seen.get(id_, 0) + 1
        if seen[id_] > 1:
            heading["id"] = f"{id_}-{seen[id_]}"
            for anchor in heading.select("a.anchor-link"):
                anchor["href"] = f"#{heading['id']}"


def contents(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """The lesson's headings: (id, words)."""
    headings = soup.select("h2[id]")
    return [(str(h["id"]), h.get_text().removesuffix("¶")) for h in headings]
