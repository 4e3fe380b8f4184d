"""`legato consent`: what a person agreed to, one line more, and what a delivery relied on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click
import msgspec
from rich.console import Console
from rich.table import Table

from legato.cli.client import Client, connects, segment_of
from legato.cli.govern.receipts import receipts
from legato.cli.why import print_json
from legato.insight.ledger import Ledger, LedgerLine, Relied
from legato.insight.sentences import channel_words, moment
from legato.model.consent import EVERY_CHANNEL

_STANDING = {
    "present": "",
    "pending": "waits to be confirmed",
    "earlier": "changed nothing: something newer was known",
    "void": "had no effect",
}


class _Said(msgspec.Struct):
    person_id: str
    event_id: str
    lines: tuple[LedgerLine, ...]


@click.group()
def consent() -> None:
    """See what people consented to, and put on record what they say."""


@consent.command("show")
@click.argument("who")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def show(client: Client, who: str, *, is_json: bool) -> None:
    """Show what WHO agrees to now, and everything that was ever said."""
    found = client.get(f"/api/people/{segment_of(who)}/consents", Ledger)
    if is_json:
        print_json(msgspec.to_builtins(found))
        return
    console = Console(highlight=False)
    now = _table("Now", "purpose", "where", "answer", "since")
    for each in found.present:
        since = moment(each.since) if each.since is not None else ""
        now.add_row(each.purpose, channel_words(each.channel), each.answer, since)
    console.print(now if found.present else "No purpose of the plan asks for consent.")
    ledger = _table("Ledger", "said", "answer", "where", "by", "")
    for line in found.lines:
        ledger.add_row(*_row(line))
    console.print(ledger if found.lines else "Nobody has said anything yet.")


def _answer(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what both answers are said with."""
    for name, default, words in (
        ("--reason", "", "Why it is put on record by hand, for the audit."),
        ("--wording", "", "Id or version of the text that they saw."),
        ("--channel", EVERY_CHANNEL, "A channel, or * for every one."),
    ):
        command = click.option(name, default=default, help=words)(command)
    return click.option("--purpose", required=True, help="A declared purpose.")(command)


@consent.command("grant")
@click.argument("who")
@_answer
@connects
def grant(client: Client, who: str, **answer: str) -> None:
    """Put on record that WHO said yes."""
    _say(client, who, answer, is_granted=True)


@consent.command("deny")
@click.argument("who")
@_answer
@connects
def deny(client: Client, who: str, **answer: str) -> None:
    """Put on record that WHO said no: what it forbids is called back at once."""
    _say(client, who, answer, is_granted=False)


@consent.command("used")
@click.argument("who")
@click.argument("delivery")
@connects
def used(client: Client, who: str, delivery: str) -> None:
    """Show the record of consent that DELIVERY to WHO relied on."""
    path = f"/api/people/{segment_of(who)}/deliveries/{segment_of(delivery)}/consent"
    found = client.get(path, Relied)
    by = f" by {found.channel}" if found.channel else ""
    click.echo(f"{found.message}{by}, decided {moment(found.decided_at)}: {found.seen}.")
    for line in found.lines:
        click.echo(f"\n{line.record}")
        answer = "yes" if line.is_granted else "no"
        click.echo(f"  {answer} to {line.purpose} in {channel_words(line.channel)}")
        for name, value in _evidence(line):
            click.echo(f"  {name}: {value}")


def _say(client: Client, who: str, answer: Mapping[str, str], *, is_granted: bool) -> None:
    line = {"purpose": answer["purpose"], "channel": answer["channel"], "is_granted": is_granted}
    body = {
        "lines": [line],
        "source": "desk",
        "wording": answer["wording"],
        "evidence": {"method": "desk"},
        "reason": answer["reason"],
    }
    taken = client.post(f"/api/people/{segment_of(who)}/consents", _Said, body)
    for line in taken.lines:
        said = "yes" if line.is_granted else "no"
        click.echo(f"On record: {said} to {line.purpose} in {channel_words(line.channel)}.")
        if _STANDING[line.standing]:
            click.echo(f"  It {_STANDING[line.standing]}.")


def _evidence(line: LedgerLine) -> list[tuple[str, str]]:
    rows = [
        ("said", moment(line.at)),
        ("by", line.source),
        ("method", line.method),
        ("wording", line.wording),
        ("language", line.language),
        ("jurisdiction", line.jurisdiction),
        ("legal basis", line.legal_basis),
        ("address digest", line.ip_digest),
        ("confirms", line.confirms),
        ("event", line.event_id),
    ]
    return [(name, value) for name, value in rows if value]


def _row(line: LedgerLine) -> tuple[str, ...]:
    by = f"{line.source} ({line.method})" if line.method else line.source
    where = f"{line.purpose}, {channel_words(line.channel)}"
    answer = "yes" if line.is_granted else "no"
    return moment(line.at), answer, where, by, _STANDING[line.standing]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


consent.add_command(receipts)
