"""How far an import has come: kept beside its file, shown as a bar, told at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from legato.model.noun import Noun

SHOWN_MAX = 5
"""Codes that are told at the end, each with the first row that met it."""


class Refused(Noun, frozen=True, kw_only=True):
    """A row that no rule reads, as it is written down."""

    row: int
    code: str
    why: str
    data: Mapping[str, Any]


class Seen(Noun, frozen=True, kw_only=True):
    """A reason, how often it was met, and by which row first."""

    row: int
    code: str
    what: str
    count: int = 1


class Come(Noun, frozen=True, kw_only=True):
    """How far an import has come."""

    key: str
    """Of the table and the mapping: with another of either it begins anew."""
    place: str = ""
    """Of the last row that was acknowledged."""
    rows: int = 0
    events: int = 0
    rejected: int = 0
    rejected_bytes: int = 0
    """Of the file that they are in: what a killed import wrote behind that is cut off."""
    quarantined: int = 0
    repeated: int = 0
    """Known before. Only a check is told."""
    reasons: Sequence[Seen] = ()

    def met(self, row: int, code: str, what: str) -> Come:
        """Return it with one reason more."""
        reasons = [
            msgspec.structs.replace(one, count=one.count + 1) if one.code == code else one
            for one in self.reasons
        ]
        if not any(one.code == code for one in reasons):
            reasons.append(Seen(row=row, code=code, what=what))
        return msgspec.structs.replace(self, reasons=reasons)


class Ledger:
    """The files beside an import: how far it has come, and the rows that no rule reads."""

    def __init__(self, beside: Path) -> None:
        self._progress = beside.with_name(beside.name + ".progress")
        self.rejected = beside.with_name(beside.name + ".rejected.jsonl")

    def read(self, key: str) -> Come:
        """Return how far the import of this key has come."""
        try:
            come = msgspec.json.decode(self._progress.read_bytes(), type=Come)
        except (OSError, msgspec.MsgspecError):
            return Come(key=key)
        return come if come.key == key else Come(key=key)

    def begin(self, come: Come) -> None:
        """Cut off what a killed import had written down and not counted."""
        if not come.rejected_bytes:
            self.rejected.unlink(missing_ok=True)
        elif self.rejected.exists():
            with self.rejected.open("r+b") as file:
                file.truncate(come.rejected_bytes)

    def write(self, come: Come, refused: Sequence[Refused]) -> Come:
        """Write down what no rule reads, and then how far it has come."""
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in refused)
        if lines:
            with self.rejected.open("ab") as out:
                out.write(lines)
        come = msgspec.structs.replace(come, rejected_bytes=come.rejected_bytes + len(lines))
        new = self._progress.with_name(self._progress.name + ".new")
        new.write_bytes(msgspec.json.encode(come))
        new.replace(self._progress)
        return come


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} rows/s" if speed else "")


def bar() -> Progress:
    """Return a bar with how far it is, how fast it goes and how long it will take."""
    words = TextColumn("{task.description}")
    return Progress(words, BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())


def summary(come: Come, ledger: Ledger, *, is_check: bool) -> list[str]:
    """Say what became of the rows, or would."""
    accepted = come.events - come.quarantined - come.repeated
    would = "would be " if is_check else ""
    parts = [
        f"{come.rows:,} rows: {accepted:,} events {would}accepted",
        *([f"{come.repeated:,} known before"] if come.repeated else []),
        f"{come.quarantined:,} quarantined",
        f"{come.rejected:,} rows rejected",
    ]
    lines = [", ".join(parts) + "."]
    lines += [
        f"  {one.count:,} x {one.code}, first in row {one.row:,}: {one.what}"
        for one in come.reasons[:SHOWN_MAX]
    ]
    if is_check:
        lines.append("Nothing was stored. Leave out --check to bring them in.")
        return lines
    if come.quarantined:
        lines.append("See `legato quarantine`; after a fix, `legato quarantine replay`.")
    if come.rejected:
        lines.append(f"Rows that no rule reads are in {ledger.rejected}.")
    return lines
