"""What the tests of a browser share is as new for each of them."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import as_new

MARKED = """() => {
    localStorage.mark = sessionStorage.mark = 1;
    document.cookie = "mark=1";
    return new Promise((done) => {
        const request = indexedDB.open("mark");
        request.onsuccess = () => { request.result.close(); done(); };
    });
}"""
FOUND = """async () => ({
    local: localStorage.length, session: sessionStorage.length,
    databases: (await indexedDB.databases()).length, cookie: document.cookie,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    paper: matchMedia("print").matches, offline: !navigator.onLine,
    moving: matchMedia("(prefers-reduced-motion: no-preference)").matches,
    size: [innerWidth, innerHeight],
    hovered: document.querySelectorAll("p:hover").length,
})"""
NEW = {
    **dict.fromkeys(("local", "session", "databases", "hovered"), 0),
    **dict.fromkeys(("dark", "moving", "paper", "offline"), False),
    "cookie": "",
    "size": [1280, 720],
}


def test_the_next_test_finds_it_as_new(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<p style='height: 600px'>words</p>")
    page.goto(file.as_uri())
    assert page.evaluate(FOUND) == NEW
    page.evaluate(MARKED)
    page.emulate_media(
        media="print", color_scheme="dark", reduced_motion="no-preference"
    )
    page.context.set_offline(True)
    page.set_viewport_size({"width": 390, "height": 800})
    page.mouse.move(100, 100)
    page.mouse.down()
    with page.expect_popup():
        page.evaluate("() => void open(location.href)")
    marked = page.evaluate(FOUND)
    assert [name for name in NEW if marked[name] == NEW[name]] == ["cookie"]
    as_new(page)
    assert page.context.pages == [page]
    page.goto(file.as_uri())
    assert page.evaluate(FOUND) == NEW


def test_what_goes_wrong_on_it_is_noted(page: Page, problems: list[str]) -> None:
    page.evaluate("() => console.error('ours')")
    page.evaluate("() => void setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("() => fetch('https://example.org/').catch(() => 0)")
    words = "\n".join(problems)
    for word in ("console: ours", "page: thrown", "asks another host: https://example"):
        assert word in words
    problems.clear()
