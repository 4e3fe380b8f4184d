"""A destination that is down: another takes its messages, and the record says so."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.workspace import read_workspace
from tests.door.answering import Answering
from tests.door.test_api_routes import Legato, started

CONNECTOR = """
manifest: 1
id: letters
name: Letters
category: email
docs: https://letters.example
pii: [email]
settings: {url: {type: string, required: true, title: Where}}
routes:
  - {on: send, request: {url: "{{ settings.url }}", body: {id: =delivery.delivery_id}}}
"""
DESTINATION = """
destination: {name}
connector: letters
allow_private: true
settings: {{url: "http://127.0.0.1:{port}/{name}"}}
retry: {{first: 50ms, factor: 1.2, longest: 100ms, give_up: 1h}}
{more}
"""


class Desk:
    """A started app that mails through an account that is down, and has another."""

    def __init__(self, legato: Legato, folder: Path, *, backup: str = "") -> None:
        self.legato = legato
        self.spare = Answering()
        legato.runner.run(self.spare.open())
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
        files = read_workspace(folder / "workspace")
        files["connectors/letters.yaml"] = CONNECTOR
        files["destinations/console.yaml"] = DESTINATION.format(
            name="console", port=port, more="when_down: {after: 300ms, use: backup}"
        )
        files["destinations/backup.yaml"] = DESTINATION.format(
            name="backup", port=self.spare.port, more=backup
        )
        applied = legato.call("POST", "/api/plan/apply", {"files": files})
        assert applied.status == 200, applied.body


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with started(tmp_path, is_one_process=True) as legato:
        opened = Desk(legato, tmp_path)
        yield opened
        legato.runner.run(opened.spare.close())


def test_a_message_goes_by_the_other_and_the_record_says_by_whom_and_why(desk: Desk) -> None:
    legato = desk.legato
    legato.identify("ana", email="ana@example.com")
    legato.consent("ana")
    legato.track("ana", "Signed Up", method="link")

    told = [one for step in legato.until("settled") for one in step["sentences"]]

    assert len(desk.spare.bodies) == 1
    assert told[-1].endswith("accepted by backup, in place of its own, which was down")
    why = legato.call("GET", "/api/people/ana/why?message=welcome").json()
    assert "by email through backup, because its own destination was down" in why["sentence"]
    assert why["delivery_id"] == desk.spare.bodies[0]["id"]
    assert legato.call("GET", "/api/status").json()["lanes"]["console"]["by"] == "backup"
