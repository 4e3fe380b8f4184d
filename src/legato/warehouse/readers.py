"""One reader for each kind of database, over its own driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from legato.model.problem import LegatoError
from legato.warehouse.query import FETCH_ROWS, Answer, Reader

CONNECT_SECONDS = 15
SCHEMES = ("postgresql", "mysql", "sqlite", "duckdb")
_WITHOUT_SERVER = ("sqlite", "duckdb")


class Where(NamedTuple):
    """A database, as its URL names it. The password is never a part of it."""

    scheme: str
    host: str
    port: int | None
    user: str
    database: str
    """Its name, or the path of its file."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}/{self.database}"


def where_of(url: str) -> Where:
    """Read a URL. Raises LegatoError where it is none that can be used."""
    parts = urlsplit(url)
    scheme = {"postgres": "postgresql"}.get(parts.scheme, parts.scheme)
    if scheme not in SCHEMES:
        raise LegatoError(
            f"`{parts.scheme}` is no database that can be read.",
            fix=f"Write one of {', '.join(f'{each}://' for each in SCHEMES)}, or name a file.",
        )
    if parts.password is not None:
        raise LegatoError(
            "The URL holds a password: others on this machine can see it.",
            fix="Leave it out and keep it as a secret: --password NAME.",
        )
    path = parts.path.removeprefix("/")
    database = path if scheme not in _WITHOUT_SERVER else parts.netloc + parts.path
    return Where(scheme, parts.hostname or "", parts.port, unquote(parts.username or ""), database)


def open_reader(where: Where, password: str) -> Reader:
    """Open a connection that reads. Raises LegatoError."""
    try:
        match where.scheme:
            case "sqlite":
                return SqliteReader(where.database)
            case "duckdb":
                return DuckReader(where.database)
            case "mysql":
                return MysqlReader(where, password)
            case _:
                return PostgresReader(where, password)
    except LegatoError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, in words that quote nothing
        raise LegatoError(
            f"{where} cannot be opened ({type(error).__name__}).",
            fix="Look at its address, its name, the user and the password.",
            can_retry=True,
        ) from None


class SqliteReader:
    """A file of SQLite."""

    quote = '"'
    mark = "?"

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)

    def ask(self, query: str, values: Sequence[Any]) -> Answer:
        """Answer a query."""
        cursor = self._connection.execute(query, tuple(values))
        return Answer([each[0] for each in cursor.description], _pieces(cursor))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class DuckReader:
    """A file of DuckDB; or none at all, to read others with."""

    quote = '"'
    mark = "?"

    def __init__(self, path: str = ":memory:") -> None:
        driver = _driver("duckdb", "duckdb")
        self._connection = driver.connect(path, read_only=path != ":memory:")
        self._connection.execute("set timezone = 'UTC'")

    def ask(self, query: str, values: Sequence[Any]) -> Answer:
        """Answer a query."""
        cursor = self._connection.execute(query, list(values))
        return Answer([each[0] for each in cursor.description], _pieces(cursor))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class MysqlReader:
    """A server that speaks MySQL's protocol."""

    quote = "`"
    mark = "%s"

    def __init__(self, where: Where, password: str) -> None:
        driver = _driver("pymysql", "mysql")
        self._connection = driver.connect(
            host=where.host or "localhost",
            port=where.port or 3306,
            user=where.user,
            password=password,
            database=where.database,
            connect_timeout=CONNECT_SECONDS,
            charset="utf8mb4",
            cursorclass=import_module("pymysql.cursors").SSCursor,
        )
        with self._connection.cursor() as cursor:
            cursor.execute("set session transaction read only")

    def ask(self, query: str, values: Sequence[Any]) -> Answer:
        """Answer a query."""
        cursor = self._connection.cursor()
        cursor.execute(query, tuple(values) or None)
        return Answer([each[0] for each in cursor.description], _pieces(cursor))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PostgresReader:
    """A server that speaks PostgreSQL's protocol."""

    quote = '"'
    mark = "$1"

    def __init__(self, where: Where, password: str) -> None:
        self._driver = _driver("asyncpg", "postgresql")
        self._loop = asyncio.Runner()
        try:
            self._connection = self._loop.run(
                self._driver.connect(
                    host=where.host or "localhost",
                    port=where.port or 5432,
                    user=where.user,
                    password=password,
                    database=where.database,
                    timeout=CONNECT_SECONDS,
                    server_settings={"default_transaction_read_only": "on"},
                )
            )
        except BaseException:
            self._loop.close()
            raise

    def ask(self, query: str, values: Sequence[Any]) -> Answer:
        """Answer a query: a cursor of the server, so that no answer is held whole."""
        return self._loop.run(self._ask(query, values))

    async def _ask(self, query: str, values: Sequence[Any]) -> Answer:
        statement = await self._connection.prepare(query)
        transaction = self._connection.transaction(readonly=True)
        await transaction.start()
        cursor = await statement.cursor(*values)
        columns = [each.name for each in statement.get_attributes()]
        return Answer(columns, self._pieces(cursor, transaction))

    def _pieces(self, cursor: Any, transaction: Any) -> Iterator[Sequence[Sequence[Any]]]:  # noqa: ANN401 - the driver has no types
        try:
            while piece := self._loop.run(cursor.fetch(FETCH_ROWS)):
                yield [tuple(row) for row in piece]
        finally:
            self._loop.run(transaction.rollback())

    def close(self) -> None:
        """Close the connection."""
        self._connection.terminate()
        self._loop.close()


def _pieces(cursor: Any) -> Iterator[Sequence[Sequence[Any]]]:  # noqa: ANN401 - of any driver
    while piece := cursor.fetchmany(FETCH_ROWS):
        yield piece


def _driver(module: str, extra: str) -> Any:  # noqa: ANN401 - a library that may not be there
    try:
        return import_module(module)
    except ImportError as error:
        raise LegatoError(
            f"What reads this is not installed: {module}.",
            fix=f"Install it: pip install 'legato[{extra}]'.",
        ) from error
