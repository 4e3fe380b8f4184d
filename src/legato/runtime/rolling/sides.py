"""The two that roll: notes, by way of the engine, and records, by the log's writer itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.rolling import Made, RecordRolling, Rolling, Standing
from legato.runtime.engine.dialogue import Adopt, Adopted, Answer, Question, Trim, Trimmed


class Work(Noun, frozen=True, kw_only=True):
    """What a file is to be made of: all from before an instant, or what a file has without some."""

    kind: Literal["roll", "rewrite"]
    before: Instant = 0
    at_least: int = 1
    of: Literal["notes", "records"] = "notes"
    serial: int = 0
    """Of a file of records."""


Make: TypeAlias = Callable[[Work], Awaitable[Made | None]]
"""Makes one file; None: there is nothing to be made. Raises LegatoError."""


class RollingStores(msgspec.Struct, frozen=True, kw_only=True):
    """What old notes and records are rolled with."""

    notes: Rolling
    records: RecordRolling
    make: Make
    """Makes files of them."""


class Side(Protocol):
    """What is rolled, and how. One thing is asked of it at a time."""

    async def standing(self) -> Standing: ...

    async def make(self, work: Work) -> Made | None:
        """Have a file made. Raises LegatoError, and then nothing has changed."""
        ...

    async def adopt(self, made: Made) -> bool:
        """Take it in; False: what it was made of has changed."""
        ...

    async def trim(self) -> bool:
        """Delete some of what is in files by now; True while more is left."""
        ...

    async def sweep(self) -> None:
        """Delete what the process of a killed Legato has left behind; nothing is being made."""
        ...


class NotesSide:
    """Of the state file, whose only writer is the engine."""

    def __init__(
        self, rolling: Rolling, make: Make, ask: Callable[[Question], Awaitable[Answer]]
    ) -> None:
        self._rolling = rolling
        self._make = make
        self._ask = ask

    async def standing(self) -> Standing:
        return await asyncio.to_thread(self._rolling.standing)

    async def make(self, work: Work) -> Made | None:
        return await self._make(work)

    async def adopt(self, made: Made) -> bool:
        answer = await self._ask(Adopt(made))
        assert isinstance(answer, Adopted)
        return answer.is_taken

    async def trim(self) -> bool:
        answer = await self._ask(Trim())
        assert isinstance(answer, Trimmed)
        return answer.is_more

    async def sweep(self) -> None:
        return  # the engine does so when it starts, and with every file


class RecordsSide:
    """Of the log, whose only writer is this process."""

    def __init__(self, rolling: RecordRolling, make: Make) -> None:
        self._rolling = rolling
        self._make = make

    async def standing(self) -> Standing:
        return await asyncio.to_thread(self._rolling.standing)

    async def make(self, work: Work) -> Made | None:
        serial = await asyncio.to_thread(self._rolling.begin)
        made = None
        try:
            made = await self._make(replace(work, of="records", serial=serial))
        finally:
            if made is None:
                await asyncio.to_thread(self._rolling.give_up)
        return made

    async def adopt(self, made: Made) -> bool:
        return await asyncio.to_thread(self._rolling.adopt, made)

    async def trim(self) -> bool:
        return await asyncio.to_thread(self._rolling.trim)

    async def sweep(self) -> None:
        await asyncio.to_thread(self._rolling.give_up)
