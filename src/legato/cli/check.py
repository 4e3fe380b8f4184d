"""`legato check`: definitions on this machine, without a running process."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from legato.app.rehearse.scenarios import open_book, read_texts
from legato.cli.client import Failure
from legato.cli.connect.sunset import endings
from legato.cli.why import print_json
from legato.model.plan import plan_digest
from legato.model.problem import Problem
from legato.plan.load import Loaded
from legato.plan.rules.workspace import plain_secrets
from legato.simulate.proof.structure import structural
from legato.workspace import check_files, read_workspace, today

Folder = click.Path(exists=True, file_okay=False, path_type=Path)
TAB_WIDTH = 4


@click.command()
@click.argument("workspace", default=".", type=Folder)
@click.option("--json", "is_json", is_flag=True, help="For programs: a list of problems.")
def check(workspace: Path, *, is_json: bool) -> None:
    """Show every mistake in a WORKSPACE folder, each with its place and how to fix it."""
    files = workspace_files(workspace)
    loaded = check_files(files)
    problems = (
        *loaded.problems,
        *plain_secrets(path.name for path in workspace.iterdir()),
        *_shapes(loaded),
    )
    if loaded.plan is not None:
        stories = read_texts(workspace)
        problems = (*problems, *open_book(stories, files, loaded.plan).problems)
        files |= stories
    if is_json:
        print_json(problems)
    elif loaded.plan is not None and not problems:
        plan = loaded.plan
        counts = (
            (len(plan.events), "event"),
            (len(plan.segments), "segment"),
            (len(plan.journeys), "journey"),
            (len(plan.destinations), "destination"),
        )
        sizes = ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts)
        click.echo(f"{workspace} is right: {sizes}. Plan {plan_digest(plan)}.")
        used = {str(one.manifest.get("id")): one.manifest for one in plan.destinations.values()}
        for line in endings(used.values(), today()):
            click.echo(f"  {line} Name another version in its settings, or another connector.")
    else:
        show_problems(Console(stderr=True, highlight=False), problems, files)
    sys.exit(1 if problems else 0)


def _shapes(loaded: Loaded) -> tuple[Problem, ...]:
    """Return what the shapes of journeys show; what only their ways show, `prove` finds."""
    found = structural(loaded.plan) if loaded.plan is not None else ()
    objections = [each.objection() for each in found]
    return tuple(
        each.problem
        for each in objections
        if not any(waiver.is_about(each) for waiver in loaded.waivers)
    )


def workspace_files(workspace: Path) -> dict[str, str]:
    """Return a folder's definitions; a folder without any is most likely another one."""
    files = read_workspace(workspace)
    if not files:
        raise Failure(
            f"There is no definition in {workspace}: no file ends in .yaml.",
            "Name the workspace's folder, or make one with `legato init DIR`.",
        )
    return files


def show_problems(console: Console, problems: Sequence[Problem], files: Mapping[str, str]) -> None:
    """Print problems, each with the line it is on and a mark under the column."""
    for problem in problems:
        place = problem.place
        console.print(Text.assemble((str(place), "bold"), f"  {problem.code}"))
        lines = files.get(place.file, "").splitlines()
        if 0 < place.line <= len(lines):
            _show_line(console, place.line, lines[place.line - 1], column=place.column)
        console.print(Text(f"  {problem.what}"))
        console.print(Text.assemble("  fix: ", (problem.fix, "green")))
        console.print()
    count = len(problems)
    noun = "problem" if count == 1 else "problems"
    console.print(Text(f"{count} {noun}; nothing was changed.", style="bold red"))


def _show_line(console: Console, number: int, line: str, *, column: int) -> None:
    """Print a line and a mark under a column: of one that is too wide, the part around it."""
    gutter = f"  {number:>4} | "
    before, whole = line[: column - 1].expandtabs(TAB_WIDTH), line.expandtabs(TAB_WIDTH)
    room = max(console.width - len(gutter), TAB_WIDTH)
    if len(whole) > room:
        start = max(0, min(len(before) - room // 2, len(whole) - room))
        is_cut = start > 0, start + room < len(whole)
        whole = whole[start : start + room]
        before = before[start:]
        whole = f"{'…' if is_cut[0] else whole[0]}{whole[1:-1]}{'…' if is_cut[1] else whole[-1]}"
    console.print(Text(gutter + whole, style="dim"), soft_wrap=True)
    mark = " " * (len(gutter) - 2) + "| " + " " * len(before) + "^"
    console.print(Text(mark, style="red"), soft_wrap=True)
