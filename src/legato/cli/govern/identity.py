"""`legato identity`: who is one and who is two, where a person has looked."""

from __future__ import annotations

import click
import msgspec

from legato.cli.client import Client, connects, segment_of
from legato.cli.govern.matches import accept, matches, reject, suggest


class _Parted(msgspec.Struct):
    person_id: str
    other: str


class _Joined(msgspec.Struct):
    person_id: str


@click.group()
def identity() -> None:
    """Find people who are one and join them, or part who should never have been joined."""


@identity.command()
@click.argument("who")
@click.argument("gone")
@click.option("--reason", required=True, help="How you know; goes on record with your name.")
@connects
def split(client: Client, who: str, gone: str, reason: str) -> None:
    """Undo a merge: WHO becomes two again, and GONE is the id of who was merged into them.

    What happened is lived again with the two apart, so both are as if they had never been merged.
    Nothing is sent again. `legato profile WHO` shows whom they took in.
    """
    body = {"other": gone, "reason": reason}
    parted = client.post(f"/api/people/{segment_of(who)}/split", _Parted, body)
    click.echo(f"Two people again: {parted.person_id} and {parted.other}.")


@identity.command()
@click.argument("who")
@click.argument("other")
@click.option("--reason", required=True, help="How you know; goes on record with your name.")
@connects
def join(client: Client, who: str, other: str, reason: str) -> None:
    """Make WHO and OTHER one person. `legato identity split` undoes it."""
    body = {"other": other, "reason": reason}
    joined = client.post(f"/api/people/{segment_of(who)}/join", _Joined, body)
    click.echo(f"One person now: {joined.person_id}.")


for command in (suggest, matches, accept, reject):
    identity.add_command(command)
