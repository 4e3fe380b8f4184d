"""The whole way: a journey is drawn, rehearsed, approved and run, and answers for itself."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Protocol, cast

import pytest
from playwright.sync_api import Browser, Page, expect
from segment.analytics.client import Client  # pyright: ignore[reportMissingTypeStubs]

from legato.expr.path import Json
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import chromium, watched
from tests.e2e.started import KEY, Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, enter, unsent

APPROVER = "theo@shop.example"
TITLE = "Know who was asked about their cart"
WHO = "story-4711"


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


def test_a_journey_is_drawn_rehearsed_published_and_explained(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        marketer = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue")
        draw(marketer)
        rehearse(marketer)
        change = propose(marketer)
        choices = marketer.get_by_role("complementary", name="What you may do")
        expect(choices).to_contain_text("The role marketer does not do this.")
    with watched(browser, legato.url) as seen:
        approver = enter(seen, legato, APPROVER)
        seen.go(change)
        approve(approver)
    with watched(browser, legato.url) as seen:
        admin = enter(seen, legato, ADMIN)
        seen.go(change)
        publish(admin)
        live_through(legato)
        seen.go("/live")
        stream = admin.get_by_role("region", name="Live events")
        expect(stream).to_contain_text("Checkout Started")
        read_why(admin)
        seen.go("/audit")
        trail = admin.get_by_role("table", name="Audit trail")
        expect(trail).to_contain_text("Applied a change")
        expect(trail).to_contain_text(APPROVER)


def draw(page: Page) -> None:
    """Add one step with the mouse, and one with keys alone."""
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("button", name="Show all").click()
    end = page.get_by_role("button", name="Add a step after Cart question")
    page.get_by_role("button", name="Add: Wait", exact=True).drag_to(end)
    inspector = page.get_by_role("complementary", name="About this step")
    expect(inspector.get_by_role("heading", name="Wait", exact=True)).to_be_visible()

    page.keyboard.press(".")
    page.get_by_role("combobox", name="Add a step").fill("set traits")
    page.keyboard.press("Enter")
    expect(inspector.get_by_role("heading", name="Set traits")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(inspector.get_by_role("heading", name="Set traits")).to_be_hidden()


def rehearse(page: Page) -> None:
    page.get_by_role("link", name="Rehearse").click()
    page.get_by_text("Publish", exact=True).click()
    page.get_by_role("button", name="Run what is missing").click()
    expect(page.get_by_text("Every promise is kept")).to_be_visible()
    expect(page.get_by_text("On every way through every journey.")).to_be_visible(timeout=300_000)


def propose(page: Page) -> str:
    """Propose the draft; return the path of the change."""
    page.get_by_label("What it does, in a few words").fill(TITLE)
    page.get_by_label("Why it is wanted").fill("so that nobody is asked twice")
    page.get_by_role("button", name="Propose this draft").click()
    page.get_by_role("button", name="Withdraw this change").wait_for()
    return page.url.partition("/studio")[2]


def approve(page: Page) -> None:
    page.get_by_role("button", name="Approve this change").click()
    page.get_by_label("Why it is right").fill("nobody gets more than before")
    page.get_by_role("button", name="Approve this change").click()
    expect(page.get_by_text("nobody gets more than before")).to_be_visible()


def publish(page: Page) -> None:
    """Apply it; one scenario ends before the new wait does, and somebody answers for that."""
    page.get_by_role("button", name="Apply this change").click()
    page.get_by_label("I answer for this, because").fill("the story is told anew tomorrow")
    page.get_by_role("button", name="Apply this change").click()
    expect(page.get_by_text("Applied by")).to_be_visible()


class Sdk(Protocol):
    """What the test calls of the SDK, which has no types of its own."""

    def identify(self, user_id: str, traits: Mapping[str, Json]) -> object: ...

    def track(self, user_id: str, event: str, properties: Mapping[str, Json]) -> object: ...


def live_through(legato: Started) -> None:
    """Be a customer of the shop's site, as its SDK tells it."""
    site = cast("Sdk", Client(write_key=KEY, host=legato.url, sync_mode=True))
    site.identify(WHO, {"email": "story@shop.example"})
    for _ in range(2):
        site.track(
            WHO, "Product Viewed", {"product_id": "22423", "name": "Cakestand", "price": 12.75}
        )
    basket = {"cart_id": "c-4711", "value": 60, "currency": "GBP", "product_id": "22423"}
    site.track(WHO, "Checkout Started", basket)


def read_why(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill(WHO)
    page.keyboard.press("Enter")
    unsent(page).first.click()
    why = page.get_by_role("complementary", name="Explanation")
    expect(why.get_by_role("heading", level=2)).to_contain_text("because")
    expect(why.get_by_role("heading", name="What would have changed it")).to_be_visible()
