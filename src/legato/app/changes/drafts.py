"""The app's drafts: saved as people work, by one state at a time, and proposed as changes."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.govern.access.denial import Denial
from legato.govern.drafts.draft import KeptDraft, Overlay, moved_files, seen_now
from legato.model.noun import Noun, to_bytes
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.ports.drafts import DraftRow, DraftStore

DRAFTS_MAX = 500
"""Drafts at one time: people look through them."""
_DRAFT = msgspec.msgpack.Decoder(KeptDraft)
_Texts: TypeAlias = dict[str, str | None]
_TEXTS: msgspec.json.Decoder[_Texts | tuple[_Texts, _Texts]] = msgspec.json.Decoder(
    _Texts | tuple[_Texts, _Texts]
)
"""A draft's texts, and the running ones that they were made from; older ones have the first."""


class Home(Protocol):
    """What drafts need of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def audit(self) -> Audit: ...

    def texts(self) -> Mapping[str, str]:
        """Return the texts that the active plan is of."""
        ...


class Whole(Noun, frozen=True, kw_only=True):
    """A draft with its texts, and how it stands to what runs."""

    draft: KeptDraft
    files: Overlay
    was: Overlay
    """The running texts that its files were made from; null: there was none."""
    moved: tuple[str, ...]
    """Its files of which another text runs since."""


class Save(Noun, frozen=True, kw_only=True):
    """A draft as somebody wants it kept."""

    name: str
    title: str
    journey: str
    base: str
    """The plan that the texts were made from."""
    files: Overlay


class Clash(Exception):  # noqa: N818 - an answer, not a fault
    """Another state is kept than the one that was to be replaced; raised before anything is."""

    def __init__(self, theirs: Whole | None) -> None:
        super().__init__("clash")
        self.theirs = theirs


class Drafts:
    """One of a running app. Everything is called on the loop."""

    def __init__(self, home: Home, store: DraftStore) -> None:
        self._home = home
        self._store = store
        self._saving = asyncio.Lock()

    async def list(self) -> list[KeptDraft]:
        """Return all drafts by name."""
        rows = await asyncio.to_thread(self._store.all)
        return [_DRAFT.decode(row) for row in rows]

    async def get(self, name: str) -> Whole:
        """Return a draft. Raises Denial."""
        whole = await self._found(name)
        if whole is None:
            raise Denial(
                "missing", "draft.unknown", "There is no such draft.", fix="See GET /api/drafts."
            )
        return whole

    async def save(self, wanted: Save, *, by: str, running: str, match: str) -> Whole:
        """Keep a draft in place of the state that `match` names; empty: it begins.

        `running`: the digest of the running plan. Raises Clash or Denial.
        """
        async with self._saving:
            before = await self._found(wanted.name)
            if (before.draft.etag if before is not None else "") != match:
                raise Clash(before)
            if before is None and len(await self.list()) >= DRAFTS_MAX:
                raise Denial(
                    "taken",
                    "draft.too_many",
                    f"{DRAFTS_MAX} drafts are kept already.",
                    fix="Propose or delete some.",
                )
            draft = self._saved(before, wanted, by=by, running=running)
            if before is None or before.draft.saved_by != by:
                await self._record(by, "begin" if before is None else "save", draft)
            whole = self._whole(draft, wanted.files, self._was(before, wanted, running=running))
            await self._keep(whole)
            return whole

    async def remove(self, name: str, *, by: str, match: str) -> None:
        """Delete a draft in the state that `match` names; empty: in any. Raises Clash or Denial."""
        async with self._saving:
            before = await self.get(name)
            if match not in ("", before.draft.etag):
                raise Clash(before)
            await self._record(by, "delete", before.draft)
            await asyncio.to_thread(self._store.remove, name)

    async def note_proposed(self, name: str, *, by: str, change: int) -> None:
        """Remember as which change a draft was proposed."""
        async with self._saving:
            before = await self._found(name)
            if before is not None:
                draft = replace(before.draft, change=change)
                await self._record(by, "propose", draft)
                await self._keep(replace(before, draft=draft))

    # -- Helpers ---------------------------------------------------------------------------------

    def _saved(self, before: Whole | None, wanted: Save, *, by: str, running: str) -> KeptDraft:
        now, seen = self._home.clock.now(), seen_now(wanted.files, self._home.texts())
        old = before.draft if before is not None else None
        if old is not None and wanted.base != running:
            # Made from what ran before: what its files were made from is as it was.
            seen = {**seen, **{file: old.seen[file] for file in seen if file in old.seen}}
        return KeptDraft(
            name=wanted.name,
            title=wanted.title,
            journey=wanted.journey,
            base=wanted.base,
            seen=seen,
            revision=old.revision + 1 if old is not None else 1,
            begun_at=old.begun_at if old is not None else now,
            begun_by=old.begun_by if old is not None else by,
            saved_at=now,
            saved_by=by,
            change=old.change if old is not None else 0,
        )

    def _was(self, before: Whole | None, wanted: Save, *, running: str) -> Overlay:
        texts = self._home.texts()
        now = {file: texts.get(file) for file in wanted.files}
        if before is None or wanted.base == running:
            return now
        return {**now, **{file: text for file, text in before.was.items() if file in now}}

    def _whole(self, draft: KeptDraft, files: Overlay, was: Overlay) -> Whole:
        moved = moved_files(draft, self._home.texts())
        return Whole(draft=draft, files=files, was=was, moved=moved)

    async def _found(self, name: str) -> Whole | None:
        row = await asyncio.to_thread(self._store.get, name)
        if row is None:
            return None
        texts = _TEXTS.decode(zlib.decompress(row.files))
        nothing: _Texts = {}
        files, was = texts if isinstance(texts, tuple) else (texts, nothing)
        return self._whole(_DRAFT.decode(row.value), files, was)

    async def _keep(self, whole: Whole) -> None:
        both = msgspec.json.encode((whole.files, whole.was), order="deterministic")
        value = to_bytes(whole.draft)
        row = DraftRow(name=whole.draft.name, value=value, files=zlib.compress(both))
        await asyncio.to_thread(self._store.put, row)

    async def _record(self, actor: str, verb: str, draft: KeptDraft) -> None:
        detail = {"revision": str(draft.revision), "base": draft.base}
        if draft.change:
            detail["change"] = str(draft.change)
        entry = AuditEntry(
            actor=actor, action=f"draft.{verb}", subject=f"draft:{draft.name}", detail=detail
        )
        await self._home.audit.record(entry)
