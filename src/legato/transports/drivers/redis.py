"""The way out to Redis: commands of a moment go as one pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.connection import BlockingConnectionPool, Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from legato.model.instant import SECOND
from legato.model.wire import Commands, Request, Response, Server
from legato.ports.sender import SendFault
from legato.transports.drivers.tls import context_of
from legato.transports.gathering import Bounds, Gathering

BOUNDS = Bounds(seconds=0.002, items=500)
CONNECTIONS_MAX = 8

_STATUSES: Mapping[str, int] = {
    "NOAUTH": 401, "WRONGPASS": 401, "NOPERM": 403,
    "LOADING": 503, "BUSY": 503, "TRYAGAIN": 503, "CLUSTERDOWN": 503, "MASTERDOWN": 503,
    "READONLY": 503, "OOM": 503, "MISCONF": 503, "NOREPLICAS": 503, "UNKILLABLE": 503,
    "MOVED": 421, "ASK": 421, "CROSSSLOT": 421,
}  # fmt: skip
"""First word of an error -> what it would be over HTTP; others are about the command itself."""
REFUSED = 422
_OK = Response(status=200)


class RedisSender:
    """A pool of connections for each server."""

    def __init__(self) -> None:
        self._clients: dict[Server, Redis] = {}
        self._gathering: Gathering[Server, Commands] = Gathering(self._carry)

    async def send(self, request: Request) -> Response:
        assert isinstance(request, Commands)
        return await self._gathering.add(request.server, request, BOUNDS)

    async def close(self) -> None:
        await self._gathering.close()
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _carry(self, server: Server, many: Sequence[Commands]) -> Sequence[Response]:
        client = self._client(server, many[0].timeout / SECOND)
        pipeline: Any = client.pipeline(transaction=False)
        try:
            pipeline.connection = await client.connection_pool.get_connection()
        except (ResponseError, AuthenticationError) as error:
            return [_refusal(error)] * len(many)
        except (RedisError, OSError, TimeoutError) as error:
            what = f"no connection to Redis ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error
        for request in many:
            for command in request.commands:
                pipeline.execute_command(*command)
        try:
            said: list[Any] = await pipeline.execute(raise_on_error=False)
        except AuthenticationError as error:
            return [_refusal(error)] * len(many)
        except (RedisError, OSError, TimeoutError) as error:
            what = f"the connection broke before Redis answered ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=True) from error
        answers = iter(said)
        return [_worst([next(answers) for _ in request.commands]) for request in many]

    def _client(self, server: Server, seconds: float) -> Redis:
        client = self._clients.get(server)
        if client is None:
            context_of(server)  # says what is wrong with it
            tls: dict[str, Any] = {"connection_class": Connection}
            if server.is_encrypted:
                tls = {"connection_class": SSLConnection, "ssl_ca_data": server.ca or None}
            host, port = server.addresses[0]
            pool = BlockingConnectionPool(
                max_connections=CONNECTIONS_MAX,
                timeout=seconds,
                host=host,
                port=port,
                db=server.database or 0,
                username=server.username or None,
                password=server.password or None,
                socket_timeout=seconds,
                socket_connect_timeout=seconds / 2,
                retry=Retry(NoBackoff(), 0),  # the lane retries: it knows what may go twice
                protocol=2,
                **tls,
            )
            client = self._clients[server] = Redis.from_pool(pool)
        return client


def _worst(said: Sequence[Any]) -> Response:
    """Return the answer to a delivery: the first of its commands that was not taken."""
    errors = [one for one in said if isinstance(one, ResponseError)]
    return _refusal(errors[0]) if errors else _OK


def _refusal(error: RedisError) -> Response:
    """Tell an error by its first word; the rest of it may quote what was sent."""
    code = error.status_code or str(error).partition(" ")[0]
    if not code.isupper():
        code = "ERR"
    body = msgspec.json.encode({"error": code})
    return Response(status=_STATUSES.get(code, REFUSED), body=body)
