"""`legato test --record PERSON`: what happened to somebody, as a scenario that names nobody."""

from __future__ import annotations

from pathlib import Path

import click

from legato.app.rehearse.scenarios import Outcome, open_book, outcome_of, rehearse_scenario
from legato.app.rehearse.walls import walls
from legato.cli.check import workspace_files
from legato.cli.client import Client, Failure, segment_of
from legato.insight.recording.recording import Recorded
from legato.plan.load import SCENARIOS
from legato.workspace import check_files


def record_story(client: Client, who: str, workspace: Path, out: Path | None) -> None:
    """Fetch a story, write it, and say whether the workspace still tells it so."""
    recorded = client.get(f"/api/people/{segment_of(who)}/scenario", Recorded)
    if out is None:
        click.echo(recorded.text, nl=False)
    else:
        _write(out, recorded.text)
        click.echo(f"{recorded.event_count} events in {out}, every value made up.")
    if recorded.gaps:
        click.echo(
            f"{recorded.gaps} steps of the story are left out: their records are not kept any "
            "longer. What they led to may come out otherwise.",
            err=True,
        )
    click.echo(_told(recorded.text, workspace), err=True)


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{out} cannot be written.", "Name a file in a folder of yours.") from error


def _told(text: str, workspace: Path) -> str:
    """Say whether a workspace makes the same of the story as production did."""
    outcome = _outcome(text, workspace)
    if outcome is None:
        return "It was not rehearsed: this folder is no workspace in which it can be told."
    if outcome.is_right:
        return "Rehearsed here, it comes out as it did."
    first = outcome.misses[0].miss
    return (
        f"Rehearsed here, it comes out otherwise: {first.expected}, but: {first.actual}. "
        "`legato test` shows it whole."
    )


def _outcome(text: str, workspace: Path) -> Outcome | None:
    files = workspace_files(workspace)
    plan = check_files(files).plan
    if plan is None:
        return None
    book = open_book({f"{SCENARIOS}recorded.yaml": text}, files, plan)
    if book.problems or not book.scenarios:
        return None
    with walls():
        return outcome_of(rehearse_scenario(book.scenarios[0], plan, {}))
