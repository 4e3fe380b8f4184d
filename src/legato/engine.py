"""The engine's own process: python -m legato.engine FOLDER SOCKET CACHE_MB [CORE].

Started by the process that serves, which holds the data folder and the other end of the socket.
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from legato.fold.cache import Room, room_of
from legato.fold.memory import DUPLICATES_WINDOW
from legato.insight.status import Watch
from legato.model.instant import HOUR
from legato.model.problem import LegatoError
from legato.runtime.engine.cores import keep_to
from legato.runtime.engine.dialogue import Abandoned, Refused
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Parts
from legato.runtime.engine.process import SocketInbox
from legato.runtime.faults import print_places_only
from legato.runtime.local import settle_down
from legato.runtime.upkeep import Upkeep
from legato.stores.folder import ENGINE_HOLD, ENGINE_WAIT_SECONDS, Folder
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from legato.transports.clock import SystemClock


def main() -> None:
    """Run an engine until its socket says so, or is closed."""
    print_places_only()
    folder, number, cache_megabytes, *core = sys.argv[1:]
    # A signal to the whole group (Ctrl-C) is the other process's to hear: it says when to stop.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    with socket.socket(fileno=int(number)) as end:
        inbox = SocketInbox(end)
        try:
            _work(Path(folder), inbox, room_of(int(cache_megabytes)), [int(one) for one in core])
        except LegatoError as error:
            inbox.tell([Refused(error.what, error.fix, error.can_retry)])
        except Abandoned:
            return


def _work(path: Path, inbox: SocketInbox, room: Room, cores: Sequence[int]) -> None:
    folder = Folder(path, hold=ENGINE_HOLD, wait_seconds=ENGINE_WAIT_SECONDS)
    log = SqliteLog(path / "log.db", is_writer=False)
    # The host asks back to a whole hour, up to one further than its window.
    store = SqliteStore(path / "state.db", seen_window=DUPLICATES_WINDOW + HOUR)
    upkeep = Upkeep((store,))
    parts = Parts(
        log=log,
        state=store,
        outbox=store,
        records=store,
        erasures=store.erasures,
        rolling=store.rolling,
        clock=SystemClock(),
        observer=Watch(),
        room=room,
        after_turn=upkeep.look,
    )
    engine = Engine(parts, inbox, inbox.tell)
    recovered = engine.recover()
    settle_down()
    upkeep.start()
    for core in cores:
        keep_to(core)
    inbox.tell([recovered])
    engine.run()
    upkeep.close()
    log.close()
    store.close()
    folder.close()


if __name__ == "__main__":
    main()
