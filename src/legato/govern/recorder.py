"""The recorder: puts entries on the audit chain, and nobody goes on before theirs is on disk.

Callers wait on the loop. One thread takes everything that waits, links it to the chain and appends
it with one fsync, so that a thousand entries a second cost some fsyncs and not a thousand. Then it
notes the head of the chain in the anchor, at most once in ANCHOR_SECONDS; always after the entries
are on disk, so that an anchor ahead of the chain can only mean that entries were taken away.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

import msgspec

from legato.govern.chain import head_of, link
from legato.model.instant import Instant
from legato.model.problem import LegatoError
from legato.ports.audit import Anchor, AuditEntry, AuditRow, AuditStore
from legato.ports.clock import Clock

GROUP_ENTRIES_MAX = 1_000
GROUP_SECONDS = 0.01
"""Between two groups under load: a hundred fsyncs a second at most. One entry alone never waits."""
ANCHOR_SECONDS = 1.0
"""How much of the newest a cut may take unseen; an fsync more for each group would cost more."""
WAITING_MAX = 20_000
"""Entries that may wait while one slow fsync lasts; more are refused, and what they were for."""


class _Waiting(msgspec.Struct, frozen=True):
    entry: AuditEntry
    at: Instant
    loop: asyncio.AbstractEventLoop
    stored: asyncio.Future[None]


class Recorder:
    """ports.audit.Audit over a store."""

    def __init__(self, store: AuditStore, anchor: Anchor, clock: Clock) -> None:
        self._store = store
        self._anchor = anchor
        self._clock = clock
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._is_open = False
        self._last: AuditRow | None = None
        self._anchored: AuditRow | None = None

    def start(self) -> None:
        """Open. Raises LegatoError when the store cannot be read."""
        self._last = self._store.last()
        self._is_open = True
        self._thread.start()

    async def record(self, entry: AuditEntry) -> None:
        """Store an entry; see ports.audit."""
        if not self._is_open or self._queue.qsize() >= WAITING_MAX:
            raise _unstorable("it is stopping" if not self._is_open else "too many wait")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._queue.put(_Waiting(entry, self._clock.now(), loop, stored))
        await stored

    async def close(self) -> None:
        """Store what waits, note the head, and take nothing more. Idempotent."""
        if self._is_open:
            self._is_open = False
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        is_open, anchored_at = True, -ANCHOR_SECONDS
        while is_open:
            began = time.monotonic()
            group, is_open = self._gather(anchored_at)
            if group:
                self._append(group)
            now = time.monotonic()
            if self._last is not self._anchored and (
                not is_open or now - anchored_at >= ANCHOR_SECONDS
            ):
                self._note_head()
                anchored_at = now
            if group and is_open:
                time.sleep(max(began + GROUP_SECONDS - now, 0))

    def _gather(self, anchored_at: float) -> tuple[list[_Waiting], bool]:
        """Return what waits; sleeps until something does, or the head is to be noted."""
        wait = None
        if self._last is not self._anchored:
            wait = max(anchored_at + ANCHOR_SECONDS - time.monotonic(), 0)
        try:
            first = self._queue.get(timeout=wait)
        except Empty:
            return [], True
        group: list[_Waiting] = []
        while first is not None:
            group.append(first)
            if len(group) == GROUP_ENTRIES_MAX:
                return group, True
            try:
                first = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _append(self, group: Sequence[_Waiting]) -> None:
        try:
            # An append that seemed to fail may have reached the disk: what is there is a fact.
            self._last = self._store.last()
            rows = self._linked(group)
            self._store.append(rows)
        except Exception as error:  # noqa: BLE001 - the thread's entry: it must outlive any fault
            self._answer(group, error)
            return
        self._last = rows[-1]
        self._answer(group, None)

    def _linked(self, group: Sequence[_Waiting]) -> list[AuditRow]:
        head = head_of(self._last)
        number, digest = head.number, bytes.fromhex(head.digest)
        rows: list[AuditRow] = []
        for waiting in group:
            number += 1
            row = link(digest, number=number, at=waiting.at, entry=waiting.entry)
            digest = row.digest
            rows.append(row)
        return rows

    def _note_head(self) -> None:
        # The entries are stored; an older head is still one that the chain must contain.
        with suppress(LegatoError):
            self._anchor.write(head_of(self._last))
        self._anchored = self._last

    def _answer(self, group: Sequence[_Waiting], error: Exception | None) -> None:
        for waiting in group:
            try:
                waiting.loop.call_soon_threadsafe(_settle, waiting.stored, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return


def _settle(stored: asyncio.Future[None], error: Exception | None) -> None:
    if stored.done():  # whoever waited has gone
        return
    if error is None:
        stored.set_result(None)
        return
    failure = error if isinstance(error, LegatoError) else _unstorable(type(error).__name__)
    stored.set_exception(failure)


def _unstorable(why: str) -> LegatoError:
    return LegatoError(
        f"The audit cannot take an entry now ({why}), so what it was for is not done.",
        fix="Try again; if it stays so, look at `legato status` and the disk.",
        can_retry=True,
    )
