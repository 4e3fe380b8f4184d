"""The app's audit: put things on record, read them back, and check that nobody has meddled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from legato.govern.chain import START, entry_of, follow, head_of
from legato.govern.counted import Counted
from legato.govern.recorder import Recorder
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.model.problem import LegatoError
from legato.plan.diff import compare
from legato.ports.audit import EVERYTHING, AuditEntry, AuditQuestion, AuditStore, Head
from legato.ports.clock import Clock
from legato.stores.govern.audit import AnchorFile, SqliteAudit, address_salt
from legato.stores.govern.schema import FILE_NAME, open_govern
from legato.stores.sqlite.file import SqliteFile

VERIFY_ROWS = 10_000
CHANGES_MAX = 200
"""Definitions of one change that are named; the two digests say the rest."""
PLAN_APPLY = "plan.apply"


class Recorded(Noun, frozen=True, kw_only=True):
    """An entry of the audit, read back."""

    number: int
    at: Instant
    entry: AuditEntry
    digest: str


class Verdict(Noun, frozen=True, kw_only=True):
    """What checking the audit has found."""

    head: Head
    """Up to here it is as it was written."""
    anchor: Head | None
    """What was noted apart from it."""
    broken: int | None = None
    """The first number that is changed, missing or out of place."""
    is_cut: bool = False
    """The chain holds, and does not contain what was noted: its end was taken away or replaced."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.broken is None and not self.is_cut


class AuditBook:
    """ports.audit.Audit of a running app."""

    def __init__(self, file: SqliteFile, folder: Path, clock: Clock) -> None:
        self._store = SqliteAudit(file)
        self._recorder = Recorder(self._store, AnchorFile(folder), clock)
        self._counted = Counted(self._recorder)
        self._salt = address_salt(folder)

    def start(self) -> None:
        """Begin to take entries. Raises LegatoError."""
        self._recorder.start()

    async def record(self, entry: AuditEntry) -> None:
        """Store an entry; it is on the disk when this returns. See ports.audit."""
        await self._recorder.record(entry)

    async def count(self, entry: AuditEntry) -> None:
        """Store the first such entry of a minute as `record` does, and how many more came."""
        await self._counted.count(entry)

    def address_digest(self, address: str) -> str:
        """Return what stands for a network address: the same for the same one, in this folder."""
        return blake2b(address.encode(), key=self._salt, digest_size=8).hexdigest()

    async def note_plan(self, before: Plan, after: Plan, *, actor: str) -> None:
        """Record that a plan took the place of another."""
        entry = await asyncio.to_thread(_plan_entry, before, after, actor)
        await self.record(entry)

    async def note_plan_found(self, plan: Plan) -> None:
        """Record the plan of a start, unless the audit has it as the one applied last.

        A process may die between a change and its entry, and state may be put in place by hand.
        """
        question = AuditQuestion(action=PLAN_APPLY, is_newest_first=True)
        rows = await asyncio.to_thread(self.read, 0, 1, question)
        if not rows or rows[0].entry.subject != plan_digest(plan):
            detail = {"found": "at the start"}
            entry = AuditEntry(
                actor="system", action=PLAN_APPLY, subject=plan_digest(plan), detail=detail
            )
            await self.record(entry)

    async def note_removed(self, thing: str, record_count: int) -> None:
        """Record that what was retired for long enough is gone from every record."""
        detail = {"record_count": str(record_count)}
        await self.record(
            AuditEntry(actor="system", action="retired.remove", subject=thing, detail=detail)
        )

    def read(self, after: int, limit: int, question: AuditQuestion = EVERYTHING) -> list[Recorded]:
        """Return a page of entries; see ports.audit. For a thread."""
        return [
            Recorded(number=row.number, at=row.at, entry=entry_of(row), digest=row.digest.hex())
            for row in self._store.read(after, limit, question)
        ]

    def head(self) -> Head:
        """Return how far the audit goes, to be noted elsewhere. For a thread."""
        return head_of(self._store.last())

    async def stop(self) -> None:
        """Store what waits and take nothing more. Idempotent."""
        await self._counted.close()
        await self._recorder.close()


def _plan_entry(before: Plan, after: Plan, actor: str) -> AuditEntry:
    changes = [f"{each.action} {each.family} {each.name}" for each in compare(before, after, {})]
    named = changes[:CHANGES_MAX]
    if len(changes) > CHANGES_MAX:
        named.append(f"and {len(changes) - CHANGES_MAX} more")
    detail = {
        "before": plan_digest(before),
        "change_count": str(len(changes)),
        "changes": "; ".join(named),
    }
    return AuditEntry(actor=actor, action=PLAN_APPLY, subject=plan_digest(after), detail=detail)


def verify_audit(
    folder: Path,
    *,
    noted: Head | None = None,
    see: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verdict:
    """Recompute the audit of a data folder, which may be in use; `see` is told how far it is.

    `noted` is a head that somebody kept, in place of the anchor beside the file.
    """
    if not (folder / FILE_NAME).exists():
        raise LegatoError(
            f"There is no audit in {folder}.",
            fix="Name the data folder of a workspace: `legato audit verify --data DIR`.",
        )
    # Read before the chain: what is recorded meanwhile must not look like a cut.
    anchor = noted or AnchorFile(folder).read()
    file = open_govern(folder, is_writer=False)
    try:
        return _verify(SqliteAudit(file), anchor, see)
    finally:
        file.close()


def _verify(store: AuditStore, anchor: Head | None, see: Callable[[int, int], None]) -> Verdict:
    last = head_of(store.last()).number
    head = START
    while rows := store.read(head.number, VERIFY_ROWS):
        followed = follow(head, rows)
        head = followed.head
        if followed.broken is not None:
            return Verdict(head=head, anchor=anchor, broken=followed.broken)
        see(head.number, max(last, head.number))
    is_cut = anchor is not None and not _contains(store, anchor)
    return Verdict(head=head, anchor=anchor, is_cut=is_cut)


def _contains(store: AuditStore, anchor: Head) -> bool:
    if anchor.number == 0:
        return True
    rows = store.read(anchor.number - 1, 1)
    return bool(rows) and head_of(rows[0]) == anchor
