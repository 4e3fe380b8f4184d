"""Connections in a browser: how they stand, connecting and trying one, and mending what broke."""

from __future__ import annotations

import json
from collections.abc import Generator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from legato.app.rehearse.scenarios import read_whole
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.door.test_connect import (
    CLIENT,
    DESTINATION,
    MANIFEST,
    SECRET,
    Provider,
    providing,
)
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import ANSWER_SECONDS, Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter
from tests.services.process import free_port

ROUTES = (
    "/connections",
    "/connections/catalog",
    "/connections/catalog/klaviyo",
    "/connections/catalog/sources/stripe",
    "/connections/destinations/analytics",
    "/connections/destinations/analytics/edit",
    "/connections/sources/web",
    "/connections/new/slack",
    "/connections/new/sources/sdk",
    "/connections/quarantine",
    "/connections/dead",
)


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


def ask(legato: Started, method: str, path: str, body: object = None) -> bytes:
    """Call the API as a program on the same machine does."""
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
    headers = {"authorization": f"Bearer {client['token']}", "content-type": "application/json"}
    link.request(method, path, json.dumps(body).encode(), headers)
    answer = link.getresponse().read()
    link.close()
    return answer


def test_somebody_connects_tries_and_proposes_a_destination(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("link", name="Connections", exact=True).click()
        table = page.get_by_role("table", name="Where messages and events go")
        expect(table).to_contain_text("SendGrid")
        page.get_by_role("link", name="Connect something").click()
        page.get_by_label("Find a connector").fill("slack")
        page.get_by_role("link", name="Slack").click()
        expect(page.get_by_role("table", name="What it asks for")).to_contain_text("webhook_url")
        page.get_by_role("link", name="Connect it").click()

        page.get_by_text("Add it: Address of the incoming webhook.").wait_for()
        page.get_by_role("button", name="Call it SLACK_WEBHOOK_URL").click()
        text = page.get_by_role("region", name="What differs in destinations/slack.yaml")
        expect(text).to_contain_text("webhook_url: {secret: SLACK_WEBHOOK_URL}")
        page.get_by_role("button", name="Set its value").click()
        page.get_by_label("Value of SLACK_WEBHOOK_URL").fill(f"http://127.0.0.1:{free_port()}/hook")
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_label("Value of SLACK_WEBHOOK_URL")).to_be_hidden()
        page.get_by_role("button", name="Show what would be sent").click()
        expect(page.get_by_text("https://webhook_url.secret")).to_be_visible()
        page.get_by_label("What it does, in a few words").fill("Tell the team")
        page.get_by_role("button", name="Propose this change").click()
        page.get_by_role("link", name="See the change").click()
        expect(page.get_by_role("heading", name="Tell the team").first).to_be_visible()


def test_a_person_agrees_at_the_provider_and_comes_back_connected(
    browser: Browser, legato: Started
) -> None:
    with providing() as provider:
        connect_partner(legato, provider)
        with watched(browser, legato.url) as seen:
            page = enter(seen, legato, ADMIN)
            provider.agrees = False
            seen.go("/connections/destinations/partner")
            back = f"{legato.url}/studio/connections/connected"
            expect(page.get_by_text(back, exact=True)).to_be_visible()
            page.get_by_role("button", name="Agree at Crm").click()
            expect(page.get_by_text("You did not agree at the provider")).to_be_visible()

            provider.agrees = True
            page.get_by_role("link", name="See Partner").click()
            expect(page.get_by_text("not set", exact=True)).to_be_visible()
            page.get_by_role("button", name="Agree at Crm").click()
            expect(page.get_by_role("heading", name="Partner is connected")).to_be_visible()
            expect(page).to_have_url(back)
            assert barriers(page) == []
            page.reload()
            expect(page.get_by_text("Nobody came back from a provider here")).to_be_visible()
            seen.go("/connections/destinations/partner")
            expect(page.get_by_text("set", exact=True)).to_have_count(3)

            away = f"a request elsewhere: {provider.url}"
            seen.faults[:] = [each for each in seen.faults if not each.startswith(away)]
        assert provider.refresh_token == "refresh-anew"


def connect_partner(legato: Started, provider: Provider) -> None:
    """Add a destination with an account that a person connects in a browser."""
    files = read_whole(legato.folder / "shop")
    manifest = MANIFEST.replace("id: crm", "id: partner_crm")
    destination = DESTINATION.replace("URL", provider.url).replace("crm", "partner_crm")
    destination = destination.replace("destination: partner_crm", "destination: partner")
    # It gets no events: what waited for it would be among the dead that another test looks at.
    destination = destination.replace("events: {purpose: service}\n", "")
    more = {"connectors/partner_crm.yaml": manifest, "destinations/partner.yaml": destination}
    applied = json.loads(ask(legato, "POST", "/api/plan/apply", {"files": {**files, **more}}))
    assert applied["is_changed"], applied
    for name, value in (("CLIENT", CLIENT), ("KEY", SECRET)):
        ask(legato, "PUT", f"/api/secrets/{name}", {"value": value})


def test_what_uses_a_destination_stands_in_the_way_of_removing_it(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, ADMIN)
        seen.go("/connections/destinations/sms_gateway")
        page.get_by_role("button", name="Remove…").click()
        sheet = page.get_by_role("dialog", name="Remove Sms gateway")
        uses = sheet.get_by_role("table", name="What uses it")
        expect(uses.get_by_role("link", name="Cart rescue")).to_be_visible()
        expect(uses).to_contain_text("through the channel sms")
        expect(sheet.get_by_text("These have to let go of it first")).to_be_visible()
        expect(sheet.get_by_role("button", name="Propose to remove it")).to_be_disabled()
        assert barriers(page) == []
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()

        seen.go("/connections/destinations/analytics")
        page.get_by_role("button", name="Remove…").click()
        sheet = page.get_by_role("dialog", name="Remove Analytics")
        expect(sheet.get_by_text("Nothing else in the definitions uses it.")).to_be_visible()
        sheet.get_by_label("What it does, in a few words").fill("We measure elsewhere")
        sheet.get_by_role("button", name="Propose to remove it").click()
        expect(page.get_by_role("heading", name="We measure elsewhere").first).to_be_visible()


def test_how_it_fails_and_whose_data_it_has_are_fields_of_the_form(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, ADMIN)
        seen.go("/connections/destinations/sms_gateway/edit")
        text = page.get_by_role("region", name="What differs in destinations/providers.yaml")
        page.get_by_label("First pause before it is tried again").fill("2s")
        page.get_by_label("Shares this rate under the name").fill("one_account")
        page.get_by_label("Regions", exact=True).fill("eu, uk")
        page.get_by_label("Given up after").fill("soon")
        wrong = page.get_by_role("alert").filter(has_text="give_up")
        expect(wrong).to_be_visible()
        page.get_by_label("Given up after").fill("2h")
        expect(wrong).to_be_hidden()
        expect(text).to_contain_text("give_up: 2h")
        expect(text).to_contain_text("shared: one_account")
        expect(text).to_contain_text("regions:")

        page.get_by_label("While it is down, its messages go to").select_option("")
        page.get_by_label("What it does, in a few words").fill("Try for two hours")
        page.get_by_role("button", name="Propose this change").click()
        expect(page.get_by_role("link", name="See the change")).to_be_visible()


def test_a_new_source_shows_its_key_once(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go("/connections/new/sources/sdk")
        page.get_by_label("What it does, in a few words").fill("Let the shop's app send")
        expect(page.get_by_text("key_digests")).to_be_visible()
        page.get_by_role("button", name="Propose this change").click()

        key = page.get_by_label("Write key", exact=True)
        expect(key).to_contain_text("wk_")
        expect(page.get_by_label("Lines to begin with")).to_contain_text(key.inner_text())
        page.reload()
        expect(page.get_by_label("What it does, in a few words")).to_be_visible()
        expect(page.get_by_text("wk_")).to_have_count(0)


def test_what_broke_is_found_by_reason_and_repaired(browser: Browser, legato: Started) -> None:
    for number in range(3):
        body = {"userId": f"b{number}", "event": "Order Completed", "properties": {"no": 1}}
        legato.post("/v1/track", body)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go("/connections/quarantine")
        rows = page.get_by_role("table", name="The events themselves")
        expect(rows.get_by_role("link", name="Order Completed")).to_have_count(3)
        page.get_by_role("button", name="Replay all 3").click()
        page.get_by_role("dialog").get_by_role("button", name="Replay all 3").click()
        expect(page.get_by_text("3 fed in again")).to_be_visible()

        rows.get_by_role("link", name="Order Completed").first.click()
        expect(page.get_by_text("As it was received")).to_be_visible()
        expect(page.get_by_text("No mapping is proposed")).to_be_visible()


def test_a_dead_delivery_shows_its_request_and_is_sent_again(
    browser: Browser, legato: Started
) -> None:
    files = read_whole(legato.folder / "shop")
    name = "destinations/providers.yaml"
    closed = (
        files[name]
        .replace("/analytics/events", "/gone")
        .replace("rate: 200/s\nallow_private: true\nevents:", "rate: 200/s\nevents:")
    )
    ask(legato, "POST", "/api/plan/apply", {"files": {**files, name: closed}})
    order = {"order_id": "E-1", "value": 10, "currency": "GBP", "total": 10}
    legato.post("/v1/track", {"userId": "e1", "event": "Order Completed", "properties": order})
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        # Of a destination that was removed before, there are others.
        seen.go("/connections/dead?destination=analytics")
        dead = page.get_by_role("table", name="The deliveries themselves")
        dead.get_by_role("link", name="Order Completed").first.click()

        expect(page.get_by_text("What would be sent")).to_be_visible()
        expect(page.get_by_text("/gone")).to_be_visible()
        page.get_by_role("button", name="Send it again").click()
        expect(page.get_by_text("1 put back")).to_be_visible()


def test_who_may_not_change_it_is_told_why(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/connections/new/slack")
        expect(page.get_by_role("button", name="Make one real call…")).to_be_disabled()
        seen.go("/connections/quarantine")
        expect(page.get_by_role("button", name="Replay all").first).to_be_disabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato, ADMIN)
        found: dict[str, list[str]] = {}
        for route in ROUTES:
            seen.go(route)
            seen.settle()
            found[route] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}
