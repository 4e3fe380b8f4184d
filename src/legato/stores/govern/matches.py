"""Suggested matches in `govern.db`, and what somebody said to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from legato.model.ids import PersonId
from legato.stores.rows import write_rows
from legato.stores.sqlite.file import SqliteFile

_COLUMNS = "match_id, one, other, probability, evidence, decision"

Decision: TypeAlias = Literal["", "accepted", "rejected"]


class MatchRow(NamedTuple):
    match_id: str
    one: PersonId
    other: PersonId
    probability: float
    evidence: bytes
    decision: Decision = ""


class SqliteMatches:
    """A table of pairs. Any thread may call; every write is durable on return."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def suggest(self, rows: Sequence[MatchRow]) -> None:
        """Put these in the place of all that is open; what is decided stays decided."""
        with self._file.writing() as writer:
            writer.execute("DELETE FROM match WHERE decision = ''")
            write_rows(writer, f"INSERT OR IGNORE INTO match({_COLUMNS})", rows)

    def get(self, match_id: str) -> MatchRow | None:
        """Return one of them."""
        with self._file.reading() as reader:
            sql = f"SELECT {_COLUMNS} FROM match WHERE match_id = ?"  # noqa: S608 - our own text
            row = reader.execute(sql, (match_id,)).get
            return None if row is None else MatchRow._make(row)

    def decided(self, decision: Decision) -> list[MatchRow]:
        """Return all of which this was said, the most probable first; empty: not decided."""
        with self._file.reading() as reader:
            sql = f"SELECT {_COLUMNS} FROM match WHERE decision = ?"  # noqa: S608 - our own text
            rows = reader.execute(f"{sql} ORDER BY probability DESC, match_id", (decision,))
            return [MatchRow._make(row) for row in rows]

    def decide(self, match_id: str, decision: Decision) -> None:
        """Put down what somebody said."""
        with self._file.writing() as writer:
            sql = "UPDATE match SET decision = ? WHERE match_id = ?"
            writer.execute(sql, (decision, match_id))

    def forget(self, match_ids: Sequence[str]) -> None:
        """Remove pairs of people who are not there any more."""
        with self._file.writing() as writer:
            for match_id in match_ids:
                writer.execute("DELETE FROM match WHERE match_id = ?", (match_id,))
