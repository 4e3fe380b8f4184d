"""One SQLite file in WAL mode: a writer, readers that never wait for it, and checkpoints.

One connection writes, under a lock of this process, and its page cache stays warm because nobody
else writes. Readers take a connection from a pool for the length of one query, so that no
snapshot is held long enough to keep the WAL from being reused.

The WAL is folded into the file by checkpoint(), which the host calls from a thread of its own:
SQLite's automatic checkpoint would run inside somebody's commit. Passive checkpoints block
nobody, yet beside a busy writer they never catch up entirely and the WAL would grow without
bound. Past WAL_BYTES_MAX they are repeated until little is left, and that is copied while the
writer waits: its next commit finds everything copied, and starts the WAL anew if nobody reads.
"""

from __future__ import annotations

import os
import struct
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.stores.connection import Connection, connect
from legato.stores.folder import make_private, sync_folder

CHECKPOINT_BYTES = 16 << 20
"""Changed pages after which a checkpoint is worth its two fsyncs."""
WAL_BYTES_MAX = 128 << 20
"""Where the writer is made to wait for the checkpoint; under a second to recover."""
WAL_BYTES_MOST = WAL_BYTES_MAX * 3 // 2
"""Where it is made to wait for readers as well, who were there each time."""
REST_BYTES = 256 << 10
"""What the writer waits for: at 5,000 events/s it writes as much in 8 ms."""
ROUNDS_MAX = 4
"""Tries to have no more than that left."""
READERS_MAX = 8
"""Idle connections kept; a burst may open more."""

_OTHER_MS = 5_000
"""How long to wait for another process that opens or closes the file: for nothing else."""
_BUSY_MS = 50
"""How long the last step of a checkpoint waits for a reader: reads are shorter than this."""
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100


class Format(Noun, frozen=True, kw_only=True):
    """What a file of this kind is, and how an empty one is made."""

    title: str
    """In words, for messages."""
    application_id: int
    version: int
    page_bytes: int
    synchronous: str
    schema: str
    remedy: str
    """What to do when the file is damaged."""
    gives_back: bool = False
    """Whether the file can become smaller. It costs most appends one more page."""
    steps: tuple[str, ...] = ()
    """Each makes the next format of one; without them, an older file is refused."""
    steps_from: int = 0
    """What the first of them starts from; a file that is older still is refused."""


class _Own(NamedTuple):
    """What only the process that writes has open."""

    writer: Connection
    checkpointer: Connection
    descriptor: int
    """Of the file, to have it synced. Closed last: that takes the locks of this process away."""


class SqliteFile:
    """An open file. Every method may be called from any thread."""

    def __init__(
        self, path: Path, file_format: Format, *, cache_bytes: int, is_writer: bool = True
    ) -> None:
        """Open a file, made if there is none. Raises LegatoError before touching a wrong one.

        Without `is_writer` it is only read; another process may be writing it.
        """
        self.path = path
        self.format = file_format
        self._door = threading.Lock()
        self._lock = threading.Lock()
        self._checkpointing = threading.Lock()
        self._readers: deque[Connection] = deque()
        self._is_closed = False
        self._wal_pages = 0
        self._copied_pages = 0
        with self._worded():
            if path.exists():
                _check_header(path, file_format)
                make_private(path)
            else:
                _create(path, file_format)
            self._own = self._open_own(cache_bytes) if is_writer else None
        if self._own is not None:
            self._bring_up_to_date(self._own)

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Hold the writer in a transaction: committed at the end, undone by any exception."""
        with self._queued(), self._worded():
            writer = self._writer()
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                # SQLite has undone it by itself after some errors.
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading_own(self) -> Generator[Connection]:
        """Hold the writer to read: for the thread that writes, whose pages it has in memory."""
        with self._queued(), self._worded():
            yield self._writer()

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Hold a reader: sees all that is committed, waits for nobody."""
        with self._worded():
            try:
                reader = self._readers.pop()
            except IndexError:
                reader = self._open_reader()
            try:
                yield reader
            finally:
                if self._is_closed or len(self._readers) >= READERS_MAX:
                    reader.close()
                else:
                    self._readers.append(reader)

    @property
    def is_closed(self) -> bool:
        """Whether close() has been called."""
        return self._is_closed

    @property
    def wants_checkpoint(self) -> bool:
        """Whether enough has been written since the last checkpoint."""
        return self._wal_pages - self._copied_pages >= self._pages_in(CHECKPOINT_BYTES)

    @property
    def wal_pages(self) -> int:
        """How many pages the WAL holds."""
        return self._wal_pages

    def checkpoint(self) -> None:
        """Copy what has been committed from the WAL to the file, beside the writer."""
        with self._checkpointing, self._worded():
            if self._is_closed or self._own is None:
                return
            checkpointer = self._own.checkpointer
            for _ in range(ROUNDS_MAX):
                _, self._copied_pages = checkpointer.wal_checkpoint()
                if self._wal_pages < self._pages_in(WAL_BYTES_MAX):
                    return
                if self._wal_pages - self._copied_pages <= self._pages_in(REST_BYTES):
                    break
            # SQLite has the disk take what it copied in its last step alone: with 100 MB of pages
            # before it, the writer would wait 20 to 90 ms there.
            os.fdatasync(self._own.descriptor)
            checkpointer.wal_checkpoint()
            with self._queued():
                _, self._copied_pages = checkpointer.wal_checkpoint()
                if self._wal_pages < self._pages_in(WAL_BYTES_MOST):
                    return
                try:
                    checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                except apsw.BusyError:
                    # A reader was slower than that: everything is copied, and the WAL starts
                    # anew at the next checkpoint that finds none.
                    return
                self._wal_pages = self._copied_pages = 0

    def purge(self) -> None:
        """Fold the whole WAL into the file and empty it: nothing deleted is left in either.

        The writer waits for readers here, which are short. Raises LegatoError when they are not.
        """
        with self._checkpointing, self._worded(), self._queued():
            if self._is_closed or self._own is None:
                return
            checkpointer = self._own.checkpointer
            checkpointer.set_busy_timeout(_OTHER_MS)
            try:
                checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            finally:
                checkpointer.set_busy_timeout(_BUSY_MS)
            self._wal_pages = self._copied_pages = 0

    def close(self) -> None:
        """Close every connection, the WAL folded in. Idempotent."""
        with self._checkpointing, self._queued():
            if self._is_closed:
                return
            self._is_closed = True
            while self._readers:
                self._readers.pop().close()
            if self._own is not None:
                self._own.checkpointer.close()
                self._own.writer.close()
                os.close(self._own.descriptor)

    @contextmanager
    def _queued(self) -> Generator[None]:
        """Hold the lock in turn.

        Who waits for it holds the door: a busy writer, which would take a plain lock again
        before anybody else wakes, cannot starve the checkpoint or a lane.
        """
        with self._door:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _pages_in(self, byte_count: int) -> int:
        return byte_count // self.format.page_bytes

    def _writer(self) -> Connection:
        assert self._own is not None, "this process only reads the file"
        return self._own.writer

    def _open_own(self, cache_bytes: int) -> _Own:
        writer = self._connect(cache_bytes=cache_bytes)
        writer.execute(f"PRAGMA synchronous={self.format.synchronous}")
        writer.wal_autocheckpoint(0)
        writer.set_wal_hook(self._on_commit)
        checkpointer = self._connect(cache_bytes=0)
        checkpointer.set_busy_timeout(_BUSY_MS)
        self._wal_pages, self._copied_pages = checkpointer.wal_checkpoint()
        return _Own(writer, checkpointer, os.open(self.path, os.O_RDWR))

    def _bring_up_to_date(self, own: _Own) -> None:
        """Take the steps that an older file lacks, each in a transaction of its own."""
        with self.reading_own() as writer:
            version: int = writer.execute("PRAGMA user_version").get
        for number, step in enumerate(
            self.format.steps[version - self.format.steps_from :], version + 1
        ):
            with self.writing() as writer:
                writer.execute(step)
                writer.execute(f"PRAGMA user_version={number}")
        if version < self.format.version:
            # So that the number is in the file, where it is looked for, and not beside it.
            own.checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_FULL)

    def _on_commit(self, _writer: Connection, _name: str, pages: int) -> int:
        if pages < self._wal_pages:
            self._copied_pages = 0  # the WAL started anew
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _open_reader(self) -> Connection:
        reader = self._connect(cache_bytes=2 << 20)
        reader.execute("PRAGMA query_only=1")
        return reader

    def _connect(self, *, cache_bytes: int) -> Connection:
        if self._is_closed:
            raise apsw.ConnectionClosedError
        connection = connect(self.path)
        connection.set_busy_timeout(_OTHER_MS)
        connection.execute(f"PRAGMA cache_size=-{max(cache_bytes >> 10, 64)}")
        connection.execute("PRAGMA temp_store=MEMORY")
        # What is deleted or moved is overwritten with zeros: an erasure must find no copy of it in
        # free pages, nor between the cells of a page. It costs 4 us of an event's 100.
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    @contextmanager
    def _worded(self) -> Generator[None]:
        try:
            yield
        except (apsw.Error, OSError) as error:
            worded = _word(error, self.path, self.format)
            if worded is None:
                raise
            raise worded from error


def _word(error: apsw.Error | OSError, path: Path, file_format: Format) -> LegatoError | None:
    """Say what the world did; None for what only our own mistake can cause."""
    match error:
        case apsw.FullError():
            return LegatoError(
                f"The disk is full: {path} could not grow, and nothing was stored.",
                fix="Free some space on that disk; the work goes on where it stopped.",
                can_retry=True,
            )
        case apsw.CorruptError() | apsw.NotADBError():
            return LegatoError(f"{path}, {file_format.title}, is damaged.", fix=file_format.remedy)
        case apsw.ConnectionClosedError():
            return LegatoError(f"{path} has been closed.", fix="Open it again.")
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.CantOpenError() | OSError():
            return LegatoError(
                f"{path} cannot be opened for writing, and nothing was stored.",
                fix="Let the user that runs Legato own the folder and every file in it.",
                can_retry=True,
            )
        case apsw.IOError() | apsw.NoMemError() | apsw.BusyError() | apsw.LockedError():
            return LegatoError(
                f"{path} could not be read or written ({type(error).__name__})"
                ", and nothing was stored.",
                fix="Look at the disk and its free space; the work goes on when it answers.",
                can_retry=True,
            )
        case _:
            return None


def _check_header(path: Path, file_format: Format) -> None:
    """Refuse a file that is not ours to open. Reads bytes, so that nothing is recovered in it."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise LegatoError(
            f"{path} is damaged: {file_format.title} does not begin like this.",
            fix=file_format.remedy,
        )
    (version,) = struct.unpack_from(">I", header, 60)
    (application_id,) = struct.unpack_from(">I", header, 68)
    if application_id != file_format.application_id:
        raise LegatoError(
            f"{path} is an SQLite file, but not {file_format.title}.",
            fix="Move it elsewhere, or give Legato another data folder.",
        )
    is_old = version < file_format.version and not file_format.steps
    if is_old or version < file_format.steps_from:
        raise LegatoError(
            f"{path} has format {version}, written by an older Legato;"
            f" this one reads {file_format.version}.",
            fix=file_format.remedy,
        )
    if version > file_format.version:
        raise LegatoError(
            f"{path} has format {version}, written by a newer Legato;"
            f" this one reads up to {file_format.version}.",
            fix="Start the newer Legato, or give this one another data folder.",
        )


def _create(path: Path, file_format: Format) -> None:
    """Make the file under another name first: under its own name it is always whole."""
    draft = path.with_name(f"{path.name}.new")
    for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
        leftover.unlink(missing_ok=True)
    make_private(draft)
    connection = connect(draft)
    try:
        connection.execute(f"PRAGMA page_size={file_format.page_bytes}")
        connection.execute("PRAGMA synchronous=FULL")
        if file_format.gives_back:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only possible before all else
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id={file_format.application_id}")
        connection.execute(f"PRAGMA user_version={file_format.version}")
        connection.execute(file_format.schema)
        connection.execute("COMMIT")
        # Last, so that the numbers above are in the file and not in a WAL beside it.
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    draft.replace(path)
    sync_folder(path.parent)
