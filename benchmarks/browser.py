"""The browser that benchmarks are run in: that of the tests."""

from playwright.sync_api import Browser, Playwright

from tests.browser.conftest import FLAGS
from tools.chromium import chromium


def launched(playwright: Playwright) -> Browser:
    """A Chromium of this machine, or the end with a word on what to do."""
    path = chromium(playwright)
    if path is None:
        raise SystemExit("No Chromium found: install one, or name it in CHROMIUM.")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)
