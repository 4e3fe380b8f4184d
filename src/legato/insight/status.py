"""Counts for live views, kept as notes come in: entries, messages sent, refusals by reason."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from typing import assert_never

import msgspec

from legato.core.journeys.taken import Passages
from legato.core.offers.holding import CONTRADICTION
from legato.insight.sentences import told
from legato.model.instant import Instant
from legato.model.note import (
    Admitted,
    Alerted,
    AudienceChanged,
    Called,
    ConsentSet,
    Decided,
    Entered,
    Faulted,
    HandedOn,
    Left,
    Linked,
    Mapped,
    Merged,
    Moved,
    Note,
    NotEntered,
    NotLinked,
    OfferEnded,
    PersonErased,
    Propagated,
    Reacted,
    Rejected,
    Revoked,
    SegmentChanged,
    Separated,
    Settled,
    Story,
    TraitExpired,
    TraitRefused,
    TraitWritten,
)
from legato.model.noun import Noun
from legato.model.problem import Reason

SENTENCES_MAX = 200
"""Sentences remembered for a screen."""
FOLLOWED_MAX = 100_000
"""Decided messages whose outcome is still to come; beyond it the oldest count as unknown."""


class JourneyCount(Noun, frozen=True, kw_only=True):
    journey: str
    entered: int
    not_entered: int
    left: int
    goals: int


class MessageCount(Noun, frozen=True, kw_only=True):
    message: str
    decided: int
    sent: int
    held: int
    failed: int


class RefusalCount(Noun, frozen=True, kw_only=True):
    message: str
    code: str
    count: int
    what: str = ""
    """The reason in words, as the newest of them has it."""


class Sentence(Noun, frozen=True, kw_only=True):
    at: Instant
    position: int
    text: str


class Activity(Noun, frozen=True, kw_only=True):
    """What happened since the process started, in numbers and a few sentences."""

    journeys: tuple[JourneyCount, ...] = ()
    messages: tuple[MessageCount, ...] = ()
    refusals: tuple[RefusalCount, ...] = ()
    """Most frequent first."""
    quarantined: int = 0
    sentences: tuple[Sentence, ...] = ()
    """Newest last; without personal values."""
    contradictions: int = 0
    """Offers that somebody was found to hold although they contradict each other: never any."""
    contradicted_at: Instant = 0
    """When the first of them was."""


_NOT_COUNTED = frozenset((Admitted, Mapped, Linked, NotLinked, TraitWritten, TraitRefused))
"""Most of all notes."""
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Activity] = msgspec.msgpack.Decoder(Activity)


PASSAGES_MAX = 50_000
"""The newest passages, which a late event may undo: those of some minutes, about 10 MB."""


class Watch:
    """An incremental reader: give `see` to the engine's note stream, ask `activity` at any time.

    Its memory is bounded by the definitions (names of journeys, messages and reasons) and by
    PASSAGES_MAX, not by people or traffic.
    """

    def __init__(self) -> None:
        self._passages = Passages(PASSAGES_MAX)
        self._turned_away: Counter[str] = Counter()
        self._decided: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._held: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._refused_words: dict[tuple[str, str], str] = {}
        self._quarantined = 0
        self._contradictions = 0
        self._contradicted_at = 0
        self._following: OrderedDict[str, str] = OrderedDict()
        self._sentences: deque[tuple[Story, Note]] = deque(maxlen=SENTENCES_MAX)

    def see(self, stories: Sequence[Story]) -> None:
        """Count one turn's notes."""
        for story in stories:
            for note in story.notes:
                if type(note) not in _NOT_COUNTED:
                    self._count(story, note)

    def activity(self, sentence_count: int = 10) -> Activity:
        """Return the counts as they stand."""
        left: Counter[str] = Counter()
        for (name, _), count in self._passages.left.items():
            left[name] += count
        journeys = sorted({*self._passages.entered, *self._turned_away, *left})
        messages = sorted(self._decided)
        recent = list(self._sentences)[-sentence_count:] if sentence_count else []
        return Activity(
            journeys=tuple(self._journey(name, left=left[name]) for name in journeys),
            messages=tuple(self._message(name) for name in messages),
            refusals=tuple(
                RefusalCount(
                    message=message,
                    code=code,
                    count=count,
                    what=self._refused_words[message, code],
                )
                for (message, code), count in self._refused.most_common()
            ),
            quarantined=self._quarantined,
            contradictions=self._contradictions,
            contradicted_at=self._contradicted_at,
            sentences=tuple(_sentence(story, note) for story, note in recent),
        )

    def report(self, sentence_count: int) -> bytes:
        """Return `activity`, encoded; see decode_activity."""
        return _ENCODER.encode(self.activity(sentence_count))

    def _journey(self, name: str, *, left: int) -> JourneyCount:
        return JourneyCount(
            journey=name,
            entered=self._passages.entered[name],
            not_entered=self._turned_away[name],
            left=left,
            goals=self._passages.left[name, "goal"],
        )

    def _message(self, name: str) -> MessageCount:
        return MessageCount(
            message=name,
            decided=self._decided[name],
            sent=self._sent[name],
            held=self._held[name],
            failed=self._failed[name],
        )

    def _count(self, story: Story, note: Note) -> None:
        match note:  # the most frequent first
            case SegmentChanged():
                pass
            case NotEntered():
                self._turned_away[note.journey] += 1
                return
            case Entered() | Left():
                self._passages.see(note)
            case Moved():
                self._passages.see(note)
                return
            case Decided():
                self._count_decision(note)
            case Settled():
                self._count_outcome(note)
                return
            case Rejected():
                self._quarantined += 1
            case Alerted():
                self._count_alert(story, note)
            case (
                ConsentSet()
                | Merged()
                | Faulted()
                | OfferEnded()
                | AudienceChanged()
                | Called()
                | Reacted()
                | Revoked()
                | PersonErased()
                | TraitExpired()
                | Separated()
                | Propagated()
                | HandedOn()
            ):
                pass
            case Admitted() | Mapped() | Linked() | NotLinked():
                return
            case TraitWritten() | TraitRefused():
                return
            case _:
                assert_never(note)
        self._sentences.append((story, note))

    def _count_alert(self, story: Story, note: Alerted) -> None:
        if note.reason.code == CONTRADICTION:
            self._contradictions += 1
            self._contradicted_at = self._contradicted_at or story.at

    def _count_decision(self, note: Decided) -> None:
        self._decided[note.message] += note.instead_of is None
        match note.verdict:
            case "pass":
                self._following[note.delivery_id] = note.message
                if len(self._following) > FOLLOWED_MAX:
                    self._following.popitem(last=False)
            case "hold":
                self._held[note.message] += 1
            case "refuse":
                self._count_refusal(note.message, note.reason, otherwise="unknown")
            case _:
                assert_never(note.verdict)

    def _count_outcome(self, note: Settled) -> None:
        message = self._following.get(note.delivery_id)
        if message is None:
            return
        match note.outcome:
            case "accepted":
                # A provider's later word (delivered, bounced) is about the same sending.
                del self._following[note.delivery_id]
                self._sent[message] += 1
            case "delivered" | "complained":
                del self._following[note.delivery_id]
                self._sent[message] += 1
            case "refused" | "expired":
                del self._following[note.delivery_id]
                self._count_refusal(message, note.reason, otherwise=f"sending.{note.outcome}")
            case "failed" | "bounced" | "in_doubt":
                del self._following[note.delivery_id]
                self._failed[message] += 1
            case _:
                assert_never(note.outcome)

    def _count_refusal(self, message: str, reason: Reason | None, *, otherwise: str) -> None:
        code = otherwise if reason is None else reason.code
        self._refused[message, code] += 1
        self._refused_words[message, code] = "" if reason is None else reason.what


def decode_activity(report: bytes) -> Activity:
    """Read what Watch.report has made."""
    return _DECODER.decode(report)


def _sentence(story: Story, note: Note) -> Sentence:
    text = told(story.person_id, note)
    return Sentence(at=story.at, position=story.position, text=text)
