"""The tables of `govern.db`, as steps, so that a file of an older Legato is brought up to date."""

from __future__ import annotations

from pathlib import Path

from legato.stores.sqlite.file import Format, SqliteFile

_AUDIT = """
CREATE TABLE audit(
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  outcome TEXT NOT NULL,
  digest BLOB NOT NULL
) STRICT;
CREATE INDEX audit_actor ON audit(actor);
CREATE INDEX audit_subject ON audit(subject);
CREATE TRIGGER audit_next BEFORE INSERT ON audit
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit only grows, by the next number'); END;
CREATE TRIGGER audit_change BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'an entry of the audit is never changed'); END;
CREATE TRIGGER audit_removal BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'an entry of the audit is never removed'); END;
"""

_ACCESS = """
CREATE TABLE access(
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY(kind, key)
) STRICT, WITHOUT ROWID;
"""

_CHANGES = """
CREATE TABLE change(
  number INTEGER PRIMARY KEY,
  state TEXT NOT NULL,
  value BLOB NOT NULL,
  files BLOB NOT NULL
) STRICT;
CREATE INDEX change_state ON change(state);
"""

_MATCHES = """
CREATE TABLE match(
  match_id TEXT PRIMARY KEY,
  one TEXT NOT NULL,
  other TEXT NOT NULL,
  probability REAL NOT NULL,
  evidence BLOB NOT NULL,
  decision TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX match_open ON match(decision, probability);
"""

_DRAFTS = """
CREATE TABLE draft(
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  files BLOB NOT NULL
) STRICT;
"""

_FORMER_TEXTS = "ALTER TABLE change ADD COLUMN former BLOB;"

STEPS: tuple[str, ...] = (_AUDIT, _ACCESS, _CHANGES, _MATCHES, _DRAFTS, _FORMER_TEXTS)
"""Step n makes format n of format n - 1. Once released, a step is never edited: add another."""

GOVERN_FORMAT = Format(
    title="Legato's record of users, changes and the audit",
    application_id=0x4C47_4731,
    version=len(STEPS),
    page_bytes=4096,
    # An entry of the audit must survive a power cut: what it stands for has been shown by then.
    synchronous="FULL",
    schema="".join(STEPS),
    steps=STEPS,
    remedy="Restore it from a backup: it cannot be made again from the log.",
)

FILE_NAME = "govern.db"
_CACHE_BYTES = 4 << 20


def open_govern(folder: Path, *, is_writer: bool = True) -> SqliteFile:
    """Open the file of a data folder, made if there is none. Each store of it is given this."""
    return SqliteFile(
        folder / FILE_NAME, GOVERN_FORMAT, cache_bytes=_CACHE_BYTES, is_writer=is_writer
    )
