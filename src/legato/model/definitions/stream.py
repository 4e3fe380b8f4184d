"""Which events a destination gets, and for what."""

from __future__ import annotations

from typing import Literal

from legato.model.noun import Noun
from legato.model.rule import Rule


class Stream(Noun, frozen=True, kw_only=True):
    """What of all that people do is handed on to one destination, as it happens."""

    purpose: str
    """For what the destination is given it: whoever has to agree to that is asked."""
    only: tuple[str, ...] = ()
    """Events, by name; empty: all, but those of `apart_from`."""
    apart_from: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Kinds of calls: `track`, `identify`, ...; empty: every kind."""
    sources: tuple[str, ...] = ()
    """Where they come from; empty: from anywhere."""
    when: Rule | None = None
    without: tuple[str, ...] = ()
    """Properties and traits that are never handed on."""
    late: Literal["forward", "drop"] = "forward"
    """What becomes of an event that came later than the workspace's `lateness`."""
    unchanged: Literal["forward", "drop"] = "forward"
    """What becomes of an identify or group call that says what the last one said."""
