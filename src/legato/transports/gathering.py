"""What is sent to one place within a moment travels together; each gets an answer of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeAlias, TypeVar

from legato.model.noun import Noun
from legato.model.wire import Response
from legato.ports.sender import SendFault

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Answer: TypeAlias = Response | SendFault
_Waiting: TypeAlias = "asyncio.Future[Response]"


class Bounds(Noun, frozen=True, kw_only=True):
    """When what waits goes."""

    seconds: float
    """After the first came."""
    items: int
    room: int = 0
    """The sum of their sizes; 0: it does not matter."""


class _Load(Generic[Item]):
    """What waits for one place."""

    def __init__(self) -> None:
        self.items: list[tuple[Item, _Waiting]] = []
        self.size = 0
        self.timer: asyncio.TimerHandle | None = None


class Gathering(Generic[Key, Item]):
    """Begun by the first item for a place; gone when it is full, or when its time is over."""

    def __init__(self, carry: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._carry = carry
        """Gives an answer for each, in order, or raises one fault for all."""
        self._loads: dict[Key, _Load[Item]] = {}
        self._under_way: dict[asyncio.Task[None], None] = {}

    async def add(self, key: Key, item: Item, bounds: Bounds, *, size: int = 0) -> Response:
        """Wait for the answer."""
        loop = asyncio.get_running_loop()
        load = self._loads.get(key)
        if load is not None and bounds.room and load.size + size > bounds.room:
            self._go(key, load)
            load = None
        if load is None:
            load = self._loads[key] = _Load()
            load.timer = loop.call_later(bounds.seconds, self._go, key, load)
        answer: _Waiting = loop.create_future()
        load.items.append((item, answer))
        load.size += size
        if len(load.items) >= bounds.items or 0 < bounds.room <= load.size:
            self._go(key, load)
        return await answer

    async def close(self) -> None:
        """Let go what waits, and wait for its answers."""
        for key, load in list(self._loads.items()):
            self._go(key, load)
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _go(self, key: Key, load: _Load[Item]) -> None:
        if load.timer is not None:
            load.timer.cancel()
        del self._loads[key]
        task = asyncio.get_running_loop().create_task(self._deliver(key, load.items))
        self._under_way[task] = None
        task.add_done_callback(self._under_way.pop)

    async def _deliver(self, key: Key, items: Sequence[tuple[Item, _Waiting]]) -> None:
        going = [one for one in items if not one[1].done()]  # others were cancelled meanwhile
        if not going:
            return
        answers: Sequence[Answer | BaseException]
        try:
            answers = await self._carry(key, [item for item, _ in going])
        except BaseException as error:  # noqa: BLE001 - whatever it is, those who wait are told
            answers = [error] * len(going)
        for (_, waiting), answer in zip(going, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Response):
                waiting.set_result(answer)
            else:
                waiting.set_exception(answer)
