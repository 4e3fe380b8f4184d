"""Every page that a screen declares, in both themes: no barrier, nothing on the console, a name."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.looks import addresses
from tests.e2e.started import Started, started
from tests.e2e.test_studio import barriers, enter


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def places(legato: Started) -> list[str]:
    return addresses(legato)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_stands_without_a_fault(
    browser: Browser, legato: Started, places: list[str], theme: Theme
) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        found: dict[str, list[str]] = {}
        for place in ("/nowhere", *places):
            seen.go(place)
            seen.settle()
            found[place] = [*barriers(page), *namelessness(page), *restlessness(page), *seen.faults]
            seen.faults.clear()

        told = [f"{place}: {fault}" for place, faults in found.items() for fault in faults]
        assert not told, "\n\n".join(told)


def namelessness(page: Page) -> list[str]:
    """Return what is wrong with the names that a page goes by."""
    faults: list[str] = []
    if not page.title().endswith(" · Legato"):
        faults.append(f"title: {page.title()}")
    headings = page.get_by_role("heading", level=1).all_inner_texts()
    if len(headings) != 1 or not headings[0].strip():
        faults.append(f"h1: {headings}")
    return faults


def restlessness(page: Page) -> list[str]:
    """Return by how much the page as a whole can be scrolled, with all that floats above it."""
    more = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    return [f"the page scrolls by {more}px"] if more > 0 else []
