"""`legato replay`: what was recorded, handed on to a destination that asks for it since lately."""

from __future__ import annotations

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from legato.cli.client import Client, Failure, connects
from legato.insight.sentences import withheld_words

LOOK_SECONDS = 1


class _Run(msgspec.Struct):
    phase: str
    destination: str
    done: int
    total: int
    sent: int
    withheld: dict[str, int]
    problem: str


@click.command()
@click.option("--to", "destination", default="", help="The destination that has missed events.")
@click.option("--since", default="", help="Only what happened since then: 30d, or 2026-01-31.")
@click.option("--only", multiple=True, help="Only events of this name; may be repeated.")
@click.option(
    "--yes-contact-people",
    "contacts_people",
    is_flag=True,
    help="Also to a destination that may write to people because of it.",
)
@click.option("--stop", "is_stop", is_flag=True, help="Stop the replay that goes on.")
@connects
def replay(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    client: Client,
    *,
    destination: str,
    since: str,
    only: tuple[str, ...],
    contacts_people: bool,
    is_stop: bool,
) -> None:
    """Hand recorded events on to a destination that has not had them.

    Consent and everything else is asked as of now. No event goes there twice: begun again, a
    replay goes on where it was. It runs on without this command; Ctrl-C only stops watching.
    """
    if is_stop:
        _tell(client.post("/api/replay/stop", _Run))
        return
    if not destination:
        raise click.UsageError("Say where to: --to DESTINATION.")
    asked = {
        "destination": destination,
        "since": since,
        "only": only,
        "contacts_people": contacts_people,
    }
    _tell(_watch(client, client.post("/api/replay", _Run, asked)))


def _watch(client: Client, run: _Run) -> _Run:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=True
    ) as progress:
        task = progress.add_task("reading what was recorded", total=None)
        while run.phase in ("reading", "sending"):
            _show(progress, task, run)
            run = client.get("/api/replay", _Run, wait=LOOK_SECONDS)
    return run


def _show(progress: Progress, task: TaskID, run: _Run) -> None:
    what = (
        "reading what was recorded"
        if run.phase == "reading"
        else f"handing on to {run.destination}"
    )
    progress.update(task, description=what, completed=run.done, total=run.total or None)


def _tell(run: _Run) -> None:
    if run.phase == "failed":
        raise Failure(run.problem or "The replay has ended early.", "See `legato status`.")
    if run.phase == "none":
        click.echo("No replay goes on.")
        return
    events = "event was" if run.sent == 1 else "events were"
    click.echo(f"{run.sent:,} {events} handed on to {run.destination}.")
    for code, count in run.withheld.items():
        click.echo(f"  {count:,} not: {withheld_words(code)}")
    if run.phase == "stopped":
        click.echo("Stopped. Begun again, it goes on where it was.")
