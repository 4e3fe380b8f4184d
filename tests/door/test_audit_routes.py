"""What goes on record when people and programs call: changes, refusals, and who saw whom."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from legato.app.audit import AuditBook, verify_audit
from legato.govern.roles import ROLES, Role, may
from legato.ports.audit import AuditEntry, AuditQuestion
from legato.stores.govern.schema import open_govern
from legato.transports.clock import SystemClock
from legato.workspace import read_workspace
from tests.door.test_api_routes import WELCOME, WHY, Legato, started
from tests.door.test_api_routes import legato as legato  # noqa: PLC0414 - a fixture
from tests.door.test_api_routes import shared as shared  # noqa: PLC0414 - a fixture

ADMIN = "token:this machine"
HEALTH = (
    "event: Visit Booked\nowner: care\npurpose: service\nschema:\n  type: object\n"
    "  properties:\n    ward: {type: string, privacy: health, purposes: [service]}\n"
    "    hour: {type: integer}\n---\n"
    "trait: allergy\nowner: care\npurpose: service\nprivacy: health\nschema: {type: string}\n---\n"
    "trait: city\nowner: shop\npurpose: service\nprivacy: public\nschema: {type: string}\n"
)


def entries(legato: Legato, **asked: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return legato.call("GET", f"/api/audit?{query}").json()


def test_a_change_of_definitions_is_recorded_with_who_and_what(legato: Legato) -> None:
    before = legato.app.status().plan
    files = read_workspace(legato.workspace)
    files["journeys/welcome.yaml"] = WELCOME.replace("30d", "31d")
    token = legato.token("engineer")

    legato.call("POST", "/api/plan/apply", {"files": files}, token=token)

    first, second = entries(legato, action="plan.apply")
    assert (first["actor"], first["subject"]) == ("system", before)
    assert (second["actor"], second["subject"]) == ("token:a engineer", legato.app.status().plan)
    assert second["detail"] == {
        "before": before,
        "change_count": "1",
        "changes": "changed journey invited",
    }


def test_a_plan_that_the_audit_does_not_know_is_recorded_at_the_next_start(
    legato: Legato,
) -> None:
    plan = legato.app.plan()

    legato.runner.run(legato.app.audit.note_plan_found(plan))
    unchanged = entries(legato, action="plan.apply")
    other = legato.app.plan().__class__(name="put there by hand")
    legato.runner.run(legato.app.audit.note_plan_found(other))

    found = entries(legato, action="plan.apply")[len(unchanged) :]
    assert len(unchanged) == 1
    assert [each["detail"] for each in found] == [{"found": "at the start"}]


def test_what_operators_do_is_recorded_under_their_names(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")
    legato.track("u1", "Order Completed", order_id="o1")
    (row,) = legato.call("GET", "/api/quarantine").json()
    token = legato.token("admin")

    legato.call("POST", "/api/journeys/invited/pause", token=token)
    legato.call("POST", "/api/journeys/invited/resume", token=token)
    legato.call("POST", "/api/journeys/invited/enter", {"who": "u1"}, token=token)
    legato.call("POST", "/api/quarantine/replay", {"positions": [row["position"]]}, token=token)
    legato.call("POST", "/api/deliveries/redrive", {"delivery_ids": ["none"]}, token=token)
    legato.call("DELETE", "/api/tokens/a%20admin", token=token)

    recorded = entries(legato, actor="token:a%20admin")
    person_id = legato.call("GET", "/api/people/u1").json()["person_id"]
    assert [(each["action"], each["subject"]) for each in recorded] == [
        ("journey.pause", "invited"),
        ("journey.resume", "invited"),
        ("journey.enter", person_id),
        ("quarantine.replay", "quarantine"),
        ("delivery.redrive", "deliveries"),
        ("token.revoke", "a admin"),
    ]
    assert [each["subject"] for each in entries(legato, action="token.create")] == ["a admin"]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_sees_a_value_without_a_reason_and_only_some_with_one(
    shared: Legato, role: Role
) -> None:
    shared.identify("u2", email="bo@example.com")
    token = shared.token(role)

    plain = shared.call("GET", "/api/people/u2", token=token)
    stated = shared.call("GET", "/api/people/u2", token=token, reason=WHY)

    assert plain.status == 200
    assert b"bo@example.com" not in plain.body
    if may(role, "reveal"):
        assert b"bo@example.com" in stated.body
    else:
        assert (stated.status, stated.json()["code"]) == (403, "reveal.role")
    (entry,) = entries(shared, action="person.reveal", actor=f"token:a%20{role}")
    assert entry["outcome"] == ("done" if may(role, "reveal") else "refused")
    assert entry["subject"] == plain.json()["person_id"]
    assert entry["detail"] == {"reason": WHY, "route": "GET /api/people/{who}"}


@pytest.mark.parametrize("reason", ["because", "x" * 501, "a reason%0awith a line", "   padded   "])
def test_a_reason_that_explains_nothing_shows_nothing(shared: Legato, reason: str) -> None:
    shared.identify("u3", email="cy@example.com")

    answer = shared.call("GET", "/api/people/u3", reason=reason)

    assert (answer.status, answer.json()["code"]) == (400, "reveal.reason")
    assert b"cy@example.com" not in answer.body


def test_a_reason_in_any_script_is_recorded_as_it_was_meant(shared: Legato) -> None:
    shared.identify("u4", email="di@example.com")

    shared.call("GET", "/api/people/u4", reason="%D0%B7%D0%B0%D1%8F%D0%B2%D0%BA%D0%B0%2047 100%")

    (entry, *_) = entries(shared, action="person.reveal", actor=ADMIN, order="newest")
    assert entry["detail"]["reason"] == "заявка 47 100%"


@pytest.mark.parametrize("role", ["engineer", "privacy", "admin"])
def test_traits_of_health_are_for_privacy_and_admin_even_with_a_reason(
    shared: Legato, role: Role
) -> None:
    files = read_workspace(shared.workspace)
    files["catalog/health.yaml"] = HEALTH
    assert shared.call("POST", "/api/plan/apply", {"files": files}).status == 200
    shared.identify("u5", email="eve@example.com", allergy="nuts", city="Paris")

    answer = shared.call("GET", "/api/people/u5", token=shared.token(role), reason=WHY)

    assert (b"nuts" in answer.body) == (role != "engineer")
    assert b"eve@example.com" in answer.body
    assert b"Paris" in shared.call("GET", "/api/people/u5").body


def test_what_is_of_health_in_a_quarantined_body_is_for_privacy_and_admin(
    shared: Legato,
) -> None:
    files = read_workspace(shared.workspace)
    files["catalog/health.yaml"] = HEALTH
    assert shared.call("POST", "/api/plan/apply", {"files": files}).status == 200
    shared.track("u8", "Visit Booked", ward="oncology", hour="after lunch")
    rows = shared.call("GET", "/api/quarantine").json()
    (row,) = [each for each in rows if each["name"] == "Visit Booked"]
    path = f"/api/quarantine/{row['position']}"

    partly = shared.call("GET", path, token=shared.token("engineer"), reason=WHY).body
    whole = shared.call("GET", path, token=shared.token("privacy"), reason=WHY).body

    assert (b"after lunch" in partly, b"oncology" in partly) == (True, False)
    assert b"oncology" in whole


def test_what_cannot_be_put_on_record_is_not_shown(legato: Legato) -> None:
    legato.identify("u9", email="gil@example.com")
    connection = sqlite3.connect(legato.folder / "data" / "govern.db")
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
    )

    answer = legato.call("GET", "/api/people/u9", reason=WHY)
    connection.execute("DROP TRIGGER full")
    after = legato.call("GET", "/api/people/u9", reason=WHY)
    connection.close()

    assert (answer.status, answer.json()["code"]) == (503, "host.failed")
    assert b"gil@example.com" not in answer.body
    assert b"gil@example.com" in after.body
    assert verify_audit(legato.folder / "data").is_sound


def test_quarantined_bodies_and_deliveries_are_revealed_on_record_too(legato: Legato) -> None:
    legato.track("u6", "Order Completed", order_id="very-private")
    (row,) = legato.call("GET", "/api/quarantine").json()

    answer = legato.call("GET", f"/api/quarantine/{row['position']}", reason=WHY)

    assert b"very-private" in answer.body
    (entry,) = entries(legato, action="quarantine.reveal")
    assert entry["subject"] == f"position {row['position']}"
    assert entry["detail"] == {"reason": WHY, "route": "GET /api/quarantine/{position}"}


def test_a_programs_standing_reason_shows_values_and_is_counted_by_the_minute(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as legato:
        legato.identify("u7", email="fay@example.com")
        wanted = {"name": "web shop", "role": "engineer", "reveal_reason": "greets by name"}
        token = legato.call("POST", "/api/tokens", wanted).json()["token"]
        bodies = [legato.call("GET", "/api/people/u7", token=token).body for _ in range(30)]
        stated = legato.call("GET", "/api/people/u7", token=token, reason=WHY)

    recorded = on_disk(tmp_path / "data", AuditQuestion(action="person.reveal"))
    detail = {"reason": "greets by name", "route": "GET /api/people/{who}"}
    assert all(b"fay@example.com" in body for body in bodies)
    assert [(each.subject, each.detail) for each in recorded] == [
        ("many", detail),
        (stated.json()["person_id"], {**detail, "reason": WHY}),
        ("many", {**detail, "more_within_the_minute": "29"}),
    ]
    assert verify_audit(tmp_path / "data").is_sound


def test_a_standing_reason_is_refused_to_a_role_that_sees_nothing(shared: Legato) -> None:
    wanted = {"name": "nosy", "role": "viewer", "reveal_reason": "wants to see everything"}

    answer = shared.call("POST", "/api/tokens", wanted)

    assert (answer.status, answer.json()["code"]) == (400, "reveal.role")


def test_refused_calls_are_counted_by_who_and_from_where(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        viewer = legato.token("viewer")
        for _ in range(3):
            legato.call("GET", "/api/status", token=None, peer="10.9.9.9")
            legato.call("POST", "/api/journeys/welcome/pause", token=viewer, peer="10.8.8.8")
        legato.call("GET", "/api/people/email:ana@example.com", token="wrong", peer="10.9.9.9")

    recorded = on_disk(tmp_path / "data", AuditQuestion(action="access.refuse"))
    told = [
        (each.actor, each.subject, each.detail["code"], each.detail.get("more_within_the_minute"))
        for each in recorded
    ]
    pause = "POST /api/journeys/{name}/pause"
    assert told == [
        ("unknown", "GET /api/status", "access.no_token", None),
        ("token:a viewer", pause, "access.role", None),
        ("unknown", "GET /api/people/{who}", "access.unknown_token", None),
        ("unknown", "GET /api/status", "access.no_token", "2"),
        ("token:a viewer", pause, "access.role", "2"),
    ]
    assert all(each.outcome == "refused" for each in recorded)
    assert recorded[0].detail["from"] == recorded[2].detail["from"] != recorded[1].detail["from"]
    assert "10.9.9.9" not in repr(recorded)


def on_disk(data: Path, question: AuditQuestion) -> list[AuditEntry]:
    """Read what is on record in the data folder of a process that has ended."""
    file = open_govern(data)
    rows = AuditBook(file, data, SystemClock()).read(0, 100, question)
    file.close()
    return [row.entry for row in rows]
