"""`legato consent receipts`: which systems were told of an opt-out, and what they answered."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.table import Table

from legato.cli.client import Client, connects, segment_of
from legato.insight.sentences import moment, plain
from legato.insight.shown import ShownReason


class _Receipt(msgspec.Struct):
    destination: str
    what: str
    channel: str
    purposes: list[str]
    since: int
    outcome: str | None
    at: int | None
    attempt_count: int
    receipt: str
    reason: ShownReason | None


@click.command()
@click.argument("who")
@connects
def receipts(client: Client, who: str) -> None:
    """Show which systems were told of WHO's opt-outs, and what they answered.

    WHO is a person id or `kind:value`, such as `email:ana@example.com`.
    """
    rows = client.get(f"/api/people/{segment_of(who)}/receipts", list[_Receipt])
    if not rows:
        click.echo("No system had to be told of an opt-out of this person.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("Since", "System", "What", "Outcome", "At", "Tries", "Receipt"):
        table.add_column(title, overflow="fold")
    for row in rows:
        about = ", ".join(plain(one) for one in row.purposes)
        where = f" by {row.channel}" if row.channel else ""
        outcome = (row.outcome or "being tried").replace("_", " ")
        table.add_row(
            moment(row.since),
            row.destination,
            f"{plain(row.what)}: {about}{where}" if about else plain(row.what),
            f"{outcome}: {row.reason.what}" if row.reason else outcome,
            moment(row.at) if row.at is not None else "",
            str(row.attempt_count) if row.outcome else "",
            row.receipt,
        )
    Console(highlight=False).print(table)
