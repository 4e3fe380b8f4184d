"""`legato identity suggest` and what follows: people who may be one, for a person to decide."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from legato.cli.client import Client, Failure, connects, segment_of
from legato.cli.why import print_json

LOOK_SECONDS = 1


class _Run(msgspec.Struct):
    phase: str
    done: int
    total: int
    people: int
    found: int
    problem: str


class _Agreement(msgspec.Struct):
    trait: str
    agreement: str
    weight: str


class _Match(msgspec.Struct):
    match_id: str
    one: str
    other: str
    probability: float
    evidence: tuple[_Agreement, ...]


class _Accepted(msgspec.Struct):
    person_id: str


@click.command()
@connects
def suggest(client: Client) -> None:
    """Look for people who may be one.

    Compares them by the traits that `matching:` of the workspace names. Nobody is joined by it:
    `legato identity matches` lists what to decide.
    """
    run = client.post("/api/matches/run", _Run)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=True
    ) as progress:
        task = progress.add_task("reading people", total=None)
        while run.phase in ("reading", "comparing"):
            _show_run(progress, task, run)
            run = client.get("/api/matches/run", _Run, wait=LOOK_SECONDS)
    if run.phase != "done":
        raise Failure(run.problem or "The run has ended early.", "See `legato status`.")
    pairs = "pair" if run.found == 1 else "pairs"
    click.echo(f"Compared {run.people:,} people: {run.found:,} {pairs} may be one person.")
    if run.found:
        click.echo("Review them: legato identity matches")


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def matches(client: Client, *, limit: int, is_json: bool) -> None:
    """List who may be one, the most probable first."""
    found = client.get("/api/matches", list[_Match], limit=limit)
    if is_json:
        print_json(found)
        return
    console = Console(highlight=False)
    for each in found:
        _show(console, each)
    if not found:
        console.print("Nothing waits for a decision. To look: legato identity suggest")


@click.command()
@click.argument("match_id")
@click.option("--reason", required=True, help="How you know; goes on record with your name.")
@connects
def accept(client: Client, match_id: str, reason: str) -> None:
    """Make the two of MATCH_ID one person. `legato identity split` undoes it."""
    path = f"/api/matches/{segment_of(match_id)}/accept"
    joined = client.post(path, _Accepted, {"reason": reason})
    click.echo(f"One person now: {joined.person_id}.")


@click.command()
@click.argument("match_id")
@click.option("--reason", required=True, help="How you know; goes on record with your name.")
@connects
def reject(client: Client, match_id: str, reason: str) -> None:
    """Never suggest the two of MATCH_ID again."""
    client.post(f"/api/matches/{segment_of(match_id)}/reject", object, {"reason": reason})
    click.echo("Two people: they will not be suggested again.")


def _show_run(progress: Progress, task: TaskID, run: _Run) -> None:
    what = "reading people" if run.phase == "reading" else "comparing pairs"
    progress.update(task, description=what, completed=run.done, total=run.total or None)


def _show(console: Console, each: _Match) -> None:
    percent = f"{min(each.probability, 0.999):.1%}"
    console.print(Text.assemble((each.match_id, "bold"), f"  {percent} one person"))
    console.print(Text(f"  {each.one}  and  {each.other}"), soft_wrap=True)
    for said in each.evidence:
        line = Text(f"  {said.trait}: {said.agreement}")
        console.print(line.append(f"  {said.weight}", "dim"), soft_wrap=True)
