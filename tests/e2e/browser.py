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
WAIT_MS = 60_000
"""Long for a busy machine: who waits for a condition loses nothing by it."""
SLOWED = "LEGATO_TEST_SLOWED"
"""Names how many times slower the pages compute: what was pressed too early then shows."""
FRAMES = 8
COUNTS = """
(() => {
  const { fetch } = window
  window.asked = 0
  window.fetch = async (...words) => {
    window.asked += 1
    try {
      return await fetch(...words)
    } finally {
      window.asked -= 1
    }
  }
})()
"""
IS_SETTLED = f"""() => {{
  const moving = document.getAnimations().filter(each => each.playState === 'running' &&
    each.effect.getComputedTiming().iterations !== Infinity)
  const isBusy = window.asked > 0 || moving.length > 0 || document.readyState !== 'complete' ||
    document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root') !== null
  window.calm = isBusy ? 0 : (window.calm ?? 0) + 1
  return window.calm > {FRAMES}
}}"""
Theme = Literal["light", "dark"]
Motion = Literal["reduce", "no-preference"]


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
        page.add_init_script(COUNTS)
        # Of what the policy forbids, the console tells too; this says which rule it was.
        page.add_init_script(
            "addEventListener('securitypolicyviolation', event => "
            "console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )

    def go(self, path: str) -> None:
        """Go to a path of the Studio and wait until it stands."""
        self.page.goto(f"{self.url}/studio{path}")
        self.page.get_by_role("heading").first.wait_for()

    def settle(self) -> None:
        """Wait until it has all it asked for, and nothing moves: as somebody sees it who looks."""
        self.page.wait_for_function(IS_SETTLED)

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
def watched(
    browser: Browser, url: str, *, theme: Theme = "light", motion: Motion = "reduce"
) -> Generator[Watched]:
    """Open a page with a session of its own; at the end, it must have done nothing wrong.

    Nothing moves there on its own, unless it is about that: what moves cannot be pressed for sure.
    """
    with browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme=theme,
        reduced_motion=motion,
        locale="en-GB",
    ) as context:
        page = context.new_page()
        slow(page)
        seen = Watched(page, url)
        yield seen
    assert seen.faults == [], seen.faults


def slow(page: Page) -> None:
    """Let a page compute as slowly as the environment asks for."""
    rate = float(os.environ.get(SLOWED, "1"))
    if rate > 1:
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": rate})  # pyright: ignore[reportUnknownMemberType] - it speaks in plain mappings
