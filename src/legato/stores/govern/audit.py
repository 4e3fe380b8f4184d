"""The audit chain in `govern.db`, and the anchor in a file of its own beside it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from legato.model.problem import LegatoError
from legato.ports.audit import EVERYTHING, AuditQuestion, AuditRow, Head
from legato.stores.folder import write_private
from legato.stores.rows import write_rows
from legato.stores.sqlite.file import SqliteFile

_COLUMNS = "number, at, actor, action, subject, detail, outcome, digest"
_HEAD = msgspec.json.Decoder(Head)
_NUMBER_MAX = 2**63 - 1
SALT_BYTES = 16
ANCHOR_NAME = "audit.head"
SALT_NAME = "audit.salt"


class SqliteAudit:
    """ports.audit.AuditStore on a disk. One thread appends; any may read."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def append(self, rows: Sequence[AuditRow]) -> None:
        """Store the next links; see ports.audit."""
        with self._file.writing() as writer:
            write_rows(writer, f"INSERT INTO audit({_COLUMNS})", rows)

    def read(self, after: int, limit: int, question: AuditQuestion = EVERYTHING) -> list[AuditRow]:
        """Return a page; see ports.audit."""
        clauses, values = _narrowed(question)
        if question.is_newest_first:
            begin, order, after = "number < ?", "number DESC", after or _NUMBER_MAX
        else:
            begin, order = "number > ?", "number"
        where = " AND ".join([begin, *clauses])
        with self._file.reading() as reader:
            rows = reader.execute(
                f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608 - clauses are our own texts
                (after, *values, limit),
            )
            return [AuditRow._make(row) for row in rows]

    def last(self) -> AuditRow | None:
        """Return the newest entry."""
        with self._file.reading() as reader:
            row = reader.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY number DESC LIMIT 1").get  # noqa: S608 - our own text
            return None if row is None else AuditRow._make(row)


class AnchorFile:
    """ports.audit.Anchor in a small text file that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ANCHOR_NAME

    def read(self) -> Head | None:
        """Return what was noted last; see ports.audit."""
        try:
            return _HEAD.decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise LegatoError(
                f"{self.path}, the note of how far the audit goes, cannot be read.",
                fix="Compare the audit with a head that you noted elsewhere: "
                "`legato audit verify --head NUMBER:DIGEST`.",
            ) from error

    def write(self, head: Head) -> None:
        """Note a head; see ports.audit."""
        try:
            write_private(self.path, msgspec.json.encode(head) + b"\n")
        except OSError as error:
            raise LegatoError(
                f"{self.path} cannot be written ({type(error).__name__}).",
                fix="Let the user that runs Legato own the folder, and free some space.",
                can_retry=True,
            ) from error


def address_salt(folder: Path) -> bytes:
    """Return what network addresses are digested with in this data folder; made at first use.

    There are few enough addresses to try them all, so a digest without it would hide nothing.
    """
    path = folder / SALT_NAME
    try:
        if not path.exists():
            write_private(path, secrets.token_bytes(SALT_BYTES))
        return path.read_bytes()
    except OSError as error:
        raise LegatoError(
            f"{path} cannot be used ({type(error).__name__}).",
            fix="Let the user that runs Legato own the folder, and free some space.",
        ) from error


def _narrowed(question: AuditQuestion) -> tuple[list[str], list[object]]:
    """Return the clauses of a question and their values."""
    clauses: list[str] = []
    values: list[object] = []
    if question.actor:
        clauses.append("actor = ?")
        values.append(question.actor)
    if question.action:
        # `/` is the character after the dot: between the two is all that begins with `action.`.
        clauses.append("(action = ? OR action > ? AND action < ?)")
        values += (question.action, f"{question.action}.", f"{question.action}/")
    if question.subject:
        clauses.append("subject = ?")
        values.append(question.subject)
    if question.since:
        clauses.append("at >= ?")
        values.append(question.since)
    return clauses, values
