"""`legato import`: rows of a file as events, by the same door as everything else.

A row is sent as a call, with a message id made of the file and the row's number, so that one which
is sent twice is taken once. How far it has come is kept beside the file after every batch that was
acknowledged: an import that was stopped goes on there.
"""

from __future__ import annotations

import base64
import csv
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from legato.cli.client import Client, Failure, connects
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.hear import Heard, Item, Unheard, hear
from legato.connectors.inbound.spec import SourceSpec
from legato.model.ids import derive, digest
from legato.model.instant import format_instant
from legato.model.noun import Noun
from legato.plan.connector import read_mapping_file

BATCH_ROWS = 200
BATCH_BYTES = 400_000
"""Under what the door takes at once."""
TRIES_MAX = 8
File = click.Path(exists=True, dir_okay=False, path_type=Path)


class Come(Noun, frozen=True, kw_only=True):
    """How far an import has come."""

    key: str
    """Of the file and the mapping: with another of either it begins anew."""
    rows: int = 0
    events: int = 0
    rejected: int = 0


@click.command("import")
@click.argument("file", type=File)
@click.option("--map", "map_file", type=File, required=True, help="What a row means, as YAML.")
@click.option(
    "--key", envvar="LEGATO_WRITE_KEY", required=True, help="Of a source.  [env: LEGATO_WRITE_KEY]"
)
@click.option("--again", is_flag=True, help="Begin at the first row, whatever was sent before.")
@connects
def bring(client: Client, *, file: Path, map_file: Path, key: str, again: bool) -> None:
    """Send the rows of FILE (.csv, or .jsonl) as events, by the same rules as live ones.

    The mapping has `let:` and `events:` as the manifest of a source has; a row is `item`. What no
    rule reads is written to FILE.rejected.jsonl. Stop it at any time: it goes on where it was.
    """
    spec = _mapping(map_file)
    known = _key_of(file)
    key_of_both = digest(known.encode() + map_file.read_bytes())
    come = Come(key=key_of_both) if again else _read_come(file, key_of_both)
    total = sum(1 for _ in _rows(file))
    with closing(Door(client.url, key)) as door, _bar() as progress:
        task = progress.add_task("rows", total=total, completed=come.rows)
        for batch in _batches(spec, file, come, known):
            door.send(batch.calls)
            _reject(file, batch.rejected, is_first=come.rejected == 0)
            come = batch.come
            _write_come(file, come)
            progress.update(task, completed=come.rows)
    click.echo(f"{come.rows} rows: {come.events} events sent, {come.rejected} rows rejected.")
    if come.rejected:
        click.echo(f"See {_beside(file, '.rejected.jsonl')}; `legato quarantine` has the others.")


def _bar() -> Progress:
    words = TextColumn("{task.description}")
    return Progress(words, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


class Batch(Noun, frozen=True, kw_only=True):
    """What goes out at once, and how far that brings it."""

    calls: tuple[bytes, ...]
    rejected: tuple[bytes, ...]
    come: Come


class Door:
    """The collection door of a running Legato, called as a client SDK does."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=60)
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
        }

    def send(self, calls: tuple[bytes, ...]) -> None:
        """Send calls until they are acknowledged. Raises Failure where they are refused."""
        if not calls:
            return
        body = b'{"batch":[' + b",".join(calls) + b"]}"
        for attempt in range(TRIES_MAX):
            status, after = self._post(body)
            if status == 200:  # noqa: PLR2004 - all of it is on the disk
                return
            if status not in (0, 429, 503):
                raise Failure(
                    f"The door refused a batch with {status}.",
                    "Look at the write key and the size of rows; then run it again: it goes on.",
                )
            time.sleep(after or min(2**attempt, 30))
        raise Failure(
            "Legato takes nothing at present.", "Run it again later: it goes on where it was."
        )

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._connection.close()

    def _post(self, body: bytes) -> tuple[int, float]:
        try:
            self._connection.request("POST", "/v1/batch", body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
            after = answer.getheader("Retry-After", "")
            return answer.status, float(after) if after.isdigit() else 0.0
        except (OSError, HTTPException):
            self._connection.close()
            return 0, 0.0


def _mapping(path: Path) -> SourceSpec:
    found = read_mapping_file(path.name, path.read_text(encoding="utf-8"))
    spec = compile_source(found.manifest).spec
    if found.problems or spec is None:
        lines = [f"{one.place}  {one.what}\n      fix: {one.fix}" for one in found.problems]
        raise Failure("\n".join(lines), "Correct them and try again.")
    return spec


def _batches(spec: SourceSpec, file: Path, come: Come, key: str) -> Iterator[Batch]:
    calls: list[bytes] = []
    rejected: list[bytes] = []
    size, rows = 0, come.rows
    for number, row in enumerate(_rows(file)):
        if number < come.rows:
            continue
        made = _calls(spec, row, derive("row", key, str(number)))
        if isinstance(made, Unheard):
            line = {"row": number + 1, "code": made.code, "why": made.what, "data": row}
            rejected.append(msgspec.json.encode(line))
        else:
            calls += made
            size += sum(map(len, made))
        rows = number + 1
        if rows % BATCH_ROWS == 0 or size > BATCH_BYTES:
            come = _further(come, rows, calls, rejected)
            yield Batch(calls=tuple(calls), rejected=tuple(rejected), come=come)
            calls, rejected, size = [], [], 0
    if rows > come.rows:
        come = _further(come, rows, calls, rejected)
        yield Batch(calls=tuple(calls), rejected=tuple(rejected), come=come)


def _further(come: Come, rows: int, calls: list[bytes], rejected: list[bytes]) -> Come:
    return Come(
        key=come.key,
        rows=rows,
        events=come.events + len(calls),
        rejected=come.rejected + len(rejected),
    )


def _calls(spec: SourceSpec, row: Any, key: str) -> list[bytes] | Unheard:  # noqa: ANN401 - of a file
    heard = hear(spec, Item(item=row), {})
    if isinstance(heard, Unheard):
        return [] if heard.code == "source.ignored" else heard
    return [msgspec.json.encode(_call(one, one.key or key)) for one in heard]


def _call(heard: Heard, key: str) -> dict[str, Any]:
    is_of_traits = heard.kind in ("identify", "group")
    call: dict[str, Any] = {
        "type": heard.kind,
        "messageId": f"{key}#{heard.index}" if heard.index else key,
        "userId": heard.ids.get("user_id"),
        "anonymousId": heard.ids.get("anonymous_id"),
        "previousId": heard.ids.get("previous_id"),
        "groupId": heard.ids.get("group_id"),
        "event": heard.name or None,
        "traits" if is_of_traits else "properties": heard.body,
        "context": heard.context or None,
        "timestamp": None if heard.at is None else format_instant(heard.at),
    }
    return {name: value for name, value in call.items() if value is not None}


def _rows(file: Path) -> Iterator[Any]:
    """Return the rows of a file. Raises Failure where it cannot be read."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if file.suffix == ".csv":
                yield from csv.DictReader(lines)
                return
            if file.suffix not in (".jsonl", ".ndjson"):
                raise Failure(f"{file.name} is of no kind that is known.", "Give .csv or .jsonl.")
            for number, line in enumerate(lines):
                if line.strip():
                    yield _object(file, number, line)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(f"{file.name} cannot be read as UTF-8 text.", "Save it so.") from error


def _object(file: Path, number: int, line: str) -> Any:  # noqa: ANN401 - of a file
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        what = f"{file.name}:{number + 1} is no JSON."
        raise Failure(what, "Write one object on each line.") from error


def _reject(file: Path, lines: tuple[bytes, ...], *, is_first: bool) -> None:
    if lines:
        with _beside(file, ".rejected.jsonl").open("wb" if is_first else "ab") as out:
            out.writelines(line + b"\n" for line in lines)


def _key_of(file: Path) -> str:
    """Name a file by how it begins and how long it is: a row keeps its id under another mapping."""
    with file.open("rb") as data:
        head = data.read(65_536)
    return digest(head + str(file.stat().st_size).encode())


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _read_come(file: Path, key: str) -> Come:
    try:
        come = msgspec.json.decode(_beside(file, ".progress").read_bytes(), type=Come)
    except (OSError, msgspec.MsgspecError):
        return Come(key=key)
    return come if come.key == key else Come(key=key)


def _write_come(file: Path, come: Come) -> None:
    new = _beside(file, ".progress.new")
    new.write_bytes(msgspec.json.encode(come))
    new.replace(_beside(file, ".progress"))
