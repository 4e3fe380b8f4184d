"""What holds in every rehearsal of the tests: walls, as those of the commands have, and a law."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from legato.app.rehearse.walls import walls
from legato.core.reads import may_close_addresses
from legato.fold.memory import Memory
from legato.fold.turn import Record, Turned


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    with walls():
        yield


@pytest.fixture(autouse=True)
def _nothing_closes_an_address_unforeseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every step of every world: only those that may close an address to others do so."""
    apply = Memory.apply

    def watched(
        self: Memory, records: Sequence[Record], *before: Callable[[Turned], None]
    ) -> Turned:
        turned = apply(self, records, *before)
        if any(not each.is_lifted for each in turned.suppressed):
            assert any(may_close_addresses(self.program, event) for _, event in turned.records)
        return turned

    monkeypatch.setattr(Memory, "apply", watched)
