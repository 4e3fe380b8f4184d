"""Finds anything from one text: what the running plan defines, and people by any identifier."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from legato.insight.finding.index import EXACT, FoundThing, Index
from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.connecting.texts import definitions_in


class FoundPage(Noun, frozen=True, kw_only=True):
    """Some of what was found, the best first."""

    found: tuple[FoundThing, ...]
    is_more: bool
    """Behind these there are others."""


class Home(Protocol):
    """What it needs of the app."""

    def plan(self) -> Plan:
        """Return the active plan."""
        ...

    def texts(self) -> Mapping[str, str]:
        """Return the texts that it is of."""
        ...

    async def find(self, text: str) -> PersonId | None:
        """Return whom an identifier leads to."""
        ...


class Finder:
    """Of a running app. On the loop; looks through the index beside it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._plan: Plan | None = None
        self._index: Index | None = None
        self._indexing = asyncio.Lock()

    async def find(self, text: str, *, offset: int, limit: int) -> FoundPage:
        """Return things that meet a text; whom it identifies stands before them."""
        people: list[FoundThing] = []
        person = await self._home.find(text.strip()) if text.strip() else None
        if person is not None:
            people.append(FoundThing(kind="person", name=person, title="", about="", rank=EXACT))
        index = await self._present()
        found = [*people, *await asyncio.to_thread(index.find, text, offset + limit + 1)]
        page = tuple(found[offset : offset + limit])
        return FoundPage(found=page, is_more=len(found) > offset + limit)

    async def _present(self) -> Index:
        """Return the index of the active plan, made once for it."""
        async with self._indexing:
            plan = self._home.plan()
            if self._index is None or self._plan is not plan:
                self._index = await asyncio.to_thread(_made, plan, self._home.texts())
                self._plan = plan
            return self._index


def _made(plan: Plan, texts: Mapping[str, str]) -> Index:
    written = definitions_in(texts, "destination")
    return Index(plan, {one.name: str(one.fields.get("title", "")) for one in written})
