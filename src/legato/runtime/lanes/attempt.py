"""One attempt at one delivery: gate, render, send, read the answer."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias, assert_never

import msgspec

from legato.connectors.classify import Verdict, classify
from legato.connectors.render import render
from legato.connectors.spec import Spec
from legato.model.delivery import OBLIGATIONS, TELLINGS, Delivery, Outcome
from legato.model.instant import Duration, Instant
from legato.model.note import GateSeen
from legato.model.noun import Noun
from legato.model.plan import Destination, Plan
from legato.model.problem import LegatoError, Reason
from legato.model.wire import Request
from legato.ports.clearance import Clearance
from legato.ports.sender import Sender, SendFault
from legato.runtime.lanes.account import Account
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.reporter import AttemptBook
from legato.runtime.lanes.world import World

UNREAD_SECONDS = 5.0
"""How long what may go unread waits for its gates: an engine that is only behind answers sooner."""
UNREAD = Reason(
    code="store.unread",
    what="nothing could be read of the person, and its purpose does not wait for that",
)
GATEWAY_TIMEOUT = 504
"""The one answer that says it was not heard whether the server behind took it."""


NOT_FOR_IT = ("render.no_route", "render.ignored")
"""Of an event that its connector has no use for: nothing failed, and nobody is to look at it."""


class Over(Noun, frozen=True, kw_only=True):
    """The delivery is over."""

    outcome: Outcome
    reason: Reason | None = None
    receipt: str = ""
    answer: bytes = b""
    gates: tuple[GateSeen, ...] = ()
    shows: Literal["nothing", "alive", "fault"] = "nothing"
    """What the attempt says about the destination."""


class Again(Noun, frozen=True, kw_only=True):
    """The attempt failed; another may not."""

    reason: Reason
    kind: Literal["fault", "throttled", "unread"]
    """`unread`: its gates could not be read, for which the destination can do nothing."""
    after: Duration | None = None


class NotNow(Noun, frozen=True, kw_only=True):
    """A gate is closed until then. No attempt was made."""

    until: Instant


Result: TypeAlias = Over | Again | NotNow


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries leave for one destination, under the present plan."""

    destination: Destination
    spec: Spec
    sender: Sender
    account: Account


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

    async def make(self, way: Way, entry: Entry) -> Result:
        """Make one attempt. The gates are read last before it begins."""
        delivery = entry.delivery
        if entry.is_in_doubt and _is_skipped(way, delivery):
            return _in_doubt("an attempt was under way when the process ended")
        if entry.attempt_count:
            await self._book.written()  # the end of the attempt before comes before this begin
        asked = self._clock.now()
        clearance = await self._cleared(way, entry)
        if isinstance(clearance, Again):
            return clearance
        closed = _closed(clearance, entry)
        if closed is not None:
            return closed
        now = self._clock.now()
        if now >= delivery.expires_at:
            return expired(delivery)
        terms = way.account.terms()
        if isinstance(terms, Reason):
            # Not the delivery's fault: it waits for the operator, within `give_up`.
            return Again(kind="fault", reason=terms)
        entry.record = clearance.record
        try:
            linked = self._linked(way, delivery)
        except LegatoError as error:
            return Again(kind="fault", reason=Reason(code="links.no_key", what=error.what))
        if isinstance(linked, Reason):
            return Over(outcome="failed", reason=linked)
        request = render(way.spec, linked, terms=terms, now=now, asked=asked)
        if isinstance(request, Reason):
            is_not_for_it = delivery.operation == "event" and request.code in NOT_FOR_IT
            return Over(outcome="refused" if is_not_for_it else "failed", reason=request)
        entry.attempt_count += 1
        if entry.first_attempt_at is None:
            entry.first_attempt_at = now
        return await self._send(way, entry, request)

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
                return await self._gatekeeper.clear(delivery)
            return await asyncio.wait_for(self._gatekeeper.clear(delivery), UNREAD_SECONDS)
        except TimeoutError:
            entry.is_unread = True
        except LegatoError as error:
            if not may_go_unread:
                reason = Reason(code="store.fault", what=error.what)
                return Again(kind="unread", reason=reason)
            entry.is_unread = True
        return Clearance(is_clear=True)

    async def _send(self, way: Way, entry: Entry, request: Request) -> Result:
        try:
            response = await way.sender.send(request)
        except SendFault as fault:
            entry.may_have_arrived |= fault.is_in_doubt
            if fault.is_permanent:
                return Over(
                    outcome="failed", reason=Reason(code="send.impossible", what=fault.what)
                )
            if fault.is_in_doubt and _is_skipped(way, entry.delivery):
                return _in_doubt(fault.what, shows="fault")
            return Again(kind="fault", reason=Reason(code="send.fault", what=fault.what))
        entry.may_have_arrived |= response.status == GATEWAY_TIMEOUT
        result = _read(classify(way.spec, response, self._clock.now()))
        if entry.is_unread and isinstance(result, Over) and result.outcome == "accepted":
            return msgspec.structs.replace(result, reason=UNREAD)
        return result


def _is_skipped(way: Way, delivery: Delivery) -> bool:
    """Return whether what may have arrived is left at that; to be told twice does no harm."""
    return way.destination.on_doubt == "skip" and delivery.operation not in OBLIGATIONS


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


def _read(verdict: Verdict) -> Result:
    match verdict.kind:
        case "accepted":
            return Over(
                outcome="accepted",
                receipt=verdict.receipt,
                answer=verdict.answer,
                shows="alive",
            )
        case "bounced" | "failed":
            return Over(outcome=verdict.kind, reason=verdict.reason, shows="alive")
        case "throttled" | "retry":
            assert verdict.reason is not None
            kind: Literal["throttled", "fault"] = (
                "throttled" if verdict.kind == "throttled" else "fault"
            )
            return Again(kind=kind, reason=verdict.reason, after=verdict.after)
        case _:
            assert_never(verdict.kind)


def expired(delivery: Delivery) -> Over:
    """Return the end of what took too long. A telling fails by it: it is kept, to be redriven."""
    if delivery.operation in TELLINGS:
        reason = Reason(code="delivery.gave_up", what="no attempt succeeded in all its time")
        return Over(outcome="failed", reason=reason)
    reason = Reason(code="delivery.expired", what="its time to live ended before it could be sent")
    return Over(outcome="expired", reason=reason)


def _in_doubt(what: str, *, shows: Literal["nothing", "fault"] = "nothing") -> Over:
    reason = Reason(
        code="delivery.in_doubt",
        what=f"{what}; it may have arrived, and this destination would take it twice",
    )
    return Over(outcome="in_doubt", reason=reason, shows=shows)
