"""What a destination said when it was asked, for as long as its manifest lets it be remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from legato.connectors.exchange.exchange import Ask, Question
from legato.model.instant import SECOND
from legato.model.wire import Response

KEPT_MAX = 10_000
"""Answers of one lane; the oldest are forgotten first."""
BYTES_MAX = 16_384
"""A longer answer is asked for again."""

Send: TypeAlias = Callable[[Ask], Awaitable[Response]]


class Answers:
    """One lane's. What several deliveries ask at once is asked once."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Response]] = {}
        self._asked: dict[str, asyncio.Future[Response]] = {}

    def known(self, question: Question) -> Response | None:
        """Return what is remembered, if anything is."""
        until, response = self._kept.get(question.key, (0.0, None))
        return response if until > asyncio.get_running_loop().time() else None

    async def of(self, ask: Ask, send: Send) -> Response:
        """Return what is remembered, or ask. Raises SendFault, as `send` does."""
        question = ask.question
        assert question is not None
        return self.known(question) or await self.ask(ask, question, send)

    async def ask(self, ask: Ask, question: Question, send: Send) -> Response:
        """Ask, or wait for the same question of another. Raises SendFault, as `send` does."""
        key = question.key
        if not key:
            return await send(ask)
        under_way = self._asked.get(key)
        if under_way is None:
            under_way = asyncio.ensure_future(send(ask))
            self._asked[key] = under_way
            under_way.add_done_callback(lambda _: self._asked.pop(key, None))
        response = await asyncio.shield(under_way)
        self._keep(question, response)
        return response

    def forget(self, question: Question) -> None:
        """Forget an answer: what was asked about has changed since."""
        self._kept.pop(question.key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _keep(self, question: Question, response: Response) -> None:
        seconds = question.keep_for(response) / SECOND
        if seconds <= 0 or len(response.body) > BYTES_MAX:
            return
        self._kept.pop(question.key, None)
        self._kept[question.key] = (asyncio.get_running_loop().time() + seconds, response)
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
