"""The live view: it fits 80 columns, says what there is, and becomes lines without a screen."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from legato.app.config import Status
from legato.cli.live import show_live, view
from legato.cli.watch import Overview
from legato.insight.status import Activity, JourneyCount, MessageCount, RefusalCount, Sentence

WIDTH = 80


def overview() -> Overview:
    status = Status(
        started_at=0,
        is_ready=True,
        is_failing=False,
        faults=("The workspace has 2 problems; see `legato apply`.",),
        plan="p",
        position=9,
        applied=9,
        backlog=0,
        event_count=123_456,
        events_per_second=1_234.0,
        latency_p50_us=4_000,
        latency_p99_us=1_400_000,
        counts={"people": 1_000_000, "deliveries_waiting": 3, "quarantined": 7},
    )
    activity = Activity(
        journeys=(
            JourneyCount(journey="j" * 40, entered=5, not_entered=1, left=2, goals=1),
            JourneyCount(journey="cart_rescue", entered=9, not_entered=0, left=0, goals=4),
        ),
        messages=(MessageCount(message="reminder", decided=4, sent=2, held=1, failed=0),),
        refusals=(
            RefusalCount(message="reminder", code="consent.missing", count=3),
            RefusalCount(message="welcome", code="consent.missing", count=2),
        ),
        sentences=(Sentence(at=0, position=9, text="person 3fa9c2 entered cart rescue " * 4),),
    )
    lanes = {
        "mail": {"waiting": 0, "retrying": 0, "breaker": "closed"},
        "sms": {"waiting": 12, "retrying": 3, "breaker": "open"},
    }
    return Overview(status=status, lanes=lanes, paused=("cart_rescue",), activity=activity)


def rendered(width: int = WIDTH) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True, force_terminal=True)
    console.print(view(overview(), title="http://127.0.0.1:8000", width=width))
    return console.export_text().splitlines()


def test_the_view_fits_eighty_columns() -> None:
    assert max(len(line) for line in rendered()) <= WIDTH


def test_the_view_shows_figures_journeys_refusals_and_lanes() -> None:
    text = "\n".join(rendered())

    for part in ("1,234 events/s", "1.4 s p99", "1,000,000 people", "cart_rescue (paused)", "open"):
        assert part in text
    row = next(line for line in text.splitlines() if "consent.missing" in line)
    assert " 5 " in row
    assert "The workspace has 2 problems" in " ".join(text.split())


def test_a_narrow_screen_stacks_the_panels() -> None:
    lines = rendered(width=50)

    assert max(len(line) for line in lines) <= 50


def test_without_a_screen_each_sentence_is_printed_once() -> None:
    file = io.StringIO()
    stop = threading.Event()
    left = [1, 2]

    def fetch() -> Overview:
        left.pop()
        if not left:
            stop.set()
        return overview()

    stopper = Console(file=file, width=WIDTH)
    show_live(fetch, stopper, stop, title="x", every=0.001)

    lines = file.getvalue().splitlines()
    assert sum("entered cart rescue" in line for line in lines) == 1
    assert sum("1234 events/s" in line for line in lines) == 2
