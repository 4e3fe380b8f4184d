"""The way out to Kafka: idempotent producers, acknowledged by all replicas in step.

A producer gathers by itself and keeps the order of a partition. When nobody knows what became of
a batch, its numbers and the broker's may disagree: it is closed, and another begins anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiokafka  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec
from aiokafka import errors  # pyright: ignore[reportMissingTypeStubs]

from legato.model.instant import SECOND
from legato.model.wire import Record, Request, Response, Server
from legato.ports.sender import SendFault
from legato.transports.drivers.tls import context_of

LINGER_MS = 5
BYTES_MAX = 1_048_576
"""What a broker takes unless it is told otherwise."""
DOUBT_FACTOR = 3
"""Times the timeout: a producer gives up by itself long before."""

_LIBRARY: Any = aiokafka
_STATUSES: Mapping[type[Exception], int] = {
    errors.UnknownTopicOrPartitionError: 403,
    errors.InvalidTopicError: 403,
    errors.TopicAuthorizationFailedError: 403,
    errors.ClusterAuthorizationFailedError: 403,
    errors.MessageSizeTooLargeError: 413,
    errors.RecordListTooLargeError: 413,
    errors.NotEnoughReplicasError: 503,
    errors.LeaderNotAvailableError: 503,
}
"""What is certain not to have been stored -> what it would be over HTTP."""
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a lane says what is wrong, once


class KafkaSender:
    """A producer for each account."""

    def __init__(self) -> None:
        self._producers: dict[Server, asyncio.Task[Any]] = {}
        self._closing: dict[asyncio.Task[None], None] = {}

    async def send(self, request: Request) -> Response:
        assert isinstance(request, Record)
        seconds = request.timeout / SECOND
        producer = await self._opened(request.server, seconds)
        try:
            stored = await producer.send(
                request.topic,
                value=request.value,
                key=request.key,
                headers=[(name, text.encode()) for name, text in request.headers.items()],
            )
        except errors.KafkaError as error:
            return _refusal(error)
        try:
            async with asyncio.timeout(seconds * DOUBT_FACTOR):
                done = await stored
        except (errors.KafkaError, OSError, TimeoutError) as error:
            if type(error) in _STATUSES:
                return _refusal(error)
            self._discard(request.server)
            what = f"Kafka did not say whether it has the record ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=True) from error
        receipt = {"topic": done.topic, "partition": done.partition, "offset": done.offset}
        return Response(status=200, body=msgspec.json.encode(receipt))

    async def close(self) -> None:
        for server in list(self._producers):
            self._discard(server)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _opened(self, server: Server, seconds: float) -> Any:  # noqa: ANN401 - it has no types
        """Return the account's producer; whoever comes while it is opened waits for the same."""
        opening = self._producers.get(server)
        if opening is None:
            coroutine = _open(server, seconds)
            opening = asyncio.get_running_loop().create_task(coroutine)
            self._producers[server] = opening
        try:
            return await asyncio.shield(opening)
        except BaseException as error:
            if opening.done() and self._producers.get(server) is opening:
                del self._producers[server]
            if isinstance(error, errors.KafkaError | OSError | TimeoutError):
                what = f"no connection to Kafka, or it refuses the account ({type(error).__name__})"
                raise SendFault(what, is_in_doubt=False) from error
            raise

    def _discard(self, server: Server) -> None:
        opening = self._producers.pop(server, None)
        if opening is not None:
            task = asyncio.get_running_loop().create_task(_close(opening))
            self._closing[task] = None
            task.add_done_callback(self._closing.pop)


async def _open(server: Server, seconds: float) -> Any:  # noqa: ANN401 - it has no types
    tls = context_of(server)
    is_proven = bool(server.mechanism)
    security = {
        (False, False): "PLAINTEXT",
        (True, False): "SSL",
        (False, True): "SASL_PLAINTEXT",
        (True, True): "SASL_SSL",
    }[tls is not None, is_proven]
    proof: dict[str, Any] = {}
    if is_proven:
        proof = {
            "sasl_mechanism": server.mechanism.upper(),
            "sasl_plain_username": server.username,
            "sasl_plain_password": server.password,
        }
    producer = _LIBRARY.AIOKafkaProducer(
        bootstrap_servers=[f"{host}:{port}" for host, port in server.addresses],
        client_id="legato",
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_request_size=BYTES_MAX,
        request_timeout_ms=round(seconds * 1_000),
        security_protocol=security,
        ssl_context=tls,
        **proof,
    )
    try:
        async with asyncio.timeout(seconds):
            await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def _close(opening: asyncio.Task[Any]) -> None:
    if not opening.done():
        opening.cancel()
    try:
        producer = await opening
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - it was told to whoever waited
        return
    await producer.stop()


def _refusal(error: Exception) -> Response:
    status = _STATUSES.get(type(error))
    if status is None:
        what = f"Kafka did not take the record ({type(error).__name__})"
        raise SendFault(what, is_in_doubt=False) from error
    return _answer(status, error)


def _answer(status: int, error: BaseException) -> Response:
    name = type(error).__name__.removesuffix("Error")
    return Response(status=status, body=msgspec.json.encode({"error": name}))
