"""`legato drift`: what comes in another shape than declared, and deciding what to do."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.text import Text

from legato.cli.client import Client, Failure, connects, instead, segment_of
from legato.cli.why import print_json
from legato.insight.dependence import Degraded, in_words
from legato.insight.sentences import moment


class _Drift(msgspec.Struct):
    drift_id: str
    since: int
    source: str
    event: str
    problems: tuple[str, ...]
    evidence: tuple[str, ...]
    unresolved: tuple[str, ...]
    looked_at: int
    broken: int
    healed: int
    file: str
    text: str
    journeys: tuple[Degraded, ...]


class _Healed(msgspec.Struct):
    file: str
    digest: str
    replayed: int


@click.group(invoke_without_command=True)
@click.pass_context
def drift(context: click.Context) -> None:
    """See what comes in another shape than declared; approve or reject a mapping."""
    if context.invoked_subcommand is None:
        instead(context, drift_list)


@drift.command("list")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def drift_list(client: Client, *, is_json: bool) -> None:
    """List what has drifted, with the evidence and the mapping that is proposed."""
    found = client.get("/api/drift", list[_Drift])
    if is_json:
        print_json(found)
        return
    console = Console(highlight=False)
    for each in found:
        _show(console, each)
    if not found:
        console.print("Nothing has drifted: what comes in has its declared shape.")


@drift.command("approve")
@click.argument("drift_id")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@connects
def drift_approve(client: Client, drift_id: str, *, is_sure: bool) -> None:
    """Write the mapping of DRIFT_ID into the workspace, apply it, and replay what it heals."""
    found = {each.drift_id: each for each in client.get("/api/drift", list[_Drift])}
    if drift_id not in found:
        raise Failure("There is no such drift to be decided.", "List them with `legato drift`.")
    _show(Console(highlight=False), found[drift_id])
    if not is_sure:
        click.confirm("Write this, apply it, and replay what it heals?", abort=True)
    healed = client.post(f"/api/drift/{segment_of(drift_id)}/approve", _Healed)
    click.echo(f"Wrote {healed.file}; the running plan is {healed.digest}.")
    click.echo(f"Replayed {healed.replayed} events in order. Put the file under version control.")


@drift.command("reject")
@click.argument("drift_id")
@connects
def drift_reject(client: Client, drift_id: str) -> None:
    """Propose DRIFT_ID no more; events of that shape stay in quarantine."""
    client.post(f"/api/drift/{segment_of(drift_id)}/reject", object)
    click.echo(f"{drift_id} is rejected, and is not proposed again.")


def _show(console: Console, each: _Drift) -> None:
    head = Text.assemble((each.drift_id, "bold"), f"  '{each.event}' from {each.source}")
    console.print(Text.assemble(head, (f"  since {moment(each.since)}", "dim")))
    lines = [f"{problem} looked at" for problem in each.problems]
    lines += [f"because {reason}" for reason in each.evidence]
    lines += [f"open: {what}" for what in each.unresolved]
    if each.journeys:
        lines.append(f"degraded: {in_words(each.journeys)}")
    if each.text:
        lines.append(f"a mapping would heal {each.healed} of {each.broken}; {each.file}:")
        lines += [f"    {line}" for line in each.text.splitlines()]
        lines.append(f"legato drift approve {each.drift_id}, or reject")
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)
