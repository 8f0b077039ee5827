"""Put a verdict on the page."""

import sys

from course_utils.exercises.words import Verdict


def show(verdict: Verdict, id_: str) -> None:
    """Display a verdict in a notebook, print it elsewhere."""
    ipython = sys.modules.get("IPython")
    if not (ipython and ipython.get_ipython()):
        print(verdict)
        return
    from IPython.display import display

    # The metadata is for programs that read executed notebooks.
    display(
        {"text/plain": str(verdict), "text/html": verdict.html()},
        metadata={"exercise": {"id": id_, "status": verdict.status}},
        raw=True,
    )
