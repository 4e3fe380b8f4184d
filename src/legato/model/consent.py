"""Consent: a person's yes or no to one purpose in one channel, and the bases of lawfulness."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.ids import EventId, derive
from legato.model.instant import Instant
from legato.model.noun import Noun

LegalBasis: TypeAlias = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]

EVERY_CHANNEL = "*"


class ConsentLine(Noun, frozen=True, kw_only=True, array_like=True):
    """One answer: yes or no to a purpose, in a channel or in every one."""

    purpose: str
    is_granted: bool
    channel: str = EVERY_CHANNEL


class Evidence(Noun, frozen=True, kw_only=True, array_like=True):
    """How it is known that somebody said so. An address of theirs never, only its keyed digest."""

    ip_digest: str = ""
    jurisdiction: str = ""
    """Whose law the question was asked under: `DE`, `US-CA`."""
    legal_basis: str = ""
    method: str = ""
    """How it was said: `form`, `one_click`, `keyword`, `double_opt_in`, `gpc`, `tcf`, ..."""
    language: str = ""
    """Of the text that was shown."""


class Consent(Noun, frozen=True, kw_only=True, array_like=True):
    """One line of the ledger. The newest by `at` holds; on a tie, the denial."""

    is_granted: bool
    at: Instant
    source: str
    event_id: EventId
    """The event that said so: the evidence is in the log under this id."""
    wording: str = ""
    """Id or version of the text that was shown."""
    record: str = ""
    """Names this line for ever: sends name the one they relied on. Empty on lines of before."""
    evidence: Evidence = Evidence()


def record_of(event_id: EventId, purpose: str, channel: str) -> str:
    """Name the line that an event left for a purpose in a channel."""
    return derive("consent", event_id, purpose, channel)


def ledger_key(purpose: str, channel: str) -> str:
    """Name the line of the ledger for a purpose in a channel (or EVERY_CHANNEL)."""
    return f"{purpose}/{channel}"
