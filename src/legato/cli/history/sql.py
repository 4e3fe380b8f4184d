"""`legato sql`: ask of events, notes and people in SQL, in place."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from legato.app.history.sql import ROWS_MAX, Mistaken, Table, ask_offline
from legato.cli.client import (
    CLIENT_FILE,
    Client,
    Failure,
    connection_to,
    points,
    reveals,
    tell_masked,
)
from legato.cli.history.parquet import write_parquet
from legato.cli.why import print_json

SHOWN_ROWS = 1_000
CELL_MAX = 60
"""Characters of a cell in a terminal; --json and --csv give all."""
_HELP = """\
Ask in SQL (DuckDB's). Tables: events, notes, people, identifiers, consents,
memberships, enrollments, deliveries. `DESCRIBE events` shows columns.
A query ends with `;` or an empty line. `exit` or Ctrl-D leaves."""

Ask: TypeAlias = Callable[[str, int], Table]


@click.command()
@click.argument("query", default="")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@click.option("--csv", "is_csv", is_flag=True, help="For spreadsheets.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a Parquet file instead.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, ROWS_MAX),
    default=SHOWN_ROWS,
    show_default=True,
    help="Rows of the answer.",
)
@reveals
@points
def sql(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    *,
    query: str,
    is_json: bool,
    is_csv: bool,
    file: Path | None,
    limit: int,
    reason: str,
    url: str | None,
    token: str | None,
    data: Path,
) -> None:
    """Answer a QUERY over what is kept: one SELECT, read only, of a snapshot.

    Asks the process that runs; where none does, reads the data folder itself. Without a QUERY,
    reads it from standard input, or asks for queries one after another. Tables: events, notes,
    people, identifiers, consents, memberships, enrollments, deliveries.
    """
    if sum((is_json, is_csv, file is not None)) > 1:
        raise Failure("--json, --csv and --file exclude one another.", "Leave all but one out.")
    ask = _asker(url, token, data, reason)
    if not query and not sys.stdin.isatty():
        query = sys.stdin.read()
    if not query:
        _converse(ask, limit)
        return
    table = ask(query, limit)
    if is_json:
        names = [name for name, _ in table.columns]
        print_json([dict(zip(names, row, strict=True)) for row in table.rows])
    elif is_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow([name for name, _ in table.columns])
        writer.writerows(table.rows)
    elif file is not None:
        write_parquet(table, file)
        click.echo(f"{len(table.rows):,} rows are in {file}.", err=True)
    else:
        _show(table)
    _tell_cut(table, limit)
    if not is_json and not is_csv:
        tell_masked(reason)


def _asker(url: str | None, token: str | None, data: Path, reason: str) -> Ask:
    """Return who answers: the process that runs, or the folder of one that does not."""
    if url is None and not (data / CLIENT_FILE).exists():
        return lambda query, limit: _offline(data, query, limit, reason)
    client = Client(connection_to(url, token, data), reason=reason)
    return lambda query, limit: client.post("/api/sql", Table, {"query": query, "limit": limit})


def _offline(data: Path, query: str, limit: int, reason: str) -> Table:
    try:
        return asyncio.run(ask_offline(data, query, reason=reason, rows_max=limit))
    except Mistaken as mistake:
        raise Failure(mistake.what, mistake.fix) from None


def _converse(ask: Ask, limit: int) -> None:
    """Ask for queries until there are no more."""
    click.echo(_HELP)
    while True:
        query = _heard()
        if query is None or query.lower() in ("exit", "quit"):
            return
        if not query:
            continue
        try:
            table = ask(query, limit)
        except Failure as failure:
            failure.show()
            continue
        _show(table)
        _tell_cut(table, limit)


def _heard() -> str | None:
    """Return one query from the terminal; None at the end."""
    lines: list[str] = []
    while True:
        try:
            line = input("legato> " if not lines else "   ...> ")
        except EOFError:
            click.echo()
            return None
        except KeyboardInterrupt:
            click.echo()
            return ""
        lines.append(line)
        text = "\n".join(lines).strip()
        if not line.strip() or text.endswith(";") or text.lower() in ("exit", "quit"):
            return text.rstrip(";").strip()


def _show(table: Table) -> None:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name, kind in table.columns:
        is_number = kind.split("(")[0] in ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "HUGEINT")
        grid.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(
            *(Text(_cell(value, kind)) for value, (_, kind) in zip(row, table.columns, strict=True))
        )
    console = Console(highlight=False)
    console.print(grid)
    count = len(table.rows)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    console.print(Text(f"{rows} in {table.took / 1_000_000:.2f} s", style="dim"))


def _cell(value: Any, kind: str) -> str:  # noqa: ANN401 - whatever stands in a row
    text = "" if value is None else str(value)
    if kind == "TIMESTAMP":
        text = text.removesuffix("+00:00").replace("T", " ")
    return text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "…"


def _tell_cut(table: Table, limit: int) -> None:
    if table.is_cut:
        click.echo(f"There are more than {limit:,} rows: see them with --limit.", err=True)
