"""Segments in a browser: a rule is read, changed by keyboard, tried on somebody, and proposed."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.app.rehearse.scenarios import read_whole
from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.held import Held
from tests.e2e.started import Started, started
from tests.e2e.test_connections import ask
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

PEOPLE = 12


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started() as running:
        for number in range(PEOPLE):
            country = "Portugal" if number % 2 else "United Kingdom"
            traits = {"email": f"{number}@segments.example", "country": country}
            running.post("/v1/identify", {"userId": f"segments-{number}", "traits": traits})
        yield running


def add_condition(page: Page, words: str) -> None:
    """Add a condition without a mouse."""
    page.get_by_role("button", name="Add a condition", exact=True).first.press("Enter")
    finder = page.get_by_role("combobox", name="Add a condition")
    finder.press_sequentially(words)
    page.get_by_role("listbox", name="Add a condition").get_by_role("option").first.wait_for()
    finder.press("Enter")


def test_a_segment_is_changed_by_keyboard_tried_and_proposed(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        page.get_by_role("link", name="Segments").click()
        page.get_by_label("Find by name").fill("outside")
        page.get_by_role("link", name="Abroad").click()

        people = page.get_by_role("complementary", name="People now")
        expect(people.get_by_role("heading", name="Some of its people")).to_be_visible()
        said = page.get_by_label("In words")
        expect(said).to_contain_text("country is not")

        add_condition(page, "orders 90d")
        expect(said).to_contain_text("orders_90d is 0")
        page.get_by_label("orders_90d: How it is compared").select_option("at_least")
        page.get_by_label("orders_90d: Value").fill("1")
        page.get_by_label("orders_90d: Value").press("Enter")
        expect(said).to_contain_text("orders_90d is at least 1")
        expect(page.get_by_role("region", name="Who matches now")).to_contain_text("removes")

        page.get_by_role("button", name="Try on a customer").click()
        page.get_by_label("Customer to try it on").fill("user_id:segments-1")
        page.get_by_role("button", name="Try", exact=True).click()
        expect(page.get_by_text("This customer does not meet the rule")).to_be_visible()

        expect(page.get_by_text("Draft saved")).to_be_visible()
        page.reload()
        expect(said).to_contain_text("orders_90d is at least 1")
        page.get_by_role("button", name="Propose this change").click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_label("What it does").fill("Abroad are those who bought")
        sheet.get_by_role("button", name="Propose this change").click()

        expect(page.get_by_role("heading", name="Abroad are those who bought")).to_be_visible()


def test_a_new_segment_is_drafted_with_its_size_and_a_mistake_put_right(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/segments?begin=1")
        page.get_by_label("Name in definitions").fill("portuguese")
        page.get_by_label("What people call it").fill("Lives in Portugal")
        page.get_by_label("Owner: the team").fill("growth")
        page.get_by_role("button", name="Begin this segment").click()

        expect(page.get_by_text("Not in force yet").first).to_be_visible()
        add_condition(page, "write it as text")
        text = page.get_by_label("Condition as text")
        text.fill('{"trait": {"contry": "Portugal"}}')
        text.press("Tab")
        page.get_by_role("button", name="Use `country`").click()

        expect(page.get_by_label("In words")).to_contain_text("country is Portugal")
        matches = page.get_by_role("region", name="Who matches now")
        expect(matches).to_contain_text("of")
        expect(page.get_by_label("country: Value")).to_have_value("Portugal")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Use `country`")).to_be_visible()

        page.get_by_role("button", name="Discard draft").click()
        page.get_by_role("dialog").get_by_role("button", name="Discard draft").click()
        expect(page.get_by_role("table", name="Segments")).to_be_visible()


def test_the_text_and_the_rule_are_one_and_stay_on_the_device_while_legato_is_away(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/segments/big_basket?lens=text")
        text = page.get_by_label("Text of segments/customers.yaml")
        before = text.input_value()
        assert "segment: big_basket" in before

        text.fill(before.replace("title: ", "titel: "))
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(text).to_have_attribute("aria-invalid", "true")
        text.fill(f"{before}# Talked about in May.\n")
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_text("Draft saved")).to_be_visible()
        page.get_by_role("button", name="Rule", exact=True).click()
        add_condition(page, "orders 90d")
        expect(page.get_by_label("In words")).to_contain_text("orders_90d")
        page.get_by_role("button", name="Text", exact=True).click()
        expect(text).to_have_value(re.compile("orders_90d(.|\n)*# Talked about in May"))
        expect(page.get_by_text("Draft saved")).to_be_visible()

        page.context.set_offline(True)
        text.fill(text.input_value().replace("in May", "in June"))
        expect(page.get_by_text("Legato is away: kept on this device")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("Draft saved")).to_be_visible()
        page.reload()
        expect(text).to_have_value(re.compile("Talked about in June"))
        page.get_by_role("button", name="Discard draft").click()
        page.get_by_role("dialog").get_by_role("button", name="Discard draft").click()
        expect(text).to_have_value(before)

        # The browser itself puts calls that find nobody on its console: those were meant.
        seen.faults[:] = [each for each in seen.faults if "ERR_INTERNET_DISCONNECTED" not in each]


def test_of_quick_changes_to_a_rule_one_refused_goes_alone_and_says_why(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/segments/vip")
        spend, orders = (
            page.get_by_label("spend_365d: Value"),
            page.get_by_label("orders_90d: Value"),
        )

        held = Held(page, "**/api/drawing/segment/edit")
        spend.fill("3000")
        spend.press("Enter")
        orders.fill("7")
        orders.press("Enter")
        page.get_by_label("What people call it").fill("The best of ours")
        page.get_by_label("What people call it").press("Enter")
        expect(spend).to_have_value("3000")
        held.refuse("It cannot be written there.", "Write it as text.")

        expect(spend).to_have_value("2000")
        expect(orders).to_have_value("7")
        page.get_by_role("button", name="Text", exact=True).click()
        text = page.get_by_label("Text of segments/customers.yaml")
        for part in ("title: The best of ours", "orders_90d: {at_least: 7}", "{over: 2000}"):
            expect(text).to_have_value(re.compile(re.escape(part)))
        expect(page.get_by_role("alert").get_by_text("It cannot be written there.")).to_be_visible()
        expect(page.get_by_text("Draft saved")).to_be_visible()
        seen.faults[:] = [each for each in seen.faults if "status of 422" not in each]


def test_a_rule_changed_before_its_text_was_read_keeps_what_was_written(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/segments/lapsed?lens=text")
        text = page.get_by_label("Text of segments/customers.yaml")
        before = text.input_value()

        held = Held(page, "**/api/drawing/segment/read")
        text.fill(before.replace("within: 21d", "within: 28d"))
        page.get_by_role("button", name="Rule", exact=True).click()
        page.get_by_label("How they stand to it").select_option("in_segment")
        held.let_go()

        page.get_by_role("button", name="Text", exact=True).click()
        for part in ("within: 28d", "{in_segment: open_complaint}"):
            expect(text).to_have_value(re.compile(re.escape(part)))
        expect(page.get_by_text("Draft saved")).to_be_visible()


def test_what_uses_a_segment_stands_in_the_way_of_removing_it(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/segments/open_complaint")
        page.get_by_role("button", name="Remove…").click()
        sheet = page.get_by_role("dialog", name="Remove Open complaint")
        uses = sheet.get_by_role("table", name="What uses it")
        expect(uses.get_by_role("link", name="Cart rescue")).to_be_visible()
        expect(uses).to_contain_text("through the segment lapsed")
        expect(sheet.get_by_role("button", name="Propose to remove it")).to_be_disabled()
        assert barriers(page) == []

        seen.go("/segments/big_basket")
        page.get_by_role("button", name="Remove…").click()
        sheet = page.get_by_role("dialog", name="Remove Big basket")
        sheet.get_by_label("What it does, in a few words").fill("Nobody asks for big baskets")
        sheet.get_by_role("button", name="Propose to remove it").click()
        expect(
            page.get_by_role("heading", name="Nobody asks for big baskets").first
        ).to_be_visible()


def test_values_that_were_seen_are_suggested_as_far_as_class_and_role_allow(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        offered = page.locator("datalist option")
        with page.expect_response(re.compile("/api/dictionary/country/samples")) as asked:
            seen.go("/segments/abroad")
            page.get_by_label("country: Value").focus()
        (personal,) = asked.value.json()
        assert personal["is_masked"]
        expect(offered).to_have_count(0)

        files = read_whole(legato.folder / "shop")
        name = "catalog/traits.yaml"
        head, _, rest = files[name].partition("trait: country")
        public = f"{head}trait: country{rest.replace('privacy: personal', 'privacy: public', 1)}"
        body = {"files": {**files, name: public}}
        assert json.loads(ask(legato, "POST", "/api/plan/apply", body))["is_changed"]
        seen.go("/segments/abroad")
        page.get_by_label("country: Value").focus()
        expect(page.locator("datalist option[value='Portugal']")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato, ADMIN)
        found: dict[str, list[str]] = {}
        for route in (
            "/segments",
            "/segments/open_complaint",
            "/segments/vip",
            "/segments/vip?lens=text",
        ):
            seen.go(route)
            seen.settle()
            found[route] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}
