"""Decks on paper: two slides a page with the presenter's notes, as PDF."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.chromium import MISSING, chromium


def print_handouts(decks: list[Path], folder: Path) -> list[Path]:
    """Print each deck into the folder, and give the PDF files.

    Raises
    ------
    SystemExit
        Where there is no Chromium.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            raise SystemExit(
                f"{MISSING}. Or open {decks[0]} in Chrome or Edge, with "
                "?print-pdf&handout behind the address, and print it."
            )
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for deck in decks:
            page.goto(f"{deck.absolute().as_uri()}?print-pdf&handout")
            page.wait_for_selector(".sheet")
            files.append(folder / f"{deck.stem}.pdf")
            page.pdf(
                path=files[-1],
                prefer_css_page_size=True,
                print_background=True,
                tagged=True,
            )
        browser.close()
    return files
