"""Fixtures: a real Chromium, one JupyterLab for all tests, a page that tells."""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser.jupyter import Lab
from tools.chromium import MISSING, chromium

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
FAILED = pytest.StashKey[bool]()
expect.set_options(timeout=60_000)  # what must come may take long on a busy machine
# Errors on a page that are not ours, each with its reason. All others fail the test.
HARMLESS = [
    # The toolbar of RISE's own page, which it hides, recurses in its colour palettes.
    re.compile(r"RangeError: Maximum call stack size exceeded .*/static/rise/"),
    # RISE asks for a style sheet named like the notebook; rise.css serves all of ours.
    re.compile(r"(404|Refused to apply style).*/files/.*\d\d_\w+\.css"),
    # anywidget waits two seconds for a script, and a busy machine may take longer. The
    # widget is drawn all the same; tests look at it, not at this.
    re.compile(r"^\[anywidget\] Failed to initialize model\.$"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            say(MISSING)
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
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Keeps JupyterLab's scripts, which a new context would load and compile anew."""
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, context: BrowserContext, problems: list[str]
) -> Iterator[Page]:
    """A page of 1280x720 without network; errors of ours on it fail the test.

    The same for all tests, made as new in between: each other one would be a process
    of the browser, which takes half a second of the processor to start.
    """
    page = context.pages[0] if context.pages else context.new_page()
    scripts = patch.object(page, "add_init_script", wraps=page.add_init_script)
    with watched(page, problems), scripts as script:
        yield page
    # In whatever state it is in, or with a script that cannot be taken back.
    if request.node.stash.get(FAILED, False) or script.called:
        page.close()
    else:
        as_new(page)
    assert not problems, "\n".join(problems)


def harmless(line: str) -> bool:
    return any(known.search(line) for known in HARMLESS)


@contextmanager
def watched(page: Page, problems: list[str]) -> Iterator[None]:
    """Note the page's errors, and whether it asks another host."""

    def on_console(message: ConsoleMessage) -> None:
        line = f"{message.text} {message.location.get('url', '')}"
        if message.type == "error" and not harmless(line):
            problems.append(f"console: {line}")

    def on_error(error: Error) -> None:
        if not harmless(str(error)):
            problems.append(f"page: {error}")

    def on_request(request: Request) -> None:
        if not LOCAL.match(request.url):
            problems.append(f"asks another host: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.on("request", on_request)
    yield
    page.remove_listener("console", on_console)
    page.remove_listener("pageerror", on_error)
    page.remove_listener("request", on_request)


def as_new(page: Page) -> None:
    """Leave the next test nothing but the cache: no storage, cookies, size, pointer."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    place = urlsplit(page.url)
    if place.scheme != "about":
        page.evaluate("sessionStorage.clear()")
        page.goto("about:blank")  # nothing is written from here on
        session = page.context.new_cdp_session(page)
        kinds = "local_storage,indexeddb,service_workers,cache_storage"
        origin = f"{place.scheme}://{place.netloc}"
        session.send(
            "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds}
        )
        session.detach()
        page.context.clear_cookies()
    page.mouse.up()
    page.mouse.move(-1, -1)
    page.set_viewport_size(SIZE)
    page.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce")
    page.context.set_offline(False)
    page.set_default_timeout(30_000)
