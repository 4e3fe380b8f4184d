"""Erasing a person through the API: nobody answers, no file knows, destinations are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.app.app import App
from legato.app.erasure import search_folder
from legato.insight.certificate import Certificate, digest_of
from legato.model.ids import EventId
from tests.door.test_api_routes import WAIT, Legato, started

ANA = ("ana-1001", "ana@example.com")


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def live(legato: Legato, user: str, email: str) -> None:
    legato.identify(user, email=email, name="Somebody")
    legato.consent(user)
    legato.track(user, "Signed Up", method="web")


def erased(legato: Legato, who: str) -> Certificate:
    """Ask for an erasure, and for its certificate until it is complete."""
    answer = legato.call("POST", f"/api/people/{who}/erase", {"reason": "asked by letter"})
    assert answer.status == 202, answer.body
    erasure_id = answer.json()["erasure_id"]
    return legato.runner.run(completed(legato.app, erasure_id))


async def completed(app: App, erasure_id: EventId) -> Certificate:
    """Wait for record after record until one has completed the erasure."""
    position = app.status().position
    while True:
        certificate = await app.erasures.certificate(erasure_id)
        assert certificate is not None
        if certificate.stage == "completed":
            await app.host.overwritten()
            return certificate
        async with asyncio.timeout(WAIT):
            await app.applied(position + 1)
        position = app.status().position


async def overwritten(app: App) -> None:
    """Wait until the log's writer has seen to all that is to be overwritten."""
    async with asyncio.timeout(WAIT):
        await app.host.overwritten()


def test_nothing_is_left_of_a_person_in_any_file(legato: Legato) -> None:
    live(legato, *ANA)
    live(legato, "ben-2002", "ben@example.com")
    legato.track("ana-1001", "No Such Event", note="ana@example.com")
    legato.until("settled")

    certificate = erased(legato, "ana-1001")

    assert legato.call("GET", "/api/people/ana-1001").status == 404
    assert certificate.files is not None
    assert certificate.files.found == {}
    assert search_folder(legato.folder, ANA).found == {}
    assert search_folder(legato.folder, ["ben@example.com"]).found
    assert legato.call("GET", "/api/people/ben-2002").json()["identifiers"]
    assert certificate.removed["refused records"] == 1
    assert [one.outcome for one in certificate.destinations] == ["accepted"]
    assert certificate.seconds is not None
    assert certificate.seconds < 60


def test_the_certificate_is_chained_into_the_audit(legato: Legato) -> None:
    live(legato, *ANA)

    certificate = erased(legato, "email:ana@example.com")

    rows = legato.app.audit.read(0, 100)
    actions = [row.entry.action for row in rows if row.entry.subject == certificate.person_id]
    assert actions[0] == "person.erase"
    assert actions[-1] == "erasure.completed"
    assert rows[-1].entry.detail["certificate"] == certificate.digest == digest_of(certificate)


def test_an_event_from_before_does_not_bring_them_back(legato: Legato) -> None:
    live(legato, *ANA)
    before: dict[str, object] = {
        "userId": "ana-1001",
        "event": "Signed Up",
        "properties": {"method": "web"},
    }
    before["timestamp"] = "2020-01-01T00:00:00Z"

    erased(legato, "ana-1001")
    legato.collect("track", dict[str, object](before))
    legato.runner.run(overwritten(legato.app))

    assert legato.call("GET", "/api/people/ana-1001").status == 404
    assert search_folder(legato.folder, ANA).found == {}


def test_all_that_is_kept_can_be_had_as_json(legato: Legato) -> None:
    live(legato, *ANA)
    legato.until("settled")

    path = "/api/people/ana-1001/export"
    found: dict[str, Any] = legato.call("GET", path, reason="their letter of 3 March").json()

    assert found["format"] == "legato export 1"
    assert {one["value"] for one in found["profile"]["identifiers"]} == set(ANA)
    assert [event["name"] for event in found["events"]] == [
        "Identified",
        "Consent Changed",
        "Signed Up",
    ]
    assert [one["outcome"] for one in found["messages"]] == ["accepted"]
    assert found["consents"]
    entry = legato.app.audit.read(0, 100)[-1].entry
    assert (entry.action, entry.subject) == ("person.export", found["profile"]["person_id"])
    assert entry.detail["reason"] == "their letter of 3 March"


@pytest.mark.parametrize(("reason", "code"), [("", "export.reason"), ("so", "reveal.reason")])
def test_nothing_is_given_out_without_a_reason(legato: Legato, reason: str, code: str) -> None:
    live(legato, *ANA)

    answer = legato.call("GET", "/api/people/ana-1001/export", reason=reason)

    assert answer.status == 400
    assert answer.json()["code"] == code
    assert "person.export" not in [row.entry.action for row in legato.app.audit.read(0, 100)]


def test_an_erasure_needs_a_reason(legato: Legato) -> None:
    live(legato, *ANA)

    answer = legato.call("POST", "/api/people/ana-1001/erase", {"reason": " "})

    assert answer.status == 400
    assert answer.json()["code"] == "erasure.reason"
    assert legato.call("GET", "/api/people/ana-1001").status == 200
