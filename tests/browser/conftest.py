"""Fixtures: a real Chromium, one JupyterLab for all tests, a page that tells."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.jupyter import Lab

SIZE: ViewportSize = {"width": 1280, "height": 720}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # No other host is found. (Intercepting requests would switch the cache off.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
LOCAL = re.compile(
    r"^(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|^(data|blob|file|about):"
)
expect.set_options(timeout=60_000)  # what must come may take long on a busy machine
# Console errors that are not ours, each with its reason. All others fail the test.
HARMLESS = [
    # The toolbar of RISE's own page, which it hides, recurses in its colour palettes.
    re.compile(r"RangeError: Maximum call stack size exceeded .*/static/rise/"),
    # RISE asks for a style sheet named like the notebook; rise.css serves all of ours.
    re.compile(r"(404|Refused to apply style).*/files/.*\d\d_\w+\.css"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    # What needs a JupyterLab takes longest: first, so that all workers end together.
    items.sort(key=lambda item: "lab" not in getattr(item, "fixturenames", ()))


def chromium(playwright: Playwright) -> str | None:
    """The path of a Chromium on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    places.append(playwright.chromium.executable_path)
    return next((place for place in places if place and Path(place).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            say(
                "no Chromium found: install it (Debian: apt install chromium), or name "
                "it in the environment variable CHROMIUM"
            )
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Needs `browser` so that a skipped test starts no server."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def problems() -> list[str]:
    """What went wrong on the page; a test that provokes errors clears it at the end."""
    return []


@pytest.fixture(scope="session")
def lab_context(browser: Browser) -> Iterator[BrowserContext]:
    """Keeps JupyterLab's scripts, which a new context would load and compile anew."""
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
    yield context
    context.close()


def watched(context: BrowserContext, problems: list[str]) -> Page:
    """A page that notes its errors, and whether it asks another host."""

    def on_console(message: ConsoleMessage) -> None:
        line = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not any(h.search(line) for h in HARMLESS):
            problems.append(f"console: {line}")

    def on_request(request: Request) -> None:
        if not LOCAL.match(request.url):
            problems.append(f"asks another host: {request.url}")

    page = context.new_page()
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"page: {error}"))
    page.on("request", on_request)
    return page


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, problems: list[str]
) -> Iterator[Page]:
    """A page of 1280x720 without network; errors of ours on it fail the test."""
    if "lab" in request.fixturenames:
        server = request.getfixturevalue("lab")
        page = watched(request.getfixturevalue("lab_context"), problems)
        yield page
        forget(page, server.url)
        page.close()
    else:
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
        yield watched(context, problems)
        context.close()
    assert not problems, "\n".join(problems)


def forget(page: Page, origin: str) -> None:
    """Leave the next test nothing but the cache: no storage, no cookies."""
    session = page.context.new_cdp_session(page)
    kinds = "local_storage,indexeddb,service_workers,cache_storage"
    session.send(
        "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds}
    )
    page.context.clear_cookies()
