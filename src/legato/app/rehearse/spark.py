"""Parts of a history lived through by Apache Spark, for histories beyond one machine.

This process says which record belongs to which part, and writes them as Parquet to a folder that
the workers read. Spark gathers each part (its grouped map, `applyInArrow`) and gives it to the very
function that processes of one machine call, so what is decided does not depend on where.
"""

from __future__ import annotations

import heapq
import os
import pickle
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from legato.app.rehearse.hosts import Divided
from legato.app.rehearse.parallel import Work
from legato.app.rehearse.walls import walls
from legato.model.problem import LegatoError
from legato.simulate.backtest.households import EVERYWHERE
from legato.simulate.backtest.tape import Recorded

FoundT = TypeVar("FoundT")

_FILE_ROWS = 50_000
_COLUMNS = ("part", "position", "now", "record")


class Spark:
    """A Spark cluster, or Spark on this machine. Its workers need Legato installed."""

    def __init__(self, master: str, staging: str | None, work: Work) -> None:
        """Say where it is; raise LegatoError where that cannot be.

        `master`: as Spark names it: `local[2]`, `spark://host:7077`, `yarn`, `k8s://...`.
        `staging`: a folder or URI that this process and all workers reach. Local Spark needs none.
        """
        if not (master.startswith("local") or staging):
            raise LegatoError(
                f"The workers of {master} have nowhere to read the history from.",
                fix="Name a folder that they and this machine reach: --staging s3a://bucket/legato.",
            )
        self.work, self._master, self._staging = work, master, staging
        self._sql = _library("pyspark.sql")
        self._arrow, self._parquet = _library("pyarrow"), _library("pyarrow.parquet")
        self._filesystems = _library("pyarrow.fs")

    def live(self, call: Callable[[Iterator[Recorded]], FoundT], divided: Divided) -> list[FoundT]:
        """See `Host`."""
        with self._folder() as folder, self._session(divided.count) as session:
            shared = self._write(folder, divided)
            self.work.told("living", 0, divided.count)
            parts = session.read.parquet(folder).groupBy("part")
            rows = parts.applyInArrow(_living(call, shared), "found binary").collect()
            self.work.told("living", divided.count, divided.count)
        return [pickle.loads(row.found) for row in rows]  # noqa: S301 - pickled by our own workers

    def _write(self, folder: str, divided: Divided) -> list[Recorded]:
        """Write what belongs to one part each; return what belongs to all."""
        files, path = self._reached(folder)
        shared, names = list[Recorded](), count()
        columns: tuple[list[object], ...] = tuple([] for _ in _COLUMNS)

        def write() -> None:
            table = self._arrow.table(dict(zip(_COLUMNS, columns, strict=True)))
            self._parquet.write_table(table, f"{path}/{next(names)}.parquet", filesystem=files)
            for column in columns:
                column.clear()

        for part, one in divided.rows:
            if part == EVERYWHERE:
                shared.append(one)
                continue
            row = (part, one.position, one.now, one.record)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
            if len(columns[0]) == _FILE_ROWS:
                write()
        if columns[0]:
            write()
        return shared

    @contextmanager
    def _folder(self) -> Generator[str]:
        """Have a folder for this run, gone afterwards."""
        with TemporaryDirectory(prefix="legato-backtest-") as own:
            if self._staging is None:
                yield own
                return
            folder = f"{self._staging.rstrip('/')}/{Path(own).name}"
            files, path = self._reached(folder)
            files.create_dir(path)
            try:
                yield folder
            finally:
                files.delete_dir(path)

    def _reached(self, folder: str) -> tuple[Any, str]:
        """Return the file system of a folder, and its path there."""
        uri = folder.replace("s3a://", "s3://", 1)  # Hadoop's name of it
        return self._filesystems.FileSystem.from_uri(uri)

    @contextmanager
    def _session(self, parts: int) -> Generator[Any]:
        """Start Spark with a task for each part, and stop it."""
        builder = (
            self._sql.SparkSession.builder.appName("legato backtest")
            .master(self._master)
            .config("spark.sql.shuffle.partitions", parts)
            .config("spark.sql.adaptive.enabled", value=False)
            .config("spark.ui.enabled", value=False)
            .config("spark.ui.showConsoleProgress", value=sys.stderr.isatty())
        )
        if self._master.startswith("local"):
            os.environ["PYSPARK_PYTHON"] = sys.executable
            builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
            builder = builder.config("spark.driver.host", "127.0.0.1")
        try:
            session = builder.getOrCreate()
        except Exception as error:
            raise LegatoError(
                f"Spark did not start at {self._master}: {type(error).__name__}, told above.",
                fix="Is Java 17 or later installed, and is this what Spark calls its master?",
            ) from error
        session.sparkContext.setLogLevel("ERROR")
        try:
            yield session
        finally:
            session.stop()


def _living(
    call: Callable[[Iterator[Recorded]], object], shared: Sequence[Recorded]
) -> Callable[[Any], Any]:
    """Return what a worker does with the rows of a part."""

    def live(table: Any) -> Any:  # noqa: ANN401 - pyarrow is there where Spark is
        columns = (table.sort_by("position").column(name) for name in _COLUMNS[1:])
        own = (Recorded(*(v.as_py() for v in row)) for row in zip(*columns, strict=True))
        with walls():
            found = call(heapq.merge(own, shared, key=lambda one: one.position))
        return _library("pyarrow").table({"found": [pickle.dumps(found)]})

    return live


def _library(name: str) -> Any:  # noqa: ANN401 - a library that may not be there
    try:
        return import_module(name)
    except ImportError as error:
        raise LegatoError(
            f"What speaks with Spark is not installed: {name.partition('.')[0]}.",
            fix="Install it here and on the workers: pip install 'legato[spark]'.",
        ) from error
