"""A browser that looks at the Studio, and minds everything a page must not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 20_000
Theme = Literal["light", "dark"]


def find_chromium() -> str:
    """Return the system's Chromium; without one the test is skipped, and in CI fails."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is not None:
        return path
    if os.environ.get("CI"):
        pytest.fail("There is no Chromium: scripts/chromium_for_tests.sh installs it.")
    pytest.skip("There is no Chromium here: apt-get install chromium")


@contextmanager
def chromium() -> Generator[Browser]:
    """Run a Chromium for as long as the block lasts."""
    path = find_chromium()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page of the Studio, and what it did that it must not."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._request)
        # Of what the policy forbids, the console tells too; this says which rule it was.
        page.add_init_script(
            "addEventListener('securitypolicyviolation', event => "
            "console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )

    def go(self, path: str) -> None:
        """Go to a path of the Studio and wait until it stands."""
        self.page.goto(f"{self.url}/studio{path}")
        self.page.get_by_role("heading").first.wait_for()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as people do."""
        self.page.goto(f"{self.url}/studio/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text} ({message.location})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.faults.append(f"a request elsewhere: {request.url}")


@contextmanager
def watched(browser: Browser, url: str, *, theme: Theme = "light") -> Generator[Watched]:
    """Open a page with a session of its own; at the end, it must have done nothing wrong."""
    size = {"width": 1440, "height": 900}
    with browser.new_context(viewport=size, color_scheme=theme, locale="en-GB") as context:  # pyright: ignore[reportArgumentType] - a plain mapping has its shape
        seen = Watched(context.new_page(), url)
        yield seen
    assert seen.faults == []
