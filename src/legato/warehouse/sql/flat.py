"""One note as a row: what most questions ask for has a column, all of it is in `detail`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.model.note import AudienceChanged, Decided, Note
from legato.model.problem import Reason

_PLAIN = (
    *("name", "journey", "step", "message", "channel", "verdict", "outcome"),
    *("delivery_id", "enrollment_id", "event_id", "segment", "is_member", "purpose", "is_granted"),
    *("destination",),
)
"""Fields that several kinds of note have under one name."""
_OTHERWISE: Mapping[str, str] = {"kind": "name", "to_step": "step", "attempt_count": "attempts"}
"""Field -> the column for it."""


def flat(note: Note) -> dict[str, Any]:
    """Return the columns that a note has something for."""
    row: dict[str, Any] = {"kind": str(note.__struct_config__.tag)}
    for name in _PLAIN:
        value = getattr(note, name, None)
        if value not in (None, ""):
            row[name] = value
    for field, column in _OTHERWISE.items():
        value = getattr(note, field, None)
        if value not in (None, ""):
            row[column] = value
    reason = getattr(note, "reason", None)
    if isinstance(reason, Reason):
        row |= {"reason_code": reason.code, "reason": reason.what}
    if isinstance(note, Decided):
        row["cost"] = _cost(note)
    elif isinstance(note, AudienceChanged):
        row["name"] = note.audience
    return row


def _cost(note: Decided) -> str | None:
    """Return what the chosen channel costs, as a decimal."""
    for candidate in note.candidates:
        if candidate.channel == note.channel and note.verdict != "refuse":
            return f"{candidate.cost_micros // 1_000_000}.{candidate.cost_micros % 1_000_000:06d}"
    return None
