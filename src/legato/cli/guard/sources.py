"""`legato sources`: where events come from, when each was last heard, and what rests on it."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.app import SourceSeen
from legato.cli.client import Client, connects
from legato.cli.why import print_json
from legato.insight.dependence import in_words
from legato.insight.sentences import moment
from legato.model.instant import format_duration


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def sources(client: Client, *, is_json: bool) -> None:
    """Show where events come from, and which sources are silent."""
    found = client.get("/api/sources", list[SourceSeen])
    if is_json:
        print_json(found)
        return
    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("source", "state", "last heard", "may be silent for"):
        table.add_column(name)
    for each in found:
        heard = "not of late" if each.heard_at is None else moment(each.heard_at)
        limit = format_duration(each.silent_after) if each.silent_after else "ever"
        table.add_row(each.source, _state(each), heard, limit)
    console.print(table)
    for each in found:
        if each.journeys:
            line = f"{each.source} is silent; degraded: {in_words(each.journeys)}"
            console.print(Text(line, style="yellow"), soft_wrap=True)


def _state(each: SourceSeen) -> Text:
    if not each.is_enabled:
        return Text("off", style="dim")
    if each.silent_since is not None:
        return Text("silent", style="red")
    return Text("well", style="green")
