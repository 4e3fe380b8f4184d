"""`legato history`: which notes and records are rolled into Parquet files, and rolling more."""

from __future__ import annotations

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from legato.app.history.roll import Pile, RollRun
from legato.cli.client import Client, Failure, connects, instead
from legato.cli.why import print_json
from legato.insight.sentences import moment
from legato.model.instant import format_duration

LOOK_SECONDS = 2.0
_MB = 1_000_000


@click.group(invoke_without_command=True)
@click.pass_context
def history(context: click.Context) -> None:
    """Show which old notes and records are in Parquet files, and put more there.

    What is young stays where it is written; `why`, `sql` and all else read both.
    """
    if context.invoked_subcommand is None:
        instead(context, show)


@history.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def show(client: Client, *, is_json: bool = False) -> None:
    """Show what is rolled into Parquet files."""
    run = client.get("/api/history", RollRun)
    if is_json:
        print_json(run)
        return
    _tell(run)


@history.command()
@click.option("--older", default="", metavar="TIME", help="How old, as 30d.  [the workspace's]")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def roll(client: Client, *, older: str, is_json: bool) -> None:
    """Roll old notes and records into Parquet files in the data folder.

    Events go on meanwhile. A stop at any moment loses nothing: begin it again.
    """
    client.post("/api/history/roll", RollRun, {"older": older})
    run = _watch(client)
    if run.phase == "failed":
        raise Failure(run.problem, run.fix or "See `legato status`, then roll again.")
    if is_json:
        print_json(run)
        return
    some = f"Rolled {run.done:,} steps and {run.records_done:,} records."
    click.echo(some if run.done or run.records_done else "Nothing was old enough.")
    _tell(run)


def _watch(client: Client) -> RollRun:
    with Progress(
        SpinnerColumn(),
        TextColumn("rolling: {task.fields[far]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None, far=_far(RollRun()))
        run = client.get("/api/history", RollRun)
        while run.phase == "rolling":
            progress.update(task, far=_far(run))
            run = client.get("/api/history", RollRun, wait=LOOK_SECONDS)
    return run


def _far(run: RollRun) -> str:
    return f"{run.done:,} steps of notes, {run.records_done:,} records"


def _tell(run: RollRun) -> None:
    if run.notes.file_count:
        click.echo(f"{run.notes.row_count:,} steps of notes are in {_files(run.notes)}.")
    else:
        click.echo("All notes are in the state file.")
    if run.records.file_count:
        click.echo(f"{run.records.row_count:,} records are in {_files(run.records)}.")
    else:
        click.echo("All records are in the log's file.")
    if run.records.stale_count:
        some = f"{run.records.stale_count:,} of them"
        click.echo(f"{some} were overwritten since; their files are made anew within the hour.")
    if run.after:
        click.echo(f"Both are rolled when they are {format_duration(run.after)} old.")
    else:
        click.echo("None are rolled by themselves: `history: {roll_after: 30d}` in legato.yaml.")


def _files(pile: Pile) -> str:
    files = "1 file" if pile.file_count == 1 else f"{pile.file_count:,} files"
    until = "" if pile.until is None else f", up to {moment(pile.until)}"
    return f"{files} of {pile.byte_count / _MB:,.1f} MB{until}"
