"""A draft: texts that somebody works on, over the running ones, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from legato.model.ids import digest
from legato.model.instant import Instant
from legato.model.noun import Noun

Overlay: TypeAlias = Mapping[str, str | None]
"""Path of a file -> its text in place of the running one; null: without the file."""


class KeptDraft(Noun, frozen=True, kw_only=True):
    """What is known of a draft beside its texts."""

    name: str
    title: str
    journey: str
    """Which journey it is about; empty: none in particular."""
    base: str
    """The plan that ran when its texts were last made from the running ones."""
    seen: Mapping[str, str]
    """File -> digest of the running text that its own was made from; empty: there was none."""
    revision: int
    begun_at: Instant
    begun_by: str
    saved_at: Instant
    saved_by: str
    change: int = 0
    """The change request that it was last proposed as."""

    @property
    def etag(self) -> str:
        """Name this very state of it; a draft of the same name begun anew has others."""
        return f'"{self.begun_at}.{self.revision}"'


def seen_now(overlay: Overlay, running: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the running texts of a draft's files are."""
    return {file: _digest_of(running.get(file)) for file in overlay}


def moved_files(draft: KeptDraft, running: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files of a draft whose running text is another than its own was made from."""
    return tuple(file for file, seen in draft.seen.items() if _digest_of(running.get(file)) != seen)


def _digest_of(text: str | None) -> str:
    return "" if text is None else digest(text.encode())
