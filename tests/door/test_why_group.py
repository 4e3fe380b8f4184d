"""Why a segment, or all who entered a journey, got a message or did not: asked at the door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from legato.app.config import Config
from legato.model.instant import HOUR, MINUTE, format_instant, parse_instant
from tests.door.embedded import OwnClock
from tests.door.test_api_routes import WHY, Legato, make_workspace

PARTS = """
segment: known
title: Known
owner: growth
when: {trait: {email: {exists: true}}}
---
trait: condition
title: Condition
owner: crm
purpose: marketing
privacy: health
schema: {type: string}
---
segment: patients
title: Patients
owner: growth
when: {any: [{trait: {condition: {exists: true}}}, {in_segment: known}]}
---
cap: one
at_most: 1
within: 7d
---
template: offer
title: Offer
purpose: marketing
email: {subject: Offer, body: "For you"}
---
journey: offers
title: Offers
owner: growth
purpose: marketing
enter:
  on: Order Completed
  when: {trait: {first_name: {is: Pro}}}
  key: order_id
  again: any time
steps:
  - send: {message: offer, on: email, expires: 1d}
"""
PEOPLE = ("ana", "bob", "cy", "dee", "eve", "fay", "gus")


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    folder = tmp_path_factory.mktemp("group")
    workspace = make_workspace(folder)
    (workspace / "offers.yaml").write_text(PARTS)
    noon = parse_instant("2026-03-02T12:00:00Z")
    assert noon is not None
    clock = OwnClock(noon)
    config = Config(
        workspace=workspace, data=folder / "data", keys=folder / "keys", is_one_process=True
    )
    running = Legato(folder, config, clock)
    assert running.app.problems() == ()
    live(running, clock)
    yield running
    running.close()


def live(legato: Legato, clock: OwnClock) -> None:
    """Let one person get the offer, and six not, each for another reason."""
    start = clock.now()
    for who in PEOPLE:
        name = {} if who == "cy" else {"first_name": "Pro"}
        legato.identify(who, email=f"{who}@example.com", **name)
        if who != "bob":
            legato.consent(who)
    legato.track("gus", "Signed Up", method="web")  # a welcome, and the cap is reached
    legato.track("dee", "Order Completed", order_id="o1")  # without its value
    long_ago = {"userId": "eve", "event": "Order Completed", "timestamp": format_instant(start)}
    clock.set(start + 2 * HOUR)
    legato.collect("track", {**long_ago, "properties": {"order_id": "o1", "value": 9}})
    for who in ("ana", "bob", "cy", "gus"):
        legato.track(who, "Order Completed", order_id="o1", value=9)
    clock.set(clock.now() + 4 * MINUTE)
    legato.identify("cy", first_name="Pro")
    while legato.call("GET", "/api/people/ana/why?message=offer").json()["kind"] != "sent":
        legato.call("GET", "/api/tail?wait=1")


def ask(legato: Legato, query: str, *, reason: str = "", token: str | None = "") -> dict[str, Any]:
    answered = legato.call("GET", f"/api/why?{query}", reason=reason, token=token)
    assert answered.status == 200, answered.body
    lines = [msgspec.json.decode(line) for line in answered.body.splitlines()]
    assert lines[0]["looked_at"] == 0
    assert lines[-1]["looked_at"] == lines[-1]["of"]
    return lines[-1]["answer"]


def test_each_member_is_counted_once_by_what_kept_the_message(legato: Legato) -> None:
    answer = ask(legato, "segment=known&message=offer")

    parts = {part["code"]: part for part in answer["parts"]}
    assert (answer["total"], answer["got"]) == (7, 1)
    assert {code: part["count"] for code, part in parts.items()} == {
        "attribute.late": 1,
        "cap.reached": 1,
        "consent.missing": 1,
        "entry.late": 1,
        "entry.not_begun": 1,
        "quarantine.event.shape": 1,
    }
    assert answer["sentence"].startswith("6 of 7 did not get 'offer': 1 attribute late by median 4")
    assert parts["attribute.late"]["late"] // MINUTE == 4
    assert parts["entry.late"]["late"] // HOUR == 2


def test_an_example_leads_to_the_same_reason_told_to_one(legato: Legato) -> None:
    answer = ask(legato, "segment=known&message=offer")

    for part in answer["parts"]:
        (person,) = part["people"]
        told = legato.call("GET", f"/api/people/{person}/why?message=offer").json()
        blocking = told["first_blocking"]
        if blocking is not None and part["code"] != "attribute.late":
            assert blocking["code"] == part["code"]
        assert not told["is_sent"]


def test_of_a_journey_those_are_counted_who_entered_it(legato: Legato) -> None:
    answer = ask(legato, "journey=offers&message=offer")

    assert (answer["total"], answer["got"]) == (3, 1)
    assert {part["code"] for part in answer["parts"]} == {"consent.missing", "cap.reached"}


def test_only_what_was_lately_is_counted(legato: Legato) -> None:
    assert ask(legato, "journey=offers&message=offer&since=1d")["total"] == 3
    answer = ask(legato, "journey=offers&message=offer&since=2026-03-03")
    assert answer["total"] == 0
    assert answer["sentence"] == "Nobody has entered offers."


def test_of_a_group_that_tells_of_health_nobody_can_be_made_out_without_a_reason(
    legato: Legato,
) -> None:
    query = "segment=patients&message=offer"
    masked, whole = ask(legato, query), ask(legato, query, reason=WHY)

    (few,) = masked["parts"]
    assert (masked["total"], masked["got"]) == (whole["total"], whole["got"]) == (7, 1)
    assert (few["code"], few["count"], few["people"]) == ("few", 6, [])
    assert masked["sentence"] == "6 of 7 did not get 'offer': 6 for other reasons."
    assert len(whole["parts"]) == 6
    engineer = ask(legato, query, reason=WHY, token=legato.token("engineer"))
    assert engineer["parts"] == masked["parts"]


def test_whoever_asks_about_a_group_is_on_record(legato: Legato) -> None:
    before = len(legato.call("GET", "/api/audit?action=people.why").json())

    ask(legato, "journey=offers&message=offer")

    entries = legato.call("GET", "/api/audit?action=people.why").json()
    assert len(entries) == before + 1
    newest = max(entries, key=lambda one: one["at"])
    assert newest["subject"] == "journey offers"
    assert newest["detail"]["message"] == "offer"


@pytest.mark.parametrize(
    ("query", "status", "code", "fix"),
    [
        ("segment=known", 400, "why.no_group", "Ask with `message`"),
        ("message=offer", 400, "why.no_group", "`segment` or `journey`"),
        ("segment=know&message=offer", 404, "segment.unknown", "`known`"),
        ("segment=known&message=ofer", 404, "message.unknown", "`offer`"),
        ("segment=xyz&message=offer", 404, "segment.unknown", "There are "),
        ("journey=ofers&message=offer", 404, "journey.unknown", "`offers`"),
        ("segment=known&message=offer&since=soon", 400, "why.since", "30d"),
    ],
)
def test_a_question_of_nothing_is_refused(
    legato: Legato, query: str, status: int, code: str, fix: str
) -> None:
    answered = legato.call("GET", f"/api/why?{query}")

    assert answered.status == status
    assert answered.json()["code"] == code
    assert fix in answered.json()["fix"]
