"""One event goes on to five destinations at once, one of which is dead."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.answering import Answering
from tests.door.test_api_routes import Legato, started

WELL = ("crm", "ads", "lake", "mail")
DEAD = "prompts"
CONNECTOR = """
manifest: 1
id: plain
name: Plain
category: stream
docs: https://plain.example
settings: {url: {type: string, required: true, title: Where}}
routes:
  - {on: event, request: {url: "{{ settings.url }}", body: =event}}
"""
DESTINATION = """
destination: {name}
connector: plain
allow_private: true
settings: {{url: "http://127.0.0.1:{port}/in"}}
retry: {{first: 50ms, factor: 1.5, longest: 200ms, give_up: 1h}}
events: {{purpose: service, types: [track]}}
"""


class Five:
    """A started app before five destinations. At the port of the fifth nobody listens."""

    def __init__(self, legato: Legato, folder: Path) -> None:
        self.legato = legato
        self.sinks = {name: Answering() for name in WELL}
        for sink in self.sinks.values():
            legato.runner.run(sink.open())
        ports = {name: sink.port for name, sink in self.sinks.items()}
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            ports[DEAD] = nobody.getsockname()[1]
        self.files = files = read_workspace(folder / "workspace")
        files["connectors/plain.yaml"] = CONNECTOR
        for name, port in ports.items():
            files[f"destinations/{name}.yaml"] = DESTINATION.format(name=name, port=port)
        applied = legato.call("POST", "/api/plan/apply", {"files": files})
        assert applied.status == 200, applied.body
        self.dead = Answering()
        self.dead.port = ports[DEAD]

    def close(self) -> None:
        for sink in self.sinks.values():
            self.legato.runner.run(sink.close())

    def settled(self, count: int) -> list[str]:
        """Wait until so many deliveries are over; return all that was told on the way."""
        after, told, over = 0, list[str](), 0
        while over < count:
            page = self.legato.call("GET", f"/api/tail?after={after}&wait=10").json()
            assert page["steps"], "nothing happened any more"
            after = page["after"]
            for step in page["steps"]:
                told += step["sentences"]
                over += sum(note["type"] == "settled" for note in step["notes"])
        return told

    def why(self, destination: str) -> dict[str, Any]:
        path = f"/api/people/ana/why/events?destination={destination}"
        return self.legato.call("GET", path).json()

    def failing(self, destination: str) -> dict[str, Any]:
        """Return a lane once an attempt has failed."""
        while True:
            lane = self.legato.call("GET", "/api/status").json()["lanes"][destination]
            if lane["last_fault"] is not None:
                return lane


@pytest.fixture
def five(tmp_path: Path) -> Iterator[Five]:
    with started(tmp_path, is_one_process=True) as legato:
        beside = Five(legato, tmp_path)
        yield beside
        beside.close()


def test_the_other_four_have_the_event_at_once_and_the_fifth_is_told_of(five: Five) -> None:
    five.legato.track("ana", "Signed Up", method="link")

    told = five.settled(len(WELL))

    assert {name: len(sink.bodies) for name, sink in five.sinks.items()} == dict.fromkeys(WELL, 1)
    assert any("which goes on to ads, crm, lake, mail and prompts" in one for one in told)
    for name in WELL:
        assert five.why(name)["is_sent"]
    waiting = five.why(DEAD)
    assert (waiting["is_sent"], waiting["state"]) == (False, "queued")
    assert "is on its way to prompts, which has not answered" in waiting["sentence"]
    lane = five.failing(DEAD)
    assert (lane["waiting"] + lane["in_flight"], lane["accepted_count"]) == (1, 0)
    assert lane["last_fault"]["what"] == "no connection (ConnectionRefusedError)"


def test_the_fifth_has_it_once_when_it_is_back(five: Five) -> None:
    five.legato.track("ana", "Signed Up", method="link")
    five.settled(len(WELL))

    five.legato.runner.run(five.dead.open())
    five.settled(len(WELL) + 1)
    five.legato.runner.run(five.dead.close())

    assert [body["event"] for body in five.dead.bodies] == ["Signed Up"]
    assert five.why(DEAD)["is_sent"]


def test_a_broken_manifest_is_told_with_its_line_and_stops_nobody(five: Five) -> None:
    five.files["connectors/plain.yaml"] = CONNECTOR.replace("=event}", "=evnt}")
    five.files["destinations/other.yaml"] = DESTINATION.format(name="other", port=1)

    refused = five.legato.call("POST", "/api/plan/apply", {"files": five.files})
    five.legato.track("ana", "Signed Up", method="link")
    five.settled(len(WELL))

    assert refused.status == 422, refused.body
    told = refused.body.decode()
    assert '"file":"connectors/plain.yaml","line":9' in told
    assert "`evnt`" in told
    assert {name: len(sink.bodies) for name, sink in five.sinks.items()} == dict.fromkeys(WELL, 1)
