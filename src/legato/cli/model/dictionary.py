"""`legato dictionary`: what every definition means, who owns it, and who uses it."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.cli.client import Client, Failure, connects
from legato.cli.why import print_json
from legato.plan.dictionary.entries import Entry
from legato.plan.dictionary.export import as_csv, as_markdown

FORMS = ("table", "json", "csv", "markdown")
USERS_SHOWN = 3
_STYLES = {"public": "green", "personal": "", "sensitive": "yellow", "health": "red"}


@click.command()
@click.argument("word", default="")
@click.option("--as", "form", type=click.Choice(FORMS), default="table", help="How to print it.")
@connects
def dictionary(client: Client, word: str, form: str) -> None:
    """Show what WORD means, or every definition there is: events, traits, segments and terms."""
    found = client.get("/api/dictionary", tuple[Entry, ...], word=word)
    if not found:
        raise Failure(
            f"Nothing in the dictionary is called or mentions {word!r}.",
            "See `legato dictionary` for everything there is.",
        )
    match form:
        case "json":
            print_json(found)
        case "csv":
            click.echo(as_csv(found), nl=False)
        case "markdown":
            click.echo(as_markdown(found), nl=False)
        case _:
            _show(Console(highlight=False), found)


def _show(console: Console, found: tuple[Entry, ...]) -> None:
    if len(found) == 1:
        _show_one(console, found[0])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("name", "kind", "what it is", "owner", "for", "privacy", "used by"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(
            Text(each.name, style="bold"),
            each.kind,
            each.definition,
            each.owner,
            ", ".join(each.purposes),
            Text(each.privacy, style=_STYLES.get(each.privacy, "")),
            _few(each.used_by),
        )
    console.print(table)


def _show_one(console: Console, entry: Entry) -> None:
    console.print(Text.assemble((entry.name, "bold"), f"  {entry.kind}, owned by {entry.owner}"))
    console.print(Text(f"  {entry.definition}"))
    said = (
        ("type", entry.type),
        ("kept for", ", ".join(entry.purposes)),
        ("privacy", entry.privacy),
        ("believed for", entry.fresh_for),
        ("the same as", entry.same_as),
        ("a stage of", entry.stage_of),
    )
    for name, value in said:
        if value:
            console.print(Text.assemble((f"  {name:<13}", "dim"), value))
    for number, user in enumerate(entry.used_by or ("nothing",)):
        console.print(Text.assemble((f"  {'' if number else 'used by':<13}", "dim"), user))
    for number, one in enumerate(entry.properties):
        kept = f"{one.name}: {one.type}, {one.privacy}, for {', '.join(one.purposes)}"
        console.print(Text.assemble((f"  {'' if number else 'properties':<13}", "dim"), kept))


def _few(users: tuple[str, ...]) -> str:
    rest = len(users) - USERS_SHOWN
    shown = ", ".join(users[:USERS_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown
