"""A system that cannot be told of an opt-out or an erasure is an alert, until it has been told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.app.config import Config
from legato.model.instant import DAY, HOUR, MINUTE, parse_instant
from tests.door.embedded import OwnClock, Sink
from tests.door.test_api_routes import Legato, make_workspace
from tests.door.test_erasure import completed, overwritten

CRM = """
destination: crm
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:PORT/crm"}
retry: {first: 50ms, factor: 1.5, longest: 200ms, give_up: 1h}
"""


class Failing(Sink):
    """Is down until it is not."""

    is_down = True

    def _status(self, path: str, key: str) -> bytes:
        return b"503 Not Now" if self.is_down else super()._status(path, key)


class Desk:
    """A started app beside a system that is down, on a day that a test may end."""

    def __init__(self, folder: Path) -> None:
        workspace = make_workspace(folder)
        start = parse_instant("2026-03-02T10:00:00Z")
        assert start is not None
        self.clock = OwnClock(start)
        self.crm = Failing(seconds=0.0)
        config = Config(
            workspace=workspace, data=folder / "data", keys=folder / "keys", is_one_process=True
        )
        self.legato = Legato(folder, config, self.clock)
        self.legato.runner.run(self.crm.open())
        (workspace / "crm.yaml").write_text(CRM.replace("PORT", str(self.crm.port)))
        files = {
            str(path.relative_to(workspace)): path.read_text() for path in workspace.rglob("*.yaml")
        }
        applied = self.legato.call("POST", "/api/plan/apply", {"files": files})
        assert applied.status == 200, applied.body

    def close(self) -> None:
        self.legato.runner.run(self.crm.close())
        self.legato.close()

    def alerts(self) -> list[str]:
        found = self.legato.call("GET", "/api/status").json()["alerts"]
        return [one["topic"] for one in found]

    def faults(self) -> list[str]:
        return self.legato.call("GET", "/api/status").json()["status"]["faults"]

    def told_of_erasure(self, erasure_id: str) -> str:
        certificate = self.legato.call("GET", f"/api/erasures/{erasure_id}").json()
        (crm,) = (one for one in certificate["destinations"] if one["destination"] == "crm")
        return crm["outcome"]

    def outcome(self) -> str | None:
        found = self.legato.call("GET", "/api/people/ana/receipts").json()
        return found[-1]["outcome"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    running = Desk(tmp_path)
    running.legato.identify("ana", email="ana@example.com")
    running.legato.consent("ana")
    running.legato.track("ana", "Consent Changed", purpose="marketing", granted=False)
    yield running
    running.close()


def test_the_alert_comes_after_a_quarter_of_an_hour_and_ends_when_it_is_told(desk: Desk) -> None:
    assert desk.alerts() == []
    desk.clock.set(desk.clock.now() + 16 * MINUTE)
    assert desk.alerts() == ["opt_out.untold:crm"]

    desk.crm.is_down = False
    desk.legato.until("settled")

    assert desk.outcome() == "accepted"
    assert desk.alerts() == []


def test_what_was_not_told_in_a_week_is_dead_and_stays_an_alert_until_it_is_redriven(
    desk: Desk,
) -> None:
    desk.clock.set(desk.clock.now() + 8 * DAY)
    desk.legato.until("settled")
    assert desk.outcome() == "failed"
    (dead,) = desk.legato.call("GET", "/api/deliveries").json()
    assert (dead["operation"], dead["destination"]) == ("opt_out", "crm")
    assert desk.alerts() == ["opt_out.failed:crm"]

    before = desk.legato.app.status().applied
    desk.crm.is_down = False
    body = {"delivery_ids": [dead["delivery_id"]]}
    assert desk.legato.call("POST", "/api/deliveries/redrive", body).json() == {"redriven": 1}
    desk.legato.call("GET", f"/api/tail?after={before}&wait=10")

    assert desk.outcome() == "accepted"
    assert desk.alerts() == []
    assert desk.legato.call("GET", "/api/deliveries").json() == []


@pytest.mark.parametrize(("hours", "outcome"), [(71, "accepted"), (73, "expired")])
def test_an_erasure_is_told_for_three_days_and_its_certificate_says_what_came_of_it(
    desk: Desk, hours: int, outcome: str
) -> None:
    legato = desk.legato
    asked = legato.call("POST", "/api/people/ana/erase", {"reason": "she asked for it"})
    erasure_id = asked.json()["erasure_id"]
    legato.runner.run(overwritten(legato.app))
    assert desk.told_of_erasure(erasure_id) == "pending"

    desk.clock.set(desk.clock.now() + 16 * MINUTE)
    assert desk.faults() == ["crm has not been told of an erasure for over 15 minutes."]
    desk.clock.set(desk.clock.now() + hours * HOUR)
    desk.crm.is_down = outcome != "accepted"
    legato.runner.run(completed(legato.app, erasure_id))

    assert desk.told_of_erasure(erasure_id) == outcome
    assert desk.faults() == []
