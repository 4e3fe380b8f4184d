"""Anything is found from one field, by the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_studio import barriers, enter

EMAIL = "palette@shop.example"
PAGE_LENGTH = 20


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    with started() as running:
        running.post("/v1/identify", {"userId": "palette-1", "traits": {"email": EMAIL}})
        yield running


def ask(page: Page, text: str) -> Locator:
    """Open the palette by its key and write into it; return its field."""
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find anything")
    expect(field).to_be_focused()
    page.keyboard.type(text)
    return field


def answered(page: Page) -> Locator:
    """Wait for the answer; return the lines."""
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d.* found"))).to_be_visible()
    return page.get_by_role("listbox", name="Find anything").get_by_role("option")


@pytest.mark.parametrize(
    ("text", "kind", "leads"),
    [
        ("cart_rescue", "Journey", "/journeys/cart_rescue"),
        ("rescue cart", "Journey", "/journeys/cart_rescue"),
        ("Order Completed", "Event", "/dictionary/Order%20Completed"),
    ],
)
def test_what_is_meant_is_reached_by_name_and_enter(
    browser: Browser, legato: Started, text: str, kind: str, leads: str
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        ask(page, text)

        lines = answered(page)
        expect(lines.first).to_contain_text(kind)
        expect(lines.first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")

        expect(page).to_have_url(re.compile(re.escape(leads)))
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_presses_enter_at_once_gets_the_answer_to_what_was_written(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        ask(page, "cart_rescue")
        page.keyboard.press("Enter")

        expect(page).to_have_url(re.compile("/journeys/cart_rescue"))


def test_a_customer_is_found_by_an_address_that_stands_in_no_other(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        ask(page, EMAIL)
        expect(answered(page).first).to_contain_text("Customer")
        page.keyboard.press("Enter")

        expect(page).to_have_url(re.compile("/customers/."))
        assert not [url for url in asked if "palette@" in url or "%40" in url]


def test_what_is_found_is_read_page_by_page_with_the_arrows(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        field = ask(page, "e")
        lines = answered(page)
        first = lines.count()
        assert first >= PAGE_LENGTH

        for _ in range(first - 1):
            page.keyboard.press("ArrowDown")
        expect(lines.nth(first)).to_be_attached()

        chosen = page.get_by_role("option", selected=True)
        expect(chosen).to_have_count(1)
        expect(chosen).to_be_in_viewport()
        expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "-")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_found_has_no_barriers(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        ask(page, "cart")
        answered(page)
        seen.settle()

        assert barriers(page) == []
