"""One delivery's exchange with its destination: what is asked, sent and answered, in order.

The gates were read when it began. They are read again before each request that changes something,
once anything has been waited for: a no that comes meanwhile stops what has not been said yet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import assert_never

import msgspec

from legato.connectors.classify import Verdict
from legato.connectors.excerpt import excerpt, secrets_in
from legato.connectors.exchange.exchange import Ask, Done, Exchange, Question, Refused
from legato.connectors.terms import Terms
from legato.model.instant import Instant
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.sender import SendFault
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.result import Again, Over, Result, in_doubt, read, unheard, unsaid
from legato.runtime.lanes.way import Reach, Way

HEARD_BYTES_MAX = 16_384
"""A longer answer to a step is not kept: the step is sent again, under the same key."""
UNREAD = Reason(
    code="store.unread",
    what="nothing could be read of the person, and its purpose does not wait for that",
)


class Talk:
    """Used once. What its steps were answered is kept by the entry, for the next attempt."""

    def __init__(
        self,
        way: Way,
        reach: Reach,
        entry: Entry,
        reread: Callable[[], Awaitable[Result | None]],
    ) -> None:
        self._way = way
        self._reach = reach
        self._entry = entry
        self._reread = reread
        self._request_count = 0
        self._unfound: list[Question] = []

    async def hold(self, exchange: Exchange, now: Instant, *, terms: Terms) -> Result:
        """Ask and send until it is over."""
        step = exchange.next()
        if isinstance(step, Ask):
            self._entry.begin(now)
        is_own = False
        while isinstance(step, Ask):
            is_own = step.question is None
            try:
                said = await self._say(step)
            except SendFault as fault:
                return self._faulted(step, fault, exchange)
            if not isinstance(said, Response):
                return said
            made = exchange.made
            following = exchange.next(said)
            if exchange.made > made:
                self._accepted(step, said, is_last=not isinstance(following, Ask))
            if isinstance(following, Done) and following.verdict.kind != "accepted":
                secrets = secrets_in(self._way.spec, terms, step.request)
                self._entry.answered = excerpt(said, secrets, now)
            step = following
        match step:
            case Done():
                self._way.account.heard(step.verdict, terms)
                result = self._read(step.verdict, is_own=is_own)
            case Refused():
                result = unsaid(self._entry.delivery, step.reason)
            case _:
                assert_never(step)
        return self._concluded(result, exchange)

    async def _say(self, ask: Ask) -> Response | Result:
        """Return an answer, or what keeps the request from being made."""
        question = ask.question
        if question is not None:
            return self._reach.answers.known(question) or await self._question(ask, question)
        heard = self._entry.heard.get(_digest(ask.request)) if self._entry.heard else None
        if heard is not None:
            return heard
        if self._request_count:
            closed = await self._reread()
            if closed is not None:
                return closed
        return await self._send(ask)

    async def _question(self, ask: Ask, question: Question) -> Response:
        response = await self._reach.answers.ask(ask, question, self._send)
        self._request_count += 1  # others may have asked it: time went by all the same
        if question.key and not question.is_found(response):
            self._unfound.append(question)
        return response

    async def _send(self, ask: Ask) -> Response:
        if self._request_count:
            await self._reach.turn()  # the first one's was taken when the attempt began
        self._request_count += 1
        return await self._reach.send(self._way, ask.request)

    def _accepted(self, ask: Ask, answer: Response, *, is_last: bool) -> None:
        for question in self._unfound:
            self._reach.answers.forget(question)  # what was not there has just been made
        if not is_last and len(answer.body) <= HEARD_BYTES_MAX:
            self._entry.heard[_digest(ask.request)] = answer

    def _faulted(self, ask: Ask, fault: SendFault, exchange: Exchange) -> Result:
        is_in_doubt = fault.is_in_doubt and ask.question is None
        self._entry.may_have_arrived |= is_in_doubt
        if fault.is_permanent:
            reason = Reason(code="send.impossible", what=fault.what)
            return self._concluded(Over(outcome="failed", reason=reason), exchange)
        if is_in_doubt and self._way.is_skipped(self._entry.delivery):
            return in_doubt(fault.what, shows="fault")
        again = Again(kind="fault", reason=Reason(code="send.fault", what=fault.what))
        return self._concluded(again, exchange)

    def _read(self, verdict: Verdict, *, is_own: bool) -> Result:
        if not is_own or not verdict.is_unheard:
            return read(verdict)
        self._entry.may_have_arrived = True
        return unheard(verdict, is_skipped=self._way.is_skipped(self._entry.delivery))

    def _concluded(self, result: Result, exchange: Exchange) -> Result:
        is_accepted = isinstance(result, Over) and result.outcome == "accepted"
        if exchange.made and not is_accepted:
            self._entry.may_have_arrived = True  # a part of it has
        if is_accepted and self._entry.is_unread:
            return msgspec.structs.replace(result, reason=UNREAD)
        return result


def _digest(request: Request) -> bytes:
    """Return what tells one step from another: not when it is sent, nor how it is signed."""
    if not isinstance(request, HttpRequest):
        return blake2b(msgspec.msgpack.encode(request), digest_size=16).digest()
    digest = blake2b(f"{request.method} {request.url}\n".encode(), digest_size=16)
    digest.update(request.body)
    return digest.digest()
