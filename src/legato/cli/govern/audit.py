"""`legato audit`: who did what, and whether anybody has meddled with the record of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from typing import BinaryIO, TypedDict, Unpack

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from legato.app.audit import Verdict, verify_audit
from legato.cli.client import DATA_NAME, Client, Failure, connects
from legato.insight.sentences import moment
from legato.model.instant import Instant, parse_instant
from legato.ports.audit import Head

PAGE = 1_000
TOLD_LENGTH = 300
"""Of an entry's detail in a list; `export` writes it whole."""


class _Entry(msgspec.Struct):
    number: int
    at: Instant
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]
    outcome: str
    digest: str


class _Asked(TypedDict):
    actor: str
    action: str
    subject: str
    since: Instant


def _instant(_context: click.Context, _option: click.Parameter, text: str) -> Instant:
    since = parse_instant(text) if text else 0
    if since is None:
        raise click.BadParameter("write a day or an instant, such as 2026-03-01T09:00Z.")
    return since


_actor = click.option("--actor", default="", help="Only by this one: token:NAME, user:ID, system.")
_action = click.option("--action", default="", help="Only this: person.reveal, or all of `person`.")
_subject = click.option("--subject", default="", help="Only about this person id or definition.")
_since = click.option("--since", default="", callback=_instant, help="Not older: 2026-03-01.")


@click.group()
def audit() -> None:
    """See who did what and who saw personal data, and check that the record is whole."""


@audit.command("list")
@_actor
@_action
@_subject
@_since
@click.option("--limit", type=click.IntRange(1, PAGE), default=50, show_default=True)
@connects
def audit_list(client: Client, limit: int, **asked: Unpack[_Asked]) -> None:
    """List the newest entries, the newest last."""
    rows = client.get("/api/audit", list[_Entry], order="newest", limit=limit, **_query(asked))
    for row in reversed(rows):
        refused = "  REFUSED" if row.outcome == "refused" else ""
        click.echo(
            f"#{row.number}  {moment(row.at)}  {row.actor}  {row.action}  {row.subject}{refused}"
        )
        told = "; ".join(f"{name}: {value}" for name, value in row.detail.items() if value)
        if told:
            click.echo(f"    {shorten(told, TOLD_LENGTH, placeholder=' ...')}")
    if not rows:
        click.echo("Nothing on record meets that.")


@audit.command("export")
@_actor
@_action
@_subject
@_since
@click.option(
    "--out", type=click.File("wb"), default="-", help="A file.  [default: standard output]"
)
@connects
def audit_export(client: Client, out: BinaryIO, **asked: Unpack[_Asked]) -> None:
    """Write entries as JSON, one a line, oldest first."""
    head = client.get("/api/audit/head", Head)
    with _progress() as progress:
        task = progress.add_task("Exporting", total=head.number)
        for row in _pages(client, asked):
            out.write(msgspec.json.encode(row) + b"\n")
            progress.update(task, completed=row.number)
        progress.update(task, completed=head.number)


@audit.command("verify")
@click.option(
    "--data",
    envvar="LEGATO_DATA",
    default=Path(DATA_NAME),
    type=click.Path(path_type=Path),
    help="Data folder, in use or not.  [env: LEGATO_DATA; default: .legato]",
)
@click.option("--head", "noted", default="", metavar="NUMBER:DIGEST", help="One you noted before.")
def audit_verify(data: Path, noted: str) -> None:
    """Recompute the chain from its first entry, and compare it with the head noted apart from it.

    Reads the files itself and asks no running process. Ends with 1 where something is wrong.
    """
    with _progress() as progress:
        task = progress.add_task("Verifying", total=None)
        verdict = verify_audit(
            data,
            noted=_head(noted) if noted else None,
            see=lambda done, of: progress.update(task, completed=done, total=of),
        )
    _tell(verdict)


def _tell(verdict: Verdict) -> None:
    head = verdict.head
    if verdict.broken is not None:
        raise Failure(
            f"Entry {verdict.broken} is not as it was written, or is missing. "
            f"The {head.number:,} before it are sound.",
            "Compare with a backup, and look who may write to the data folder.",
        )
    anchor = verdict.anchor
    if verdict.is_cut and anchor is not None:
        raise Failure(
            f"The {head.number:,} entries fit together, but not with what was noted: number "
            f"{anchor.number:,} was {anchor.digest[:12]}... The end was cut off or replaced.",
            "Compare with a backup, and look who may write to the data folder.",
        )
    click.echo(f"{head.number:,} entries are as they were written.")
    if anchor is None:
        click.echo("No head was noted apart from them: a cut end would not be seen.")
    click.echo(f"Head: {head.number}:{head.digest}")
    click.echo("Note it where nobody can change it; compare with --head another day.")


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:  # noqa: PLR2004 - hexadecimal digits of BLAKE2b-256
        raise click.BadParameter("write it as `legato audit verify` printed it: NUMBER:DIGEST.")
    return Head(number=int(number), digest=digest.lower())


def _query(asked: _Asked) -> dict[str, str | float]:
    return {
        "actor": asked["actor"],
        "action": asked["action"],
        "subject": asked["subject"],
        "since": asked["since"],
    }


def _pages(client: Client, asked: _Asked) -> Iterator[_Entry]:
    after = 0
    while rows := client.get("/api/audit", list[_Entry], after=after, limit=PAGE, **_query(asked)):
        yield from rows
        after = rows[-1].number


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
