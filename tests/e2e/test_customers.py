"""A customer in a browser: who they are, as of before, what did not go, and their life again."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from legato.app.rehearse.scenarios import read_whole
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_studio import MARKETER, barriers, enter

WHO, TWIN = "user_id:customer-4711", "anonymous_id:customer-4712"
JOINED, VISITOR = "user_id:customer-tablet", "anonymous_id:customer-visitor"
NAME = {
    "name": "Ada Lovelace Byron",
    "country": "Marmorstein",
    "customer_since": "1843-07-10",
    "timezone": "Asia/Kathmandu",
}
COMPARED = (
    "[{trait: name, as: name}, {trait: country, as: name}, {trait: customer_since, as: code}]"
)
PRODUCT = {"product_id": "22423", "name": "Cakestand", "price": 12.75}
BASKET = {"cart_id": "c-4711", "value": 60, "currency": "GBP", "product_id": "22423"}
MATCHING = f"matching: {{compare: {COMPARED}, suggest_above: 0.5}}\n"
WHY = "asked her on the phone about both"
UNSENT = re.compile(r"“.*”\s*Not sent")
TRIES = 30
LONG_MS = 120_000
"""Living a life again is a process of its own, at the lowest priority."""


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started() as running:
        tell(running, "identify", {**known(WHO), "traits": {**NAME, "email": "ada@byron.example"}})
        tell(running, "identify", {**known(TWIN), "traits": NAME})
        for event, properties in (*[("Product Viewed", PRODUCT)] * 2, ("Checkout Started", BASKET)):
            tell(running, "track", {**known(WHO), "event": event, "properties": properties})
        tell(running, "identify", {**known(VISITOR), "traits": {"country": "Malta"}})
        tell(running, "identify", {**known(JOINED), "traits": {"name": "Grace Hopper"}})
        tell(running, "identify", {**known(VISITOR), **known(JOINED), "traits": {}})
        yield running


def call(legato: Started, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Call as a program on the same machine does."""
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=30)
    headers = {"authorization": f"Bearer {client['token']}", "content-type": "application/json"}
    link.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    answer = json.loads(link.getresponse().read())
    link.close()
    return answer


def known(who: str) -> dict[str, str]:
    """Return how a site's call says who it is about."""
    kind, _, value = who.partition(":")
    return {"userId" if kind == "user_id" else "anonymousId": value}


def tell(legato: Started, kind: str, body: Mapping[str, object]) -> None:
    legato.post(f"/v1/{kind}", body)


def person(legato: Started, who: str) -> str:
    """Return an id; what was just sent may not be applied yet."""
    for _ in range(TRIES):
        found = call(legato, "GET", f"/api/people/{who}")
        if "person_id" in found:
            return str(found["person_id"])
        after = call(legato, "GET", "/api/status")["status"]["applied"]
        call(legato, "GET", f"/api/tail?after={after}&wait=2")
    raise AssertionError(f"{who} is not known")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_customer_is_seen_as_of_before_and_now_is_one_click_away(
    browser: Browser, legato: Started, theme: Theme
) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        seen.go(f"/customers/{person(legato, WHO)}?show=unsent")
        timeline = page.get_by_role("region", name="Timeline")
        timeline.get_by_role("button", name=UNSENT).first.click()
        why = page.get_by_role("complementary", name="Explanation")
        expect(why.get_by_role("heading", name="What they got instead")).to_be_visible()
        expect(timeline).to_contain_text("No consent to marketing")
        assert barriers(page) == []

        why.get_by_role("button", name="See them as of then").click()
        band = page.get_by_role("status").filter(has_text="Nothing here is of now.")
        expect(band).to_be_visible()
        expect(why.get_by_role("heading", level=2)).to_contain_text("because")
        expect(page.get_by_role("region", name="What they had said")).to_be_visible()
        assert barriers(page) == []

        band.get_by_role("button", name="Back to now").click()
        expect(band).to_be_hidden()
        expect(page.get_by_role("region", name="May we contact them?")).to_be_visible()

        page.get_by_role("button", name="As of…").click()
        page.get_by_role("button", name="30 days ago").click()
        expect(page.get_by_text("Nobody was known by this at that moment.")).to_be_visible()
        page.get_by_role("button", name="Back to now").click()
        expect(page.get_by_role("region", name="Known as")).to_be_visible()


def test_two_who_may_be_one_are_joined_for_a_reason_on_record(
    browser: Browser, legato: Started
) -> None:
    files = {**read_whole(legato.folder / "shop"), "matching.yaml": MATCHING}
    applied = call(legato, "POST", "/api/plan/apply", {"files": files})
    assert applied["is_changed"], applied
    mine, twin = person(legato, WHO), person(legato, TWIN)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go(f"/customers/{mine}")
        page.get_by_role("button", name="Look for matches").click()
        maybe = page.get_by_role("region", name="May be the same person")
        expect(maybe.get_by_role("link", name=f"Customer {twin[-6:]}")).to_be_visible()
        expect(maybe.get_by_role("listitem")).to_have_count(1)
        expect(maybe).to_contain_text("the same")
        assert barriers(page) == []

        maybe.get_by_role("button", name="They are one…").click()
        sure = page.get_by_role("dialog", name=f"Join with customer {twin[-6:]}?")
        expect(sure).to_contain_text("It can be undone")
        expect(sure).to_contain_text("Who may: privacy, engineer, admin.")
        expect(sure.get_by_role("button", name="Join them")).to_be_disabled()
        assert barriers(page) == []
        sure.get_by_label("How you know").fill(WHY)
        sure.get_by_role("button", name="Join them").click()
        expect(sure).to_be_hidden()
        joined = page.get_by_role("list", name="Joined from")
        expect(joined.get_by_role("listitem")).to_have_count(1)
    assert person(legato, WHO) == person(legato, TWIN)
    assert call(legato, "GET", "/api/audit?action=match.accept")[0]["detail"]["reason"] == WHY


def test_what_was_joined_is_split_off_again_and_a_marketer_does_not(
    browser: Browser, legato: Started
) -> None:
    whole = person(legato, JOINED)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"/customers/{whole}")
        joined = page.get_by_role("list", name="Joined from")
        expect(joined.get_by_role("button")).to_be_disabled()
        expect(page.get_by_text("The role marketer does not say who is who.")).to_be_visible()
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go(f"/customers/{whole}")
        page.get_by_role("list", name="Joined from").get_by_role("button").click()
        sure = page.get_by_role("dialog")
        expect(sure.get_by_role("region", name="What goes with them")).to_be_visible()
        sure.get_by_label("How you know").fill("a shared tablet in the shop")
        sure.get_by_role("button", name="Split them").click()
        expect(sure).to_be_hidden()
        expect(page.get_by_text("Nobody else was ever joined to this customer.")).to_be_visible()
    (entry,) = call(legato, "GET", "/api/audit?action=person.split")
    assert entry["outcome"] == "done"


def test_a_life_is_lived_again_beside_what_was_recorded(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"/customers/{person(legato, WHO)}")
        page.get_by_role("link", name="Live it again").click()
        page.get_by_role("button", name="Live it again").click()
        lives = page.get_by_role("table", name="Both timelines")
        expect(lives).to_contain_text("Did 'Checkout Started'", timeout=LONG_MS)
        expect(page.get_by_text("It came out as it was")).to_be_visible()
        assert barriers(page) == []


def test_home_says_what_changed_and_why_messages_did_not_go(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        changed = page.get_by_role("list", name="What changed")
        expect(changed.get_by_role("listitem").first).to_contain_text("Definitions were applied")
        refused = page.get_by_role("table", name="Why messages did not go")
        expect(refused).to_contain_text("No consent to marketing")
        expect(refused).not_to_contain_text("consent.missing")
