"""`legato status` and `legato tail`: how the process is doing, and what happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.app.config import Status
from legato.app.guard.guard import Alert
from legato.cli.client import Client, connects
from legato.cli.why import print_json
from legato.insight.dependence import in_words
from legato.insight.sentences import moment
from legato.insight.status import Activity
from legato.insight.story import Told

WAIT_SECONDS = 25.0
"""How long one call of `tail -f` is held where nothing happens."""


class Overview(msgspec.Struct):
    """The API's answer to `status`."""

    status: Status
    lanes: Mapping[str, Mapping[str, Any]]
    paused: tuple[str, ...]
    activity: Activity
    alerts: tuple[Alert, ...] = ()


class _Page(msgspec.Struct):
    after: int
    steps: tuple[Told, ...]


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def status(client: Client, *, is_json: bool) -> None:
    """Show how the running process is doing: figures, lanes, journeys, messages."""
    seen = client.get("/api/status", Overview)
    if is_json:
        print_json(seen)
        return
    console = Console(highlight=False)
    table = Table.grid(padding=(0, 2))
    for name, value in figures(seen):
        table.add_row(Text(name, style="dim"), value)
    console.print(table)
    for fault in seen.status.faults:
        console.print(Text(f"fault: {fault}", style="red"))
    for line in alerted(seen):
        console.print(Text(line, style="yellow"), soft_wrap=True)


def figures(seen: Overview) -> list[tuple[str, str]]:
    """Return the figures of an overview in words."""
    now = seen.status
    state = "failing" if now.is_failing else "ready" if now.is_ready else "not ready"
    rows = [
        ("state", state),
        ("plan", now.plan or "none"),
        ("events", f"{now.event_count:,} ({now.events_per_second:,.0f}/s)"),
        ("behind", f"{now.backlog:,} events"),
        ("delivery", f"p50 {shown(now.latency_p50_us)}, p99 {shown(now.latency_p99_us)}"),
    ]
    rows += [(name.replace("_", " "), f"{count:,}") for name, count in sorted(now.counts.items())]
    for each in seen.activity.journeys:
        passed = f"{each.entered:,} entered, {each.goals:,} reached its goal"
        rows.append((f"journey {each.journey}", passed))
    for each in seen.activity.messages:
        counts = f"{each.sent:,} sent, {each.held:,} held, {each.failed:,} failed"
        rows.append((f"message {each.message}", counts))
    for each in seen.activity.refusals:
        rows.append((f"refused {each.message}", f"{each.count:,} for {each.code}"))
    for name, lane in sorted(seen.lanes.items()):
        rows.append((f"destination {name}", f"{lane.get('waiting', 0):,} waiting, {health(lane)}"))
    if seen.paused:
        rows.append(("paused", ", ".join(seen.paused)))
    return rows


def alerted(seen: Overview) -> list[str]:
    """Return a line for each alert, and for what is degraded by it."""
    lines: list[str] = []
    for alert in seen.alerts:
        lines.append(f"alert: {alert.reason.what}, since {moment(alert.since)}")
        lines += [f"  degraded: {in_words(alert.journeys)}"] if alert.journeys else []
    return lines


def health(lane: Mapping[str, Any]) -> str:
    """Say how a destination's lane is: `well`, or what is the matter."""
    if lane.get("held"):
        return "held: the alert of `legato status` says why"
    breaker = lane.get("breaker", "closed")
    if lane.get("by"):
        return f"down; {lane['by']} takes over"
    if breaker != "closed":
        return str(breaker).replace("_", " ")
    retrying = lane.get("retrying", 0)
    return f"{retrying:,} to be tried again" if retrying else "well"


def shown(duration: int | None) -> str:
    """Write a latency: `12 ms`, `1.4 s`."""
    if duration is None:
        return "-"
    milliseconds = duration / 1_000
    return f"{milliseconds:,.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:,.1f} s"  # noqa: PLR2004 - a second


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--last", default=20, show_default=True, help="Log positions to look back.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a step, for programs.")
@connects
def tail(client: Client, *, follow: bool, last: int, is_json: bool) -> None:
    """Print what happened to anybody, one line each; personal values never."""
    now = client.get("/api/status", Overview, sentences=0).status.applied
    after = max(0, now - last)
    while True:
        page = client.get("/api/tail", _Page, after=after, wait=WAIT_SECONDS if follow else 0)
        for step in page.steps:
            _print_step(step, is_json=is_json)
        if not follow and (page.after == after or page.after >= now):
            return
        after = page.after


def _print_step(step: Told, *, is_json: bool) -> None:
    if is_json:
        click.echo(msgspec.json.encode(step))
        return
    for sentence in step.sentences:
        click.echo(f"{moment(step.at)}  #{step.position}  {sentence}")
