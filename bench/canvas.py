"""How smoothly the canvas moves with a journey of 300 steps, in the Chromium of the system.

A journey is made up and drawn as a draft in the Studio of a started demonstration. The mouse wheel
pans and zooms it; between frames, the page's own clock is read. Chromium's trace says what of that
time the page itself worked: that figure holds on a busy machine, where frames wait for a processor.

.venv/bin/python bench/canvas.py [--steps 300] [--moves 120] [--headed]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from started import Table, free_port

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1440, "height": 900}
DRAFT = "long"
WAIT_MS = 120_000
LONG_US = 50_000
"""A task that keeps the page busy for longer is felt as a jerk."""
_PASSWORD = re.compile(r"sign in as \S+, password (\S+)")
_WATCH = """() => {
  window.frames_ms = []
  let last = 0
  const look = (now) => {
    if (last > 0) window.frames_ms.push(now - last)
    last = now
    window.look = requestAnimationFrame(look)
  }
  window.look = requestAnimationFrame(look)
}"""
_STOP = "() => { cancelAnimationFrame(window.look); return window.frames_ms }"


def journey(steps: int) -> str:
    """Return a journey of that many steps, with forks of three ways at every tenth."""
    lines = [f"journey: {DRAFT}", "title: A long one", "owner: growth", "purpose: marketing"]
    lines += ["enter: {on: Order Completed, again: once}", "steps:"]
    count = 0
    while count < steps:
        if steps - count >= 10:
            lines += [
                "  - when: {did: Product Viewed, at_least: 2, within: 3h}",
                "    then:",
                *["      - wait: 2h"] * 3,
                "    else:",
                *["      - wait: 4h"] * 3,
                *["  - wait: 1d"] * 3,
            ]
            count += 10
        else:
            lines.append("  - wait: 1d")
            count += 1
    return "\n".join([*lines, ""])


@contextmanager
def demo() -> Generator[tuple[str, str]]:
    """Run the demonstration; yield its address and password."""
    port = free_port()
    command = [sys.executable, "-m", "legato", "demo", "--plain", f"--port={port}"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, f"--keep={folder}"], stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdout is not None
        found = next(filter(None, map(_PASSWORD.search, process.stdout)))
        try:
            yield f"http://127.0.0.1:{port}/studio", found[1]
        finally:
            process.terminate()
            process.communicate(timeout=60)


def opened(browser: Browser, url: str, password: str, steps: int) -> Page:
    """Sign in, keep the draft, and wait until its canvas is drawn."""
    page = browser.new_page(viewport=SIZE)  # pyright: ignore[reportArgumentType] - a plain mapping has its shape
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{url}/")
    page.get_by_label("E-mail").fill("ada@shop.example")
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_response("**/api/session") as session:
        page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()
    csrf = session.value.json().get("csrf", "")
    body = {"journey": DRAFT, "base": "", "files": {f"journeys/{DRAFT}.yaml": journey(steps)}}
    page.request.delete(
        f"{url.removesuffix('/studio')}/api/drafts/{DRAFT}",
        headers={"Legato-CSRF": csrf, "origin": url.removesuffix("/studio")},
    )
    kept = page.request.put(
        f"{url.removesuffix('/studio')}/api/drafts/{DRAFT}",
        data=body,
        headers={"Legato-CSRF": csrf, "origin": url.removesuffix("/studio")},
    )
    assert kept.ok, kept.text()[:400]
    page.goto(f"{url}/journeys/{DRAFT}?draft={DRAFT}")
    page.locator('.canvas[data-shown="true"]').wait_for()
    return page


def moved(page: Page, moves: int, *, zoom: bool) -> list[float]:
    """Turn the wheel over the canvas; return the time between frames, in ms."""
    page.mouse.move(700, 450)
    page.evaluate(_WATCH)
    if zoom:
        page.keyboard.down("Control")
    for number in range(moves):
        page.mouse.wheel(0, 60 if number % 40 < 20 or not zoom else -60)
    if zoom:
        page.keyboard.up("Control")
    return page.evaluate(_STOP)


def inserted(page: Page) -> float:
    """Add a step by keys; return the ms from the last key to the step that has the focus."""
    page.locator('[data-step="start"]').focus()
    page.keyboard.press(".")
    page.get_by_role("combobox", name="Add a step").fill("stays for a length")
    before = page.evaluate("() => performance.now()")
    page.keyboard.press("Enter")
    page.locator('[data-step="steps/0"]:focus').wait_for()
    return page.evaluate("() => performance.now()") - before


def tasks_us(trace: Iterable[Any]) -> list[float]:
    """Return how long each task of the page's main thread worked, by the processor's clock."""
    found = [
        each
        for each in trace
        if each.get("name") in ("RunTask", "ThreadControllerImpl::RunTask") and "tdur" in each
    ]
    threads: dict[tuple[int, int], list[float]] = {}
    for each in found:
        threads.setdefault((each["pid"], each["tid"]), []).append(each["tdur"])
    none: list[float] = []
    return max(threads.values(), key=sum, default=none)


@contextmanager
def traced(browser: Browser, page: Page, into: list[float]) -> Generator[None]:
    """Trace the block; put the lengths of the page's tasks into a list."""
    browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    yield
    into += tasks_us(json.loads(browser.stop_tracing())["traceEvents"])


def percentiles(values: Sequence[float]) -> str:
    ordered = sorted(values)
    shares = (0.5, 0.95)
    p50, p95 = (ordered[min(len(ordered) - 1, int(len(ordered) * each))] for each in shares)
    return f"p50 {p50:.1f}  p95 {p95:.1f}  max {ordered[-1]:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--moves", type=int, default=120)
    parser.add_argument("--url", default="", help="of a Studio that runs, with --password")
    parser.add_argument("--password", default="")
    wanted = parser.parse_args()
    if wanted.url:
        measure(wanted.url, wanted.password, wanted.steps, wanted.moves)
        return
    with demo() as (url, password):
        measure(url, password, wanted.steps, wanted.moves)


def measure(url: str, password: str, steps: int, moves: int) -> None:
    table = Table()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = opened(browser, url, password, steps)
        for what, is_zoom in (("pan", False), ("zoom", True)):
            tasks: list[float] = []
            with traced(browser, page, tasks):
                frames = moved(page, moves, zoom=is_zoom)
            works = [each / 1000 for each in tasks if each > 1000]
            table.add(f"{steps} steps, {what}: between frames", percentiles(frames))
            table.add(f"{steps} steps, {what}: tasks of the page, CPU", percentiles(works or [0]))
            long = sum(each > LONG_US for each in tasks)
            table.add(
                f"{steps} steps, {what}: tasks over 50 ms of CPU", f"{long} of {len(tasks):,}"
            )
        page.goto(f"{url}/journeys/{DRAFT}?draft={DRAFT}&step=start")
        page.locator('.canvas[data-shown="true"]').wait_for()
        times: list[float] = []
        for _ in range(5):
            page.locator('[data-step="start"]').click()
            times.append(inserted(page))
        table.add(f"{steps} steps: from key press to inserted step", percentiles(times))
        browser.close()


if __name__ == "__main__":
    main()
