"""A running process, told and asked by commands alone: what changes, for whom, and why somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from legato.model.instant import format_instant
from tests.door.test_cli_up import Running

AT_ONCE = """
journey: receipt
title: Receipt
owner: shop
purpose: marketing
enter: {on: Order Completed, key: order_id, again: once}
steps:
  - send: {message: welcome, on: email, expires: 1d}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("story"))
    (process.workspace / "policies" / "pressure.yaml").unlink()
    (process.workspace / "journeys" / "receipt.yaml").write_text(AT_ONCE)
    assert process.legato("apply", ".").returncode == 0
    yield process
    process.stop()


def profile(running: Running, who: str) -> dict[str, Any]:
    return json.loads(running.legato("profile", who, "--json", "--reveal", "a test of ours").stdout)


def test_a_plan_names_how_many_it_concerns_and_those_stay_on_their_version(
    running: Running,
) -> None:
    for who in ("ana", "bob", "cy"):
        assert running.track(who, "Signed Up", method="web") == 200
    before = profile(running, "ana")["enrollments"][0]
    journey = running.workspace / "journeys" / "welcome.yaml"
    journey.write_text(journey.read_text().replace("wait: 1m", "wait: 2m"))

    planned = running.legato("plan", ".")
    reach = json.loads(running.legato("plan", ".", "--json").stdout)["reach"]
    applied = running.legato("apply", ".")
    running.track("dee", "Signed Up", method="web")

    assert [(each["name"], each["people"]) for each in reach] == [("welcome", 3)]
    assert "3 people" in planned.stdout
    assert applied.stdout.startswith("Applied.")
    assert profile(running, "ana")["enrollments"][0] == before
    assert profile(running, "dee")["enrollments"][0]["version"] != before["version"]


def test_one_who_was_sent_a_message_and_one_who_was_not_are_both_explained(
    running: Running,
) -> None:
    for who in ("eve", "fay"):
        running.call("identify", {"userId": who, "traits": {"email": f"{who}@example.com"}})
    running.track("eve", "Consent Changed", purpose="marketing", granted=True)
    for who in ("eve", "fay"):
        running.track(who, "Order Completed", order_id="o1", value=9)

    sent = running.legato("why", "user_id:eve", "--journey", "receipt", "--message", "welcome")
    refused = running.legato("why", "user_id:fay", "--journey", "receipt")
    computed = running.legato("why", "user_id:fay", "--journey", "receipt", "--what-if")

    assert sent.stdout.startswith("Yes")
    assert "consent" in sent.stdout
    assert "How it came about" in sent.stdout
    assert refused.stdout.startswith("No")
    assert "First that blocked: consent" in refused.stdout
    assert "Would have changed it" in refused.stdout
    said = " ".join(computed.stdout.split())
    assert "a consent to marketing by email: it would have been sent by email at" in said


def test_somebody_is_shown_and_explained_as_of_a_moment_of_the_past(running: Running) -> None:
    for name in ("Gwen", "Guinevere"):
        traits = {"email": "gwen@example.com", "first_name": name}
        running.call("identify", {"userId": "gwen", "traits": traits})
    at = format_instant(profile(running, "gwen")["last_seen"] - 1)
    running.track("gwen", "Order Completed", order_id="o1", value=9)

    shown = running.legato("profile", "gwen", "--at", at, "--reveal", "a test of ours")
    masked = running.legato("profile", "gwen", "--at", at)
    then = running.legato("why", "gwen", "--journey", "receipt", "--at", at)
    unsaid = running.legato("why", "gwen", "--at", "yesterday")
    unheard = running.legato("why", "gwen", "--at", "400d")

    assert '"Gwen"' in shown.stdout
    assert "Guinevere" not in shown.stdout
    assert shown.stdout.startswith("As of 2")
    assert "computed then" in shown.stdout
    assert "Gwen" not in masked.stdout
    assert then.stdout.startswith("No")
    assert "never entered receipt" in then.stdout
    assert "2026-01-31T12:00Z" in unsaid.stderr
    assert "Nobody was known by this at that moment." in unheard.stderr


def test_a_whole_segment_is_explained_by_counts(running: Running) -> None:
    for who in ("joy", "kim"):
        running.call("identify", {"userId": who, "traits": {"email": f"{who}@example.com"}})
    running.track("joy", "Consent Changed", purpose="marketing", granted=True)
    for who in ("joy", "kim"):
        running.track(who, "Order Completed", order_id="o1", value=9)

    asked = ("why", "--segment", "customers", "--message", "welcome")
    shown = running.legato(*asked)
    answer = json.loads(running.legato(*asked, "--json").stdout)
    unknown = running.legato("why", "--segment", "customer", "--message", "welcome")
    unsaid = running.legato("why", "--segment", "customers")

    assert shown.stdout.startswith(answer["sentence"].split(":")[0])
    assert "no consent" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    counts = [part["count"] for part in answer["parts"]]
    assert answer["got"] + sum(counts) == answer["total"] >= 2
    assert "Is it `customers`?" in unknown.stderr
    assert "--message MESSAGE" in unsaid.stderr


def test_a_batch_is_judged_item_by_item_and_the_bad_one_counts_after_the_fix(
    running: Running,
) -> None:
    items = [
        {"type": "track", "userId": "gil", "messageId": "b1", "event": "Signed Up"},
        {"type": "track", "userId": "hal", "messageId": "b2", "event": "Tea Poured"},
        {"type": "track", "userId": "ida", "messageId": "b3", "event": "Signed Up"},
    ]

    status, _ = running.call("batch", {"batch": items})
    before = verdicts(running)
    (running.workspace / "catalog" / "tea.yaml").write_text(
        "event: Tea Poured\ntitle: Tea\nowner: shop\npurpose: service\nschema: {type: object}\n"
    )
    strange = running.legato("profile", "hal")
    applied = running.legato("apply", ".")
    replayed = running.legato("quarantine", "replay", "--all")

    assert status == 200
    assert before == {"b1": "accepted", "b2": "quarantined", "b3": "accepted"}
    assert strange.returncode == 1
    assert applied.stdout.startswith("Applied.")
    assert replayed.stdout.startswith("Replayed 1.")
    assert profile(running, "hal")["identifiers"][0]["value"] == "hal"
    assert verdicts(running) == dict.fromkeys(before, "accepted")


def verdicts(running: Running) -> dict[str, str]:
    query = "&".join(f"messageId={name}" for name in ("b1", "b2", "b3"))
    _, answer = running.call(f"verdicts?{query}", None)
    return {item["messageId"]: item["status"] for item in answer["verdicts"]}


def test_old_notes_and_records_are_rolled_and_the_same_is_told(running: Running) -> None:
    running.track("eve", "Signed Up", method="web")
    query = "SELECT name, count(*) FROM events GROUP BY ALL ORDER BY 1"
    before = running.legato("sql", query, "--csv")

    young = running.legato("history", "roll", "--older", "30d")
    rolled = running.legato("history", "roll", "--older", "1ms")

    after = running.legato("sql", query, "--csv")
    run = json.loads(running.legato("history", "show", "--json").stdout)
    assert "All records are in the log's file." in young.stdout
    assert rolled.stdout.startswith(f"Rolled {run['notes']['row_count']:,} steps and")
    assert f"{run['records']['row_count']:,} records are in 1 file of" in rolled.stdout
    assert "Signed Up" in after.stdout
    assert after.stdout == before.stdout
