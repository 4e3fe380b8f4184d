"""A customer in a browser: who they are, as of before, what did not go, and their life again."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from legato.app.rehearse.scenarios import read_whole
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import ANSWER_SECONDS, PAUSE_SECONDS, Started, started
from tests.e2e.test_studio import MARKETER, barriers, enter

WHO, TWIN = "user_id:customer-4711", "anonymous_id:customer-4712"
GUEST, TABLET = "user_id:customer-guest", "anonymous_id:shop-tablet"
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
HELD_BACK = """
(() => {
  const { fetch } = window
  const passed = new Promise(resolve => { window.passOn = resolve })
  const come = { phase: 'records', done: 40, of: 160, profile: null, person: null,
    answer: null, refused: null }
  window.fetch = async (...words) => {
    const answer = await fetch(...words)
    const url = words[0] instanceof Request ? words[0].url : String(words[0])
    if (!url.includes('/past?')) return answer
    const body = new ReadableStream({
      async start(to) {
        to.enqueue(new TextEncoder().encode(JSON.stringify(come) + '\\n'))
        await passed
        to.enqueue(new Uint8Array(await answer.arrayBuffer()))
        to.close()
      },
    })
    return new Response(body, { status: answer.status, headers: answer.headers })
  }
})()
"""
"""The past's answer says how far it is, and goes on when the page is told to let it."""
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
        tell(running, "identify", {**known(GUEST), "traits": {"name": "Mary Somerville"}})
        tell(running, "track", {**known(TABLET), "event": "Product Viewed", "properties": PRODUCT})
        yield running


def call(legato: Started, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Call as a program on the same machine does."""
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
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


def on_record(legato: Started, action: str) -> Any:  # noqa: ANN401 - JSON
    """Return the one entry of the audit trail; a page may show what was done before it is there."""
    last = monotonic() + ANSWER_SECONDS
    while not (entries := call(legato, "GET", f"/api/audit?action={action}")):
        assert monotonic() < last, f"{action} is not on record"
        sleep(PAUSE_SECONDS)
    (entry,) = entries
    return entry


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


def test_it_says_how_far_the_past_has_come_until_it_is_there(
    browser: Browser, legato: Started
) -> None:
    who = person(legato, WHO)
    last_seen = call(legato, "GET", f"/api/people/{who}")["last_seen"] / 1_000_000
    at = quote(datetime.fromtimestamp(last_seen, UTC).isoformat().replace("+00:00", "Z"))
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.add_init_script(HELD_BACK)
        seen.go(f"/customers/{who}?at={at}")

        bar = page.get_by_role("progressbar", name="Taking their records again")
        expect(bar).to_have_attribute("aria-valuenow", "25")
        expect(page.get_by_text("40 of 160")).to_be_visible()
        assert barriers(page) == []
        page.evaluate("window.passOn()")

        expect(page.get_by_role("list", name="Known as")).to_be_visible()
        expect(bar).to_be_hidden()


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
    assert on_record(legato, "match.accept")["detail"]["reason"] == WHY


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
    assert on_record(legato, "person.split")["outcome"] == "done"


def test_anybody_is_joined_after_a_look_at_both_and_one_identifier_is_taken_again(
    browser: Browser, legato: Started
) -> None:
    guest, tablet = person(legato, GUEST), person(legato, TABLET)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go(f"/customers/{guest}")
        page.get_by_role("button", name="Join with another…").click()
        other = page.get_by_role("form", name="Join with another…")
        other.get_by_label("The other customer").fill("nobody@byron.example")
        other.get_by_role("button", name="Look at both").click()
        expect(other.get_by_text("Nobody is known by this")).to_be_visible()
        other.get_by_label("The other customer").fill(GUEST)
        other.get_by_role("button", name="Look at both").click()
        expect(other.get_by_text("This is the same customer.")).to_be_visible()
        other.get_by_label("The other customer").fill(JOINED)
        other.get_by_role("button", name="Look at both").click()
        sure = page.get_by_role("dialog")
        expect(sure).to_contain_text("user_id is unique")
        sure.get_by_label("How you know").fill(WHY)
        expect(sure.get_by_role("button", name="Join them")).to_be_disabled()
        sure.get_by_role("button", name="Cancel").click()
        other.get_by_label("The other customer").fill(TABLET)
        other.get_by_role("button", name="Look at both").click()
        expect(sure).to_contain_text(f"Join with customer {tablet[-6:]}?")
        both = sure.get_by_role("table", name="Both, and as one")
        row = both.get_by_role("row", name="Anonymous ID")
        expect(row.get_by_role("cell").filter(has_text="•••")).to_have_count(2)
        assert barriers(page) == []
        sure.get_by_label("How you know").fill(WHY)
        sure.get_by_role("button", name="Join them").click()
        expect(sure).to_be_hidden()
        known_as = page.get_by_role("list", name="Known as")
        expect(known_as.get_by_role("listitem")).to_have_count(2)
        whole = person(legato, GUEST)
        assert person(legato, TABLET) == whole

        seen.go(f"/customers/{whole}")
        page.get_by_role("button", name="Anonymous ID: Not theirs…").click()
        expect(sure.get_by_role("region", name="What goes with it")).to_contain_text(
            "1 event that came under it alone"
        )
        expect(sure.get_by_role("region", name="What stays")).to_contain_text("1 event stays")
        assert barriers(page) == []
        sure.get_by_label("How you know").fill("the tablet stands in the shop")
        sure.get_by_role("button", name="Take it from them").click()
        expect(sure).to_be_hidden()
        expect(known_as.get_by_role("listitem")).to_have_count(1)
        expect(page.get_by_role("button", name="User ID: Not theirs…")).to_be_disabled()
        expect(page).to_have_url(re.compile(f"{person(legato, GUEST)}$"))
    assert person(legato, TABLET) != person(legato, GUEST)
    entry = on_record(legato, "person.part")
    assert entry["detail"]["reason"] == "the tablet stands in the shop"


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
