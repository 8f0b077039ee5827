"""What an instructor reads and sends back: a page, and a file for Gradescope."""

import html
import json

from course_utils.exercises.catalogue import lesson as exercises_of
from course_utils.exercises.gradebook import Row, counted, mistakes, shown
from course_utils.exercises.words import SIGNS, as_html

WORDS = {status: (sign, word) for status, (sign, word, _) in SIGNS.items()}
WORDS |= {"missing": ("·", "Nothing"), "by hand": ("?", "Look at it yourself")}
MOST = 5  # mistakes that are shown of an exercise
STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff }
table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto }
th, td { border: 1px solid #999; padding: .2em .6em; text-align: left }
section { border-top: 1px solid #999 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } }
@media print { section { break-inside: avoid } }
"""


def page(rows: list[Row]) -> str:
    """`summary.html`: by exercise, most frequent mistakes, each student's verdicts."""
    parts = []
    for number in sorted({row.lesson for row in rows if row.lesson}):
        group = [row for row in rows if row.lesson == number]
        parts += [f"<h2>Lesson {number}</h2>", _by_exercise(number, group)]
        parts += ["<h3>Most frequent mistakes</h3>", _mistakes(number, group)]
    parts += ["<h2>Students</h2>", *map(_student, rows)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Exercises</title><style>{STYLE}</style></head><body>"
        f"<main><h1>Exercises</h1>{''.join(parts)}</main></body></html>\n"
    )


def _text(words: str) -> str:
    return html.escape(shown(words))


def _by_exercise(number: str, rows: list[Row]) -> str:
    ids = counted(number)
    head = "".join(f'<th scope="col">{id_[3:]}</th>' for id_ in ids)
    lines = [f'<tr><th scope="col">student</th><th scope="col">solved</th>{head}</tr>']
    for row in rows:
        cells = "".join(
            f'<td title="{WORDS[s][1]}"><span aria-label="{WORDS[s][1]}">'
            f"{WORDS[s][0]}</span></td>"
            for s in (row.results.get(id_, "missing") for id_ in ids)
        )
        lines.append(
            f'<tr><th scope="row">{_text(row.student)}</th>'
            f"<td>{row.solved} of {len(ids)}</td>{cells}</tr>"
        )
    solved = (sum(r.results.get(id_) == "correct" for r in rows) for id_ in ids)
    counts = "".join(f"<td>{n}</td>" for n in solved)
    foot = f'<tr><th scope="row">solved by</th><td>of {len(rows)}</td>{counts}</tr>'
    return f"<table>{''.join(lines)}{foot}</table>"


def _mistakes(number: str, rows: list[Row]) -> str:
    lines = ['<tr><th scope="col">exercise</th><th scope="col">mistake</th></tr>']
    for id_ in counted(number):
        found = mistakes(id_, rows, MOST)
        said = "<br>".join(f"{n} × {as_html(shown(words))}" for words, n in found)
        if said:
            lines.append(f'<tr><th scope="row">{id_}</th><td>{said}</td></tr>')
    return f"<table>{''.join(lines)}</table>" if lines[1:] else "<p>None.</p>"


def _student(row: Row) -> str:
    ids = counted(row.lesson)
    parts = [f"<h3>{_text(row.student)}</h3>"]
    if row.lesson:
        parts.append(f"<p>Lesson {row.lesson}: {row.solved} of {len(ids)} solved.</p>")
    if row.note:
        parts.append(f"<p>Note: {_text(row.note)}</p>")
    items = []
    for id_ in ids:
        sign, word = WORDS[row.results.get(id_, "missing")]
        said = " ".join(as_html(shown(line)) for line in row.lines.get(id_, []))
        title = as_html(exercises_of(row.lesson)[id_].title)
        words = [f"<strong>{word}: {title}</strong>", *filter(None, [said])]
        items.append(f"<li>{sign} {'<br>'.join(words)}</li>")
    return f"<section>{''.join(parts)}<ul>{''.join(items)}</ul></section>"


def gradescope(rows: list[Row]) -> str:
    """`gradescope.json`: for each student and lesson what a `results.json` holds."""
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        tests = [
            {
                "name": f"{id_} {exercises_of(row.lesson)[id_].title}",
                "score": int(row.results.get(id_) == "correct"),
                "max_score": 1,
                "output": "\n".join(map(shown, row.lines.get(id_, []))),
            }
            for id_ in counted(row.lesson)
        ]
        lesson, name = row.lesson or "none", shown(row.student)
        while lesson in found.get(name, {}):  # two are called so: neither is lost
            name = f"{name} ({row.file})"
        found.setdefault(name, {})[lesson] = {
            "score": row.solved,
            "output": shown(row.note),
            "output_format": "text",
            "tests": tests,
        }
    return json.dumps(found, indent=1) + "\n"
