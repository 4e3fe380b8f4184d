"""`legato history`: what is rolled out of the state file, and rolling more."""

from __future__ import annotations

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from legato.app import RollRun
from legato.cli.client import Client, Failure, connects
from legato.cli.why import print_json
from legato.insight.sentences import moment
from legato.model.instant import format_duration

LOOK_SECONDS = 2.0
_MB = 1_000_000


@click.group(invoke_without_command=True)
@click.pass_context
def history(context: click.Context) -> None:
    """Show which old notes are in Parquet files, and put more there.

    What stays in the state file is what is young; `why`, `sql` and all else read both.
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@history.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def show(client: Client, *, is_json: bool = False) -> None:
    """Show what is rolled out of the state file."""
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
    """Roll old notes into Parquet files in the data folder.

    Events go on meanwhile. A stop at any moment loses nothing: begin it again.
    """
    client.post("/api/history/roll", RollRun, {"older": older})
    run = _watch(client)
    if run.phase == "failed":
        raise Failure(run.problem, run.fix or "See `legato status`, then roll again.")
    if is_json:
        print_json(run)
        return
    click.echo(f"Rolled {run.done:,} steps." if run.done else "Nothing was old enough.")
    _tell(run)


def _watch(client: Client) -> RollRun:
    with Progress(
        SpinnerColumn(),
        TextColumn("rolling notes: {task.completed:,} steps"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None)
        run = client.get("/api/history", RollRun)
        while run.phase == "rolling":
            progress.update(task, completed=run.done)
            run = client.get("/api/history", RollRun, wait=LOOK_SECONDS)
    return run


def _tell(run: RollRun) -> None:
    if run.file_count:
        files = "1 file" if run.file_count == 1 else f"{run.file_count:,} files"
        size = f"{run.byte_count / _MB:,.1f} MB"
        until = "" if run.until is None else f", up to {moment(run.until)}"
        click.echo(f"{run.row_count:,} steps of notes are in {files} of {size}{until}.")
    else:
        click.echo("All notes are in the state file.")
    if run.after:
        click.echo(f"Notes are rolled when they are {format_duration(run.after)} old.")
    else:
        click.echo("None are rolled by themselves: `history: {roll_after: 30d}` in legato.yaml.")
