"""Consents over the API and the command line: put on record, shown whole, named by every send."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import JSON, KEY, Answered, Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


PEER = "10.0.0.1"


def say(legato: Legato, who: str, *, is_granted: bool, **more: object) -> Answered:
    line = {"purpose": "marketing", "is_granted": is_granted}
    return legato.call("POST", f"/api/people/{who}/consents", {"lines": [line], **more})


def delivery_of(legato: Legato) -> str:
    steps = legato.until("settled")
    return next(
        note["delivery_id"] for step in steps for note in step["notes"] if note["type"] == "settled"
    )


def test_a_yes_put_on_record_is_named_by_the_send_that_relied_on_it(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")
    evidence = {"ip": "203.0.113.9", "jurisdiction": "DE", "method": "form", "language": "de"}

    said = say(legato, "u1", is_granted=True, wording="form-7", evidence=evidence).json()
    legato.track("u1", "Signed Up", method="web")
    delivery_id = delivery_of(legato)
    relied = legato.call("GET", f"/api/people/u1/deliveries/{delivery_id}/consent").json()

    (line,) = said["lines"]
    assert relied["decided_on"] == relied["sent_on"] == line["record"]
    assert relied["lines"] == [line]
    assert relied["outcome"] == "accepted"
    assert (line["wording"], line["standing"]) == ("form-7", "present")
    assert (line["jurisdiction"], line["legal_basis"], line["method"]) == (
        "DE",
        "consent",
        "form",
    )
    assert line["ip_digest"]


def test_an_address_is_kept_nowhere_but_as_a_keyed_digest(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")

    say(legato, "u1", is_granted=True, evidence={"ip": "203.0.113.9"})

    files = [path for path in (legato.folder / "data").rglob("*") if path.is_file()]
    assert [path for path in files if b"203.0.113.9" in path.read_bytes()] == []


def test_a_no_holds_when_the_call_is_answered(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")
    say(legato, "u1", is_granted=True)
    say(legato, "u1", is_granted=False, reason="she called the service desk")

    legato.track("u1", "Signed Up", method="web")
    why = legato.call("GET", "/api/people/u1/why?message=welcome").json()
    ledger = legato.call("GET", "/api/people/u1/consents").json()

    assert why["first_blocking"]["code"] == "consent.withdrawn"
    said = [line for line in ledger["lines"] if line["channel"] == "*"]
    assert [line["is_granted"] for line in said] == [True, False]
    answers = {each["channel"]: each["answer"] for each in ledger["present"]}
    assert answers["email"] == answers[""] == "no"
    entries = legato.call("GET", "/api/audit?action=consent").json()
    assert "she called the service desk" in json.dumps(entries)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "consent.lines"),
        ([{"purpose": "sales", "is_granted": True}], "consent.purpose"),
        ([{"purpose": "marketing", "is_granted": True, "channel": "fax"}], "consent.channel"),
        ([{"purpose": "marketing", "is_granted": "yes"}], "request.shape"),
    ],
)
def test_what_cannot_be_put_on_record_is_refused_and_changes_nothing(
    legato: Legato, lines: object, code: str
) -> None:
    legato.identify("u1", email="ana@example.com")

    answer = legato.call("POST", "/api/people/u1/consents", {"lines": lines})

    assert (answer.status, answer.json()["code"]) == (400, code)
    assert answer.json()["fix"]
    assert legato.call("GET", "/api/people/u1/consents").json()["lines"] == []


def test_a_delivery_of_somebody_else_is_not_told(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")
    legato.identify("u2", email="bob@example.com")
    say(legato, "u1", is_granted=True)
    legato.track("u1", "Signed Up", method="web")

    answer = legato.call("GET", f"/api/people/u2/deliveries/{delivery_of(legato)}/consent")

    assert (answer.status, answer.json()["code"]) == (404, "delivery.unknown")


def test_a_browser_that_objects_is_heard_by_every_way_of_collecting(legato: Legato) -> None:
    apply_rules(legato)
    for number, path in enumerate(("/v1/page", "/v1/batch", "/pixel/v1/page")):
        legato.identify(f"g{number}", email=f"g{number}@example.com")
        say(legato, f"g{number}", is_granted=True)

        collect(legato, path, f"g{number}")

        present = legato.call("GET", f"/api/people/g{number}/consents").json()["present"]
        answers = {(each["purpose"], each["channel"]): each["answer"] for each in present}
        assert answers["marketing", "email"] == "no", path


def apply_rules(legato: Legato) -> None:
    files = read_workspace(legato.workspace)
    before = files["policies/lawfulness.yaml"]
    assert "opt_out_scope: topic" in before
    files["policies/lawfulness.yaml"] = before.replace(
        "opt_out_scope: topic", "opt_out_scope: topic\n  gpc: [marketing]"
    )
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200


def collect(legato: Legato, path: str, user: str) -> None:
    call = {"type": "page", "userId": user, "name": "Home", "messageId": f"m-{user}"}
    headers = [(b"content-type", JSON), (b"sec-gpc", b"1")]
    if path.startswith("/pixel"):
        call["writeKey"] = KEY
        data = base64.urlsafe_b64encode(msgspec.json.encode(call)).decode()
        answer = legato.runner.run(legato.ask("GET", f"{path}?data={data}", headers, b"", PEER))
    else:
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        headers.append((b"authorization", f"Basic {basic}".encode()))
        body = {"batch": [call]} if path.endswith("batch") else call
        answer = legato.runner.run(
            legato.ask("POST", path, headers, msgspec.json.encode(body), PEER)
        )
    assert answer.status == 200, answer.body
    legato.runner.run(asyncio.wait_for(legato.app.applied(legato.app.status().position), 60))
