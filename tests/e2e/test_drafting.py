"""A draft, begun with a template, put right by a click, and what it changes drawn and read."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_studio import MARKETER, barriers, enter

CART = "/journeys/cart_rescue"


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


def saved(page: Page) -> None:
    expect(page.locator(".draft-saved")).to_contain_text("Saved")


def test_a_journey_begins_with_a_template_and_says_what_came_along(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        page.get_by_role("link", name="Journeys").first.click()
        page.get_by_role("button", name="New journey").click()
        page.get_by_label("Search templates").fill("letter a quarter")
        cards = page.get_by_role("dialog").get_by_role("listitem")
        expect(cards).to_have_count(1)
        assert barriers(page) == []
        cards.get_by_role("button", name="Win back").click()

        along = page.get_by_role("region", name="What comes along")
        expect(along).to_contain_text("There is a journey “win_back” already")
        expect(along).to_contain_text("this one comes as “lapsed_2”")
        assert barriers(page) == []
        page.get_by_label("What people call it").fill("Winter back")
        page.get_by_role("button", name="Begin").click()

        expect(page.get_by_role("heading", name="Winter back").first).to_be_visible()
        expect(page.locator('[data-step="steps/0"]')).to_have_text("Miss you 2")
        saved(page)
        page.get_by_text("Rules as text", exact=True).click()
        text = page.get_by_role("textbox", name="The text of journeys/win_back_2.yaml")
        expect(text).to_have_value(
            "# Nobody heard of for two months gets one letter a quarter.\n"
            "journey: win_back_2\n"
            "title: Winter back\n"
            "owner: growth\n"
            "purpose: marketing\n"
            "enter: {segment: lapsed_2, again: after 90d}\n"
            "leave: {on: Order Completed, as: goal}\n"
            "steps:\n"
            "  - send: {message: miss_you_2, on: {cheapest_of: [push, email]}, expires: 2d}\n"
            "  - wait: 14d\n"
        )


def test_a_problem_is_found_by_a_key_and_put_right_by_a_click(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"{CART}?draft=repaired&lens=text")
        area = page.get_by_role("textbox", name="The text of")
        area.fill(
            area.input_value().replace("cart_question, on: email", "cart_question, on: emial")
        )
        bar = page.locator(".journey-problems")
        page.get_by_text("Build", exact=True).click()
        expect(bar).to_contain_text("1 problem")

        page.keyboard.press("F8")
        inspector = page.get_by_role("complementary", name="About this step")
        expect(inspector).to_contain_text("emial")
        inspector.get_by_role("button", name="Use `email`").click()
        expect(bar).to_have_count(0)
        expect(inspector).to_contain_text("Sends cart_question by email")

        page.get_by_role("button", name="Undo: set on of send").click()
        expect(bar).to_contain_text("1 problem")
        page.get_by_role("button", name="Redo: set on of send").click()
        expect(bar).to_have_count(0)
        saved(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_gone_is_drawn_where_it_stood_and_read_by_keys(
    browser: Browser, legato: Started, theme: Theme
) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"{CART}?draft=gone_{theme}&step=steps/2")
        page.locator('[data-step="steps/2"]').focus()
        page.keyboard.press("Delete")
        expect(page.get_by_text("Draft · 1 change")).to_be_visible()
        saved(page)

        page.get_by_text("Changes", exact=True).click()
        row = page.get_by_role("region", name="What differs").get_by_role("button")
        row.focus()
        page.keyboard.press("Enter")
        ghost = page.get_by_role("group", name="Removed: Wait for something")
        expect(ghost).to_be_focused()
        inspector = page.get_by_role("complementary")
        expect(inspector).to_contain_text("It stood after 'Choose'.")
        page.keyboard.press("Delete")
        expect(page.get_by_text("Draft · 1 change")).to_be_visible()
        assert barriers(page) == []

        page.get_by_text("Rules as text", exact=True).click()
        expect(page.get_by_role("deletion").first).to_contain_text("Wait for something")
        assert barriers(page) == []
