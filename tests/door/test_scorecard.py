"""The scorecard through the API: what is counted, what counts as down, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from legato.app.config import Config
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, Instant
from legato.transports.clock import SystemClock
from tests.door.test_api_routes import Legato, make_workspace

PRICED = "infrastructure: {price_per_month: 730}\n"


class OwnClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.at: Instant = 1_767_225_600 * SECOND

    def now(self) -> Instant:
        return self.at

    def monotonic(self) -> Duration:
        return SystemClock().monotonic()


def open_legato(folder: Path, clock: OwnClock, *, settings: str = "") -> Legato:
    workspace = make_workspace(folder)
    head = workspace / "legato.yaml"
    head.write_text(head.read_text().replace("zone: UTC", f"{settings}zone: UTC"))
    config = Config(
        workspace=workspace, data=folder / "data", keys=folder / "keys", is_one_process=True
    )
    return Legato(folder, config, clock)


def measures(legato: Legato, over: str = "hour") -> dict[str, Any]:
    answer = legato.call("GET", f"/api/score?over={over}")
    assert answer.status == 200
    return {each["name"]: each for each in answer.json()["measures"]}


def send_one(legato: Legato, user: str) -> None:
    legato.identify(user, email=f"{user}@example.com")
    legato.consent(user)
    legato.track(user, "Signed Up")
    legato.until("settled")


def test_a_delivery_is_counted_with_its_journey_and_destination(tmp_path: Path) -> None:
    legato = open_legato(tmp_path, OwnClock())
    try:
        send_one(legato, "ana")
        found = measures(legato)
    finally:
        legato.close()

    delivery, journeys = found["delivery"], found["journey_cost"]
    assert (delivery["actual"], delivery["of"]) == (1.0, 1)
    assert delivery["state"] == "few"
    assert delivery["low"] < 0.5, "one of one says little"
    assert delivery["parts"][0]["name"] == "console"
    assert found["latency"]["of"] == 1
    assert [(one["name"], one["of"]) for one in journeys["parts"]] == [("welcome", 1)]
    assert found["freshness"]["of"] == found["event_cost"]["of"] == 3


def test_the_time_between_a_stop_and_the_next_start_is_down(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    for _ in range(5):
        clock.at += 10 * SECOND
        legato.runner.run(legato.app.score.beat())
    legato.close()
    clock.at += 50 * SECOND
    legato = open_legato(tmp_path, clock)
    try:
        availability = measures(legato)["availability"]
    finally:
        legato.close()

    assert availability["of"] == 100 * SECOND
    assert availability["actual"] == 0.5
    assert sum(part["bad"] for part in availability["parts"]) == 50 * SECOND


def test_a_process_that_stood_still_was_not_available(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    try:
        clock.at += 10 * MINUTE
        availability = measures(legato)["availability"]
    finally:
        legato.close()

    assert availability["actual"] == 0.0
    assert availability["of"] == 10 * MINUTE


def test_figures_outlive_a_restart(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    send_one(legato, "ana")
    legato.close()
    clock.at += HOUR
    legato = open_legato(tmp_path, clock)
    try:
        month = measures(legato, "month")
        hour = measures(legato, "hour")
    finally:
        legato.close()

    assert month["delivery"]["of"] == 1
    assert month["journey_cost"]["of"] == 1
    assert hour["delivery"]["of"] == 0
    assert hour["delivery"]["actual"] is None


def test_events_cost_their_share_of_a_declared_price(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock, settings=PRICED)
    try:
        legato.track("ana", "Signed Up")
        clock.at += HOUR
        cost = measures(legato, "day")["event_cost"]
    finally:
        legato.close()

    assert cost["of"] == 1
    assert cost["beside"]["infrastructure"] == 1_000 * 1_000_000, "a month has 730 hours"


def test_without_a_price_only_messages_cost(tmp_path: Path) -> None:
    legato = open_legato(tmp_path, OwnClock())
    try:
        legato.track("ana", "Signed Up")
        answer = legato.call("GET", "/api/score?over=hour").json()
        unknown = legato.call("GET", "/api/score?over=century")
    finally:
        legato.close()

    assert unknown.status == 400
    cost = next(each for each in answer["measures"] if each["name"] == "event_cost")
    assert not answer["is_priced"]
    assert "infrastructure" not in cost["beside"]
