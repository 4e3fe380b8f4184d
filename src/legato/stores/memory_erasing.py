"""Erasures in memory: the same promises as in the state file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from legato.model.delivery import Delivery
from legato.model.effect import Certify, Erase, Tell
from legato.model.erasure import Erasure, Tomb
from legato.model.ids import DeliveryId, EventId
from legato.model.instant import Instant
from legato.ports.erasure import Erasing


class MemoryErasures:
    """ports.erasure.Erasures."""

    def __init__(self, delivery: Callable[[DeliveryId], Delivery | None]) -> None:
        """`delivery` finds one that has not been settled."""
        self._delivery = delivery
        self.tombs: dict[Tomb, Instant] = {}
        self._erasures: dict[EventId, Erasure] = {}
        self._strikes: dict[int, None] = {}
        self._strays: dict[int, None] = {}

    def open(self) -> list[Erasure]:
        return [one for one in self._sorted() if one.completed_at is None]

    def list(self, before: int, limit: int) -> list[Erasure]:
        return [one for one in reversed(self._sorted()) if one.position < before][:limit]

    def get(self, erasure_id: EventId) -> Erasure | None:
        return self._erasures.get(erasure_id)

    def strikes(self, limit: int) -> list[int]:
        return sorted(self._strikes)[:limit]

    def strays(self, after: int, limit: int) -> list[int]:
        return [position for position in sorted(self._strays) if position > after][:limit]

    def telling(self, erasure_id: EventId) -> list[Delivery]:
        erasure = self._erasures.get(erasure_id)
        told = () if erasure is None else erasure.told
        ids = [one.delivery_id for one in told if one.outcome is None]
        return [found for each in ids if (found := self._delivery(each)) is not None]

    def struck(self, positions: Sequence[int], erasure_id: EventId) -> None:
        for position in positions:
            self._strikes.pop(position, None)
            self._strays.pop(position, None)
        erasure = self._erasures.get(erasure_id)
        if erasure is not None:
            self._erasures[erasure_id] = replace(erasure, keys=(), beside=())

    def purge(self) -> None:
        """Nothing removed is kept anywhere."""

    def begin(
        self, position: int, erase: Erase, records: Sequence[int], beside: Sequence[int]
    ) -> None:
        """Begin an erasure, given where the person's notes stood, and those of whom was parted."""
        for tomb in erase.tombs:
            self.tombs[tomb] = max(self.tombs.get(tomb, 0), erase.requested_at)
        self._strikes.update(dict.fromkeys([*records, position]))
        self._erasures[erase.erasure_id] = Erasure(
            erasure_id=erase.erasure_id,
            position=position,
            person_id=erase.person_ids[0],
            requested_at=erase.requested_at,
            by=erase.by,
            reason=erase.reason,
            tombs=erase.tombs,
            keys=erase.keys,
            told=erase.told,
            counts={"records": len(dict.fromkeys(records))},
            closed=erase.closed,
            apart=erase.apart,
            beside=tuple(dict.fromkeys(beside)),
        )

    def take(self, erasing: Erasing) -> None:
        """Take in what else a turn has to do with erasures."""
        self._strays.update(dict.fromkeys(erasing.strays))
        self._strikes.update(dict.fromkeys(erasing.strikes))
        for tell in erasing.told:
            self._tell(tell)
        for certified in erasing.certified:
            self._certify(certified)

    def _tell(self, tell: Tell) -> None:
        erasure = self._erasures.get(tell.erasure_id)
        if erasure is None:
            return
        erasure = self._erasures[tell.erasure_id] = erasure.telling(tell.told)
        if not erasure.is_telling:
            self._strikes[erasure.position] = None

    def _certify(self, certified: Certify) -> None:
        erasure = self._erasures.get(certified.erasure_id)
        if erasure is not None:
            self._erasures[certified.erasure_id] = erasure.certified(
                certified.at, certified.findings
            )

    def _sorted(self) -> list[Erasure]:
        return sorted(self._erasures.values(), key=lambda one: one.position)
