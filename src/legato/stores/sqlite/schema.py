"""The tables of the state file, and why they are shaped like this."""

from __future__ import annotations

from legato.stores.rolled.manifest import SCHEMA as ROLLED
from legato.stores.sqlite.file import Format

# A turn touches a few pages for every person, each page is copied to the WAL whole, and that is
# what a commit costs. Therefore:
# - A person's alarm lives in the person's row, which is written anyway.
#   One who has an alarm and no state yet is a row without a state; `person_bare` counts those,
#   so that counting people reads indexes and not every state.
# - Large rows sit in rowid tables (in a WITHOUT ROWID tree they would spill to overflow pages),
#   small ones without rowid: one tree, not two.
# - `note` is appended in order of its key, position << 24 | ordinal, and that is the order of the
#   tail. A person's story is a thread: each note names the one `before` it (0: none), and the
#   person's row, or what forwards from there, the newest. An index would cost a page a note.
# - `seen` is prefixed by its generation: an old one is a run of neighbouring pages, emptied a few
#   at a time, and no table is ever dropped. See seen.py for `recent`.
# - `stray` has the records that belong to nobody (refused): an erasure looks through them. `strike`
#   has those that the log's writer is still to overwrite, `tomb` what is left of identifiers.
# - What is old is rolled out of `note`: see rolled/manifest.py for `roll`, `segment` and `gone`.
# - `forward` never holds a chain: every entry leads to a person that is still there.
_SCHEMA = """
CREATE TABLE head(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  position INTEGER NOT NULL,
  now INTEGER NOT NULL,
  plan TEXT,
  generation INTEGER NOT NULL,
  generation_since INTEGER NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, 0, NULL, 1, 0);
CREATE TABLE plan(digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE switch(journey TEXT PRIMARY KEY, is_paused INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE schedule(journey TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE person(
  person_id TEXT NOT NULL UNIQUE, due_at INTEGER, note INTEGER NOT NULL DEFAULT 0, state BLOB
) STRICT;
CREATE INDEX person_due ON person(due_at, person_id) WHERE due_at IS NOT NULL;
CREATE INDEX person_bare ON person(person_id) WHERE state IS NULL;
CREATE TABLE forward(
  gone TEXT PRIMARY KEY, target TEXT NOT NULL, note INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX forward_target ON forward(target);
CREATE TABLE pointer(key TEXT PRIMARY KEY, person_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE seen(
  generation INTEGER NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (generation, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE recent(id INTEGER PRIMARY KEY, digests BLOB NOT NULL) STRICT;

CREATE TABLE delivery(
  id INTEGER PRIMARY KEY,
  delivery_id TEXT NOT NULL UNIQUE,
  destination TEXT NOT NULL,
  position INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_attempt_at INTEGER,
  next_attempt_at INTEGER,
  in_doubt INTEGER NOT NULL DEFAULT 0,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX delivery_lane ON delivery(destination, position);
CREATE TABLE dead(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery_id TEXT NOT NULL UNIQUE,
  destination TEXT NOT NULL,
  position INTEGER NOT NULL,
  at INTEGER NOT NULL,
  settle BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE suppressed(digest BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine(
  position INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  message_id TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_message ON quarantine(source, message_id);
-- A sender that repeats what was refused fills no quarantine.
CREATE UNIQUE INDEX quarantine_once ON quarantine(source, message_id) WHERE message_id <> '';
CREATE TABLE stray(position INTEGER PRIMARY KEY) STRICT;
CREATE TABLE tomb(digest BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erasure(
  erasure_id TEXT NOT NULL UNIQUE,
  position INTEGER PRIMARY KEY,
  is_open INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX erasure_open ON erasure(position) WHERE is_open;
CREATE TABLE strike(position INTEGER PRIMARY KEY) STRICT;
CREATE TABLE note(
  key INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  before INTEGER NOT NULL,
  person_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  notes BLOB NOT NULL
) STRICT;
"""

STATE_FORMAT = Format(
    title="a Legato state file",
    application_id=0x4C47_5331,
    version=3,
    page_bytes=4096,
    # A power cut may take back the last turns: they are made again from the log.
    synchronous="NORMAL",
    schema=_SCHEMA + ROLLED,
    remedy="Move it away and start again: it is made anew from the log, which is the truth.",
    steps=(ROLLED,),
    steps_from=2,
)
