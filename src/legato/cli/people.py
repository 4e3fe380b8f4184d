"""`legato people`: erase somebody, export what is kept of them, check that nothing is left."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.app.erasure import search_folder
from legato.cli.client import DATA_NAME, Client, Failure, connects, segment_of
from legato.cli.why import print_json
from legato.insight.certificate import Certificate, Stage

ASK_AGAIN_SECONDS = 0.25
WAIT_SECONDS = 60.0
"""An erasure that takes longer goes on without being watched."""
TOLD_SECONDS = 10.0
"""Destinations that are down are told for 72 hours: nobody waits for that at a terminal."""

_STYLES = {"accepted": "green", "delivered": "green", "pending": "yellow"}


@click.group()
def people() -> None:
    """Erase and export people; permission: erase."""


@people.command()
@click.argument("who")
@click.option("--reason", required=True, help="Why. It is kept, so it must not name the person.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--json", "is_json", is_flag=True, help="Print the certificate for programs.")
@connects
def erase(client: Client, who: str, reason: str, *, is_sure: bool, is_json: bool) -> None:
    """Erase WHO everywhere, and print the certificate.

    WHO is a person id or an identifier, such as email:ana@example.com. Ends with 0 when nothing
    here tells of the person any more, with 1 when something was found or it takes too long.
    """
    if not is_sure:
        # The identifier is not repeated: what is on a screen stays in its scrollback.
        click.confirm("Everything about this person will be gone for good. Go on?", abort=True)
    console = Console(highlight=False, stderr=True)
    asked = client.post(f"/api/people/{segment_of(who)}/erase", Certificate, {"reason": reason})
    with console.status("Nothing answers for the person any more; overwriting the records ..."):
        certificate = _told(client, asked)
    if is_json:
        print_json(certificate)
    else:
        show_certificate(Console(highlight=False), certificate)
    if certificate.stage == "erasing" or (certificate.files and certificate.files.found):
        sys.exit(1)


def _told(client: Client, asked: Certificate) -> Certificate:
    """Wait for the records, then a moment for the destinations that answer at once."""
    erased = _wait(client, asked, until=("erased", "completed"))
    return _wait(client, erased, until=("completed",), seconds=TOLD_SECONDS)


def _wait(
    client: Client,
    shown: Certificate,
    *,
    until: tuple[Stage, ...],
    seconds: float = WAIT_SECONDS,
) -> Certificate:
    """Ask again until it is at one of these stages, for so long at most."""
    end = time.monotonic() + seconds
    while shown.stage not in until and time.monotonic() < end:
        time.sleep(ASK_AGAIN_SECONDS)
        shown = client.get(f"/api/erasures/{shown.erasure_id}", Certificate)
    return shown


@people.command()
@click.option("--limit", default=20, show_default=True)
@connects
def erasures(client: Client, limit: int) -> None:
    """List erasures, the newest first."""
    rows = client.get("/api/erasures", list[dict[str, Any]], limit=limit)
    for row in rows:
        one = msgspec.convert(row["certificate"], Certificate)
        click.echo(f"{one.requested_at}  {one.stage:<9}  {one.erasure_id}  by {one.by}")
    if not rows:
        click.echo("Nobody was erased.")


@people.command()
@click.argument("erasure_id")
@click.option("--wait", "is_waiting", is_flag=True, help="Until it is complete, a minute at most.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def certificate(client: Client, erasure_id: str, *, is_waiting: bool, is_json: bool) -> None:
    """Show the certificate of an erasure."""
    found = client.get(f"/api/erasures/{segment_of(erasure_id)}", Certificate)
    if is_waiting:
        found = _wait(client, found, until=("completed",))
    if is_json:
        print_json(found)
    else:
        show_certificate(Console(highlight=False), found)


@people.command()
@click.argument("who")
@click.option("--reason", required=True, help="Why they are given out; it goes on record.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Into this file, readable by you alone."
)
@connects
def export(client: Client, who: str, reason: str, out: Path | None) -> None:
    """Write everything that is kept of WHO as JSON: for them to have, or to take elsewhere."""
    path = f"/api/people/{segment_of(who)}/export"
    found = client.stating(reason).get(path, dict[str, Any])
    if out is None:
        print_json(found)
        return
    try:
        out.touch(mode=0o600)
        out.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    except OSError as error:
        raise Failure(f"{out} cannot be written.", "Name a file in a folder of yours.") from error
    click.echo(f"{len(found['events'])} events and {len(found['messages'])} messages in {out}.")


@people.command("verify-erased")
@click.argument("values", nargs=-1, required=True)
@click.option(
    "--data",
    envvar="LEGATO_DATA",
    default=Path(DATA_NAME),
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Data folder, also of a process that runs.  [env: LEGATO_DATA; default: .legato]",
)
def verify_erased(values: tuple[str, ...], data: Path) -> None:
    """Search every file of the data folder for VALUES, such as ana@example.com.

    Ends with 1 when something is found. Backup copies elsewhere are not searched.
    """
    with Console(stderr=True).status("Searching ..."):
        found = search_folder(data, values)
    for name, count in found.found.items():
        click.echo(f"{name}: found {count} times")
    size = f"{found.byte_count / 1e6:,.1f} MB"
    click.echo(f"Searched {found.file_count} files, {size}: {sum(found.found.values())} found.")
    if found.found:
        sys.exit(1)


def show_certificate(console: Console, shown: Certificate) -> None:
    """Print a certificate for people."""
    words = {
        "erasing": ("Not done yet: records are being overwritten.", "bold yellow"),
        "erased": ("Erased here. Destinations are still being told.", "bold yellow"),
        "completed": ("Erased.", "bold green"),
    }
    console.print(Text(*words[shown.stage]))
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    took = "" if shown.seconds is None else f", {shown.seconds:.1f} s after the request"
    for name, value in (
        ("erasure", shown.erasure_id),
        ("person", shown.person_id),
        ("requested", f"{shown.requested_at} by {shown.by}: {shown.reason}"),
        ("erased", f"{shown.erased_at or 'not yet'}{took}"),
        *((f"  {name}", str(count)) for name, count in shown.removed.items() if count),
    ):
        table.add_row(name, value)
    for one in shown.destinations:
        said = one.outcome + (f", receipt {one.receipt}" if one.receipt else "")
        said += f" ({one.reason})" if one.reason else ""
        table.add_row(f"  at {one.destination}", Text(said, style=_STYLES.get(one.outcome, "red")))
    table.add_row("files", _files(shown))
    table.add_row("digest", shown.digest)
    console.print(table)
    console.print(shown.not_covered)


def _files(shown: Certificate) -> Text:
    files = shown.files
    if files is None:
        return Text("not searched (yet): see `legato people verify-erased`", style="yellow")
    size = f"{files.file_count} files, {files.byte_count / 1e6:,.1f} MB searched"
    if not files.found:
        return Text(f"{size}: nothing found", style="green")
    where = ", ".join(f"{name} ({count})" for name, count in files.found.items())
    return Text(f"{size}: found in {where}", style="red")
