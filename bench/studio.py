"""How quick the Studio is in Chromium: first paint, everything there, a key, and what it weighs.

.venv/bin/python bench/studio.py [--rounds 5] [--slowed 4]     # the built bundle: make studio

It starts the example shop. Each page is opened in a browser that has nothing of it yet, and
once more. Figures are the browser's own: FCP and LCP as it painted them; "there" is when nothing is
asked for or moves any more; "blocked" is what of tasks went past 50 ms before that. A key is timed
from its press to the paint that answers it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.browser import SLOWED, Watched, chromium, slow  # noqa: E402
from tests.e2e.started import Started, started  # noqa: E402

from legato.studio.bundle.files import FOLDER, PAGE, read_bundle  # noqa: E402

EMAIL = "ada@shop.example"
PAGES = {
    "Home": "/",
    "Live events": "/live",
    "Customers": "/customers",
    "Journeys": "/journeys",
    "A journey's canvas": "/journeys/cart_rescue",
    "Segments": "/segments",
    "Connections": "/connections",
    "Data dictionary": "/dictionary",
    "Scorecard": "/scorecard",
}
SIZE = {"width": 1440, "height": 900}
WATCH = """
window.painted = { lcp: 0, blocked: 0, sent: 0 }
const watch = (type, see) =>
  new PerformanceObserver(list => list.getEntries().forEach(see)).observe({ type, buffered: true })
watch('largest-contentful-paint', entry => { painted.lcp = entry.startTime })
watch('longtask', entry => { painted.blocked += entry.duration - 50 })
"""
READ = """() => ({
  fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  lcp: painted.lcp,
  there: performance.now(),
  blocked: painted.blocked,
  sent: performance.getEntriesByType('resource')
    .filter(each => !each.name.includes('/api/'))
    .reduce((sum, each) => sum + each.transferSize, 0) / 1024,
})"""
PRESS = """() => {
  window.answered = []
  addEventListener('keydown', () => {
    const begin = performance.now()
    // After the frame was painted in which the answer stands: the search, where it was called for.
    const look = () => requestAnimationFrame(() => {
      if (document.querySelector('.palette-input') === null) return look()
      const channel = new MessageChannel()
      channel.port1.onmessage = () => answered.push(performance.now() - begin)
      channel.port2.postMessage(0)
    })
    look()
  }, { capture: true })
}"""
Figures = Mapping[str, float]


def main() -> None:
    """Open each page a few times, press keys, and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--slowed", type=float, default=1, help="times that pages compute slower")
    asked = options.parse_args()
    os.environ[SLOWED] = str(asked.slowed)
    print("| page | FCP | LCP | there | blocked | FCP again | there again |")
    print("|---|---|---|---|---|---|---|")
    with started(environ={**os.environ}) as legato, chromium() as browser:
        signed_in = sign_in(browser, legato)
        for name, path in PAGES.items():
            cold, warm = opened(browser, legato, (path, signed_in), asked.rounds)
            cells = [*(cold[key] for key in ("fcp", "lcp", "there", "blocked"))]
            cells += [warm["fcp"], warm["there"]]
            print(f"| {name} | {' | '.join(f'{each:.0f} ms' for each in cells)} |", flush=True)
        print()
        for name, times in keys(browser, legato, signed_in).items():
            print(f"{name}: p50 {statistics.median(times):.0f} ms, max {max(times):.0f} ms")
    weigh()


def sign_in(browser: Browser, legato: Started) -> str:
    """Return where the cookies of a session are kept."""
    with browser.new_context() as context:
        seen = Watched(context.new_page(), legato.url)
        seen.sign_in(EMAIL, legato.password)
        seen.page.get_by_role("navigation", name="Main").wait_for()
        path = str(legato.folder / "session.json")
        context.storage_state(path=path)
        return path


def context_of(browser: Browser, signed_in: str) -> BrowserContext:
    """Return a browser's own world, empty but for who is signed in."""
    return browser.new_context(viewport=SIZE, storage_state=signed_in)  # pyright: ignore[reportArgumentType] - a plain mapping has its shape


def opened(
    browser: Browser, legato: Started, what: tuple[str, str], rounds: int
) -> tuple[Figures, Figures]:
    """Return the medians of opening a page anew, and of opening it once more."""
    path, signed_in = what
    cold: list[Figures] = []
    warm: list[Figures] = []
    for _ in range(rounds):
        with context_of(browser, signed_in) as context:
            page = context.new_page()
            slow(page)
            seen = Watched(page, legato.url)
            page.add_init_script(WATCH)
            for told in (cold, warm):
                seen.go(path)
                seen.settle()
                told.append(page.evaluate(READ))
    return medians(cold), medians(warm)


def medians(told: Sequence[Figures]) -> Figures:
    """Return the middle one of each figure."""
    return {key: statistics.median(each[key] for each in told) for key in told[0]}


def keys(browser: Browser, legato: Started, signed_in: str) -> Mapping[str, Sequence[float]]:
    """Return how long it takes until keys are answered in the search for anything."""
    with context_of(browser, signed_in) as context:
        page = context.new_page()
        slow(page)
        seen = Watched(page, legato.url)
        seen.go("/")
        seen.settle()
        page.evaluate(PRESS)
        first = pressed(page, ["Control+k"])
        finder = page.get_by_role("combobox", name="Find anything")
        finder.wait_for()
        seen.settle()
        typed = pressed(page, [*"customers", *["Backspace"] * 9, *["ArrowDown"] * 8])
        page.keyboard.press("Escape")
        seen.settle()
        again = pressed(page, ["Control+k"])
        return {
            "Find anything, a key": typed,
            "Find anything, opened first": first,
            "Find anything, opened again": again,
        }


def pressed(page: Page, wanted: Sequence[str]) -> list[float]:
    """Press keys one after the other, each when the one before is answered."""
    page.evaluate("answered.length = 0")
    for count, key in enumerate(wanted, 1):
        page.keyboard.press(key)
        # Of Control and a letter, each is a key: the last one counts.
        page.wait_for_function("count => answered.length >= count", arg=count)
    return [float(each) for each in page.evaluate("answered")][-len(wanted) :]


def weigh() -> None:
    """Print what the bundle weighs, compressed as most browsers ask for it."""
    files = read_bundle(FOLDER)
    sizes = {
        path: len(file.forms.get("gzip", file.forms[""])) / 1024 for path, file in files.items()
    }
    page = files[PAGE].forms[""].decode()
    shell = sum(size for path, size in sizes.items() if path.endswith(".js") and path in page)
    chunks = sorted(
        ((size, path) for path, size in sizes.items() if path.endswith(".js")), reverse=True
    )
    styles = sum(size for path, size in sizes.items() if path.endswith(".css"))
    print(f"\nshell {shell:.0f} KB, all styles {styles:.0f} KB, gzip; the largest chunks:")
    for size, path in chunks[:6]:
        print(f"  {size:5.1f} KB  {path}")


if __name__ == "__main__":
    main()
