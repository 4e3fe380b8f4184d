"""`legato change`: propose a change of definitions, answer for it, apply it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from legato.app.config import Applied
from legato.app.rehearse.scenarios import read_texts
from legato.cli.check import Folder, show_problems, workspace_files
from legato.cli.client import Client, Failure, connects, instead
from legato.cli.plan import (
    UNPROCESSABLE,
    show_changes,
    tell_how_to_answer,
    waivers_of,
    waives,
    warn_empty,
)
from legato.cli.why import print_json
from legato.govern.changes.request import ChangeRequest, team_words
from legato.insight.sentences import moment
from legato.model.problem import Problem
from legato.plan.arrivals.comments import LostComment
from legato.plan.arrivals.landing import Placed
from legato.plan.impact.impact import MICROS, Impact, Touched

_STYLES = {
    "open": "yellow",
    "approved": "green",
    "applied": "green",
    "rejected": "red",
    "void": "red",
    "withdrawn": "dim",
}


class _Arrival(msgspec.Struct):
    base: str
    placed: tuple[Placed, ...] = ()
    texts: dict[str, str | None] = {}
    problems: tuple[Problem, ...] = ()
    comments: tuple[LostComment, ...] = ()


class _Shown(msgspec.Struct):
    change: ChangeRequest | None = None
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    silent: tuple[str, ...] = ()


@click.group(invoke_without_command=True)
@click.pass_context
def change(context: click.Context) -> None:
    """Propose a change of definitions, answer for it, apply it."""
    if context.invoked_subcommand is None:
        instead(context, change_list)


@change.command("propose")
@click.argument("what", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--title", required=True, help="What it does, in a few words.")
@click.option("--why", default="", help="Why it is wanted.")
@connects
def change_propose(client: Client, what: tuple[Path, ...], *, title: str, why: str) -> None:
    """Propose WHAT in place of what runs, and ask those whom it concerns.

    A folder is a whole workspace, and what it has not goes; without one, it is the folder you are
    in. Of YAML files and ZIP archives each definition goes to where it stands, and the rest stays.
    """
    if len(what) > 1 and any(path.is_dir() for path in what):
        raise Failure("A folder is proposed alone.", "Name one folder, or files and archives.")
    if not what or what[0].is_dir():
        _send(client, "/api/changes", what[0] if what else Path(), title=title, why=why)
    else:
        _send_files(client, what, title=title, why=why)


@change.command("revise")
@click.argument("number", type=int)
@click.argument("workspace", default=".", type=Folder)
@connects
def change_revise(client: Client, number: int, workspace: Path) -> None:
    """Put the texts of a WORKSPACE in place of those of change NUMBER; every answer is void."""
    _send(client, f"/api/changes/{number}/revise", workspace)


@change.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also what has ended.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def change_list(client: Client, *, is_all: bool, is_json: bool) -> None:
    """List the changes that wait for something, the newest first."""
    found = client.get("/api/changes", list[_Shown], ended="true" if is_all else "")
    if is_json:
        print_json(found)
        return
    console = Console(highlight=False)
    for each in found:
        _show_head(console, each)
    if not found:
        console.print("No change waits for an answer. Propose one: legato change propose FOLDER")


@change.command("show")
@click.argument("number", type=int)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def change_show(client: Client, number: int, *, is_json: bool) -> None:
    """Show where change NUMBER stands: who is asked, who said what, until when."""
    shown = client.get(f"/api/changes/{number}", _Shown)
    if is_json:
        print_json(shown)
        return
    console = Console(highlight=False)
    _show_head(console, shown)
    _show_answers(console, shown)


@change.command("review")
@click.argument("number", type=int)
@connects
def change_review(client: Client, number: int) -> None:
    """Show what change NUMBER changes, and everything that rests on it, before you answer."""
    shown = client.get(f"/api/changes/{number}", _Shown)
    console = Console(highlight=False)
    _show_head(console, shown)
    if shown.change is not None:
        show_changes(console, shown.change.draft.impact.changes)
        _show_impact(console, shown.change.draft.impact)
    _show_answers(console, shown)
    if shown.change is not None and shown.change.is_live:
        console.print(Text(f"\nlegato change approve {number}, or reject"))


@change.command("approve")
@click.argument("number", type=int)
@click.option("--why", default="", help="What you looked at.")
@connects
def change_approve(client: Client, number: int, *, why: str) -> None:
    """Approve change NUMBER for your team. Nobody approves their own."""
    shown = client.post(f"/api/changes/{number}/approve", _Shown, {"why": why})
    if shown.missing:
        click.echo(f"Approved. Still to answer: {team_words(shown.missing)}.")
    else:
        click.echo(f"Approved by everybody asked. Apply it: legato change apply {number}")


@change.command("reject")
@click.argument("number", type=int)
@click.option("--why", required=True, help="What its author should know.")
@connects
def change_reject(client: Client, number: int, *, why: str) -> None:
    """Reject change NUMBER; its author may revise it."""
    client.post(f"/api/changes/{number}/reject", _Shown, {"why": why})
    click.echo(f"Change {number} is rejected.")


@change.command("withdraw")
@click.argument("number", type=int)
@connects
def change_withdraw(client: Client, number: int) -> None:
    """Take change NUMBER back: your own, or as an admin anybody's."""
    client.post(f"/api/changes/{number}/withdraw", _Shown)
    click.echo(f"Change {number} is withdrawn.")


@change.command("apply")
@click.argument("number", type=int)
@waives
@connects
def change_apply(client: Client, number: int, *, waive: tuple[str, ...], because: str) -> None:
    """Make exactly the texts of change NUMBER the running plan. No folder is written.

    Where a way through a journey does harm (`legato prove`), somebody has to answer for it.
    """
    path = f"/api/changes/{number}/apply"
    body = {"waive": waivers_of(waive, because)}
    applied = client.post(path, Applied, body, also=(UNPROCESSABLE,))
    if applied.problems:
        show_problems(Console(stderr=True, highlight=False), applied.problems, {})
        tell_how_to_answer(applied.problems, f"legato change apply {number}")
        sys.exit(1)
    click.echo(f"Applied change {number}. The running plan is {applied.digest}.")
    warn_empty(applied.empty_teams)
    click.echo("Keep the workspace's folder at the same texts: the next start reads it.")


def _send(client: Client, path: str, workspace: Path, **words: str) -> None:
    files = {**workspace_files(workspace), **read_texts(workspace)}
    body = {"files": files, **words}
    _show_made(client.post(path, _Shown, body, also=(UNPROCESSABLE,)), files)


def _send_files(client: Client, paths: Sequence[Path], **words: str) -> None:
    by_name = {path.name: path for path in paths}
    if len(by_name) < len(paths):
        raise Failure("Two of these files have one name.", "Propose one after the other.")
    given = [{"name": name, "content": _content(path)} for name, path in by_name.items()]
    read = client.post("/api/definitions/read", _Arrival, {"given": given})
    console = Console(highlight=False)
    for each in read.placed:
        goes = f"goes to {each.file}" if each.file else f"passed over, {each.why}"
        console.print(Text(f"{each.given}: {goes}"), soft_wrap=True)
    kept = [f"{each.file}:{each.line}" for each in read.comments]
    if kept:
        console.print(Text(f"Comments that run and these files lack are kept: {', '.join(kept)}"))
    files = {file: text for file, text in read.texts.items() if text is not None}
    if read.problems:
        _show_made(_Shown(problems=read.problems), files)
    body = {"given": given, "base": read.base, **words}
    path = "/api/definitions/propose"
    _show_made(client.post(path, _Shown, body, also=(UNPROCESSABLE,)), files)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(
            f"{path} could not be read: {error.strerror}.", "Name a file that you may read."
        ) from error


def _show_made(shown: _Shown, files: Mapping[str, str]) -> None:
    """Print what came of a proposal; with mistakes, end."""
    if shown.problems:
        show_problems(Console(stderr=True, highlight=False), shown.problems, files)
        sys.exit(1)
    console = Console(highlight=False)
    _show_head(console, shown)
    assert shown.change is not None, "it is a change, or has problems"
    show_changes(console, shown.change.draft.impact.changes)
    _show_impact(console, shown.change.draft.impact)
    _show_answers(console, shown)


def _show_head(console: Console, shown: _Shown) -> None:
    each = shown.change
    if each is None:
        raise Failure("There is no such change.", "List them: legato change list --all")
    head = Text.assemble(
        (f"{each.number:>4}  ", "bold"),
        (f"{each.state:<10}", _STYLES[each.state]),
        (each.title, "bold"),
        (f"  by {each.author.actor}, {moment(each.created_at)}", "dim"),
    )
    console.print(head, soft_wrap=True)
    if each.note:
        console.print(Text(f"      {each.note}"))


def _show_answers(console: Console, shown: _Shown) -> None:
    each = shown.change
    assert each is not None, "the head was shown"
    if each.why:
        console.print(Text(f"      why: {each.why}"), soft_wrap=True)
    if each.draft.reasons:
        reasons = "; ".join(each.draft.reasons)
        console.print(Text(f"      needs approval because {reasons}"), soft_wrap=True)
    elif each.is_live:
        console.print("      no policy asks for approval of it")
    for answer in each.answers:
        word = "approved" if answer.verdict == "approve" else "rejected"
        teams = f" for {team_words(answer.teams)}" if answer.teams else ""
        why = f": {answer.why}" if answer.why else ""
        line = f"      {word}{teams} by {answer.party.actor}, {moment(answer.at)}{why}"
        console.print(Text(line), soft_wrap=True)
    if each.state == "open":
        waiting = f"      waits for {team_words(shown.missing)}"
        if each.escalated_at is None:
            console.print(Text(f"{waiting}, until {moment(each.draft.due_at)}"))
        else:
            late = f"{waiting}; late since {moment(each.escalated_at)}, so any approver may answer"
            console.print(Text(late, style="red"))
        for team in shown.silent:
            roles = " or ".join(each.draft.roles)
            line = f"      nobody else in {team} is {roles}: legato users team EMAIL {team}"
            console.print(Text(line, style="red"), soft_wrap=True)


def _show_impact(console: Console, impact: Impact) -> None:
    for each in impact.broken:
        name = each.name.replace("/", ".")
        console.print(Text(f"      {each.family} {name} is {each.harm}", style="red"))
    for each in impact.touched:
        if not each.is_changed:
            console.print(Text(f"      {_touched(each)}"), soft_wrap=True)
    people = "1 person" if impact.reach == 1 else f"{impact.reach:,} people"
    console.print(
        Text(
            f"      concerns {people} at most, "
            f"and up to {impact.cost_micros / MICROS:,.2f} in messages"
        )
    )


def _touched(each: Touched) -> str:
    owner = f" ({each.owner})" if each.owner else ""
    people = "" if each.people is None else f", {each.people:,} in it"
    reach = "" if each.reach is None else f", {each.reach:,} at most"
    return f"{each.family} {each.name}{owner} rests on {each.through[0]}{people}{reach}"
