"""What every stored notebook must keep to: one rule a function.

A rule takes a notebook and gives its complaints, each naming the cell, counted from 0,
and what to do about it. `complaints` asks them all.
"""

import re
from collections.abc import Callable, Iterator

import nbformat
from nbformat import NotebookNode

from tools.dependence import Trained
from tools.export.folding import is_hidden, names_kept, only_draws

MAX_BYTES = 1_000_000
MAX_LINES = 18
MAX_PRINTED = 95  # characters; a longer line is wrapped on RISE
NOTE = ("<details><summary>For the presenter</summary>\n\n", "\n\n</details>")
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
IGNORE = "nbval-ignore-output"

# How lines of TensorFlow, absl and Python's logging and warnings begin.
LOG_LINE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+|[IWEF]\d{4} \d\d:\d\d|"
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b.*:|.*Warning: )",
    re.MULTILINE,
)
# A progress bar that redraws itself stores every one of its states.
REDRAW = re.compile(r"[\b\x1b]|\r(?!\n)")
ABSOLUTE = re.compile(
    r"(?<![\w./])/(home|work|Users|tmp|root|private)/|(?<!\w)[A-Z]:\\"
)
DATA_URI = re.compile(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=\s]*")
MARKDOWN_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\](\(|\[)")
HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
HTML_ALT = re.compile(r"""\balt=("\s*[^"\s]|'\s*[^'\s])""", re.IGNORECASE)
PART_LINE = re.compile(r"^\*Part \d+ of \d+\b.*$", re.MULTILINE)
PART = re.compile(r"\*Part (\d+) of (\d+): [^*\n]+\*\n\n## \S")
# Marks of nbval that switch a check off where a reader of the tags would not see it.
SWITCH = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE)")


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    return [
        (i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"
    ]


def all_outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    for i, cell in code_cells(notebook):
        for output in cell.outputs:
            yield i, output


def texts(output: NotebookNode) -> list[str]:
    """What an output holds as text, without pictures inside it."""
    found = [output.get("text", ""), *output.get("traceback", [])]
    found += [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
    return [DATA_URI.sub("", text) for text in found]


def runs_in_order(notebook: NotebookNode) -> list[str]:
    cells = code_cells(notebook)
    found = [f"cell {i}: an empty code cell" for i, c in cells if not c.source.strip()]
    counts = [cell.execution_count for _, cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        found.append(
            f"cells were not executed once, in order: {counts}; make notebooks"
        )
    return found


def outputs_are_clean(notebook: NotebookNode) -> list[str]:
    """No errors, log lines, warnings or redrawn text; no widget without a picture."""
    found = []
    for i, output in all_outputs(notebook):
        text = "\n".join(texts(output))
        if output.output_type == "error":
            found.append(f"cell {i}: error {output.ename}: {output.evalue}")
        elif output.get("name") == "stderr":
            found.append(f"cell {i}: writes to stderr: {text.strip()[:200]!r}")
        elif match := LOG_LINE.search(text):
            found.append(f"cell {i}: log line or warning: {match.group()!r}")
        elif REDRAW.search(text):
            found.append(f"cell {i}: control characters: verbose=0 or the live monitor")
        if WIDGET_VIEW in output.get("data", {}):
            found.append(
                f"cell {i}: a stored widget shows 'model not found', no picture"
            )
    return found


def keeps_no_widget_state(notebook: NotebookNode) -> list[str]:
    return ["widget state is stored; make notebooks"] * ("widgets" in notebook.metadata)


def slide_type(cell: NotebookNode) -> str | None:
    return cell.metadata.get("slideshow", {}).get("slide_type")


def cells_are_slides(notebook: NotebookNode) -> list[str]:
    return [
        f"cell {i}: slide type {kind!r}; it must be one of {sorted(SLIDE_TYPES)}"
        for i, cell in enumerate(notebook.cells)
        if (kind := slide_type(cell)) not in SLIDE_TYPES
    ]


def notes_are_folded(notebook: NotebookNode) -> list[str]:
    """JupyterLab shows a speaker's note to students, too."""
    return [
        f"cell {i}: a note is Markdown inside {NOTE[0]} ... {NOTE[1]}"
        for i, cell in enumerate(notebook.cells)
        if slide_type(cell) == "notes"
        and not (cell.source.startswith(NOTE[0]) and cell.source.endswith(NOTE[1]))
    ]


def images_have_words(notebook: NotebookNode) -> list[str]:
    """Alternative text for output images and for those in prose, Markdown or HTML."""
    found = []
    for i, output in all_outputs(notebook):
        for kind in output.get("data", {}):
            words = output.metadata.get(kind, {}).get("alt", "")
            if kind.startswith("image/") and not words.strip():
                found.append(
                    f"cell {i}: {kind} without alternative text; plotting.show"
                )
    for i, cell in enumerate(notebook.cells):
        html = [
            output.get("data", {}).get("text/html", "")
            for output in cell.get("outputs", [])
        ]
        if cell.cell_type == "markdown":
            html.append(cell.source)
            for image in MARKDOWN_IMAGE.finditer(cell.source):
                if not image["alt"].strip():
                    found.append(f"cell {i}: Markdown image without alternative text")
        for image in HTML_IMAGE.findall(DATA_URI.sub("", "\n".join(html))):
            if not HTML_ALT.search(image):
                found.append(f"cell {i}: <img> without alternative text")
    return found


def is_seen_by_ruff(notebook: NotebookNode) -> list[str]:
    if notebook.metadata.get("language_info", {}).get("name") == "python":
        return []
    return [
        "language_info is missing: ruff would lint nothing, silently; make notebooks"
    ]


def is_small(notebook: NotebookNode) -> list[str]:
    size = len(nbformat.writes(notebook).encode())
    return [f"{size:,} bytes; at most {MAX_BYTES:,}"] * (size > MAX_BYTES)


def names_no_machine(notebook: NotebookNode) -> list[str]:
    """No absolute path, in sources and outputs."""
    found = []
    for i, cell in enumerate(notebook.cells):
        outputs = [text for output in cell.get("outputs", []) for text in texts(output)]
        for text in [DATA_URI.sub("", cell.source), *outputs]:
            if match := ABSOLUTE.search(text):
                path = text[match.start() :].split()[0]
                found.append(f"cell {i}: absolute path {path!r}")
    return found


def code_fits_a_slide(notebook: NotebookNode) -> list[str]:
    return [
        f"cell {i}: {lines} lines of code; aim at 15, at most {MAX_LINES}"
        for i, cell in code_cells(notebook)
        if (lines := len(cell.source.splitlines())) > MAX_LINES
    ]


def printed_lines_fit_a_slide(notebook: NotebookNode) -> list[str]:
    return [
        f"cell {i}: prints {len(line)} characters in a line, RISE shows {MAX_PRINTED}"
        for i, output in all_outputs(notebook)
        if output.output_type == "stream"
        for line in output.text.splitlines()
        if len(line) > MAX_PRINTED
    ]


def only_drawing_is_folded(notebook: NotebookNode) -> list[str]:
    """What a student has to read is open; what only draws a picture need not be."""
    found = []
    cells = code_cells(notebook)
    for at, (i, cell) in enumerate(cells):
        if not is_hidden(cell):
            continue
        kept = names_kept(cell.source, [after.source for _, after in cells[at + 1 :]])
        if not only_draws(cell.source):
            found.append(f"cell {i}: folded, though it does more than draw")
        elif kept:
            found.append(f"cell {i}: folded, but later cells use {sorted(kept)}")
        elif not any("<img" in text for out in cell.outputs for text in texts(out)):
            found.append(f"cell {i}: folded, and there is no picture to see instead")
    return found


def begins_with_goals(notebook: NotebookNode) -> list[str]:
    head = notebook.cells[0] if notebook.cells else None
    if head is None or head.cell_type != "markdown":
        return ["the first cell must be Markdown: title, goals, minutes"]
    found = []
    if not re.search(r"^# \S", head.source, re.MULTILINE):
        found.append("the first cell has no title (# ...)")
    if len(re.findall(r"^\s*[-*] \S", head.source, re.MULTILINE)) < 2:
        found.append("the first cell lists no goals (at least two lines '- ...')")
    if not re.search(r"\d+ minutes", head.source):
        found.append("the first cell does not say how many minutes are needed")
    return found


def differing_outputs_are_asserted(notebook: NotebookNode) -> list[str]:
    """Where nbval ignores an output, the cell or one soon after asserts something."""
    found = []
    cells = code_cells(notebook)
    for at, (i, cell) in enumerate(cells):
        tags = cell.metadata.get("tags", [])
        near = [after.source for _, after in cells[at : at + 4]]
        if IGNORE in tags and not any(
            re.search(r"^\s*assert\b", s, re.M) for s in near
        ):
            found.append(f"cell {i}: its output is ignored, but no assert follows it")
        hidden = [
            t for t in tags if t.startswith(("nbval-", "raises-")) and t != IGNORE
        ]
        if hidden or SWITCH.search(cell.source):
            found.append(f"cell {i}: switches nbval off; only the tag {IGNORE} may")
    return found


def trainings_may_be_stopped(notebook: NotebookNode) -> list[str]:
    """An assert about a training says what to do after one that was stopped early."""
    trained = Trained()
    return [
        f"cell {i}: no message, though it depends on a training: {text}"
        for i, cell in code_cells(notebook)
        for text in trained.silent_asserts(cell.source)
    ]


def parts_are_numbered(notebook: NotebookNode) -> list[str]:
    """*Part 2 of 4: name* stands over the heading of the slide that opens the part."""
    found = []
    lines = {
        i: line
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown"
        for line in PART_LINE.findall(cell.source)
    }
    for count, (i, line) in enumerate(lines.items(), start=1):
        opening = PART.match(notebook.cells[i].source)
        if not opening or slide_type(notebook.cells[i]) not in ("slide", "subslide"):
            found.append(f"cell {i}: {line!r} opens no slide with a heading (## ...)")
        elif (int(opening[1]), int(opening[2])) != (count, len(lines)):
            found.append(f"cell {i}: {line!r} is part {count} of {len(lines)}")
    return found


def has_exercises(notebook: NotebookNode) -> list[str]:
    count = sum(
        bool(re.search(r"\bcheck\(", c.source)) for _, c in code_cells(notebook)
    )
    return [f"{count} cells call check(...); a lesson has at least 3"] * (count < 3)


RULES: list[Callable[[NotebookNode], list[str]]] = [
    runs_in_order,
    outputs_are_clean,
    keeps_no_widget_state,
    cells_are_slides,
    notes_are_folded,
    images_have_words,
    is_seen_by_ruff,
    is_small,
    names_no_machine,
    code_fits_a_slide,
    printed_lines_fit_a_slide,
    only_drawing_is_folded,
    begins_with_goals,
    parts_are_numbered,
    differing_outputs_are_asserted,
    trainings_may_be_stopped,
]


def complaints(notebook: NotebookNode, *, lesson: bool = True) -> list[str]:
    """All that is wrong with a notebook; `lesson` is False for notebook 00."""
    rules = [*RULES, has_exercises] if lesson else RULES
    return [line for rule in rules for line in rule(notebook)]
