"""Make explorers live in a plain HTML file: no server, no kernel, no network.

The file carries each widget's JavaScript module and state, and a stand-in for the
Jupyter model, small enough to read.
"""

import base64
import html
import json
from pathlib import Path

from course_utils.widgets.explorer import Explorer

HOST = (Path(__file__).parent / "standalone.js").read_text(encoding="utf-8")


def encode_state(explorer: Explorer) -> dict:
    """Return the widget's synced traits as JSON: bytes become {"base64": ...}."""
    return {
        name: {"base64": base64.b64encode(value).decode()}
        if isinstance(value, bytes)
        else value
        for name, value in explorer.get_state().items()
    }


def page(*explorers: Explorer, title: str = "Explorer") -> str:
    """Return a self-contained HTML page in which the explorers are alive."""
    blocks = "\n".join(
        '<div class="explorer"></div><script type="application/json">'
        + json.dumps(encode_state(e)).replace("</", r"<\/")
        + "</script>"
        for e in explorers
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><body>{blocks}"
        f'<script type="module">{HOST}</script></body></html>'
    )
