"""`legato connectors`: what there is, how far each is known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from legato.cli.client import Failure
from legato.cli.connect.connect import connect
from legato.cli.connect.new import new
from legato.cli.connect.one import as_data, show_one
from legato.cli.connect.sunset import endings
from legato.cli.connect.trial import trial
from legato.cli.connect.verify import verify
from legato.cli.why import print_json
from legato.connectors.verify.lock import Reached, status_of
from legato.connectors.verify.tally import SIXTY, tally
from legato.plan.findings import nearest
from legato.workspace import shipped_connectors, shipped_score, today

COLOURS = {"verified": "green", "documented": "cyan", "generic": "yellow"}


class Named(click.Group):
    """A group whose commands are its own, and the name of every connector."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or one that shows the connector of that name."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            return command
        shipped = shipped_connectors()
        if cmd_name not in shipped:
            near = nearest(cmd_name, [*shipped, *self.commands])
            raise Failure(
                f"There is no connector or command named {cmd_name}.",
                f"Did you mean {near}?" if near else "See `legato connectors` for those there are.",
            )
        return _shown(cmd_name)


def _shown(name: str) -> click.Command:
    def show(*, is_json: bool) -> None:
        if is_json:
            print_json(as_data(name))
        else:
            show_one(Console(highlight=False), name)

    option = click.Option(["--json", "is_json"], is_flag=True, help="For programs.")
    return click.Command(name, callback=show, params=[option], help=f"Show the connector {name}.")


@click.group(cls=Named, invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.pass_context
def connectors(ctx: click.Context, *, is_json: bool) -> None:
    """List the connectors, each with how far it is known to be right.

    verified: recorded requests of others agree. documented: the examples of the provider's own
    documentation pass. generic: neither is known. `legato connectors NAME` shows one of them.
    """
    if ctx.invoked_subcommand is not None:
        return
    shipped = shipped_connectors()
    reached = {name: shipped_score(name) for name in sorted(shipped)}
    if is_json:
        print_json([_facts(name, shipped[name], one) for name, one in reached.items()])
    else:
        _show(Console(highlight=False), shipped, reached)


connectors.add_command(verify)
connectors.add_command(trial)
connectors.add_command(new)
connectors.add_command(connect)


def _facts(name: str, manifest: Mapping[str, Any], one: Reached) -> dict[str, Any]:
    return {
        "id": name,
        "name": manifest["name"],
        "category": manifest["category"],
        "status": status_of(one),
        "operations": list(dict.fromkeys(str(route["on"]) for route in manifest["routes"])),
        "vectors": one.vectors,
        "examples": one.examples,
    }


def _show(
    console: Console, shipped: Mapping[str, Mapping[str, Any]], reached: Mapping[str, Reached]
) -> None:
    counts: dict[str, int] = {}
    for category in sorted({str(one["category"]): None for one in shipped.values()}):
        table = Table(box=None, pad_edge=False, show_header=False)
        for width in (30, 10):
            table.add_column(width=width, no_wrap=True, overflow="ellipsis")
        for width in (7, 10):
            table.add_column(width=width, justify="right", no_wrap=True)
        table.add_column(width=18, no_wrap=True, overflow="ellipsis")
        for name, one in reached.items():
            if shipped[name]["category"] != category:
                continue
            status = status_of(one)
            counts[status] = counts.get(status, 0) + 1
            shown = f"[{COLOURS[status]}]{status}[/]"
            table.add_row(f"  {name}", shown, *_share(one), str(shipped[name]["name"]))
        console.print(f"[bold]{category}[/]")
        console.print(table)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    sixty = tally(reached, SIXTY)
    console.print(f"\n{len(shipped)} connectors: {told}.")
    console.print(f"All: {tally(reached, reached)}.")
    console.print(f"{sixty.connectors} of the sixty in wide use: {sixty}.")
    for line in endings(shipped.values(), today()):
        console.print(line, style="yellow")
    console.print("See one: legato connectors NAME")


def _share(one: Reached) -> tuple[str, str]:
    """Say how many bodies are alike, of how many cases; else how many examples pass."""
    if one.vectors is not None and one.vectors.cases:
        return f"{one.vectors.body / one.vectors.cases:.1%}", f"{one.vectors.cases} cases"
    if one.examples is not None and one.examples.cases:
        return f"{one.examples.body / one.examples.cases:.1%}", f"{one.examples.cases} ex."
    return "", ""
