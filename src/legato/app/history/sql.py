"""Asking in SQL: each query in a process of its own, with an end, and on record."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from legato.app.audit import AuditBook
from legato.core.privacy.mask import Sight
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.stores.folder import Folder, wait_for_engine
from legato.stores.govern.schema import open_govern
from legato.transports.clock import SystemClock

SECONDS_MAX = 45.0
"""How long a query may take: less than a client of the API waits."""
AT_ONCE = 2
"""Queries that run at one time; each may take a processor and 2 GB."""
ROWS_MAX = 100_000
"""Rows of an answer."""


class Table(Noun, frozen=True, kw_only=True):
    """What a query gives."""

    columns: tuple[tuple[str, str], ...]
    """Names and types."""
    rows: Sequence[Sequence[Any]]
    is_cut: bool = False
    """There are more rows than were asked for."""
    tables: tuple[str, ...] = ()
    """That were read."""
    took: int = 0
    """In microseconds."""


class Mistaken(Exception):  # noqa: N818 - of whoever asked
    """A query cannot be answered as it is."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class _Answered(Noun, frozen=True, kw_only=True):
    """What the query's process says; see legato.query."""

    answer: Table | None = None
    mistake: str = ""
    failure: str = ""
    fix: str = ""


class Queries:
    """Those of a running app. Everything is called on the loop."""

    def __init__(self, folder: Path, audit: Audit) -> None:
        self._folder = folder
        self._audit = audit
        self._running = 0

    async def ask(self, query: str, *, sight: Sight, rows_max: int, by: str) -> Table:
        """Answer a query, and put it on record. Raises Mistaken, or LegatoError."""
        if self._running >= AT_ONCE:
            raise LegatoError(
                f"{AT_ONCE} queries are being answered already.",
                fix="Ask again when one of them has ended.",
                can_retry=True,
            )
        self._running += 1
        try:
            table = await _answer(self._folder, query, sight=sight, rows_max=rows_max)
        finally:
            self._running -= 1
        await self._audit.record(
            AuditEntry(
                actor=by,
                action="sql.query",
                subject=name_of(query),
                detail={
                    "tables": ", ".join(table.tables),
                    "row_count": str(len(table.rows)),
                    "sight": sight,
                },
            )
        )
        return table


def name_of(query: str) -> str:
    """Name a query for the audit, which must not hold what may stand in it."""
    return f"query {blake2b(query.encode(), digest_size=8).hexdigest()}"


async def ask_offline(folder: Path, query: str, *, reason: str, rows_max: int) -> Table:
    """Answer a query over the data folder of a workspace that is stopped.

    Raises Mistaken, or LegatoError: also where the folder is in use.
    """
    if not (folder / "state.db").exists():
        raise LegatoError(
            f"{folder} holds no data of a workspace.",
            fix="Point to a data folder with --data DIR, or start Legato with `legato up`.",
        )
    held = Folder(folder)
    try:
        wait_for_engine(folder)
        async with _audit_of(folder, SystemClock()) as audit:
            if reason:
                entry = AuditEntry(
                    actor="system",
                    action="sql.reveal",
                    subject=name_of(query),
                    detail={"reason": reason, "route": "legato sql, offline"},
                )
                await audit.record(entry)
            queries = Queries(folder, audit)
            sight: Sight = "whole" if reason else "masked"
            return await queries.ask(query, sight=sight, rows_max=rows_max, by="system")
    finally:
        held.close()


@contextlib.asynccontextmanager
async def _audit_of(folder: Path, clock: Clock) -> AsyncGenerator[AuditBook]:
    file = open_govern(folder)
    audit = AuditBook(file, folder, clock)
    audit.start()
    try:
        yield audit
    finally:
        await audit.stop()
        file.close()


async def _answer(folder: Path, query: str, *, sight: Sight, rows_max: int) -> Table:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "legato.query", str(folder), str(SECONDS_MAX)),
        stdin=PIPE,
        stdout=PIPE,
    )
    inquiry = msgspec.json.encode({"query": query, "sight": sight, "rows_max": rows_max})
    try:
        async with asyncio.timeout(SECONDS_MAX):
            data, _ = await process.communicate(inquiry)
    except TimeoutError:
        raise Mistaken(
            f"The query took longer than {SECONDS_MAX:.0f} seconds and was ended.",
            "Ask for fewer columns or for a shorter time.",
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise LegatoError(
            "The process of the query ended without an answer.",
            fix="Ask for less at once; it may have been ended for want of memory.",
        )
    found = msgspec.json.decode(data, type=_Answered)
    if found.mistake:
        raise Mistaken(found.mistake, found.fix)
    if found.answer is None:
        raise LegatoError(found.failure, fix=found.fix)
    return found.answer
