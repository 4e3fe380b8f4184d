"""Erasing under load, and through kills: `legato up` as a process of its own."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from legato.app.erasure import search_folder
from tests.door.test_cli_up import WAIT_SECONDS, Running

KILLS = 2
OTHERS = 20


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    try:
        yield running
    finally:
        running.stop()


def known_by(name: str) -> tuple[str, str]:
    return f"{name}-7001", f"{name}@example.com"


def live(running: Running, name: str) -> None:
    user, email = known_by(name)
    assert running.call("identify", {"userId": user, "traits": {"email": email}})[0] == 200
    assert running.track(user, "Signed Up", method="web") == 200
    running.call("track", {"userId": user, "event": "No Such Event", "properties": {"to": email}})


def ask(running: Running, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    link = HTTPConnection(urlsplit(running.connection.url).netloc, timeout=WAIT_SECONDS)
    headers = {
        "authorization": f"Bearer {running.connection.token}",
        "content-type": "application/json",
    }
    link.request(method, path, None if body is None else json.dumps(body), headers)
    answer = link.getresponse()
    content = answer.read()
    link.close()
    assert answer.status // 100 == 2, content
    return json.loads(content)


def test_under_load_nothing_is_left_of_the_erased_and_nothing_is_taken_from_others(
    running: Running,
) -> None:
    is_over = threading.Event()

    def flow() -> None:
        count = 0
        while not is_over.is_set():
            count += 1
            live(running, f"other{count % OTHERS}")

    load = threading.Thread(target=flow)
    load.start()
    live(running, "ana")

    done = running.legato("people", "erase", "email:ana@example.com", "--reason", "a", "--yes")
    checked = running.legato("people", "verify-erased", *known_by("ana"))
    listed = running.legato("people", "erasures")
    is_over.set()
    load.join()

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Erased.")
    assert "nothing found" in done.stdout
    assert "ana" not in done.stdout
    assert checked.returncode == 0, checked.stdout
    assert listed.stdout.count("\n") == 1
    assert search_folder(running.data, known_by("ana")).found == {}
    assert ask(running, "GET", "/api/people/other1-7001")["identifiers"]


def test_a_killed_erasure_is_completed_by_the_next_start(running: Running) -> None:
    for kill in range(KILLS):
        name = f"ana{kill}"
        live(running, name)
        path = f"/api/people/{known_by(name)[0]}/erase"
        asked = ask(running, "POST", path, {"reason": "asked by letter"})

        running.stop(signal.SIGKILL)
        running.start("--port", "0")

        shown = running.legato("people", "certificate", asked["erasure_id"], "--wait", "--json")
        certificate = json.loads(shown.stdout)
        assert certificate["stage"] == "completed"
        assert search_folder(running.data, known_by(name)).found == {}
