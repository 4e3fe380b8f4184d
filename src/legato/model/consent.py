"""Consent: a person's yes or no to one purpose in one channel, and the bases of lawfulness."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.ids import EventId
from legato.model.instant import Instant
from legato.model.noun import Noun

LegalBasis: TypeAlias = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]

EVERY_CHANNEL = "*"


class Consent(Noun, frozen=True, kw_only=True, array_like=True):
    """One line of the ledger. The newest by `at` holds; on a tie, the denial."""

    is_granted: bool
    at: Instant
    source: str
    event_id: EventId
    """The event that said so: the evidence is in the log under this id."""
    wording: str = ""


def ledger_key(purpose: str, channel: str) -> str:
    """Name the line of the ledger for a purpose in a channel (or EVERY_CHANNEL)."""
    return f"{purpose}/{channel}"
