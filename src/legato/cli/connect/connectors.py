"""`legato connectors`: what there is, how far each is known to be right."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from legato.cli.connect.new import new
from legato.cli.connect.trial import trial
from legato.cli.connect.verify import verify
from legato.connectors.verify.lock import status_of
from legato.workspace import shipped_connectors, shipped_score

_COLOURS = {"verified": "green", "documented": "cyan", "generic": "yellow"}


@click.group(invoke_without_command=True)
@click.pass_context
def connectors(ctx: click.Context) -> None:
    """List the connectors, each with how far it is known to be right.

    verified: recorded requests of others agree. documented: the examples of the provider's own
    documentation pass. generic: neither is known.
    """
    if ctx.invoked_subcommand is None:
        show()


connectors.add_command(verify)
connectors.add_command(trial)
connectors.add_command(new)


def show() -> None:
    """Print the table."""
    shipped = shipped_connectors()
    table = Table(box=None, pad_edge=False)
    for title in ("connector", "for", "category", "does", "status", "bodies alike"):
        table.add_column(title, no_wrap=title in ("connector", "status"))
    counts: dict[str, int] = {}
    for name in shipped:
        manifest, reached = shipped[name], shipped_score(name)
        status, mark = status_of(reached), reached.vectors
        counts[status] = counts.get(status, 0) + 1
        operations = dict.fromkeys(str(route.get("on")) for route in manifest.get("routes", ()))
        table.add_row(
            name,
            str(manifest["name"]),
            str(manifest["category"]),
            ", ".join(operations),
            f"[{_COLOURS[status]}]{status}[/]",
            f"{mark.body} of {mark.cases}" if mark is not None else "",
        )
    console = Console(highlight=False)
    console.print(table)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    console.print(f"\n{len(shipped)} connectors: {told}.")
