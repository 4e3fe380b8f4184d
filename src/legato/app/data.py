"""What is kept in the data folder, opened, and the host that runs on it."""

from __future__ import annotations

import sys
from functools import partial

from legato.app.config import Config
from legato.app.history.roll import make
from legato.fold.cache import room_of
from legato.fold.eras import Eras
from legato.fold.memory import DUPLICATES_WINDOW
from legato.fold.then import Chronicle
from legato.insight.status import Watch
from legato.model.instant import HOUR
from legato.ports.clock import Clock
from legato.runtime.engine.dialogue import Line
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Parts
from legato.runtime.engine.process import EngineProcess
from legato.runtime.engine.thread import EngineThread
from legato.runtime.local import LocalHost, Stores
from legato.runtime.rolling.sides import RollingStores
from legato.stores.figure_file import FigureFile
from legato.stores.folder import Folder
from legato.stores.govern.schema import open_govern
from legato.stores.retention_file import RetentionFile
from legato.stores.score_file import ScoreFile
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore


class Data:
    """The files of one data folder."""

    def __init__(self, config: Config, folder: Folder) -> None:
        self.log = SqliteLog(config.data / "log.db")
        # The host asks back to a whole hour, up to one further than its window.
        self.store = SqliteStore(
            config.data / "state.db",
            seen_window=DUPLICATES_WINDOW + HOUR,
            is_writer=config.is_one_process,
        )
        self.chronicle = Chronicle(
            log=self.log, stories=self.store, leads=self.store.pointers, eras=Eras(self.log)
        )
        """Where people as they once were are read from."""
        self.retention = RetentionFile(config.data)
        self.govern = open_govern(config.data)
        self.score = ScoreFile(config.data)
        self.figures = FigureFile(config.data)
        self._folder = folder

    def close(self) -> None:
        """Close the files, and let the folder go."""
        self.score.close()
        self.figures.close()
        self.govern.close()
        self.log.close()
        self.store.close()
        self._folder.close()


def host_on(data: Data, config: Config, clock: Clock) -> LocalHost:
    """Return the host of a workspace whose data is there; nothing runs yet."""
    store = data.store
    stores = Stores(
        log=data.log,
        state=store,
        timers=store,
        records=store,
        outbox=store,
        erasures=store.erasures,
        rolling=RollingStores(
            notes=store.rolling, records=data.log.rolling, make=partial(make, config.data)
        ),
        retention=data.retention,
        kept=(store, data.log, data.govern, data.score.file),
    )
    return LocalHost(
        stores,
        _line(data, config, clock),
        clock=clock,
        backlog_events_max=config.backlog_events_max,
    )


def _line(data: Data, config: Config, clock: Clock) -> Line:
    """Return the engine's line: to a process of its own, unless one process is wanted."""
    if not config.is_one_process:
        module = [sys.executable, "-P", "-m", "legato.engine", str(config.data)]
        core = [] if config.engine_core is None else [str(config.engine_core)]
        cache = str(config.cache_megabytes)
        return EngineProcess(lambda number: [*module, str(number), cache, *core])
    parts = Parts(
        log=data.log,
        state=data.store,
        outbox=data.store,
        records=data.store,
        erasures=data.store.erasures,
        rolling=data.store.rolling,
        clock=clock,
        observer=Watch(),
        room=room_of(config.cache_megabytes),
    )
    return EngineThread(partial(Engine, parts))
