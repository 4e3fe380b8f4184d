"""Which line of the ledger holds."""

from __future__ import annotations

from legato.model.consent import Consent


def newer_consent(one: Consent | None, other: Consent) -> Consent:
    """Return the newer line of the ledger; of two at one instant, the denial."""
    if one is None or one.at < other.at:
        return other
    if one.at > other.at:
        return one
    return max(one, other, key=lambda line: (not line.is_granted, line.event_id))


def stricter(everywhere: Consent | None, here: Consent | None) -> Consent | None:
    """Of two lines that both speak, a newer one for this channel wins; on a tie, the denial."""
    if everywhere is None or here is None:
        return everywhere or here
    if everywhere.at == here.at:
        return everywhere if not everywhere.is_granted else here
    return everywhere if everywhere.at > here.at else here
