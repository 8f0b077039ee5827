"""The site from a folder: search, and nothing that keeps people out of its pages."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.exported import lesson, markdown
from tests.browser.test_pages import OUTSIDE
from tools.export.site import site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    far = "\n\n".join(["line"] * 60)
    text = markdown(f"{far}\n\n## Größe and stride\n\nIts stride is two.")
    notebook = lesson(text)
    notebook.cells[
        0
    ].source = "# 01 A\n\nIn it you\n\n- *learn*.\n\n**Time:** 5 minutes."
    made = tmp_path_factory.mktemp("site")
    for name, content in site({"01_a": notebook}, "https://github.com/a/b").items():
        (made / name).write_text(content, encoding="utf-8")
    return made


@pytest.mark.parametrize(
    "name", ["index.html", "01_a.html", "glossary.html", "search.html?q=stride"]
)
def test_axe_finds_nothing(page: Page, folder: Path, name: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{folder.as_uri()}/{name}")
        page.wait_for_function(
            "[...document.querySelectorAll('.explorer')].every(e => e.dataset.alive)"
        )
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE) == []


def test_search_finds_and_opens_the_place(page: Page, folder: Path) -> None:
    page.goto(f"{folder.as_uri()}/index.html")
    page.get_by_role("searchbox").fill("grösste")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Nothing has")
    page.get_by_role("searchbox").fill("grö strid")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#found li")).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("strid")
    page.get_by_role("link", name="Größe and stride").click()
    expect(page.get_by_role("heading", name="Größe and stride")).to_be_in_viewport()


def test_a_term_comes_first(page: Page, folder: Path) -> None:
    page.goto(f"{folder.as_uri()}/search.html?q=Stride")
    expect(page.locator("#found li").first).to_contain_text("stride · Glossary")
    page.locator("#found a").first.click()
    expect(page.locator("#term-stride")).to_be_in_viewport()


def test_what_is_searched_for_is_never_run(page: Page, folder: Path) -> None:
    page.goto(f"{folder.as_uri()}/search.html?q=<img src=x onerror=alert(1)>(")
    expect(page.get_by_role("status")).to_contain_text("<img src=x")
    assert page.locator("main img").count() == 0


def test_a_dark_page_is_printed_dark_on_white(page: Page, folder: Path) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{folder.as_uri()}/01_a.html")
    page.evaluate(
        """() => addEventListener("beforeprint",
            () => (window.printed = getComputedStyle(document.body).color))"""
    )
    shown = page.evaluate("getComputedStyle(document.body).color")
    page.pdf()
    red = [int(re.findall(r"\d+", page.evaluate("printed"))[0])]
    red.append(int(re.findall(r"\d+", shown)[0]))
    assert red[0] < 80 < 180 < red[1]
    assert page.evaluate("getComputedStyle(document.body).color") == shown


def test_a_term_and_its_explanation_lead_to_each_other(
    page: Page, folder: Path
) -> None:
    page.goto(f"{folder.as_uri()}/glossary.html#term-stride")
    page.locator("#term-stride + dd a").click()
    expect(page.locator("#said-stride")).to_be_in_viewport()
    page.locator("#said-stride").click()
    expect(page.locator("#term-stride")).to_be_in_viewport()
