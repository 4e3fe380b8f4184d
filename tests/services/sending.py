"""A destination as a lane has it: events and erasures in, requests sent, what the answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from legato.connectors.classify import Verdict, classify
from legato.connectors.compile import compile_manifest
from legato.connectors.settings import check_settings, resolve
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import HOUR, SECOND, Duration
from legato.model.problem import Reason
from legato.model.wire import Request
from legato.transports.clock import SystemClock
from legato.transports.ways import Ways
from legato.workspace import shipped_connectors
from tests.unit.lane_world import START, delivery
from tests.unit.rendered import rendered

Made = TypeVar("Made")
EVENT: Mapping[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "userId": "ana",
    "timestamp": "2026-03-02T10:00:00.000Z",
    "receivedAt": "2026-03-02T10:00:01.000Z",
    "properties": {"total": 12.5, "items": [{"sku": "a"}]},
    "context": {"ip": "203.0.113.7"},
}


class Account:
    """An account at a service on loopback."""

    def __init__(
        self,
        connector: str,
        settings: Mapping[str, Any],
        *,
        allow_private: bool = True,
        timeout: Duration = 5 * SECOND,
    ) -> None:
        spec = compile_manifest(shipped_connectors()[connector]).spec
        assert spec is not None
        self.spec = spec
        secrets = {name: value for name, value in settings.items() if spec.settings[name].secret}
        written = {**settings, **{name: {"secret": "S"} for name in secrets}}
        assert check_settings(spec, written) == ()
        self._terms = Terms(
            settings=resolve(spec, written, secrets),
            timeout=timeout,
            allow_private=allow_private,
        )

    def request(self, given: Delivery) -> Request:
        made = rendered(self.spec, given, terms=self._terms, now=START)
        assert not isinstance(made, Reason), made
        return made

    async def send(self, ways: Ways, given: Delivery) -> Verdict:
        """Send, and return what the answer means. Raises SendFault."""
        response = await ways.senders[self.spec.transport].send(self.request(given))
        return classify(self.spec, response, START)


def event(number: int = 1, person: str = "ana", **changed: Any) -> Delivery:  # noqa: ANN401 - JSON
    """Return an event on its way, with some fields changed."""
    given = delivery(number, person=person, expires_at=START + HOUR)
    content = {**EVENT, "messageId": f"m{number}", "userId": person, **changed}
    delivery_id = DeliveryId(f"delivery_{number}")
    return msgspec.structs.replace(
        given, operation="event", content=content, delivery_id=delivery_id
    )


def erasure(person: str, **identifiers: list[str]) -> Delivery:
    """Return the erasure of a person."""
    content = {"person_ids": [person], "identifiers": identifiers, "values": [person]}
    given = delivery(1, person=person, expires_at=START + HOUR)
    return msgspec.structs.replace(given, operation="erase", content=content)


def with_ways(folder: Path, work: Callable[[Ways], Awaitable[Made]]) -> Made:
    """Open every way out, do something, and close them."""

    async def main() -> Made:
        ways = Ways(folder, SystemClock())
        try:
            return await work(ways)
        finally:
            await ways.close()

    return asyncio.run(main())
