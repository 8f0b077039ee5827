"""The page of these tests notices what must not happen on ours."""

from playwright.sync_api import Page


def test_a_page_that_asks_another_host_gets_nothing_and_is_noticed(
    page: Page, problems: list[str]
) -> None:
    for address in ("https://example.org/a.js", "http://192.0.2.1/b.png"):
        answer = page.evaluate(
            "url => fetch(url).then(() => 'there', e => `${e}`)", address
        )
        assert "Failed to fetch" in answer
        assert f"asks another host: {address}" in problems
    problems.clear()


def test_errors_on_a_page_are_noticed(page: Page, problems: list[str]) -> None:
    page.evaluate("console.error('one')")
    with page.expect_event("pageerror"):
        page.evaluate("() => void setTimeout(() => { throw new Error('two') })")
    assert [line.split()[:2] for line in problems] == [
        ["console:", "one"],
        ["page:", "two"],
    ]
    problems.clear()
