"""What a destination answered last can be looked at, without whom it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.workspace import read_workspace
from tests.door.answering import Answering
from tests.door.test_api_routes import Legato, started
from tests.door.test_audit_routes import entries

CONNECTOR = """
manifest: 1
id: plain
name: Plain
category: crm
docs: https://plain.example
settings: {url: {type: string, required: true, title: Where}}
routes:
  - {on: event, request: {url: "{{ settings.url }}", body: =event}}
---
destination: crm
connector: plain
allow_private: true
settings: {url: "http://127.0.0.1:PORT/in"}
events: {purpose: service, types: [track]}
"""
REFUSAL = {
    "error": "Ana.Silva is known by another name; tell them",
    "owner": "bea@elsewhere.example",
    "call": "+44 20 7946 0958",
}


class Office:
    """A started app, and a system that answers as it is told to."""

    def __init__(self, legato: Legato, folder: Path) -> None:
        self.legato = legato
        self.crm = Answering()
        legato.runner.run(self.crm.open())
        files = read_workspace(folder / "workspace")
        connector, _, crm = CONNECTOR.replace("PORT", str(self.crm.port)).partition("---\n")
        files |= {"connectors/plain.yaml": connector, "destinations/crm.yaml": crm}
        assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200

    def dead(self) -> str:
        """Return the id of the one delivery that is dead, once it is."""
        self.legato.until("settled")
        (found,) = self.legato.call("GET", "/api/deliveries").json()
        return found["delivery_id"]

    def waiting(self) -> str:
        """Return the id of the one delivery that waits, once an attempt at it has failed."""
        while self.legato.call("GET", "/api/status").json()["lanes"]["crm"]["last_fault"] is None:
            pass
        (found,) = self.legato.call("GET", "/api/deliveries?standing=waiting").json()
        return found["delivery_id"]

    def answer(self, delivery_id: str, reason: str = "") -> dict[str, Any]:
        path = f"/api/deliveries/{delivery_id}"
        return self.legato.call("GET", path, reason=reason).json()["answer"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with started(tmp_path, is_one_process=True) as legato:
        open_office = Office(legato, tmp_path)
        yield open_office
        legato.runner.run(open_office.crm.close())


def test_a_dead_delivery_shows_what_was_answered_without_whom_it_is_about(office: Office) -> None:
    office.crm.status, office.crm.kind = 422, "application/json"
    office.crm.text = msgspec.json.encode(REFUSAL).decode()
    office.legato.track("ana", "Signed Up", method="ana.silva")
    dead = office.dead()

    masked = office.answer(dead)
    whole = office.answer(dead, reason="the provider asks what it said")

    assert (masked["status"], masked["kind"], masked["is_cut"]) == (422, "application/json", False)
    assert msgspec.json.decode(masked["text"]) == {
        "error": "••• is known by another name; tell them",
        "owner": "•••",
        "call": "•••",
    }
    assert msgspec.json.decode(whole["text"]) == REFUSAL
    (entry,) = entries(office.legato, action="delivery.reveal")
    assert dead in entry["subject"]


def test_one_that_is_tried_again_shows_what_was_answered_last(office: Office) -> None:
    office.crm.status, office.crm.text = 503, "back at noon"
    office.legato.track("ana", "Signed Up", method="link")

    waiting = office.answer(office.waiting())

    assert (waiting["status"], waiting["text"]) == (503, "back at noon")


def test_one_that_was_not_answered_has_no_answer(office: Office) -> None:
    office.legato.runner.run(office.crm.close())
    office.legato.track("ana", "Signed Up", method="link")

    assert office.answer(office.waiting()) is None

    office.legato.runner.run(office.crm.open())
