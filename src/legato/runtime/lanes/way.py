"""How deliveries leave for one destination."""

from __future__ import annotations

import asyncio

import msgspec

from legato.connectors.spec import Spec
from legato.model.delivery import OBLIGATIONS, Delivery
from legato.model.plan import Destination
from legato.ports.sender import Sender
from legato.runtime.accounts.account import Account
from legato.runtime.lanes.answers import Answers
from legato.runtime.lanes.pace import Breaker, Bucket


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Of a destination, under the present plan."""

    destination: Destination
    spec: Spec
    sender: Sender
    account: Account

    def is_skipped(self, delivery: Delivery) -> bool:
        """Return whether what may have arrived is left at that; obligations may be told twice."""
        return self.destination.on_doubt == "skip" and delivery.operation not in OBLIGATIONS


class Reach(msgspec.Struct, kw_only=True):
    """What the requests of a lane share, whatever the plan."""

    bucket: Bucket
    answers: Answers
    breaker: Breaker

    async def turn(self) -> None:
        """Take the next token, and wait for it."""
        now = asyncio.get_running_loop().time()
        at = now if self.bucket.is_ready(now) else self.bucket.next_at
        self.bucket.take(at)
        await asyncio.sleep(at - now)
