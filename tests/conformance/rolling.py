"""Rolling as the running Legato does it, in one place: made, taken in, trimmed."""

from __future__ import annotations

from legato.model.instant import Instant
from legato.ports.rolling import Made
from legato.ports.state_store import Turn
from legato.stores.rolled.maker import SEGMENT_ROWS, Maker, Shape
from legato.stores.rolled.manifest import FOLDER
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
