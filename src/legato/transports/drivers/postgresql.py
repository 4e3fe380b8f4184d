"""The way out to PostgreSQL: rows of a moment go as one statement.

Rows travel as JSON, and the server makes of each value what its column holds: a text becomes an
instant or a number, an object `jsonb`. So nothing has to be known of the table here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec

from legato.model.instant import SECOND
from legato.model.wire import Request, Response, Row, RowErasure, Server
from legato.ports.sender import SendFault
from legato.transports.drivers.tls import context_of
from legato.transports.gathering import Answer, Bounds, Gathering

BOUNDS = Bounds(seconds=0.002, items=500, room=5_000_000)
CONNECTIONS_MAX = 4
"""For each account. A server has a hundred in all, and one statement carries many rows."""

_Place: TypeAlias = tuple[Server, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Server, table, columns and key: what rows of one statement have in common."""
_STATUSES: Mapping[str, int] = {
    "22": 422, "23": 422,  # a value that its column does not take, a constraint
    "28": 401, "3D": 403, "3F": 403, "42": 403, "0A": 403, "25": 503,
    "08": 503, "40": 503, "53": 503, "55": 503, "57": 503, "58": 503,
}  # fmt: skip
"""Class of an SQLSTATE -> what it would be over HTTP."""
_OF_A_ROW = 422
_LIBRARY: Any = asyncpg
_OK = Response(status=200)


class PostgresqlSender:
    """A pool of connections for each server."""

    def __init__(self) -> None:
        self._pools: dict[Server, Any] = {}
        self._gathering: Gathering[_Place, Row] = Gathering(self._carry)

    async def send(self, request: Request) -> Response:
        match request:
            case Row():
                place = (request.server, request.table, request.columns, request.key)
                return await self._gathering.add(place, request, BOUNDS, size=len(request.row))
            case RowErasure():
                return await self._remove(request)
            case _:
                raise AssertionError("a sender to PostgreSQL was given something else than a row")

    async def close(self) -> None:
        await self._gathering.close()
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.terminate()  # nothing is under way any more

    async def _carry(self, place: _Place, rows: Sequence[Row]) -> Sequence[Answer]:
        """Insert all; where one of them is refused, each by itself, so that it alone is."""
        answer = await self._insert(place, rows)
        if answer.status != _OF_A_ROW or len(rows) == 1:
            return [answer] * len(rows)
        answers: list[Answer] = []
        for row in rows:
            try:
                answers.append(await self._insert(place, [row]))
            except SendFault as fault:
                answers.append(fault)
        return answers

    async def _insert(self, place: _Place, rows: Sequence[Row]) -> Response:
        server, table, columns, key = place
        names = ", ".join(map(quoted, columns))
        name = ".".join(map(quoted, table))
        known = f" ON CONFLICT ({', '.join(map(quoted, key))}) DO NOTHING" if key else ""
        source = f"json_populate_recordset(NULL::{name}, $1::json)"
        statement = f"INSERT INTO {name} ({names}) SELECT {names} FROM {source}{known}"  # noqa: S608 - quoted
        data = b"[" + b",".join(row.row for row in rows) + b"]"
        return await self._execute(server, rows[0].timeout / SECOND, [(statement, data.decode())])

    async def _remove(self, request: RowErasure) -> Response:
        """Take rows out of all tables, or of none."""
        column, values = quoted(request.column), list(request.values)
        names = [".".join(map(quoted, table)) for table in request.tables]
        statements = [
            (f"DELETE FROM {name} WHERE {column} = ANY($1::text[])", values)  # noqa: S608 - quoted
            for name in names
        ]
        return await self._execute(request.server, request.timeout / SECOND, statements)

    async def _execute(
        self, server: Server, seconds: float, statements: Sequence[tuple[str, Any]]
    ) -> Response:
        """Run statements in one transaction."""
        try:
            async with asyncio.timeout(seconds):
                pool = await self._pool(server, seconds)
                connection = await pool.acquire()
        except asyncpg.PostgresError as error:
            return _refusal(error)
        except (asyncpg.InterfaceError, OSError, TimeoutError) as error:
            what = f"no connection to PostgreSQL ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error
        try:
            async with asyncio.timeout(seconds), connection.transaction():
                for statement, argument in statements:
                    await connection.execute(statement, argument)
        except asyncpg.PostgresConnectionError as error:
            raise _broken(error) from error
        except asyncpg.PostgresError as error:
            return _refusal(error)
        except (asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise _broken(error) from error
        finally:
            await pool.release(connection)
        return _OK

    async def _pool(self, server: Server, seconds: float) -> Any:  # noqa: ANN401 - no types there
        pool = self._pools.get(server)
        if pool is None:
            pool = self._pools[server] = _LIBRARY.create_pool(
                host=[host for host, _ in server.addresses],
                port=[port for _, port in server.addresses],
                user=server.username,
                password=server.password,
                database=server.database,
                ssl=context_of(server) or False,
                min_size=0,
                max_size=CONNECTIONS_MAX,
                timeout=seconds / 2,
                command_timeout=seconds,
                statement_cache_size=0,  # poolers in between hand statements to other connections
                server_settings={"application_name": "legato"},
            )
        return await pool


def quoted(name: str) -> str:
    """Write a name as SQL has it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _refusal(error: Any) -> Response:  # noqa: ANN401 - an asyncpg.PostgresError
    """Tell an error by its code: its text may quote a value."""
    code: str = error.sqlstate or ""
    body = msgspec.json.encode({"sqlstate": code, "error": type(error).__name__})
    return Response(status=_STATUSES.get(code[:2], 500), body=body)


def _broken(error: BaseException) -> SendFault:
    what = f"the connection broke before PostgreSQL answered ({type(error).__name__})"
    return SendFault(what, is_in_doubt=True)
