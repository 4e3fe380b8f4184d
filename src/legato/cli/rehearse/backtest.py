"""`legato backtest`: what a changed workspace would have done with recorded history."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from legato.app.rehearse.backtest import (
    DRAFT,
    RECORDED,
    History,
    Index,
    Version,
    compare_plans,
    decide_again,
    plan_named,
    read_index,
    start_of,
)
from legato.app.rehearse.hosts import Host, Processes
from legato.app.rehearse.parallel import PART_RECORDS
from legato.app.rehearse.spark import Spark
from legato.cli.check import Folder
from legato.cli.client import DATA_NAME, Failure
from legato.cli.rehearse.doing import compiled, progress
from legato.cli.why import print_json
from legato.model.instant import format_instant
from legato.plan.scale import scale_plan
from legato.simulate.backtest.compare import Comparison
from legato.simulate.backtest.live import Span
from legato.simulate.backtest.report import MEANINGS, Report, kinds, story

MICROS = 1_000_000
SHOWN = 3
WIDTH = 80
LAPSE = "This history is a demonstration's in time-lapse; the draft's times run {speed:,}x as well."


@click.command()
@click.argument("workspace", default=".", type=Folder)
@click.option(
    "--from",
    "was",
    default=RECORDED,
    help="Compare with: recorded (as it was), running, or v1, v2, ... as they became active.",
)
@click.option("--to", "now", default=DRAFT, help="What to try: draft (WORKSPACE), running, v1, ...")
@click.option("--since", default="30d", help="From when on: 30d, or 2026-01-31.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder with the history.")
@click.option("--spark", metavar="MASTER", help="Have Spark live it: local[4], spark://host:7077.")
@click.option("--staging", help="With --spark: a folder or URI that its workers reach.")
@click.option("--part-records", default=PART_RECORDS, help="Records that are one task.")
@click.option("--examples", default=SHOWN, help="Stories shown of each kind; --json has twenty.")
@click.option("--verify", is_flag=True, help="Only show that a replay decides what was decided.")
@click.option("--versions", is_flag=True, help="Only list the versions there are.")
@click.option("--json", "is_json", is_flag=True, help="For programs: the whole report.")
def backtest(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    workspace: Path,
    *,
    was: str,
    now: str,
    since: str,
    data: Path | None,
    spark: str | None,
    staging: str | None,
    part_records: int,
    examples: int,
    verify: bool,
    versions: bool,
    is_json: bool,
) -> None:
    """Live recorded history again under a changed WORKSPACE, and show who gets what otherwise.

    Everything comes in as it came then: events with their times, late ones, consents. Nobody is
    contacted, and nothing of the running process is touched.
    """
    is_tried = DRAFT in (was, now) and not (verify or versions)
    draft = compiled(workspace) if is_tried else None
    doing = progress(is_json=is_json, part_records=part_records)
    with History(data or workspace / DATA_NAME) as history, doing as work:
        host: Host = Spark(spark, staging, work) if spark else Processes(work)
        index = read_index(history, work)
        if versions:
            _show_versions(index.versions, is_json=is_json)
            return
        span = Span(start=start_of(since, index), end=index.last_at, speed=history.speed)
        if verify:
            _verify(history, index, span, host)
            return
        if draft is not None and history.speed > 1:
            draft = scale_plan(draft, history.speed)
            click.echo(LAPSE.format(speed=history.speed), err=True)
        plans = (plan_named(was, index, draft), plan_named(now, index, draft))
        if plans[1] is None:
            raise Failure("There is nothing to try: --to is what was recorded.", "Name a plan.")
        found, count = compare_plans(history, index, span, (plans[0], plans[1]), host)
        report = Report(
            was=was,
            now=now,
            start=span.start,
            end=span.end,
            currency=plans[1].currency,
            record_count=count,
            comparison=found,
        )
    if is_json:
        print_json(report)
    else:
        _show(Console(highlight=False), report, examples)


def _show_versions(versions: tuple[Version, ...], *, is_json: bool) -> None:
    if is_json:
        print_json([{"name": v.name, "digest": v.digest, "since": v.since} for v in versions])
        return
    for one in versions:
        click.echo(f"{one.name:<5} {one.digest[:12]}  since {format_instant(one.since)}")


def _verify(history: History, index: Index, span: Span, host: Host) -> None:
    began = time.monotonic()
    count, differing = decide_again(history, index, span, host)
    seconds = time.monotonic() - began
    click.echo(
        f"{len(index.nows):,} records lived again in {seconds:.0f} s: {count:,} decisions, "
        f"{len(differing):,} differ."
    )
    for was, now in differing[:10]:
        click.echo(f"  {was or 'not decided then'} -> {now or 'not decided again'}")
    sys.exit(1 if differing else 0)


def _show(console: Console, report: Report, examples: int) -> None:
    found = report.comparison
    console.print(
        f"{report.was} against {report.now}, {format_instant(report.start)[:10]} to "
        f"{format_instant(report.end)[:10]}; {report.record_count:,} records lived through.\n"
    )
    console.print(_totals(report))
    console.print(_differences(found))
    _show_counts(console, "Newly refused by", found.gates)
    for message, counts in sorted(found.messages.items()):
        words = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
        console.print(f"  {message}: {words}")
    if not found.counts:
        console.print("Every message goes as it went.")
    for kind, _, _ in kinds(found):
        for example in found.examples.get(kind, [])[:examples]:
            console.print()
            lines = story(example)
            console.print(f"[bold]{kind}[/]  {next(lines)}", soft_wrap=False)
            for line in lines:
                console.print(f"  {line}", style="dim", soft_wrap=True)
    console.print(f"\n{report.limit}", style="dim", width=WIDTH)


def _totals(report: Report) -> Table:
    found = report.comparison
    sides = (found.was, found.now)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in (report.was, report.now, "change"):
        table.add_column(name, justify="right")
    _row(table, "messages sent", *(sum(side.sent.values()) for side in sides))
    for channel in sorted(dict.fromkeys((*found.was.sent, *found.now.sent))):
        _row(table, f"  by {channel}", *(side.sent.get(channel, 0) for side in sides))
    _row(table, "people reached", *(side.people for side in sides))
    _row(table, "had to wait for a gate", *(side.held for side in sides))
    _row(table, "came into journeys", *(sum(side.entered.values()) for side in sides))
    old, new = _cost(found.was.cost_micros), _cost(found.now.cost_micros)
    table.add_row(f"cost ({report.currency})", f"{old:,.2f}", f"{new:,.2f}", f"{new - old:+,.2f}")
    for code in sorted(dict.fromkeys((*found.was.refused, *found.now.refused))):
        _row(table, f"refused: {code}", *(side.refused.get(code, 0) for side in sides))
    return table


def _row(table: Table, words: str, was: int, now: int) -> None:
    table.add_row(words, f"{was:,}", f"{now:,}", f"{now - was:+,}" if now != was else "")


def _differences(found: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("\ndifferences")
    table.add_column("\nall", justify="right")
    table.add_column("\ncertain", justify="right")
    table.add_column("\n")
    for kind, count, first in kinds(found):
        table.add_row(kind, f"{count:,}", f"{first:,}", MEANINGS[kind])
    table.add_row("sent alike", f"{found.same:,}", "", "")
    table.add_row("open", f"{found.open:,}", "", "the history ends before it is decided")
    return table


def _show_counts(console: Console, words: str, counts: Mapping[str, int]) -> None:
    if counts:
        said = ", ".join(f"{code} {count:,}" for code, count in sorted(counts.items()))
        console.print(f"{words}: {said}.")


def _cost(costs: Mapping[str, int]) -> float:
    return sum(costs.values()) / MICROS
