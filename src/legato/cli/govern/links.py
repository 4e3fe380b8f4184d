"""`legato links`: the keys that links in messages are signed with."""

from __future__ import annotations

import click

from legato.cli.client import Client, connects


@click.group()
def links() -> None:
    """Renew the key that links in messages are signed with."""


@links.command("renew")
@connects
def links_renew(client: Client) -> None:
    """Sign with a new key from now on. Links that older keys signed still work."""
    number = client.post("/api/links/renew", dict[str, int])["number"]
    click.echo(f"Links are signed with key {number} now; those of older keys still work.")
