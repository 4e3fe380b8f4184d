"""Somebody who does not exist: a recorded life on other days, under names of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from statistics import NormalDist

from msgspec.structs import replace

from legato.core.identifiers import normal_identifier, plain_address, pointer_key
from legato.model.event import ConsentSaid, CustomerEvent
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import (
    INSTANT_MAX,
    MINUTE,
    Duration,
    Instant,
    format_instant,
    parse_instant,
)
from legato.model.plan import IdentifierKind, Plan
from legato.plan.crowds.crowd import Lag, SourceLike
from legato.simulate.crowd.lives import Deed, Life, Record
from legato.simulate.dice import Dice

DIGITS = 7
"""Of a phone number, which a person's own number takes the place of: its country stays."""
_SLOW = NormalDist().inv_cdf(0.99)
_PROMPT = SourceLike()
_DATED = re.compile(rb'"(\d{4}-\d\d-\d\d(?:[T ][\d:.]{5,15}(?:Z|[+-]\d\d:?\d\d)?)?)"')
"""What is told in days and instants lies as long ago as it did."""
_DAY_LENGTH = len("2026-03-02")
_DISORDER: Duration = 5 * MINUTE


class Casting:
    """Casts one life after the other: the same seed and number give the same person."""

    def __init__(
        self, record: Record, plan: Plan, dice: Dice, sources: Mapping[str, SourceLike]
    ) -> None:
        self._record = record
        self._kinds = {kind.name: kind for kind in plan.identity.kinds}
        self._dice = dice
        self._sources = sources

    def deeds(self, number: int, start: Instant, end: Instant) -> Iterator[Deed]:
        """Yield what person `number` does between two instants, as it is received."""
        record = self._record
        life = record.lives[number]
        names = {text: _renamed(text, number) for text in life.names}
        people = _people(life, names, self._kinds)
        count = 0
        for turn in range((end - start) // record.round + 1):
            shift = start - record.start + turn * record.round
            texts = names if turn == 0 else names | {key: f"{key}~{turn}" for key in life.keys}
            swap = _Swap(texts, shift)
            for deed in life.deeds:
                if turn and isinstance(deed, CustomerEvent) and deed.name in record.once:
                    continue
                count += 1
                cast = self._cast(deed, (number, count), shift, swap, people)
                if cast is not None and cast.received_at < end:
                    yield cast
                    yield from self._again(cast, end)

    def _cast(
        self,
        deed: Deed,
        which: tuple[int, int],
        shift: Duration,
        swap: _Swap,
        people: Mapping[PersonId, PersonId],
    ) -> Deed | None:
        number, count = which
        if isinstance(deed, ConsentSaid):
            person_id = people.get(deed.person_id)
            if person_id is None:
                return None
            return replace(
                deed,
                event_id=EventId(derive("ev", "crowd", f"{number}.{count}")),
                received_at=deed.received_at + shift,
                occurred_at=deed.occurred_at + shift,
                person_id=person_id,
            )
        like = self._sources.get(deed.source, _PROMPT)
        occurred_at = deed.occurred_at + shift
        own = deed.received_at - deed.occurred_at
        lag = lag_of(like.lag, self._dice.throw("lag", number, count)) if like.lag.usual else own
        if like.late and self._dice.is_hit(like.late, "late", number, count):
            lag += round(self._dice.throw("how late", number, count) * _DISORDER)
        message_id = f"crowd.{number}.{count}"
        return replace(
            deed,
            event_id=EventId(derive("event", deed.source, message_id)),
            message_id=message_id,
            received_at=occurred_at + lag,
            occurred_at=occurred_at,
            original_at=None,
            sent_at=None,
            user_id=swap.text(deed.user_id),
            anonymous_id=swap.text(deed.anonymous_id),
            previous_id=swap.text(deed.previous_id),
            group_id=swap.text(deed.group_id),
            body=swap.data(deed.body),
            context=swap.data(deed.context),
        )

    def _again(self, deed: Deed, end: Instant) -> Iterator[Deed]:
        if not isinstance(deed, CustomerEvent):
            return
        like = self._sources.get(deed.source, _PROMPT)
        if like.twice and self._dice.is_hit(like.twice, "twice", deed.message_id):
            at = deed.received_at + round(self._dice.throw("when", deed.message_id) * _DISORDER)
            if at < end:
                yield replace(deed, received_at=at)


class _Swap:
    """Puts other texts in place of some, wherever they stand whole; days and instants move."""

    def __init__(self, texts: Mapping[str, str], shift: Duration) -> None:
        self._texts = texts
        self._shift = shift
        self._pairs = [(f'"{a}"'.encode(), f'"{b}"'.encode()) for a, b in texts.items()]

    def text(self, text: str | None) -> str | None:
        return self._texts.get(text, text) if text else text

    def data(self, data: bytes) -> bytes:
        """Swap the texts of compact JSON."""
        for old, new in self._pairs:
            if old in data:
                data = data.replace(old, new)
        return _DATED.sub(self._moved, data)

    def _moved(self, found: re.Match[bytes]) -> bytes:
        written = found[1].decode()
        instant = parse_instant(written)
        if instant is None or not 0 <= instant + self._shift <= INSTANT_MAX:
            return found[0]
        moved = format_instant(instant + self._shift)
        return f'"{moved[:_DAY_LENGTH] if len(written) == _DAY_LENGTH else moved}"'.encode()


def _renamed(text: str, number: int) -> str:
    """Return a name of its own that keeps its kind: an e-mail address, a number of a country."""
    if "@" in text:
        return f"{number}.{text}"
    digits = plain_address(text)
    if digits != text.lower() or digits.lstrip("+").isdigit():
        return f"{digits[:-DIGITS]}{number:0{DIGITS}d}"
    return f"{text}~{number}"


def _people(
    life: Life, names: Mapping[str, str], kinds: Mapping[str, IdentifierKind]
) -> dict[PersonId, PersonId]:
    """Return who becomes whom: persons are named by an identifier, which has another name now."""
    renamed: dict[str, str] = {}
    for old, new in names.items():
        for name, kind in kinds.items():
            before, after = normal_identifier(kind, old), normal_identifier(kind, new)
            if before is not None and after is not None:
                renamed[pointer_key(name, before)] = pointer_key(name, after)
    return {
        person_id: PersonId(derive("person", renamed[pointer]))
        for person_id, pointer in life.people.items()
        if pointer in renamed
    }


def lag_of(lag: Lag, drawn: float) -> Duration:
    """Return a draw in [0, 1) as a length of time."""
    if lag.usual <= 0 or lag.slow <= lag.usual:
        return lag.usual
    spread = (lag.slow / lag.usual) ** (NormalDist().inv_cdf(max(drawn, 1e-9)) / _SLOW)
    return round(lag.usual * spread)
