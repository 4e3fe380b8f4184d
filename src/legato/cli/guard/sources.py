"""`legato sources`: where events come from, when each was last heard, and what rests on it."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.app.guard.sources import SourceSeen
from legato.cli.client import Client, connects, segment_of
from legato.cli.connect.inbound import catalog, trial
from legato.cli.why import print_json
from legato.insight.dependence import in_words
from legato.insight.sentences import moment
from legato.model.instant import format_duration
from legato.runtime.polling.poller import Asked


class _Sources(click.Group):
    """Shows the sources where no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--help" not in args and (not args or args[0] not in self.commands):
            args = ["heard", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Sources)
def sources() -> None:
    """Show where events come from, and which sources are silent: `heard`, and what it does alone.

    `catalog` lists what providers post that Legato knows.
    """


@sources.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def heard(client: Client, *, is_json: bool) -> None:
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
        last = "not of late" if each.heard_at is None else moment(each.heard_at)
        limit = format_duration(each.silent_after) if each.silent_after else "ever"
        table.add_row(each.source, _state(each), last, limit)
    console.print(table)
    for each in found:
        if each.asked is not None:
            console.print(_how_it_is_asked(each.source, each.asked), soft_wrap=True)
        if each.broken:
            line = f"{each.source} is out of order, its manifest is broken: {each.broken}"
            console.print(Text(line, style="yellow"), soft_wrap=True)
        if each.journeys:
            state = "out of order" if each.broken else "silent"
            line = f"{each.source} is {state}; degraded: {in_words(each.journeys)}"
            console.print(Text(line, style="yellow"), soft_wrap=True)


@sources.command()
@click.argument("source")
@connects
def poll(client: Client, *, source: str) -> None:
    """Ask SOURCE, which is polled, now."""
    asked = client.post(f"/api/sources/{segment_of(source)}/poll", Asked)
    Console(highlight=False).print(_how_it_is_asked(source, asked), soft_wrap=True)


sources.add_command(catalog)
sources.add_command(trial)


def _how_it_is_asked(source: str, asked: Asked) -> Text:
    every = f"{source} is polled every {format_duration(asked.every)}"
    if asked.fault:
        times = "once" if asked.fault_count == 1 else f"{asked.fault_count} times in a row"
        what = f"failed {times}: {asked.what} ({asked.fault})"
        return Text(f"{every}; {what}; again {moment(asked.next_at)}", style="yellow")
    if asked.asked_at is None:
        return Text(f"{every}; not asked yet", style="dim")
    reached = moment(asked.cursor) if asked.is_time else str(asked.cursor)
    last = f"asked {moment(asked.asked_at)}, has all up to {reached}"
    return Text(f"{every}; {last}; {asked.taken:,} items since the start")


def _state(each: SourceSeen) -> Text:
    if not each.is_enabled:
        return Text("off", style="dim")
    if each.broken:
        return Text("out of order", style="red")
    if each.silent_since is not None:
        return Text("silent", style="red")
    return Text("well", style="green")
