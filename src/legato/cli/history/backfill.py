"""`legato backfill`: watch the past being measured for a plan to come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from legato.app.config import Applied
from legato.app.history.backfill import BackfillRun
from legato.cli.client import Client, Failure, connects, instead
from legato.cli.why import print_json

LOOK_SECONDS = 2.0
AT_ONCE_SECONDS = 0.5
"""What is done within this is shown no bar."""
T = TypeVar("T")


@click.group(invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="How far it is now, for programs.")
@click.pass_context
def backfill(context: click.Context, *, is_json: bool) -> None:
    """Watch how the past is measured for definitions that were applied.

    What a plan measures anew is made of everybody's history before it becomes active; the plan
    before runs on meanwhile.
    """
    if context.invoked_subcommand is None:
        instead(context, watch, *(["--json"] if is_json else []))


@backfill.command()
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def stop(client: Client, *, is_json: bool) -> None:
    """Give it up: the plan before runs on, and nothing is measured for another."""
    run = client.post("/api/backfill/stop", BackfillRun)
    if is_json:
        print_json(run)
        return
    click.echo(
        f"Stopped, with {run.done:,} of {run.total:,} people measured. The plan before runs on.\n"
        "The definitions are as they were written: the next start on them begins it again."
    )


@backfill.command()
@click.option("--json", "is_json", is_flag=True, help="How far it is now, for programs.")
@connects
def watch(client: Client, *, is_json: bool = False) -> None:
    """Show how far it has come, until it is done."""
    run = client.get("/api/backfill", BackfillRun)
    if is_json:
        print_json(run)
        return
    if run.phase == "measuring":
        run = _watch(client, lambda: False)
    tell(run)


def applying(client: Client, apply: Callable[[], Applied]) -> Applied:
    """Apply definitions; show how the past is measured for them, where that takes a while."""
    answer = _begun(apply)
    try:
        applied = answer.result(AT_ONCE_SECONDS)
    except TimeoutError:
        _watch(client, answer.done)
        applied = answer.result()
    if applied.is_waiting:
        run = _watch(client, lambda: False)
        tell(run)
        is_done = run.phase == "done"
        return Applied(digest=run.plan if is_done else applied.digest, is_changed=is_done)
    return applied


def tell(run: BackfillRun) -> None:
    """Say what became of a backfill. Raises Failure where nothing did."""
    match run.phase:
        case "failed":
            raise Failure(
                f"The past was not measured: {run.problem}",
                "The plan before runs on. See `legato status`, then apply again.",
            )
        case "given up":
            click.echo(
                "It was given up: it was stopped, or other definitions were applied. The plan "
                "before runs on."
            )
        case "done":
            people = "person" if run.total == 1 else "people"
            click.echo(f"{_slots(run)} of {run.total:,} {people} are made of their whole past.")
        case _:
            click.echo("Nothing is being measured.")


def _slots(run: BackfillRun) -> str:
    return "1 new measurement" if run.slots == 1 else f"{run.slots:,} new measurements"


def _watch(client: Client, is_over: Callable[[], bool]) -> BackfillRun:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("measuring the past", total=None)
        run = client.get("/api/backfill", BackfillRun)
        while run.phase == "measuring" and not is_over():
            progress.update(task, completed=run.done, total=run.total or None)
            run = client.get("/api/backfill", BackfillRun, wait=LOOK_SECONDS)
    return run


def _begun(call: Callable[[], T]) -> Future[T]:
    """Begin a call beside this thread."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return answer
