"""Legato is gone: what stands on the screens stays there, and says as of when it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import chromium, watched
from tests.e2e.started import Started, started
from tests.e2e.test_studio import enter

SCREENS = {
    "/": "Events",
    "/live": "Product Viewed",
    "/customers/user_id:gone-1": "May we contact them?",
    "/scorecard": "Availability",
    "/approvals": "Approvals",
    "/segments/vip": "Who matches now",
}
"""Where, and something that stands there."""


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def legato(browser: Browser) -> Generator[Started]:
    assert browser.is_connected(), "no Legato is started where nobody looks at it"
    assert PAGE in read_bundle(FOLDER), "the Studio is not built: make studio"
    with started() as running:
        running.post("/v1/identify", {"userId": "gone-1", "traits": {"email": "g@shop.example"}})
        yield running


def test_every_live_screen_says_as_of_when_it_is(browser: Browser, legato: Started) -> None:
    with ExitStack() as stack:
        opened = {path: stack.enter_context(watched(browser, legato.url)) for path in SCREENS}
        for path, seen in opened.items():
            enter(seen, legato)
            seen.go(path)
            expect(seen.page.get_by_role("main")).to_contain_text(SCREENS[path])

        os.kill(legato.process_id, signal.SIGTERM)

        for path, seen in opened.items():
            main = seen.page.get_by_role("main")
            strip = main.get_by_role("status").filter(has_text="as of")
            expect(strip.filter(visible=True).first).to_be_visible()
            expect(main).to_contain_text(SCREENS[path])
            expect(seen.page.get_by_role("status", name="Health")).to_contain_text("as of")
            # The browser itself puts calls that nobody answers on its console.
            assert [fault for fault in seen.faults if "Failed to load resource" not in fault] == []
            seen.faults.clear()
            seen.page.close()
