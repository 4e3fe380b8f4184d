"""`legato import`: rows of a file or a query as events, by the same door as everything else.

A row is sent as a call, with a message id made of the table and the row's place in it, so that one
which is sent twice is taken once. How far it has come is written down after every batch that was
acknowledged: an import that was stopped, however, goes on there.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from legato.app.inbound.rows import is_url, open_file, open_query, shown
from legato.app.secrets import secret_of
from legato.cli.client import DATA_NAME, Client, Failure, connects
from legato.cli.rows.calls import Batch, batches
from legato.cli.rows.door import Door
from legato.cli.rows.progress import Come, Ledger, bar, summary
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.spec import SourceSpec
from legato.model.ids import digest
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.plan.connector import read_mapping_file
from legato.ports.inbound.rows import Rows

File = click.Path(exists=True, dir_okay=False, path_type=Path)


class Table(Noun, frozen=True, kw_only=True):
    """What is brought in."""

    rows: Rows
    key: str
    """Rows keep their ids under another mapping."""
    beside: Path
    """Where it is written down how far it has come."""


@click.command("import")
@click.argument("source")
@click.option("--map", "map_file", type=File, required=True, help="What a row means, as YAML.")
@click.option("--query", default="", help="Of a database: SQL, or a file of it that ends in .sql.")
@click.option("--by", default="", help="A column of the query's answer, other in each row.")
@click.option("--password", default="", help="Name of the secret that opens the database.")
@click.option(
    "--key", envvar="LEGATO_WRITE_KEY", required=True, help="Of a source.  [env: LEGATO_WRITE_KEY]"
)
@click.option("--check", "is_check", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--again", is_flag=True, help="Begin at the first row, whatever was sent before.")
@connects
def bring(  # noqa: PLR0913 - the options of a command
    client: Client,
    *,
    source: str,
    map_file: Path,
    query: str,
    by: str,
    password: str,
    key: str,
    is_check: bool,
    again: bool,
) -> None:
    """Send the rows of SOURCE as events, by the same rules as live ones.

    SOURCE is a file (.csv, .jsonl or .parquet), or a database: postgresql://USER@HOST/NAME,
    mysql://..., sqlite:///PATH or duckdb:///PATH, with --query and --by.

    The mapping has `let:` and `events:` as the manifest of a source has; a row is `item`. What no
    rule reads is written to a file beside it. Stop it at any time: it goes on where it was.
    """
    spec = _mapping(map_file)
    with _in_words():
        if is_url(source):
            table = _of_query(source, query, by=by, password=password, map_file=map_file)
        else:
            table = _of_file(Path(source))
        ledger = Ledger(table.beside)
        of_both = digest(table.key.encode() + map_file.read_bytes())
        come = Come(key=of_both) if again or is_check else ledger.read(of_both)
        with closing(table.rows), closing(Door(client.url, key)) as door:
            bringing = _Bringing(door, ledger, is_check=is_check)
            come = bringing.run(spec, table, come)
    for line in summary(come, ledger, is_check=is_check):
        click.echo(line)


class _Bringing:
    """One run."""

    def __init__(self, door: Door, ledger: Ledger, *, is_check: bool) -> None:
        self._door = door
        self._ledger = ledger
        self._is_check = is_check

    def run(self, spec: SourceSpec, table: Table, come: Come) -> Come:
        """Bring in what is behind `come`; return how far that brought it."""
        total = come.rows + _left(table.rows, come)
        if not self._is_check:
            self._ledger.begin(come)
        try:
            with bar() as progress:
                task = progress.add_task("rows", total=total, completed=come.rows)
                for batch in batches(spec, table.rows, come, table.key):
                    come = self._bring(batch, come)
                    progress.update(task, completed=come.rows)
        except KeyboardInterrupt:
            click.echo(f"Stopped after {come.rows:,} rows. Run it again: it goes on there.")
            raise SystemExit(130) from None
        return come

    def _bring(self, batch: Batch, come: Come) -> Come:
        calls = [one.data for one in batch.calls]
        if self._is_check:
            verdicts = self._door.check(calls)
        else:
            self._door.send(calls)
            verdicts = self._door.verdicts([one.message_id for one in batch.calls])
        for refused in batch.refused:
            come = come.met(refused.row, refused.code, refused.why)
        row_of = {one.message_id: one.row for one in batch.calls}
        bad = [one for one in verdicts if one.status in ("quarantined", "rejected")]
        for one in bad:
            come = come.met(row_of.get(one.message_id, come.rows + 1), one.code, one.message)
        come = replace(
            come,
            place=batch.place,
            rows=come.rows + batch.rows,
            events=come.events + len(calls),
            rejected=come.rejected + len(batch.refused),
            quarantined=come.quarantined + len(bad),
            repeated=come.repeated + sum(one.status == "duplicate" for one in verdicts),
        )
        return come if self._is_check else self._ledger.write(come, batch.refused)


def _left(rows: Rows, come: Come) -> int:
    """Return how many rows are still to come: what is behind a place may have changed since."""
    return max(rows.count() - come.rows, 0)


def _of_file(path: Path) -> Table:
    if not path.is_file():
        raise Failure(f"There is no file {path}.", "Name one, or a database: postgresql://...")
    return Table(rows=open_file(path), key=_key_of(path), beside=path)


def _of_query(url: str, query: str, *, by: str, password: str, map_file: Path) -> Table:
    if not query or not by:
        raise Failure(
            "A database needs to be told what to read.",
            "Add --query 'select ...' and --by COLUMN, one that is different in each row.",
        )
    text = Path(query).read_text(encoding="utf-8") if query.endswith(".sql") else query
    rows = open_query(url, text, by=by, password=_secret(password))
    key = digest("\n".join((shown(url), text, by)).encode())
    return Table(rows=rows, key=key, beside=map_file)


def _secret(name: str) -> str:
    if not name:
        return ""
    data = click.get_current_context().params.get("data")
    value = secret_of(name, data if isinstance(data, Path) else Path(DATA_NAME))
    if value is None:
        raise Failure(
            f"There is no secret {name} here.",
            f"Set LEGATO_SECRET_{name}, or keep it: `legato secrets set {name}`.",
        )
    return value


def _mapping(path: Path) -> SourceSpec:
    found = read_mapping_file(path.name, path.read_text(encoding="utf-8"))
    spec = compile_source(found.manifest).spec
    if found.problems or spec is None:
        lines = [f"{one.place}  {one.what}\n      fix: {one.fix}" for one in found.problems]
        raise Failure("\n".join(lines), "Correct them and try again.")
    return spec


@contextmanager
def _in_words() -> Generator[None]:
    try:
        yield
    except LegatoError as error:
        raise Failure(error.what, error.fix) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"A file cannot be used ({type(error).__name__}).", "Look at it.") from error


def _key_of(file: Path) -> str:
    """Name a file by how it begins and how long it is: a row keeps its id under another mapping."""
    with file.open("rb") as data:
        head = data.read(65_536)
    return digest(head + str(file.stat().st_size).encode())
