"""The canvas as people edit on it: by hand, by keys alone, against each other, without a server."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Watched, chromium, watched
from tests.e2e.by_hand import drag
from tests.e2e.held import Held
from tests.e2e.started import Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

MOVES = """drawn => {
  window.moves = []
  const look = () => window.moves.push(drawn.style.transform)
  new MutationObserver(look).observe(drawn, { attributeFilter: ['style'] })
}"""
HAS_MOVED = """() => {
  const { length } = window.moves
  window.still = length > 0 && length === window.before ? (window.still ?? 0) + 1 : 0
  window.before = length
  return window.still > 30
}"""
LONG_PAST = """() => {
  window.frames_past = (window.frames_past ?? 0) + 1
  return window.frames_past > 60
}"""
EDGE = 895
"""Where a browser begins to scroll what can be scrolled, under what is dragged there."""
EDITS = "**/api/drawing/edit"
DRAFT = "/journeys/cart_rescue?draft=cart_rescue"


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


def begin(page: Page, title: str) -> None:
    """Begin a journey of this title."""
    page.get_by_role("link", name="Journeys").first.click()
    page.get_by_role("button", name="New journey").click()
    page.get_by_label("What people call it").fill(title)
    page.get_by_label("The team that answers for it").fill("growth")
    page.get_by_role("button", name="Begin").click()
    palette(page).wait_for()


def palette(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Kinds of steps")


def kind(page: Page, title: str) -> Locator:
    return palette(page).get_by_role("button", name=f"Add: {title}", exact=True)


def saved(page: Page) -> None:
    expect(page.locator(".draft-saved")).to_contain_text("Saved")


def step(page: Page, path: str) -> Locator:
    return page.locator(f'[data-step="{path}"]')


def wait_minutes(page: Page, minutes: int) -> None:
    """Set how long the first step waits."""
    step(page, "steps/0").click()
    about = page.get_by_role("complementary", name="About this step")
    about.get_by_role("spinbutton").first.fill(str(minutes))
    page.keyboard.press("Enter")


def test_a_journey_is_made_by_drag_and_its_problem_is_put_right(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        begin(page, "Baskets by hand")
        drag(page, kind(page, "Wait"), page.locator('[data-place="steps/0"]'))
        expect(step(page, "steps/0")).to_have_text("Wait")
        drag(page, kind(page, "Go to"), page.locator('[data-place="steps/1"]'))
        expect(step(page, "steps/1")).to_have_text("Go to")
        problem = page.get_by_text("problem", exact=False).first
        expect(problem).to_be_visible()

        page.keyboard.press("F8")
        page.get_by_role("button", name="Undo: add", exact=False).click()
        expect(step(page, "steps/1")).to_have_count(0)
        page.get_by_role("button", name="Redo: add", exact=False).click()
        expect(step(page, "steps/1")).to_have_text("Go to")

        saved(page)
        assert barriers(page) == []


def scale(transform: str) -> float:
    return float(transform.partition("scale(")[2].rstrip(")"))


def test_the_canvas_moves_at_once_for_who_asks_for_less_motion(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url, motion="reduce") as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue")
        drawn = page.locator(".react-flow__viewport")
        drawn.wait_for()
        seen.settle()
        drawn.evaluate(MOVES)
        page.get_by_role("button", name="Show all").click()
        page.wait_for_function(HAS_MOVED)

        moves = [scale(move) for move in page.evaluate("window.moves")]
        # Steps that grow as what they say comes in move it a little.
        assert moves[0] == pytest.approx(moves[-1], rel=0.1)


def test_nothing_scrolls_what_is_drawn_off_its_place(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(DRAFT)
        palette(page).wait_for()
        seen.settle()
        before = palette(page).bounding_box()

        page.locator("[data-step]").last.evaluate("step => step.scrollIntoView({block: 'start'})")
        kind(page, "Wait").hover()
        page.mouse.down()
        for _ in range(2):
            page.mouse.move(700, EDGE)
        expect(palette(page).locator("..").locator("[data-drop=true]").first).to_be_visible()
        page.mouse.move(700, EDGE)
        page.wait_for_function(LONG_PAST)

        assert palette(page).bounding_box() == before
        page.mouse.up()


def test_a_journey_is_made_by_keys_alone(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        begin(page, "Baskets by keys")
        step(page, "start").focus()
        for words, path in (("stays for a length", "steps/0"), ("asks something", "steps/1")):
            page.keyboard.press(".")
            page.get_by_role("combobox", name="Add a step").fill(words)
            page.keyboard.press("Enter")
            expect(step(page, path)).to_be_focused()

        page.keyboard.press("Alt+ArrowUp")
        expect(step(page, "steps/0")).to_be_focused()
        expect(step(page, "steps/0")).to_have_text("Choose")
        page.keyboard.press("Delete")
        expect(step(page, "steps/0")).to_have_text("Wait")
        page.keyboard.press("Control+z")
        expect(step(page, "steps/0")).to_have_text("Choose")
        page.keyboard.press("Control+Shift+z")
        expect(step(page, "steps/0")).to_have_text("Wait")
        saved(page)


def test_two_who_change_one_step_choose_and_nothing_is_lost(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as one, watched(browser, legato.url) as other:
        mine, theirs = enter(one, legato, ADMIN), enter(other, legato, MARKETER)
        for seen in (one, other):
            seen.go(DRAFT)
            palette(seen.page).wait_for()
        wait_minutes(theirs, 45)
        expect(theirs.get_by_role("complementary")).to_contain_text("Waits 45 minutes.")
        saved(theirs)
        wait_minutes(mine, 90)

        dialog = mine.get_by_role("dialog")
        expect(dialog).to_contain_text("Waits 1 hour 30 minutes.")
        expect(dialog).to_contain_text("Waits 45 minutes.")
        dialog.get_by_label("Theirs").check()
        dialog.get_by_role("button", name="Use these").click()
        expect(mine.get_by_role("complementary")).to_contain_text("Waits 45 minutes.")
        mine.get_by_role("button", name="Undo: bring both").click()
        expect(mine.get_by_role("complementary")).to_contain_text("Waits 1 hour 30 minutes.")
        saved(mine)

        forgive(one, "status of 412")


def test_what_is_written_without_a_server_is_kept_and_saved_later(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"{DRAFT}&lens=text")
        area = page.get_by_role("textbox", name="The text of")
        text = area.input_value()
        page.route("**/api/**", cut_off)
        area.fill(f"{text}# kept through the night\n")
        expect(page.locator(".draft-saved")).to_contain_text("Kept on this device")
        page.unroute("**/api/**", cut_off)
        saved(page)

        seen.go(f"{DRAFT}&lens=text")
        expect(page.get_by_role("textbox", name="The text of")).to_have_value(
            f"{text}# kept through the night\n"
        )
        forgive(seen, "Failed to load resource")


def test_quick_changes_to_one_rule_are_all_kept(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue?draft=quick")
        palette(page).wait_for()
        about = page.get_by_role("complementary", name="About this journey")

        held = Held(page, EDITS)
        operator = about.get_by_label("value: How it is compared")
        operator.focus()
        operator.select_option("at_least")
        expect(operator).to_be_focused()
        amount = about.get_by_label("value: Value")
        amount.fill("25")
        amount.press("Enter")
        about.get_by_role("button", name="value: and…").click()
        expect(about.get_by_label("value: Value")).to_have_count(2)
        held.let_go()

        expect(about.get_by_label("value: How it is compared").nth(1)).to_have_value("at_most")
        is_written(page, "when: {value: {at_least: 25, at_most: 0}}")


def test_quick_changes_to_one_step_are_all_kept(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue?draft=quick_step&step=steps/1")
        palette(page).wait_for()
        about = page.get_by_role("complementary", name="About this step")

        held = Held(page, EDITS)
        times = about.get_by_label("Times", exact=True)
        times.fill("5")
        times.press("Enter")
        about.get_by_label("How far back: unit").select_option("d")
        held.let_go()

        is_written(page, "when: {did: Product Viewed, at_least: 5, within: 3d}")


def test_what_is_refused_goes_back_and_says_why_and_what_came_after_is_kept(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue?draft=quick_refused&step=steps/1")
        palette(page).wait_for()
        about = page.get_by_role("complementary", name="About this step")
        times = about.get_by_label("Times", exact=True)

        held = Held(page, EDITS)
        times.fill("5")
        times.press("Enter")
        about.get_by_label("How far back: unit").select_option("d")
        expect(times).to_have_value("5")
        held.refuse("It cannot be written there.", "Write it as text.")

        expect(times).to_have_value("2")
        expect(about.get_by_label("How far back: unit")).to_have_value("d")
        is_written(page, "when: {did: Product Viewed, at_least: 2, within: 3d}")
        expect(page.get_by_role("alert").get_by_text("It cannot be written there.")).to_be_visible()
        forgive(seen, "status of 422")


def test_quick_moves_and_settings_are_of_the_step_that_was_meant(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue?draft=quick_moves&step=steps/0")
        step(page, "steps/0").focus()

        held = Held(page, EDITS)
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Alt+ArrowDown")
        minutes = page.get_by_role("complementary", name="About this step").get_by_label(
            "Wait", exact=True
        )
        minutes.get_by_role("spinbutton").fill("45")
        page.keyboard.press("Enter")
        held.let_go()

        expect(minutes.get_by_role("spinbutton")).to_have_value("45")
        is_written(page, "  - label: patience\n    wait: 45m\n  - send: {message: cart_question")


def test_who_presses_delete_twice_deletes_one_step(browser: Browser, legato: Started) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/journeys/cart_rescue?draft=quick_delete&step=steps/0")
        step(page, "steps/0").focus()

        held = Held(page, EDITS)
        page.keyboard.press("Delete")
        page.keyboard.press("Delete")
        page.keyboard.press("Control+z")
        held.let_go()

        expect(page.get_by_role("button", name="Redo: delete", exact=False)).to_be_enabled()
        is_written(
            page, "steps:\n  - label: patience\n    wait: 30m\n  - when: {did: Product Viewed"
        )


def is_written(page: Page, line: str) -> None:
    """See that a text comes to hold what was set, as the server wrote it."""
    page.get_by_text("Rules as text", exact=True).click()
    text = page.get_by_role("textbox", name="The text of")
    expect(text).to_have_value(re.compile(re.escape(line)))


def forgive(seen: Watched, words: str) -> None:
    """The browser itself puts what was refused on its console: that was meant to be."""
    assert [fault for fault in seen.faults if words not in fault] == []
    seen.faults.clear()


def cut_off(route: Route) -> None:
    """Let nobody answer."""
    route.abort()
