"""The Chromium of this machine, for tests, benchmarks and handouts on paper."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Playwright

NAMES = (
    *("chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable", "microsoft-edge"),
)
MISSING = (
    "no Chromium found: install it (Debian: apt install chromium), or name "
    "it in the environment variable CHROMIUM"
)


def chromium(playwright: Playwright) -> str | None:
    """The path of a Chromium on this machine; None where there is none."""
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places.append(playwright.chromium.executable_path)
    return next((place for place in places if place and Path(place).exists()), None)
