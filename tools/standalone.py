"""Make explorers live in a plain HTML file: no server, no kernel, no network.

The file carries each widget's JavaScript module and state, and a stand-in for the
Jupyter model, small enough to read.
"""

import base64
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_utils.widgets.explorer import Explorer
from course_utils.widgets.network import halved

HOST = (Path(__file__).parent / "standalone.js").read_text(encoding="utf-8")


def encode_state(explorer: Explorer) -> dict[str, Any]:
    """Return the widget's synced traits as JSON: bytes become {"base64": ...}."""
    return {
        name: {"base64": base64.b64encode(value).decode()}
        if isinstance(value, bytes)
        else value
        for name, value in explorer.get_state().items()
    }


def widgets_script(states: Mapping[str, Mapping[str, Any]]) -> str:
    """The element that holds the widgets of a file: their states, by model id.

    What many widgets share (code, style, the pictures that they learn from) is there
    once: a state holds its place in "texts".
    """
    texts: list[str] = []

    def place(text: str) -> int:
        if text not in texts:
            texts.append(text)
        return texts.index(text)

    def shared(value: Any) -> Any:
        """Bytes, as base64: their place in "texts"; of a network, half the digits."""
        if isinstance(value, Mapping) and isinstance(value.get("base64"), str):
            return {"base64": place(value["base64"])}
        if isinstance(value, Mapping) and value.get("dtype") == "float32":
            return halved(dict(value))
        return value

    models = {
        key: {
            **{name: shared(value) for name, value in state.items()},
            "_esm": place(state["_esm"]),
            "_css": place(state.get("_css") or ""),
        }
        for key, state in states.items()
    }
    data = json.dumps({"models": models, "texts": texts}).replace("<", r"\u003c")
    return f'<script type="application/json" id="widgets">{data}</script>'


def page(*explorers: Explorer, title: str = "Explorer") -> str:
    """Return a self-contained HTML page in which the explorers are alive."""
    states = {str(i): encode_state(e) for i, e in enumerate(explorers)}
    blocks = "\n".join(
        f'<div class="explorer" data-model="{key}"></div>' for key in states
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><body>{blocks}{widgets_script(states)}"
        f'<script type="module">{HOST}</script></body></html>'
    )
