"""Who may do what, and what people agreed to: seen, changed and refused in a browser."""

from __future__ import annotations

import re
from collections.abc import Generator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import ANSWER_SECONDS, Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

OFFICER, PASSWORD = "lena@shop.example", "nine otters under the pier"
GONE = "gone@shop.example"
SHOWS = ("", "?show=roles", "?show=teams", "?show=tokens", "?show=provider")
PRIVACY = ("", "?at=marketing%2Femail", "?show=withdrawals", "?show=requests", "?show=retention")


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


def called(legato: Started, token: str, path: str) -> int:
    """Call as a program does, and return the status."""
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
    link.request("GET", path, headers={"authorization": f"Bearer {token}"})
    status = link.getresponse().status
    link.close()
    return status


def say(legato: Started, *, is_granted: bool) -> None:
    properties = {"purpose": "marketing", "granted": is_granted}
    call = {"userId": "otter-4711", "event": "Consent Changed", "properties": properties}
    legato.post("/v1/track", call)


def shown_once(page: Page) -> str:
    text = page.get_by_role("status", name=re.compile("can sign in|The token")).inner_text()
    page.get_by_role("button", name="Done").click()
    return text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        found: dict[str, list[str]] = {}
        routes = (*(f"/access{show}" for show in SHOWS), *(f"/consent{show}" for show in PRIVACY))
        for route in (*routes, "/access/me"):
            seen.go(route)
            seen.settle()
            found[route] = barriers(page)
        seen.go("/access?show=tokens")
        page.get_by_role("button", name="Make a token").click()
        page.get_by_role("dialog").wait_for()
        seen.settle()
        found["a new token"] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}


def test_an_officer_is_invited_erases_somebody_and_is_signed_out(
    browser: Browser, legato: Started
) -> None:
    legato.post("/v1/identify", {"userId": "otter-4711", "traits": {"email": GONE}})
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("link", name="People & roles").click()
        page.get_by_role("button", name="Invite somebody").click()
        page.get_by_label("E-mail").fill(OFFICER)
        page.get_by_label("Role", exact=True).select_option("privacy")
        page.get_by_role("button", name="Make the link").click()
        link = shown_once(page)

        with watched(browser, legato.url) as hers:
            officer = hers.page
            officer.goto(link)
            officer.locator("input[name=password]").fill(PASSWORD)
            officer.locator("input[name=again]").fill(PASSWORD)
            officer.get_by_role("button").click()
            officer.wait_for_url("**/account")
            erase(hers.page, legato)
            # A page that asks for what is new would be refused, and its console would say so.
            officer.goto("about:blank")

            page.get_by_role("button", name=OFFICER).click()
            expect(page.get_by_role("dialog")).to_contain_text("Sign out everywhere")
            page.get_by_role("button", name="Sign out everywhere").click()
            expect(page.get_by_text("One session has ended.")).to_be_visible()
            officer.goto(f"{legato.url}/studio/consent")
            expect(officer.get_by_label("Password", exact=True)).to_be_visible()


def erase(page: Page, legato: Started) -> None:
    page.goto(f"{legato.url}/studio/consent?show=requests")
    page.get_by_role("button", name="Erase somebody").click()
    page.get_by_label("Who", exact=True).fill(f"email:{GONE}")
    page.get_by_label("Why", exact=True).fill("their letter of 3 March")
    page.get_by_role("button", name="Look who it is").click()
    submit = page.get_by_role("button", name="Erase for good")
    expect(submit).to_be_disabled()
    page.get_by_label("Write ERASE to go on").fill("ERASE")
    submit.click()

    expect(page.get_by_role("heading", name="Certificate of an erasure")).to_be_visible()
    expect(page.get_by_role("table", name="Who was told")).to_contain_text("Email provider")
    expect(page.get_by_text("hold nothing of them")).to_be_visible()
    page.goto(f"{legato.url}/studio/consent?show=requests")
    table = page.get_by_role("table", name="Erasures")
    expect(table).to_contain_text("their letter of 3 March")


def test_a_token_is_shown_once_and_stops_when_it_is_revoked(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, ADMIN)
        seen.go("/access?show=tokens")
        page.get_by_role("button", name="Make a token").click()
        page.get_by_label("What for").fill("nightly report")
        page.get_by_label("Only these routes").fill("/api/status")
        page.get_by_role("button", name="Make the token").click()
        token = shown_once(page)

        assert called(legato, token, "/api/status") == 200
        assert called(legato, token, "/api/plan") == 403
        page.get_by_role("button", name="Revoke nightly report").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert called(legato, token, "/api/status") == 401


def test_who_may_not_is_told_why_wherever_they_go(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/access")
        expect(page.get_by_text("The role Marketer changes nothing about it")).to_be_visible()
        expect(page.get_by_role("table")).to_contain_text("theo@shop.example")
        for show in ("tokens", "teams", "provider"):
            seen.go(f"/access?show={show}")
            expect(page.get_by_text("The role Marketer does not do this")).to_be_visible()
        seen.go("/access?show=roles")
        expect(page.get_by_role("columnheader", name="Marketer (yours)")).to_be_visible()
        seen.go("/consent?show=requests")
        told = page.get_by_text("The role Marketer does not see privacy requests")
        expect(told).to_be_visible()


def test_a_no_is_counted_told_to_others_and_led_back_to_who_said_it(
    browser: Browser, legato: Started
) -> None:
    legato.post("/v1/identify", {"userId": "otter-4711", "traits": {"email": "here@shop.example"}})
    say(legato, is_granted=True)
    say(legato, is_granted=False)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        page.get_by_role("link", name="Consent & privacy").click()
        page.get_by_role("button", name="Offers and reminders, E-mail").click()
        pane = page.get_by_role("complementary", name="Offers and reminders, E-mail")
        expect(pane).to_contain_text("Nothing is sent before a yes.")
        pane.get_by_text(re.compile("^No [1-9]")).click()
        pane.get_by_role("table", name="Who they are").get_by_role("link").first.click()
        page.wait_for_url("**/customers/**")

        seen.go("/consent?show=withdrawals")
        told = page.get_by_role("table", name="Who is told").get_by_role("row")
        row = told.filter(has_text="Email provider")
        expect(row.get_by_role("cell").nth(2)).not_to_have_text("0")
        expect(page.get_by_role("img", name="in the last 14 days")).to_be_visible()
