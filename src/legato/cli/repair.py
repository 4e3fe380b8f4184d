"""Commands that set something right: quarantine, deliveries, pause, resume."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from legato.cli.client import Client, connects, reveals, segment_of, tell_masked
from legato.cli.why import print_json
from legato.insight.messages import Message
from legato.insight.sentences import moment
from legato.insight.shown import ShownReason

PAGE = 100


class _Row(msgspec.Struct):
    position: int
    source: str
    name: str
    received_at: int
    reason: ShownReason


class _Delivery(msgspec.Struct):
    delivery_id: str
    standing: str
    destination: str
    message: str
    decided_at: int
    attempt_count: int
    reason: ShownReason | None


@click.command()
@click.argument("journey")
@connects
def pause(client: Client, journey: str) -> None:
    """Hold JOURNEY: nobody moves in it and nothing is sent, until it is resumed."""
    client.post(f"/api/journeys/{segment_of(journey)}/pause", object)
    click.echo(f"{journey} is paused. Go on with `legato resume {journey}`.")


@click.command()
@click.argument("journey")
@connects
def resume(client: Client, journey: str) -> None:
    """Go on with JOURNEY; what became overdue follows its `overdue` policy."""
    client.post(f"/api/journeys/{segment_of(journey)}/resume", object)
    click.echo(f"{journey} goes on.")


@click.group()
def quarantine() -> None:
    """Look at events that were refused, and replay them after a fix."""


@quarantine.command("list")
@click.option("--after", default=0, help="Go on after this position.")
@click.option("--limit", default=PAGE, show_default=True)
@connects
def quarantine_list(client: Client, after: int, limit: int) -> None:
    """List refused events, oldest first."""
    rows = client.get("/api/quarantine", list[_Row], after=after, limit=limit)
    for row in rows:
        line = (
            f"#{row.position}  {moment(row.received_at)}  {row.source}  {row.name or '(unnamed)'}"
        )
        click.echo(f"{line}\n    {row.reason.code}: {row.reason.what}")
    if not rows:
        click.echo("Nothing is in quarantine.")
    elif len(rows) == limit:
        click.echo(f"More: legato quarantine list --after {rows[-1].position}")


@quarantine.command("show")
@click.argument("position", type=int)
@reveals
@connects
def quarantine_show(client: Client, position: int, reason: str) -> None:
    """Show the event at POSITION, whole."""
    print_json(client.stating(reason).get(f"/api/quarantine/{position}", dict[str, Any]))
    tell_masked(reason)


@quarantine.command("replay")
@click.argument("positions", type=int, nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Everything in quarantine.")
@connects
def quarantine_replay(client: Client, positions: tuple[int, ...], *, is_all: bool) -> None:
    """Feed events in again. Those that still break a rule come back."""
    if not positions and not is_all:
        raise click.UsageError("Name positions, as `legato quarantine list` shows them, or --all.")
    count = 0
    if positions:
        count = _replay(client, positions)
    else:
        # The end is fixed now: what is refused again comes back behind it, and is not tried twice.
        rows = client.get("/api/quarantine", list[_Row], limit=PAGE)
        last = client.get("/api/status", dict[str, Any])["status"]["position"]
        while rows := [row for row in rows if row.position <= last]:
            count += _replay(client, tuple(row.position for row in rows))
            after = rows[-1].position
            rows = client.get("/api/quarantine", list[_Row], after=after, limit=PAGE)
    click.echo(f"Replayed {count}. What still breaks a rule is back: `legato quarantine list`.")


def _replay(client: Client, positions: tuple[int, ...]) -> int:
    answer = client.post("/api/quarantine/replay", dict[str, int], {"positions": positions})
    return answer["replayed"]


@click.group()
def deliveries() -> None:
    """Look at deliveries that wait or failed for good, and redrive them."""


@deliveries.command("list")
@click.option("--waiting", is_flag=True, help="Those that wait, in place of those that failed.")
@click.option("--destination", default="", help="Only of this destination.")
@click.option("--limit", default=PAGE, show_default=True)
@connects
def deliveries_list(client: Client, *, waiting: bool, destination: str, limit: int) -> None:
    """List deliveries that failed for good, or that wait. Of one person: `deliveries of`."""
    standing = "waiting" if waiting else "dead"
    rows = client.get(
        "/api/deliveries",
        list[_Delivery],
        standing=standing,
        destination=destination,
        limit=limit,
    )
    for row in rows:
        why = f"\n    {row.reason.code}: {row.reason.what}" if row.reason else ""
        line = f"{row.delivery_id}  {moment(row.decided_at)}  {row.message} at {row.destination}"
        click.echo(f"{line}, {row.attempt_count} attempts{why}" if waiting else f"{line}{why}")
    if not rows:
        click.echo("No delivery waits." if waiting else "No delivery is dead.")
    for why in _held(client, destination) if waiting else ():
        click.secho(why, fg="yellow")


def _held(client: Client, destination: str) -> list[str]:
    """Return why destinations hold what waits for them, and how to put it right."""
    lanes = client.get("/api/status", dict[str, Any])["lanes"]
    return [
        f"{name} holds its deliveries: {lane['held']['what']}"
        for name, lane in sorted(lanes.items())
        if lane.get("held") and destination in ("", name)
    ]


@deliveries.command("of")
@click.argument("person")
@connects
def deliveries_of(client: Client, person: str) -> None:
    """List every message decided for PERSON with its state, as sent or suppressed:consent."""
    rows = client.get(f"/api/people/{segment_of(person)}/deliveries", list[Message])
    for row in rows:
        by = f" by {row.channel}" if row.channel else ""
        why = f"\n    {row.reason.code}: {row.reason.what}" if row.reason else ""
        what = f"{row.delivery_id}  {row.message}{by}: {row.state}"
        click.echo(f"{what} since {moment(row.since)}{why}")
    if not rows:
        click.echo("No message has been decided for this person.")


@deliveries.command("show")
@click.argument("delivery_id")
@reveals
@connects
def deliveries_show(client: Client, delivery_id: str, reason: str) -> None:
    """Show one delivery, whole."""
    where = f"/api/deliveries/{segment_of(delivery_id)}"
    print_json(client.stating(reason).get(where, dict[str, Any]))
    tell_masked(reason)


@deliveries.command("redrive")
@click.argument("delivery_ids", nargs=-1, required=True)
@connects
def deliveries_redrive(client: Client, delivery_ids: tuple[str, ...]) -> None:
    """Put dead deliveries back: the gates are read again, then they are tried anew."""
    body = {"delivery_ids": delivery_ids}
    count = client.post("/api/deliveries/redrive", dict[str, int], body)["redriven"]
    click.echo(f"{count} of {len(delivery_ids)} put back; the others are not dead.")
