"""Put a verdict on the page."""

import sys

from course_utils.exercises.words import Verdict

# Where the output knows only the characters of an old code page; the word beside a sign
# says the same.
PLAIN = {"✓ ": "", "✗ ": "", "○ ": "", "×": "x", "²": "**2", "—": "-", "−": "-"}


def show(verdict: Verdict, id_: str) -> None:
    """Display a verdict in a notebook, print it elsewhere."""
    ipython = sys.modules.get("IPython")
    if not (ipython and ipython.get_ipython()):
        say(str(verdict))
        return
    from IPython.display import display

    try:
        # The metadata is for programs that read executed notebooks.
        display(
            {"text/plain": str(verdict), "text/html": verdict.html()},
            metadata={"exercise": {"id": id_, "status": verdict.status}},
            raw=True,
        )
    except UnicodeEncodeError:  # IPython in a terminal prints it
        say(str(verdict))


def say(text: str) -> None:
    """Print a text in the characters that the output has; nothing where it is shut."""
    try:
        print(text)
    except UnicodeEncodeError as error:
        for character, plain in PLAIN.items():
            text = text.replace(character, plain)
        print(text.encode(error.encoding, "replace").decode(error.encoding))
    except (OSError, ValueError):  # nobody can read it
        pass
