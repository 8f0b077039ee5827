"""Code that a room need not read: one line on a slide, which opens."""

import ast
import html
import re

from nbformat import NotebookNode

# Modules whose calls draw, and what figures and axes are called in the lessons.
DRAWS = {"plotting", "plt"}
DRAWN = re.compile(r"(figure|fig|axes|ax|axis|bars?|lines?|panel_axes)$")
# What a figure shows and what is written on it: folded where nothing is computed.
SAID = {"alt", "panels", "text", "title", "titles", "words"}
EXERCISE = re.compile(r"\b(check|quiz|hint|solution)\(|^[^#\n]*(=|return) \.\.\.", re.M)


def is_exercise(source: str) -> bool:
    """Whether a student works in the cell: then all of it is to be seen."""
    return bool(EXERCISE.search(source))


def is_hidden(cell: NotebookNode) -> bool:
    """Whether the author folded the cell's code, as JupyterLab does."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def _root(node: ast.AST) -> str:
    """The first name of `a.b[0].c(...)`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        else:
            return ""
    return node.id


def _draws(statement: ast.stmt) -> bool:
    """Whether a statement only draws: with `plotting`, a figure or its axes."""
    if isinstance(statement, (ast.For, ast.With, ast.If)):
        return all(map(_draws, statement.body + getattr(statement, "orelse", [])))
    if isinstance(statement, ast.Expr):
        called = statement.value
        return isinstance(called, ast.Call) and (
            _root(called) in DRAWS or bool(DRAWN.match(_root(called)))
        )
    if isinstance(statement, ast.Assign):
        targets = [
            part
            for target in statement.targets
            for part in getattr(target, "elts", [target])
        ]
        roots = [_root(target) for target in targets]
        if SAID.issuperset(roots):
            return not any(isinstance(part, ast.Call) for part in ast.walk(statement))
        return _root(statement.value) in DRAWS or all(map(DRAWN.match, roots))
    return False


def drawing_lines(source: str) -> list[tuple[int, int]]:
    """Runs of lines (first, last; from 0) that draw and compute nothing.

    Empty where a student works in the cell, and where it is no plain Python.
    """
    if is_exercise(source):
        return []
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    runs: list[tuple[int, int]] = []
    adjoining = False
    for statement in statements:
        if not _draws(statement):
            adjoining = False
            continue
        first, last = statement.lineno - 1, (statement.end_lineno or 0) - 1
        if adjoining:
            first = runs.pop()[0]
        runs.append((first, last))
        adjoining = True
    return runs


def only_draws(source: str) -> bool:
    """Whether every statement of a cell draws, so that all of it may be folded."""
    if is_exercise(source):
        return False
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    return all(map(_draws, statements))


def names_kept(source: str, later: list[str]) -> set[str]:
    """Names that a cell gives and a later cell uses before it gives them anew."""
    found = set()
    given = {node.id for node in _names(source) if isinstance(node.ctx, ast.Store)}
    for text in later:
        first: dict[str, ast.Name] = {}
        for node in _names(text):
            first.setdefault(node.id, node)
        there = given & first.keys()
        found |= {name for name in there if isinstance(first[name].ctx, ast.Load)}
        given -= there
    return found


def _names(source: str) -> list[ast.Name]:
    """The names in a cell, in the order in which one reads them."""
    try:
        nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)]
    except SyntaxError:
        return []
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


def folded(highlighted: str, cell: NotebookNode, kind: str) -> str:
    """Fold lines of a cell's code, as HTML: all that is hidden; in decks what draws.

    Parameters
    ----------
    highlighted : str
        The code as Pygments gives it: one <pre>, no span over the end of a line.
    cell : NotebookNode
    kind : "deck" or "page"
    """
    start, pre, rest = highlighted.partition("<pre>")
    code, _, after = rest.partition("</pre>")
    lines = code.rstrip("\n").split("\n")
    if is_hidden(cell):
        runs, about = [(0, len(lines) - 1)], "of code"
    elif kind == "deck":
        runs, about = drawing_lines(cell.source), "draw"
    else:
        runs, about = [], ""
    if not pre or not runs or runs[-1][1] >= len(lines):
        return highlighted
    for first, last in reversed(runs):
        count = last - first + 1
        text = f"{count} line{'s' * (count > 1)} {about}"
        if about == "draw" and count == 1:
            text = "1 line draws"
        inside = "\n".join(lines[first : last + 1])
        # Its button stands behind a line of code that stays, where there is one.
        above, below = lines[first - 1 : first], lines[last + 1 : last + 2]
        hidden = f"\n{inside}" if above or not below else f"{inside}\n"
        kind_of = "fold" if above or below else "fold whole"
        fold = (
            f'<span class="{kind_of}"><button type="button" aria-expanded="false">'
            f"… {html.escape(text)}</button>"
            f'<span class="lines" hidden>{hidden}</span></span>'
        )
        if above:
            lines[first - 1 : last + 1] = [f"{above[0]} {fold}"]
        elif below:
            lines[first : last + 2] = [fold + below[0]]
        else:
            lines[first : last + 1] = [fold]
    return f"{start}<pre>" + "\n".join(lines) + f"\n</pre>{after}"
