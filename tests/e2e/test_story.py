"""The whole way: a journey is drawn, rehearsed, approved and run, and answers for itself."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Protocol, cast

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from segment.analytics.client import Client  # pyright: ignore[reportMissingTypeStubs]

from legato.expr.path import Json
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Watched, chromium, watched
from tests.e2e.by_hand import drag
from tests.e2e.by_keys import by_keys, find, press, reach, write
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
        seen.go("/journeys/cart_rescue?step=steps/3")
        draw(marketer)
    with by_keys(browser, legato, MARKETER) as seen:
        draw_by_keys(seen)
        rehearse(seen.page)
        propose(seen.page)
        choices = seen.page.get_by_role("complementary", name="What you may do")
        expect(choices).to_contain_text("The role marketer does not do this.")
    with by_keys(browser, legato, APPROVER) as seen:
        open_change(seen.page)
        approve(seen.page)
    with by_keys(browser, legato, ADMIN) as seen:
        open_change(seen.page)
        publish(seen.page)
        live_through(legato)
        seen.settle()
        see_live(seen.page)
        read_why(seen.page)
        read_audit(seen.page)


def draw(page: Page) -> None:
    """Add a step with the mouse."""
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("toolbar", name="Kinds of steps").wait_for()
    end = page.get_by_role("button", name="Add a step after Cart question")
    drag(page, page.get_by_role("button", name="Add: Wait", exact=True), end)
    inspector = page.get_by_role("complementary", name="About this step")
    expect(inspector.get_by_role("heading", name="Wait", exact=True)).to_be_visible()
    expect(page.locator(".draft-saved")).to_contain_text("Saved")


def draw_by_keys(seen: Watched) -> None:
    """Go on with that draft: add a step that is wrong, and put it right; add one, and undo that."""
    page = seen.page
    find(page, "Journeys")
    press(page, page.get_by_role("table").get_by_role("link", name="Cart rescue"))
    press(page, page.get_by_role("button", name="Go on with the draft"))
    seen.settle()
    reach(page, step(page, "start"))
    first = ("steps/1/then/0", "steps/1/then/0/arms/0/steps/0")
    for path in ("steps/0", "steps/1", *first, "steps/2", "steps/3", "steps/4"):
        page.keyboard.press("ArrowDown")
        expect(step(page, path)).to_be_focused()
    page.keyboard.press(".")
    expect(page.get_by_role("combobox", name="Add a step")).to_be_focused()
    page.keyboard.type("sends a message")
    page.keyboard.press("Enter")
    expect(step(page, "steps/5")).to_be_focused()
    problems = page.locator(".journey-problems")
    expect(problems).to_contain_text("2 problems")
    page.keyboard.press("ArrowUp")
    expect(step(page, "steps/4")).to_be_focused()
    page.keyboard.press("F8")
    expect(step(page, "steps/5")).to_be_focused()
    page.keyboard.press("Enter")
    pick(page, "Message", "Cart question")
    expect(problems).to_contain_text("1 problem")
    pick(page, "On", "Email")
    expect(problems).to_have_count(0)
    page.keyboard.press("Escape")
    expect(step(page, "steps/5")).to_be_focused()
    page.keyboard.press("Delete")
    expect(step(page, "steps/5")).to_have_count(0)
    expect(step(page, "steps/4")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(step(page, "steps/5")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(step(page, "steps/5")).to_have_count(0)
    expect(page.get_by_text("Draft · 1 change")).to_be_visible()
    expect(page.locator(".draft-saved")).to_contain_text("Saved")


def step(page: Page, path: str) -> Locator:
    return page.locator(f'[data-step="{path}"]')


def pick(page: Page, label: str, word: str) -> None:
    """Choose a word in a list that opens."""
    press(page, page.get_by_role("button", name=f"{label}: Choose"))
    expect(page.get_by_role("combobox", name=f"{label}.")).to_be_focused()
    page.keyboard.type(word)
    found = page.get_by_role("listbox", name=label, exact=True).get_by_role("option")
    expect(found.first).to_contain_text(word)
    page.keyboard.press("Enter")


def rehearse(page: Page) -> None:
    press(page, page.get_by_role("link", name="Rehearse"))
    press(page, page.get_by_role("radio", name="Scenarios"), "ArrowLeft")
    press(page, page.get_by_role("button", name="Run what is missing"))
    expect(page.get_by_text("Every promise is kept")).to_be_visible()
    expect(page.get_by_text("On every way through every journey.")).to_be_visible(timeout=300_000)


def propose(page: Page) -> None:
    write(page, page.get_by_label("What it does, in a few words"), TITLE)
    write(page, page.get_by_label("Why it is wanted"), "so that nobody is asked twice")
    press(page, page.get_by_role("button", name="Propose this draft"))
    page.get_by_role("button", name="Withdraw this change").wait_for()


def open_change(page: Page) -> None:
    find(page, "Approvals")
    press(page, page.get_by_role("link", name=TITLE))
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def approve(page: Page) -> None:
    press(page, page.get_by_role("button", name="Approve this change"))
    expect(page.get_by_label("Why it is right")).to_be_focused()
    page.keyboard.type("nobody gets more than before")
    press(page, page.get_by_role("button", name="Approve this change"))
    expect(page.get_by_text("nobody gets more than before")).to_be_visible()


def publish(page: Page) -> None:
    """Apply it; one scenario ends before the new wait does, and somebody answers for that."""
    press(page, page.get_by_role("button", name="Apply this change"))
    write(page, page.get_by_label("I answer for this, because"), "the story is told anew tomorrow")
    press(page, page.get_by_role("button", name="Apply this change"))
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
    legato.catch_up()


def see_live(page: Page) -> None:
    find(page, "Live events")
    stream = page.get_by_role("region", name="Live events")
    expect(stream).to_contain_text("Checkout Started")
    press(page, page.get_by_role("button", name="Pause"))
    press(page, stream.get_by_role("button").first)
    life = page.get_by_role("complementary", name="One event")
    expect(life.get_by_role("heading", name="Received")).to_be_visible()


def read_why(page: Page) -> None:
    find(page, WHO)
    press(page, unsent(page).first)
    why = page.get_by_role("complementary", name="Explanation")
    expect(why.get_by_role("heading", level=2)).to_contain_text("because")
    expect(why.get_by_role("heading", name="What would have changed it")).to_be_visible()


def read_audit(page: Page) -> None:
    find(page, "Audit trail")
    trail = page.get_by_role("table", name="Audit trail")
    expect(trail).to_contain_text("Applied a change")
    expect(trail).to_contain_text(APPROVER)
