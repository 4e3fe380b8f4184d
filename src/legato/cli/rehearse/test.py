"""`legato test`: the stories of scenarios/, rehearsed in virtual time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from legato.app.rehearse.scenarios import (
    Book,
    Outcome,
    chosen,
    open_book,
    outcome_of,
    read_texts,
    rehearse_scenario,
)
from legato.app.rehearse.walls import walls
from legato.cli.check import Folder, show_problems, workspace_files
from legato.cli.client import Failure
from legato.cli.rehearse.report import as_json, as_junit, show_outcome
from legato.cli.why import print_json
from legato.model.plan import Plan
from legato.plan.scenarios.scenario import Scenario
from legato.simulate.scenario.run import Lived
from legato.workspace import check_files

BAR_FROM = 20
"""Fewer scenarios are done before anybody has read a bar."""


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE|NAME]...")
@click.option("--workspace", "-w", default=".", type=Folder, help="The workspace's folder.")
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a report for CI."
)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
def test(names: tuple[str, ...], workspace: Path, junit: Path | None, *, is_json: bool) -> None:
    """Rehearse the scenarios of a workspace, all or those of some FILEs or NAMEs.

    Time is virtual, providers are played, nobody is contacted: no socket can be opened.
    """
    plan, book = open_all(workspace)
    scenarios = chosen(book.scenarios, names)
    if not scenarios:
        raise Failure(
            f"There are no scenarios in {workspace / 'scenarios'}.",
            "Tell a story there; the guide of rehearsal shows how.",
        )
    console = Console(highlight=False)
    outcomes: list[Outcome] = []
    seconds: list[float] = []
    for lived, took in rehearse_all(scenarios, plan, book):
        outcome = outcome_of(lived)
        outcomes.append(outcome)
        seconds.append(took)
        if not is_json:
            show_outcome(console, outcome, took)
    if junit is not None:
        junit.write_bytes(as_junit(outcomes, seconds))
    failed = sum(not outcome.is_right for outcome in outcomes)
    if is_json:
        print_json(as_json(outcomes))
    else:
        _sum_up(console, len(outcomes), failed, seconds=sum(seconds))
    sys.exit(1 if failed else 0)


def open_all(workspace: Path) -> tuple[Plan, Book]:
    """Read a workspace with its scenarios; every mistake of either is shown, and ends it."""
    files = workspace_files(workspace)
    texts = read_texts(workspace)
    loaded = check_files(files)
    problems = loaded.problems
    if loaded.plan is not None:
        book = open_book(texts, files, loaded.plan)
        if not book.problems:
            return loaded.plan, book
        problems = book.problems
    show_problems(Console(stderr=True, highlight=False), problems, {**files, **texts})
    sys.exit(1)


def rehearse_all(
    scenarios: Sequence[Scenario], plan: Plan, book: Book
) -> Iterator[tuple[Lived, float]]:
    """Yield what came of each scenario and the seconds that it took; a bar shows how far it is."""
    columns = (TextColumn("rehearsing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.disable = len(scenarios) < BAR_FROM or not sys.stderr.isatty()
    with walls(), bar:
        task = bar.add_task("", total=len(scenarios))
        for scenario in scenarios:
            began = time.perf_counter()
            lived = rehearse_scenario(scenario, plan, book.changes)
            bar.advance(task)
            yield lived, time.perf_counter() - began


def _sum_up(console: Console, count: int, failed: int, *, seconds: float) -> None:
    noun = "scenario" if count == 1 else "scenarios"
    if failed:
        text = Text(f"{failed} of {count} {noun} failed", style="bold red")
    else:
        text = Text(f"{count} {noun} came out as told", style="green")
    console.print(Text.assemble(text, (f", in {seconds:.1f} s. Nobody was contacted.", "")))
