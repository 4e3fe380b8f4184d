"""Consent: a person's yes or no to one purpose in one channel, and the bases of lawfulness."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.ids import EventId, derive
from legato.model.instant import DAY, Duration, Instant
from legato.model.noun import Noun

LegalBasis: TypeAlias = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]

EVERY_CHANNEL = "*"

Scope: TypeAlias = Literal["", "channel", "topic", "global"]
"""How much a no closes; empty: as much as the policy says."""

CONFIRMED = "double_opt_in"
"""The method of a yes that has been confirmed: no other confirmation is asked for."""


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
    confirms: str = ""
    """Record of the yes that this one confirms."""


class DoubleOptIn(Noun, frozen=True, kw_only=True):
    """A yes to this purpose in these channels counts once it has been confirmed."""

    purpose: str
    channels: tuple[str, ...]
    message: str
    """The template that asks; its own purpose rests on another basis than consent."""
    at_most: int = 2
    within: Duration = 7 * DAY
    """A person is asked at most so often in any such window, by each channel."""
    expires: Duration = 3 * DAY
    """How long a yes can be confirmed."""


class GlobalPrivacyControl(Noun, frozen=True, kw_only=True):
    """What a browser's `Sec-GPC: 1` means."""

    purposes: tuple[str, ...]
    """Said no to."""
    yields: bool = True
    """An explicit yes, said after the signal was first seen, outranks it."""


class TransparencyString(Noun, frozen=True, kw_only=True):
    """What an IAB TCF string means."""

    purposes: tuple[tuple[int, str], ...]
    """Purpose of the TCF -> ours. Ours is agreed to when all that mean it are."""
    vendor: int | None = None
    """The number on the Global Vendor List that has to be agreed to as well."""


def record_of(event_id: EventId, line: ConsentLine, method: str) -> str:
    """Name the record of one line of a statement."""
    said = "yes" if line.is_granted else "no"
    return derive("consent", event_id, method, said, line.purpose, line.channel)


def ledger_key(purpose: str, channel: str) -> str:
    """Name the line of the ledger for a purpose in a channel (or EVERY_CHANNEL)."""
    return f"{purpose}/{channel}"
