"""Somebody with a mouse: they drag a thing to its place, and let go where it is taken."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

TRIES_MAX = 30
LOOK_MS = 2_000
"""After so long without a sign that it would be taken, the hand goes to where the place is now."""


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Press, go to a place until it says that it would take what is dragged, and let go there."""
    source.hover()
    page.mouse.down()
    for _ in range(TRIES_MAX):
        target.hover()
        target.hover()  # the first move only begins to drag
        if _would_take(target):
            page.mouse.up()
            return
    raise AssertionError(f"{target} takes nothing of {source}")


def _would_take(target: Locator) -> bool:
    try:
        expect(target).to_have_attribute("data-over", "true", timeout=LOOK_MS)
    except AssertionError:
        return False
    return True
