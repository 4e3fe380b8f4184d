"""`legato secrets`: what destinations ask for to be let in, kept sealed by the running process."""

from __future__ import annotations

import sys

import click
import msgspec

from legato.cli.client import Client, Failure, connects, segment_of
from legato.insight.sentences import moment


class _Known(msgspec.Struct):
    name: str
    is_in_environment: bool
    set_at: int | None


class _Shown(msgspec.Struct):
    secret: _Known
    asked_by: tuple[str, ...]


@click.group()
def secrets() -> None:
    """Keep what destinations need to be let in: sealed on the disk, never shown again."""


@secrets.command("list")
@connects
def secrets_list(client: Client) -> None:
    """List names: those that are kept, and those that the plan asks for."""
    rows = client.get("/api/secrets", list[_Shown])
    for row in rows:
        asked = f"  asked for by {', '.join(row.asked_by)}" if row.asked_by else ""
        click.echo(f"{row.secret.name}  {_where(row.secret)}{asked}")
    if not rows:
        click.echo("No secret is kept, and no destination asks for one.")


@secrets.command("set")
@click.argument("name")
@connects
def secrets_set(client: Client, name: str) -> None:
    """Keep the secret NAME. Its value is asked for, or read from standard input.

    Never give it as an argument: those are seen by every user of the machine.
    """
    client.put(f"/api/secrets/{segment_of(name)}", {"value": _value(name)})
    click.echo(f"{name} is kept; the next request uses it.")


@secrets.command("remove")
@click.argument("name")
@connects
def secrets_remove(client: Client, name: str) -> None:
    """Forget the secret NAME: destinations that ask for it wait from now on."""
    client.delete(f"/api/secrets/{segment_of(name)}")
    click.echo(f"{name} is forgotten.")


@secrets.command("rotate")
@connects
def secrets_rotate(client: Client) -> None:
    """Seal all secrets with another key, and forget the one before."""
    key = client.post("/api/secrets/rotate", dict[str, str])["key"]
    click.echo(f"Every secret is sealed with the key {key} now.")


def _value(name: str) -> str:
    if sys.stdin.isatty():
        return click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True)
    value = sys.stdin.read().removesuffix("\n")
    if not value:
        raise Failure(
            f"No value for {name} came in.",
            f"Write it to standard input: `legato secrets set {name} < FILE`.",
        )
    return value


def _where(secret: _Known) -> str:
    if secret.is_in_environment:
        return "given by the environment"
    return f"set {moment(secret.set_at)}" if secret.set_at is not None else "MISSING"
