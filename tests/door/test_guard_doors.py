"""What the guard says and does through the doors of a running app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def apply(legato: Legato, **replaced: str) -> None:
    """Apply the workspace with files replaced, in the folder as well."""
    for name, text in replaced.items():
        (legato.workspace / name).parent.mkdir(exist_ok=True)
        (legato.workspace / name).write_text(text)
    files = read_workspace(legato.workspace)
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.json()["problems"] == []


def alert(legato: Legato, after: int, code: str) -> dict[str, Any]:
    """Return the first alert of this code behind a position."""
    while True:
        page = legato.call("GET", f"/api/tail?after={after}&wait=10").json()
        assert page["steps"], f"no {code}"
        for step in page["steps"]:
            for note in step["notes"]:
                if note["type"] == "alert" and note["reason"]["code"] == code:
                    return note
        after = page["after"]


def test_a_silent_source_is_told_degrades_its_journeys_and_clears_itself(legato: Legato) -> None:
    legato.track("u1", "Signed Up", method="web")
    web = (legato.workspace / "sources" / "web.yaml").read_text()

    apply(legato, **{"sources/web.yaml": web.rstrip() + "\nsilent_after: 300ms\n"})
    silent = alert(legato, 0, "source.silent")
    status = legato.call("GET", "/api/status").json()
    journeys = {each["name"]: each for each in legato.call("GET", "/api/journeys").json()}
    (source,) = legato.call("GET", "/api/sources").json()
    position = status["status"]["applied"]
    legato.track("u1", "Signed Up", method="web")
    heard = alert(legato, position, "source.heard")

    assert "welcome (enter" in silent["reason"]["what"]
    assert [each["topic"] for each in status["alerts"]] == ["source:web"]
    assert status["alerts"][0]["reason"]["what"] == "source web is silent"
    assert journeys["welcome"]["degraded"][0]["steps"] == ["enter"]
    assert journeys["invited"]["degraded"] == []
    assert source["silent_since"] is not None
    assert "sends again" in heard["reason"]["what"]
    assert b'legato_source_silent{source="web"}' in legato.call("GET", "/metrics").body


ORDER = """
event: Order Placed
owner: growth
purpose: service
sources: [web]
schema:
  type: object
  required: [order_id, total]
  properties:
    order_id: {type: string}
    total: {type: number}
    coupon: {type: string}
"""
RICH = """
journey: rich
owner: growth
purpose: marketing
enter: {on: Order Placed, when: {property: {total: {over: 100}}}, key: order_id, again: once}
steps:
  - send: {message: welcome, on: email, expires: 1d}
"""


def shop(legato: Legato) -> None:
    """Let a shop sell for a while, in the declared shape."""
    apply(legato, **{"catalog/order.yaml": ORDER, "journeys/rich.yaml": RICH})
    legato.identify("ana", email="ana@example.com")
    legato.consent("ana")
    for number in range(60):
        legato.track("bo", "Order Placed", order_id=f"h{number}", total=40 + number % 9)
    look(legato)


def look(legato: Legato) -> None:
    legato.runner.run(legato.app.guard.look_at_shapes())


def drifts(legato: Legato) -> list[dict[str, Any]]:
    return legato.call("GET", "/api/drift").json()


def entered(legato: Legato, who: str) -> list[str]:
    """Return what a person's story says of the journey and of orders, in order."""
    story = legato.call("GET", f"/api/people/{who}/story").json()
    lines = [line for step in story for line in step["sentences"]]
    return [line for line in lines if "rich" in line or "mapping" in line or "did 'Order" in line]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"amt": 150}, "renamed `amt` to `total`"),
        ({"total": "150.00"}, "read `total` as a number"),
        ({"total": 150, "coupon": None}, "dropped `coupon`, which was null"),
    ],
    ids=["renamed", "retyped", "newly null"],
)
def test_a_drift_is_found_approved_and_what_waited_is_replayed_in_order(
    legato: Legato, sent: dict[str, object], said: str
) -> None:
    shop(legato)
    is_text = isinstance(sent.get("total"), str)
    for number in range(12):
        amount = 41 + number
        body = {key: value if value is None else amount for key, value in sent.items()}
        wrong = {"total": f"{amount}.00"} if is_text else body
        legato.track("bo", "Order Placed", order_id=f"d{number}", **wrong)
    legato.track("ana", "Order Placed", order_id="a1", **sent)
    legato.track("ana", "Order Placed", order_id="a2", **sent)
    look(legato)

    before = entered(legato, "ana")
    (drift,) = drifts(legato)
    alert(legato, 0, "event.drifted")
    alerts = legato.call("GET", "/api/status").json()["alerts"]
    journeys = {each["name"]: each for each in legato.call("GET", "/api/journeys").json()}
    answer = legato.call("POST", f"/api/drift/{drift['drift_id']}/approve").json()

    assert before == [], "nobody entered a journey on what was not understood"
    assert [each["topic"] for each in alerts] == ["drift:web/Order Placed"]
    assert journeys["rich"]["degraded"][0]["steps"] == ["enter"]
    assert (answer["replayed"], answer["file"]) == (14, "mappings/order_placed_from_web.yaml")
    assert (legato.workspace / answer["file"]).read_text() == answer["text"] == drift["text"]
    assert legato.call("GET", "/api/quarantine").json() == []
    after = entered(legato, "ana")
    assert sum(said in line for line in after) == 2
    assert sum("entered rich" in line for line in after) == 2
    assert drifts(legato) == []
    keys = [one.key for one in enrollments(legato, "ana")]
    assert keys == ["a1", "a2"], "in the order in which they came"
    audit = legato.call("GET", "/api/audit").json()
    assert "drift.approve" in str(audit)


def enrollments(legato: Legato, who: str) -> list[Any]:
    found = legato.runner.run(legato.app.find(who))
    assert found is not None
    state = legato.runner.run(legato.app.person(found))
    assert state is not None
    return state.enrollments


def test_a_misleading_name_is_told_and_nothing_is_proposed(legato: Legato) -> None:
    shop(legato)
    for number in range(12):
        legato.track("ana", "Order Placed", order_id=f"d{number}", subtotal=141 + number)
    look(legato)

    (drift,) = drifts(legato)
    refused = legato.call("POST", f"/api/drift/{drift['drift_id']}/approve")

    assert drift["text"] == ""
    assert drift["unresolved"]
    assert (refused.status, refused.json()["code"]) == (409, "drift.no_mapping")
    assert len(legato.call("GET", "/api/quarantine").json()) == 12
    assert entered(legato, "ana") == []


def test_a_rejected_drift_is_not_proposed_again(legato: Legato) -> None:
    shop(legato)
    for number in range(12):
        legato.track("bo", "Order Placed", order_id=f"d{number}", amt=41 + number)
    look(legato)
    (drift,) = drifts(legato)

    legato.call("POST", f"/api/drift/{drift['drift_id']}/reject")
    for number in range(12):
        legato.track("bo", "Order Placed", order_id=f"e{number}", amt=41 + number)
    look(legato)

    assert drifts(legato) == []
    assert legato.call("GET", "/api/status").json()["alerts"] == []


def test_approving_never_applies_what_else_lies_in_the_folder(legato: Legato) -> None:
    shop(legato)
    for number in range(12):
        legato.track("bo", "Order Placed", order_id=f"d{number}", amt=41 + number)
    look(legato)
    (drift,) = drifts(legato)
    (legato.workspace / "journeys" / "rich.yaml").write_text(RICH.replace("1d", "2d"))

    refused = legato.call("POST", f"/api/drift/{drift['drift_id']}/approve")

    assert (refused.status, refused.json()["code"]) == (409, "drift.unapplied")
    assert not (legato.workspace / "mappings").exists()
    assert len(drifts(legato)) == 1


def test_what_an_event_blocks_is_told_and_cannot_be_replayed(legato: Legato) -> None:
    apply(legato, **{"catalog/order.yaml": ORDER + "\non_violation: block\n"})
    legato.track("ana", "Order Placed", order_id="very-private")
    (row,) = legato.call("GET", "/api/quarantine").json()
    apply(legato, **{"catalog/order.yaml": ORDER.replace("[order_id, total]", "[order_id]")})

    shown = legato.call("GET", f"/api/quarantine/{row['position']}")
    replayed = legato.call("POST", "/api/quarantine/replay", {"positions": [row["position"]]})

    assert row["reason"]["code"] == "event.blocked"
    assert shown.status == 404
    assert b"very-private" not in shown.body
    assert replayed.json() == {"replayed": 0}


def test_a_drift_and_what_was_decided_outlive_a_restart(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        shop(legato)
        for number in range(12):
            legato.track("bo", "Order Placed", order_id=f"d{number}", amt=41 + number)
        look(legato)
        (before,) = drifts(legato)
        alert(legato, 0, "event.drifted")

    with started(tmp_path, is_one_process=True) as legato:
        (after,) = drifts(legato)
        answer = legato.call("POST", f"/api/drift/{after['drift_id']}/approve").json()

    assert after == before
    assert answer["replayed"] == 12


def test_an_alert_without_a_mapping_ends_when_the_shape_is_right_again(legato: Legato) -> None:
    shop(legato)
    for number in range(12):
        legato.track("bo", "Order Placed", order_id=f"d{number}", subtotal=41 + number)
    look(legato)
    told = alert(legato, 0, "event.drifted")
    for number in range(80):
        legato.track("bo", "Order Placed", order_id=f"e{number}", total=41 + number % 9)
        if number % 20 == 19:
            look(legato)
    alert(legato, 0, "event.undrifted")

    assert "no mapping can be proposed" in told["reason"]["what"]
    assert drifts(legato) == []
