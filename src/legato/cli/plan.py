"""`legato plan` and `legato apply`: definitions against the running process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.text import Text

from legato.app.config import Applied
from legato.app.rehearse.scenarios import read_texts
from legato.cli.check import Folder, show_problems, workspace_files
from legato.cli.client import Client, Failure, connects
from legato.cli.history.backfill import applying
from legato.cli.why import print_json
from legato.insight.reach import Reach
from legato.model.definitions.property import Waiver
from legato.model.problem import Problem
from legato.plan.diff import Change

_MARKS = {"added": "+", "changed": "~", "removed": "-"}
_STYLES = {"safe": "green", "migrating": "yellow", "breaking": "red"}
UNPROCESSABLE = 422
ANSWERED = ("V5", "G4")
"""Codes of what a journey can do, and of what is not rehearsed."""
_FuncT = TypeVar("_FuncT", bound=Callable[..., Any])


def waives(command: _FuncT) -> _FuncT:
    """Give a command the options by which somebody answers for objections."""
    command = click.option("--because", default="", help="Why it is right so, for the audit.")(
        command
    )
    return click.option(
        "--waive", multiple=True, help="The code of an objection that you answer for."
    )(command)


class _Compared(msgspec.Struct):
    problems: tuple[Problem, ...] = ()
    before: str = ""
    after: str = ""
    changes: tuple[Change, ...] = ()
    reach: tuple[Reach, ...] = ()
    empty_teams: tuple[str, ...] = ()
    backfill: _Unmeasured | None = None


class _Unmeasured(msgspec.Struct):
    slots: int
    people: int


@click.command()
@click.argument("workspace", default=".", type=Folder)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def plan(client: Client, workspace: Path, *, is_json: bool) -> None:
    """Show what applying a WORKSPACE would change, and for how many people. Changes nothing."""
    files = workspace_files(workspace)
    compared = client.post("/api/plan/diff", _Compared, {"files": files})
    if is_json:
        print_json(compared)
    elif compared.problems:
        _fail(compared.problems, files)
    else:
        _show(Console(highlight=False), compared)
        warn_empty(compared.empty_teams)
    sys.exit(1 if compared.problems else 0)


@click.command()
@click.argument("workspace", default=".", type=Folder)
@waives
@connects
def apply(client: Client, workspace: Path, *, waive: tuple[str, ...], because: str) -> None:
    """Make a WORKSPACE the running plan, between two events. With a mistake, change nothing.

    Nor where a way through a journey does harm (`legato prove`), unless somebody answers for it.
    """
    waivers = waivers_of(waive, because)
    files = {**workspace_files(workspace), **read_texts(workspace)}
    body = {"files": files, "waive": waivers}
    applied = applying(
        client, lambda: client.post("/api/plan/apply", Applied, body, also=(UNPROCESSABLE,))
    )
    if applied.problems:
        _fail(applied.problems, files)
        tell_how_to_answer(applied.problems, "legato apply")
        sys.exit(1)
    if applied.is_changed:
        click.echo(f"Applied. The running plan is {applied.digest}.")
    else:
        click.echo(f"Nothing differs in meaning from the running plan, {applied.digest}.")
    warn_empty(applied.empty_teams)


def waivers_of(codes: Sequence[str], because: str) -> list[Waiver]:
    """Return what somebody answers for. Raises Failure where they do not say why."""
    if codes and not because.strip():
        raise Failure("An objection is waived for a reason.", 'Say it: --because "..."')
    return [Waiver(code=code, because=because) for code in codes]


def tell_how_to_answer(problems: Sequence[Problem], command: str) -> None:
    """Say how objections are answered for, where there are any."""
    if any(problem.code.startswith(ANSWERED) for problem in problems):
        click.echo(
            "Is it right so? Say it on the journey, `waive: [{code: ..., because: ...}]`, or\n"
            f'  {command} --waive CODE --because "why"\n',
            err=True,
        )


def warn_empty(teams: Sequence[str]) -> None:
    """Say which owners nobody is."""
    for name in teams:
        click.echo(
            f"Nobody is in the team {name}, which owns definitions. Put somebody in it: "
            f"legato users team EMAIL {name}",
            err=True,
        )


def _fail(problems: tuple[Problem, ...], files: Mapping[str, str]) -> None:
    show_problems(Console(stderr=True, highlight=False), problems, files)


def _show(console: Console, compared: _Compared) -> None:
    if not compared.changes:
        console.print(f"Nothing would change: the running plan is {compared.before}.")
        return
    show_changes(console, compared.changes)
    for reach in compared.reach:
        if reach.kind == "segment":
            members = f"{reach.people:,} of {reach.of:,} people are in it now"
            console.print(Text(f"  segment {reach.name}: {members}"))
    if compared.backfill is not None:
        console.print(Text(_said_of(compared.backfill)))
    console.print(Text(f"\n{compared.before} to {compared.after}", style="dim"))
    console.print("Make it so with `legato apply`.")


def _said_of(backfill: _Unmeasured) -> str:
    slots = "1 measurement is" if backfill.slots == 1 else f"{backfill.slots:,} measurements are"
    people = "1 person" if backfill.people == 1 else f"{backfill.people:,} people"
    return f"  {slots} new: made of the past of {people} before the plan becomes active"


def show_changes(console: Console, changes: Sequence[Change]) -> None:
    """Print what differs, each with what it means."""
    for change in changes:
        mark = Text(f"{_MARKS[change.action]} {change.kind:<10}", style=_STYLES[change.kind])
        console.print(Text.assemble(mark, (f"{change.family} {change.name}", "bold")))
        console.print(Text(f"             {change.what}"))
