"""The Studio in a browser: people sign in, see what happens, find a customer and read why."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, Watched, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.wheel import ROOT

ADMIN, MARKETER = "ada@shop.example", "mara@shop.example"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ROUTES = ("/", "/live", "/customers", "/nowhere")
KB = 1_024
FIRST_LOAD_KB_MAX = 400
EMAIL = "e2e@shop.example"


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started() as running:
        running.post("/v1/identify", {"userId": "e2e-1", "traits": {"email": EMAIL}})
        running.post("/v1/track", {"userId": "e2e-1", "event": "Signed Up"})
        yield running


def enter(seen: Watched, legato: Started, email: str = ADMIN) -> Page:
    seen.sign_in(email, legato.password)
    seen.page.get_by_role("navigation", name="Main").wait_for()
    seen.settle()  # a key that is pressed as the page appears would be nobody's
    return seen.page


def unsent(page: Page) -> Locator:
    """Return the rows of a customer's messages that did not go."""
    return page.get_by_role("button", name="Not sent")


def open_menu(page: Page) -> Locator:
    """Open the menu of who is here; it is there a moment after its button."""
    button = page.get_by_role("button", name="Your account")
    expect(button).to_have_attribute("aria-haspopup", "menu")
    button.click()
    return page.get_by_role("menu")


def test_nobody_is_let_in_by_a_wrong_password(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        seen.sign_in(ADMIN, "not this one, surely")
        expect(seen.page.get_by_role("alert")).to_contain_text("Try again")

        # The browser itself puts a refused call on its console: that one is meant to be there.
        assert ["status of 4" in fault for fault in seen.faults] == [True]
        seen.faults.clear()


def test_an_event_is_seen_live_and_its_life_is_told(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("link", name="Live events").click()
        page.get_by_role("region", name="Live events").get_by_role("button").first.click()

        life = page.get_by_role("complementary", name="One event")
        expect(life.get_by_role("heading", name="Received")).to_be_visible()
        expect(life.get_by_role("link", name="See the customer")).to_be_visible()


def test_a_customer_is_found_and_why_they_got_nothing(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("link", name="Customers").click()
        page.get_by_label("Find a customer").fill(EMAIL)
        page.get_by_role("button", name="Find", exact=True).click()
        page.get_by_role("heading", name="May we contact them?").wait_for()

        masked = page.get_by_role("complementary", name="Profile").inner_text()
        page.get_by_role("button", name="Show personal values").click()
        page.get_by_label("Reason").fill("ticket 4711: wrong address")
        page.get_by_role("button", name="Show, and put it on record").click()
        expect(page.get_by_role("complementary", name="Profile")).to_contain_text(EMAIL)

        assert EMAIL not in masked


def test_why_says_which_check_decided(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        seen.go("/live?about=decided")
        page.get_by_text("Does not get").first.click()
        page.get_by_role("link", name="See the customer").click()
        unsent(page).first.click()

        why = page.get_by_role("complementary", name="Explanation")
        expect(why.get_by_role("heading", level=2)).to_contain_text("because")
        expect(why.get_by_text("(this decided it)")).to_be_attached()
        expect(why.get_by_role("heading", name="What would have changed it")).to_be_visible()


def test_a_marketer_is_told_that_values_stay_masked(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        page.get_by_role("link", name="Customers").click()
        page.get_by_role("table").get_by_role("link").first.click()

        reveal = page.get_by_role("button", name="Show personal values")
        expect(reveal).to_be_disabled()
        expect(reveal).to_have_attribute("title", "The role marketer sees personal values masked.")


def test_everything_is_found_by_keyboard(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Find anything").fill(EMAIL)
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="May we contact them?")).to_be_visible()
        assert EMAIL not in page.url
        assert "%40" not in page.url


def test_a_chosen_theme_is_there_before_the_first_paint(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        open_menu(page).get_by_role("menuitem", name="Dark").click()
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { window.first = "
            "document.documentElement.dataset.mantineColorScheme })"
        )
        page.reload()
        page.get_by_role("navigation", name="Main").wait_for()

        assert page.evaluate("window.first") == "dark"


def test_who_signs_out_is_asked_to_sign_in(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        open_menu(page).get_by_role("menuitem", name="Sign out").click()

        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        found: dict[str, list[str]] = {}
        for route in ROUTES:
            seen.go(route)
            seen.settle()
            found[route] = barriers(page)
        seen.go("/live?about=decided")
        page.get_by_text("Does not get").first.click()
        page.get_by_role("link", name="See the customer").wait_for()
        found["a life"] = barriers(page)
        page.get_by_role("link", name="See the customer").click()
        unsent(page).first.click()
        page.get_by_role("heading", name="What would have changed it").wait_for()
        found["why"] = barriers(page)
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Find anything").wait_for()
        found["the palette"] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}


def barriers(page: Page) -> list[str]:
    """Return what axe finds, a line each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(told => told.violations.flatMap("
        "each => each.nodes.map(node => each.id + ': ' + node.target.join(' ') + ' '"
        " + node.failureSummary)))",
        list(RULES),
    )
    return list(found)


def test_the_first_load_is_small(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        asked: list[Request] = []
        seen.page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - built-ins cannot be handlers
        enter(seen, legato)
        seen.page.get_by_role("heading", name="Home").wait_for()

        sizes = [
            each.sizes()["responseBodySize"] for each in list(asked) if "/api/" not in each.url
        ]
        assert 0 < sum(sizes) / KB <= FIRST_LOAD_KB_MAX
