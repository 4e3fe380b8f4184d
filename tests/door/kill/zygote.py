"""Starts Legato by forking: a start costs milliseconds, so hundreds of kills fit in minutes.

Run as a program. `start WORKSPACE DATA PORT` on standard input answers with a process id, `wait`
with that process's end. What is forked is the whole product, door to destination, as `legato up`
runs it; only the loading of modules is shared.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path

import legato.collect.door
import legato.studio.api
from legato.app.config import Config
from legato.cli.up import run
from legato.doors import Doors
from legato.workspace import shipped_connectors

LOADED = (legato.collect.door, legato.studio.api)


def main() -> None:
    """Obey lines of standard input until it ends."""
    shipped_connectors()
    gc.freeze()
    pid = 0
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "start":
            pid = os.fork()
            if pid == 0:
                serve(*arguments)
            print(pid, flush=True)  # noqa: T201 - the answer
        else:
            print(os.waitpid(pid, 0)[1], flush=True)  # noqa: T201 - the answer


def serve(workspace: str, data: str, port: str) -> None:
    """Be a Legato, until killed."""
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    code = 1
    try:
        config = Config(workspace=Path(workspace), data=Path(data))
        run(config, Doors(), host="127.0.0.1", port=int(port))
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


main()
