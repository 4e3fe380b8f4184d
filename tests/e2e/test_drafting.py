"""A draft: begun with a template, put right by a click, broken by others; and files beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Generator
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle
from tests.e2e.browser import Theme, chromium, watched
from tests.e2e.looks import call
from tests.e2e.started import Started, started
from tests.e2e.test_studio import ADMIN, MARKETER, barriers, enter

CART = "/journeys/cart_rescue"
FILE = "journeys/cart_rescue.yaml"
BROWSING = "catalog/browsing.yaml"


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


def saved(page: Page) -> None:
    expect(page.locator(".draft-saved")).to_contain_text("Saved")


def test_a_journey_begins_with_a_template_and_says_what_came_along(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        page.get_by_role("link", name="Journeys").first.click()
        page.get_by_role("button", name="New journey").click()
        page.get_by_label("Search templates").fill("letter a quarter")
        cards = page.get_by_role("dialog").get_by_role("listitem")
        expect(cards).to_have_count(1)
        assert barriers(page) == []
        cards.get_by_role("button", name="Win back").click()

        along = page.get_by_role("region", name="What comes along")
        expect(along).to_contain_text("There is a journey “win_back” already")
        expect(along).to_contain_text("this one comes as “lapsed_2”")
        assert barriers(page) == []
        page.get_by_label("What people call it").fill("Winter back")
        page.get_by_role("button", name="Begin").click()

        expect(page.get_by_role("heading", name="Winter back").first).to_be_visible()
        expect(page.locator('[data-step="steps/0"]')).to_have_text("Miss you 2")
        saved(page)
        page.get_by_text("Rules as text", exact=True).click()
        text = page.get_by_role("textbox", name="The text of journeys/win_back_2.yaml")
        expect(text).to_have_value(
            "# Nobody heard of for two months gets one letter a quarter.\n"
            "journey: win_back_2\n"
            "title: Winter back\n"
            "owner: growth\n"
            "purpose: marketing\n"
            "enter: {segment: lapsed_2, again: after 90d}\n"
            "leave: {on: Order Completed, as: goal}\n"
            "steps:\n"
            "  - send: {message: miss_you_2, on: {cheapest_of: [push, email]}, expires: 2d}\n"
            "  - wait: 14d\n"
        )


def test_a_problem_is_found_by_a_key_and_put_right_by_a_click(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"{CART}?draft=repaired&lens=text")
        area = page.get_by_role("textbox", name="The text of")
        area.fill(
            area.input_value().replace("cart_question, on: email", "cart_question, on: emial")
        )
        bar = page.locator(".journey-problems")
        page.get_by_text("Build", exact=True).click()
        expect(bar).to_contain_text("1 problem")

        page.keyboard.press("F8")
        inspector = page.get_by_role("complementary", name="About this step")
        expect(inspector).to_contain_text("emial")
        inspector.get_by_role("button", name="Use `email`").click()
        expect(bar).to_have_count(0)
        expect(inspector).to_contain_text("Sends cart_question by email")

        page.get_by_role("button", name="Undo: set on of send").click()
        expect(bar).to_contain_text("1 problem")
        page.get_by_role("button", name="Redo: set on of send").click()
        expect(bar).to_have_count(0)
        saved(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_gone_is_drawn_where_it_stood_and_read_by_keys(
    browser: Browser, legato: Started, theme: Theme
) -> None:
    with watched(browser, legato.url, theme=theme) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go(f"{CART}?draft=gone_{theme}&step=steps/2")
        page.locator('[data-step="steps/2"]').focus()
        page.keyboard.press("Delete")
        expect(page.get_by_text("Draft · 1 change")).to_be_visible()
        saved(page)

        page.get_by_text("Changes", exact=True).click()
        row = page.get_by_role("region", name="What differs").get_by_role("button")
        row.focus()
        page.keyboard.press("Enter")
        ghost = page.get_by_role("group", name="Removed: Wait for something")
        expect(ghost).to_be_focused()
        inspector = page.get_by_role("complementary")
        expect(inspector).to_contain_text("It stood after 'Choose'.")
        page.keyboard.press("Delete")
        expect(page.get_by_text("Draft · 1 change")).to_be_visible()
        assert barriers(page) == []

        page.get_by_text("Rules as text", exact=True).click()
        expect(page.get_by_role("deletion").first).to_contain_text("Wait for something")
        assert barriers(page) == []


def text_of(legato: Started, file: str) -> str:
    """Return what stands in the folder, which runs as long as nobody applied anything else."""
    return (legato.folder / "shop" / file).read_text()


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file as people do who have it on their disk."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files({"name": name, "mimeType": "text/yaml", "buffer": content})


def drop(page: Page, name: str, content: str) -> None:
    """Drop a file onto the page."""
    data = page.evaluate_handle(
        """([name, content]) => {
          const data = new DataTransfer()
          data.items.add(new File([content], name))
          return data
        }""",
        [name, content],
    )
    area = page.get_by_role("region", name="Drop YAML files")
    area.dispatch_event("drop", {"dataTransfer": data})


def packed(files: dict[str, str]) -> bytes:
    whole = io.BytesIO()
    with ZipFile(whole, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return whole.getvalue()


def test_what_is_taken_out_twice_is_the_same_and_changes_nothing_when_it_is_back(
    browser: Browser, legato: Started
) -> None:
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/definitions")
        archives: list[bytes] = []
        for _ in range(2):
            with page.expect_download() as saved_file:
                page.get_by_role("link", name="Export all").click()
            archives.append(saved_file.value.path().read_bytes())
        page.get_by_label("Find a definition or a file").fill("cart_rescue")
        with page.expect_download() as saved_file:
            page.get_by_role("link", name="Take out cart_rescue").first.click()
        assert saved_file.value.suggested_filename == "cart_rescue.yaml"
        alone = saved_file.value.path().read_bytes()
        choose(page, "shop.zip", archives[0])
        expect(page.get_by_role("heading", name="One file was brought")).to_be_focused()
        expect(page.get_by_text("Nothing differs from what runs")).to_be_visible()
        page.get_by_role("button", name="Put away").click()
        expect(page.get_by_role("button", name="Choose files")).to_be_focused()
        choose(page, "cart_rescue.yaml", alone)
        expect(page.get_by_text("The file is byte for byte what runs.")).to_be_visible()

    assert archives[0] == archives[1]
    with ZipFile(io.BytesIO(archives[0])) as archive:
        assert archive.read(FILE).decode() == text_of(legato, FILE)
    assert alone.decode() == text_of(legato, FILE)


def test_files_are_compared_brought_into_a_draft_and_proposed_and_nothing_is_lost(
    browser: Browser, legato: Started
) -> None:
    running = call(legato, "POST", "/api/drawing/read", {"journey": "cart_rescue"})
    mine = running["text"].replace("over: 40", "over: 70")
    about = {"journey": "cart_rescue", "title": "Only large carts", "base": running["base"]}
    call(legato, "PUT", "/api/drafts/beside", {**about, "files": {FILE: mine}})
    theirs = running["text"].replace("over: 40", "over: 55").replace("after: 2d", "after: 3d")
    bare = re.sub(r" +# a glance.*", "", theirs)
    with watched(browser, legato.url) as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/definitions")
        drop(page, "cart_rescue.yaml", bare.replace("cart_question, on: email", "x, on: email"))
        mistakes = page.get_by_role("list", name="Mistakes")
        expect(mistakes).to_contain_text(f"{FILE}:29")
        expect(mistakes).to_contain_text("To fix")
        expect(page.get_by_role("button", name="Propose")).to_be_disabled()
        page.get_by_role("button", name="Put away").click()

        drop(page, "cart_rescue.yaml", bare)
        changes = page.get_by_role("list", name="What would change")
        expect(changes).to_contain_text("value is over 55")
        expect(page.get_by_text("# a glance at the till")).to_be_visible()
        expect(page.get_by_label("Keep them")).to_be_checked()
        expect(page.get_by_text("“Only large carts” is a draft of")).to_be_visible()
        assert barriers(page) == []
        page.get_by_role("link", name="Journeys").first.click()
        page.get_by_role("heading", name="Journeys").wait_for()
        page.get_by_role("link", name="Definitions").click()
        expect(changes).to_contain_text("value is over 55")

        beside = page.locator(".note").filter(has_text="Only large carts")
        beside.get_by_role("button", name="Bring these into it").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("over: 70")
        expect(dialog).to_contain_text("over: 55")
        dialog.get_by_label("Mine").check()
        dialog.get_by_role("button", name="Use these").click()
        expect(page.get_by_text("Draft · 2 changes")).to_be_visible()
        kept = call(legato, "GET", "/api/drafts/beside", {})["files"][FILE]
        assert kept == mine.replace("after: 2d", "after: 3d")

        seen.go("/definitions")
        choose(page, "cart_rescue.yaml", bare.encode())
        page.get_by_label("What it does, in a few words").fill("Rescue larger carts")
        page.get_by_role("button", name="Propose").click()
        page.wait_for_url("**/approvals/*")
        expect(page.get_by_role("heading", name="Rescue larger carts")).to_be_visible()
        number = page.url.rpartition("/")[2]

    review = call(legato, "GET", f"/api/changes/{number}/review", {})
    lines = [line for line in review["differences"][0]["lines"] if line[0] in "+-"]
    assert not any("a glance" in line for line in lines)
    call(legato, "POST", f"/api/changes/{number}/withdraw", {})


def test_files_become_a_draft_of_their_own(browser: Browser, legato: Started) -> None:
    text = text_of(legato, FILE).replace("over: 40", "over: 65")
    with watched(browser, legato.url, theme="dark") as seen:
        page = enter(seen, legato, MARKETER)
        seen.go("/definitions")
        choose(page, "git.zip", packed({f"shop-main/{FILE}": text}))
        page.get_by_role("button", name="Keep as a draft").wait_for()
        assert barriers(page) == []
        page.get_by_role("button", name="Keep as a draft").click()

        differs = page.get_by_role("region", name="What differs")
        expect(differs).to_contain_text("value is over 65")


def test_a_draft_that_somebody_breaks_says_who_and_when_and_is_mended(
    browser: Browser, legato: Started
) -> None:
    rests = "{on: Page Viewed, when: {path: /till}, leave: quietly}"
    rests = f"  - wait_for:\n      - {rests}\n      - {{after: 1d}}\n"
    with watched(browser, legato.url) as one, watched(browser, legato.url) as other:
        mine, theirs = enter(one, legato, MARKETER), enter(other, legato, ADMIN)
        one.go(f"{CART}?draft=rests&lens=text")
        area = mine.get_by_role("textbox", name="The text of")
        area.fill(area.input_value().rstrip("\n") + "\n" + rests)
        saved(mine)
        mine.get_by_text("Build", exact=True).click()
        mine.get_by_role("button", name="Show all").click()
        expect(mine.locator('[data-step="steps/4"]')).to_have_text("Wait for something")

        without = text_of(legato, BROWSING).replace("    path: {type: string}\n", "", 1)
        other.go("/definitions")
        choose(theirs, "catalog.zip", packed({BROWSING: without}))
        changes = theirs.get_by_role("list", name="What would change")
        expect(changes).to_contain_text("Page Viewed")
        theirs.get_by_label("What it does, in a few words").fill("Paths are not kept")
        theirs.get_by_role("button", name="Propose").click()
        theirs.get_by_role("button", name="Apply this change").click()
        theirs.get_by_role("button", name="Apply this change").click()
        expect(theirs.get_by_text("Applied by")).to_be_visible()

        told = mine.get_by_role("alert").filter(has_text="changed event Page Viewed")
        expect(told).to_contain_text(re.compile(r"ada.* changed event Page Viewed at \d\d:\d\d"))
        assert barriers(mine) == []
        mine.keyboard.press("F8")
        expect(mine.locator('[data-step="steps/4"]')).to_be_focused()
        inspector = mine.get_by_role("complementary", name="About this step")
        expect(inspector).to_contain_text("has no property `path`")
        mine.keyboard.press("Delete")
        expect(told).to_have_count(0)
        expect(mine.locator(".journey-problems")).to_have_count(0)
        saved(mine)
