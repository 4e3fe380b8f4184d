"""A draft in a browser: rehearsed, walked through, proved, proposed, approved, applied, undone."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Watched, chromium, watched
from tests.e2e.started import ANSWER_SECONDS, Started, started
from tests.e2e.test_govern import APPROVER
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

DRAFT, TITLE = "larger-carts", "Rescue only larger carts"
HERE = f"/journeys/cart_rescue/rehearse?draft={DRAFT}"
TABS = ("scenarios", "walk", "proofs", "backtest", "publish")
LONG_MS = 300_000
"""A rehearsal is a process of its own, at the lowest priority."""


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


def call(legato: Started, method: str, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    """Call as a program on the same machine does."""
    client = json.loads((legato.folder / "data" / "client.json").read_text())
    where = urlsplit(legato.url)
    link = HTTPConnection(where.hostname or "", where.port or 0, timeout=ANSWER_SECONDS)
    headers = {"authorization": f"Bearer {client['token']}", "content-type": "application/json"}
    link.request(method, path, json.dumps(body).encode(), headers)
    answer = json.loads(link.getresponse().read())
    link.close()
    return answer


def draft(legato: Started) -> None:
    shown = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    text = shown["text"].replace("over: 40", "over: 60")
    kept = {"journey": "cart_rescue", "title": TITLE, "base": shown["base"]}
    files = {"journeys/cart_rescue.yaml": text}
    call(legato, "PUT", f"/api/drafts/{DRAFT}", {**kept, "files": files})


def tab(seen: Watched, name: str, more: str = "") -> Page:
    seen.go(f"{HERE}&tab={name}{more}")
    seen.settle()
    return seen.page


def rehearse(seen: Watched) -> None:
    """Run what can be run of the draft, and go a walk through it."""
    page = tab(seen, "scenarios")
    page.get_by_role("button", name="Run the scenarios").click()
    expect(page.get_by_text("stories came out as told")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="A small basket is not worth a letter").click()
    expect(page.get_by_role("table", name="Both timelines of a small")).to_contain_text(
        "Checkout Started"
    )

    tab(seen, "walk")
    page.get_by_role("button", name="Agreed to everything").click()
    page.get_by_label("With", exact=True).fill("value: 80")
    page.get_by_role("button", name="Let it happen").click()
    expect(page.get_by_text("Stands at “Patience”")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="To what comes next").click()
    went = page.get_by_role("list", name="How it went")
    expect(went).to_contain_text("Left cart rescue (quietly)", timeout=LONG_MS)

    tab(seen, "proofs")
    page.get_by_role("button", name="Prove it").click()
    expect(page.get_by_text("All proved")).to_be_visible(timeout=LONG_MS)

    tab(seen, "backtest", "&since=1d")
    page.get_by_role("button", name="Live it again").click()
    totals = page.get_by_role("table", name="Both lives in figures")
    expect(totals).to_contain_text("Messages sent", timeout=LONG_MS)
    expect(page.get_by_text("How far it can be trusted")).to_be_visible()


def propose(seen: Watched) -> str:
    """Propose the draft, and return where its change is."""
    page = tab(seen, "publish")
    expect(page.get_by_text("On every way through every journey.")).to_be_visible()
    page.get_by_label("Why it is wanted").fill("a letter costs more than a small basket brings")
    page.get_by_role("button", name="Propose this draft").click()
    page.wait_for_url("**/approvals/*")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    return page.url.partition("/studio")[2]


def test_a_draft_goes_from_rehearsal_to_the_running_plan_and_back(
    browser: Browser, legato: Started
) -> None:
    draft(legato)
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        rehearse(seen)
        found = {f"{name}, light": barriers(tab(seen, name)) for name in TABS}
        change = propose(seen)
        expect(seen.page.get_by_text("The role marketer does not do this.").first).to_be_visible()

    with watched(browser, legato.url, theme="dark") as seen:
        page = enter(seen, legato, APPROVER)
        found |= {f"{name}, dark": barriers(tab(seen, name)) for name in TABS}
        seen.go(change)
        page.get_by_role("button", name="Approve this change").click()
        page.get_by_role("button", name="Approve this change").click()
        expect(page.get_by_text("May be applied")).to_be_visible()

    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, ADMIN)
        seen.go(change)
        page.get_by_role("button", name="Apply this change").click()
        page.get_by_role("button", name="Apply this change").click()
        page.get_by_role("button", name="Pause Cart rescue").click(timeout=LONG_MS)
        expect(page.get_by_role("button", name="Go on with Cart rescue")).to_be_visible()
        found["applied"] = barriers(page)
        page.get_by_role("button", name="Roll it back").click()
        page.get_by_label("Why it is rolled back").fill("people complain")
        page.get_by_role("button", name="Roll it back").click()
        expect(page.get_by_text("What ran before runs again")).to_be_visible(timeout=LONG_MS)
        seen.go("/rehearsals")
        found["rehearsals"] = barriers(page)

    shown = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    assert "over: 40" in shown["text"]
    assert {name: each for name, each in found.items() if each} == {}
