"""What is known of how connections do: a restart keeps it, and says since when it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from legato.model.instant import DAY, HOUR, MINUTE
from tests.door.test_api_routes import Legato
from tests.door.test_scorecard import OwnClock, open_legato, send_one


def pulse(legato: Legato) -> dict[str, Any]:
    shown = legato.call("GET", "/api/destinations/console").json()
    assert shown["line"]["accepted"] == shown["pulse"]["accepted"]
    assert shown["line"]["since"] == shown["pulse"]["since"]
    return shown["pulse"]


def settled_after(legato: Legato, position: int) -> None:
    """Wait for the end of a delivery behind a position: those of before stand there too."""
    while True:
        page = legato.call("GET", f"/api/tail?after={position}&wait=10").json()
        assert page["steps"], "nothing was settled"
        if any(note["type"] == "settled" for step in page["steps"] for note in step["notes"]):
            return
        position = page["after"]


def test_a_restart_keeps_how_a_destination_did_and_goes_on_from_there(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    began = clock.at
    clock.at += MINUTE
    send_one(legato, "ana")
    before = pulse(legato)
    legato.close()

    clock.at += 5 * MINUTE
    legato = open_legato(tmp_path, clock)
    try:
        after = pulse(legato)
        position = legato.call("GET", "/api/status").json()["status"]["applied"]
        send_one(legato, "ben")
        settled_after(legato, position)
        two = pulse(legato)
    finally:
        legato.close()

    assert before["accepted"] == 1
    kept = ("since", "accepted", "failed", "last_accepted_at", "last_failed_at", "hour", "day")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["last_hour"]["p50_us"] == before["last_hour"]["p50_us"]
    assert after["since"] == began
    assert [two["accepted"], len(two["hour"])] == [2, 2]
    assert [one["accepted"] for one in two["day"]] == [2]


def test_what_is_older_than_a_day_is_in_the_totals_alone(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    send_one(legato, "ana")
    last = clock.at
    legato.close()

    clock.at += DAY + HOUR
    legato = open_legato(tmp_path, clock)
    try:
        found = pulse(legato)
    finally:
        legato.close()

    assert [found["hour"], found["day"]] == [[], []]
    assert [found["accepted"], found["last_accepted_at"]] == [1, last]


def test_a_source_was_last_heard_when_it_was_whenever_that_is(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    legato.track("ana", "Signed Up")
    heard = clock.at
    legato.close()

    clock.at += 30 * DAY
    legato = open_legato(tmp_path, clock)
    try:
        (source,) = legato.call("GET", "/api/sources").json()
        shown = legato.call("GET", "/api/sources/web").json()
    finally:
        legato.close()

    assert source["heard_at"] == heard
    assert "Signed Up" in source["events"]
    assert shown["since"] == heard


def test_what_came_from_a_source_in_a_day_outlives_a_restart(tmp_path: Path) -> None:
    clock = OwnClock()
    legato = open_legato(tmp_path, clock)
    legato.track("ana", "Signed Up")
    legato.track("ben", "Signed Up")
    legato.close()

    clock.at += HOUR
    legato = open_legato(tmp_path, clock)
    try:
        within = legato.call("GET", "/api/sources/web").json()["last_day"]
        started = legato.call("GET", "/api/status").json()["status"]["started_at"]
        clock.at += 2 * DAY
        behind = legato.call("GET", "/api/sources/web").json()["last_day"]
    finally:
        legato.close()

    assert within["events"] == 2
    assert within["p95_us"] is not None
    assert behind == {"events": 0, "p50_us": None, "p95_us": None}
    assert started == clock.at - 2 * DAY
