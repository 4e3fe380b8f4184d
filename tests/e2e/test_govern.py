"""Govern in a browser: what a word means, what a change does and who says what, who did what."""

from __future__ import annotations

import json
from collections.abc import Generator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from legato.app.rehearse.scenarios import read_whole
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import ANSWER_SECONDS, Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

APPROVER = "theo@shop.example"
TITLE = "Rescue smaller baskets too"


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


def propose(legato: Started) -> int:
    """Ask for a change as a program on the same machine does, and return its number."""
    files = read_whole(legato.folder / "shop")
    journey = files["journeys/cart_rescue.yaml"].replace("over: 40", "over: 25")
    wish = {"files": {**files, "journeys/cart_rescue.yaml": journey}, "title": TITLE}
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
    headers = {"authorization": f"Bearer {client['token']}", "content-type": "application/json"}
    link.request("POST", "/api/changes", json.dumps(wish).encode(), headers)
    made = json.loads(link.getresponse().read())
    link.close()
    return int(made["change"]["number"])


def test_a_word_is_found_with_its_owner_and_who_uses_it(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("link", name="Data dictionary").click()
        page.get_by_label("Find a word").fill("Order Completed")
        page.get_by_role("link", name="An order was paid for").click()

        word = page.get_by_role("article", name="Event Order Completed")
        expect(word).to_contain_text("Orders")
        expect(word).to_contain_text("Win back")
        expect(word.get_by_role("table", name="What it carries")).to_contain_text("order_id")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato, ADMIN)
        number = propose(legato)
        found: dict[str, list[str]] = {}
        for route in (
            "/dictionary",
            "/dictionary/Order%20Completed",
            "/approvals",
            f"/approvals/{number}",
            "/audit",
        ):
            seen.go(route)
            seen.settle()
            found[route] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}


def test_a_change_is_reviewed_approved_and_applied(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        number = propose(legato)
        page = enter(seen, legato, APPROVER)
        page.get_by_role("link", name="Approvals").click()
        mine = page.get_by_role("link", name=TITLE).and_(page.locator(f"[href$='/{number}']"))
        mine.first.click()
        page.wait_for_url(f"**/approvals/{number}")

        expect(page.get_by_text("Nothing objects")).to_be_visible()
        expect(page.get_by_label("What differs in journeys/cart_rescue.yaml")).to_contain_text(
            "over: 25"
        )
        choices = page.get_by_role("complementary", name="What you may do")
        expect(choices).to_contain_text("The role approver does not do this.")
        page.get_by_role("button", name="Approve this change").click()
        page.get_by_label("Why it is right").fill("they pay for the message")
        page.get_by_role("button", name="Approve this change").click()
        expect(choices).to_contain_text("they pay for the message")

    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go(f"/approvals/{number}")
        page.get_by_role("button", name="Apply this change").click()
        sure = page.get_by_role("form", name="Apply this change").get_by_role("button").first
        expect(sure).to_be_enabled()
        held: list[Route] = []
        page.route("**/api/changes/*/review", lambda route: held.append(route))  # noqa: PLW0108 - built-ins cannot be handlers
        sure.click()
        expect(page.get_by_text("Applied by")).to_be_visible()
        page.keyboard.press("Control+k")
        finder = page.get_by_role("combobox", name="Find anything")
        expect(finder).to_be_focused()
        assert held, "nothing was asked again once it was applied"
        for route in held:
            route.continue_()
        page.unroute("**/api/changes/*/review")
        seen.settle()
        expect(finder).to_be_focused()
        page.keyboard.press("Escape")
        page.get_by_role("link", name="See it in the audit trail").click()

        trail = page.get_by_role("table", name="Audit trail")
        expect(trail).to_contain_text("Applied a change")
        expect(trail).to_contain_text("theo@shop.example")


def test_who_may_not_read_the_audit_is_told_why(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/audit")

        expect(page.get_by_text("Your role does not read the audit trail")).to_be_visible()
