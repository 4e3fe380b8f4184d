"""500 planted records: neither of the two processes prints a value, not even where it fails."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import msgspec
import pytest

from legato.cli.client import CLIENT_FILE, Connection
from tests.door.test_api_routes import KEY
from tests.door.test_canary import CANARY, PLANTED, WORKSPACE, Sinks, calls_of
from tests.door.test_cli_up import WAIT_SECONDS

COMMAND = (sys.executable, "-m", "legato", "up", ".", "--port", "0")
LOUD = """import logging, sys
logging.getLogger().setLevel(logging.DEBUG)
print("listened to", file=sys.stderr)
"""
"""What both processes begin with: so every library says all it has to say."""


class Printing:
    """`legato up` as the two processes that it is, with all they print kept in a file."""

    def __init__(self, folder: Path, sinks: Sinks) -> None:
        self.folder = folder
        self.data = folder / ".legato"
        text = WORKSPACE.format(
            key=KEY, sink=sinks.url, accepts="personal", extra="", secret_for="support"
        )
        (folder / "all.yaml").write_text(text)
        (folder / "start").mkdir()
        (folder / "start" / "sitecustomize.py").write_text(LOUD)
        self._out = (folder / "printed").open("wb")
        self.start()

    @property
    def printed(self) -> bytes:
        return (self.folder / "printed").read_bytes()

    def start(self) -> None:
        ways = [str(self.folder / "start"), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            COMMAND,
            cwd=self.folder,
            stdout=self._out,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(ways)},
        )
        is_up = Event()
        self._pump = Thread(target=self._read, args=[is_up])
        self._pump.start()
        assert is_up.wait(WAIT_SECONDS), self.printed
        found = msgspec.json.decode((self.data / CLIENT_FILE).read_bytes(), type=Connection)
        self._link = HTTPConnection(urlsplit(found.url).netloc, timeout=WAIT_SECONDS)
        self._token = found.token

    def _read(self, is_up: Event) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._out.write(line)
                if line.strip().startswith(b"next"):
                    is_up.set()
        self._out.flush()

    def engine(self) -> int:
        """Return the engine's process: the only child."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (child,) = [each for path in tasks for each in path.read_text().split()]
        return int(child)

    def ended(self) -> int:
        """Wait for the end, and for all that was printed until then."""
        self._link.close()
        self._pump.join(WAIT_SECONDS)
        return self.process.wait(WAIT_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.ended()
        self._out.close()

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        is_api = path.startswith("/api")
        headers: Mapping[str, str] = {
            "authorization": f"Bearer {self._token}" if is_api else f"Basic {basic}",
            "content-type": "application/json",
        }
        self._link.request(method, path, body or None, dict(headers))
        answer = self._link.getresponse()
        return str(answer.headers).encode() + answer.read()

    def settle(self) -> None:
        """Wait until nothing is said to happen any more."""
        after = 0
        while True:
            found = self.call("GET", f"/api/tail?after={after}&wait=1&limit=1000")
            page = msgspec.json.decode(found[found.index(b'{"') :])
            if not page["steps"]:
                return
            after = page["after"]


@pytest.fixture
def printing(tmp_path: Path) -> Iterator[Printing]:
    sinks = Sinks()
    printing = Printing(tmp_path, sinks)
    yield printing
    printing.close()
    sinks.close()


def test_neither_process_prints_a_planted_value(printing: Printing) -> None:
    secret = printing.call("PUT", "/api/secrets/SIGN", b'{"value": "a-key-to-sign-with"}')
    assert secret.endswith(b"\n\n")
    answers = [
        printing.call("POST", path, body)
        for number in range(PLANTED)
        for path, body in calls_of(number)
    ]
    printing.settle()

    os.kill(printing.engine(), signal.SIGKILL)
    assert printing.ended() == 1
    printing.start()
    printing.process.send_signal(signal.SIGTERM)
    assert printing.ended() == 0

    assert printing.printed.count(b"listened to") == 4  # twice two processes
    assert b"The engine's process ended unexpectedly." in printing.printed
    assert CANARY.findall(printing.printed) == []
    assert CANARY.findall(b"".join(answers)) == []


FAULTS = """
import asyncio, logging, sys, threading
from legato.runtime.faults import on_loop_fault, print_places_only
print_places_only()
def fail():
    try:
        {}["cnry-personal-001"]
    except KeyError as cause:
        raise ValueError("cnry-health-001") from cause
try:
    fail()
except ValueError as fault:
    logging.getLogger("lane").error("An attempt failed.", exc_info=fault)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
async def main():
    asyncio.get_running_loop().set_exception_handler(on_loop_fault)
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
fail()
"""


def test_a_failure_is_printed_with_its_place_and_not_with_what_it_says() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, check=False)

    assert done.returncode == 1
    assert done.stderr.count(b"in fail\nValueError\nbecause of\n") == 4
    assert done.stderr.count(b"KeyError") == 4
    assert CANARY.findall(done.stderr) == []
