"""`legato live`: what happens, as it happens, on one screen of 80 columns; or as plain lines.

It reads the running process's own figures over the API, so it costs that process one small call
a second and shows what any other watcher would see. Nothing personal is on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import click
from rich.columns import Columns
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from legato.cli.client import Client, connects
from legato.cli.watch import Overview, alerted, health, shown
from legato.insight.status import Activity, RefusalCount, Sentence
from legato.model.instant import to_datetime

EVERY_SECONDS = 1.0
PLAIN_EVERY_SECONDS = 5.0
"""Without a screen every line stays in a log: fewer of them."""
ROWS_MAX = 8
SENTENCES = 8
WIDTH_MIN = 60

Fetch = Callable[[], Overview]


@click.command()
@connects
def live(client: Client) -> None:
    """Watch events, journeys, messages and refusals as they happen; Ctrl-C ends the watching."""

    def fetch() -> Overview:
        return client.get("/api/status", Overview, sentences=SENTENCES)

    show_live(fetch, Console(highlight=False), threading.Event(), title=client.url)


def show_live(
    fetch: Fetch,
    console: Console,
    stop: threading.Event,
    *,
    title: str,
    every: float | None = None,
) -> None:
    """Show the view until `stop` is set or Ctrl-C. Safe to run in a thread of its own."""
    try:
        if console.is_terminal:
            _on_screen(fetch, console, stop, title=title, every=every or EVERY_SECONDS)
        else:
            _as_lines(fetch, console, stop, every=every or PLAIN_EVERY_SECONDS)
    except KeyboardInterrupt:
        return


def _on_screen(
    fetch: Fetch, console: Console, stop: threading.Event, *, title: str, every: float
) -> None:
    with Live(console=console, auto_refresh=False, transient=False) as screen:
        while True:
            screen.update(view(fetch(), title=title, width=console.width), refresh=True)
            if stop.wait(every):
                return


def _as_lines(fetch: Fetch, console: Console, stop: threading.Event, *, every: float) -> None:
    last = 0
    while True:
        seen = fetch()
        for sentence in seen.activity.sentences:
            if sentence.position > last:
                console.print(_sentence(sentence), soft_wrap=True)
        last = max([last, *(sentence.position for sentence in seen.activity.sentences)])
        console.print(plain_line(seen), soft_wrap=True)
        if stop.wait(every):
            return


def plain_line(seen: Overview) -> str:
    """Return the figures as one line."""
    now, activity = seen.status, seen.activity
    sent = sum(each.sent for each in activity.messages)
    refused = sum(each.count for each in activity.refusals)
    return (
        f"{now.events_per_second:.0f} events/s, {now.event_count:,} in all; "
        f"delivery p50 {shown(now.latency_p50_us)} p99 {shown(now.latency_p99_us)}; "
        f"{now.counts.get('people', 0):,} people; {sent:,} sent, {refused:,} refused, "
        f"{now.counts.get('deliveries_waiting', 0):,} waiting"
    )


def view(seen: Overview, *, title: str, width: int) -> Group:
    """Return the whole screen."""
    parts = [
        Panel(
            _head(seen),
            title=f"Legato  {title}",
            title_align="left",
            subtitle="p50, p99: from capture to delivery",
            subtitle_align="right",
            border_style="dim",
        ),
        _in_columns(_journeys(seen), _messages(seen.activity), width=width),
        _in_columns(_refusals(seen.activity), _lanes(seen), width=width),
        _sentences(seen.activity),
    ]
    return Group(*parts)


def _in_columns(left: Panel, right: Panel, *, width: int) -> Columns | Group:
    if width < WIDTH_MIN:
        return Group(left, right)
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return Group(grid)


def _head(seen: Overview) -> Group:
    now = seen.status
    counts = now.counts
    state = ("failing", "red") if now.is_failing else ("ready", "green")
    if not now.is_ready and not now.is_failing:
        state = ("not ready", "yellow")
    grid = Table.grid(expand=True)
    for _ in range(4):
        grid.add_column(ratio=1)
    grid.add_row(
        _figure(f"{now.events_per_second:,.0f}", "events/s"),
        _figure(shown(now.latency_p50_us), "p50"),
        _figure(shown(now.latency_p99_us), "p99"),
        Text(state[0], style=f"bold {state[1]}"),
    )
    grid.add_row(
        _figure(f"{now.event_count:,}", "events"),
        _figure(f"{counts.get('people', 0):,}", "people"),
        _figure(f"{counts.get('deliveries_waiting', 0):,}", "waiting"),
        _figure(f"{counts.get('quarantined', 0):,}", "quarantined"),
    )
    faults = [Text(fault, style="red") for fault in now.faults]
    return Group(grid, *faults, *(Text(line, style="yellow") for line in alerted(seen)))


def _figure(value: str, name: str) -> Text:
    return Text.assemble((value, "bold"), f" {name}")


def _journeys(seen: Overview) -> Panel:
    table = _table("journey", "in", "goal", "left")
    ordered = sorted(seen.activity.journeys, key=lambda each: -each.entered)
    for each in ordered[:ROWS_MAX]:
        name = f"{each.journey} (paused)" if each.journey in seen.paused else each.journey
        table.add_row(name, f"{each.entered:,}", f"{each.goals:,}", f"{each.left:,}")
    return _panel("Entered journeys", table, "Nobody has entered a journey yet.")


def _messages(activity: Activity) -> Panel:
    table = _table("message", "sent", "held", "failed")
    ordered = sorted(activity.messages, key=lambda each: -each.sent)
    for each in ordered[:ROWS_MAX]:
        table.add_row(each.message, f"{each.sent:,}", f"{each.held:,}", f"{each.failed:,}")
    return _panel("Messages", table, "No message has been decided yet.")


def _refusals(activity: Activity) -> Panel:
    table = _table("because", "refused")
    for code, count in _by_code(activity.refusals)[:ROWS_MAX]:
        table.add_row(code, f"{count:,}")
    return _panel("Refused", table, "No message was refused.")


def _by_code(refusals: tuple[RefusalCount, ...]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for each in refusals:
        counts[each.code] = counts.get(each.code, 0) + each.count
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))


def _lanes(seen: Overview) -> Panel:
    table = _table("destination", "waiting", "health")
    for name, lane in sorted(seen.lanes.items())[:ROWS_MAX]:
        words = health(lane)
        is_closed = lane.get("breaker", "closed") == "closed" and not lane.get("held")
        style = "green" if words == "well" else "yellow" if is_closed else "red"
        table.add_row(name, f"{lane.get('waiting', 0):,}", Text(words, style=style))
    return _panel("Destinations", table, "No destination is in use yet.")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column(first, overflow="ellipsis", no_wrap=True, ratio=1)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _panel(title: str, table: Table, when_empty: str) -> Panel:
    content = table if table.row_count else Text(when_empty, style="dim")
    return Panel(content, title=title, title_align="left", border_style="dim")


def _sentences(activity: Activity) -> Panel:
    lines = [_sentence(each) for each in activity.sentences[-SENTENCES:]]
    content = Group(*lines) if lines else Text("Waiting for the first event.", style="dim")
    return Panel(content, title="Just now", title_align="left", border_style="dim")


def _sentence(sentence: Sentence) -> Text:
    text = Text.assemble((f"{to_datetime(sentence.at):%H:%M:%S} ", "dim"), sentence.text)
    text.no_wrap = True
    text.overflow = "ellipsis"
    return text
