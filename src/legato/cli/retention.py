"""`legato retention`: what is kept how long, and what was removed."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.table import Table

from legato.cli.client import Client, connects
from legato.cli.why import print_json
from legato.insight.sentences import moment
from legato.model.instant import format_duration


class _Row(msgspec.Struct):
    kind: str
    name: str
    retain: int | None
    removed_count: int
    last_removed_at: int | None


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def retention(client: Client, *, is_json: bool) -> None:
    """Show how long each event and trait is kept, and what was removed when.

    `retain: 90d` in the catalog says so; what has no `retain` is kept for ever.
    """
    rows = client.get("/api/retention", list[_Row])
    if is_json:
        print_json(rows)
        return
    table = Table("", "", "kept for", "removed", "last", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        kept = "ever" if row.retain is None else format_duration(row.retain)
        removed = str(row.removed_count) if row.kind == "event" and row.retain else ""
        last = "" if row.last_removed_at is None else moment(row.last_removed_at)
        table.add_row(row.kind, row.name, kept, removed, last)
    Console(highlight=False).print(table)
