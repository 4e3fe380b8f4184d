"""Whatever is done to a log that rolls, and in whatever order: it reads as one that never does."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.event import Erased, Noticed, encode_event
from legato.model.problem import Reason
from legato.ports.log import Log
from legato.ports.state_store import Turn
from legato.stores.memory import MemoryLog
from legato.stores.rolled.records.maker import Limits
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import EVER, made_of_records

Written: TypeAlias = tuple[Literal["append", "overwrite"], int]
"""A number: of how many records, or, as bits, of which."""
Making: TypeAlias = tuple[Literal["roll", "mend"], int, Sequence[Written], bool]
"""How many records a file has at most, what is written meanwhile, and whether it is taken in."""
Quiet: TypeAlias = tuple[Literal["trim", "start again"]]
Doing: TypeAlias = Written | Making | Quiet

WRITINGS: Sequence[Literal["append", "overwrite"]] = ("append", "overwrite")
WRITTEN: st.SearchStrategy[Written] = st.tuples(st.sampled_from(WRITINGS), st.integers(0, 2**16))
KINDS: Sequence[Literal["roll", "mend"]] = ("roll", "mend")
MAKING: st.SearchStrategy[Making] = st.tuples(
    st.sampled_from(KINDS),
    st.integers(2, 9),
    st.lists(WRITTEN, max_size=2),
    st.sampled_from([True, True, False]),
)
QUIET: Sequence[Quiet] = (("trim",), ("start again",))
DOINGS: st.SearchStrategy[Doing] = st.one_of(WRITTEN, MAKING, MAKING, st.sampled_from(QUIET))


class Twins:
    """A log that rolls, a file of which may be in the making, and one in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = SqliteStore(folder / "state.db")
        self._number = 0
        self.log = SqliteLog(folder / "log.db")
        self.plain = MemoryLog()
        self.beside = SqliteLog(folder / "log.db", is_writer=False)
        """Who reads in another process."""

    def do(self, doing: Doing) -> None:
        match doing:
            case ("append", number):
                records = [self._record() for _ in range(1 + number % 5)]
                assert self.log.append(records) == self.plain.append(records)
                last = self.log.last_position()
                self._state.commit(Turn(position=last, now=last))
            case ("overwrite", bits):
                last = self.log.last_position()
                rows = [(each, self._record()) for each in range(1, last + 1) if bits >> each & 1]
                self.log.rewrite(rows)
                self.plain.rewrite(rows)
            case ("trim",):
                self.log.rolling.trim()
            case ("start again",):
                self.log.close()
                self.log = SqliteLog(self._folder / "log.db")
            case (_, rows, meanwhile, is_taken_in):
                kind = doing[0]
                made = made_of_records(self.log, EVER, Limits(rows=rows), kind=kind)
                for each in meanwhile:
                    self.do(each)
                if made is not None and is_taken_in:
                    assert self.log.rolling.adopt(made)

    def _record(self) -> bytes:
        """Return another record than any before; every third of another kind."""
        self._number += 1
        if self._number % 3:
            return encode_event(Erased(received_at=self._number))
        reason = Reason(code="c", what="w")
        return encode_event(Noticed(received_at=self._number, topic="t", reason=reason))

    def close(self) -> None:
        for each in (self.log, self.beside, self._state):
            each.close()


def told(log: Log, last: int) -> list[object]:
    return [
        log.read(0, last + 1),
        [log.read(after, 3) for after in range(0, last, 2)],
        [log.get(position) for position in range(last + 2)],
        log.tagged(("noticed",), 1, last),
    ]


@given(doings=st.lists(DOINGS, min_size=3, max_size=10))
@settings(max_examples=20, deadline=None)
def test_a_log_that_rolls_reads_as_one_that_does_not(doings: Sequence[Doing]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        twins = Twins(Path(folder))
        beginning: list[Doing] = [("append", 5)]
        for doing in [*beginning, *doings]:
            twins.do(doing)
            last = twins.plain.last_position()
            expected = told(twins.plain, last)
            assert twins.log.last_position() == last
            assert told(twins.log, last) == expected
            assert told(twins.beside, last) == expected
        twins.close()
