"""Rehearsals in a browser: a crowd, a walk that changes, a broken promise, a void approval."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Watched, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_govern import APPROVER
from tests.e2e.test_rehearse import LONG_MS, call
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

JOURNEY = "/journeys/cart_rescue/rehearse"
PROMISE = """property: peace_at_the_till
title: Nobody is asked about a basket
never: {sends: cart_question}
"""


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


def draft(legato: Started, name: str, *, over: int, **files: str) -> str:
    """Save a draft of the cart rescue with another threshold, and other files."""
    shown = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    texts = {f"{file.replace('_', '/')}.yaml": text for file, text in files.items()}
    texts["journeys/cart_rescue.yaml"] = shown["text"].replace("over: 40", f"over: {over}")
    body = {"journey": "cart_rescue", "title": name, "base": shown["base"], "files": texts}
    call(legato, "PUT", f"/api/drafts/{name}", body)
    return name


def tab(seen: Watched, draft_name: str, name: str, more: str = "") -> Page:
    seen.go(f"{JOURNEY}?draft={draft_name}&tab={name}{more}")
    return seen.page


def test_a_crowd_goes_on_while_one_looks_elsewhere_and_is_there_on_coming_back(
    browser: Browser, legato: Started
) -> None:
    name = draft(legato, "fewer-letters", over=60)
    few = "&crowd=christmas&people=40&days=14&beside=yes"
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        tab(seen, name, "simulate", few)
        expect(page.get_by_label("Who they are")).to_have_value("christmas")
        page.get_by_label("People", exact=True).fill("many")
        expect(page.get_by_role("button", name="Let them live")).to_be_disabled()
        page.get_by_label("People", exact=True).fill("40")
        page.get_by_role("button", name="Let them live").click()
        page.get_by_role("button", name="Run it again").wait_for()
        tab(seen, name, "proofs")
        page.get_by_role("button", name="Prove it").click()
        expect(page.get_by_text("All proved")).to_be_visible(timeout=LONG_MS)
        seen.go("/rehearsals")
        page.get_by_role("link", name="Simulation").first.click()
        pressure = page.get_by_role("table", name="Pressure on one person")
        expect(pressure).to_be_visible(timeout=LONG_MS)
        expect(page.get_by_text("40 people, 14 days, seed 1.")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Under what runs")).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("messages over 14 days"))).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the report").click()
        assert "<script" not in saved.value.path().read_text()
        found = {"light": barriers(page)}
        assert found == {"light": []}

    with watched(browser, legato.url, theme="dark") as seen:
        enter(seen, legato, MARKETER)
        page = tab(seen, name, "simulate")
        expect(page.get_by_role("table", name="Pressure on one person")).to_be_visible()
        assert barriers(page) == []


def test_one_that_is_stopped_and_one_that_a_start_anew_has_lost_say_so(
    browser: Browser, legato: Started
) -> None:
    name = draft(legato, "too-many", over=70)
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        page = tab(seen, name, "simulate", "&crowd=christmas&people=20000&days=365")
        page.get_by_role("button", name="Let them live").click()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("It was stopped")).to_be_visible()

        page.route("**/api/rehearsals", lambda route: route.fulfill(json=[]))

        expect(page.get_by_text("What was run here is gone")).to_be_visible()
        expect(page.get_by_role("button", name="Let them live")).to_be_enabled()


def test_on_a_walk_an_arm_is_chosen_and_a_no_and_an_open_case_come_later(
    browser: Browser, legato: Started
) -> None:
    name = draft(legato, "walked", over=60)
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        page = tab(seen, name, "walk")
        page.get_by_label("At “First touch”").select_option("letter")
        page.get_by_label("Contact by Email", exact=True).select_option("granted")
        page.get_by_role("button", name="Begin with them").click()
        went = page.get_by_role("list", name="How it went")
        happens = page.get_by_role("form", name="What they do next")
        for event, values in (
            ("Product Viewed", ""),
            ("Product Viewed", ""),
            ("Checkout Started", "value: 80"),
        ):
            happens.get_by_label("They do").select_option(event)
            happens.get_by_label("With", exact=True).fill(values)
            happens.get_by_role("button", name="Let it happen").click()
        expect(page.get_by_text("Stands at “Patience”")).to_be_visible(timeout=LONG_MS)

        page.get_by_text("What changes on the way").click()
        later = page.get_by_role("form", name="What changes on the way")
        later.get_by_label("Email, from now on", exact=True).select_option("denied")
        later.get_by_role("button", name="Let it change").click()
        expect(went).to_contain_text("by email denied", timeout=LONG_MS)
        page.get_by_role("button", name="To what comes next").click()
        expect(went).to_contain_text("Does not get cart reminder", timeout=LONG_MS)
        refused = went.get_by_role("listitem").filter(has_text="Does not get cart reminder")
        expect(refused).to_contain_text("consent")

        later.get_by_label("They come into").select_option("complaint_hold")
        later.get_by_role("button", name="Let it change").click()
        expect(went).to_contain_text("Entered complaint hold", timeout=LONG_MS)
        expect(page.get_by_text("Left it: complaint")).to_be_visible()
        assert barriers(page) == []


def test_a_broken_promise_is_a_story_a_walk_a_scenario_and_can_be_answered_for(
    browser: Browser, legato: Started
) -> None:
    name = draft(legato, "broken", over=60, properties_till=PROMISE)
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        page = tab(seen, name, "proofs")
        page.get_by_role("button", name="Prove it").click()
        expect(page.get_by_text("1 promise is broken")).to_be_visible(timeout=LONG_MS)
        story = page.get_by_role("list", name="How it comes to be")
        expect(story).to_contain_text("cart_question is sent")
        assert barriers(page) == []

        page.get_by_role("button", name="Walk it on the canvas").click()
        went = page.get_by_role("list", name="How it went")
        expect(went).to_contain_text("Gets cart question", timeout=LONG_MS)
        they = page.get_by_role("form", name="Who they are")
        asked = they.get_by_label("Marketing by Email", exact=True)
        expect(asked).to_have_value("unknown")
        expect(asked).to_have_accessible_description("agrees on the way")
        assert barriers(page) == []

        tab(seen, name, "proofs")
        page.get_by_text("As a scenario").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save it as a file").click()
        assert "never" in saved.value.path().read_text()
        page.get_by_role("button", name="Keep it in the draft").click()
        expect(page.get_by_role("button", name="It is in the draft now")).to_be_visible()

        page.get_by_text("Answer for it in the draft").click()
        answer = page.get_by_role("button", name="Answer for it", exact=True)
        expect(answer).to_be_disabled()
        page.get_by_label("Why it does no harm here").fill("it is asked once, and kindly")
        answer.click()
        expect(page.get_by_text("The reason is in the draft")).to_be_visible()
        page.get_by_role("button", name="Run it again").click()
        expect(page.get_by_text("All proved")).to_be_visible(timeout=LONG_MS)
        expect(page.get_by_text("Answered for: it is asked once, and kindly")).to_be_visible()


def test_a_draft_says_what_it_changes_and_who_answers_and_an_approval_goes_when_live_moves(
    browser: Browser, legato: Started
) -> None:
    name = draft(legato, "ready", over=60)
    other = draft(legato, "sooner", over=45)
    with watched(browser, legato.url) as seen:
        enter(seen, legato, MARKETER)
        page = tab(seen, name, "publish")
        expect(page.get_by_role("table", name="What it changes")).to_contain_text("Cart rescue")
        page.get_by_label("Held out by Always on, in %").fill("8")
        page.get_by_role("button", name="Hold so many out").click()
        expect(page.get_by_text("5% in what runs")).to_be_visible()
        expect(page.get_by_text("nobody has to approve it")).to_be_visible()
        assert barriers(page) == []
        page.get_by_role("button", name="Propose this draft").click()
        page.wait_for_url("**/approvals/*")
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        change = page.url.partition("/studio")[2]

    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, APPROVER)
        seen.go(change)
        page.get_by_role("button", name="Approve this change").click()
        page.get_by_role("button", name="Approve this change").click()
        expect(page.get_by_text("May be applied")).to_be_visible()

    made = call(legato, "POST", f"/api/drafts/{other}/propose", {"title": "Sooner"})
    number = made["change"]["number"]
    assert number, made
    call(legato, "POST", f"/api/changes/{number}/apply", {})

    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, ADMIN)
        seen.go(change)
        expect(page.get_by_text("Another plan runs since.", exact=True)).to_be_visible()
        page = tab(seen, name, "publish")
        expect(
            page.get_by_text("Another plan runs since, so that what was approved")
        ).to_be_visible()
        assert barriers(page) == []
