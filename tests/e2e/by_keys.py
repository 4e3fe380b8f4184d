"""Somebody without a mouse: they get about by keys, and see where they are at each."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import Watched, watched
from tests.e2e.started import Started

TABS_MAX = 120
"""Stops of a page that are passed at most; no page has so many before what one looks for."""
NO_POINTER = """
for (const kind of ['pointerdown', 'mousedown', 'dragstart'])
  addEventListener(kind, () => console.error('a pointer was used: ' + kind), true)
"""
IS_SEEN = """element => {
  if (element.matches('input:not([type=radio], [type=checkbox]), textarea')) return true
  const shown = style => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) ||
    style.boxShadow !== 'none'
  const beside = [element, element.nextElementSibling, element.parentElement].filter(Boolean)
  return beside.some(each => shown(getComputedStyle(each))) ||
    shown(getComputedStyle(element, '::after'))
}"""
"""A field shows the caret; all else a ring, on itself or on what stands for it."""


@contextmanager
def by_keys(browser: Browser, legato: Started, email: str) -> Generator[Watched]:
    """Sign in by keys, with a page on which any use of a pointer is a fault."""
    with watched(browser, legato.url) as seen:
        page = seen.page
        page.add_init_script(NO_POINTER)
        page.goto(f"{legato.url}/studio/")
        expect(page.get_by_label("E-mail")).to_be_focused()
        page.keyboard.type(email)
        reach(page, page.get_by_label("Password", exact=True))
        page.keyboard.type(legato.password)
        page.keyboard.press("Enter")
        page.get_by_role("navigation", name="Main").wait_for()
        seen.settle()  # a key that is pressed as the page appears would be nobody's
        yield seen


def reach(page: Page, target: Locator) -> None:
    """Tab until something has the focus, which is to be seen."""
    expect(target).to_be_attached()
    for _ in range(TABS_MAX):
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(IS_SEEN), f"nobody sees that the focus is on {target}"
            return
        page.keyboard.press("Tab")
    where = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"Tab does not lead to {target}; it is at {where}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Tab to something that can be used, and press a key on it."""
    expect(target).to_be_enabled()
    reach(page, target)
    page.keyboard.press(key)


def write(page: Page, field: Locator, text: str) -> None:
    """Tab to a field and type."""
    expect(field).to_be_editable()
    reach(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    expect(field).to_have_value(text)


def find(page: Page, words: str) -> None:
    """Go where the search for anything leads."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Find anything")).to_have_count(0)
