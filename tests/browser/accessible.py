"""What axe-core finds on a page that keeps people out of it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Experimental in axe-core: who says a button's words must find it.
OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}
# Of code and formulas in the same colours, one each: contrast is slow to measure.
THIN = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll(".highlight span, math")) {
        const place = word.closest(".jp-MarkdownCell") ? "prose" : "code";
        const kind = [word.localName, word.className, place].join();
        if (seen.has(kind)) word.remove();
        seen.add(kind);
    }
}"""
# All slides at once, with all their fragments; what is cut off counts as unseen.
ALL_SLIDES = """() => {
    for (const box of document.querySelectorAll("html, body, .reveal, .slides"))
        box.style.cssText = "overflow: visible; position: static; height: auto; " +
            "transform: none; zoom: 1";
    for (const slide of document.querySelectorAll(".slides section, .fragment")) {
        slide.hidden = false;
        slide.removeAttribute("aria-hidden");
        slide.style.cssText =
            "display: block; position: static; visibility: visible; opacity: 1";
    }
}"""


def found_by_axe(page: Page) -> str:
    """A report on the page as it is, or "". Code is taken out of it before."""
    page.evaluate(THIN)
    if page.evaluate("!!window.Reveal"):
        page.evaluate(ALL_SLIDES)
    found = Axe().run(page, options=OPTIONS)
    return found.generate_report() if found.violations_count else ""


def pale_in_the_dark(page: Page) -> str:
    """The same on the contrast of a deck when it is dark, after `found_by_axe`."""
    page.evaluate('document.body.dataset.theme = "dark"')
    only = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
    found = Axe().run(page, options=only)
    return found.generate_report() if found.violations_count else ""
