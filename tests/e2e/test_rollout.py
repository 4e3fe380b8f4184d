"""A rollout in a browser: set before publishing, raised, given to everybody and taken back."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_rehearse import LONG_MS, call
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

DRAFT = "larger-carts"
JOURNEY = "/journeys/cart_rescue"


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


def draft(legato: Started) -> None:
    """Begin a draft that sends the first letter to larger carts only."""
    shown = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    kept = {"journey": "cart_rescue", "title": "Larger carts", "base": shown["base"]}
    files = {"journeys/cart_rescue.yaml": shown["text"].replace("over: 40", "over: 60")}
    call(legato, "PUT", f"/api/drafts/{DRAFT}", {**kept, "files": files})


def publish(page: Page) -> int:
    """Choose a tenth on the publish sheet and propose; return the change's number."""
    share = page.get_by_role("radiogroup", name="Who gets it first")
    expect(share.get_by_role("radio", name="Everybody")).to_be_checked()
    share.get_by_text("10 %", exact=True).click()
    expect(page.get_by_text("Rolled out: 10 % of those who enter get this")).to_be_visible()
    expect(share.get_by_role("radio", name="10 %")).to_be_checked()
    page.get_by_label("Why it is wanted").fill("a letter costs more than a small basket brings")
    page.get_by_role("button", name="Propose this draft").click()
    page.wait_for_url("**/approvals/*")
    expect(page.get_by_role("heading", name="Larger carts")).to_be_visible()
    return int(page.url.rpartition("/")[2].partition("?")[0])


def test_a_rollout_is_set_raised_given_to_everybody_taken_back_and_ended(
    browser: Browser, legato: Started
) -> None:
    draft(legato)
    found: dict[str, object] = {}
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        seen.go(f"{JOURNEY}/rehearse?draft={DRAFT}&tab=publish")
        number = publish(seen.page)
        seen.go(f"{JOURNEY}/rehearse?draft={DRAFT}&tab=publish")
        expect(seen.page.get_by_role("radio", name="10 %")).to_be_checked()
        found["publish"] = barriers(seen.page)

    applied = call(legato, "POST", f"/api/changes/{number}/apply", {})
    assert applied["is_changed"], applied

    with watched(browser, legato.url, theme="dark") as seen:
        page = enter(seen, legato, ADMIN)
        seen.go(JOURNEY)
        bar = page.get_by_role("region", name="Rollout")
        expect(bar).to_contain_text(
            "10 % of those who enter get this; the rest get what ran before."
        )
        found["journey"] = barriers(page)
        bar.get_by_role("button", name="Raise to 25 %").click()
        expect(bar).to_contain_text("25 % of those who enter get this", timeout=LONG_MS)
        bar.get_by_role("button", name="To everybody").click()
        expect(bar).to_contain_text("Everybody who enters gets this", timeout=LONG_MS)
        bar.get_by_role("button", name="Take back").click()
        expect(bar).to_contain_text("Nobody who enters gets this; they get", timeout=LONG_MS)
        bar.get_by_role("textbox", name="Share in per cent").fill("50")
        bar.get_by_role("button", name="Raise to 50 %").click()
        expect(bar).to_contain_text("50 % of those who enter get this", timeout=LONG_MS)
        bar.get_by_role("button", name="To everybody").click()
        bar.get_by_role("button", name="End rollout").click(timeout=LONG_MS)
        expect(bar).to_be_hidden(timeout=LONG_MS)

    shown = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    assert "over: 60" in shown["text"]
    assert "rollout" not in shown["text"]
    assert {name: each for name, each in found.items() if each} == {}
