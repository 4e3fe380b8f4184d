"""`legato bloat`: what is kept and nothing reads, with its bytes and what it costs."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from legato.cli.client import Client, Failure, connects
from legato.model.instant import format_duration, to_datetime

LOOK_SECONDS = 1
NAME_WIDTH = 24
NOTHING = msgspec.Raw(b"null")
KILO = 1_000
MICROS = 1_000_000
_TITLES = {
    "unused": "Nothing has read these for {period}",
    "unread": "Nothing reads these, but not for {period} yet",
    "retired": "These are retired",
    "undeclared": "These are kept, and declared nowhere",
    "absent": "These are declared, and have not come for {period}",
}


class _Run(msgspec.Struct):
    phase: str
    done: int
    total: int
    problem: str


class _Row(msgspec.Struct):
    finding: str
    family: str
    name: str
    owner: str
    unread_since: int | None
    was_read_by: str
    gone_at: int | None
    last_at: int | None
    events: int
    people: int
    log_bytes: int
    state_bytes: int
    error_bytes: int
    cost_micros: int | None
    fix: str


class _Report(msgspec.Struct):
    since: int
    workspace_since: int
    measured_at: int
    is_young: bool
    records: int
    people: int
    log_bytes: int
    state_bytes: int
    one_in_records: int
    one_in_people: int
    is_cut: bool
    currency: str
    price_micros: int | None
    unused_bytes: int
    unused_error_bytes: int
    unused_cost_micros: int | None
    rows: list[_Row]


class _Shown(msgspec.Struct):
    run: _Run
    report: msgspec.Raw = NOTHING
    """As it came: for programs it is handed on as it is."""


@click.command()
@click.option("--since", default="90d", show_default=True, help="Unused for how long.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@connects
def bloat(client: Client, *, since: str, is_json: bool) -> None:
    """Show what is kept and nothing reads, with its bytes and what they cost.

    Looks through the log and all people, in the background of the running process. Every field
    has its owner, since when nothing reads it, and what read it last.
    """
    client.get("/api/bloat", _Shown, since=since)  # a wrong period is refused before the work
    report = _weigh(client, since)
    if is_json:
        click.echo(bytes(report))
    else:
        _print(Console(highlight=False), msgspec.json.decode(report, type=_Report))


def _weigh(client: Client, since: str) -> msgspec.Raw:
    """Have everything weighed, and watch; return the report as it came."""
    shown = _Shown(run=client.post("/api/bloat", _Run))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None)
        while shown.run.phase in ("records", "people"):
            run, what = shown.run, f"weighing {shown.run.phase}"
            progress.update(task, description=what, completed=run.done, total=run.total or None)
            shown = client.get("/api/bloat", _Shown, since=since, wait=LOOK_SECONDS)
    if shown.run.phase != "done" or shown.report == NOTHING:
        raise Failure(shown.run.problem or "Weighing has ended early.", "See `legato status`.")
    return shown.report


def _print(console: Console, report: _Report) -> None:
    period = format_duration(report.since)
    if report.is_young:
        age = format_duration(max(report.measured_at - report.workspace_since, 0))
        console.print(
            f"The workspace is {age} old: nothing can have been unused for {period} yet.",
            style="yellow",
        )
    for finding, title in _TITLES.items():
        rows = [row for row in report.rows if row.finding == finding]
        if rows:
            _print_rows(console, title.format(period=period), rows, report)
    if not report.rows:
        console.print("Everything that is kept is declared, comes in, and is read.")
    _print_sum(console, report, period)


def _print_rows(console: Console, title: str, rows: list[_Row], report: _Report) -> None:
    console.print(Text(f"{title} ({len(rows)})", "bold"))
    table = Table(box=None, padding=(0, 2, 0, 2))
    table.add_column("", no_wrap=True)
    table.add_column("", min_width=NAME_WIDTH, overflow="fold")
    for head in ("owner", "unread since", "last came", "in"):
        table.add_column(head, no_wrap=head == "last came")
    sizes = [_size(row.log_bytes + row.state_bytes, row.error_bytes) for row in rows]
    table.add_column("size", no_wrap=True, min_width=max(map(len, sizes)))
    if report.price_micros is not None:
        table.add_column("a month", no_wrap=True)
    for row, size in zip(rows, sizes, strict=True):
        cells = [
            row.family,
            row.name.replace("/", ": "),
            row.owner,
            _since(row),
            "never" if row.last_at is None else _day(row.last_at),
            _carriers(row),
            size,
        ]
        table.add_row(*cells, *_cost(row, report))
    console.print(table)
    for fix in dict.fromkeys(row.fix for row in rows if row.fix):
        console.print(Text(f"  fix: {fix}", "dim"))
    console.print()


def _print_sum(console: Console, report: _Report, period: str) -> None:
    whole = _size(report.log_bytes + report.state_bytes, 0)
    console.print(f"Looked through: {report.records:,} records, {report.people:,} people, {whole}.")
    if not report.is_young:
        unused = _size(report.unused_bytes, report.unused_error_bytes)
        console.print(f"{unused} of it belong to what nothing has read for {period}.")
    if report.unused_cost_micros is None:
        console.print(
            "To see what it costs, add `storage: {price_per_gb_month: 0.023}` to legato.yaml."
        )
    elif not report.is_young:
        console.print(f"That costs {_money(report.unused_cost_micros, report.currency)} a month.")
    if report.one_in_records > 1 or report.one_in_people > 1:
        console.print(
            f"Sizes are of one in {report.one_in_records} records and one in "
            f"{report.one_in_people} people; ± holds 19 times out of 20."
        )
    if report.is_cut:
        console.print("There are more fields than could be told apart: some are not listed.")


def _since(row: _Row) -> str:
    since = "" if row.unread_since is None else _day(row.unread_since)
    was = f" (last by {row.was_read_by})" if row.was_read_by else ""
    gone = "" if row.gone_at is None else f", gone for good {_day(row.gone_at)}"
    return f"{since}{was}{gone}"


def _cost(row: _Row, report: _Report) -> list[str]:
    return [] if report.price_micros is None else [_money(row.cost_micros, report.currency)]


def _carriers(row: _Row) -> str:
    found: list[str] = []
    if row.events:
        found.append("1 event" if row.events == 1 else f"{row.events:,} events")
    if row.people:
        found.append("1 person" if row.people == 1 else f"{row.people:,} people")
    return ", ".join(found)


def _day(at: int) -> str:
    return f"{to_datetime(at):%Y-%m-%d}"


def _size(size: int, error: int) -> str:
    return f"{_bytes(size)} ± {_bytes(error)}" if error else _bytes(size)


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < KILO:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= KILO
    return f"{size:.1f} TB"


def _money(micros: int | None, currency: str) -> str:
    amount = (micros or 0) / MICROS
    return f"{amount:,.2f} {currency}" if amount >= 0.01 else f"under 0.01 {currency}"  # noqa: PLR2004 - a cent
