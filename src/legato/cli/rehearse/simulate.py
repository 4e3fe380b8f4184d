"""`legato simulate`: a crowd that does not exist lives through days of a workspace's journeys."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from legato.app.rehearse.simulation import (
    HISTORY_FILE,
    Asked,
    lives_of_data,
    lives_of_file,
)
from legato.app.rehearse.simulation import (
    simulate as simulate_crowd,
)
from legato.cli.check import Folder, show_problems
from legato.cli.client import DATA_NAME, Failure
from legato.cli.rehearse.doing import compiled, progress
from legato.cli.why import print_json
from legato.insight.sentences import moment
from legato.model.instant import DAY, SECOND, WEEK, Instant, format_duration, parse_instant
from legato.model.plan import Plan
from legato.plan.crowds.crowd import Crowd
from legato.plan.crowds.read import read_crowds
from legato.simulate.crowd.lives import Record
from legato.simulate.crowd.page import page
from legato.simulate.crowd.pressure import PAIRS_SHOWN, percentile
from legato.simulate.crowd.promises import NO_JOURNEY, Promises
from legato.simulate.crowd.rates import Rush, rushes
from legato.simulate.crowd.report import Report
from legato.simulate.world import START
from legato.workspace import read_rehearsed

CROWDS = "crowds"
MICROS = 1_000_000


@click.command()
@click.argument("workspace", default=".", type=Folder)
@click.option("--crowd", "name", help="One of crowds/; needed where there are several.")
@click.option("--people", type=click.IntRange(min=1), help="How many lives.  [default: 10000]")
@click.option("--days", type=click.IntRange(1, 3650), help="For how long.  [default: 90]")
@click.option("--seed", default=1, help="The same seed gives the same, byte for byte.")
@click.option("--start", help="The first day: 2026-03-02.  [default: weeks after the history]")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder with the history.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Write each decision.")
@click.option("--json", "is_json", is_flag=True, help="For programs: the whole report.")
def simulate(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    workspace: Path,
    *,
    name: str | None,
    people: int | None,
    days: int | None,
    seed: int,
    start: str | None,
    data: Path | None,
    html: Path | None,
    log: Path | None,
    is_json: bool,
) -> None:
    """Let people who do not exist live through a WORKSPACE's journeys, all together.

    They live as people on record have lived, under other names. Nobody is contacted.
    """
    plan = compiled(workspace)
    crowd = _crowd(workspace, plan, name, people=people, days=days)
    began = time.monotonic()
    with progress(is_json=is_json) as work:
        record = _record(workspace, data, plan, crowd)
        asked = Asked(plan=plan, crowd=crowd, seed=seed, start=_start(start, record))
        found = simulate_crowd(record, asked, work)
    seconds = time.monotonic() - began
    if log is not None:
        log.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in found.decisions))
    if html is not None:
        html.write_text(page(found.report), encoding="utf-8")
    if is_json:
        print_json(found.report)
    else:
        console = Console(highlight=False)
        _show(console, found.report, seconds)
        passed = [(one.at, one.channel) for one in found.decisions if one.verdict == "pass"]
        _show_rates(console, rushes(plan, passed))
        for path in (html, log):
            if path is not None:
                click.echo(f"Written: {path}")


def _crowd(
    workspace: Path, plan: Plan, name: str | None, *, people: int | None, days: int | None
) -> Crowd:
    texts = read_rehearsed(workspace, CROWDS)
    found = read_crowds(texts, plan)
    if found.problems:
        show_problems(Console(stderr=True, highlight=False), found.problems, texts)
        sys.exit(1)
    known = {one.name: one for one in found.crowds}
    if name is not None and name not in known:
        raise Failure(
            f"There is no crowd `{name}` in {workspace / CROWDS}.",
            f"There are {', '.join(known)}." if known else "Describe one there.",
        )
    if name is None and len(known) > 1:
        raise Failure(
            f"There are {len(known)} crowds in {workspace / CROWDS}, and one lives at a time.",
            f"Name it: {' or '.join(f'--crowd {one}' for one in known)}.",
        )
    crowd = known[name] if name is not None else next(iter(known.values()), Crowd())
    return msgspec.structs.replace(
        crowd, people=people or crowd.people, span=days * DAY if days else crowd.span
    )


def _record(workspace: Path, data: Path | None, plan: Plan, crowd: Crowd) -> Record | None:
    """Take lives from where there are any: a data folder, or calls shipped with a workspace."""
    if crowd.kinds and data is None:
        return None
    if crowd.kinds:
        raise Failure(
            f"The crowd `{crowd.name}` says what people do: no lives are taken from {data}.",
            "Leave --data out, or name a crowd without `kinds`.",
        )
    folder, file = data or workspace / DATA_NAME, workspace / HISTORY_FILE
    if data is None and not (folder / "log.db").exists() and file.exists():
        return lives_of_file(file, plan)
    if not (folder / "log.db").exists():
        raise Failure(
            f"There is no history in {folder} to take lives from.",
            f"Name a data folder (--data), or put recorded calls into {HISTORY_FILE}.",
        )
    return lives_of_data(folder, plan)


def _start(written: str | None, record: Record | None) -> Instant:
    """Return the first day: its weekday is that of the history, as people keep their weeks."""
    if written is None:
        return START if record is None else record.start + record.round
    instant = parse_instant(written)
    if instant is None:
        raise Failure(f"`{written}` is not a day.", "Write --start 2026-03-02.")
    if record is None:
        return instant
    return record.start + -(-(instant - record.start) // WEEK) * WEEK


def crowd_words(report: Report) -> str:
    """Say how many lives there were, and how many of them did anything in so short a time."""
    if report.people == report.lives:
        return f"{report.lives:,} people"
    return f"{report.lives:,} people, of whom {report.people:,} did something"


def _show(console: Console, report: Report, seconds: float) -> None:
    found, side = report.pressure, report.pressure.side
    console.print(
        f"{crowd_words(report)}, {report.days} days, seed {report.seed}: "
        f"{report.record_count:,} records in {seconds:.0f} s.\n"
    )
    rows = [
        ("messages sent", f"{sum(side.sent.values()):,}"),
        *((f"  by {name}", f"{count:,}") for name, count in sorted(side.sent.items())),
        ("people reached", f"{side.people:,}"),
        ("waited for a gate", f"{side.held:,}"),
        *((f"refused: {code}", f"{count:,}") for code, count in sorted(side.refused.items())),
        (f"cost ({report.currency})", f"{sum(side.cost_micros.values()) / MICROS:,.2f}"),
    ]
    console.print(_table(("", ""), rows))
    p50, p95, p99, most = (percentile(found.loads, share) for share in (0.5, 0.95, 0.99, 1.0))
    console.print(
        f"\nMessages to one person in one week, over weeks with any: "
        f"p50 {p50}, p95 {p95}, p99 {p99}, most {most}."
    )
    if found.pairs:
        pairs = sorted(found.pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:PAIRS_SHOWN]
        console.print("\nJourneys that reached one person within a day of each other:")
        lines = [(n, f"{c:,}", f"{found.same_item.get(n, 0):,} about one item") for n, c in pairs]
        console.print(_table(("", "times", ""), lines))
    else:
        console.print("\nNo two journeys reached one person within a day of each other.")
    if found.offers is not None:
        _show_offers(console, found.offers)
    console.print(f"\nDecisions: {report.digest}", style="dim")


def _show_rates(console: Console, found: tuple[Rush, ...]) -> None:
    """Say what of the rates is not in the figures: how long the last of a rush would wait."""
    if not found:
        return
    console.print("\nRates are not rehearsed. At theirs, of what was decided here the last waits:")
    rows = [
        (
            f"  {' and '.join(one.destinations)} at {_rate(one.rate)}",
            format_duration(one.longest // SECOND * SECOND)
            if one.longest >= SECOND
            else "less than a second",
            f"from {moment(one.at)}" if one.longest >= SECOND else "",
        )
        for one in found
    ]
    console.print(_table(("", "", ""), rows))


def _rate(rate: float) -> str:
    """Write a rate as definitions do: `10/s`, `30/m`, `6/h`."""
    for unit, seconds in (("s", 1), ("m", 60)):
        if rate * seconds >= 1:
            return f"{rate * seconds:g}/{unit}"
    return f"{rate * 3_600:g}/h"


def _show_offers(console: Console, offers: Promises) -> None:
    console.print(
        f"\nOffers: {offers.made:,} made, {offers.avoided_count():,} not made because they "
        f"contradict one that held, {sum(offers.broken.values()):,} made that contradict one."
    )
    rows = [
        (refused or NO_JOURNEY, f"{count:,}", f"kept back by {held or NO_JOURNEY}")
        for refused, held, count in offers.avoided_pairs()[:PAIRS_SHOWN]
    ]
    if rows:
        console.print(_table(("journey", "times", ""), rows))
    if offers.broken:
        broken = [(pair, f"{count:,}") for pair, count in sorted(offers.broken.items())]
        console.print("\nMade, and contradictory; this is a fault of Legato:", style="bold red")
        console.print(_table(("", "times"), broken))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=any(head))
    for index, name in enumerate(head):
        table.add_column(name, justify="right" if index == 1 else "left")
    for row in rows:
        table.add_row(*row)
    return table
