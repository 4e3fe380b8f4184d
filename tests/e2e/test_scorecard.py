"""The scorecard in a browser, from the health line to what is worst; and the example's removal."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_studio import barriers, enter


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started(speed=20_000) as running:
        yield running


def test_the_health_line_leads_to_what_is_worst(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("status", name="Health").get_by_role("link").click()
        expect(page.get_by_role("heading", name="Scorecard")).to_be_visible()
        page.get_by_text("Last hour", exact=True).click()

        journeys = page.get_by_role("link", name="Cost per journey")
        journeys.focus()
        page.keyboard.press("Enter")
        worst = page.get_by_role("table", name="Journeys that cost most")
        expect(worst.get_by_role("row").nth(1)).to_contain_text("£")
        page.get_by_text("Table", exact=True).click()
        expect(page.get_by_role("table", name="Trend").get_by_role("row").nth(1)).to_be_visible()
        expect(page).to_have_url(re.compile("figure=journey_cost"))
        expect(page).to_have_url(re.compile("over=hour"))
        page.reload()
        expect(page.get_by_role("table", name="Trend")).to_be_visible()

        worst.get_by_role("link").first.click()
        page.wait_for_url("**/journeys/*")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_figure_has_a_barrier(browser: Browser, legato: Started, theme: Theme) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato)
        found: dict[str, list[str]] = {}
        for figure in ("latency", "availability&view=table", "event_cost"):
            seen.go(f"/scorecard?over=hour&figure={figure}")
            page.get_by_role("heading", name="What this is").wait_for()
            seen.settle()
            found[figure] = barriers(page)

        assert {name: each for name, each in found.items() if each} == {}


def test_one_click_removes_the_example(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato)
        page.get_by_role("button", name="Remove the example").click()
        expect(page.get_by_text("Remove the example for good?")).to_be_visible()
        found = barriers(page)
        page.get_by_role("button", name="Remove it now").click()
        page.get_by_text("This is the example shop").wait_for(state="detached")
        page.get_by_text("See your first event").wait_for(timeout=60_000)
        steps = page.get_by_role("listitem").filter(has_text="See your first event")
        expect(steps).to_contain_text("not yet", timeout=60_000)

        expect(page.get_by_text("This is the example shop")).to_have_count(0)
        assert found == []
        # While it begins anew, the page asks in vain, and the browser says so on its console.
        seen.faults[:] = [fault for fault in seen.faults if not is_of_a_start(fault)]


def is_of_a_start(fault: str) -> bool:
    return "Failed to load resource" in fault
