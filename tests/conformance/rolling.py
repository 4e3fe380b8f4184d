"""Rolling as the running Legato does it, in one place: made, taken in, trimmed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from legato.model.instant import Instant
from legato.ports.rolling import Made
from legato.ports.state_store import Turn
from legato.stores.rolled.maker import SEGMENT_ROWS, Maker, Shape
from legato.stores.rolled.manifest import FOLDER
from legato.stores.rolled.records.maker import LIMITS, Ground, Limits, make
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.snapshot import log_of, state_of
from legato.stores.sqlite.state import SqliteStore
from legato.warehouse.sql.rolled import READABLE, spread

EVER: Instant = 1 << 60


def made(store: SqliteStore, before: Instant = EVER, rows_max: int = SEGMENT_ROWS) -> Made | None:
    with store.file.reading() as reader, reader:
        maker = Maker(reader, store.file.path.parent / FOLDER, Shape(READABLE, spread))
        return maker.roll(before, rows_max=rows_max)


def rewritten(store: SqliteStore) -> Made | None:
    with store.file.reading() as reader, reader:
        return Maker(reader, store.file.path.parent / FOLDER).rewrite()  # other columns than before


def roll(store: SqliteStore, before: Instant = EVER, rows_max: int = SEGMENT_ROWS) -> None:
    some = made(store, before, rows_max)
    if some is not None:
        assert store.rolling.adopt(some)
        while store.rolling.trim():
            pass


def rewrite(store: SqliteStore) -> None:
    while (some := rewritten(store)) is not None:
        assert store.rolling.adopt(some)


class RolledStore(SqliteStore):
    """One of which all notes but the newest are rolled after every turn."""

    def commit(self, turn: Turn) -> None:
        super().commit(turn)
        roll(self, rows_max=4)


def made_of_records(
    log: SqliteLog, before: Instant = EVER, limits: Limits = LIMITS, *, kind: str = "roll"
) -> Made | None:
    data = log.file.path.parent
    serial = log.rolling.begin()
    with state_of(data) as state, log_of(data) as reader:
        ground = Ground(reader, state, data)
        material = ground.to_roll(before, limits=limits) if kind == "roll" else ground.to_mend()
    if material is None:
        log.rolling.give_up()
        return None
    return make(material, data, serial)


def roll_records(log: SqliteLog, before: Instant = EVER, limits: Limits = LIMITS) -> None:
    while (some := made_of_records(log, before, limits)) is not None:
        assert log.rolling.adopt(some)
    while log.rolling.trim():
        pass


def mend_records(log: SqliteLog) -> None:
    while (some := made_of_records(log, kind="rewrite")) is not None:
        assert log.rolling.adopt(some)


class RolledLog(SqliteLog):
    """One of which all records but the newest are rolled after every appending."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._state = SqliteStore(path.with_name("state.db"))

    def append(self, records: Sequence[bytes]) -> int:
        last = super().append(records)
        if records:
            self._state.commit(Turn(position=last, now=last))
            roll_records(self, limits=Limits(rows=3))
        return last

    def close(self) -> None:
        super().close()
        self._state.close()
