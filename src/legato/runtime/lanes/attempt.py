"""One attempt at one delivery: its gates are read, then its connector talks to the destination."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from legato.connectors.exchange.exchange import Exchange
from legato.connectors.exchange.scene import base_frame
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.plan import Plan
from legato.model.problem import LegatoError, Reason
from legato.ports.clearance import Clearance
from legato.runtime.accounts.account import HELD
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.reporter import AttemptBook
from legato.runtime.lanes.result import Again, Missed, NotNow, Over, Result, expired, in_doubt
from legato.runtime.lanes.talk import Talk
from legato.runtime.lanes.way import Reach, Way
from legato.runtime.lanes.world import World

UNREAD_SECONDS = 5.0
"""How long what may go unread waits for its gates: an engine that is only behind answers sooner."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What its requests are made of."""

    delivery: Delivery
    """With its links filled in."""
    terms: Terms


class Attempts:
    """Makes attempts. What all lanes share: it keeps nothing of any one delivery."""

    def __init__(self, world: World, book: AttemptBook) -> None:
        self._clock = world.clock
        self._gatekeeper = world.gatekeeper
        self._links = world.links
        self._book = book
        self._unread: dict[str, bool] = {}
        """Purposes that do not wait for gates that cannot be read."""

    def change_plan(self, plan: Plan) -> None:
        """Follow another plan's purposes."""
        self._unread = {
            purpose.name: True
            for purpose in plan.purposes.values()
            if purpose.when_unreadable == "send" and purpose.basis != "consent"
        }

    async def make(
        self, way: Way, entry: Entry, reach: Reach, leave: Callable[[], bool] = lambda: True
    ) -> Result:
        """Make one attempt. The gates are read last before it begins.

        `leave` is called at the instant at which they were, and says whether there is room for it.
        """
        prepared = await self.prepare(way, entry)
        if not isinstance(prepared, Prepared):
            return prepared
        asked = self._clock.now()
        closed = await self.admit(way, entry)
        if closed is not None:
            return closed
        if not leave():
            if not entry.is_unread:
                self._book.take_back(
                    entry.delivery.delivery_id, may_have_arrived=entry.may_have_arrived
                )
            return Missed()
        now = self._clock.now()
        delivery, terms = prepared.delivery, prepared.terms
        base = base_frame(way.spec, delivery, terms, now, asked=asked)
        exchange = Exchange(way.spec, delivery, terms, base=base)
        talk = Talk(way, reach, entry, lambda: self.reread(way, entry))
        return await talk.hold(exchange, now, terms=terms)

    async def prepare(self, way: Way, entry: Entry) -> Prepared | Result:
        """Gather what a delivery's requests are made of."""
        if entry.is_in_doubt and way.is_skipped(entry.delivery):
            return in_doubt("an attempt was under way when the process ended")
        terms = await way.account.terms()
        if isinstance(terms, Reason):
            # Not the delivery's fault: it waits for the operator, within `give_up`.
            return Again(kind="account" if terms.code == HELD else "fault", reason=terms)
        try:
            linked = self._linked(way, entry.delivery)
        except LegatoError as error:
            return Again(kind="fault", reason=Reason(code="links.no_key", what=error.what))
        if isinstance(linked, Reason):
            return Over(outcome="failed", reason=linked)
        return Prepared(delivery=linked, terms=terms)

    async def admit(self, way: Way, entry: Entry) -> Result | None:
        """Read a delivery's gates, and put the attempt on record; None: nothing is in its way."""
        # The end of the attempt before comes before this begin.
        await self._book.written(entry.delivery.delivery_id)
        closed = await self.reread(way, entry)
        if closed is None and self._clock.now() >= entry.delivery.expires_at:
            return expired(entry.delivery)
        return closed

    def give_back(self, entry: Entry) -> None:
        """Take an attempt off the record that was not made after all."""
        if not entry.may_have_arrived:
            self._book.end(entry.delivery.delivery_id, self._clock.now())

    async def reread(self, way: Way, entry: Entry) -> Result | None:
        """Ask whether it may leave now; None: it may."""
        clearance = await self._cleared(way, entry)
        if isinstance(clearance, Again):
            return clearance
        if clearance.is_clear:
            entry.record = clearance.record
        elif entry.by and not entry.may_have_arrived and clearance.until is None:
            entry.is_bound = True  # its own destination may: that is asked by its own way
            return NotNow(until=self._clock.now())
        return _closed(clearance, entry)

    def _linked(self, way: Way, delivery: Delivery) -> Delivery | Reason:
        if delivery.operation == "event":  # what people wrote is no text of ours
            return delivery
        return self._links.fill(delivery, is_email=way.spec.head.category == "email")

    async def _cleared(self, way: Way, entry: Entry) -> Clearance | Again:
        """Ask whether it may leave. What cannot be read is closed: nobody knows of an opt-out.

        What rests on another basis than consent may be declared to go all the same, to a
        destination that recognises it when it comes again: no attempt is on record then.
        """
        delivery = entry.delivery
        may_go_unread = delivery.purpose in self._unread and way.destination.on_doubt == "resend"
        entry.is_unread = False
        try:
            if not may_go_unread:
                return await self._gatekeeper.clear(delivery, entry.by)
            asked = self._gatekeeper.clear(delivery, entry.by)
            return await asyncio.wait_for(asked, UNREAD_SECONDS)
        except TimeoutError:
            entry.is_unread = True
        except LegatoError as error:
            if not may_go_unread:
                reason = Reason(code="store.fault", what=error.what)
                return Again(kind="aside", reason=reason)
            entry.is_unread = True
        return Clearance(is_clear=True)


def _closed(clearance: Clearance, entry: Entry) -> Over | NotNow | None:
    """Return what keeps an attempt from being made.

    One that another channel is waiting for goes on if it may have arrived: under its own id its
    provider recognises it, and by no other channel would it be recognised.
    """
    if clearance.is_clear:
        return Over(outcome="refused", reason=entry.revoked) if entry.revoked is not None else None
    if clearance.is_too_slow and not entry.may_have_arrived:
        return Over(outcome="refused", reason=clearance.reason)
    if clearance.until is not None and clearance.until < entry.delivery.expires_at:
        return NotNow(until=clearance.until)
    if clearance.is_too_slow and clearance.until is None:
        return None
    return Over(outcome="refused", reason=clearance.reason, gates=clearance.gates)
