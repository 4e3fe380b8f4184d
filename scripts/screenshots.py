"""Takes every screen of a running demo, light and dark, wide and narrow, into a folder of pictures.

legato demo --plain --port 8461          in one shell; it prints the password
python scripts/screenshots.py http://127.0.0.1:8461 PASSWORD out/
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (1440, 1180)
HEIGHT = 900
SETTLE_MS = 2_500
"""For the live stream to have something to show."""


def main() -> None:
    """Sign in once for each theme and width, and walk the screens."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("password")
    options.add_argument("folder", type=Path)
    options.add_argument("--email", default="ada@shop.example")
    options.add_argument("--only", default="", help="Part of a picture's name.")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme in ("light", "dark"):
            for width in WIDTHS:
                size = {"width": width, "height": HEIGHT}
                page = browser.new_page(viewport=size, color_scheme=theme)
                page.on("console", lambda message: print("console:", message.type, message.text))
                page.on("pageerror", lambda error: print("error:", error))
                sign_in(page, asked.url, asked.email, asked.password)
                for name, path in screens(page, asked.url):
                    if asked.only in name:
                        take(
                            page,
                            f"{asked.url}/studio{path}",
                            asked.folder,
                            f"{name}-{theme}-{width}",
                        )
                page.close()
        browser.close()


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """Sign in on the Studio's own page."""
    page.goto(f"{url}/studio/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()


def screens(page: Page, url: str) -> list[tuple[str, str]]:
    """Return what the rail leads to, and deeper pages that can be found by themselves."""
    items = page.locator("nav[aria-label=Main] a.rail-item").all()
    found = [
        (
            str(item.get_attribute("data-hint")).lower().replace(" ", "-"),
            _path(item.get_attribute("href")),
        )
        for item in items
    ]
    whom = page.request.get(f"{url}/api/tail?after=1&limit=900").json()
    refused = [
        step
        for step in whom["steps"]
        if any(note["type"] == "decided" and note["verdict"] == "refuse" for note in step["notes"])
    ]
    last = whom["steps"][-1]
    found.append(("live-event", f"/live?event={(refused or [last])[-1]['position']}"))
    if refused:
        step = refused[-1]
        (note,) = [note for note in step["notes"] if note["type"] == "decided"][:1]
        place = f"/customers/{step['person_id']}?message={note['delivery_id']}"
        found.append(("customer", place))
    return found


def _path(href: str | None) -> str:
    return (href or "").removeprefix("/studio") or "/"


def take(page: Page, where: str, folder: Path, name: str) -> None:
    """Go there, let it settle, and take a picture."""
    page.goto(where)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=folder / f"{name}.png")
    print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
