"""One batch on its way: its gates are read, it is sent, and each delivery hears what became of it.

What has to stay keeps the later ones of its line with it. What is refused as a whole is sent again
by halves, so that one delivery that the destination cannot take does not cost the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from legato.connectors.classify import ItemVerdict, Verdict
from legato.connectors.excerpt import excerpt, nothing_of, secrets_in
from legato.connectors.exchange.batch.blame import blame
from legato.connectors.exchange.batch.packet import Carrying, Packet, carry, pack
from legato.connectors.exchange.batch.piece import Piece
from legato.connectors.exchange.exchange import Ask, Done, Refused
from legato.connectors.terms import Terms
from legato.model.ids import PersonId
from legato.model.problem import Reason
from legato.model.wire import Response
from legato.ports.clock import Clock
from legato.ports.sender import SendFault
from legato.runtime.accounts.account import HELD
from legato.runtime.lanes.attempt import Attempts
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.result import (
    Again,
    NotNow,
    Over,
    Result,
    aside,
    in_doubt,
    read,
    unheard,
    unsaid,
)
from legato.runtime.lanes.talk import UNREAD
from legato.runtime.lanes.way import Reach, Way

UNSURE = Reason(
    code="destination.partly",
    what="some of its batch were not taken, and the answer does not say which",
)


class Seat:
    """What a delivery has in a batch, and how it hears of it."""

    __slots__ = ("entry", "piece", "told")

    def __init__(self, entry: Entry, piece: Piece) -> None:
        self.entry = entry
        self.piece = piece
        self.told: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def tell(self, result: Result) -> None:
        if not self.told.done():
            self.told.set_result(result)

    def fail(self, fault: Exception) -> None:
        if not self.told.done():
            self.told.set_exception(fault)


class Trip:
    """Used once."""

    def __init__(self, way: Way, reach: Reach, attempts: Attempts, clock: Clock) -> None:
        self._way = way
        self._reach = reach
        self._attempts = attempts
        self._clock = clock
        self._held: dict[PersonId, None] = {}
        """Lines of which a delivery has to stay."""
        self._begun: dict[Entry, None] = {}
        self._has_sent = False

    async def go(self, seats: Sequence[Seat]) -> None:
        """Send what may leave, and tell everybody."""
        leaving = await self._admitted(seats)
        while leaving:
            terms = await self._way.account.terms()
            if isinstance(terms, Reason):
                kind = "account" if terms.code == HELD else "fault"
                self._tell(leaving, Again(kind=kind, reason=terms))
                return
            given = [(at, seat.piece) for at, seat in enumerate(leaving)]
            packet, *_ = pack(given)
            await self._deliver(packet, [leaving[at] for at in packet.members], terms)
            is_gone = dict.fromkeys(packet.members)
            leaving = self._free([s for at, s in enumerate(leaving) if at not in is_gone])

    async def _admitted(self, seats: Sequence[Seat]) -> list[Seat]:
        """Read the gates of all at once; return who may leave."""
        entries = list(dict.fromkeys(seat.entry for seat in seats))
        closed = dict(
            zip(
                entries,
                await asyncio.gather(*(self._attempts.admit(self._way, one) for one in entries)),
                strict=True,
            )
        )
        leaving: list[Seat] = []
        for seat in seats:
            result = closed[seat.entry]
            if result is not None:
                self._tell([seat], result)
            else:
                leaving += self._free([seat])
        for entry in dict.fromkeys(seat.entry for seat in leaving):
            if entry not in self._begun:
                self._begun[entry] = None
                entry.begin(self._clock.now())
        return leaving

    def _free(self, seats: Sequence[Seat]) -> list[Seat]:
        """Return those before whom nobody of their line has to stay; give the others back."""
        staying = [seat for seat in seats if seat.entry.line in self._held]
        for seat in staying:
            self._attempts.give_back(seat.entry)
            seat.tell(NotNow(until=self._clock.now()))
        return [seat for seat in seats if seat.entry.line not in self._held]

    async def _deliver(self, packet: Packet, seats: Sequence[Seat], terms: Terms) -> None:
        """Ask and send in order, and read what is answered last."""
        carrying = carry(self._way.spec, packet, terms=terms, now=self._clock.now())
        step, has_asked, is_question = carrying.next(), False, False
        while isinstance(step, Ask):
            is_question = step.question is not None
            if has_asked and not is_question and not carrying.made:
                free = await self._reread(seats)
                if len(free) < len(seats):
                    await self.go(free)
                    return
            try:
                response = await self._say(step)
            except SendFault as fault:
                self._fault(seats, fault, carrying, is_question=is_question)
                return
            has_asked = has_asked or is_question
            asked, step = step, carrying.next(response)
            if isinstance(step, Done) and (step.verdict.kind != "accepted" or step.verdict.items):
                self._keep(asked, seats, response, terms)
        if isinstance(step, Refused):
            self._part_of_it(seats, carrying)
            await self._by_halves(seats, unsaid(seats[0].entry.delivery, step.reason))
            return
        verdict = step.verdict
        if is_question:  # whoever was only asked has taken nothing
            verdict = msgspec.structs.replace(verdict, is_unheard=False)
        await self._conclude(packet, seats, terms, verdict, carrying=carrying)

    async def _say(self, ask: Ask) -> Response:
        if ask.question is not None:
            return await self._reach.answers.of(ask, self._send)
        return await self._send(ask)

    async def _send(self, ask: Ask) -> Response:
        if self._has_sent:
            await self._reach.turn()
        self._has_sent = True
        return await self._reach.send(self._way, ask.request)

    async def _reread(self, seats: Sequence[Seat]) -> list[Seat]:
        """Read the gates once more, after questions: who may leave still."""
        entries = list(dict.fromkeys(seat.entry for seat in seats))
        asked = (self._attempts.reread(self._way, one) for one in entries)
        closed = dict(zip(entries, await asyncio.gather(*asked), strict=True))
        for seat in seats:
            result = closed[seat.entry]
            if result is not None:
                self._tell([seat], result)
        return self._free([seat for seat in seats if closed[seat.entry] is None])

    async def _conclude(
        self,
        packet: Packet,
        seats: Sequence[Seat],
        terms: Terms,
        verdict: Verdict,
        *,
        carrying: Carrying,
    ) -> None:
        """Tell everybody what the last answer means for them."""
        self._way.account.heard(verdict, terms)
        if verdict.kind != "accepted":
            self._part_of_it(seats, carrying)
        result = read(verdict)
        if isinstance(result, Again) and result.kind == "fault":
            self._reach.breaker.failed(asyncio.get_running_loop().time())
        else:
            self._reach.breaker.answered()
        if verdict.is_unheard:
            for seat in seats:
                seat.entry.may_have_arrived = True
                is_skipped = self._way.is_skipped(seat.entry.delivery)
                self._tell([seat], unheard(verdict, is_skipped=is_skipped))
        elif verdict.kind in ("failed", "bounced"):
            await self._by_halves(seats, result)
        else:
            self._judge(packet, seats, verdict)

    def _keep(self, asked: Ask, seats: Sequence[Seat], response: Response, terms: Terms) -> None:
        """Keep what was answered with each; of several, the text may be about the others."""
        now = self._clock.now()
        if len(seats) == 1:
            secrets = secrets_in(self._way.spec, terms, asked.request)
            seats[0].entry.answered = excerpt(response, secrets, now)
            return
        for seat in seats:
            seat.entry.answered = nothing_of(response, now)

    def _judge(self, packet: Packet, seats: Sequence[Seat], verdict: Verdict) -> None:
        """Tell each what the answer says of it."""
        found = blame(packet, verdict)
        for at, seat in zip(packet.members, seats, strict=True):
            item = found.members.get(at)
            result = read(verdict) if item is None else _read_item(item)
            if isinstance(result, Over) and result.outcome == "accepted":
                reason = UNREAD if seat.entry.is_unread else UNSURE if found.is_unsure else None
                result = msgspec.structs.replace(result, reason=reason)
            self._tell([seat], result)

    async def _by_halves(self, seats: Sequence[Seat], refusal: Result) -> None:
        """Find out who it is that is refused."""
        if len(seats) == 1:
            self._tell(seats, refusal)
            return
        half = len(seats) // 2
        for part in (seats[:half], seats[half:]):
            await self.go(self._free(part))

    def _fault(
        self, seats: Sequence[Seat], fault: SendFault, carrying: Carrying, *, is_question: bool
    ) -> None:
        self._reach.breaker.failed(asyncio.get_running_loop().time())
        self._part_of_it(seats, carrying)
        for seat in seats:
            again = Again(kind="fault", reason=Reason(code="send.fault", what=fault.what))
            self._tell([seat], again if is_question else self._faulted(seat.entry, fault))

    def _part_of_it(self, seats: Sequence[Seat], carrying: Carrying) -> None:
        """Note that a part of a batch has arrived, of which the rest may not have."""
        if carrying.made:
            for seat in seats:
                seat.entry.may_have_arrived = True

    def _faulted(self, entry: Entry, fault: SendFault) -> Result:
        entry.may_have_arrived |= fault.is_in_doubt
        if fault.is_permanent:
            reason = Reason(code="send.impossible", what=fault.what)
            return Over(outcome="failed", reason=reason)
        if fault.is_in_doubt and self._way.is_skipped(entry.delivery):
            return in_doubt(fault.what)
        return Again(kind="fault", reason=Reason(code="send.fault", what=fault.what))

    def _tell(self, seats: Sequence[Seat], result: Result) -> None:
        for seat in seats:
            if not isinstance(result, Over):
                self._held[seat.entry.line] = None
            seat.tell(aside(result))


def _read_item(item: ItemVerdict) -> Result:
    match item.kind:
        case "retry" | "throttled":
            return Again(kind="aside", reason=item.reason)
        case "accepted" | "bounced" | "failed":
            return Over(outcome=item.kind, reason=item.reason)
