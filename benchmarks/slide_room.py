"""How much of a slide is taken by what there is to see?

python -m benchmarks.slide_room          all lessons
python -m benchmarks.slide_room 01 04    these two

Decks are made from the stored notebooks, as the tests make them: where an explorer
will live, its picture keeps as much room. Each slide is measured with all its
fragments, on a page of 1280x720.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import launched
from tests.browser.conftest import SIZE
from tests.browser.exported import open_file
from tests.browser.living import keep_their_place, with_heights
from tools.notebooks import chosen

# For each slide: the share of the page that pictures and code take, whether there is
# something to see or to do, its lowest line, and the smallest text (drawings and
# explorers, which have sizes of their own, left out).
MEASURE = """async () => {
    await document.fonts.ready;
    const page = innerWidth * innerHeight;
    const boxes = nodes => [...nodes].map(node => node.getBoundingClientRect());
    const area = rects => rects.reduce((sum, r) => sum + r.width * r.height, 0) / page;
    const written = node => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return range.getBoundingClientRect();
    };
    const found = [];
    for (const slide of document.querySelectorAll("section section")) {
        const { h, v } = Reveal.getIndices(slide);
        Reveal.slide(h, v, 99);
        await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
        const seen = [...slide.querySelectorAll("img, .explorer, video, figure svg")]
            .filter(node => node.checkVisibility() && !node.closest(".explorer img"));
        const code = [...slide.querySelectorAll(".highlight")]
            .filter(node => node.checkVisibility());
        const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
        let lowest = 0, text = 99, letters = 99;
        while (texts.nextNode()) {
            const { parentElement: parent, data } = texts.currentNode;
            if (!data.trim() || !parent.checkVisibility()) continue;
            if (parent.closest(".explorer, aside, math, svg")) continue;
            const size = parseFloat(getComputedStyle(parent).fontSize);
            if (parent.closest("pre, code")) letters = Math.min(letters, size);
            else text = Math.min(text, size);
            lowest = Math.max(lowest, written(texts.currentNode).bottom);
        }
        for (const box of boxes(seen)) lowest = Math.max(lowest, box.bottom);
        const results = [...slide.querySelectorAll(".jp-RenderedText pre")].some(
            printed => printed.innerText.match(/^.*\\d.*$/gm)?.length >= 3);
        const something = seen.length || results || slide.querySelector(
            ".exercise, [role=status], table")  // an exercise, a table
            || code.some(node => node.innerText.includes("quiz("));
        found.push({
            id: slide.id, words: slide.innerText.slice(0, 40).split("\\n").join(" "),
            seen: area(boxes(seen)), code: area(boxes(code)),
            something: !!something, lowest, text, letters,
        });
    }
    return found;
}"""


def measure(page: Page, folder: Path, path: Path) -> list[dict[str, Any]]:
    """What MEASURE says of each slide of a lesson."""
    notebook = with_heights(nbformat.read(path, as_version=4))
    open_file(page, folder, notebook, "deck")
    keep_their_place(page, notebook)
    slides: list[dict[str, Any]] = page.evaluate(MEASURE)
    return slides


def line(name: str, slides: list[dict[str, Any]]) -> str:
    figures = [slide for slide in slides if slide["seen"] > 0]
    shares = [slide["seen"] for slide in figures] or [0.0]
    larger = sum(slide["code"] > slide["seen"] for slide in figures)
    return (
        f"{name:<6}{len(slides):>7}{len(figures) / len(slides):>9.0%}"
        f"{sum(slide['something'] for slide in slides) / len(slides):>11.0%}"
        f"{statistics.median(shares):>8.2f}{larger / max(1, len(figures)):>8.0%}"
        f"{max(slide['lowest'] for slide in slides):>8.0f}"
        f"{min(slide['text'] for slide in slides):>6.0f}"
        f"{min(slide['letters'] for slide in slides):>6.0f}"
    )


def main(names: list[str]) -> None:
    # Pictures are figures, drawings and explorers; to see are also tables, printed
    # results and exercises. The share is that of the pictures on slides with some.
    print(
        f"{'lesson':<6}{'slides':>7}{'pictures':>9}{'to see':>11}{'share':>8}"
        f"{'larger':>8}{'lowest':>8}{'text':>6}{'code':>6}"
    )
    everything = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = launched(playwright).new_page(viewport=SIZE)
        for path in chosen(names):
            slides = measure(page, Path(folder), path)
            everything += slides
            print(line(path.name[:2], slides), flush=True)
    print(line("all", everything))


if __name__ == "__main__":
    main(sys.argv[1:])
