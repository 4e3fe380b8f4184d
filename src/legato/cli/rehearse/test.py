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
    coverage_of,
    open_book,
    outcome_of,
    read_texts,
    rehearse_scenario,
)
from legato.app.rehearse.walls import walls
from legato.cli.check import Folder, show_problems, workspace_files
from legato.cli.client import Client, Failure, connection_to, points
from legato.cli.rehearse.record import record_story
from legato.cli.rehearse.report import (
    as_json,
    as_junit,
    coverage_as_json,
    show_coverage,
    show_outcome,
)
from legato.cli.why import print_json
from legato.model.note import Story
from legato.model.plan import Plan
from legato.plan.scenarios.scenario import Scenario
from legato.simulate.coverage.report import Coverage
from legato.simulate.scenario.run import Lived
from legato.workspace import check_files

BAR_FROM = 20
"""Fewer scenarios are done before anybody has read a bar."""


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE|NAME]...")
@click.option("--workspace", "-w", "--in", default=".", type=Folder, help="The workspace's folder.")
@click.option("--coverage", "has_coverage", is_flag=True, help="Show what no scenario reaches.")
@click.option(
    "--require",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail where fewer of the ways out of steps are gone.",
)
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a report for CI."
)
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.option(
    "--record", "who", metavar="PERSON", help="Turn somebody's story into a masked scenario."
)
@click.option(
    "--out", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Into this file."
)
@points
def test(  # noqa: PLR0913 - one for each option
    names: tuple[str, ...],
    workspace: Path,
    *,
    has_coverage: bool,
    require: float | None,
    junit: Path | None,
    is_json: bool,
    who: str | None,
    out: Path | None,
    **where: object,
) -> None:
    """Rehearse the scenarios of a workspace, all or those of some FILEs or NAMEs.

    Time is virtual, providers are played, nobody is contacted: no socket can be opened.

    --record asks the running process for what happened to one PERSON, and writes it as a scenario:
    every value is made up, times and outcomes are kept. Nothing else is rehearsed then.
    """
    if who is not None:
        client = Client(connection_to(where["url"], where["token"], where["data"]))
        record_story(client, who, workspace, out)
        return
    plan, book = open_all(workspace)
    scenarios = chosen(book.scenarios, names)
    if not scenarios:
        raise Failure(
            f"There are no scenarios in {workspace / 'scenarios'}.",
            "Tell a story there; the guide of rehearsal shows how.",
        )
    console = Console(highlight=False)
    seconds: list[float] = []
    outcomes: list[Outcome] = []
    stories: list[list[Story]] = []
    for lived, took in rehearse_all(scenarios, plan, book):
        outcomes.append(outcome_of(lived))
        stories.append(lived.stories)
        seconds.append(took)
    for outcome, took in zip(outcomes, seconds, strict=True) if not is_json else ():
        show_outcome(console, outcome, took)
    if junit is not None:
        junit.write_bytes(as_junit(outcomes, seconds))
    coverage = coverage_of(plan, stories) if has_coverage or require is not None else None
    failed = sum(not outcome.is_right for outcome in outcomes)
    if is_json:
        more = {} if coverage is None else {"coverage": coverage_as_json(coverage)}
        print_json({"scenarios": as_json(outcomes), **more})
    else:
        _sum_up(console, len(outcomes), failed, seconds=sum(seconds))
        if coverage is not None:
            show_coverage(console, coverage)
    if coverage is not None and require is not None:
        failed += _is_short(coverage, require)
    sys.exit(1 if failed else 0)


def _is_short(coverage: Coverage, require: float) -> bool:
    """Say so where fewer ways out of steps are gone than are wanted."""
    edges = coverage.share("edges")
    if edges.percent >= require:
        return False
    click.secho(
        f"{edges.walked} of {edges.total} ways out of steps are gone ({edges.percent:.1f} %); "
        f"{require:g} % are required.",
        fg="red",
        err=True,
    )
    click.echo("  fix: tell stories of those that `--coverage` lists under edges.", err=True)
    return True


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
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
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
