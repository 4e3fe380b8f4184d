"""Takes every page of the Studio, light and dark, wide and narrow, into a folder of pictures.

make screenshots                                     # into screenshots/
.venv/bin/python scripts/screenshots.py out/ --only journeys --themes dark --widths 1180

It starts the example shop for that, and lets happen what has to be shown. The pages are those of
`tests/e2e/looks.py`: a test fails when one is missing there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.browser import Theme, Watched, chromium  # noqa: E402
from tests.e2e.looks import addresses  # noqa: E402
from tests.e2e.started import Started, started  # noqa: E402

EMAIL = "ada@shop.example"
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (1440, 1180)
HEIGHT = 900


def main() -> None:
    """Start the shop and walk its pages, once for each theme and width."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--only", default="", help="a part of the pictures' names")
    options.add_argument("--themes", nargs="+", default=THEMES, choices=THEMES)
    options.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with started(environ={**os.environ}) as legato, chromium() as browser:
        places = {name_of(place): place for place in ["/nowhere", *addresses(legato)]}
        wanted = {name: place for name, place in places.items() if asked.only in name}
        for theme in asked.themes:
            for width in asked.widths:
                take(browser, legato, wanted, (theme, width, asked.folder))


def name_of(place: str) -> str:
    """Return what the picture of an address is called; ids are longer than anybody reads."""
    words = re.sub(r"[0-9a-f-]{20,}", "", place.replace("%2F", "-"))
    return re.sub(r"[^\w]+", "-", words).strip("-") or "home"


def take(
    browser: Browser,
    legato: Started,
    places: dict[str, str],
    how: tuple[Theme, int, Path],
) -> None:
    """Sign in, go everywhere, and take a picture of each place when it has settled."""
    theme, width, folder = how
    size = {"width": width, "height": HEIGHT}
    with browser.new_context(viewport=size, color_scheme=theme, locale="en-GB") as context:  # pyright: ignore[reportArgumentType] - a plain mapping has its shape
        seen = Watched(context.new_page(), legato.url)
        seen.page.goto(f"{legato.url}/studio/")
        seen.page.get_by_label("E-mail").wait_for()
        seen.settle()
        shot(seen, folder / f"sign-in-{theme}-{width}.png")
        seen.sign_in(EMAIL, legato.password)
        seen.page.get_by_role("navigation", name="Main").wait_for()
        for name, place in places.items():
            seen.go(place)
            seen.settle()
            shot(seen, folder / f"{name}-{theme}-{width}.png")
        tell(seen.faults)


def shot(seen: Watched, path: Path) -> None:
    """Take a picture, and say of what is wider than the window that it is."""
    seen.page.screenshot(path=path)
    over = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    tell([str(path), *([f"  {over} px too wide"] if over > 0 else [])])


def tell(lines: Sequence[str]) -> None:
    """Write lines for whoever waits."""
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
