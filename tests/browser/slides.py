"""Judge slides: does each fit on its page, and is everything on it as it must be?"""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page


@dataclass
class Slide:
    """What stands on one slide."""

    id: str
    text: str
    outside: list[str] = field(default_factory=list)
    clipped: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    empty: bool = False

    @property
    def complaints(self) -> list[str]:
        where = f"slide {self.id} ({self.text[:40]!r})"
        # The last pieces are the lowest; one overfull page has dozens.
        found = [f"{where}: outside the page: {what}" for what in self.outside[-2:]]
        found += [f"{where}: needs scrolling: {what}" for what in self.clipped[:2]]
        found += [f"{where}: {what}" for what in self.broken]
        return found + ([f"{where}: is empty"] if self.empty else [])


# Everything that is seen on the present slide (each piece of text, each picture, each
# control) must lie inside the page and not under RISE's arrows and page number, and
# nothing may need scrolling. One pixel is lost in rounding.
LOOK = """() => {
    const slide = document.querySelector('section.present section.present')
        || document.querySelector('section.present');
    const own = node => node.closest(
        '.fragment:not(.visible), .cm-layer, .jp-InputPrompt, .jp-OutputPrompt, ' +
        'mjx-assistive-mml');
    const name = (node, text) => node.tagName.toLowerCase() +
        [...node.classList].slice(0, 2).map(c => '.' + c).join('') + ' ' +
        JSON.stringify((text || node.textContent || '').trim().slice(0, 40));
    const visible = [...slide.querySelectorAll('*')].filter(node =>
        node.checkVisibility({opacityProperty: true, visibilityProperty: true}) &&
        !own(node));
    const seen = [], outside = [], clipped = [];
    for (const node of visible) {
        if (node.clientWidth === 1) continue;  // read aloud, not seen
        if (node.matches('svg, canvas, img, video, input, select, button, textarea'))
            seen.push([node, '', node.getBoundingClientRect()]);
        for (const text of node.childNodes) {
            if (text.nodeType !== Node.TEXT_NODE || !text.data.trim()) continue;
            const range = document.createRange();
            range.selectNodeContents(text);
            for (const box of range.getClientRects()) seen.push([node, text.data, box]);
        }
        const style = getComputedStyle(node);
        const hides = v => v !== 'visible';
        if (!node.closest('.cm-gutters, textarea, input, select, svg') &&
            ((hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1) ||
             (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 1)) &&
            node.clientWidth > 1)  // an inline element has no client width
            clipped.push(name(node) +
                ` shows ${node.clientWidth}x${node.clientHeight}` +
                ` of ${node.scrollWidth}x${node.scrollHeight}`);
    }
    const marks = [...document.querySelectorAll('.slide-number, .controls button')]
        .map(node => node.getBoundingClientRect());
    let empty = true;
    for (const [node, text, box] of seen) {
        if (!box.width || !box.height || node.closest('.jp-cell-toolbar')) continue;
        empty = false;
        if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 ||
            box.left < -1 || box.top < -1)
            outside.push(`${name(node, text)} ends at ${Math.round(box.right)}, ` +
                         `${Math.round(box.bottom)}`);
        else if (marks.some(mark => box.right > mark.left && box.left < mark.right &&
                                    box.bottom > mark.top && box.top < mark.bottom))
            outside.push(`${name(node, text)} is under the arrows or page number`);
    }
    const broken = [];
    for (const node of slide.querySelectorAll('.jp-OutputArea-output')) {
        const text = node.textContent;
        if (/(error|stderr)$/.test(node.dataset.mimeType || ''))
            broken.push('an error output: ' + text.slice(0, 200));
        if (/Error (displaying|rendering) widget|Loading widget/.test(text))
            broken.push('a widget that did not load: ' + text.slice(0, 200));
    }
    return {
        text: slide.textContent.trim().replace(/\\s+/g, ' ').slice(0, 200),
        id: slide.id, outside, clipped, broken, empty,
    };
}"""


LEAF = "section:not(:has(section))"  # slides may stand one below the other
# Whether the present slide has a fragment that is still to come. A locator, which looks
# for shadows in the whole page, would cost more than showing it.
COVERED = """() => !!(document.querySelector('section.present section.present')
    || document.querySelector('section.present')
).querySelector('.fragment:not(.visible)')"""
# The same two frames later, in one call.
LOOK_WHEN_STILL = f"""async () => {{
    const look = {LOOK};
    let now = look(), before, frames = 0;
    do {{
        before = JSON.stringify(now);
        for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
        now = look();
    }} while (JSON.stringify(now) !== before && ++frames < 100);
    return now;
}}"""

# Which slide is shown, and how many of its fragments.
PLACE = """() => {
    const slide = document.querySelector('section.present section.present');
    return [slide.id, slide.querySelectorAll('.fragment.visible').length];
}"""


def walk_slides(page: Page, folder: Path | None = None) -> list[Slide]:
    """Page through the slides with Page Down, as a presenter does.

    A slide is looked at once its fragments are all there, when most of the page is
    needed. A picture of each that is not as it must be goes into `folder`.
    """
    shown: list[Slide] = []
    # Reveal leaves the keys to the element that has the focus when it is an editor.
    page.evaluate("document.activeElement?.blur()")
    while True:
        while page.evaluate(COVERED):
            page.keyboard.press("PageDown")
        slide = look(page)
        if shown and slide.id == shown[-1].id:
            assert len(shown) == page.locator(LEAF).count()
            return shown
        shown.append(slide)
        if folder and slide.complaints:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{len(shown):02}-{slide.id}.png")
        page.keyboard.press("PageDown")


def look(page: Page) -> Slide:
    """Judge the present slide once it has stopped changing."""
    return Slide(**page.evaluate(LOOK_WHEN_STILL))
