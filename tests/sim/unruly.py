"""Destinations that fail in every way there is, by the dice, and write down what arrived."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.simulate.dice import Dice
from tests.unit.lane_world import OK, Attempt

Fate: TypeAlias = Literal[
    "taken",
    "slow",  # taken, after almost all the time there is
    "unavailable",
    "broken",  # a page of HTML that says 500
    "throttled",
    "denied",
    "unreachable",
    "cut off before",  # before it was taken, and nobody can tell
    "cut off after",
    "timed out before",
    "timed out after",
    "gateway before",  # a gateway that did not hear of it, whether it was taken or not
    "gateway after",
    "arrives after its time",  # timed out, and taken later all the same
]
Fates: TypeAlias = Mapping[Fate, float]
"""How large a share of attempts meets each; what is left is taken."""
FAILS_NOT: tuple[Fate, ...] = ("taken", "slow")
TIMEOUT_SECONDS = 10.0
ANSWERS: Mapping[Fate, Response] = {
    "unavailable": Response(status=503),
    "broken": Response(status=500, body=b"<html><h1>Oops</h1></html>"),
    "throttled": Response(status=429, headers={"retry-after": "2"}),
    "denied": Response(status=401),
}


class Taken(msgspec.Struct, frozen=True):
    """One arrival of a delivery."""

    destination: str
    delivery_id: str


class Unruly:
    """The reply of a lane world. What happens to an attempt is the same for the same seed."""

    def __init__(self, dice: Dice, fates: Mapping[str, Fates]) -> None:
        self._dice = dice
        self._fates = fates
        self._attempts: Counter[str] = Counter()
        self._late: list[asyncio.Task[None]] = []
        self.taken: list[Taken] = []
        """In the order of arrival, as often as it arrived."""
        self.met: Counter[Fate] = Counter()

    async def __call__(self, attempt: Attempt) -> Response:
        name = attempt.delivery_id
        self._attempts[name] += 1
        await asyncio.sleep(0.001 + self._dice.throw("latency", name) * 0.1)
        drawn = self._dice.throw("fate", name, self._attempts[name])
        fate = _fate(drawn, self._fates[attempt.destination])
        self.met[fate] += 1
        return await self._meet(fate, attempt)

    async def _meet(self, fate: Fate, attempt: Attempt) -> Response:
        if fate in ANSWERS:
            return ANSWERS[fate]
        if fate == "unreachable":
            raise SendFault("no connection", is_in_doubt=False)
        if fate == "arrives after its time":
            self._late.append(asyncio.create_task(self._take_late(attempt)))
        if fate == "slow":
            await asyncio.sleep(0.9 * TIMEOUT_SECONDS)
        if fate in ("taken", "slow") or fate.endswith(" after"):
            self._take(attempt)
        return await _answer(fate)

    def _take(self, attempt: Attempt) -> None:
        self.taken.append(Taken(attempt.destination, attempt.delivery_id))

    async def _take_late(self, attempt: Attempt) -> None:
        await asyncio.sleep(1.5 * TIMEOUT_SECONDS)
        self._take(attempt)


def errors(met: Counter[Fate]) -> float:
    """Return the share of attempts that failed."""
    return 1 - sum(met[fate] for fate in FAILS_NOT) / met.total()


def _fate(drawn: float, fates: Fates) -> Fate:
    for fate, share in fates.items():
        drawn -= share
        if drawn < 0:
            return fate
    return "taken"


async def _answer(fate: Fate) -> Response:
    if fate.startswith("cut off"):
        raise SendFault("the connection broke", is_in_doubt=True)
    if fate.startswith("gateway"):
        return Response(status=504)
    if fate in FAILS_NOT:
        return OK
    await asyncio.sleep(TIMEOUT_SECONDS)
    raise SendFault("no answer within 10 s", is_in_doubt=True)
