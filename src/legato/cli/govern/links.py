"""`legato links`: the keys that links in messages are signed with."""

from __future__ import annotations

import click

from legato.cli.client import Client, connects


@click.group()
def links() -> None:
    """Renew the key that links in messages are signed with, or forget one."""


@links.command("renew")
@connects
def links_renew(client: Client) -> None:
    """Sign with a new key from now on. Links that older keys signed still work."""
    number = client.post("/api/links/renew", dict[str, int])["number"]
    click.echo(f"Links are signed with key {number} now; those of older keys still work.")


@links.command("forget")
@click.argument("number", type=int)
@connects
def links_forget(client: Client, number: int) -> None:
    """Forget key NUMBER, which has leaked: no link that it signed works any more."""
    client.delete(f"/api/links/{number}")
    click.echo(f"Key {number} is forgotten. Links that it signed lead to nothing.")
