"""Our JavaScript reads in one go: no long file, no long function.

Functions are found by their brackets, once strings, comments and the like are blanked.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = ROOT / "tools" / "export" / "reveal"  # reveal.js, as its authors ship it
FILES = sorted(
    path
    for folder in ("course_utils", "tools")
    for path in (ROOT / folder).rglob("*.js")
    if FOREIGN not in path.parents
)
FILE_LIMIT = 400
FUNCTION_LIMIT = 120

# What may hide a bracket. A slash begins a regular expression where no value stands.
HIDING = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<slash>/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)
    |(?P<tick>`)|(?P<bracket>[{}])""",
    re.VERBOSE | re.DOTALL,
)
NO_VALUE = re.compile(r"(?:^|[(,=:\[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case))\s*$")
NO_FUNCTION = {"if", "for", "while", "switch", "catch", "with"}


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def only_code(source: str) -> str:
    """The source, with blanks for what could hide a bracket."""
    made = ""
    at = 0
    open_braces: list[str] = []  # "{" of code, "$" of a ${...} in a template
    while found := HIDING.search(source, at):
        made += source[at : found.start()]
        at = found.end()
        kind, text = found.lastgroup, found.group()
        if kind == "slash" and not NO_VALUE.search(made):
            made += "/"  # a division; what follows it is code
            at = found.start() + 1
        elif kind == "bracket" and text == "{":
            open_braces.append("{")
            made += text
        elif kind == "bracket" and open_braces.pop() == "{":
            made += text
        elif kind in ("tick", "bracket"):  # a template begins, or goes on after ${...}
            rest = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(`|\$\{)", re.DOTALL)
            end = rest.match(source, at)
            assert end, f"a template without end: {source[at : at + 40]!r}"
            if end[1] == "${":
                open_braces.append("$")
            made += blank(text + end[0])
            at = end.end()
        else:
            made += blank(text)
    assert not open_braces
    return made + source[at:]


def partners(code: str) -> dict[int, int]:
    """The place of each bracket's partner, both ways."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in re.finditer(r"[()\[\]{}]", code):
        at = match.start()
        if match[0] in "([{":
            waiting.append(at)
        else:
            begin = waiting.pop()
            assert code[begin] + match[0] in ("()", "[]", "{}"), code[begin : at + 1]
            found |= {begin: at, at: begin}
    assert not waiting
    return found


def functions(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of each function, method and arrow."""
    code = only_code(source)
    partner = partners(code)

    def line(at: int) -> int:
        return code.count("\n", 0, at) + 1

    for match in re.finditer(r"\)\s*\{", code):  # function f(...) {, f(...) {
        head = partner[match.start()]
        word = re.search(r"[\w$]*\s*$", code[:head])
        if word and word[0].strip() not in NO_FUNCTION:
            yield line(head), line(partner[match.end() - 1])
    for match in re.finditer(r"=>\s*", code):
        at = match.end()
        while at < len(code) and code[at] not in ",;)]}":
            at = partner.get(at, at) + 1
            if code[match.end()] == "{":
                break
        yield line(match.start()), line(at - 1)


def lines(count: int) -> str:
    return "  f();\n" * count


SAMPLES = {
    "function": ("function f(a, { b } = {}) {\n" + lines(3) + "}", [5]),
    "method": ("const a = {\n  f() {\n" + lines(2) + "  },\n};", [4]),
    "arrow": ("const f = (a) => {\n" + lines(2) + "};\nlet b;\n", [4]),
    "expression": ("const f = (a) =>\n  g(a,\n    (b) => b);\n", [3, 1]),
    "closure": ("function f() {\n  const g = () => {\n  };\n}", [4, 2]),
    "no function": ("if (a) {\n" + lines(3) + "}\nfor (;;) {\n}\n", []),
    "strings": ('function f() {\n  g("{", \'}\', "\\"}");\n}', [3]),
    "comments": ("function f() {\n  // } it's\n  /* } */\n}", [4]),
    "template": ("function f() {\n  g(`} ${h({ a: `{` })} }`);\n}", [3]),
    "regular expression": ("function f(a) {\n  a.match(/[/}]\\/}/g);\n}", [3]),
    "division": ("function f(a, b) {\n  return a / b + (a) / 2;\n}", [3]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_measure_finds_functions_and_their_ends(name: str) -> None:
    source, sizes = SAMPLES[name]
    assert [last - first + 1 for first, last in functions(source)] == sizes


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_and_no_function_is_long(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= FILE_LIMIT
    long = [
        f"{path.name}:{first}: {last - first + 1} lines"
        for first, last in functions(source)
        if last - first >= FUNCTION_LIMIT
    ]
    assert not long, f"over {FUNCTION_LIMIT} lines: {long}"
