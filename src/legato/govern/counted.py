"""Things that happen too often for an entry each: the first of a minute, then how many more.

The first goes on record before it is done, like anything else. So what a crash can lose is how
often it happened within its last minute, never that it did.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TypeAlias

import msgspec
from msgspec import structs

from legato.model.problem import LegatoError
from legato.ports.audit import Audit, AuditEntry

WINDOW_SECONDS = 60.0
WINDOWS_MAX = 1_000
"""Different things counted at a time; beyond it they are counted by what was done alone, so that
guesses from a million addresses fill neither the memory nor the disk."""
OTHERS = "others"

_Key: TypeAlias = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


class _Window(msgspec.Struct):
    entry: AuditEntry
    timer: asyncio.TimerHandle
    more: int = 0


class Counted:
    """Entries alike within a minute, counted. On the loop."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._windows: dict[_Key, _Window] = {}
        self._endings: dict[asyncio.Task[None], _Key] = {}

    async def count(self, entry: AuditEntry) -> None:
        """Put an entry on record, or count it where one like it is less than a minute old.

        Raises LegatoError as `Audit.record` does.
        """
        key = _key(entry)
        if key not in self._windows and len(self._windows) >= WINDOWS_MAX:
            entry = structs.replace(entry, actor=OTHERS, subject=OTHERS, detail={})
            key = _key(entry)
        if key in self._windows:
            self._windows[key].more += 1
            return
        await self._audit.record(entry)
        # Another like it may have been on its way at the same time: it has opened the window.
        if key not in self._windows:
            timer = asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._end_beside, key)
            self._windows[key] = _Window(entry, timer)

    async def close(self) -> None:
        """Put what was counted on record. Idempotent."""
        ends = [self._end(key) for key in list(self._windows)]
        await asyncio.gather(*ends, *self._endings)

    def _end_beside(self, key: _Key) -> None:
        ending = asyncio.create_task(self._end(key))
        self._endings[ending] = key
        ending.add_done_callback(self._endings.pop)

    async def _end(self, key: _Key) -> None:
        window = self._windows.pop(key, None)
        if window is None:
            return
        window.timer.cancel()
        if window.more:
            detail = {**window.entry.detail, "more_within_the_minute": str(window.more)}
            # Where the disk is full: that it happened is on record, how often is lost.
            with suppress(LegatoError):
                await self._audit.record(structs.replace(window.entry, detail=detail))


def _key(entry: AuditEntry) -> _Key:
    return (
        entry.actor,
        entry.action,
        entry.subject,
        entry.outcome,
        tuple(sorted(entry.detail.items())),
    )
