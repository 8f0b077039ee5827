"""A question with choices that explain themselves, with and without a kernel.

Not jupyterquiz 2.9.6: it loads MathJax from another host where there is none, tells
nothing to screen readers or to Python (so there is no progress), and draws a random
name for its HTML from the shared generator: no comparison of outputs survives that.
"""

import html
import re
from pathlib import Path
from typing import Any

import anywidget
import traitlets

PAGE = "<div><p><strong>{title}</strong></p><p>{question}</p>{options}</div>"
OPTION = "<details><summary>{text}</summary><p>{verdict}: {feedback}</p></details>"


class Quiz(anywidget.AnyWidget):
    """Choices to click, each with its own feedback, made by `exercises.quiz`.

    Attributes
    ----------
    title, question : str
        The question is HTML.
    options : list of {"text": html, "feedback": html, "right": bool}
    choice : int
        The option that was clicked last, -1 before.
    note : str
        The line below, which Python fills in: the progress.
    """

    _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    title = traitlets.Unicode().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options: Any = traitlets.List().tag(sync=True)
    choice = traitlets.Int(-1).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        options = [f"{chr(97 + i)}) {o['text']}" for i, o in enumerate(self.options)]
        lines = "\n".join([self.title, self.question, *options])
        return html.unescape(re.sub("<[^<>]*>", "", lines))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live widget and, for places without JavaScript, choices that unfold."""
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle
        options = "".join(
            OPTION.format(verdict="Right" if o["right"] else "Not this one", **o)
            for o in self.options
        )
        page = PAGE.format(title=self.title, question=self.question, options=options)
        return data | {"text/plain": repr(self), "text/html": page}, metadata
